// What is known of a country, and the words its rows are written in. The rows stand in home-countries.ts and
// other-countries.ts, as data with dates: a rate that changes is a new row there, never a condition in code.

import type { CashRounding, TaxRounding } from '../lib/money.ts'

/** The rates a country has. Two articles of one class are one line of a tax summary. */
export type RateClass = 'standard' | 'reduced' | 'second_reduced' | 'super_reduced' | 'zero' | 'exempt'

/**
 * What an article is, for tax: a rate class named outright, or a kind of goods whose class differs by country and date.
 * `food` is for the kitchen at home; `restaurant` is prepared to be eaten, without alcoholic drinks; `medicine` is sold over
 * the counter, without prescription or refund by an insurer.
 */
export const TAX_CATEGORIES = [
  'standard',
  'reduced',
  'second_reduced',
  'super_reduced',
  'food',
  'books',
  'restaurant',
  'accommodation',
  'medicine',
  'zero',
  'exempt',
] as const
export type TaxCategory = (typeof TAX_CATEGORIES)[number]

/** One value for a time. Dates are business days where the supply is made, both inclusive; null is open. */
export interface Dated<T> {
  value: T
  valid_from: string | null
  valid_to: string | null
}

export type Goods = Exclude<TaxCategory, RateClass>

export interface CountryProfile {
  /** ISO 3166-1 alpha-2. */
  country: string
  currency: string
  /** ISO 639-1, the commonest first. */
  languages: readonly string[]
  /** Consumers are shown prices with tax. */
  prices_include_tax: boolean
  tax_rounding: TaxRounding
  /** `as_goods`: shipping follows the rates of what it carries; `standard`: it has a rate of its own. */
  shipping_tax: 'as_goods' | 'standard'
  /** Null where all coins are in use. */
  cash_rounding: readonly Dated<CashRounding | null>[]
  /** Days in which a consumer may withdraw from a purchase made at a distance; not from one made in a store. */
  withdrawal_days: number
  /** Basis points. A class a country does not have is absent: the next higher one stands in for it. */
  rates: Partial<Record<Exclude<RateClass, 'zero' | 'exempt'>, readonly Dated<number>[]>>
  /**
   * Rows begin in 2024; what is open at the front was so before. Absent where the country has no one class for such goods, or
   * we are not sure of it: they bear the standard rate, because too much tax can be returned and too little is owed.
   */
  goods: Partial<Record<Goods, readonly Dated<RateClass>[]>>
  /** What a prepared meal that is taken away counts as. */
  take_away_meal: 'food' | 'restaurant'
}

/** The same at all times. */
export function always<T>(value: T): readonly Dated<T>[] {
  return [{ value, valid_from: null, valid_to: null }]
}

/** One value through `lastDay`, another from the day after, named too so that it can be read here. */
export function changed<T>(before: T, lastDay: string, firstDay: string, after: T): readonly Dated<T>[] {
  return [
    { value: before, valid_from: null, valid_to: lastDay },
    { value: after, valid_from: firstDay, valid_to: null },
  ]
}

/** What is the same all over the EU: Directive 2011/83 art. 9 gives 14 days, 98/6 wants prices with tax. */
export const EU = {
  prices_include_tax: true,
  tax_rounding: 'per_rate_group',
  shipping_tax: 'as_goods',
  cash_rounding: always(null),
  withdrawal_days: 14,
} as const
