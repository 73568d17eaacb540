// Everything about an order that is computed from its rows, each in one place: what its lines are worth now, what is due, and
// the derived statuses. Pure.

import { unitsWorth } from '../totals/index.ts'
import type { Order, OrderLine } from './order.ts'

/** Amounts in minor units. net + tax = total, and total = list − discount where prices include tax, else net = list − discount. */
export interface Sums {
  list: bigint
  discount: bigint
  net: bigint
  tax: bigint
  total: bigint
}

type Counted = Pick<OrderLine, 'quantity' | 'cancelled'>

/** What a line costs now: without the units that were cancelled, which are the last ones of it. */
export function lineNow(line: Sums & Counted, pricesIncludeTax: boolean): Sums {
  if (line.cancelled === 0n) {
    const { list, discount, net, tax, total } = line
    return { list, discount, net, tax, total }
  }
  const left = line.quantity - line.cancelled
  const total = unitsWorth(line.total, line.quantity, 0n, left)
  const tax = unitsWorth(line.tax, line.quantity, 0n, left)
  const price = pricesIncludeTax ? total : total - tax
  // Rounded apart, list could fall a unit below the price of a line without discount.
  const wanted = unitsWorth(line.list, line.quantity, 0n, left)
  const list = wanted > price ? wanted : price
  return { list, discount: list - price, net: total - tax, tax, total }
}

/** What an order costs now. */
export function sumUp(lines: readonly (Sums & Counted)[], pricesIncludeTax: boolean): Sums {
  const sums: Sums = { list: 0n, discount: 0n, net: 0n, tax: 0n, total: 0n }
  for (const line of lines) {
    const now = lineNow(line, pricesIncludeTax)
    for (const key of ['list', 'discount', 'net', 'tax', 'total'] as const) sums[key] += now[key]
  }
  return sums
}

/** One rate of an order, revenue only. */
export interface TaxRow {
  tax_code: string
  tax_rate_bp: number
  net: bigint
  tax: bigint
  total: bigint
}

/** The taxes of an order now, highest rate first, as receipts list them. Deposits and tips bear none, gift cards only as single-purpose vouchers. */
export function taxesNow(lines: readonly OrderLine[], pricesIncludeTax: boolean): TaxRow[] {
  const rows = new Map<string, TaxRow>()
  for (const line of lines) {
    if (line.kind === 'deposit' || line.kind === 'tip' || (line.kind === 'gift_card' && line.tax_rate_bp === 0))
      continue
    const { net, tax, total } = lineNow(line, pricesIncludeTax)
    const key = JSON.stringify([line.tax_code, line.tax_rate_bp])
    const row = rows.get(key) ?? {
      tax_code: line.tax_code,
      tax_rate_bp: line.tax_rate_bp,
      net: 0n,
      tax: 0n,
      total: 0n,
    }
    rows.set(key, { ...row, net: row.net + net, tax: row.tax + tax, total: row.total + total })
  }
  return [...rows.values()].sort((a, b) => b.tax_rate_bp - a.tax_rate_bp || (a.tax_code < b.tax_code ? -1 : 1))
}

/** What an order's money comes to. `due` is still to be paid; `paid` was taken, before refunds. */
export interface OrderFigures {
  currency: string
  total: bigint
  due: bigint
  /** Held for capture: promised, not taken. */
  held: bigint
  paid: bigint
  refunded: bigint
  in_flight: bigint
}

type Money = Pick<
  Order,
  | 'state'
  | 'currency'
  | 'total'
  | 'amount_held'
  | 'amount_captured'
  | 'amount_refunded'
  | 'amount_in_flight'
  | 'amount_to_refund'
>

/**
 * The money of an order in figures, from its row. What was refunded for a return is not due again; what was given back because
 * less was owed is, once more is owed.
 */
export function orderFigures(order: Money): OrderFigures {
  const { currency, total, amount_held: held, amount_captured: paid, amount_refunded: refunded } = order
  const covered = held + paid - givenUp(order)
  const due = total > covered ? total - covered : 0n
  return { currency, total, due, held, paid, refunded, in_flight: order.amount_in_flight }
}

/**
 * What must still be paid before these units leave. Money pays the lines in their sequence, each from its first unit on: so what an
 * edit brought is paid last, and keeps nothing from leaving that was paid before it. 0 for an order that is charged at the hand-over,
 * or bought on invoice. `lines` are as they are before the units leave.
 */
export function missingFor(
  order: Money & Pick<Order, 'charge' | 'channel' | 'prices_include_tax'>,
  lines: readonly OrderLine[],
  units: readonly { line_id: string; quantity: bigint }[],
): bigint {
  const { total, due } = orderFigures(order)
  if (due === 0n || order.charge !== 'now' || order.channel === 'invoice') return 0n
  const leaving = new Map<string, bigint>()
  for (const { line_id, quantity } of units) leaving.set(line_id, (leaving.get(line_id) ?? 0n) + quantity)
  let before = 0n
  let needed = 0n
  for (const line of [...lines].sort((a, b) => a.seq - b.seq)) {
    const count = leaving.get(line.id) ?? 0n
    if (count > 0n) needed = before + unitsWorth(line.total, line.quantity, 0n, line.fulfilled + count)
    before += lineNow(line, order.prices_include_tax).total
  }
  const covered = total - due
  return needed > covered ? needed - covered : 0n
}

/**
 * What of the price of these units, of all that left before and of what is not handed over at all is not taken yet. What is only held
 * does not count: it can be let go again. 0 when all of it is taken.
 */
