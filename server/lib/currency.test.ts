import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCountry } from './country.ts'
import { currencyCodes, currencyOf } from './currency.ts'

test('minor units follow ISO 4217, also where Intl does not', () => {
  const exponents = { EUR: 2, HUF: 2, TWD: 2, ISK: 0, UGX: 0, JPY: 0, KRW: 0, CLP: 0, KWD: 3, BHD: 3, TND: 3, IDR: 2 }
  for (const [code, exponent] of Object.entries(exponents)) assert.deepEqual(currencyOf(code), { code, exponent })
})

test('what nobody pays with, and what only looks like a code, is no currency', () => {
  for (const code of [
    'ZZZ',
    'XXX',
    'XTS',
    'XAU',
    'XAG',
    'XDR',
    'CHW',
    'USN',
    'CLF',
    'DEM',
    'HRK',
    'eur',
    'Eur',
    'uſd',
    'ıdr',
    ' EUR',
    '',
    'EURO',
    '978',
  ]) {
    assert.equal(currencyOf(code), undefined, JSON.stringify(code))
  }
})

test('every code is three capital letters and listed once', () => {
  const codes = currencyCodes()
  for (const code of codes) assert.match(code, /^[A-Z]{3}$/)
  assert.equal(new Set(codes).size, codes.length)
  assert.ok(codes.length > 145)
})

test('countries are exact ISO 3166-1 alpha-2 codes', () => {
  for (const code of ['NL', 'SE', 'PL', 'FR', 'XK']) assert.ok(isCountry(code))
  for (const code of ['nl', 'UK', 'EU', 'ZZ', '', 'NLD']) assert.ok(!isCountry(code))
})
