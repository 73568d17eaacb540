import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readIban } from './iban.ts'

// The examples of the SWIFT registry for some countries.
const REAL = [
  'NL91 ABNA 0417 1643 00',
  'DE89 3704 0044 0532 0130 00',
  'FR14 2004 1010 0505 0001 3M02 606',
  'SE45 5000 0000 0583 9825 7466',
  'PL61 1090 1014 0000 0712 1981 2874',
  'BE68 5390 0754 7034',
  'MT84 MALT 0110 0001 2345 MTLC AST0 01S',
]

test('account numbers of many countries are read, with blanks and in small letters', () => {
  for (const text of REAL) {
    const iban = text.replaceAll(' ', '')
    assert.deepEqual(readIban(text), { iban })
    assert.deepEqual(readIban(iban.toLowerCase()), { iban })
  }
})

test('one wrong digit, or two that changed places, is always noticed', () => {
  const iban = 'DE89370400440532013000'
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 1, max: 9 }), (at, shift) => {
      const digits = [...iban]
      const wrong = digits.with(at, String((Number(digits[at]) + shift) % 10)).join('')
      assert.deepEqual(readIban(wrong), { fault: 'has wrong check digits' })
      const [a, b] = [digits[at] as string, digits[at + 1] as string]
      if (a !== b)
        assert.deepEqual(
          readIban(
            digits
              .with(at, b)
              .with(at + 1, a)
              .join(''),
          ),
          { fault: 'has wrong check digits' },
        )
    }),
  )
})

test('a number of another length, or of a country outside the area, says what is wrong', () => {
  assert.deepEqual(readIban('NL91ABNA04171643'), { fault: 'must have 18 letters and digits in NL' })
  assert.deepEqual(readIban('NL91ABNA041716430!'), { fault: 'must have 18 letters and digits in NL' })
  assert.deepEqual(readIban('BR1500000000000010932840814P2'), {
    fault: 'is not of a country in the Single Euro Payments Area',
  })
})
