// Back from a payment to its ticket. An order was made; it is cancelled, what was paid goes back, and a new ticket holds the same lines.

import { fill } from '../shared/fill.ts'
import type { Cart } from './answers.ts'
import { isRefused, newKey } from './api.ts'
import { wasExchanged } from './exchange.ts'
import { Dialog } from './parts.tsx'
import { tenderName } from './tender-list.tsx'
import { useSale, useTill } from './till.tsx'

/** Cancels the order and opens its ticket again. An unpaid order that may not be cancelled here ends by itself. */
export function useReopen(): () => Promise<void> {
  const { texts, api, sale, ticket, place, go, say, isAlone } = useTill()
  return async () => {
    // Alone nothing was sent: what was taken is given back by hand, and the ticket is as it was.
    if (isAlone) {
      sale.end()
      return go({ is: 'sell' })
    }
    const { order, cart, payment } = sale.state()
    if (!order || !cart) return
    const paid = payment?.tenders.some(({ amount_captured }) => amount_captured > 0) ?? false
    try {
      await api
        .call('POST', `/orders/${order.id}/cancel`, { body: { reason: 'back to the ticket' }, key: newKey() })
        .catch((error: unknown) => {
          if (paid || !isRefused(error, 'right-missing', 'scope-missing')) throw error
        })
      const again = await api.call<Cart>('POST', '/carts', {
        body: {
          ...{ currency: cart.currency, channel: 'pos', store_id: place.storeId, register_id: place.registerId },
          ...(cart.customer_id === null ? {} : { customer_id: cart.customer_id }),
          ...(cart.shipping_address ? { shipping_address: cart.shipping_address } : {}),
          codes: cart.codes,
          lines: cart.lines
            .filter(({ is_gone }) => !is_gone)
            .map((line) => ({
              variant_id: line.variant_id,
              quantity: line.quantity,
              ...(line.fulfilment.is_chosen ? { fulfilment: wayOfLine(line.fulfilment) } : {}),
              ...(line.override_reason !== null && line.unit_price !== null
                ? { unit_price: line.unit_price, reason: line.override_reason }
                : {}),
            })),
        },
      })
      ticket.hold(again)
      sale.end()
      go({ is: 'sell' })
    } catch (error) {
      say({ kind: 'bad', text: isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed })
    }
  }
}

const wayOfLine = ({ mode, store_id }: { mode: string; store_id: string | null }) =>
  store_id === null ? { mode } : { mode, store_id }

/** Something has been paid: what goes back is said before it does. */
export function LeaveDialog({ onClose }: { onClose(): void }) {
  const { texts, money, withRight, isAlone } = useTill()
  const { payment, order } = useSale()
  const reopen = useReopen()
  const isExchange = wasExchanged(order?.id)
  const paid = (payment?.tenders ?? []).filter(({ amount_captured }) => amount_captured > 0)
  // What goods were worth that have come back is on no card of the customer's.
  const wayOf = ({ method }: { method: string }) =>
    isExchange && method === 'gift_card'
      ? texts.service.exchange.leave
      : method === 'cash'
        ? texts.leave.byHand
        : isAlone
          ? texts.offline.tender.byTerminal
          : texts.leave.back
  return (
    <Dialog title={texts.leave.heading} onClose={onClose}>
      <p>{texts.leave.lead}</p>
      <ul className="rows">
        {paid.map((tender) => (
          <li key={tender.id} className="row-key flat">
            <strong>
              {fill(wayOf(tender), {
                amount: money(tender.amount_captured),
                to: tenderName(texts, tender),
              })}
            </strong>
          </li>
        ))}
      </ul>
      <div className="row">
        <button type="button" className="button" data-first="" onClick={onClose}>
          {texts.leave.stay}
        </button>
        <button
          type="button"
          className="button danger big"
          onClick={() => {
            onClose()
            withRight('cancel_order', reopen)
          }}
        >
          {texts.leave.cancel}
        </button>
      </div>
    </Dialog>
  )
}
