// What the API shows of an order. Amounts are minor units, unit prices are decimals in major units as text.

import { formatUnitPrice } from '../catalog/index.ts'
import { amountOut } from '../lib/money.ts'
import type { PaymentFigures } from '../payments/index.ts'
import {
  fulfilmentStatus,
  lineNow,
  orderFigures,
  paymentStatus,
  returnStatus,
  type Sums,
  sumUp,
  taxesNow,
} from './figures.ts'
import type { Order, OrderLine } from './order.ts'

/** One line as it stands. Its amounts are those of the units that were not cancelled. */
export function lineView(line: OrderLine, order: Pick<Order, 'currency' | 'prices_include_tax'>) {
  return {
    id: line.id,
    object: 'order_line' as const,
    variant_id: line.variant_id,
    product_id: line.product_id,
    sku: line.sku,
    name: line.name,
    kind: line.kind,
    unit: line.unit,
    quantity: Number(line.quantity),
    quantity_cancelled: Number(line.cancelled),
    quantity_fulfilled: Number(line.fulfilled),
    quantity_open: Number(line.quantity - line.cancelled - line.fulfilled),
    quantity_return_requested: Number(line.return_requested),
    quantity_returned: Number(line.returned),
    unit_price: formatUnitPrice(line.unit_price_e4, order.currency),
    ...sumsView(lineNow(line, order.prices_include_tax)),
    tax_code: line.tax_code,
    tax_rate_bp: line.tax_rate_bp,
    adjustments: line.adjustments.map(({ source, label, amount }) => ({ source, label, amount: amountOut(amount) })),
    is_returnable: line.is_returnable,
    metadata: line.metadata ?? {},
  }
}

function sumsView(sums: Sums) {
  return {
    list: amountOut(sums.list),
    discount: amountOut(sums.discount),
    net: amountOut(sums.net),
    tax: amountOut(sums.tax),
    total: amountOut(sums.total),
  }
}

/** Lines, sums and taxes: what a preview shows and an order shows, from the same rows by the same code. */
export function basketView(lines: readonly OrderLine[], order: Pick<Order, 'currency' | 'prices_include_tax'>) {
  return {
    lines: lines.map((line) => lineView(line, order)),
    ...sumsView(sumUp(lines, order.prices_include_tax)),
    taxes: taxesNow(lines, order.prices_include_tax).map((row) => ({
      ...row,
      net: amountOut(row.net),
      tax: amountOut(row.tax),
      total: amountOut(row.total),
    })),
  }
}

/** A payment of the order in figures. */
export function paymentView(payment: PaymentFigures) {
  return {
    id: payment.id,
    direction: payment.direction,
    status: payment.status,
    attention: payment.attention,
    amount: amountOut(payment.amount),
    amount_capturable: amountOut(payment.amount_capturable),
    amount_captured: amountOut(payment.amount_captured),
    amount_refunded: amountOut(payment.amount_refunded),
    amount_in_flight: amountOut(payment.amount_in_flight),
  }
}

/** What stands in a list: the order without its lines and payments. */
export function orderSummary(order: Order) {
  const { due, held, paid, refunded } = orderFigures(order)
  return {
    id: order.id,
    object: 'order' as const,
    number: String(order.number),
    cart_id: order.cart_id,
    state: order.state,
    cancel_reason: order.cancel_reason,
    charge: order.charge,
    channel: order.channel,
    store_id: order.store_id,
    register_id: order.register_id,
    country: order.country,
    currency: order.currency,
    prices_include_tax: order.prices_include_tax,
    customer_id: order.customer_id,
    email: order.email,
    reference: order.reference,
    shipping_address: order.shipping_address,
    billing_address: order.billing_address,
    metadata: order.metadata ?? {},
    instrument_id: order.instrument_id,
    ...sumsView(order),
    payment_status: paymentStatus(order),
    amount_due: amountOut(order.state === 'cancelled' ? 0n : due),
    amount_held: amountOut(held),
    amount_paid: amountOut(paid),
    amount_refunded: amountOut(refunded),
    expires_at: order.expires_at?.toISOString() ?? null,
    revision: order.revision,
    version: order.version,
    placed_at: order.placed_at.toISOString(),
    confirmed_at: order.confirmed_at?.toISOString() ?? null,
    ended_at: order.ended_at?.toISOString() ?? null,
  }
}

/** The whole order. */
export function orderView(
  order: Order,
  lines: readonly OrderLine[],
  payments: readonly PaymentFigures[],
  taxPrepaid = 0n,
) {
  return {
    ...orderSummary(order),
    ...basketView(lines, order),
    tax_prepaid: amountOut(taxPrepaid),
    fulfilment_status: fulfilmentStatus(lines),
    return_status: returnStatus(lines),
    payments: payments.map(paymentView),
  }
}
export type OrderView = ReturnType<typeof orderView>
