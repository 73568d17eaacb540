// Cancelling what of an order has not been handed over: what goes back and how is said before it does, and it needs the right.

import { type ReactNode, useState } from 'react'
import { fill } from '../shared/fill.ts'
import { isRefused, newKey } from './api.ts'
import { datesFor } from './dates.ts'
import type { OrderWhole } from './order-whole.ts'
import { Banner, Dialog } from './parts.tsx'
import { useTill } from './till.tsx'

export function useCancelOrder(onDone: () => void): { ask(order: OrderWhole): void; dialog: ReactNode } {
  const [order, setOrder] = useState<OrderWhole | null>(null)
  return {
    ask: setOrder,
    dialog:
      order === null ? null : (
        <CancelDialog
          order={order}
          onClose={() => setOrder(null)}
          onDone={() => {
            setOrder(null)
            onDone()
          }}
        />
      ),
  }
}

function CancelDialog({ order, onClose, onDone }: { order: OrderWhole; onClose(): void; onDone(): void }) {
  const { texts, api, say, withRight, language } = useTill()
  const words = texts.service.orders
  const [reason, setReason] = useState<string | null>(null)
  const [wrong, setWrong] = useState('')
  const [key] = useState(newKey)
  const dates = datesFor(language)
  const open = order.lines.filter(({ quantity_open }) => quantity_open > 0)
  const isPaid = order.amount_paid - order.amount_refunded > 0
  const cancel = async () => {
    try {
      await api.call('POST', `/orders/${order.id}/cancel`, {
        body: { reason: words.cancelReasons[reason as keyof typeof words.cancelReasons] },
        key,
        timeoutMs: 60_000,
      })
      say({ kind: 'good', text: fill(words.cancelled, { number: order.number }) })
      onDone()
    } catch (error) {
      const code = isRefused(error) ? error.code : ''
      setWrong(code === 'no-answer' ? texts.noAnswer : (texts.refusals[code] ?? words.cancelFailed))
    }
  }
  return (
    <Dialog title={fill(words.cancelHeading, { number: order.number })} onClose={onClose}>
      <p>{isPaid ? words.cancelPaid : words.cancelUnpaid}</p>
      <ul className="rows">
        {open.map((line) => (
          <li key={line.id} className="row-key flat">
            <strong className="own">
              {line.quantity_open} × {line.name}
            </strong>
            <span className="figure">{dates.money(line.total, order.currency)}</span>
          </li>
        ))}
      </ul>
      <fieldset className="choice">
        <legend>{texts.price.why}</legend>
        {Object.entries(words.cancelReasons).map(([code, text], i) => (
          <button
            key={code}
            type="button"
            className="chip"
            data-first={i === 0 ? '' : undefined}
            aria-pressed={reason === code}
            onClick={() => setReason(code)}
          >
            {text}
          </button>
        ))}
      </fieldset>
      <div className="said" role="alert">
        {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
      </div>
      <div className="row">
        <button type="button" className="button" onClick={onClose}>
          {words.keep}
        </button>
        <button
          type="button"
          className="button danger big"
          disabled={reason === null}
          onClick={() => (isPaid ? withRight('cancel_order', cancel) : void cancel())}
        >
          {words.cancelNow}
        </button>
      </div>
    </Dialog>
  )
}
