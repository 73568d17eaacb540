// What payments and orders know of each other. A payment carries its order as an opaque reference; an order of ours says,
// before a charge is begun, what is due for it. Nothing here is trusted at the end: the order's slot (payment_take_orders) is
// the guard in SQL, and orders compare again when they learn that money came.

import type { Queryable, Tx } from '../db/pool.ts'
import { isId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import type { PaymentRow } from './store.ts'

/** What an order of ours says about paying it. */
export interface OrderDue {
  currency: string
  /** Minor units that its payments may take in all: its total, and what was decided to go back because it came to cost less. */
  limit: bigint
  /** From then on money that was given back went back for goods, and is not due again. */
  isConfirmed: boolean
  /** Counts the changes of what is owed: what was said at one revision is worth nothing at the next. */
  revision: number
  isPayable: boolean
  /** Whose order it is; null for a guest's. */
  customerId: string | null
}

/** Given through wiring, by orders and by invoices that bill no order; null for one they do not know. */
export interface OrderBook {
  due(merchantId: string, orderId: string): Promise<OrderDue | null>
  /** What has to stay paid, because gift cards of the order were sold for it. Cancelling or returning them lets it go. */
  keeps(merchantId: string, orderId: string): Promise<bigint>
}

/** What a charge was told by its order, for the guards in SQL. Empty for an order of the caller's own. */
export interface OrderTerms {
  order_revision?: number
  order_limit?: bigint
  order_is_confirmed?: boolean
  /** Of refunds by hand: what must stay paid. */
  order_keeps?: bigint
}

/**
 * Holds a new charge to what is due for the order it names, and answers the order's terms. An id that is not of our form is the
 * caller's own order number and is left alone. Throws reference-not-found, order-not-payable, currency-mismatch,
 * amount-exceeds-due, totals-mismatch, order-already-paid.
 */
export async function holdToOrder(
  { db, orders }: { db: Queryable; orders?: OrderBook },
  merchantId: string,
  charge: { order_id?: string; amount: bigint; currency: string },
): Promise<OrderTerms> {
  const order = await ourOrder(orders, merchantId, charge.order_id)
  if (!order) return {}
  if (!order.isPayable) throw new Problem('order-not-payable')
  if (charge.currency !== order.currency) throw new Problem('currency-mismatch')
  const { due, holder } = await leftOf(db, merchantId, charge.order_id as string, order)
  if (charge.amount !== due && holder !== null) throw new Problem('order-already-paid')
  if (charge.amount > due) throw new Problem('amount-exceeds-due')
  // One payment covers an order (ADR 10); a part of it is a tender.
  if (charge.amount < due) {
    throw new Problem('totals-mismatch', {
      detail: `The payment of an order is for all that is due, ${due}; pay a part with tender.amount.`,
      errors: [{ pointer: '/amount', detail: `must be ${due}` }],
    })
  }
  return termsOf(order)
}

/**
 * What a further tender of a payment may take: what the payment has left, and its order. Throws order-not-payable, and
 * order-already-paid when another payment has the money.
 */
export async function leftToPay(
  { db, orders }: { db: Queryable; orders?: OrderBook },
  merchantId: string,
  payment: Pick<PaymentRow, 'order_id' | 'amount' | 'given_back' | 'tenders'>,
): Promise<{ due: bigint; terms: OrderTerms }> {
  const order = await ourOrder(orders, merchantId, payment.order_id ?? undefined)
  const covered = payment.tenders.reduce((sum, tender) => sum + tender.covers, 0n)
  if (!order) return { due: payment.amount - covered, terms: {} }
  if (!order.isPayable) throw new Problem('order-not-payable')
  const refunded = payment.tenders.reduce((sum, tender) => sum + tender.refunded, 0n)
  const left = order.isConfirmed ? payment.amount + payment.given_back - covered - refunded : payment.amount - covered
  const of = { orderId: payment.order_id as string, limit: order.limit, isConfirmed: order.isConfirmed }
  const ofOrder = await leftToCover(db, merchantId, of)
  if (left > 0n && ofOrder <= 0n) throw new Problem('order-already-paid')
  return { due: left < ofOrder ? left : ofOrder, terms: termsOf(order) }
}

/** What captures of a payment may still take for its order, and the order's terms; null for an order of the caller's own. */
export async function leftToTake(
  { db, orders }: { db: Queryable; orders?: OrderBook },
  merchantId: string,
  orderId: string | null,
): Promise<{ due: bigint; terms: OrderTerms; isPayable: boolean } | null> {
  const order = await ourOrder(orders, merchantId, orderId ?? undefined)
  if (!order) return null
  const of = { orderId: orderId as string, isConfirmed: order.isConfirmed }
  const due = order.limit - (await takenForOrder(db, merchantId, of))
  return { due: due > 0n ? due : 0n, terms: termsOf(order), isPayable: order.isPayable }
}

/** What payments of an order have taken or are about to; until it is confirmed, without what went back. */
export async function takenForOrder(
  db: Queryable,
  merchantId: string,
  { orderId, isConfirmed }: { orderId: string; isConfirmed: boolean },
): Promise<bigint> {
  const { rows } = await db.query<{ taken: bigint }>('select payment_order_captured($1, $2, $3) as taken', [
    merchantId,
    orderId,
    isConfirmed,
  ])
  return rows[0]?.taken ?? 0n
}

/** What of an order nothing was taken, held or asked for. What went back for goods is not due again. */
export async function leftToCover(
  db: Queryable,
  merchantId: string,
  { orderId, limit, isConfirmed = true }: { orderId: string; limit: bigint; isConfirmed?: boolean },
): Promise<bigint> {
  const { rows } = await db.query<{ taken: bigint }>('select payment_order_taken($1, $2, $3) as taken', [
    merchantId,
    orderId,
    isConfirmed,
  ])
  return limit - (rows[0]?.taken ?? 0n)
}

async function ourOrder(orders: OrderBook | undefined, merchantId: string, orderId: string | undefined) {
  if (!orders || orderId === undefined || !isOurs(orderId)) return null
  const order = await orders.due(merchantId, orderId)
  if (order) return order
  throw new Problem('reference-not-found', { errors: [{ pointer: '/order_id', detail: 'names no order' }] })
}

function termsOf(order: OrderDue): OrderTerms {
  return { order_revision: order.revision, order_limit: order.limit, order_is_confirmed: order.isConfirmed }
}

/**
 * What a new payment is for: all of an order that waits, and of one that is confirmed what payments that are over have not taken.
 * A payment that still has the order's money is not taken off: the slot keeps a second one away.
 */
async function leftOf(
  db: Queryable,
  merchantId: string,
  orderId: string,
  order: OrderDue,
): Promise<{ due: bigint; holder: string | null }> {
  if (!order.isConfirmed) return { due: order.limit, holder: null }
  let due = order.limit
  let holder: string | null = null
  for (const payment of await paymentsOfOrder(db, merchantId, orderId)) {
    if (payment.direction === 'credit') continue
    const { amount_captured, amount_refunded, amount_capturable, amount_in_flight } = payment
    if (amount_captured <= amount_refunded && amount_capturable + amount_in_flight === 0n) due -= amount_captured
    else holder = payment.id
  }
  return { due: due > 0n ? due : 0n, holder }
}

/**
 * What a refund by hand must leave of what was paid, and what there is for it; null where nothing has to stay. The money of a gift card
 * goes back with the card.
 */
export async function keptOf(
  { db, orders }: { db: Queryable; orders?: OrderBook },
  merchantId: string,
  orderId: string | null,
): Promise<{ keeps: bigint; free: bigint } | null> {
  if (!orders || orderId === null || !isId('ord', orderId)) return null
  const keeps = await orders.keeps(merchantId, orderId)
  if (keeps === 0n) return null
  const { rows } = await db.query<{ left: bigint }>('select payment_order_left($1, $2) as left', [merchantId, orderId])
  const free = (rows[0]?.left ?? 0n) - keeps
  return { keeps, free: free > 0n ? free : 0n }
}

/** Whose order a charge is for; undefined when it is for none of ours or for a guest's. */
export async function customerOfOrder(
  orders: OrderBook | undefined,
  merchantId: string,
  orderId: string | undefined,
): Promise<string | undefined> {
  if (!orders || orderId === undefined || !isOurs(orderId)) return undefined
  return (await orders.due(merchantId, orderId))?.customerId ?? undefined
}

/** Of the form of our own orders, and of invoices that bill no order: they are paid as one. */
function isOurs(orderId: string): boolean {
  return isId('ord', orderId) || isId('inv', orderId)
}

/**
 * Ends paying for orders that are being cancelled or have expired: those that nobody holds money for, has paid or is paying
 * at this moment. Answers the orders that are closed; the others must not be given up. In the caller's transaction.
 */
export async function closeOrdersToPayment(tx: Tx, merchantId: string, orderIds: string[]): Promise<string[]> {
  if (orderIds.length === 0) return []
  const { rows } = await tx.query<{ closed: string[] }>('select payment_close_orders($1, $2) as closed', [
    merchantId,
    [...orderIds].sort(),
  ])
  return rows[0]?.closed ?? []
}

/**
 * Begins to change what is owed for an order, in the caller's transaction: no charge begins any more by what the order said before
 * `revision`, and its payments are locked. False while money is on its way and `waits`: its outcome comes first.
 */
export async function holdPayments(
  tx: Tx,
  merchantId: string,
  order: { orderId: string; revision: number; waits: boolean },
): Promise<boolean> {
  const { rows } = await tx.query<{ held: boolean }>('select payment_hold_order($1, $2, $3, $4) as held', [
    merchantId,
    order.orderId,
    order.revision,
    order.waits,
  ])
  return rows[0]?.held ?? false
}

/**
 * Changes what is owed for an order's payments because the order changed. `givenBack` of what was taken was decided to go back, and
 * covers nothing of it. `eventIds`: one for each payment of the order. After holdPayments, in the same transaction.
 */
export async function setPaymentAmounts(
  tx: Tx,
  merchantId: string,
  change: { orderId: string; total: bigint; givenBack: bigint; isConfirmed: boolean; at: Date; eventIds: string[] },
): Promise<void> {
  const { orderId, total, givenBack, isConfirmed, at, eventIds } = change
  await tx.query('select payment_set_amounts($1, $2, $3, $4, $5, $6, $7)', [
    merchantId,
    orderId,
    total,
    givenBack,
    isConfirmed,
    at,
    eventIds,
  ])
}

/** A payment in figures, for modules that pay on behalf of an order. */
export interface PaymentFigures {
  id: string
  direction: 'charge' | 'credit'
  status: string
  attention: string | null
  amount: bigint
  currency: string
  capture: 'automatic' | 'manual'
  is_canceled: boolean
  amount_authorized: bigint
  amount_capturable: bigint
  amount_captured: bigint
  amount_refundable: bigint
  amount_refunded: bigint
  amount_in_flight: bigint
}

/** All payments that name an order, oldest first. Served by payment_by_order. */
export async function paymentsOfOrder(db: Queryable, merchantId: string, orderId: string): Promise<PaymentFigures[]> {
  const { rows } = await db.query<PaymentFigures>('select * from payment_figures($1, $2)', [merchantId, orderId])
  return rows
}

/** A tender of an order that money can go back to. */
export interface RefundableTender {
  payment_id: string
  tender_id: string
  method: string
  captured: bigint
  /** What can still be given back. */
  refundable: bigint
  /** `refund`, `partial_refund`, … */
  can: string[]
  register_id: string | null
}

/** The tenders of an order's payments that took money, newest first. Served by payment_by_order. */
export async function refundableTenders(
  db: Queryable,
  merchantId: string,
  orderId: string,
): Promise<RefundableTender[]> {
  const { rows } = await db.query<RefundableTender>('select * from payment_refundable_tenders($1, $2)', [
    merchantId,
    orderId,
  ])
  return rows
}
