// Arithmetic on money: `bigint` minor units, never a float. Each function says how it rounds and who gets the remainder,
// and its tests show that the parts add up to the whole.

/** The largest amount the API takes: 999,999,999,999 minor units, far below 2^53, so JSON carries it exactly. */
export const MAX_AMOUNT = 999_999_999_999n

/**
 * Where tax is rounded: once per document and rate, or once per line. The first is the common reading of the VAT directive;
 * invoices that state tax per line need the second.
 */
export type TaxRounding = 'per_rate_group' | 'per_line'

/** How cash is rounded where small coins are gone. */
export interface CashRounding {
  currency: string
  /** The smallest coin in minor units: 5 in much of the euro area, 100 in Sweden. */
  increment_minor: bigint
  /** What becomes of halves; `always_down` is in the customer's favour on a sale. */
  mode: 'half_up' | 'half_down' | 'always_down'
  /** True where the merchant chooses whether to round. */
  is_optional: boolean
}

/**
 * `numerator / denominator` rounded to a whole number, halves away from zero (commercial rounding: 0.5 → 1, −0.5 → −1), so
 * that a refund computed from a negated line equals the charge. `denominator` must not be 0.
 */
export function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  if (denominator === 0n) throw new RangeError('division by zero')
  const isNegative = numerator < 0n !== denominator < 0n
  const n = numerator < 0n ? -numerator : numerator
  const d = denominator < 0n ? -denominator : denominator
  const rounded = (2n * n + d) / (2n * d)
  return isNegative ? -rounded : rounded
}

/**
 * Splits `total` in proportion to `weights` so that the parts add up to `total` exactly. Each part gets its share rounded
 * towards zero; the units that remain go one each to the largest remainders, ties to the lowest sequence. Weights are ≥ 0
 * and not all 0; `total` may be negative (then so are the parts).
 */
export function splitByLargestRemainder(total: bigint, weights: readonly bigint[]): bigint[] {
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0n)
  if (weightSum <= 0n || weights.some((weight) => weight < 0n))
    throw new RangeError('weights must be ≥ 0 and not all 0')
  if (total < 0n) return splitByLargestRemainder(-total, weights).map((part) => -part)
  const parts = weights.map((weight) => (total * weight) / weightSum)
  const remainders = weights.map((weight, sequence) => ({ sequence, remainder: (total * weight) % weightSum }))
  let left = total - parts.reduce((sum, part) => sum + part, 0n)
  remainders.sort((a, b) =>
    a.remainder === b.remainder ? a.sequence - b.sequence : a.remainder > b.remainder ? -1 : 1,
  )
  for (const { sequence } of remainders) {
    if (left === 0n) break
    parts[sequence] = (parts[sequence] as bigint) + 1n
    left--
  }
  return parts
}

/**
 * What unit `k` (1 … n) of a line of `n` equal units worth `total` is worth: A(k) − A(k−1) with A(k) = round(total·k/n). Units
 * returned one by one, in any order, therefore add up to exactly what was paid for the line.
 */
export function unitAllocation(total: bigint, n: bigint, k: bigint): bigint {
  if (n < 1n || k < 1n || k > n) throw new RangeError('k must be 1 … n')
  return divideHalfUp(total * k, n) - divideHalfUp(total * (k - 1n), n)
}

/** Minor units as a decimal string in major units: (1050, 2) → `10.50`, (−5, 3) → `-0.005`, (7, 0) → `7`. */
export function toMajor(amount: bigint, exponent: number): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(exponent + 1, '0')
  const whole = digits.slice(0, digits.length - exponent)
  const sign = amount < 0n ? '-' : ''
  return exponent === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-exponent)}`
}

/**
 * Reads a decimal string in major units: optional `-`, digits, optional `.` and at most `exponent` decimals; no exponent
 * form, no separators, no white space. Undefined when `text` is anything else, so that `1,050.00` is never taken for 1.
 */
export function parseMajor(text: string, exponent: number): bigint | undefined {
  const match = /^(-?)(\d{1,18})(?:\.(\d+))?$/.exec(text)
  if (!match) return undefined
  const [, sign, whole, decimals = ''] = match
  if (decimals.length > exponent) return undefined
  const amount = BigInt(`${whole}${decimals.padEnd(exponent, '0')}`)
  return sign === '-' ? -amount : amount
}

/** An amount for JSON. Throws when it would not be exact: that is a defect of ours, never a wrong figure at a client's. */
export function amountOut(amount: bigint): number {
  const number = Number(amount)
  if (!Number.isSafeInteger(number)) throw new RangeError('an amount is too large for JSON')
  return number
}
