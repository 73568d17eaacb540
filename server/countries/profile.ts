// What differs between countries, as data with dates: a rate that changes is a new row here, never a condition in code.
// Nothing here makes a shop compliant; it is where a merchant starts from. Rates read in November 2026.

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

type Goods = Exclude<TaxCategory, RateClass>

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
  /** Rows begin in 2024; what is open at the front was so before. */
  goods: Record<Goods, readonly Dated<RateClass>[]>
  /** What a prepared meal that is taken away counts as. */
  take_away_meal: 'food' | 'restaurant'
}

/** The same at all times. */
function always<T>(value: T): readonly Dated<T>[] {
  return [{ value, valid_from: null, valid_to: null }]
}

/** One value through `lastDay`, another from the day after, named too so that it can be read here. */
function changed<T>(before: T, lastDay: string, firstDay: string, after: T): readonly Dated<T>[] {
  return [
    { value: before, valid_from: null, valid_to: lastDay },
    { value: after, valid_from: firstDay, valid_to: null },
  ]
}

/** What is the same in all six: Directive 2011/83 art. 9 gives 14 days, 98/6 wants prices with tax. */
const EU = {
  prices_include_tax: true,
  tax_rounding: 'per_rate_group',
  shipping_tax: 'as_goods',
  cash_rounding: always(null),
  withdrawal_days: 14,
} as const

export const PROFILES: readonly CountryProfile[] = [
  {
    ...EU,
    country: 'NL',
    currency: 'EUR',
    languages: ['nl'],
    // A merchant may round, and then must for every cash sale; 1 and 2 cents stay legal tender.
    cash_rounding: always({ currency: 'EUR', increment_minor: 5n, mode: 'half_up', is_optional: true }),
    rates: { standard: always(2100), reduced: always(900) },
    goods: {
      food: always('reduced'),
      books: always('reduced'),
      restaurant: always('reduced'),
      accommodation: changed('reduced', '2025-12-31', '2026-01-01', 'standard'),
      medicine: always('reduced'),
    },
    take_away_meal: 'food',
  },
  {
    ...EU,
    country: 'SE',
    currency: 'SEK',
    languages: ['sv'],
    // The krona is the smallest coin since 2010.
    cash_rounding: always({ currency: 'SEK', increment_minor: 100n, mode: 'half_up', is_optional: false }),
    rates: { standard: always(2500), reduced: always(1200), second_reduced: always(600) },
    goods: {
      // Halved for a time; restaurants are not part of it.
      food: [
        { value: 'reduced', valid_from: null, valid_to: '2026-03-31' },
        { value: 'second_reduced', valid_from: '2026-04-01', valid_to: '2027-12-31' },
        { value: 'reduced', valid_from: '2028-01-01', valid_to: null },
      ],
      books: always('second_reduced'),
      restaurant: always('reduced'),
      accommodation: always('reduced'),
      // Prescriptions are free of tax, everything else in a pharmacy is not.
      medicine: always('standard'),
    },
    take_away_meal: 'food',
  },
  {
    ...EU,
    country: 'PL',
    currency: 'PLN',
    languages: ['pl'],
    rates: { standard: always(2300), reduced: always(800), second_reduced: always(500) },
    goods: {
      food: always('second_reduced'),
      books: always('second_reduced'),
      restaurant: always('reduced'),
      accommodation: always('reduced'),
      medicine: always('reduced'),
    },
    // VAT act art. 41 (12f): goods and services of catering (PKWiU 56) alike.
    take_away_meal: 'restaurant',
  },
  {
    ...EU,
    country: 'FR',
    currency: 'EUR',
    languages: ['fr'],
    rates: {
      standard: always(2000),
      reduced: always(1000),
      second_reduced: always(550),
      super_reduced: always(210),
    },
    goods: {
      food: always('second_reduced'),
      books: always('second_reduced'),
      restaurant: always('reduced'),
      accommodation: always('reduced'),
      // 2.1 % is for what the health insurance refunds.
      medicine: always('reduced'),
    },
    // Sold to be eaten at once, wherever: 10 %. What keeps is food.
    take_away_meal: 'restaurant',
  },
  {
    ...EU,
    country: 'DE',
    currency: 'EUR',
    languages: ['de'],
    rates: { standard: always(1900), reduced: always(700) },
    goods: {
      food: always('reduced'),
      books: always('reduced'),
      restaurant: changed('standard', '2025-12-31', '2026-01-01', 'reduced'),
      accommodation: always('reduced'),
      medicine: always('standard'),
    },
    take_away_meal: 'food',
  },
  {
    ...EU,
    country: 'BE',
    currency: 'EUR',
    languages: ['nl', 'fr', 'de'],
    // Mandatory for cash since December 2019.
    cash_rounding: always({ currency: 'EUR', increment_minor: 5n, mode: 'half_up', is_optional: false }),
    rates: { standard: always(2100), reduced: always(1200), second_reduced: always(600) },
    goods: {
      food: always('second_reduced'),
      books: always('second_reduced'),
      restaurant: always('reduced'),
      // Royal decree of February 2026; the rise for meals taken away was withdrawn from it (KPMG, read 2026-11).
      accommodation: changed('second_reduced', '2026-02-28', '2026-03-01', 'reduced'),
      medicine: always('second_reduced'),
    },
    take_away_meal: 'food',
  },
]
