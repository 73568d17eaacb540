import assert from 'node:assert/strict'
import { test } from 'node:test'
import { amountText, dayText, languageOfCountry, languageOfTag } from './language.ts'

/** Blanks that do not break look like blanks in a failure. */
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ')

test('each language writes an amount its own way', () => {
  const written = (['en', 'nl', 'sv', 'pl', 'fr', 'de'] as const).map((language) =>
    plain(amountText(language, 123_450n, 'EUR')),
  )
  assert.deepEqual(written, ['€1,234.50', '€ 1.234,50', '1 234,50 €', '1234,50 €', '1 234,50 €', '1.234,50 €'])
})

test('the currency decides the decimals, and no digit is lost', () => {
  assert.equal(amountText('en', 1_234n, 'JPY'), 'JP¥1,234')
  assert.equal(plain(amountText('en', 5n, 'KWD')), 'KWD 0.005')
  assert.equal(amountText('en', 90_071_992_547_409_931n, 'EUR'), '€900,719,925,474,099.31')
})

test('a day is written in words', () => {
  assert.equal(dayText('en', '2026-11-21'), '21 Nov 2026')
  assert.equal(dayText('nl', '2026-11-21'), '21 nov 2026')
})

test('a language is found by a tag or by a country', () => {
  assert.equal(languageOfTag('nl-BE'), 'nl')
  assert.equal(languageOfTag('it'), undefined)
  assert.equal(languageOfTag(undefined), undefined)
  assert.equal(languageOfCountry('PL'), 'pl')
  assert.equal(languageOfCountry('IT'), 'en')
})
