// Which sale a returned article came from. Pure. A return is matched to earlier sales of the same customer and article:
// first those at the same price, then the others, in both cases the newest first (people bring back what they bought
// last). A row of a sale never gives back more pieces or more money than it took, nor a payment more than it was.

import { divideHalfUp } from '../lib/money.ts'
import type { Invoice, Trade, TradeRow } from './trade.ts'

export interface Refund {
  /** The sale's place in `trade.invoices`. */
  sale: number
  amount: bigint
  /** The pieces it pays for. */
  pieces: Pieces[]
}

/** Pieces of one row of a sale that come back. */
export interface Pieces {
  /** The row of the sale. */
  row: number
  quantity: number
  /** So many of that row came back before. */
  before: number
  /** What is given back for them. */
  amount: bigint
}

/** What a cancellation gives back: refunds of earlier payments, and what cannot be matched as one credit. */
export interface GiveBack {
  /** One per sale, oldest sale first. */
  refunds: Refund[]
  credit: bigint
  /** Rows matched in full, in part, and not at all. */
  rows: { matched: number; partly: number; unmatched: number }
  /** Pieces that belong to no sale, by article. */
  unmatched: { article: number; quantity: number }[]
}

/** A row of a sale that may come back. */
interface Sold {
  sale: number
  row: number
  price: bigint
  quantity: number
  amount: bigint
  returnedQuantity: number
  returnedAmount: bigint
}

/** What a sale comes to: its order less what its other rows take off. Not above 0: nothing is left to pay. */
export function totalOf(invoice: Invoice, trade: Trade): bigint {
  return invoice.rows.map(trade.row).reduce((sum, row) => sum + (isUnsellable(row) ? 0n : row.amount), 0n)
}

/** As many pieces as a line of an order holds. */
const MOST_PIECES = 1_000_000
/** Unit prices have four decimals. */
const FINEST_PRICE = 100_000n

/** Can be a line of an order, maybe of one that costs nothing. */
export function isSellable({ quantity, price }: TradeRow): boolean {
  return quantity > 0 && quantity <= MOST_PIECES && price >= 0n && price % FINEST_PRICE === 0n
}

/** Costs money, and can be no line of an order. */
export function isUnsellable(row: TradeRow): boolean {
  return row.amount > 0n && !isSellable(row)
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
      if (!isSellable(row) || row.amount <= 0n || !wanted.has(key)) continue
      const { price, quantity, amount } = row
      left.set(place, total)
      const rows = sold.get(key) ?? []
      if (rows.length === 0) sold.set(key, rows)
      rows.push({ sale: place, row: number, price, quantity, amount, returnedQuantity: 0, returnedAmount: 0n })
    }
  }
  return given
}

function giveBack(invoice: Invoice, trade: Trade, sold: Map<string, Sold[]>, left: Map<number, bigint>): GiveBack {
  const bySale = new Map<number, Pieces[]>()
  const back: GiveBack = { refunds: [], credit: 0n, rows: { matched: 0, partly: 0, unmatched: 0 }, unmatched: [] }
  for (const number of invoice.rows) {
    const row = trade.row(number)
    if (row.amount >= 0n) continue
    const owed = -row.amount
    const known = invoice.customer === '' ? [] : (sold.get(keyOf(invoice, row)) ?? [])
    let matched = 0n
    let pieces = 0
    for (const { sale, ...taken } of takeBack(known, row, left)) {
      bySale.set(sale, [...(bySale.get(sale) ?? []), taken])
      matched += taken.amount
      pieces += taken.quantity
    }
    const rest = Math.abs(row.quantity) - pieces
    if (row.quantity < 0 && rest > 0) back.unmatched.push({ article: row.article, quantity: rest })
    back.credit += owed - matched
    back.rows[matched === owed ? 'matched' : matched > 0n ? 'partly' : 'unmatched']++
  }
  back.refunds = [...bySale]
    .sort(([a], [b]) => a - b)
    .map(([sale, pieces]) => ({ sale, amount: pieces.reduce((sum, { amount }) => sum + amount, 0n), pieces }))
  return back
}

/**
 * Takes one returned row from the rows sold. Of a return of n pieces worth T, pieces 1 … k are worth round(T·k/n), so the
 * parts add up to T however they are spread over sales.
 */
function takeBack(known: readonly Sold[], row: TradeRow, left: Map<number, bigint>): (Pieces & { sale: number })[] {
  const pieces = Math.abs(row.quantity)
  const worth = (k: number): bigint => divideHalfUp(-row.amount * BigInt(k), BigInt(pieces))
  const newestFirst = known.toReversed()
  const candidates = [
    ...newestFirst.filter(({ price }) => price === row.price),
    ...newestFirst.filter(({ price }) => price !== row.price),
  ]
  const refunds: (Pieces & { sale: number })[] = []
  let taken = 0
  for (const candidate of candidates) {
    if (taken === pieces) break
    const k = Math.min(pieces - taken, candidate.quantity - candidate.returnedQuantity)
    const share = worth(taken + k) - worth(taken)
    const amount = least(share, candidate.amount - candidate.returnedAmount, left.get(candidate.sale) ?? 0n)
    if (k === 0 || amount <= 0n) continue
    const before = candidate.returnedQuantity
    taken += k
    candidate.returnedQuantity += k
    candidate.returnedAmount += amount
    left.set(candidate.sale, (left.get(candidate.sale) ?? 0n) - amount)
    refunds.push({ sale: candidate.sale, row: candidate.row, quantity: k, before, amount })
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
