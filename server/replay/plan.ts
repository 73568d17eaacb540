// What a replay will do and what it will only report, decided before the first request. Pure: the same rows give the same
// plan, which is what makes a second run of the same file harmless.

import { type GiveBack, isSellable, isUnsellable, matchReturns, totalOf } from './match.ts'
import type { Invoice, Trade, TradeRow } from './trade.ts'

/** Why rows are reported and not charged. The order is that of the report. */
export const REPORTED = {
  adjustment: 'Adjustments (A… invoices)',
  write_off: 'Write-offs at price 0: taken off the stock',
  found: 'Corrections at price 0: put onto the stock',
  given_along: 'Rows worth nothing, given along with an order',
  zero: 'Rows without a piece, or without a price in a cancellation',
  unsellable: 'Rows no order can hold: below 0, finer than 0.0001, over a million pieces',
  not_above_zero: 'Sales whose rows add up to nothing or less',
  charge_in_cancellation: 'Rows of cancellations that charge instead of giving back',
  repeat: 'Invoices written into the file a second time',
  unknown: 'Invoices that are neither sale, cancellation nor adjustment',
} as const
export type Reported = keyof typeof REPORTED

export interface Figure {
  rows: number
  amount: bigint
}

export interface Sale {
  kind: 'sale'
  /** Its place in `trade.invoices`, by which refunds refer to it. */
  place: number
  invoice: Invoice
  /** The rows that are its order's lines. */
  lines: number[]
  /** What they come to. 0: an order that costs nothing. */
  amount: bigint
  /** What other rows take off, given back at once. */
  discount: bigint
}

/** Pieces that came or went without a sale; by article, above 0 when they came. */
export interface Correction {
  kind: 'correction'
  place: number
  invoice: Invoice
  pieces: { article: number; quantity: number }[]
}

export interface Cancellation extends GiveBack {
  kind: 'cancellation'
  place: number
  invoice: Invoice
}

export type Step = Sale | Cancellation | Correction

export interface Plan {
  /** In order of time; every refund comes after its sale. */
  steps: Step[]
  charged: Figure
  refunded: Figure
  credited: Figure
  reported: Record<Reported, Figure>
}

/** Plans a trade. The figures always add up: charged − refunded − credited + reported = the sum of all rows. */
export function planReplay(trade: Trade): Plan {
  const given = matchReturns(trade)
  const nothing = (): Figure => ({ rows: 0, amount: 0n })
  const plan: Plan = {
    steps: [],
    charged: nothing(),
    refunded: nothing(),
    credited: nothing(),
    reported: Object.fromEntries(Object.keys(REPORTED).map((name) => [name, nothing()])) as Record<Reported, Figure>,
  }
  const report = reporter(plan)

  for (const [place, invoice] of trade.invoices.entries()) {
    for (const number of invoice.repeats) report('repeat', trade.row(number).amount)
    const rows = invoice.rows.map(trade.row)
    if (invoice.kind === 'adjustment' || invoice.kind === 'unknown') {
      for (const row of rows) report(invoice.kind, row.amount)
      continue
    }
    if (invoice.kind === 'cancellation') {
      planCancellation(plan, { place, invoice, rows, back: given.get(place) as GiveBack })
      continue
    }
    planSale(plan, { place, invoice, trade, rows })
  }
  return plan
}

function count(figure: Figure, amount: bigint): void {
  figure.rows++
  figure.amount += amount
}

type Report = (why: Reported, amount: bigint) => void

function reporter(plan: Plan): Report {
  return (why, amount) => count(plan.reported[why], amount)
}

function planCancellation(
  plan: Plan,
  of: { place: number; invoice: Invoice; rows: readonly TradeRow[]; back: GiveBack },
): void {
  const { place, invoice, rows, back } = of
  const report = reporter(plan)
  for (const { amount } of rows) {
    if (amount > 0n) report('charge_in_cancellation', amount)
    if (amount === 0n) report('zero', 0n)
  }
  for (const { amount } of back.refunds) count(plan.refunded, amount)
  if (back.credit > 0n) count(plan.credited, back.credit)
  if (back.refunds.length > 0 || back.credit > 0n) plan.steps.push({ kind: 'cancellation', place, invoice, ...back })
}

function planSale(
  plan: Plan,
  { place, invoice, trade, rows }: { place: number; invoice: Invoice; trade: Trade; rows: readonly TradeRow[] },
): void {
  const report = reporter(plan)
  const worth = rows.filter(({ amount }) => amount !== 0n)
  for (const row of worth) if (isUnsellable(row)) report('unsellable', row.amount)
  if (worth.length > 0 && totalOf(invoice, trade) <= 0n) {
    for (const row of worth) if (!isUnsellable(row)) report('not_above_zero', row.amount)
    return
  }
  const lines: number[] = []
  const pieces: Correction['pieces'] = []
  let [amount, discount] = [0n, 0n]
  // Without a price and without a customer it is no gift: the stock is put right.
  const isGift = worth.length > 0 || invoice.customer !== ''
  for (const number of invoice.rows) {
    const row = trade.row(number)
    if (isUnsellable(row)) continue
    if (row.amount < 0n) {
      discount -= row.amount
      if (row.quantity < 0) pieces.push({ article: row.article, quantity: -row.quantity })
    } else if (row.amount > 0n || (isGift && isSellable(row))) {
      lines.push(number)
      amount += row.amount
      if (row.amount === 0n) report('given_along', 0n)
    } else if (row.quantity !== 0) {
      report(row.quantity < 0 ? 'write_off' : 'found', 0n)
      pieces.push({ article: row.article, quantity: row.quantity })
    } else report('zero', 0n)
  }
  if (pieces.length > 0) plan.steps.push({ kind: 'correction', place, invoice, pieces })
  if (lines.length === 0) return
  if (amount > 0n) count(plan.charged, amount)
  if (discount > 0n) count(plan.refunded, discount)
  plan.steps.push({ kind: 'sale', place, invoice, lines, amount, discount })
}
