// How many points a sale earns, and what is left of them. Pure: amounts in, points out, so that any return of any units gives
// back exactly its share of what was earned for them.

import { divideHalfUp, splitByLargestRemainder } from '../lib/money.ts'
import type { ProgrammeOfPoints, Rate, Tier } from './programme-store.ts'

/** One line of an order, as far as points are concerned. */
export interface EarningLine {
  line_id: string
  /** Only `goods` earn: no gift cards, shipping, fees, deposits or tips. */
  kind: string
  /** Whole base units, at least 1. */
  quantity: bigint
  /** What is paid for the line after every discount, minor units. */
  total: bigint
  categories: readonly string[]
}

export interface EarnedLine {
  line_id: string
  quantity: bigint
  /** Minor units that earned. */
  base: bigint
  points: bigint
  /** What the points are worth in the books, minor units. */
  value: bigint
}

const E4 = 10_000n

/**
 * Points per line. The base is what was paid for goods after discounts, less what was paid with points (shared over the goods
 * by their totals). Points of the whole order are rounded down and shared by largest remainder, so the lines add up to it.
 * `exponent` is that of the currency. Lines of goods that earn nothing are told too, so that it is decided once: points that
 * paid and come back later must not make them earn.
 */
export function earnedBy(
  programme: Pick<ProgrammeOfPoints, 'excluded_categories'>,
  rate: Rate,
  tier: Pick<Tier, 'multiplier_bp'>,
  sale: { lines: readonly EarningLine[]; paidByPoints: bigint; exponent: number },
): EarnedLine[] {
  const excluded = new Set(programme.excluded_categories)
  const goods = sale.lines.filter(
    (line) => line.kind === 'goods' && line.total > 0n && !line.categories.some((category) => excluded.has(category)),
  )
  const paid = goods.map((line) => line.total)
  const whole = paid.reduce((sum, total) => sum + total, 0n)
  if (whole === 0n) return []
  const byPoints = splitByLargestRemainder(sale.paidByPoints < whole ? sale.paidByPoints : whole, paid)
  const bases = paid.map((total, i) => total - (byPoints[i] as bigint))
  const base = bases.reduce((sum, part) => sum + part, 0n)
  const points = (base * BigInt(rate.earn_e4) * BigInt(tier.multiplier_bp)) / (10n ** BigInt(sale.exponent) * E4 * E4)
  const parts = base === 0n ? bases : splitByLargestRemainder(points, bases)
  return goods.map(({ line_id, quantity }, i) => {
    const own = parts[i] as bigint
    return { line_id, quantity, base: bases[i] as bigint, points: own, value: worthOf(rate, own) }
  })
}

/** What points are worth, rounded down. */
export function worthOf(rate: Rate, points: bigint): bigint {
  return (points * BigInt(rate.point_value_e4)) / E4
}

/**
 * What is left of a line's points (or of their value) when units from the first on were returned and units from the last on
 * cancelled: A(quantity - cancelled) - A(returned) with A(k) = round(total * k / quantity).
 */
export function leftOf(total: bigint, line: { quantity: bigint; returned: bigint; cancelled: bigint }): bigint {
  const { quantity, returned, cancelled } = line
  return divideHalfUp(total * (quantity - cancelled), quantity) - divideHalfUp(total * returned, quantity)
}

/** The highest tier whose threshold the points of a year reach; none of them earns by the plain rate. */
export function tierFor(tiers: readonly Tier[], points: bigint): Tier | null {
  let reached: Tier | null = null
  for (const tier of tiers) if (points >= BigInt(tier.from_points)) reached = tier
  return reached
}
