// Goods come back for which nobody has paid. What was due for them is due no more, and nothing is given back for them: a return
// pays out what was paid beyond what is still owed after it.

import type { Tx } from '../db/pool.ts'
import type { NewId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import { holdPayments, leftToCover, paymentsOfOrder, setPaymentAmounts } from '../payments/index.ts'
import { appendOrderEvents } from './event.ts'
import { lockOrder, writeUnpaid } from './store.ts'

/**
 * Takes up to `worth` of goods that came back off what is due for the order, and answers how much that was. The due is asked of the
 * payments, because the order may not have learned yet what was paid. Locks the order and its payments. Throws invalid-state while
 * one is under way.
 */
export async function writeOffUnpaid(
  deps: { newId: NewId },
  tx: Tx,
  merchantId: string,
  back: { orderId: string; returnId: string; worth: bigint; by: string; at: Date },
): Promise<bigint> {
  const { orderId, returnId, worth, by, at } = back
  const order = await lockOrder(tx, merchantId, orderId)
  if (!order || order.state === 'placed' || worth <= 0n) return 0n
  const limit = order.total + order.amount_to_refund
  if ((await leftToCover(tx, merchantId, { orderId, limit })) <= 0n) return 0n
  if (!(await holdPayments(tx, merchantId, { orderId, revision: order.revision + 1, waits: true })))
    throw new Problem('invalid-state', { detail: 'A payment of the order is under way.' })
  const due = await leftToCover(tx, merchantId, { orderId, limit })
  const amount = due < worth ? due : worth
  if (amount <= 0n) return 0n
  const toRefund = order.amount_to_refund - amount
  await writeUnpaid(tx, merchantId, orderId, toRefund, at)
  await setPaymentAmounts(tx, merchantId, {
    ...{ orderId, isConfirmed: true, at },
    total: order.total + (toRefund < 0n ? toRefund : 0n),
    givenBack: toRefund > 0n ? toRefund : 0n,
    eventIds: (await paymentsOfOrder(tx, merchantId, orderId)).map(() => deps.newId('evt')),
  })
  const more = { return_id: returnId, amount_written_off: amount }
  await appendOrderEvents(tx, deps, merchantId, at, [{ order_id: orderId, type: 'order.payment_changed', by, more }])
  return amount
}
