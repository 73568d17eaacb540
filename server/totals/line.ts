// What goes into a computation of totals and what comes out. The names are those of the API and of an order's snapshot, so
// that nothing is renamed on the way from a till to the books.

import type { TaxRounding } from '../lib/money.ts'

/**
 * Goods, shipping and fees are revenue; gift cards, deposits and tips stand outside: no revenue, no VAT base, no discount. But for a
 * gift card that is a single-purpose voucher: that is taxed like goods, and still takes no discount.
 */
export type LineKind = 'goods' | 'shipping' | 'fee' | 'gift_card' | 'deposit' | 'tip'

/** Something taken off a line, decided already, in the order in which it is taken. */
export interface AdjustmentIn {
  /** Promotion id, or `manual`. */
  source: string
  /** What the customer reads. */
  label: string
  /** Minor units ≥ 0, of the price as it is shown: with tax where prices include it. */
  amount: bigint
}

/** Something taken off several lines together. Those of the lines that stand outside get no share. */
export interface OrderAdjustmentIn extends AdjustmentIn {
  /** Sequences of the lines that share it. */
  lines: number[]
}

export interface LineIn {
  /** Names the line within its document; unique, ≥ 0. Ties of rounding go to the lowest. */
  seq: number
  kind: LineKind
  /** Whole base units > 0. A weighed article counts grams. */
  quantity: bigint
  /** Price of one base unit in minor units × 10,000; ≥ 0. */
  unit_price_e4: bigint
  /** Groups lines for tax, e.g. `NL standard 2100`. */
  tax_code: string
  /** Basis points: 2100 is 21 %. 0 for exempt. */
  tax_rate_bp: number
  /** Of a gift card: its VAT is due when it is sold, so it is revenue and bears tax. */
  is_single_purpose?: boolean
  adjustments?: AdjustmentIn[]
}

export interface TotalsIn {
  currency: string
  prices_include_tax: boolean
  tax_rounding: TaxRounding
  lines: LineIn[]
  order_adjustments: OrderAdjustmentIn[]
}

/** What was really taken off, and for what. */
export interface Adjustment {
  source: string
  label: string
  amount: bigint
}

export interface LineOut {
  seq: number
  /** Unit price × quantity, rounded half up. */
  list: bigint
  /** The sum of `adjustments`; 0 ≤ discount ≤ list. */
  discount: bigint
  /** The line's own first, then its shares of the order's. Those of nothing are left out. */
  adjustments: Adjustment[]
  net: bigint
  tax: bigint
  /** net + tax: what is paid. */
  total: bigint
  tax_code: string
  /** As in the input; 0 for what stands outside. */
  tax_rate_bp: number
}

/** One rate group of a document, revenue only. */
export interface TaxOut {
  tax_code: string
  tax_rate_bp: number
  net: bigint
  tax: bigint
  total: bigint
}

export interface TotalsOut {
  /** In the order of the input. */
  lines: LineOut[]
  list: bigint
  discount: bigint
  net: bigint
  tax: bigint
  total: bigint
  /** Highest rate first. Sums to `goods_total`. */
  taxes: TaxOut[]
  /** Revenue with tax: goods, shipping, fees, and single-purpose vouchers. */
  goods_total: bigint
  /** Other gift cards, deposits and tips. `goods_total + outside_total = total`. */
  outside_total: bigint
}

/** True for kinds that are no revenue and no VAT base. */
export function standsOutside(kind: LineKind): boolean {
  return kind === 'gift_card' || kind === 'deposit' || kind === 'tip'
}
