import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { containsCardNumber, maskCardNumbers, passesLuhn } from './card-scan.ts'
import { createIds, ID_KINDS, type IdKind } from './ids.ts'

const CARDS = {
  Visa: '4242424242424242',
  'old Visa': '4222222222222',
  Mastercard: '5555555555554444',
  'Mastercard 2-series': '2223003122003222',
  'American Express': '378282246310005',
  Diners: '30569309025904',
  Discover: '6011111111111117',
  JCB: '3566002020360505',
  UnionPay: '6200000000000005',
  Maestro: '6759649826438453',
}

for (const [name, number] of Object.entries(CARDS)) {
  test(`a ${name} number is found, bare, in a sentence, with spaces, dashes or full-width digits`, () => {
    const groups = number.match(/.{1,4}/g) as string[]
    const fullWidth = [...number].map((digit) => String.fromCharCode(0xff10 + Number(digit))).join('')
    const forms = [
      number,
      `card ${number}, thanks`,
      groups.join(' '),
      groups.join('-'),
      groups.join('\u00a0'),
      groups.join('\u200b'),
      fullWidth,
      `${number} 12/30 123`,
    ]
    for (const form of forms) assert.ok(containsCardNumber(form), form)
  })
}

test('numbers that are no cards are left alone', () => {
  const harmless = [
    '',
    '4242424242424243', // wrong check digit
    '9999999999999995', // no issuer begins with 9999
    '1234567890123',
    '20261122005916', // a time
    '4006381333931', // a barcode beginning with 4
    '+31 20 123 45 67',
    '424242424242', // too short
    '42424242424242424242424242', // too long to be one card
    'NL91 ABNA 0417 1643 00',
    '42424242-4242-4242-8242-424242424242', // a UUID of digits only
    'order 424242-42424-24242', // not how a card is grouped
    'a4242424242424242b0f3c7e19d2a6c55', // inside a hash
    'BE57 5390 0754 7135', // an account whose digits would do for a Maestro card
    'BE57539007547135',
    '1764144000000', // milliseconds since 1970, then micro- and nanoseconds
    '1764144000123456',
    '1764144000123456789',
    '2026112609300001', // a day, a time and a running number
    '20261126093000123', // with milliseconds
    'INV-2026-0000012345678',
  ]
  for (const text of harmless) assert.ok(!containsCardNumber(text), text)
})

test('a letter in front hides no card, nor does an account number that is wrong', () => {
  // Whoever glues a word to a card number writes the very same thing as one who numbers invoices like that.
  for (const text of ['INV4242424242424242', 'pan4242424242424242', 'A-4242424242424242', 'BE57935007547135'])
    assert.ok(containsCardNumber(text), text)
})

test('no time of this half of the century looks like a card, in whatever digits it is counted', () => {
  const [from, to] = [Date.UTC(2000), Date.UTC(2038)]
  fc.assert(
    fc.property(fc.integer({ min: from, max: to }), fc.integer({ min: 0, max: 999_999 }), (ms, part) => {
      const spare = String(part).padStart(6, '0')
      const stamp = new Date(ms).toISOString().replace(/\D/g, '')
      for (const text of [
        `${ms}`,
        `${ms}${spare.slice(0, 3)}`,
        `${ms}${spare}`,
        stamp,
        stamp.slice(0, 14),
        stamp.slice(0, 16),
      ])
        assert.ok(!containsCardNumber(text), text)
    }),
    { numRuns: 2000 },
  )
})

test('none of our own ids is ever taken for a card', () => {
  const kinds = Object.keys(ID_KINDS) as IdKind[]
  // Bytes that all become the digit 4: the worst ids chance could make.
  const onlyFours = createIds({ now: () => new Date(0) }, (bytes) => bytes.fill(4))
  for (const kind of kinds) assert.ok(!containsCardNumber(onlyFours(kind)), kind)
})

test('masking leaves no digit row of the card and keeps the last four', () => {
  assert.equal(maskCardNumbers('a 4242 4242 4242 4242 b 5555555555554444'), 'a [card …4242] b [card …4444]')
  assert.equal(maskCardNumbers('nothing here'), 'nothing here')
})

test('the check digit catches every single wrong digit', () => {
  const digits = '4242424242424242'
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 1, max: 9 }), (place, shift) => {
      const wrong = (Number(digits[place]) + shift) % 10
      assert.ok(!passesLuhn(digits.slice(0, place) + wrong + digits.slice(place + 1)))
    }),
  )
})

test('the digits of every script are read as digits', () => {
  // The zeros of Arabic-Indic, Persian, N'Ko, Devanagari, Thai, Adlam and the last row of mathematical digits.
  for (const zero of [0x660, 0x6f0, 0x7c0, 0x966, 0xe50, 0x1e950, 0x1d7f6]) {
    const text = '4242424242424242'.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)))
    assert.ok(containsCardNumber(text), text)
    assert.equal(maskCardNumbers(`a ${text} b`), 'a [card …4242] b')
    const wrong = '4242424242424243'.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)))
    assert.ok(!containsCardNumber(wrong), wrong)
  }
})
