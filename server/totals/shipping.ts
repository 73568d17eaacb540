// Shipping where the law makes it follow the goods: its price is split over the goods' rates and becomes one line per rate.

import { splitByLargestRemainder } from '../lib/money.ts'
import type { TaxOut } from './line.ts'

/**
 * Splits a shipping price over the rate groups of the goods it carries (`taxes` of the totals computed without shipping), in
 * proportion to their prices. The parts sum to `amount`; empty ones are left out, but free shipping is one part of 0. Goods that cost nothing weigh
 * nothing, and when all cost nothing the highest rate gets it all: too much tax can be returned, too little is owed.
 * Throws RangeError when there are no groups, or for a negative amount.
 */
export function splitShipping(
  amount: bigint,
  taxes: readonly TaxOut[],
  pricesIncludeTax: boolean,
): { tax_code: string; tax_rate_bp: number; amount: bigint }[] {
  if (amount < 0n) throw new RangeError('shipping costs 0 or more')
  if (taxes.length === 0) throw new RangeError('shipping that follows the goods needs goods')
  const groups = [...taxes].sort((a, b) => b.tax_rate_bp - a.tax_rate_bp)
  const weights = groups.map((group) => (pricesIncludeTax ? group.total : group.net))
  const isFree = weights.every((weight) => weight === 0n)
  const parts = splitByLargestRemainder(amount, isFree ? groups.map((_, i) => (i === 0 ? 1n : 0n)) : weights)
  return groups
    .map(({ tax_code, tax_rate_bp }, i) => ({ tax_code, tax_rate_bp, amount: parts[i] as bigint }))
    .filter((part, i) => part.amount > 0n || (amount === 0n && i === 0))
}
