// The countries whose shops this is built for first: every category of goods has its class. Nothing here makes a shop compliant;
// it is where a merchant starts from. Rates read in November 2026.

import { always, type CountryProfile, changed, EU } from './profile.ts'

export const HOME_COUNTRIES: readonly CountryProfile[] = [
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
