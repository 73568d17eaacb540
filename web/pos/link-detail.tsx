// One payment link: how it stands, its code, and the ways to send it.

import { fill } from '../shared/fill.ts'
import { datesFor } from './dates.ts'
import { Icon } from './icon.tsx'
import { Banner } from './parts.tsx'
import type { PaymentLink } from './payment-links.ts'
import { Qr } from './qr.tsx'
import { qrPngFile, qrSvgFile, save } from './qr-file.ts'
import { useTill } from './till.tsx'

const KINDS: Readonly<Record<string, string>> = {
  ...{ active: 'info', viewed: 'info', partly_paid: 'warn', paid: 'good', paused: 'warn' },
  ...{ expired: 'grey', canceled: 'struck' },
}

export function LinkChip({ link }: { link: PaymentLink }) {
  const { texts } = useTill()
  return (
    <span className={`status ${KINDS[link.state] ?? 'grey'}`}>
      {texts.service.links.states[link.state] ?? link.state}
    </span>
  )
}

/** What the link is over, as text. */
export function useLinkAmount(): (link: PaymentLink) => string {
  const { texts, language } = useTill()
  const { money } = datesFor(language)
  return ({ kind, amount, amount_due, amount_paid, currency }) => {
    if (kind === 'open') return texts.service.links.open
    const all = amount ?? (amount_due || amount_paid)
    return money(all, currency)
  }
}

export function LinkDetail({ link }: { link: PaymentLink }) {
  const { texts, language, say } = useTill()
  const words = texts.service.links
  const dates = datesFor(language)
  const amount = useLinkAmount()
  const isOver = ['paid', 'expired', 'canceled'].includes(link.state)
  const copy = () =>
    // Absent where the page is not served over HTTPS.
    (navigator.clipboard?.writeText(link.url) ?? Promise.reject(new Error('no clipboard'))).then(
      () => say({ kind: 'good', text: words.copied }),
      () => say({ kind: 'bad', text: words.notCopied }),
    )
  // Whoever closes the sheet shares nothing; that is no fault.
  const share = () => navigator.share({ text: link.share.text }).catch(() => {})
  const failed = () => say({ kind: 'bad', text: texts.failed })
  const reason = link.reason === null ? undefined : words.reasons[link.reason]
  return (
    <div className="order-one link-one">
      <header className="order-head">
        <h2 className="link-amount figure">{amount(link)}</h2>
        <span role="status">
          <LinkChip link={link} />
        </span>
      </header>
      {link.description === null ? null : <p className="own">{link.description}</p>}
      {reason === undefined ? null : <Banner kind={link.reason === 'card_testing' ? 'warn' : 'info'}>{reason}</Banner>}
      <ul className="quiet link-facts">
        {paidOf(link).map((text) => (
          <li key={text}>{text}</li>
        ))}
        {link.expires_at === null || isOver ? null : <li>{fill(words.until, { at: dates.full(link.expires_at) })}</li>}
        <li>{fill(words.madeAt, { at: dates.full(link.created_at) })}</li>
      </ul>
      {isOver ? null : (
        <>
          <Qr text={link.url} label={words.qr} />
          <p className="link-url own">{link.url}</p>
          <button type="button" className="button" onClick={() => void copy()}>
            {words.copy}
          </button>
          <h3>{words.send}</h3>
          <div className="link-ways">
            {(['whatsapp', 'telegram', 'mail', 'sms'] as const).map((way) => (
              <a key={way} className="button" href={link.share[way]} target="_blank" rel="noopener noreferrer">
                {words.ways[way]}
              </a>
            ))}
            {'share' in navigator ? (
              <button type="button" className="button" onClick={() => void share()}>
                {words.share}
              </button>
            ) : null}
          </div>
          <h3>{words.save}</h3>
          <div className="link-ways">
            <button type="button" className="button" onClick={() => save(qrSvgFile(link.url), `${link.id}.svg`)}>
              <Icon name="qr" />
              {words.svg}
            </button>
            <button
              type="button"
              className="button"
              onClick={() => void qrPngFile(link.url).then((file) => save(file, `${link.id}.png`), failed)}
            >
              <Icon name="qr" />
              {words.png}
            </button>
          </div>
        </>
      )}
    </div>
  )

  function paidOf({ usage, uses, amount_paid, currency, state }: PaymentLink): string[] {
    const paid = dates.money(amount_paid, currency)
    if (usage === 'multi' && uses > 0) return [fill(words.paidTimes, { n: uses, amount: paid })]
    if (state === 'partly_paid') {
      const all = dates.money(link.amount ?? amount_paid + (link.amount_due ?? 0), currency)
      return [fill(words.paidOf, { paid, amount: all })]
    }
    return link.kind === 'open' && amount_paid > 0 ? [fill(words.paidTimes, { n: uses, amount: paid })] : []
  }
}
