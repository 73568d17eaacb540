// Which receipt an id means: a receipt's own, an order's or a payment's sale, an operation's refund. What was not sold at a register
// has no number, and is a receipt all the same.

import { isId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import { type Order, readOrder } from '../orders/index.ts'
import {
  type OperationFacts,
  operationFacts,
  type PaymentRow,
  paymentsOfOrder,
  readPayment,
} from '../payments/index.ts'
import type { ReceiptDeps } from './deps.ts'
import { type ReceiptRow, readReceipt } from './store.ts'
import { writeWaiting } from './write.ts'

export interface Found {
  kind: 'sale' | 'refund'
  row: ReceiptRow | null
  payment: PaymentRow
  order: Order | null
  /** Of a refund. */
  operation: OperationFacts | null
}

/** Throws not-found, and invalid-state for a sale of which nothing is paid. */
export async function findReceipt(deps: ReceiptDeps, merchantId: string, id: string): Promise<Found> {
  if (isId('rct', id)) return byReceipt(deps, merchantId, id)
  if (isId('opn', id)) return byRefund(deps, merchantId, id)
  const paymentId = isId('ord', id) ? await paymentOf(deps, merchantId, id) : id
  const payment = isId('pay', paymentId) ? await readPayment(deps.db, merchantId, paymentId) : null
  if (payment?.direction !== 'charge') throw new Problem('not-found')
  await writeWaiting(deps, merchantId, { payment_id: payment.id })
  const row = await readReceipt(deps.db, merchantId, { saleOf: payment.id })
  const paid = payment.tenders.reduce((sum, tender) => sum + tender.captured + tender.hold, 0n)
  if (!row && paid === 0n) throw new Problem('invalid-state', { detail: 'Nothing of it is paid.' })
  return { kind: 'sale', row, payment, order: await orderOf(deps, merchantId, payment.order_id), operation: null }
}

async function byReceipt(deps: ReceiptDeps, merchantId: string, id: string): Promise<Found> {
  const row = await readReceipt(deps.db, merchantId, { id })
  const payment = row && (await readPayment(deps.db, merchantId, row.payment_id))
  if (!row || !payment) throw new Problem('not-found')
  const operations = row.operation_id ? await operationFacts(deps.db, merchantId, [row.operation_id]) : new Map()
  const order = await orderOf(deps, merchantId, row.order_id)
  return { kind: row.kind, row, payment, order, operation: operations.get(row.operation_id ?? '') ?? null }
}

async function byRefund(deps: ReceiptDeps, merchantId: string, id: string): Promise<Found> {
  const operation = (await operationFacts(deps.db, merchantId, [id])).get(id)
  const isBack = operation?.kind === 'refund' || operation?.kind === 'credit'
  const payment = operation && isBack ? await readPayment(deps.db, merchantId, operation.payment_id) : null
  if (!operation || !payment) throw new Problem('not-found')
  if (operation.state !== 'succeeded') throw new Problem('invalid-state', { detail: 'The money has not gone back.' })
  await writeWaiting(deps, merchantId, { payment_id: payment.id })
  const row = await readReceipt(deps.db, merchantId, { refundOf: id })
  return { kind: 'refund', row, payment, order: await orderOf(deps, merchantId, payment.order_id), operation }
}

/** The payment that has paid for an order, else the last one that was tried. */
async function paymentOf(deps: ReceiptDeps, merchantId: string, orderId: string): Promise<string> {
  const payments = (await paymentsOfOrder(deps.db, merchantId, orderId)).filter(
    ({ direction }) => direction === 'charge',
  )
  const paid = payments.find(({ amount_captured, amount_capturable }) => amount_captured + amount_capturable > 0n)
  const chosen = paid ?? payments.at(-1)
  if (chosen) return chosen.id
  if (!(await readOrder(deps.db, merchantId, orderId))) throw new Problem('not-found')
  throw new Problem('invalid-state', { detail: 'Nothing of it is paid.' })
}

function orderOf(deps: ReceiptDeps, merchantId: string, orderId: string | null): Promise<Order | null> {
  return orderId !== null && isId('ord', orderId) ? readOrder(deps.db, merchantId, orderId) : Promise.resolve(null)
}
