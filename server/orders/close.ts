// Closes an order that is done with: nothing open, nothing due. It can no longer be paid, cancelled or edited; its goods can
// still be returned. A card kept for the order can no longer be charged, because a charge names an order that can be paid.

import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { closeOrdersToPayment } from '../payments/index.ts'
import type { OrderDeps } from './deps.ts'
import { appendOrderEvents } from './event.ts'
import { isHandedOver, orderFigures } from './figures.ts'
import { endOrders, lockOrder, readOrderLines } from './store.ts'

/** Closes the order. Again changes nothing. Throws not-found, invalid-state with what stands in the way, version-conflict. */
export async function closeOrder(
  deps: OrderDeps,
  merchantId: string,
  command: { id: string; by: string; ifVersion: number | undefined },
): Promise<void> {
  const { id, by, ifVersion } = command
  await deps.consumer.catchUp(merchantId)
  const at = deps.clock.now()
  await transact(deps.db, async (tx) => {
    const order = await lockOrder(tx, merchantId, id)
    if (!order) throw new Problem('not-found')
    if (ifVersion !== undefined && ifVersion !== order.version) throw new Problem('version-conflict')
    if (order.state === 'closed') return
    if (order.state !== 'confirmed') throw refused(`The order is ${order.state}.`)
    const lines = await readOrderLines(tx, merchantId, id)
    if (lines.some((line) => isHandedOver(line) && line.cancelled + line.fulfilled < line.quantity))
      throw refused('Something of it has not been handed over.')
    const { due, held, in_flight } = orderFigures(order)
    if (due > 0n) throw refused(`${due} is still to be paid.`)
    if (held + in_flight > 0n) throw refused('A payment holds money that is neither taken nor released.')
    await closeOrdersToPayment(tx, merchantId, [id])
    await endOrders(tx, merchantId, [id], { state: 'closed', reason: null, at })
    const more = { before: { state: order.state }, after: { state: 'closed' } }
    await appendOrderEvents(tx, deps, merchantId, at, [{ order_id: id, type: 'order.closed', by, more }])
  })
}

function refused(detail: string): Problem {
  return new Problem('invalid-state', { detail })
}