export function untakenFor(
  order: Pick<Order, 'amount_captured' | 'amount_to_refund' | 'prices_include_tax'>,
  lines: readonly OrderLine[],
  units: readonly { line_id: string; quantity: bigint }[],
): bigint {
  let gone = 0n
  for (const line of lines) {
    const leaving = units.reduce((sum, each) => (each.line_id === line.id ? sum + each.quantity : sum), 0n)
    gone += isHandedOver(line)
      ? unitsWorth(line.total, line.quantity, 0n, line.fulfilled + leaving)
      : lineNow(line, order.prices_include_tax).total
  }
  const taken = order.amount_captured - order.amount_to_refund
  return gone > taken ? gone - taken : 0n
}

/** Whether the gift cards of a line may come into being: their price is taken, and that of those before them. */
export function areCardsPaid(
  order: Pick<Order, 'amount_captured' | 'amount_to_refund' | 'prices_include_tax'>,
  lines: readonly OrderLine[],
  line: OrderLine,
): boolean {
  const cards = lines.filter(({ kind, seq }) => kind === 'gift_card' && seq <= line.seq)
  const open = cards.map((card) => ({ line_id: card.id, quantity: card.quantity - card.cancelled - card.fulfilled }))
  return untakenFor(order, lines, open) === 0n
}

/**
 * Whether all that a line still costs is taken. Money pays the lines in their sequence; what is only held does not count. A line of
 * which everything was cancelled has nothing that could be paid.
 */
export function isLinePaid(
  order: Pick<Order, 'amount_captured' | 'amount_to_refund' | 'prices_include_tax'>,
  lines: readonly OrderLine[],
  line: OrderLine,
): boolean {
  if (line.cancelled === line.quantity) return false
  const needed = lines
    .filter(({ seq }) => seq <= line.seq)
    .reduce((sum, each) => sum + lineNow(each, order.prices_include_tax).total, 0n)
  return needed <= order.amount_captured - order.amount_to_refund
}

export const PAYMENT_STATUSES = [
  'none',
  'authorized',
  'partly_paid',
  'paid',
  'overpaid',
  'partly_refunded',
  'refunded',
] as const
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number]

/** The first line that fits wins. An order that costs nothing is paid; one that was cancelled before anybody paid is not. */
export function paymentStatus(order: Money): PaymentStatus {
  const { held, paid, refunded } = orderFigures(order)
  // Without what was due for goods that came back unpaid.
  const total = order.total + (order.amount_to_refund < 0n ? order.amount_to_refund : 0n)
  const kept = paid - refunded
  if (refunded > 0n && kept <= 0n) return 'refunded'
  if (kept > total) return 'overpaid'
  if (order.state === 'cancelled' && paid === 0n) return held > 0n ? 'authorized' : 'none'
  if (kept === total) return kept === 0n && held > 0n ? 'authorized' : 'paid'
  if (refunded > 0n) return 'partly_refunded'
  if (paid > 0n) return 'partly_paid'
  return held > 0n ? 'authorized' : 'none'
}

export const FULFILMENT_STATUSES = ['unfulfilled', 'partly_fulfilled', 'fulfilled', 'cancelled'] as const
export type FulfilmentStatus = (typeof FULFILMENT_STATUSES)[number]

/** Whether what was ordered has been handed over. */
export function fulfilmentStatus(lines: readonly OrderLine[]): FulfilmentStatus {
  const handed = lines.filter(isHandedOver)
  const wanted = handed.reduce((sum, line) => sum + line.quantity - line.cancelled, 0n)
  const fulfilled = handed.reduce((sum, line) => sum + line.fulfilled, 0n)
  if (wanted === 0n) return handed.length === 0 ? 'fulfilled' : 'cancelled'
  if (fulfilled === 0n) return 'unfulfilled'
  return fulfilled < wanted ? 'partly_fulfilled' : 'fulfilled'
}

/** Shipping, fees and tips are charged and never handed over. */
export function isHandedOver(line: Pick<OrderLine, 'kind'>): boolean {
  return line.kind === 'goods' || line.kind === 'gift_card' || line.kind === 'deposit'
}

export const RETURN_STATUSES = ['none', 'requested', 'partly_returned', 'returned'] as const
export type ReturnStatus = (typeof RETURN_STATUSES)[number]

/** Whether what was handed over has come back. */
export function returnStatus(lines: readonly OrderLine[]): ReturnStatus {
  const returned = lines.reduce((sum, line) => sum + line.returned, 0n)
  const fulfilled = lines.reduce((sum, line) => sum + line.fulfilled, 0n)
  if (returned > 0n) return returned < fulfilled ? 'partly_returned' : 'returned'
  return lines.some((line) => line.return_requested > 0n) ? 'requested' : 'none'
}

/**
 * What is to be given back because less is owed now: taken, beyond what is owed, and not decided upon before. Refunds for
 * returns, and those a person makes, do not count against it: they belong to goods that were kept and came back.
 */
export function toGiveBack(
  order: Pick<Order, 'state' | 'amount_captured' | 'amount_refunded' | 'amount_to_refund' | 'total'>,
): bigint {
  const beyond = order.amount_captured - givenUp(order) - order.total
  return beyond > 0n ? beyond : 0n
}

/** What was taken and pays for nothing. Until an order is confirmed nothing can come back, so all that went back is due again. */
function givenUp({
  state,
  amount_to_refund,
  amount_refunded,
}: Pick<Order, 'state' | 'amount_to_refund' | 'amount_refunded'>): bigint {
  return state === 'placed' && amount_refunded > amount_to_refund ? amount_refunded : amount_to_refund
}
