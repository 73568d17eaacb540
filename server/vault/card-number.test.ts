import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { passesLuhn } from '../lib/card-scan.ts'
import { Problem } from '../lib/problem.ts'
import { brandOf, type CardInput, parseCard } from './card-number.ts'

const NOW = new Date('2026-11-20T10:00:00Z')
const GOOD: CardInput = { number: '4242 4242-4242 4242', exp_month: 12, exp_year: 2027, cvc: '123' }

function codeOf(input: Partial<CardInput>): string | null {
  try {
    parseCard({ ...GOOD, ...input }, NOW)
    return null
  } catch (error) {
    assert.ok(error instanceof Problem)
    return `${error.code} ${error.errors[0]?.pointer}`
  }
}

test('a card is known by its first digits', () => {
  const brands: [string, string][] = [
    ['4242424242424242', 'visa'],
    ['5555555555554444', 'mastercard'],
    ['2223003122003222', 'mastercard'],
    ['378282246310005', 'amex'],
    ['6011111111111117', 'discover'],
    ['36227206271667', 'diners'],
    ['3566002020360505', 'jcb'],
    ['6200000000000005', 'unionpay'],
    ['6759649826438453', 'maestro'],
    ['9792030000000000', 'other'],
  ]
  for (const [number, brand] of brands) assert.equal(brandOf(number), brand, brand)
})

test('spaces and hyphens are ignored, a two-digit year is of this century, and text months are taken', () => {
  const card = parseCard({ ...GOOD, exp_month: '01', exp_year: '30' }, NOW)
  assert.deepEqual(
    { number: card.number, month: card.exp_month, year: card.exp_year },
    { number: '4242424242424242', month: 1, year: 2030 },
  )
})

test('8 digits of a long number are told, 6 of a short one', () => {
  assert.equal(parseCard(GOOD, NOW).bin, '42424242')
  assert.equal(parseCard({ ...GOOD, number: '378282246310005', cvc: '1234' }, NOW).bin, '378282')
})

test('each wrong form is refused and points at its field', () => {
  const refused: [Partial<CardInput>, string][] = [
    [{ number: '4242424242424241' }, 'card-invalid /card/number'],
    [{ number: '424242424242424' }, 'card-invalid /card/number'],
    [{ number: '4242' }, 'card-invalid /card/number'],
    [{ number: '٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢' }, 'card-invalid /card/number'],
    [{ exp_month: 13, exp_year: 99 }, 'card-invalid /card/exp_month'],
    [{ exp_month: 0 }, 'card-invalid /card/exp_month'],
    [{ exp_month: '1/30' }, 'card-invalid /card/exp_month'],
    [{ exp_year: '1/30' }, 'card-invalid /card/exp_year'],
    [{ exp_year: 202 }, 'card-invalid /card/exp_year'],
    [{ exp_year: 12027 }, 'card-invalid /card/exp_year'],
    [{ exp_month: 10, exp_year: 2026 }, 'card-expired /card/exp_year'],
    [{ cvc: '12' }, 'card-invalid /card/cvc'],
    [{ cvc: '1234' }, 'card-invalid /card/cvc'],
    [{ cvc: '12a' }, 'card-invalid /card/cvc'],
    [{ number: '378282246310005', cvc: '123' }, 'card-invalid /card/cvc'],
    [{ holder: '4242 4242 4242 4242' }, 'card-data-not-allowed /card/holder'],
    [{ holder: 'A. Émile 5555555555554444', number: '4242' }, 'card-data-not-allowed /card/holder'],
  ]
  for (const [input, code] of refused) assert.equal(codeOf(input), code, inspect(input))
})

test('a card is good until its month has ended in the last time zone', () => {
  const november = { ...GOOD, exp_month: 11, exp_year: 2026 }
  assert.equal(parseCard(november, new Date('2026-12-01T11:59:59Z')).exp_month, 11)
  assert.throws(() => parseCard(november, new Date('2026-12-01T12:00:00Z')), { code: 'card-expired' })
})

test('any one changed digit breaks the check digit', () => {
  const number = '4242424242424242'
  for (let i = 0; i < number.length; i++) {
    for (let digit = 0; digit < 10; digit++) {
      const changed = `${number.slice(0, i)}${digit}${number.slice(i + 1)}`
      assert.equal(passesLuhn(changed), changed === number)
    }
  }
})

test('a refusal never repeats what was given', () => {
  try {
    parseCard({ ...GOOD, number: '4929123456789012345', cvc: '9876' }, NOW)
    assert.fail('accepted')
  } catch (error) {
    const text = inspect(error, { showHidden: true, depth: 9 }) + JSON.stringify(error) + String(error)
    assert.doesNotMatch(text, /4929123456789|9876/)
  }
})
