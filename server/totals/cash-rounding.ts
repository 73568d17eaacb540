// Cash without small coins: what is due in cash is rounded to the smallest coin. Only the cash that closes a document is
// rounded, never a price, a line or a VAT base; the difference is an entry of its own in the books.

import { type CashRounding, divideHalfUp } from '../lib/money.ts'

/**
 * Rounds what remains due in cash, positive for a sale, negative for a refund; a refund rounds exactly as its sale did.
 * `rounding` = rounded − amount. Without a rule nothing is rounded. Where the rule is optional the merchant, or a customer
 * with small coins, may choose not to call this at all.
 */
export function roundCash(amount: bigint, rule: CashRounding | null): { rounded: bigint; rounding: bigint } {
  if (!rule) return { rounded: amount, rounding: 0n }
  const { increment_minor: step, mode } = rule
  if (step < 1n) throw new RangeError('the smallest coin is at least 1 minor unit')
  const size = amount < 0n ? -amount : amount
  // Halves towards zero: ⌈x − ½⌉, written for whole numbers.
  const steps =
    mode === 'half_up'
      ? divideHalfUp(size, step)
      : mode === 'half_down'
        ? (2n * size + step - 1n) / (2n * step)
        : size / step
  const rounded = amount < 0n ? -steps * step : steps * step
  return { rounded, rounding: rounded - amount }
}
