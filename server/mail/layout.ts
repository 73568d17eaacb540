// How a mail looks. A template says what there is to say, in order; this makes the text and the HTML of it, alike, with every word
// escaped, so that no template can forget it. No pictures, no script, nothing fetched: mail readers block it and people are followed by it.

import { encode } from 'uqr'
import { escapeHtml, oneLine } from '../lib/inert-text.ts'
import type { Language } from '../lib/language.ts'
import type { MailText } from './mail.ts'

/** A part of a mail, from top to bottom. Texts are plain: they are escaped here. */
export type Block =
  | { kind: 'paragraph'; text: string }
  /** The figure the mail is about. */
  | { kind: 'amount'; text: string; label?: string }
  /** Names and values, such as a reference and a due day. */
  | { kind: 'facts'; rows: readonly (readonly [name: string, value: string])[] }
  /** Lines with an amount at the right, and under a rule what they come to. */
  | { kind: 'lines'; rows: readonly (readonly [name: string, amount: string])[]; total?: readonly [string, string] }
  /** The one thing to do. Only http and https addresses are taken. */
  | { kind: 'button'; label: string; url: string }
  /** Something to be shown at a counter, as text and as QR: `text` is at most 20 letters and digits. */
  | { kind: 'code'; text: string; label: string }
  | { kind: 'small'; text: string }

export interface Letter {
  language: Language
  /** The merchant's name. */
  from: string
  subject: string
  /** The headline; default: the subject. */
  title?: string
  blocks: readonly Block[]
  /** Under the rule: who sends this and why. */
  footer?: readonly string[]
  /** The merchant's colour as #rrggbb; anything else is ours. */
  accent?: string
}

const ACCENT = '#0b6e4f'
const INK = '#16181d'
const QUIET = '#565b66'
const LINE = '#e3e5ea'
const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
/** For readers that know dark; all others show what stands in the elements themselves. */
const DARK =
  '@media (prefers-color-scheme:dark){.g{background:#121418!important;color:#eceef2!important}.c{background:#1a1d23!important;border-color:#2c3038!important}.i{color:#eceef2!important}.q{color:#a3a9b6!important}.l{border-color:#2c3038!important}}'
/** A paragraph of a merchant's own words; more than this belongs on a page. */
const MAX_TEXT = 2_000
const MAX_URL = 2_048

/** Makes the mail of a letter. Throws RangeError for a button whose address is not http or https. */
export function composeMail(letter: Letter): MailText {
  const accent = /^#[0-9a-f]{6}$/i.test(letter.accent ?? '') ? (letter.accent as string) : ACCENT
  const subject = oneLine(letter.subject, 200)
  const title = oneLine(letter.title ?? letter.subject, 200)
  const from = oneLine(letter.from, 120)
  const footer = (letter.footer ?? []).map((text) => oneLine(text, MAX_TEXT))
  return {
    subject,
    text: `${[title, ...letter.blocks.map(blockText), ['-- ', from, ...footer].join('\n')].join('\n\n')}\n`,
    html: `<!doctype html>
<html lang="${letter.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><style>${DARK}</style><title>${escapeHtml(subject)}</title></head>
<body class="g" style="margin:0;padding:24px 12px;background:#f7f8fa;color:${INK};${FONT};font-size:16px;line-height:1.5">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;text-align:left">
<tr><td class="i" style="padding:0 4px 12px;font-weight:650;color:${INK}"><bdi>${escapeHtml(from)}</bdi></td></tr>
<tr><td class="c" style="background:#ffffff;border:1px solid ${LINE};border-radius:10px;padding:28px 28px 12px">
<h1 style="margin:0 0 16px;font-size:20px;line-height:1.3;font-weight:650">${escapeHtml(title)}</h1>
${letter.blocks.map((block) => blockHtml(block, accent)).join('\n')}
</td></tr>
<tr><td class="q" style="padding:16px 4px;font-size:13px;color:${QUIET}">${footer.map((text) => `<bdi>${escapeHtml(text)}</bdi>`).join('<br>')}</td></tr>
</table>
</td></tr></table>
</body></html>
`,
  }
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
    case 'small':
      return oneLine(block.text, MAX_TEXT)
    case 'amount':
      return [block.label, block.text]
        .flatMap((text) => (text === undefined ? [] : [oneLine(text, MAX_TEXT)]))
        .join(': ')
    case 'facts':
      return block.rows.map(([name, value]) => `${oneLine(name, 200)}: ${oneLine(value, 500)}`).join('\n')
    case 'lines':
      return [...block.rows, ...(block.total ? [block.total] : [])]
        .map(([name, amount]) => `${oneLine(name, 200)}  ${oneLine(amount, 100)}`)
        .join('\n')
    case 'code':
      return `${oneLine(block.label, 200)}: ${oneLine(block.text, 20)}`
    case 'button':
      return `${oneLine(block.label, 200)}:\n${checkedUrl(block.url)}`
  }
}

