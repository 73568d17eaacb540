// The other member states of the EU, and Great Britain. Standard rates are complete; a kind of goods is named only where all of
// it bears one class and we are sure of it, so that what is not here bears the standard rate. Nothing here makes a shop
// compliant. Read in November 2026, in the Commission's list of rates and in notices of their changes.

import type { CashRounding } from '../lib/money.ts'
import { always, type CountryProfile, changed, type Dated, EU, type Goods, type RateClass } from './profile.ts'

/** The smallest coin that is still given back, half up. */
function coin(currency: string, increment_minor: bigint, is_optional = false): CashRounding {
  return { currency, increment_minor, mode: 'half_up', is_optional }
}

/** Restaurants that sell over the counter are taxed as at the table: where the two differ, it is the higher rate. */
const OTHER = { ...EU, take_away_meal: 'restaurant' } as const

/** Goods that bear one class at all times. */
function goods(
  classes: Partial<Record<Goods, RateClass | readonly Dated<RateClass>[]>>,
): Partial<Record<Goods, readonly Dated<RateClass>[]>> {
  return Object.fromEntries(
    Object.entries(classes).map(([kind, rows]) => [kind, typeof rows === 'string' ? always(rows) : rows]),
  )
}

export const OTHER_COUNTRIES: readonly CountryProfile[] = [
  {
    ...OTHER,
    country: 'AT',
    currency: 'EUR',
    languages: ['de'],
    rates: { standard: always(2000), reduced: always(1300), second_reduced: always(1000) },
    // Food at large. The list of staples at 4.9 % since July 2026 goes by customs codes: no category of ours holds it.
    goods: goods({
      food: 'second_reduced',
      books: 'second_reduced',
      restaurant: 'second_reduced',
      accommodation: 'second_reduced',
      medicine: 'second_reduced',
    }),
  },
  {
    ...OTHER,
    country: 'BG',
    currency: 'EUR',
    languages: ['bg'],
    rates: { standard: always(2000), reduced: always(900) },
    goods: goods({
      books: 'reduced',
      restaurant: changed('reduced', '2024-12-31', '2025-01-01', 'standard'),
      accommodation: 'reduced',
    }),
  },
  {
    ...OTHER,
    country: 'HR',
    currency: 'EUR',
    languages: ['hr'],
    rates: { standard: always(2500), reduced: always(1300), second_reduced: always(500) },
    goods: goods({ books: 'second_reduced', restaurant: 'reduced', accommodation: 'reduced' }),
  },
  {
    ...OTHER,
    country: 'CY',
    currency: 'EUR',
    languages: ['el', 'tr'],
    rates: {
      standard: always(1900),
      reduced: always(900),
      second_reduced: always(500),
      super_reduced: always(300),
    },
    goods: goods({
      food: 'second_reduced',
      books: 'super_reduced',
      restaurant: 'reduced',
      accommodation: 'reduced',
      medicine: 'second_reduced',
    }),
  },
  {
    ...OTHER,
    country: 'CZ',
    currency: 'CZK',
    languages: ['cs'],
    cash_rounding: always(coin('CZK', 100n)),
    // 15 % and 10 % became one rate.
    rates: {
      standard: always(2100),
      reduced: changed(1500, '2023-12-31', '2024-01-01', 1200),
      second_reduced: changed(1000, '2023-12-31', '2024-01-01', 1200),
    },
    goods: goods({
      food: 'reduced',
      books: changed('second_reduced', '2023-12-31', '2024-01-01', 'zero'),
      restaurant: changed('second_reduced', '2023-12-31', '2024-01-01', 'reduced'),
      accommodation: changed('second_reduced', '2023-12-31', '2024-01-01', 'reduced'),
      medicine: changed('second_reduced', '2023-12-31', '2024-01-01', 'reduced'),
    }),
  },
  {
    ...OTHER,
    country: 'DK',
    currency: 'DKK',
    languages: ['da'],
    cash_rounding: always(coin('DKK', 50n)),
    rates: { standard: always(2500) },
    // Books are to be freed of tax; we have not read the law from which day. Until then they bear the standard rate.
    goods: {},
  },
  {
    ...OTHER,
    country: 'EE',
    currency: 'EUR',
    languages: ['et'],
    cash_rounding: [
      { value: null, valid_from: null, valid_to: '2024-12-31' },
      { value: coin('EUR', 5n), valid_from: '2025-01-01', valid_to: null },
    ],
    rates: {
      standard: [
        { value: 2000, valid_from: null, valid_to: '2023-12-31' },
        { value: 2200, valid_from: '2024-01-01', valid_to: '2025-06-30' },
        { value: 2400, valid_from: '2025-07-01', valid_to: null },
      ],
      reduced: changed(900, '2024-12-31', '2025-01-01', 1300),
      second_reduced: always(900),
    },
    goods: goods({ books: 'second_reduced', accommodation: 'reduced', medicine: 'second_reduced' }),
  },
  {
    ...OTHER,
    country: 'FI',
    currency: 'EUR',
    languages: ['fi', 'sv'],
    cash_rounding: always(coin('EUR', 5n)),
    rates: {
      standard: changed(2400, '2024-08-31', '2024-09-01', 2550),
      reduced: changed(1400, '2025-12-31', '2026-01-01', 1350),
      second_reduced: always(1000),
    },
    goods: goods({
      food: 'reduced',
      books: changed('second_reduced', '2024-12-31', '2025-01-01', 'reduced'),
      restaurant: 'reduced',
      accommodation: changed('second_reduced', '2024-12-31', '2025-01-01', 'reduced'),
      medicine: changed('second_reduced', '2024-12-31', '2025-01-01', 'reduced'),
    }),
  },
  {
    ...OTHER,
    country: 'GR',
    currency: 'EUR',
    languages: ['el'],
    // Of the mainland: some islands have rates a third lower.
    rates: { standard: always(2400), reduced: always(1300), second_reduced: always(600) },
    goods: goods({
      food: 'reduced',
      books: 'second_reduced',
      restaurant: 'reduced',
      accommodation: 'reduced',
      medicine: 'second_reduced',
    }),
  },
  {
    ...OTHER,
    country: 'HU',
    currency: 'HUF',
    languages: ['hu'],
    cash_rounding: always(coin('HUF', 500n)),
    rates: { standard: always(2700), reduced: always(1800), second_reduced: always(500) },
    goods: goods({
      books: 'second_reduced',
      restaurant: 'second_reduced',
      accommodation: 'second_reduced',
      medicine: 'second_reduced',
    }),
  },
  {
    ...OTHER,
    country: 'IE',
    currency: 'EUR',
    languages: ['en', 'ga'],
    cash_rounding: always(coin('EUR', 5n, true)),
    rates: {
      standard: always(2300),
      reduced: always(1350),
      second_reduced: always(900),
      super_reduced: always(480),
    },
    goods: goods({
      food: 'zero',
      books: 'zero',
      restaurant: changed('reduced', '2026-06-30', '2026-07-01', 'second_reduced'),
      accommodation: 'reduced',
    }),
  },
  {
    ...OTHER,
    country: 'IT',
    currency: 'EUR',
    languages: ['it'],
    cash_rounding: always(coin('EUR', 5n, true)),
    rates: {
      standard: always(2200),
      reduced: always(1000),
      second_reduced: always(500),
      super_reduced: always(400),
    },
    goods: goods({ books: 'super_reduced', restaurant: 'reduced', accommodation: 'reduced', medicine: 'reduced' }),
  },
  {
    ...OTHER,
    country: 'LV',
    currency: 'EUR',
    languages: ['lv'],
    rates: { standard: always(2100), reduced: always(1200), second_reduced: always(500) },
    goods: goods({ accommodation: 'reduced', medicine: 'reduced' }),
  },
  {
    ...OTHER,
    country: 'LT',
    currency: 'EUR',
    languages: ['lt'],
    cash_rounding: [
      { value: null, valid_from: null, valid_to: '2025-04-30' },
      { value: coin('EUR', 5n), valid_from: '2025-05-01', valid_to: null },
    ],
    rates: {
      standard: always(2100),
      reduced: changed(900, '2025-12-31', '2026-01-01', 1200),
      second_reduced: always(500),
    },
    goods: goods({
      books: changed('reduced', '2025-12-31', '2026-01-01', 'second_reduced'),
      accommodation: 'reduced',
    }),
  },
  {
    ...OTHER,
    country: 'LU',
    currency: 'EUR',
    languages: ['lb', 'fr', 'de'],
    // All rates but the lowest two were a point lower through 2023, the lowest stayed.
    rates: {
      standard: changed(1600, '2023-12-31', '2024-01-01', 1700),
      reduced: changed(1300, '2023-12-31', '2024-01-01', 1400),
      second_reduced: changed(700, '2023-12-31', '2024-01-01', 800),
      super_reduced: always(300),
    },
    goods: goods({
      food: 'super_reduced',
      books: 'super_reduced',
      restaurant: 'super_reduced',
      accommodation: 'super_reduced',
      medicine: 'super_reduced',
    }),
  },
  {
    ...OTHER,
    country: 'MT',
    currency: 'EUR',
    languages: ['mt', 'en'],
    rates: {
      standard: always(1800),
      reduced: always(1200),
      second_reduced: always(700),
      super_reduced: always(500),
    },
    goods: goods({ food: 'zero', books: 'super_reduced', accommodation: 'second_reduced', medicine: 'zero' }),
  },
  {
    ...OTHER,
    country: 'PT',
    currency: 'EUR',
    languages: ['pt'],
    // Of the mainland: Madeira and the Azores have lower ones.
    rates: { standard: always(2300), reduced: always(1300), second_reduced: always(600) },
    goods: goods({
      books: 'second_reduced',
      restaurant: 'reduced',
      accommodation: 'second_reduced',
      medicine: 'second_reduced',
    }),
  },
  {
    ...OTHER,
    country: 'RO',
    currency: 'RON',
    languages: ['ro'],
    // 9 % and 5 % became one rate.
    rates: {
      standard: changed(1900, '2025-07-31', '2025-08-01', 2100),
      reduced: changed(900, '2025-07-31', '2025-08-01', 1100),
      second_reduced: changed(500, '2025-07-31', '2025-08-01', 1100),
    },
    goods: goods({
      food: 'reduced',
      books: changed('second_reduced', '2025-07-31', '2025-08-01', 'reduced'),
      restaurant: 'reduced',
      accommodation: 'reduced',
      medicine: 'reduced',
    }),
  },
  {
    ...OTHER,
    country: 'SK',
    currency: 'EUR',
    languages: ['sk'],
    cash_rounding: always(coin('EUR', 5n)),
    rates: {
      standard: changed(2000, '2024-12-31', '2025-01-01', 2300),
      reduced: changed(1000, '2024-12-31', '2025-01-01', 1900),
      second_reduced: always(500),
    },
    goods: goods({
      books: changed('reduced', '2024-12-31', '2025-01-01', 'second_reduced'),
      restaurant: changed('reduced', '2024-12-31', '2025-01-01', 'second_reduced'),
      accommodation: changed('reduced', '2024-12-31', '2025-01-01', 'second_reduced'),
      medicine: changed('reduced', '2024-12-31', '2025-01-01', 'second_reduced'),
    }),
  },
  {
    ...OTHER,
    country: 'SI',
    currency: 'EUR',
    languages: ['sl'],
    rates: { standard: always(2200), reduced: always(950), second_reduced: always(500) },
    goods: goods({
      food: 'reduced',
      books: 'second_reduced',
      restaurant: 'reduced',
      accommodation: 'reduced',
      medicine: 'reduced',
    }),
  },
  {
    ...OTHER,
    country: 'ES',
    currency: 'EUR',
    languages: ['es', 'ca', 'gl', 'eu'],
    rates: { standard: always(2100), reduced: always(1000), super_reduced: always(400) },
    // Food at large; bread, milk, eggs and the like bear 4 %, which is a category of its own: super_reduced.
    goods: goods({
      food: 'reduced',
      books: 'super_reduced',
      restaurant: 'reduced',
      accommodation: 'reduced',
      medicine: 'super_reduced',
    }),
  },
  {
    ...OTHER,
    country: 'GB',
    currency: 'GBP',
    languages: ['en'],
    rates: {
      // 17.5 % in 2010; before that it was 15 % for 13 months, which no supply of ours is dated in.
      standard: changed(1750, '2011-01-03', '2011-01-04', 2000),
      reduced: always(500),
    },
    // Cold food to take away is free of tax, hot food is not: sell the former as food.
    goods: goods({ food: 'zero', books: 'zero' }),
  },
]
