import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isCountry } from '../lib/country.ts'
import { currencyOf } from '../lib/currency.ts'
import { computeTotals, roundCash } from '../totals/index.ts'
import { cashRoundingOf, countryProfile, PROFILES, TAX_CATEGORIES, type TaxCategory, vatRate } from './index.ts'

const rate = (country: string, category: TaxCategory, on = '2026-11-26') => vatRate({ country, category, on }).rate_bp

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
  for (const { country } of PROFILES) {
    test(`are known in ${country} for every category`, () => {
      assert.deepEqual(
        TAX_CATEGORIES.map((category) => rate(country, category)),
        rates[country],
      )
    })
  }
})

describe('a rate that changes', () => {
  const changes: [string, TaxCategory, string, number, string, number][] = [
    ['SE', 'food', '2026-03-31', 1200, '2026-04-01', 600],
    ['SE', 'food', '2027-12-31', 600, '2028-01-01', 1200],
    ['NL', 'accommodation', '2025-12-31', 900, '2026-01-01', 2100],
    ['DE', 'restaurant', '2025-12-31', 1900, '2026-01-01', 700],
    ['BE', 'accommodation', '2026-02-28', 600, '2026-03-01', 1200],
  ]
  for (const [country, category, last, before, first, after] of changes) {
    test(`is ${before / 100} % for ${category} in ${country} through ${last}, and ${after / 100} % from ${first}`, () => {
      assert.deepEqual([rate(country, category, last), rate(country, category, first)], [before, after])
    })
  }

  test('leaves no day without a rate and none with two', () => {
    for (const profile of PROFILES) {
      for (const rows of [...Object.values(profile.goods), ...Object.values(profile.rates)]) {
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
    const food = { country: 'SE', category: 'food', on: '2026-05-01' } as const
    assert.deepEqual(vatRate({ ...food, consumption: 'eat_in' }), {
      rate_bp: 1200,
      code: 'SE reduced 1200',
      category: 'restaurant',
    })
    assert.deepEqual(vatRate({ ...food, consumption: 'take_away' }), vatRate(food))
  })

  test('elsewhere bears the rate of food, but not a meal in France and Poland', () => {
    const meals = PROFILES.map(({ country }) => {
      const meal = { country, category: 'restaurant', on: '2026-05-01' } as const
      return [country, vatRate({ ...meal, consumption: 'take_away' }).rate_bp, vatRate(meal).rate_bp]
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
      const { code, rate_bp } = vatRate({ country: 'NL', category, on: '2026-05-01' })
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

  test('tells exempt from a rate of 0, and both from a country we know nothing of', () => {
    const codes = [
      vatRate({ country: 'PL', category: 'zero', on: '2026-05-01' }),
      vatRate({ country: 'PL', category: 'exempt', on: '2026-05-01' }),
      vatRate({ country: 'XX', category: 'food', on: '2026-05-01' }),
    ]
    assert.deepEqual(codes, [
      { rate_bp: 0, code: 'PL zero 0', category: 'zero' },
      { rate_bp: 0, code: 'PL exempt 0', category: 'exempt' },
      { rate_bp: 0, code: 'XX outside', category: 'food' },
    ])
  })

  test('is given for days only', () => {
    for (const on of ['2026-5-1', '2026-02-30', '2026-05-01T00:00:00Z', ''])
      assert.throws(() => vatRate({ country: 'NL', category: 'food', on }), RangeError, on)
  })
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
