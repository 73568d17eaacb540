// What cancelling and editing have in common: units leave an order, lines come to it, its sums follow, and what was paid too
// much is decided to be given back. One transaction, under the order's lock.

import type { Tx } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import {
  closeOrdersToPayment,
  holdPayments,
  type PaymentFigures,
  paymentsOfOrder,
  setPaymentAmounts,
  takenForOrder,
} from '../payments/index.ts'
import { settleUses } from '../promotions/index.ts'
import type { OrderDeps } from './deps.ts'
import { isHandedOver, sumUp, toGiveBack } from './figures.ts'
import type { Order, OrderLine } from './order.ts'
import { LEASE_MS } from './refund.ts'
import { insertRefund, type OrderRefund } from './refund-store.ts'
import { releaseOrders, releaseUnits } from './reservation.ts'
import { countCancelled, endOrders, writeRevision } from './store.ts'

/** Units of a line. */
export interface Units {
  line: OrderLine
  quantity: bigint
}

export interface Applied {
  /** The lines as they are now. */
  lines: OrderLine[]
  total: bigint
  /** Nothing is left of it: it was cancelled. */
  isOver: boolean
  /** Leased to the caller, who carries it out after the commit. */
  refund: OrderRefund | null
}

export interface OrderChangeset {
  /** Units that leave; none that were handed over. */
  cancel: Units[]
  /** Lines that come; written already, their stock reserved. */
  added: OrderLine[]
  reason: string
  /** Money on its way was asked for what was owed before: wait for it. So it is always while the order waits to be paid. */
  waits?: boolean
}

/**
 * Takes units off an order and lets its sums, stock, promotions and payments follow. The caller holds the order's lock, and
 * appends the event. Throws quantity-exceeds-available and invalid-state (units have ended, or a payment is under way).
 */
export async function applyChange(
  deps: OrderDeps,
  tx: Tx,
  merchantId: string,
  { order, lines }: { order: Order; lines: readonly OrderLine[] },
  { cancel, added, reason, waits = false }: OrderChangeset,
): Promise<Applied> {
  const at = deps.clock.now()
  const counts = cancel.map(({ line, quantity }) => ({ order_id: order.id, line_id: line.id, quantity }))
  await countCancelled(tx, merchantId, counts, at)
  const after = [...lines.map((line) => without(line, cancel)), ...added]
  const sums = sumUp(after, order.prices_include_tax)
  await writeRevision(tx, merchantId, order.id, sums, at)

  const isOver = after.filter(isHandedOver).every((line) => line.cancelled === line.quantity)
  if (!isOver) {
    const held = { orderId: order.id, revision: order.revision + 1, waits: waits || order.state === 'placed' }
    if (!(await holdPayments(tx, merchantId, held)))
      throw new Problem('invalid-state', { detail: 'A payment of the order is under way.' })
  }
  if (isOver) {
    await releaseOrders(tx, merchantId, [order.id])
    await settleUses(tx, merchantId, [order.id], 'released', at)
    await endOrders(tx, merchantId, [order.id], { state: 'cancelled', reason, at })
    // Not closed while somebody pays: what comes of that is given back (order_settle).
    await closeOrdersToPayment(tx, merchantId, [order.id])
  } else {
    await releaseUnits(tx, merchantId, order.id, cancel)
  }

  const payments = (await paymentsOfOrder(tx, merchantId, order.id)).filter(({ direction }) => direction === 'charge')
  const refund = isOver
    ? await giveAllBack(deps, tx, merchantId, order, payments, reason, at)
    : await giveBeyondBack(deps, tx, merchantId, { ...order, total: sums.total }, payments, reason, at)
  return { lines: after, total: sums.total, isOver, refund }
}

/** The line as it is when units were cancelled. */
export function without(line: OrderLine, cancel: readonly Units[]): OrderLine {
  const gone = cancel.filter((units) => units.line.id === line.id).reduce((sum, units) => sum + units.quantity, 0n)
  return { ...line, cancelled: line.cancelled + gone }
}

async function giveAllBack(
  deps: OrderDeps,
  tx: Tx,
  merchantId: string,
  order: Order,
  payments: readonly PaymentFigures[],
  reason: string,
  at: Date,
): Promise<OrderRefund | null> {
  const holdsMoney = payments.some(
    ({ amount_capturable, amount_refundable, amount_in_flight }) =>
      amount_capturable + amount_refundable + amount_in_flight > 0n,
  )
  if (!holdsMoney) return null
  const refund = {
    order_id: order.id,
    scope: 'all' as const,
    amount: 0n,
    reason,
    is_expected: true,
    register_id: deps.payments.registerId ?? null,
  }
  return insertRefund(tx, merchantId, refund, leased(at))
}

/** The same payment takes what an order came to cost more, by a further tender; what was taken or is held beyond it goes back. */
async function giveBeyondBack(
  deps: OrderDeps,
  tx: Tx,
  merchantId: string,
  order: Order,
  payments: readonly PaymentFigures[],
  reason: string,
  at: Date,
): Promise<OrderRefund | null> {
  const amount_captured = payments.reduce((sum, payment) => sum + payment.amount_captured, 0n)
  const amount_refunded = payments.reduce((sum, payment) => sum + payment.amount_refunded, 0n)
  const amount = toGiveBack({ ...order, amount_captured, amount_refunded })
  const toRefund = order.amount_to_refund + amount
  const isConfirmed = order.state !== 'placed'
  // What is being taken beyond that can neither be stopped nor, before it is known, be given back.
  const taking = await takenForOrder(tx, merchantId, { orderId: order.id, isConfirmed })
  if (taking > amount_captured && taking > order.total + toRefund)
    throw new Problem('invalid-state', { detail: 'A payment of the order is under way.' })
  await setPaymentAmounts(tx, merchantId, {
    orderId: order.id,
    total: order.total + (toRefund < 0n ? toRefund : 0n),
    givenBack: toRefund > 0n ? toRefund : 0n,
    isConfirmed,
    at,
    eventIds: payments.map(() => deps.newId('evt')),
  })
  const held = payments.reduce((sum, payment) => sum + payment.amount_capturable, 0n)
  const owed = order.total + toRefund - amount_captured
  if (amount === 0n && held <= owed) return null
  const refund = {
    order_id: order.id,
    scope: 'part' as const,
    amount,
    reason,
    is_expected: true,
    register_id: deps.payments.registerId ?? null,
  }
  return insertRefund(tx, merchantId, refund, leased(at))
}

/** The request carries it out itself; a worker takes it up when the process dies before. */
function leased(at: Date) {
  return { at, dueAt: new Date(at.getTime() + LEASE_MS) }
}
