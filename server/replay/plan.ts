// What a replay will do and what it will only report, decided before the first request. Pure: the same rows give the same
// plan, which is what makes a second run of the same file harmless.

import { type GiveBack, matchReturns, totalOf } from './match.ts'
import type { Invoice, Trade } from './trade.ts'

/** Why rows are reported and not charged. The order is that of the report. */
export const REPORTED = {
  adjustment: 'Adjustments (A… invoices)',
  write_off: 'Write-offs: pieces taken away at price 0',
  zero: 'Rows worth nothing: price 0, or less than half a penny',
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
  amount: bigint
}

export interface Cancellation extends GiveBack {
  kind: 'cancellation'
  place: number
  invoice: Invoice
}

export interface Plan {
  /** In order of time; every refund comes after its sale. */
  steps: (Sale | Cancellation)[]
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
  const report = (why: Reported, amount: bigint): void => count(plan.reported[why], amount)

  for (const [place, invoice] of trade.invoices.entries()) {
    for (const number of invoice.repeats) report('repeat', trade.row(number).amount)
    const rows = invoice.rows.map(trade.row)
    if (invoice.kind === 'adjustment' || invoice.kind === 'unknown') {
      for (const row of rows) report(invoice.kind, row.amount)
      continue
    }
    // Worth 0 as they are, these change no total; they are counted because somebody will look for them.
    for (const row of rows) if (row.amount === 0n) report(row.quantity < 0 ? 'write_off' : 'zero', 0n)
    const worth = rows.filter((row) => row.amount !== 0n)
    if (invoice.kind === 'cancellation') {
      for (const row of worth) if (row.amount > 0n) report('charge_in_cancellation', row.amount)
      const back = given.get(place) as GiveBack
      for (const { amount } of back.refunds) count(plan.refunded, amount)
      if (back.credit > 0n) count(plan.credited, back.credit)
      if (back.refunds.length > 0 || back.credit > 0n)
        plan.steps.push({ kind: 'cancellation', place, invoice, ...back })
      continue
    }
    const amount = totalOf(invoice, trade)
    if (amount <= 0n) {
      for (const row of worth) report('not_above_zero', row.amount)
      continue
    }
    count(plan.charged, amount)
    plan.steps.push({ kind: 'sale', place, invoice, amount })
  }
  return plan
}

function count(figure: Figure, amount: bigint): void {
  figure.rows++
  figure.amount += amount
}
