// Goods that are gone and whose money could not be taken: nobody can keep them back any more, so a person is told.

import type { Queryable } from '../db/pool.ts'
import { openTask, readOrderLines, readOrders, untakenFor } from '../orders/index.ts'
import { paymentsOfOrder } from '../payments/index.ts'
import type { FollowDeps } from './create.ts'
import { ENDS } from './fulfilment.ts'
import { readOfOrders } from './store.ts'

/** Opens a task for the orders, of which a capture has failed, that have handed out more than was taken for them. */
export async function tellUntaken(
  deps: Pick<FollowDeps, 'newId'>,
  tx: Queryable,
  merchantId: string,
  orderIds: string[],
  at: Date,
): Promise<void> {
  if (orderIds.length === 0) return
  const orders = await readOrders(tx, merchantId, orderIds)
  const lines = Map.groupBy(await readOrderLines(tx, merchantId, orderIds), ({ order_id }) => order_id)
  const fulfilments = await readOfOrders(tx, merchantId, orderIds)
  for (const order of orders.values()) {
    // Counted as handed over until the outcome is booked, which takes it back or tells by itself.
    const isOpen = ({ order_id, charge_state, state }: (typeof fulfilments)[number]) =>
      order_id === order.id && !ENDS.has(state) && (charge_state === 'intent' || charge_state === 'unknown')
    const own = lines.get(order.id) ?? []
    if (fulfilments.some(isOpen) || !own.some(({ fulfilled }) => fulfilled > 0n)) continue
    const payments = await paymentsOfOrder(tx, merchantId, order.id)
    const amount_captured = payments.reduce(
      (sum, payment) => (payment.direction === 'charge' ? sum + payment.amount_captured : sum),
      0n,
    )
    const untaken = untakenFor({ ...order, amount_captured }, own, [])
    if (untaken === 0n) continue
    await openTask(tx, merchantId, {
      ...{ id: deps.newId('tsk'), order_id: order.id, kind: 'capture_failed', payment_id: null, at },
      detail: `${untaken} ${order.currency} could not be taken for goods that have left.`,
    })
  }
}
