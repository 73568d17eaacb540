// Sharing one amount out over lines, the same for promotions, which foresee it, and for totals, which do it.

import { splitByLargestRemainder } from '../lib/money.ts'

/**
 * Shares `amount`, or what is left of all when that is less, over what is left of each, by largest remainder. A share never
 * exceeds its own `left`: it is below left × amount / all left + 1, and amount ≤ all left.
 */
export function shareOut(amount: bigint, lefts: readonly bigint[]): bigint[] {
  const all = lefts.reduce((sum, left) => sum + left, 0n)
  const taken = amount < all ? amount : all
  // Nothing cannot be weighed.
  return taken === 0n ? lefts.map(() => 0n) : splitByLargestRemainder(taken, lefts)
}
