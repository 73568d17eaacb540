// What each kind of promotion takes off the lines it is for. Only arithmetic: which lines those are, and whether it applies at
// all, is decided in promotions.ts.

import { divideHalfUp } from '../lib/money.ts'
import type { PromotionLine, PromotionRule, Tier } from './promotion.ts'
import { shareOut } from './share.ts'
import { unitsWorth } from './units.ts'

/** A line while promotions are tried on it. */
export interface Work {
  line: PromotionLine
  /** How many things one can count: the quantity, or 1 for what is weighed. */
  pieces: bigint
  /** What is left of its price. */
  left: bigint
  /** A promotion took from it. */
  isTouched: boolean
  /** One that stacks with none took from it. */
  isClosed: boolean
}

/** 10,000 basis points are 100 %. */
const WHOLE_BP = 10_000n

/** What is taken off each line, none more than what is left of it; or off all together, to be shared out over them. */
export type Amounts = { level: 'line'; amounts: bigint[] } | { level: 'order'; amount: bigint }

/** True for what is taken off the order: totals take that after everything that is taken off single lines. */
export function isOrderLevel(rule: PromotionRule): boolean {
  if (rule.kind === 'percent_off') return rule.applies_to === 'order'
  if (rule.kind === 'amount_off') return rule.per === 'order'
  return rule.kind === 'tiers'
}

/** What `rule` takes off `works`, which are in order of their sequence. */
export function amountsOf(rule: PromotionRule, works: readonly Work[]): Amounts {
  const all = sum(works.map((work) => work.left))
  switch (rule.kind) {
    case 'percent_off':
      return rule.applies_to === 'order'
        ? { level: 'order', amount: percentOf(all, rule.percent_bp) }
        : perLine(works, (work) => percentOf(work.left, rule.percent_bp))
    case 'amount_off':
      return rule.per === 'order'
        ? { level: 'order', amount: least(rule.amount, all) }
        : perLine(works, (work) => (rule.per === 'unit' ? rule.amount * work.pieces : rule.amount))
    case 'x_for_y':
      return { level: 'line', amounts: cheapestFree(works, BigInt(rule.take), BigInt(rule.pay)) }
    case 'bundle_price':
      return { level: 'line', amounts: bundlesOff(works, BigInt(rule.quantity), rule.price) }
    case 'tiers':
      return { level: 'order', amount: tierOff(rule, works, all) }
    case 'free_shipping':
      return perLine(works, (work) => rule.max_amount ?? work.left)
  }
}

function perLine(works: readonly Work[], amountOf: (work: Work) => bigint): Amounts {
  return { level: 'line', amounts: works.map((work) => least(amountOf(work), work.left)) }
}

function tierOff(rule: PromotionRule & { kind: 'tiers' }, works: readonly Work[], all: bigint): bigint {
  const reached = rule.basis === 'spend' ? all : sum(works.map((work) => work.pieces))
  const tier = rule.tiers.reduce<Tier | undefined>(
    (best, each) => (each.from <= reached && (!best || each.from > best.from) ? each : best),
    undefined,
  )
  if (!tier) return 0n
  return 'amount' in tier ? least(tier.amount, all) : percentOf(all, tier.percent_bp)
}

// ---- Pieces of several lines ---------------------------------------------------------------------------------------
//
// Pieces are laid in a row, the dearest first, and cut into groups; what is over at the end pays in full. Laying them so
// gives the customer the most, and nobody gets more by splitting a basket. A line is a run of equal pieces in that row, and
// all is computed by runs: a till sells 100,000 screws in one line.

/** Of each full group the last `take − pay` pieces are free. */
function cheapestFree(works: readonly Work[], take: bigint, pay: bigint): bigint[] {
  const row = dearestFirst(works)
  const inGroups = wholeGroups(row, take) * take
  /** How many of the first `position` pieces are free. */
  const freeBefore = (position: bigint): bigint => {
    const p = least(position, inGroups)
    const over = (p % take) - pay
    return (p / take) * (take - pay) + (over > 0n ? over : 0n)
  }
  const amounts = new Map<Work, bigint>()
  let start = 0n
  for (const work of row) {
    const end = start + work.pieces
    amounts.set(work, unitsWorth(work.left, work.pieces, 0n, freeBefore(end) - freeBefore(start)))
    start = end
  }
  return works.map((work) => amounts.get(work) as bigint)
}

/** As many groups as cost more apart than `price`, those being the dearest. */
function bundlesOff(works: readonly Work[], quantity: bigint, price: bigint): bigint[] {
  const row = dearestFirst(works)
  const worthOf = (groups: bigint) => sum(firstPieces(row, groups * quantity).map((piece) => piece.worth))
  // Groups get cheaper along the row, so the first that is no bargain is found by halving.
  let bargains = 0n
  for (let over = wholeGroups(row, quantity) + 1n; over - bargains > 1n; ) {
    const middle = (bargains + over) / 2n
    if (worthOf(middle) - worthOf(middle - 1n) > price) bargains = middle
    else over = middle
  }
  const bundled = firstPieces(row, bargains * quantity).sort((a, b) => a.work.line.seq - b.work.line.seq)
  const worths = bundled.map((piece) => piece.worth)
  const off = sum(worths) - bargains * price
  const shares = off > 0n ? shareOut(off, worths) : []
  const amounts = new Map(bundled.map((piece, i) => [piece.work, shares[i] ?? 0n]))
  return works.map((work) => amounts.get(work) ?? 0n)
}

function firstPieces(row: readonly Work[], count: bigint): { work: Work; worth: bigint }[] {
  let wanted = count
  return row.map((work) => {
    const pieces = least(wanted, work.pieces)
    wanted -= pieces
    return { work, worth: unitsWorth(work.left, work.pieces, 0n, pieces) }
  })
}

/** By price of a piece, compared as fractions: the dearest first, ties to the lowest sequence. */
function dearestFirst(works: readonly Work[]): Work[] {
  return [...works].sort((a, b) => {
    const difference = b.left * a.pieces - a.left * b.pieces
    if (difference !== 0n) return difference > 0n ? 1 : -1
    return a.line.seq - b.line.seq
  })
}

function wholeGroups(row: readonly Work[], size: bigint): bigint {
  return sum(row.map((work) => work.pieces)) / size
}

function percentOf(amount: bigint, bp: number): bigint {
  return divideHalfUp(amount * BigInt(bp), WHOLE_BP)
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n)
}
