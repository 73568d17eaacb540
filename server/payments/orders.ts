// What payments and orders know of each other. A payment carries its order as an opaque reference; an order of ours says,
// before a charge is begun, what is due for it. Nothing here is trusted at the end: the order's slot (payment_take_orders) is
// the guard in SQL, and orders compare again when they learn that money came.

import type { Queryable, Tx } from '../db/pool.ts'
import { isId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'

/** What an order of ours says about paying it. */
export interface OrderDue {
  currency: string
  /** Minor units still to be paid by the order's payment, whole: what is owed for the order. */
  due: bigint
  isPayable: boolean
  /** Whose order it is; null for a guest's. */
  customerId: string | null
}

/** Given by the orders module through wiring; null for an order it does not know. */
export interface OrderBook {
  due(merchantId: string, orderId: string): Promise<OrderDue | null>
}

/**
 * Holds a new charge to the order it names. An id that is not of our form is the caller's own order number and is left
 * alone. Throws reference-not-found, order-not-payable, currency-mismatch, amount-exceeds-due, totals-mismatch.
 */
export async function holdToOrder(
  orders: OrderBook | undefined,
  merchantId: string,
  charge: { order_id?: string; amount: bigint; currency: string },
): Promise<void> {
  if (!orders || charge.order_id === undefined || !isId('ord', charge.order_id)) return
  const order = await orders.due(merchantId, charge.order_id)
  if (!order) {
    throw new Problem('reference-not-found', { errors: [{ pointer: '/order_id', detail: 'names no order' }] })
  }
  if (!order.isPayable) throw new Problem('order-not-payable')
  if (charge.currency !== order.currency) throw new Problem('currency-mismatch')
  if (charge.amount > order.due) throw new Problem('amount-exceeds-due')
  // One payment covers an order (ADR 10); a part of it is a tender.
  if (charge.amount < order.due) {
    throw new Problem('totals-mismatch', {
      detail: `The payment of an order is for all of it, ${order.due}; pay a part with tender.amount.`,
      errors: [{ pointer: '/amount', detail: `must be ${order.due}` }],
    })
  }
}

/** Whose order a charge is for; undefined when it is for none of ours or for a guest's. */
export async function customerOfOrder(
  orders: OrderBook | undefined,
  merchantId: string,
  orderId: string | undefined,
): Promise<string | undefined> {
  if (!orders || orderId === undefined || !isId('ord', orderId)) return undefined
  return (await orders.due(merchantId, orderId))?.customerId ?? undefined
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

export type SetAmountOutcome = 'ok' | 'not_found' | 'invalid_state' | 'below_covered'

/**
 * Changes what is owed for a payment because its order changed; never below what is covered. `givenBack` of what was taken was
 * decided to go back for earlier changes, and covers nothing of it. In the caller's transaction.
 */
export async function setPaymentAmount(
  tx: Tx,
  merchantId: string,
  change: { paymentId: string; amount: bigint; givenBack: bigint; at: Date; eventId: string },
): Promise<SetAmountOutcome> {
  const { rows } = await tx.query<{ outcome: SetAmountOutcome }>(
    'select payment_set_amount($1, $2, $3, $4, $5, $6) as outcome',
    [merchantId, change.paymentId, change.amount, change.givenBack, change.at, change.eventId],
  )
  return rows[0]?.outcome ?? 'not_found'
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
