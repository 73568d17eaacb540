import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type CashRounding, roundCash } from './index.ts'

const rule = (increment_minor: bigint, mode: CashRounding['mode'] = 'half_up'): CashRounding => ({
  currency: 'EUR',
  increment_minor,
  mode,
  is_optional: false,
})
const rounded = (amount: number, by: CashRounding) => Number(roundCash(BigInt(amount), by).rounded)

test('Swedish cash goes to the nearest krona: up to 49 öre down, from 50 öre up', () => {
  const cases = [
    [9900, 9900],
    [9901, 9900],
    [9949, 9900],
    [9950, 10000],
    [9999, 10000],
    [49, 0],
    [50, 100],
    [-9949, -9900],
    [-9950, -10000],
    [0, 0],
  ] as const
  for (const [amount, due] of cases) assert.equal(rounded(amount, rule(100n)), due, String(amount))
})

test('euro cash without 1 and 2 cent coins goes to the nearest 5 cents', () => {
  const dues = [1000, 1000, 1000, 1005, 1005, 1005, 1005, 1005, 1010, 1010, 1010]
  dues.forEach((due, cents) => {
    assert.equal(rounded(1000 + cents, rule(5n)), due, `10.${cents}`)
    assert.equal(rounded(-1000 - cents, rule(5n)), -due, `−10.${cents}`)
  })
  assert.deepEqual(roundCash(1002n, rule(5n)), { rounded: 1000n, rounding: -2n })
  assert.deepEqual(roundCash(-1002n, rule(5n)), { rounded: -1000n, rounding: 2n })
})

test('a half goes up, down, or everything goes down, as the rule says', () => {
  const cases = [
    [24, 20, 20, 20],
    [25, 30, 20, 20],
    [26, 30, 30, 20],
    [30, 30, 30, 30],
  ] as const
  for (const [amount, up, down, always] of cases) {
    assert.equal(rounded(amount, rule(10n, 'half_up')), up)
    assert.equal(rounded(amount, rule(10n, 'half_down')), down)
    assert.equal(rounded(amount, rule(10n, 'always_down')), always)
  }
})

test('without a rule nothing is rounded', () => {
  assert.deepEqual(roundCash(1234n, null), { rounded: 1234n, rounding: 0n })
  assert.throws(() => roundCash(1n, rule(0n)), RangeError)
})

test('a refund rounds as its sale did, to whole coins, and is never off by a coin or more', () => {
  // odoo/odoo#96721 and others: refunds were rounded the other way.
  fc.assert(
    fc.property(
      fc.bigInt({ min: -10_000_000n, max: 10_000_000n }),
      fc.constantFrom(1n, 5n, 10n, 50n, 100n),
      fc.constantFrom<CashRounding['mode']>('half_up', 'half_down', 'always_down'),
      (amount, step, mode) => {
        const sale = roundCash(amount, rule(step, mode))
        const refund = roundCash(-amount, rule(step, mode))
        assert.deepEqual([refund.rounded, refund.rounding], [-sale.rounded, -sale.rounding])
        assert.equal(sale.rounded - sale.rounding, amount)
        assert.equal(sale.rounded % step, 0n)
        assert.ok(sale.rounding < step && sale.rounding > -step)
      },
    ),
  )
})
