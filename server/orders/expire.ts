// Unpaid orders give their stock back. Whether an order may be given up, its slot for payment decides in the same transaction:
// while a payment holds money or waits for an answer the slot cannot be closed, and the order waits (unknown is never guessed).

import { type Tx, transact } from '../db/pool.ts'
import { closeOrdersToPayment, paymentsOfOrder } from '../payments/index.ts'
import { settleUses } from '../promotions/index.ts'
import type { OrderDeps } from './deps.ts'
import { appendOrderEvents } from './event.ts'
import type { Order } from './order.ts'
import { hasOpenReturn, insertRefund, withFailedReturn } from './refund-store.ts'
import { releaseOrders } from './reservation.ts'
import { settleOrders } from './settle.ts'
import { endOrders, lockExpired, merchantsWithExpired, postponeExpiry, readOrders } from './store.ts'

/** Long enough for a customer with a bank's app or a person at a till; stock is not kept longer for those who left. */
const UNPAID_MS = 15 * 60_000
/** An invoice or a transfer takes its working day, a weekend between. */
const INVOICE_UNPAID_MS = 3 * 86_400_000

/** How long an order of a channel waits for its payment. */
export function unpaidFor(channel: string): number {
  return channel === 'invoice' ? INVOICE_UNPAID_MS : UNPAID_MS
}

/** Orders looked at in one transaction: its locks stay short. */
const BATCH = 100
const MERCHANTS = 50
/** An order that could not be given up is looked at again then. */
const AGAIN_MS = 60_000

/** One round. Answers how many orders were looked at. */
export async function expireOrders(deps: OrderDeps): Promise<number> {
  const now = deps.clock.now()
  let looked = 0
  for (const merchantId of await merchantsWithExpired(deps.db, now, MERCHANTS)) {
    looked += await transact(deps.db, (tx) => expireSome(deps, tx, merchantId, now))
  }
  return looked
}

async function expireSome(deps: OrderDeps, tx: Tx, merchantId: string, now: Date): Promise<number> {
  const due = await lockExpired(tx, merchantId, now, BATCH)
  const ids = due.map(({ id }) => id)
  const free = await closeOrdersToPayment(tx, merchantId, ids)
  const stuck = await stuckOf(
    tx,
    merchantId,
    due.filter(({ id }) => !free.includes(id)),
  )
  const closed = [...free, ...stuck]
  await releaseOrders(tx, merchantId, closed)
  await settleUses(tx, merchantId, closed, 'released', now)
  await endOrders(tx, merchantId, closed, { state: 'cancelled', reason: 'expired', at: now })

  const kept = due.filter(({ id }) => !closed.includes(id))
  const again = new Date(now.getTime() + AGAIN_MS)
  await postponeExpiry(
    tx,
    merchantId,
    kept.map(({ id }) => id),
    again,
  )
  // What has been paid meanwhile is confirmed; what was paid in part only, or does not fit, goes back.
  await settleOrders(
    deps,
    tx,
    merchantId,
    kept.map(({ id }) => id),
  )
  await giveBackParts(tx, merchantId, kept, now)
  await appendOrderEvents(
    tx,
    deps,
    merchantId,
    now,
    closed.map((order_id) => ({ order_id, type: 'order.expired', by: null, more: { before: { state: 'placed' } } })),
  )
  return due.length
}

/**
 * Those whose money could not be given back, as what an exchange had paid for a guest. A person has the task and decides where it goes;
 * trying the same again brings nothing, and the goods are not kept for it.
 */
async function stuckOf(tx: Tx, merchantId: string, kept: readonly Order[]): Promise<string[]> {
  const failed = await withFailedReturn(
    tx,
    merchantId,
    kept.map(({ id }) => id),
  )
  const stuck: string[] = []
  for (const { id, total } of kept.filter((order) => failed.has(order.id))) {
    const charges = (await paymentsOfOrder(tx, merchantId, id)).filter(({ direction }) => direction === 'charge')
    const covered = charges.reduce(
      (sum, one) => sum + one.amount_capturable + one.amount_captured - one.amount_refunded,
      0n,
    )
    // What is paid after all is confirmed, and an answer that is awaited comes first.
    if (covered < total && charges.every(({ amount_in_flight }) => amount_in_flight === 0n)) stuck.push(id)
  }
  return stuck
}

/** Orders past their time whose money lies still: it is given back first, and then the order can be given up. */
async function giveBackParts(tx: Tx, merchantId: string, kept: readonly Order[], now: Date): Promise<void> {
  const present = await readOrders(
    tx,
    merchantId,
    kept.map(({ id }) => id),
  )
  for (const order of present.values()) {
    if (order.state !== 'placed' || order.amount_held + order.amount_captured === 0n) continue
    const payments = await paymentsOfOrder(tx, merchantId, order.id)
    if (payments.some(({ amount_in_flight }) => amount_in_flight > 0n)) continue
    if (await hasOpenReturn(tx, merchantId, order.id)) continue
    const refund = {
      order_id: order.id,
      scope: 'all' as const,
      amount: 0n,
      reason: 'not paid in time',
      is_expected: false,
      register_id: null,
    }
    await insertRefund(tx, merchantId, refund, { at: now, dueAt: now })
  }
}
