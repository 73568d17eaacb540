import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isCountry } from '../lib/country.ts'
import { currencyOf } from '../lib/currency.ts'
import { computeTotals, roundCash } from '../totals/index.ts'
import {
  cashRoundingOf,
  countryProfile,
  type Place,
  PROFILES,
  TAX_CATEGORIES,
  type TaxCategory,
  type VatAnswer,
  vatRate,
} from './index.ts'

const rate = (country: string, category: TaxCategory, on = '2026-11-26') =>
  vatRate({ to: { country }, category, on })?.rate_bp
/** What a parcel with standard goods bears, as its code. */
const parcel = (from: Place, to: Place) => vatRate({ from, to, category: 'standard', on: '2026-11-26' })?.code ?? null
const HOME = ['NL', 'SE', 'PL', 'FR', 'DE', 'BE']

describe('the rates of 2026', () => {
  // standard, reduced, second, super-reduced, food, books, restaurant, accommodation, medicine, zero, exempt
  const rates: Record<string, number[]> = {
    NL: [2100, 900, 900, 900, 900, 900, 900, 2100, 900, 0, 0],
    SE: [2500, 1200, 600, 600, 600, 600, 1200, 1200, 2500, 0, 0],
    PL: [2300, 800, 500, 500, 500, 500, 800, 800, 800, 0, 0],
    FR: [2000, 1000, 550, 210, 550, 550, 1000, 1000, 1000, 0, 0],
    DE: [1900, 700, 700, 700, 700, 700, 700, 700, 1900, 0, 0],
    BE: [2100, 1200, 600, 600, 600, 600, 1200, 1200, 600, 0, 0],
  }
  for (const country of HOME) {
    test(`are known in ${country} for every category`, () => {
      assert.deepEqual(
        TAX_CATEGORIES.map((category) => rate(country, category)),
        rates[country],
      )
    })
  }

  // The Commission's list of member states, each with its standard rate in percent.
  const standard =
    'AT 20 BE 21 BG 20 HR 25 CY 19 CZ 21 DK 25 EE 24 FI 25.5 FR 20 DE 19 GR 24 HU 27 IE 23 IT 22 LV 21 LT 21 LU 17 MT 18 ' +
    'NL 21 PL 23 PT 23 RO 21 SK 23 SI 22 ES 21 SE 25'
  test('are known for standard goods in all 27 member states', () => {
    const known = PROFILES.filter(({ country }) => country !== 'GB').map(({ country }) => {
      const percent = (rate(country, 'standard') ?? 0) / 100
      return `${country} ${percent}`
    })
    const pairs = standard.match(/[A-Z]{2} [\d.]+/g) ?? []
    assert.equal(pairs.length, 27)
    assert.deepEqual(known.sort(), [...pairs].sort())
    assert.equal(rate('GB', 'standard'), 2000)
  })

  test('answer for every category everywhere; what has no class of its own in a country bears the standard rate', () => {
    for (const { country } of PROFILES) {
      for (const category of TAX_CATEGORIES)
        assert.notEqual(rate(country, category), undefined, `${country} ${category}`)
    }
    // In Italy food bears 4, 10 or 22 % by its kind, so `food` says too little; `super_reduced` says it.
    assert.deepEqual([rate('IT', 'food'), rate('IT', 'super_reduced'), rate('IT', 'books')], [2200, 400, 400])
    assert.deepEqual([rate('DK', 'books'), rate('DK', 'reduced')], [2500, 2500])
    assert.deepEqual(
      [rate('LU', 'books'), rate('AT', 'food'), rate('IE', 'food'), rate('SI', 'food')],
      [300, 1000, 0, 950],
    )
  })
})

