// Closes an order that is done with: nothing open, nothing due. It can no longer be paid, cancelled or edited; its goods can
// still be returned. A card kept for the order can no longer be charged, because a charge names an order that can be paid.
// Somebody closes it, or it closes by itself once its goods can no longer be returned.

import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { closeOrdersToPayment } from '../payments/index.ts'
import type { OrderDeps } from './deps.ts'
import { appendOrderEvents } from './event.ts'
import { isHandedOver, orderFigures } from './figures.ts'
import type { Order, OrderLine } from './order.ts'
import { waitingOrders } from './refund-store.ts'
import { closeLater, endOrders, lockClosable, lockOrder, merchantsWithOrders, readOrderLines } from './store.ts'

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
    const obstacle = inTheWay(order, await readOrderLines(tx, merchantId, id))
    if (obstacle !== null) throw refused(obstacle)
    await close(deps, tx, merchantId, [id], { by, at })
  })
}

/** Why a confirmed order is not done with; null when it is. */
function inTheWay(order: Order, lines: readonly OrderLine[]): string | null {
  if (!isHandedOut(lines)) return 'Something of it has not been handed over.'
  const { due, held, in_flight } = orderFigures(order)
  if (due > 0n) return `${due} is still to be paid.`
  if (held + in_flight > 0n) return 'A payment holds money that is neither taken nor released.'
  return null
}

function isHandedOut(lines: readonly OrderLine[]): boolean {
  return lines.filter(isHandedOver).every((line) => line.cancelled + line.fulfilled === line.quantity)
}

async function close(
  deps: Pick<OrderDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  ids: string[],
  how: { by: string | null; at: Date },
): Promise<void> {
  const { by, at } = how
  await closeOrdersToPayment(tx, merchantId, ids)
  await endOrders(tx, merchantId, ids, { state: 'closed', reason: null, at })
  const more = { before: { state: 'confirmed' }, after: { state: 'closed' } }
  const events = ids.map((order_id) => ({ order_id, type: 'order.closed' as const, by, more }))
  await appendOrderEvents(tx, deps, merchantId, at, events)
}

function refused(detail: string): Problem {
  return new Problem('invalid-state', { detail })
}

// ---- By itself -----------------------------------------------------------------------------------------------------

const DAY_MS = 86_400_000

/**
 * Until when goods of an order can be returned, `days` after the last of them was handed over; null while something is still to
 * be handed over, because then the days have not begun.
 */
export function returnWindowEnd(
  order: Pick<Order, 'fulfilled_at' | 'confirmed_at' | 'placed_at' | 'state'>,
  lines: readonly OrderLine[],
  days: number,
): Date | null {
  if (order.state !== 'cancelled' && !isHandedOut(lines)) return null
  return new Date(returnableSince(order).getTime() + days * DAY_MS)
}

/** Since when its goods are with the customer. Orders from before that was kept count from their confirmation. */
export function returnableSince(order: Pick<Order, 'fulfilled_at' | 'confirmed_at' | 'placed_at'>): Date {
  return order.fulfilled_at ?? order.confirmed_at ?? order.placed_at
}

/** Orders locked in one transaction. */
const BATCH = 100
/** Merchants asked for at once. */
const MERCHANTS = 200
/** What could not be closed is looked at again after this: goods are collected and returns end in days, not in minutes. */
const AGAIN_MS = 6 * 3_600_000

/** One round over all merchants. Answers how many orders it closed. */
export async function closeDueOrders(deps: OrderDeps): Promise<number> {
  let closed = 0
  for (let after = ''; ; ) {
    const merchants = await merchantsWithOrders(deps.db, after, MERCHANTS)
    for (const merchantId of merchants) {
      // Whatever is in the way of one merchant must not hold up the others.
      try {
        const days = await deps.returnDaysOf(merchantId)
        closed += await transact(deps.db, (tx) => closeSome(deps, tx, merchantId, days))
      } catch (error) {
        deps.log.error('orders of a merchant could not be closed and will be tried again', {
          merchant_id: merchantId,
          error,
        })
      }
    }
    if (merchants.length < MERCHANTS) return closed
    after = merchants.at(-1) as string
  }
}

async function closeSome(deps: OrderDeps, tx: Tx, merchantId: string, days: number): Promise<number> {
  const now = deps.clock.now()
  const confirmedBefore = new Date(now.getTime() - days * DAY_MS)
  const orders = await lockClosable(tx, merchantId, { now, confirmedBefore, limit: BATCH })
  const ids = orders.map(({ id }) => id)
  if (ids.length === 0) return 0
  const lines = Map.groupBy(await readOrderLines(tx, merchantId, ids), ({ order_id }) => order_id)
  const waiting = await waitingOrders(tx, merchantId, ids)
  const done: string[] = []
  const later: { id: string; at: Date }[] = []
  for (const order of orders) {
    const own = lines.get(order.id) ?? []
    const end = returnWindowEnd(order, own, days)
    const isReturning = own.some(({ return_requested }) => return_requested > 0n)
    const isOpen = waiting.has(order.id) || isReturning || inTheWay(order, own) !== null
    if (!isOpen && end !== null && end <= now) done.push(order.id)
    // The end of a window is known; all else is looked at from time to time.
    else later.push({ id: order.id, at: end !== null && end > now ? end : new Date(now.getTime() + AGAIN_MS) })
  }
  await closeLater(tx, merchantId, later)
  if (done.length > 0) await close(deps, tx, merchantId, done, { by: null, at: now })
  return done.length
}
