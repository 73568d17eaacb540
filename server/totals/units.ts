// What some of the units of a line are worth, for partial shipments and returns.

import { divideHalfUp } from '../lib/money.ts'

/**
 * What units `from` + 1 … `to` of a line of `n` units worth `amount` are worth: A(to) − A(from), A(k) = round_half_up(amount ×
 * k / n). For money, tax, discount and points alike. Give each unit back once, in whatever portions and order, and the portions add
 * up to `amount` exactly. Throws RangeError unless 0 ≤ from ≤ to ≤ n and n ≥ 1.
 */
export function unitsWorth(amount: bigint, n: bigint, from: bigint, to: bigint): bigint {
  if (n < 1n || from < 0n || to < from || to > n) throw new RangeError('0 ≤ from ≤ to ≤ n, and n at least 1')
  return divideHalfUp(amount * to, n) - divideHalfUp(amount * from, n)
}
