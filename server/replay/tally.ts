// What was taken and given back, by day, channel and method. The day is that of the invoice in the file, not that of the
// replay: a month is replayed in a minute.

import type { RunResult } from './run.ts'
import type { Trade } from './trade.ts'

export interface Cell {
  sales: number
  salesAmount: bigint
  refunds: number
  refundsAmount: bigint
  credits: number
  creditsAmount: bigint
}

/** One movement as we hold it to have happened; the ledger must hold the same. */
export interface Movement {
  kind: 'sale' | 'refund' | 'credit'
  invoice: string
  day: string
  channel: string
  paymentId: string
  /** Refunds only: an operation of its own each. */
  operationIds: readonly string[]
  parts: readonly { method: string; amount: bigint }[]
  amount: bigint
}

/** Every movement of a run, in the trade's order. */
export function movementsOf(trade: Trade, run: Pick<RunResult, 'sold' | 'given'>): Movement[] {
  const movements: Movement[] = []
  for (const [place, invoice] of trade.invoices.entries()) {
    const of = { invoice: invoice.number, day: invoice.at.slice(0, 10) }
    const sold = run.sold.get(place)
    if (sold?.paymentId !== undefined) {
      const { paymentId, channel, parts } = sold
      movements.push({ ...of, kind: 'sale', channel, paymentId, operationIds: [], parts, amount: sumOf(parts) })
    }
    for (const given of [...(sold?.discount?.given ?? []), ...(run.given.get(place)?.given ?? [])])
      movements.push({ ...of, ...given, amount: sumOf(given.parts) })
  }
  return movements
}

/** Cells by the text `key` makes of a movement and its method. A split sale counts in the cell of each of its methods, once. */
export function tally(
  movements: readonly Movement[],
  key: (movement: Movement, method: string) => string,
): Map<string, Cell> {
  const cells = new Map<string, Cell>()
  for (const movement of movements) {
    const counted = new Set<string>()
    for (const { method, amount } of movement.parts) {
      const name = key(movement, method)
      const cell = cells.get(name) ?? {
        sales: 0,
        salesAmount: 0n,
        refunds: 0,
        refundsAmount: 0n,
        credits: 0,
        creditsAmount: 0n,
      }
      cells.set(name, cell)
      const count = counted.has(name) ? 0 : 1
      counted.add(name)
      add(cell, movement.kind, count, amount)
    }
  }
  return new Map([...cells].sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function netOf(cell: Cell): bigint {
  return cell.salesAmount - cell.refundsAmount - cell.creditsAmount
}

/** What a movement adds to sales_clearing: money in positive, money out negative. */
export function signed(movement: Movement): bigint {
  return movement.kind === 'sale' ? movement.amount : -movement.amount
}

function add(cell: Cell, kind: Movement['kind'], count: number, amount: bigint): void {
  if (kind === 'sale') {
    cell.sales += count
    cell.salesAmount += amount
  } else if (kind === 'refund') {
    cell.refunds += count
    cell.refundsAmount += amount
  } else {
    cell.credits += count
    cell.creditsAmount += amount
  }
}

function sumOf(parts: readonly { amount: bigint }[]): bigint {
  return parts.reduce((sum, { amount }) => sum + amount, 0n)
}
