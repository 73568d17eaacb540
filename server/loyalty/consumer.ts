// Follows orders and returns: what is confirmed earns points, what comes back or is cancelled takes them away. It reads the
// order as it stands, so that it does not matter which message tells it, how often, or in which order they come.

import type { Tx } from '../db/pool.ts'
import { type Consumer, type ConsumerDeps, createConsumer } from '../notify/index.ts'
import { coveredBy } from '../payments/index.ts'
import type { LoyaltyDeps } from './deps.ts'
import { earnFor, reverseEarn } from './earn.ts'
import type { EarningLine } from './points.ts'
import { readLoyaltyProgramme } from './programme-store.ts'

/** An order as points see it; wiring reads it from the module that keeps orders. */
export interface OrderForPoints {
  customer_id: string | null
  currency: string
  channel: string
  store_id: string | null
  /** Null until it is confirmed: nothing is earned before. */
  confirmed_at: Date | null
  /** `returned` and `cancelled` count units from the beginning. */
  lines: readonly (EarningLine & { returned: bigint; cancelled: bigint })[]
}

export interface FollowDeps extends LoyaltyDeps, ConsumerDeps {
  clock: ConsumerDeps['clock']
  orderOf(tx: Tx, merchantId: string, orderId: string): Promise<OrderForPoints | null>
}

/** The consumer `loyalty`: feeds on events of orders and returns, and follows whatever feeds those. */
export function createLoyaltyConsumer(deps: FollowDeps): Consumer {
  return createConsumer(deps, {
    name: 'loyalty',
    families: ['order.', 'return.'],
    async handle(tx, merchantId, events) {
      // A programme that is switched off gives no more points, and still takes back what it gave.
      if ((await readLoyaltyProgramme(tx, merchantId)) === null) return
      const ids = new Set(events.flatMap((event) => orderIdOf(event.data) ?? []))
      for (const id of [...ids].sort()) await follow(deps, tx, merchantId, id)
    },
  })
}

async function follow(deps: FollowDeps, tx: Tx, merchantId: string, orderId: string): Promise<void> {
  const order = await deps.orderOf(tx, merchantId, orderId)
  if (!order || order.customer_id === null || order.confirmed_at === null) return
  const { customer_id, confirmed_at, lines, currency, channel, store_id } = order
  const where = { order_id: orderId, channel, store_id, at: deps.clock.now() }
  const paid_by_points = await coveredBy(tx, merchantId, { orderId, method: 'points' })
  await earnFor(deps, tx, merchantId, { ...where, customer_id, confirmed_at, currency, paid_by_points, lines })
  await reverseEarn(deps, tx, merchantId, { ...where, lines })
}

/** Orders without a customer earn nothing, which an event of theirs says. */
function orderIdOf(data: unknown): string | undefined {
  const { order_id, customer_id } = data as { order_id?: unknown; customer_id?: unknown }
  return typeof order_id === 'string' && customer_id !== null ? order_id : undefined
}
