// What an order of Pay. means for money.

import type { InstrumentFacts, Outcome } from '../connector.ts'
import type { Order } from './api.ts'

/** Codes below zero that say that money did come in, whatever became of it since: chargebacks and refunds. */
const CAME_IN = new Set([-70, -71, -72, -81, -82])
export const CHARGED_BACK = new Set([-70, -71])
const PAID = 100
const OTHER_AMOUNT = -51

const DECLINES: Record<number, [code: string, message: string, isRetryable: boolean]> = {
  [-60]: ['terminal_refused', 'The payment failed.', true],
  [-61]: ['canceled', 'The payment was voided.', true],
  [-63]: ['card_declined', 'The issuer declined the card.', true],
  [-64]: ['card_declined', 'The issuer declined the card.', true],
  [-80]: ['expired', 'Nobody paid in time.', true],
  [-90]: ['canceled', 'Canceled on the terminal.', true],
}

/** Of an order for exactly one operation. `pending` while it can still be paid. */
export function outcomeOfOrder(order: Order, currency: string): Outcome {
  const { code } = order.status
  const psp_reference = order.orderId
  if (code === OTHER_AMOUNT) return { outcome: 'unknown', reason: 'paid for another amount', amount: paidOf(order) }
  if (code === PAID || CAME_IN.has(code)) return succeeded(order, currency)
  // What stands for a partial payment or an authorisation can still become either.
  if (code >= 0) return { outcome: 'pending', psp_reference }
  const [declined, message, is_retryable] = DECLINES[code] ?? ['canceled', `The order has ended: ${code}.`, true]
  return { outcome: 'declined', code: declined, message, is_retryable, psp_reference }
}

function succeeded(order: Order, currency: string): Outcome {
  const paid = order.capturedAmount ?? order.amount
  if (paid.currency !== currency) return { outcome: 'unknown', reason: `paid in ${paid.currency}` }
  const at = order.completedAt ?? order.modifiedAt ?? undefined
  return {
    outcome: 'succeeded',
    amount: paidOf(order),
    psp_reference: order.orderId,
    ...(at !== undefined && !Number.isNaN(Date.parse(at)) && { occurred_at: new Date(at).toISOString() }),
    instrument: instrumentOf(order),
    ...(order.receipt && { detail: { slip: Buffer.from(order.receipt, 'base64').toString('utf8') } }),
  }
}

function paidOf({ capturedAmount, amount }: Order): bigint {
  return BigInt((capturedAmount ?? amount).value)
}

/** Pay. names neither brand nor digits; what it does name is the same for the same card. */
function instrumentOf({ payments = [] }: Order): InstrumentFacts {
  const alias = payments.find(({ customerKey }) => customerKey)?.customerKey
  return { kind: 'card', ...(alias && { alias }) }
}