function blockHtml(block: Block, accent: string): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p style="margin:0 0 16px">${escapeHtml(oneLine(block.text, MAX_TEXT))}</p>`
    case 'small':
      return `<p class="q" style="margin:0 0 16px;font-size:13px;color:${QUIET}">${escapeHtml(oneLine(block.text, MAX_TEXT))}</p>`
    case 'amount':
      return `<p style="margin:0 0 20px"><span style="font-size:32px;line-height:1.2;font-weight:650;white-space:nowrap;font-variant-numeric:tabular-nums">${escapeHtml(oneLine(block.text, 100))}</span>${block.label === undefined ? '' : `<br><span class="q" style="color:${QUIET}">${escapeHtml(oneLine(block.label, 200))}</span>`}</p>`
    case 'facts':
      return table(block.rows.map(([name, value]) => row(name, value, `color:${QUIET}`, 'font-weight:500')))
    case 'lines':
      return table([
        ...block.rows.map(([name, amount]) => row(name, amount, '', '')),
        ...(block.total ? [row(...block.total, 'font-weight:650', 'font-weight:650')] : []),
      ])
    case 'code':
      return codeHtml(oneLine(block.text, 20), oneLine(block.label, 200))
    case 'button':
      return `<p style="margin:4px 0 20px"><a href="${escapeHtml(checkedUrl(block.url))}" style="display:inline-block;background:${accent};color:${inkOn(accent)};text-decoration:none;font-weight:500;padding:13px 22px;border-radius:6px">${escapeHtml(oneLine(block.label, 200))}</a></p>`
  }
}

/** Pixels of one module: large enough for a scanner held over a phone. */
const MODULE = 6

/** The code, and its QR as a table of cells, because mail readers block pictures. Runs of one colour are one cell. */
function codeHtml(text: string, label: string): string {
  // Four modules of white around it, which scanners need most where the letter is dark.
  const { data } = encode(text, { border: 4, ecc: 'M' })
  const rows = data.map((row) => {
    const cells: string[] = []
    for (let from = 0, to = 0; from < row.length; from = to) {
      while (to < row.length && row[to] === row[from]) to++
      cells.push(
        `<td colspan="${to - from}" width="${(to - from) * MODULE}" bgcolor="${row[from] ? '#000000' : '#ffffff'}"></td>`,
      )
    }
    return `<tr height="${MODULE}" style="height:${MODULE}px">${cells.join('')}</tr>`
  })
  const width = data.length * MODULE
  // A first row of single cells fixes the columns: a table of runs alone has none.
  const columns = `<tr>${`<td width="${MODULE}" style="width:${MODULE}px;padding:0;height:0"></td>`.repeat(data.length)}</tr>`
  return `<p class="q" style="margin:0 0 4px;color:${QUIET}">${escapeHtml(label)}</p>
<p style="margin:0 0 12px;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:32px;line-height:1.2;font-weight:650;letter-spacing:4px;white-space:nowrap">${escapeHtml(text)}</p>
<table role="presentation" aria-hidden="true" width="${width}" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff" style="margin:0 0 20px;border-collapse:collapse;table-layout:fixed;width:${width}px;font-size:0;line-height:0;background:#ffffff">${columns}${rows.join('')}</table>`
}

function table(rows: readonly string[]): string {
  return `<table class="l" role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin:0 0 20px;border-top:1px solid ${LINE}">${rows.join('')}</table>`
}

function row(name: string, value: string, nameStyle: string, valueStyle: string): string {
  const cell = `padding:9px 0;border-bottom:1px solid ${LINE};vertical-align:top`
  return `<tr><td class="${nameStyle.startsWith('color') ? 'l q' : 'l'}" style="${cell};padding-right:16px;${nameStyle}"><bdi>${escapeHtml(oneLine(name, 200))}</bdi></td><td class="l" align="right" style="${cell};font-variant-numeric:tabular-nums;${valueStyle}"><bdi>${escapeHtml(oneLine(value, 500))}</bdi></td></tr>`
}

/** An address as the browser would read it, so that nothing in it ends the attribute or starts another scheme. */
function checkedUrl(url: string): string {
  const parsed = url.length <= MAX_URL && URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol))
    throw new RangeError('a button needs an http or https address')
  return parsed.href
}

/** White or near-black, whichever is read more easily on the colour (WCAG relative luminance; 0.179 is where both are equal). */
function inkOn(colour: string): string {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? INK : '#ffffff'
}