describe('a rate that changes', () => {
  const changes: [string, TaxCategory, string, number, string, number][] = [
    ['SE', 'food', '2026-03-31', 1200, '2026-04-01', 600],
    ['SE', 'food', '2027-12-31', 600, '2028-01-01', 1200],
    ['NL', 'accommodation', '2025-12-31', 900, '2026-01-01', 2100],
    ['DE', 'restaurant', '2025-12-31', 1900, '2026-01-01', 700],
    ['BE', 'accommodation', '2026-02-28', 600, '2026-03-01', 1200],
    ['EE', 'standard', '2023-12-31', 2000, '2024-01-01', 2200],
    ['EE', 'standard', '2025-06-30', 2200, '2025-07-01', 2400],
    ['EE', 'accommodation', '2024-12-31', 900, '2025-01-01', 1300],
    ['FI', 'standard', '2024-08-31', 2400, '2024-09-01', 2550],
    ['FI', 'food', '2025-12-31', 1400, '2026-01-01', 1350],
    ['FI', 'books', '2024-12-31', 1000, '2025-01-01', 1400],
    ['SK', 'standard', '2024-12-31', 2000, '2025-01-01', 2300],
    ['SK', 'books', '2024-12-31', 1000, '2025-01-01', 500],
    ['RO', 'standard', '2025-07-31', 1900, '2025-08-01', 2100],
    ['RO', 'books', '2025-07-31', 500, '2025-08-01', 1100],
    ['BG', 'restaurant', '2024-12-31', 900, '2025-01-01', 2000],
    ['LT', 'accommodation', '2025-12-31', 900, '2026-01-01', 1200],
    ['LT', 'books', '2025-12-31', 900, '2026-01-01', 500],
    ['IE', 'restaurant', '2026-06-30', 1350, '2026-07-01', 900],
    ['LU', 'standard', '2023-12-31', 1600, '2024-01-01', 1700],
    ['CZ', 'food', '2023-12-31', 1500, '2024-01-01', 1200],
    ['GB', 'standard', '2011-01-03', 1750, '2011-01-04', 2000],
  ]
  for (const [country, category, last, before, first, after] of changes) {
    test(`is ${before / 100} % for ${category} in ${country} through ${last}, and ${after / 100} % from ${first}`, () => {
      assert.deepEqual([rate(country, category, last), rate(country, category, first)], [before, after])
    })
  }

  test('is taken by the day the parcel leaves, at its destination', () => {
    const toTallinn = (on: string) =>
      vatRate({ from: { country: 'NL' }, to: { country: 'EE' }, category: 'standard', on })?.code
    assert.deepEqual([toTallinn('2025-06-30'), toTallinn('2025-07-01')], ['EE standard 2200', 'EE standard 2400'])
  })

  test('leaves no day without a rate and none with two', () => {
    for (const profile of PROFILES) {
      for (const rows of [...Object.values(profile.goods), ...Object.values(profile.rates), profile.cash_rounding]) {
        assert.equal(rows[0]?.valid_from, null)
        assert.equal(rows.at(-1)?.valid_to, null)
        rows.slice(1).forEach((row, i) => {
          const dayAfter = new Date(`${rows[i]?.valid_to}T00:00:00Z`)
          dayAfter.setUTCDate(dayAfter.getUTCDate() + 1)
          assert.equal(row.valid_from, dayAfter.toISOString().slice(0, 10))
        })
      }
    }
  })
})

describe('what is eaten', () => {
  test('at a table bears the rate of a restaurant, and the answer says so', () => {
    const food = { to: { country: 'SE' }, category: 'food', on: '2026-05-01' } as const
    assert.deepEqual(vatRate({ ...food, consumption: 'eat_in' }), {
      rate_bp: 1200,
      code: 'SE reduced 1200',
      country: 'SE',
      is_export: false,
      category: 'restaurant',
    })
    assert.deepEqual(vatRate({ ...food, consumption: 'take_away' }), vatRate(food))
  })

  test('elsewhere bears the rate of food, but not a meal in France and Poland', () => {
    const meals = HOME.map((country) => {
      const meal = { to: { country }, category: 'restaurant', on: '2026-05-01' } as const
      return [country, vatRate({ ...meal, consumption: 'take_away' })?.rate_bp, vatRate(meal)?.rate_bp]
    })
    assert.deepEqual(meals, [
      ['NL', 900, 900],
      ['SE', 600, 1200],
      ['PL', 800, 800],
      ['FR', 1000, 1000],
      ['DE', 700, 700],
      ['BE', 600, 1200],
    ])
  })
})

describe('the code of a rate', () => {
  test('is the same for all categories of one class, so that they are one line of the tax summary', () => {
    const lines = (['food', 'books'] as const).map((category, seq) => {
      const { code, rate_bp } = vatRate({ to: { country: 'NL' }, category, on: '2026-05-01' }) as VatAnswer
      return {
        seq,
        kind: 'goods' as const,
        quantity: 1n,
        unit_price_e4: 1_090_000n,
        tax_code: code,
        tax_rate_bp: rate_bp,
      }
    })
    const { taxes } = computeTotals({
      currency: 'EUR',
      prices_include_tax: true,
      tax_rounding: 'per_rate_group',
      lines,
      order_adjustments: [],
    })
    assert.deepEqual(
      taxes.map(({ tax_code, tax }) => [tax_code, tax]),
      [['NL reduced 900', 18n]],
    )
  })

  test('tells exempt from a rate of 0, and both from an export', () => {
    const [to, from, on] = [{ country: 'CH' }, { country: 'PL' }, '2026-05-01']
    const codes = [
      vatRate({ to: from, category: 'zero', on }),
      vatRate({ to: from, category: 'exempt', on }),
      vatRate({ from, to, category: 'food', on }),
    ]
    assert.deepEqual(
      codes.map((each) => [each?.rate_bp, each?.code, each?.is_export]),
      [
        [0, 'PL zero 0', false],
        [0, 'PL exempt 0', false],
        [0, 'PL export 0', true],
      ],
    )
  })

  test('is given for days only', () => {
    for (const on of ['2026-5-1', '2026-02-30', '2026-05-01T00:00:00Z', ''])
      assert.throws(() => vatRate({ to: { country: 'NL' }, category: 'food', on }), RangeError, on)
  })
})

