import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  amountOut,
  divideHalfUp,
  MAX_AMOUNT,
  parseMajor,
  splitByLargestRemainder,
  toMajor,
  unitAllocation,
} from './money.ts'

const amount = fc.bigInt({ min: -MAX_AMOUNT, max: MAX_AMOUNT })
const sum = (parts: bigint[]) => parts.reduce((total, part) => total + part, 0n)

test('halves are rounded away from zero', () => {
  const cases = [
    [1n, 2n, 1n],
    [-1n, 2n, -1n],
    [3n, 2n, 2n],
    [5n, 4n, 1n],
    [7n, 4n, 2n],
    [1n, -2n, -1n],
    [0n, 5n, 0n],
  ] as const
  for (const [n, d, rounded] of cases) assert.equal(divideHalfUp(n, d), rounded, `${n}/${d}`)
  assert.throws(() => divideHalfUp(1n, 0n), RangeError)
})

test('a rounded quotient is never more than half a unit from the exact one, and negation changes only its sign', () => {
  fc.assert(
    fc.property(amount, fc.bigInt({ min: 1n, max: 10_000n }), (n, d) => {
      const rounded = divideHalfUp(n, d)
      const twiceTheError = 2n * (rounded * d - n)
      assert.ok(twiceTheError <= d && twiceTheError >= -d)
      assert.equal(divideHalfUp(-n, d), -rounded)
    }),
  )
})

test('100 split in three equal parts gives the odd cent to the first', () => {
  assert.deepEqual(splitByLargestRemainder(100n, [1n, 1n, 1n]), [34n, 33n, 33n])
  assert.deepEqual(splitByLargestRemainder(-100n, [1n, 1n, 1n]), [-34n, -33n, -33n])
  assert.deepEqual(splitByLargestRemainder(10n, [0n, 1n, 2n]), [0n, 3n, 7n])
  assert.throws(() => splitByLargestRemainder(1n, [0n]), RangeError)
  assert.throws(() => splitByLargestRemainder(1n, [2n, -1n]), RangeError)
})

test('the parts of a split add up to the whole and each is within one unit of its exact share', () => {
  const weights = fc
    .array(fc.bigInt({ min: 0n, max: 1_000_000n }), { minLength: 1, maxLength: 20 })
    .filter((all) => sum(all) > 0n)
  fc.assert(
    fc.property(amount, weights, (total, shares) => {
      const parts = splitByLargestRemainder(total, shares)
      assert.equal(sum(parts), total)
      parts.forEach((part, i) => {
        const error = part * sum(shares) - total * (shares[i] as bigint)
        assert.ok(error < sum(shares) && error > -sum(shares))
      })
    }),
  )
})

test('units returned one by one add up to what was paid for the line', () => {
  assert.deepEqual(
    [1n, 2n, 3n].map((k) => unitAllocation(1000n, 3n, k)),
    [333n, 334n, 333n],
  )
  fc.assert(
    fc.property(amount, fc.integer({ min: 1, max: 200 }), (total, n) => {
      const units = Array.from({ length: n }, (_, i) => unitAllocation(total, BigInt(n), BigInt(i + 1)))
      assert.equal(sum(units), total)
    }),
  )
  assert.throws(() => unitAllocation(10n, 3n, 4n), RangeError)
  assert.throws(() => unitAllocation(10n, 3n, 0n), RangeError)
})

test('major units are written with exactly the decimals of the currency', () => {
  assert.equal(toMajor(1050n, 2), '10.50')
  assert.equal(toMajor(-5n, 3), '-0.005')
  assert.equal(toMajor(7n, 0), '7')
  assert.equal(toMajor(0n, 2), '0.00')
})

test('writing an amount in major units and reading it again gives the same amount', () => {
  fc.assert(
    fc.property(amount, fc.integer({ min: 0, max: 4 }), (value, exponent) => {
      assert.equal(parseMajor(toMajor(value, exponent), exponent), value)
    }),
  )
})

test('text that is not a plain decimal of the currency is not read as money', () => {
  const refused = [
    '',
    ' ',
    '1,050.00',
    '1.050,00',
    '10.505',
    '.5',
    '5.',
    '1e3',
    '0x10',
    ' 12',
    '1_000',
    '+1',
    'NaN',
    '--1',
    '１２',
  ]
  for (const text of refused) assert.equal(parseMajor(text, 2), undefined, JSON.stringify(text))
  assert.equal(parseMajor('10.50', 0), undefined)
  assert.equal(parseMajor('10.5', 2), 1050n)
})

test('an amount JSON cannot carry exactly is an error, not another amount', () => {
  assert.equal(amountOut(MAX_AMOUNT), 999_999_999_999)
  assert.throws(() => amountOut(2n ** 53n), RangeError)
})
