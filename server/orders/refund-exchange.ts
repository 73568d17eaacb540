// Giving back what an exchange paid for. Its worth came through a gift card that nobody holds, so it cannot go back by reference: it
// becomes store credit of the order's customer, where the merchant's rules allow that, and the other tenders are refunded as they
// came. Without a customer nobody knows where the worth belongs: it is left, and a person is told (refund.ts).

import {
  type PaymentFigures,
  type RefundableTender,
  type RefundInput,
  readOperationsOfKey,
  refundableTenders,
  refund as refundPayment,
} from '../payments/index.ts'
import type { OrderDeps } from './deps.ts'
import type { OrderRefund } from './refund-store.ts'
import { readOrder } from './store.ts'

/** One command to the payment core, whole: sent again it is the same. */
export interface TenderRefund {
  tender_id: string
  amount: bigint
  /** Null: by reference. */
  to: RefundInput['to'] | null
}

/**
 * Gives back an order's payment tender by tender, newest first, when an exchange paid a part of it; answers what each command said and
 * what is left, or null when it is to be given back in the usual way. Throws as a refund does.
 */
export async function giveBackExchange(
  deps: OrderDeps,
  refund: OrderRefund,
  payment: PaymentFigures,
): Promise<{ given: { amount: bigint; body: string }[]; left: bigint } | null> {
  const { merchant_id, order_id, n } = refund
  const tenders = (await refundableTenders(deps.db, merchant_id, order_id)).filter(
    ({ payment_id }) => payment_id === payment.id,
  )
  if (!tenders.some(isOfExchange)) return null
  const order = await readOrder(deps.db, merchant_id, order_id)
  const to = order && (await deps.worthGoesTo(merchant_id, order))
  // A key for each tender, used once: what this refund has given by it stays decided, whatever has moved since.
  const keyOf = (tenderId: string) => `onetill:${order_id}:refund:${n}:${tenderId}`
  const given = new Map<string, bigint>()
  for (const { tender_id } of tenders) {
    const sent = await readOperationsOfKey(deps.db, merchant_id, payment.id, keyOf(tender_id))
    if (sent.length > 0)
      given.set(
        tender_id,
        sent.reduce((sum, { amount }) => sum + amount, 0n),
      )
  }
  const done: { amount: bigint; body: string }[] = []
  const { parts, left } = plan(refund, tenders, given, to)
  for (const { tender_id, amount, to: destination } of parts) {
    const key = keyOf(tender_id)
    const input = {
      amount: Number(amount),
      tender_id,
      reason: refund.reason,
      ...(destination ? { to: destination } : {}),
    }
    const { body } = await refundPayment(deps.payments, merchant_id, { key, fingerprint: key }, payment.id, input)
    done.push({ amount, body })
  }
  return { given: done, left }
}

/** Gift cards that money came through and takes none back are those of exchanges. */
function isOfExchange({ method, can }: RefundableTender): boolean {
  return method === 'gift_card' && !can.includes('refund')
}

/** What goes back by which tender. Pure. `given`: what this very refund has sent already. */
function plan(
  { scope, amount }: OrderRefund,
  tenders: readonly RefundableTender[],
  given: ReadonlyMap<string, bigint>,
  to: RefundInput['to'] | null,
): { parts: TenderRefund[]; left: bigint } {
  let rest = scope === 'all' ? null : amount
  for (const part of given.values()) if (rest !== null) rest -= part
  const parts: TenderRefund[] = []
  let left = 0n
  for (const tender of tenders) {
    const destination = isOfExchange(tender) ? to : null
    const before = given.get(tender.tender_id)
    const part = before ?? (rest !== null && rest < tender.refundable ? (rest > 0n ? rest : 0n) : tender.refundable)
    if (part === 0n) continue
    if (rest !== null && before === undefined) rest -= part
    // Nobody knows where the worth goes: it stays, and is told.
    if (isOfExchange(tender) && !destination && before === undefined) left += part
    else parts.push({ tender_id: tender.tender_id, amount: part, to: destination })
  }
  return { parts, left: left + (rest !== null && rest > 0n ? rest : 0n) }
}
