// A discount on a line, or another price: how much, and why. What is more than whoever stands here may give is given by somebody who may.

import { useState } from 'react'
import { fill } from '../shared/fill.ts'
import { Dialog, digitKeys, Numpad, withDigits } from './parts.tsx'
import { priceE4, type ShownLine } from './ticket-view.ts'
import { majorText, percent, useTill } from './till.tsx'

const PERCENTS = [5, 10, 15, 20, 30, 50]
const MOST_DIGITS = 9
const REASONS = ['damaged', 'price_match', 'goodwill', 'staff', 'last_one', 'other'] as const

export function PriceDialog({ line, onClose }: { line: ShownLine; onClose(): void }) {
  const { texts, ticket, session, withRight, money, price, language, place } = useTill()
  const { digits: decimals } = place.currency
  const [off, setOff] = useState<number | null>(null)
  const [digits, setDigits] = useState('')
  const [reason, setReason] = useState<(typeof REASONS)[number] | null>(null)
  const isWeighed = line.unit === 'gram'
  const list = line.listPrice ?? line.unitPrice ?? '0'
  // What is weighed is priced by the gram: only a share can be taken off, so that no cent is lost on a kilo.
  const wanted = off === null ? (digits === '' ? null : majorText(Number(digits), decimals)) : less(list, off, decimals)
  const offBp = wanted === null ? 0 : offOf(list, wanted, decimals)
  const most = session.limits?.discount_bp ?? (session.rights.includes('price_override') ? null : 0)
  const isWithin =
    session.rights.includes('price_override') ||
    (session.rights.includes('discount') && offBp >= 0 && (most === null || offBp <= most))
  const isReady = wanted !== null && reason !== null

  const set = () => {
    if (!isReady) return
    const change = { unit_price: wanted, reason: texts.price.reasons[reason] ?? reason }
    onClose()
    if (isWithin) ticket.setPrice(line.key, change)
    else withRight('price_override', () => ticket.setPrice(line.key, change))
  }
  return (
    <Dialog
      title={fill(texts.price.heading, { name: line.name })}
      onClose={onClose}
      keys={{
        ...(isWeighed
          ? {}
          : digitKeys((change) => {
              setOff(null)
              setDigits(change)
            }, MOST_DIGITS)),
        Enter: set,
      }}
    >
      <div className="price-entry">
        <p className="typed" role="status">
          <span className="quiet">{fill(texts.price.list, { price: isWeighed ? '' : price(list) })}</span>
          <strong className="figure">
            {wanted === null
              ? line.unitPrice === null || isWeighed
                ? '–'
                : price(line.unitPrice)
              : isWeighed
                ? percent(-offBp, language)
                : price(wanted)}
          </strong>
          <span className="quiet">
            {wanted === null ? '' : fill(texts.price.off, { percent: percent(offBp, language) })}
          </span>
        </p>
        <fieldset className="percents" aria-label={texts.price.percents}>
          {PERCENTS.map((n) => (
            <button
              key={n}
              type="button"
              className="chip"
              aria-pressed={off === n}
              onClick={() => {
                setOff(n)
                setDigits('')
              }}
            >
              {percent(-n * 100, language)}
            </button>
          ))}
        </fieldset>
        {isWeighed ? null : (
          <Numpad
            onDigit={(more) => {
              setOff(null)
              setDigits(withDigits(digits, more, MOST_DIGITS))
            }}
            onBack={() => setDigits(digits.slice(0, -1))}
          />
        )}
        <fieldset className="choice">
          <legend>{texts.price.why}</legend>
          {REASONS.map((code) => (
            <button
              key={code}
              type="button"
              className="chip"
              aria-pressed={reason === code}
              onClick={() => setReason(code)}
            >
              {texts.price.reasons[code]}
            </button>
          ))}
        </fieldset>
        <p className="quiet said-line" role="status">
          {wanted !== null && !isWithin ? texts.price.needsRight : ''}
        </p>
        <div className="row">
          {line.reason === null ? null : (
            <button
              type="button"
              className="button"
              onClick={() => {
                ticket.setPrice(line.key, { unit_price: null, reason: null })
                onClose()
              }}
            >
              {texts.price.back}
            </button>
          )}
          <button type="button" className="button primary big" disabled={!isReady} onClick={set}>
            {wanted === null || isWeighed
              ? texts.price.set
              : fill(texts.price.setTo, { price: money(toMinor(wanted, decimals)) })}
          </button>
        </div>
      </div>
    </Dialog>
  )
}

const toMinor = (text: string, digits: number): number => Number(priceE4(text, digits)) / 10_000

/** A price less so many per cent; half a minor unit is rounded up, and four more decimals are kept where the price has them. */
function less(list: string, off: number, digits: number): string {
  const e4 = priceE4(list, digits) * BigInt(100 - off)
  const isWhole = priceE4(list, digits) % 10_000n === 0n
  const step = isWhole ? 1_000_000n : 100n
  const rounded = ((e4 + step / 2n) / step) * (isWhole ? 10_000n : 1n)
  const text = String(rounded).padStart(digits + 5, '0')
  const decimals = text.slice(-(digits + 4)).replace(/0{1,4}$/, '')
  return decimals === '' ? text.slice(0, -(digits + 4)) : `${text.slice(0, -(digits + 4))}.${decimals}`
}

/** How far below the list, in basis points; negative above it. */
function offOf(list: string, wanted: string, digits: number): number {
  const before = priceE4(list, digits)
  return before === 0n ? 0 : Number(((before - priceE4(wanted, digits)) * 10_000n) / before)
}
