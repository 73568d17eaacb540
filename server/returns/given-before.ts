// What a return is worth may be more than its order's payments have left to give: a part was refunded as a favour, the bank took it
// back in a dispute, or nobody has paid it. What is left goes back, and the rest is said; a return is never stuck because of it.

import type { Tx } from '../db/pool.ts'
import { writeOffUnpaid } from '../orders/index.ts'
import { paymentsOfOrder, type RefundableTender, refundableTenders } from '../payments/index.ts'
import type { ReturnDeps } from './deps.ts'
import { type RefundRow, type ReturnRow, refundOf } from './return.ts'

/** The tenders of the order, less what was decided and not yet instructed, as by the first half of an exchange. */
export async function tendersLeft(
  tx: Tx,
  merchantId: string,
  orderId: string,
  earlier: readonly RefundRow[],
): Promise<RefundableTender[]> {
  const open = earlier.filter(({ state }) => state === 'open')
  return (await refundableTenders(tx, merchantId, orderId)).map((tender) => {
    const intended = open.filter(({ tender_id }) => tender_id === tender.tender_id)
    const left = intended.reduce((rest, { amount }) => rest - amount, tender.refundable)
    return { ...tender, refundable: left > 0n ? left : 0n }
  })
}

/**
 * The return with what is not there any more to go back, counted anew. While money of the order is held and not taken nothing is
 * counted: it may still be.
 */
export async function lessGivenBefore(
  tx: Tx,
  merchantId: string,
  row: ReturnRow,
  earlier: readonly RefundRow[],
): Promise<ReturnRow> {
  if (row.order_id === null) return row
  const whole = { ...row, amount_given_before: 0n }
  const given = earlier.filter(({ state }) => state !== 'failed').reduce((sum, { amount }) => sum + amount, 0n)
  const tenders = await tendersLeft(tx, merchantId, row.order_id, earlier)
  const left = tenders.reduce((sum, { refundable }) => sum + refundable, 0n)
  const missing = refundOf(whole) - given - left
  if (missing <= 0n) return whole
  const payments = await paymentsOfOrder(tx, merchantId, row.order_id)
  if (payments.some(({ direction, amount_capturable }) => direction === 'charge' && amount_capturable > 0n))
    return whole
  return { ...whole, amount_given_before: missing }
}

/**
 * The return without what was due for its order: that is due no more, and only what was paid beyond it goes back. Decided once, when
 * the money is. Throws invalid-state while the order is being paid.
 */
export async function lessUnpaid(
  deps: Pick<ReturnDeps, 'newId' | 'clock'>,
  tx: Tx,
  merchantId: string,
  row: ReturnRow,
  by: string,
): Promise<ReturnRow> {
  if (row.order_id === null || row.state !== 'received') return row
  const back = { orderId: row.order_id, returnId: row.id, worth: refundOf(row), by, at: deps.clock.now() }
  return { ...row, amount_unpaid: row.amount_unpaid + (await writeOffUnpaid(deps, tx, merchantId, back)) }
}
