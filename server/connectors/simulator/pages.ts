// The hosted pages as HTML: the customer's bank, wallet, pay-later account or phone, plainly marked as simulated. They
// work without script. What is typed here is shown nowhere and decides only between approve, decline and leave.

import { amountText } from '../../lib/language.ts'
import { STYLE, STYLE_SOURCE } from './page-style.ts'
import { LANGUAGES, type Language, type PageKind, TEXTS, type Texts } from './page-texts.ts'

/** What an open page shows. */
export interface PageView {
  kind: PageKind
  methodLabel: string
  reference: string
  amount: bigint
  currency: string
  expiresAt: Date
  /** The code typed was not six digits. */
  isCodeMissing?: boolean
}

/** How a page that can no longer be acted on ended. */
export type PageEnd = 'approved' | 'declined' | 'expired' | 'unknown'

export interface Page {
  html: string
  headers: Record<string, string>
}

/** Made-up banks: a choice to be made, as on the real page, without anybody's name. */
const BANKS = ['Simulator Bank', 'Testbank', 'Proefbank']

/** The page on which the customer decides. */
export function openPage(view: PageView, language: Language, returnUrl: string): Page {
  const texts = TEXTS[language]
  const amount = amountText(language, view.amount, view.currency)
  const approve = fill(texts.approve, 'amount', amount)
  const time = new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: 'UTC',
  }).format(view.expiresAt)
  // The hero must fit 320 px without wrapping: the longer the text, the smaller its size.
  const size = amount.length <= 9 ? '' : amount.length <= 14 ? ' long' : amount.length <= 17 ? ' longer' : ' longest'
  const body = `
<h1>${encoded(texts.title[view.kind])}</h1>
<p class="lead">${encoded(texts.lead[view.kind])}</p>
<p class="amount${size}">${encoded(amount)}</p>
<dl>
<div><dt>${encoded(texts.method)}</dt><dd>${encoded(view.methodLabel)}</dd></div>
<div><dt>${encoded(texts.reference)}</dt><dd>${encoded(view.reference)}</dd></div>
</dl>
<form method="post" action="?lang=${language}">
${view.kind === 'card' ? codeField(texts, view.isCodeMissing === true) : ''}${view.kind === 'bank' ? bankField(texts) : ''}
<button class="primary" name="act" value="approve">${encoded(approve)}</button>
<button name="act" value="decline" formnovalidate>${encoded(texts.decline)}</button>
<button class="quiet" name="act" value="abandon" formnovalidate>${encoded(texts.abandon)}</button>
</form>`
  const note = fill(texts.expires, 'time', `${time} UTC`)
  return page(`${texts.title[view.kind]} · ${amount}`, body, note, language, returnUrl)
}

/** The page after the end: what happened, what it means for the money, and the way back. */
export function endPage(end: PageEnd, language: Language, returnUrl: string): Page {
  const texts = TEXTS[language]
  const isGood = end === 'approved'
  const lead = {
    approved: texts.approvedLead,
    declined: texts.declinedLead,
    expired: texts.expiredLead,
    unknown: texts.unknownLead,
  }[end]
  const icon = isGood ? '<path d="M5 12l5 5L20 7"/>' : '<circle cx="12" cy="12" r="9"/><path d="M12 8v5M12 16v.01"/>'
  const back = isWebAddress(returnUrl)
    ? `<a class="button primary way-back" href="${encoded(returnUrl)}" rel="noreferrer">${encoded(texts.back)}</a>`
    : `<p class="way-back">${encoded(texts.close)}</p>`
  const body = `
<h1><span class="state ${isGood ? 'good' : 'bad'}"><svg viewBox="0 0 24 24" aria-hidden="true">${icon}</svg>${encoded(texts[end])}</span></h1>
<p class="lead">${encoded(lead)}</p>
${back}`
  return page(texts[end], body, '', language, returnUrl)
}

/** True for an absolute http or https address: the only ones a browser may be sent back to. */
export function isWebAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'https:' || url?.protocol === 'http:'
}

function codeField(texts: Texts, isMissing: boolean): string {
  const hint = isMissing ? texts.codeMissing : texts.codeHint
  return `<label for="code">${encoded(texts.code)}</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="6" pattern="[0-9]{6}" required aria-describedby="code-hint"${isMissing ? ' aria-invalid="true"' : ''}>
<p class="hint${isMissing ? ' wrong' : ''}" id="code-hint">${encoded(hint)}</p>
`
}

function bankField(texts: Texts): string {
  const options = BANKS.map((bank) => `<option>${encoded(bank)}</option>`).join('')
  return `<label for="bank">${encoded(texts.bank)}</label>
<select id="bank" name="bank">${options}</select>
`
}

function page(title: string, body: string, note: string, language: Language, returnUrl: string): Page {
  const texts = TEXTS[language]
  const languages = Object.entries(LANGUAGES)
    .map(
      ([code, name]) =>
        `<a href="?lang=${code}" lang="${code}" hreflang="${code}"${code === language ? ' aria-current="true"' : ''}>${name}</a>`,
    )
    .join('')
  const html = `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${encoded(`${texts.badge}: ${title}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><span class="badge">${encoded(texts.badge)}</span><span>${encoded(texts.badgeHint)}</span></header>
<main>${body}
</main>
<footer>${note ? `<p>${encoded(note)}</p>` : ''}<nav aria-label="${encoded(texts.language)}">${languages}</nav></footer>
</body>
</html>
`
  // Chrome applies form-action to the redirect after a post as well, so the shop's origin must be named.
  const formTargets = isWebAddress(returnUrl) ? `'self' ${new URL(returnUrl).origin}` : "'self'"
  return {
    html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src ${STYLE_SOURCE}; form-action ${formTargets}; base-uri 'none'; frame-ancestors 'none'`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'content-language': language,
      vary: 'accept-language',
    },
  }
}

function fill(text: string, name: string, value: string): string {
  return text.replace(`{${name}}`, () => value)
}

function encoded(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
