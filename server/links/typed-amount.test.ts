import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forTyping, readTyped } from './typed-amount.ts'

test('amounts are read as people of each country write them', () => {
  for (const [text, currency, amount] of [
    ['12', 'EUR', 1200n],
    ['12,5', 'EUR', 1250n],
    ['12.50', 'EUR', 1250n],
    ['€ 1.234,56', 'EUR', 123456n],
    ['£1,234.56', 'GBP', 123456n],
    ['1 234,56 zł', 'PLN', 123456n],
    ['1\u00a0234 kr', 'SEK', 123400n],
    ['1’234.50', 'CHF', 123450n],
    ['1.250', 'EUR', 125000n],
    ['1.250', 'KWD', 1250n],
    ['500', 'JPY', 500n],
    ['12,', 'EUR', 1200n],
  ] as const)
    assert.equal(readTyped(text, currency), amount, `${text} ${currency}`)
})

test('what is no amount is none', () => {
  for (const text of [
    '',
    '-5',
    '1e3',
    '12,345,6',
    '1,2,3',
    '1.23,456',
    'ten',
    ',5',
    '1.2345',
    '٣',
    '9'.repeat(30),
    '0x10',
    '1.234.56,7',
  ])
    assert.equal(readTyped(text, 'EUR'), undefined, text)
})

test('an amount put into the field reads back as itself', () => {
  for (const language of ['en', 'nl', 'pl'])
    for (const currency of ['EUR', 'JPY', 'KWD'])
      assert.equal(readTyped(forTyping(123456n, currency, language), currency), 123456n, `${currency} ${language}`)
})
