// Orders follow their payments: the consumer of `payment.` events. Each window of events is one call of order_settle (0060),
// whatever is in it, because an order is brought to what its payments come to now and not to what each event said.

import type { Tx } from '../db/pool.ts'
import { isId } from '../lib/ids.ts'
import { type Consumer, type ConsumerDeps, createConsumer, type EventRow } from '../notify/index.ts'
import type { OrderDeps } from './deps.ts'
import { openTask } from './refund-store.ts'

/** How long a part of the money keeps an unpaid order: as long as the first payment may take. */
export const STAY_MS = 15 * 60_000

/** Money that was to go back and does not, or did and came back. */
const FAILURES = new Set(['payment.refund_failed', 'payment.refund_reversed', 'payment.void_failed'])

/** Money that was taken, and that the provider has taken back. */
const TAKEN_BACK = new Set(['payment.sale_reversed', 'payment.capture_reversed'])

/** Reads `payment.` events. `wake` is called when money may have to be given back. */
export function createOrdersConsumer(
  deps: Pick<OrderDeps, 'newId' | 'clock'> & ConsumerDeps,
  wake: () => void,
): Consumer {
  return createConsumer(deps, {
    name: 'orders',
    families: ['payment.'],
    async handle(tx, merchantId, events) {
      for (const event of events) {
        if (FAILURES.has(event.type)) await tellTask(deps, tx, merchantId, event, REFUND_FAILED)
        if (TAKEN_BACK.has(event.type)) await tellTask(deps, tx, merchantId, event, PAYMENT_REVERSED)
      }
      // Last: it takes the lock of the event counter.
      await settleOrders(deps, tx, merchantId, ordersOf(events))
    },
    afterwards: wake,
  })
}

/** Ids of our own form that the events are about. A payment may carry any text as its order. */
function ordersOf(events: readonly EventRow[]): string[] {
  const ids = events.map((event) => (event.data as { order_id?: unknown } | null)?.order_id)
  return [...new Set(ids.filter((id): id is string => typeof id === 'string' && isId('ord', id)))]
}

const REFUND_FAILED = {
  kind: 'refund_failed',
  detail: 'Money that was to be given back has not gone, or has come back.',
} as const

const PAYMENT_REVERSED = {
  kind: 'payment_reversed',
  detail: 'Money that was taken for this order has been taken back. It is owed again, also for goods that have left.',
} as const

async function tellTask(
  deps: Pick<OrderDeps, 'newId' | 'clock'>,
  tx: Tx,
  merchantId: string,
  event: EventRow,
  task: typeof REFUND_FAILED | typeof PAYMENT_REVERSED,
): Promise<void> {
  const [order_id] = ordersOf([event])
  if (order_id === undefined) return
  await openTask(tx, merchantId, {
    id: deps.newId('tsk'),
    order_id,
    payment_id: event.object_id,
    ...task,
    at: deps.clock.now(),
  })
}

/** Brings orders to what their payments come to. In the caller's transaction, last: it appends events. */
export async function settleOrders(
  deps: Pick<OrderDeps, 'newId' | 'clock'>,
  tx: Tx,
  merchantId: string,
  orderIds: string[],
): Promise<void> {
  if (orderIds.length === 0) return
  const at = deps.clock.now()
  const rows = orderIds.map((order_id) => ({
    order_id,
    event_id: deps.newId('evt'),
    mismatch_event_id: deps.newId('evt'),
    task_id: deps.newId('tsk'),
  }))
  await tx.query('select * from order_settle($1, $2, $3, $4)', [
    merchantId,
    JSON.stringify(rows),
    at,
    new Date(at.getTime() + STAY_MS),
  ])
}
