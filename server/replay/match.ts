// Which sale a returned article came from. Pure. A return is matched to earlier sales of the same customer and article:
// first those at the same price, then the others, in both cases the newest first (people bring back what they bought
// last). A row of a sale never gives back more pieces or more money than it took, nor a payment more than it was.

import { divideHalfUp } from '../lib/money.ts'
import type { Invoice, Trade, TradeRow } from './trade.ts'

export interface Refund {
  /** The sale's place in `trade.invoices`. */
  sale: number
  amount: bigint
}

/** What a cancellation gives back: refunds of earlier payments, and what cannot be matched as one credit. */
export interface GiveBack {
  /** One per sale, oldest sale first. */
  refunds: Refund[]
  credit: bigint
  /** Rows matched in full, in part, and not at all. */
  rows: { matched: number; partly: number; unmatched: number }
}

/** A row of a sale that may come back. */
interface Sold {
  sale: number
  price: bigint
  quantity: number
  amount: bigint
  returnedQuantity: number
  returnedAmount: bigint
}

/** Total of a sale as one payment takes it: the sum of its rows. Not above 0: nothing to pay. */
export function totalOf(invoice: Invoice, trade: Trade): bigint {
  return invoice.rows.reduce((sum, number) => sum + trade.row(number).amount, 0n)
}

/** Matches every cancellation of a trade, in the trade's order. The key is the cancellation's place in `trade.invoices`. */
export function matchReturns(trade: Trade): Map<number, GiveBack> {
  const wanted = returnedArticles(trade)
  const sold = new Map<string, Sold[]>()
  /** What each payment can still give back. */
  const left = new Map<number, bigint>()
  const given = new Map<number, GiveBack>()
  for (const [place, invoice] of trade.invoices.entries()) {
    if (invoice.kind === 'cancellation') given.set(place, giveBack(invoice, trade, sold, left))
    if (invoice.kind !== 'sale' || invoice.customer === '') continue
    const total = totalOf(invoice, trade)
    if (total <= 0n) continue
    for (const number of invoice.rows) {
      const row = trade.row(number)
      const key = keyOf(invoice, row)
      if (row.quantity <= 0 || row.amount <= 0n || !wanted.has(key)) continue
      const { price, quantity, amount } = row
      left.set(place, total)
      const rows = sold.get(key) ?? []
      if (rows.length === 0) sold.set(key, rows)
      rows.push({ sale: place, price, quantity, amount, returnedQuantity: 0, returnedAmount: 0n })
    }
  }
  return given
}

function giveBack(invoice: Invoice, trade: Trade, sold: Map<string, Sold[]>, left: Map<number, bigint>): GiveBack {
  const bySale = new Map<number, bigint>()
  const back: GiveBack = { refunds: [], credit: 0n, rows: { matched: 0, partly: 0, unmatched: 0 } }
  for (const number of invoice.rows) {
    const row = trade.row(number)
    if (row.amount >= 0n) continue
    const owed = -row.amount
    const known = invoice.customer === '' ? [] : (sold.get(keyOf(invoice, row)) ?? [])
    let matched = 0n
    for (const { sale, amount } of takeBack(known, row, left)) {
      bySale.set(sale, (bySale.get(sale) ?? 0n) + amount)
      matched += amount
    }
    back.credit += owed - matched
    back.rows[matched === owed ? 'matched' : matched > 0n ? 'partly' : 'unmatched']++
  }
  back.refunds = [...bySale].sort(([a], [b]) => a - b).map(([sale, amount]) => ({ sale, amount }))
  return back
}

/**
 * Takes one returned row from the rows sold. Of a return of n pieces worth T, pieces 1 … k are worth round(T·k/n), so the
 * parts add up to T however they are spread over sales.
 */
function takeBack(known: readonly Sold[], row: TradeRow, left: Map<number, bigint>): Refund[] {
  const pieces = Math.abs(row.quantity)
  const worth = (k: number): bigint => divideHalfUp(-row.amount * BigInt(k), BigInt(pieces))
  const newestFirst = known.toReversed()
  const candidates = [
    ...newestFirst.filter(({ price }) => price === row.price),
    ...newestFirst.filter(({ price }) => price !== row.price),
  ]
  const refunds: Refund[] = []
  let taken = 0
  for (const candidate of candidates) {
    if (taken === pieces) break
    const k = Math.min(pieces - taken, candidate.quantity - candidate.returnedQuantity)
    const share = worth(taken + k) - worth(taken)
    const amount = least(share, candidate.amount - candidate.returnedAmount, left.get(candidate.sale) ?? 0n)
    if (k === 0 || amount <= 0n) continue
    taken += k
    candidate.returnedQuantity += k
    candidate.returnedAmount += amount
    left.set(candidate.sale, (left.get(candidate.sale) ?? 0n) - amount)
    refunds.push({ sale: candidate.sale, amount })
  }
  return refunds
}

/** Only what comes back at all is remembered from the sales: some thousand articles of customers, not half a million rows. */
function returnedArticles(trade: Trade): Set<string> {
  const keys = new Set<string>()
  for (const invoice of trade.invoices) {
    if (invoice.kind !== 'cancellation' || invoice.customer === '') continue
    for (const number of invoice.rows) keys.add(keyOf(invoice, trade.row(number)))
  }
  return keys
}

function keyOf(invoice: Invoice, row: TradeRow): string {
  return `${row.article} ${invoice.customer}`
}

function least(...amounts: bigint[]): bigint {
  return amounts.reduce((a, b) => (b < a ? b : a))
}