describe('a parcel', () => {
  const [NL, IT, GB, US] = ['NL', 'IT', 'GB', 'US'].map((country) => ({ country })) as [Place, Place, Place, Place]

  test('to another member state bears the rate there, and none when it leaves the area', () => {
    assert.deepEqual(
      [parcel(NL, NL), parcel(NL, IT), parcel(IT, NL), parcel(NL, GB), parcel(GB, IT), parcel(NL, US)],
      ['NL standard 2100', 'IT standard 2200', 'NL standard 2100', 'NL export 0', 'GB export 0', 'NL export 0'],
    )
  })

  test('bears the tax of the country it leaves where the seller stays at home, but only within the EU', () => {
    const at = (from: Place, to: Place) =>
      vatRate({ from, to, stays_at_home: true, category: 'standard', on: '2026-11-26' })?.code
    assert.deepEqual([at(NL, IT), at(NL, NL), at(NL, US)], ['NL standard 2100', 'NL standard 2100', 'NL export 0'])
  })

  test('from a country without data has no rate at all, unless the article bears none anywhere', () => {
    assert.deepEqual([parcel(US, US), parcel(US, NL), parcel({ country: 'NO' }, IT)], [null, null, null])
    assert.equal(vatRate({ to: US, category: 'exempt', on: '2026-11-26' })?.code, 'US exempt 0')
  })

  const corners: [string, Place, Place, string | null][] = [
    ['the Canary Islands are no part of the VAT area', NL, { country: 'ES', postal_code: '35001' }, 'NL export 0'],
    ['the mainland is', NL, { country: 'ES', postal_code: '28013' }, 'ES standard 2100'],
    [
      'Åland is not, with the country in front of the code',
      NL,
      { country: 'FI', postal_code: 'FI-22100' },
      'NL export 0',
    ],
    [
      'nor Büsingen, which Germany surrounds with Switzerland',
      NL,
      { country: 'DE', postal_code: '78266' },
      'NL export 0',
    ],
    ['nor Mount Athos, with a blank', NL, { country: 'GR', postal_code: '630 86' }, 'NL export 0'],
    ['nor Réunion, by its own code', NL, { country: 'RE' }, 'NL export 0'],
    ['nor Réunion, as a part of France', NL, { country: 'FR', postal_code: '97400' }, 'NL export 0'],
    ['Monaco is France', NL, { country: 'MC', postal_code: '98000' }, 'FR standard 2000'],
    ['the Isle of Man is the United Kingdom', GB, { country: 'IM' }, 'GB standard 2000'],
    ['Jersey is not', GB, { country: 'JE' }, 'GB export 0'],
    ['Northern Ireland is in both areas', IT, { country: 'GB', postal_code: 'BT1 1AA' }, 'GB standard 2000'],
    ['and from there to a member state', { country: 'GB', postal_code: 'bt1 1aa' }, IT, 'IT standard 2200'],
    ['and to England', { country: 'GB', postal_code: 'BT1 1AA' }, GB, 'GB standard 2000'],
    ['a shop on the Canary Islands has no data', { country: 'ES', postal_code: '38001' }, NL, null],
  ]
  for (const [what, from, to, code] of corners) test(`knows that ${what}`, () => assert.equal(parcel(from, to), code))
})

describe('a country', () => {
  test('has a currency, languages and rules that exist', () => {
    for (const profile of PROFILES) {
      assert.ok(isCountry(profile.country) && currencyOf(profile.currency), profile.country)
      assert.ok(profile.languages.every((language) => /^[a-z]{2}$/.test(language)) && profile.languages.length > 0)
      assert.ok(profile.cash_rounding.every(({ value }) => value === null || value.currency === profile.currency))
      assert.deepEqual([profile.prices_include_tax, profile.withdrawal_days], [true, 14])
    }
    assert.equal(countryProfile('XX'), null)
  })

  test('rounds cash as its coins are', () => {
    const rule = (country: string, currency = countryProfile(country)?.currency ?? 'EUR') =>
      cashRoundingOf({ country, currency, on: '2026-11-22' })
    const due = ['NL', 'SE', 'PL', 'FR', 'DE', 'BE', 'XX'].map((country) =>
      Number(roundCash(1253n, rule(country)).rounded),
    )
    assert.deepEqual(due, [1255, 1300, 1253, 1253, 1253, 1255, 1253])
    assert.deepEqual([rule('NL')?.is_optional, rule('BE')?.is_optional], [true, false])
    // A Swedish till that takes euro has no rule for them.
    assert.equal(rule('SE', 'EUR'), null)
    assert.throws(() => cashRoundingOf({ country: 'NL', currency: 'EUR', on: 'today' }), RangeError)
  })
})
