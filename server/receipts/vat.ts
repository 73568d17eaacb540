// VAT of a receipt, per rate. Parts of an amount add up to it; pure.

import { divideHalfUp, splitByLargestRemainder } from '../lib/money.ts'
import type { VatRow } from './store.ts'

/** What a line, or a part of it, comes to. */
export interface Taxed {
  tax_rate_bp: number
  net: bigint
  tax: bigint
  total: bigint
}

/** Lines by rate, highest first. */
export function vatOf(lines: readonly Taxed[]): VatRow[] {
  const rows = new Map<number, VatRow>()
  for (const { tax_rate_bp, net, tax, total } of lines) {
    const row = rows.get(tax_rate_bp) ?? { rate_bp: tax_rate_bp, net: 0n, tax: 0n, gross: 0n }
    rows.set(tax_rate_bp, { ...row, net: row.net + net, tax: row.tax + tax, gross: row.gross + total })
  }
  return [...rows.values()].filter(({ gross }) => gross > 0n).sort((a, b) => (b.rate_bp ?? 0) - (a.rate_bp ?? 0))
}

/** Nobody told what was sold: the amount without a rate. */
export function unknownVat(amount: bigint): VatRow[] {
  return amount === 0n ? [] : [{ rate_bp: null, net: amount, tax: 0n, gross: amount }]
}

/**
 * The part of `rows` that `amount` is: each rate in proportion, by largest remainder; the tax in each is worked out anew from its
 * rate. All of it when `amount` is what they come to.
 */
export function partOf(rows: readonly VatRow[], amount: bigint): VatRow[] {
  const whole = rows.reduce((sum, { gross }) => sum + gross, 0n)
  if (whole === amount) return [...rows]
  if (whole === 0n) return unknownVat(amount)
  const parts = splitByLargestRemainder(
    amount,
    rows.map(({ gross }) => gross),
  )
  return rows.flatMap(({ rate_bp }, i) => {
    const gross = parts[i] as bigint
    const rate = BigInt(rate_bp ?? 0)
    const tax = divideHalfUp(gross * rate, 10_000n + rate)
    return gross === 0n ? [] : [{ rate_bp, net: gross - tax, tax, gross }]
  })
}

/** Sums by rate of several receipts, highest rate first, without a rate last. */
export function sumVat(all: readonly VatRow[]): VatRow[] {
  const rows = new Map<number | null, VatRow>()
  for (const { rate_bp, net, tax, gross } of all) {
    const row = rows.get(rate_bp) ?? { rate_bp, net: 0n, tax: 0n, gross: 0n }
    rows.set(rate_bp, { rate_bp, net: row.net + net, tax: row.tax + tax, gross: row.gross + gross })
  }
  return [...rows.values()].sort((a, b) => (b.rate_bp ?? -1) - (a.rate_bp ?? -1))
}
