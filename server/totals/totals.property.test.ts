// Laws that hold for every basket. A failure prints its seed and its smallest basket.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MAX_AMOUNT } from '../lib/money.ts'
import {
  computeTotals,
  type LineIn,
  splitShipping,
  standsOutside,
  type TotalsIn,
  type TotalsOut,
  unitsWorth,
} from './index.ts'

const RATES = [0, 210, 550, 600, 900, 1200, 2100, 2500]
const sum = (amounts: bigint[]) => amounts.reduce((total, amount) => total + amount, 0n)

const adjustment = fc.record({
  source: fc.constantFrom('manual', 'prm_1', 'prm_2'),
  label: fc.constant('Off'),
  amount: fc.bigInt({ min: 0n, max: 200_000n }),
})
const anyLine = fc
  .record({
    kind: fc.constantFrom<LineIn['kind']>('goods', 'goods', 'goods', 'shipping', 'fee', 'gift_card', 'deposit', 'tip'),
    quantity: fc.bigInt({ min: 1n, max: 2_000n }),
    unit_price_e4: fc.oneof(fc.bigInt({ min: 0n, max: 99n }), fc.bigInt({ min: 0n, max: 500_000_000n })),
    tax_rate_bp: fc.constantFrom(...RATES),
    adjustments: fc.array(adjustment, { maxLength: 3 }),
  })
  .map((line) => ({
    ...line,
    tax_code: `rate ${line.tax_rate_bp}`,
    adjustments: standsOutside(line.kind) ? [] : line.adjustments,
  }))
const anyBasket: fc.Arbitrary<TotalsIn> = fc
  .record({
    prices_include_tax: fc.boolean(),
    tax_rounding: fc.constantFrom<TotalsIn['tax_rounding']>('per_rate_group', 'per_line'),
    lines: fc.array(anyLine, { maxLength: 12 }),
    shared: fc.array(fc.record({ adjustment, mask: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }) }), {
      maxLength: 3,
    }),
  })
  .map(({ lines, shared, ...rest }) => ({
    ...rest,
    currency: 'EUR',
    lines: lines.map((line, seq) => ({ seq, ...line })),
    order_adjustments: shared.map((each) => ({
      ...each.adjustment,
      lines: lines.map((_, seq) => seq).filter((seq) => each.mask[seq]),
    })),
  }))

/** Checks a law on every basket and what it costs. */
function always(law: (totals: TotalsOut, input: TotalsIn) => void): void {
  fc.assert(
    fc.property(anyBasket, (input) => law(computeTotals(input), input)),
    { numRuns: 300 },
  )
}

test('lines add up to the document, and what is net and tax to what is paid', () => {
  always((totals) => {
    for (const key of ['list', 'discount', 'net', 'tax', 'total'] as const)
      assert.equal(sum(totals.lines.map((line) => line[key])), totals[key], key)
    for (const line of totals.lines) assert.equal(line.net + line.tax, line.total)
  })
})

test('rate groups add up to the revenue and its tax, and what stands outside makes up the rest', () => {
  always((totals) => {
    assert.equal(sum(totals.taxes.map((tax) => tax.tax)), totals.tax)
    assert.equal(sum(totals.taxes.map((tax) => tax.total)), totals.goods_total)
    for (const tax of totals.taxes) assert.equal(tax.net + tax.tax, tax.total)
    assert.equal(totals.goods_total + totals.outside_total, totals.total)
  })
})

test('a discount is never negative, never more than its line, and the sum of its adjustments', () => {
  always((totals, input) => {
    for (const line of totals.lines) {
      assert.ok(line.discount >= 0n && line.discount <= line.list)
      assert.equal(sum(line.adjustments.map((each) => each.amount)), line.discount)
      assert.ok(line.adjustments.every((each) => each.amount > 0n))
      assert.equal(input.prices_include_tax ? line.total : line.net, line.list - line.discount)
    }
  })
})

test('no amount is negative, and no line pays more tax than its rate rounded up', () => {
  always((totals, input) => {
    for (const line of totals.lines) {
      assert.ok(line.net >= 0n && line.tax >= 0n)
      const rate = BigInt(line.tax_rate_bp)
      const [base, whole] = input.prices_include_tax ? [line.total, 10_000n + rate] : [line.net, 10_000n]
      const error = line.tax * whole - base * rate
      assert.ok(error < 2n * whole && error > -2n * whole, 'within two units of the exact share')
    }
  })
})

test('tax rounded per rate group is within half a unit of the exact tax of the group', () => {
  always((totals, input) => {
    if (input.tax_rounding === 'per_line') return
    for (const { tax_rate_bp, net, tax, total } of totals.taxes) {
      const rate = BigInt(tax_rate_bp)
      const [base, whole] = input.prices_include_tax ? [total, 10_000n + rate] : [net, 10_000n]
      const twice = 2n * (tax * whole - base * rate)
      assert.ok(twice <= whole && twice >= -whole)
    }
  })
})

test('an order-level discount is taken in full while there is enough left to take it from', () => {
  always((totals, input) => {
    const own = computeTotals({ ...input, order_adjustments: [] })
    const [first] = input.order_adjustments
    if (!first) return
    const with1 = computeTotals({ ...input, order_adjustments: [first] })
    const eligible = new Set(first.lines.filter((seq) => !standsOutside(input.lines[seq]?.kind ?? 'tip')))
    const left = sum(own.lines.filter((line) => eligible.has(line.seq)).map((line) => line.list - line.discount))
    assert.equal(with1.discount - own.discount, first.amount < left ? first.amount : left)
    assert.ok(totals.discount >= with1.discount)
  })
})

test('a basket discounted by all it costs costs exactly nothing', () => {
  always((_, input) => {
    const lines = input.lines.filter((line) => !standsOutside(line.kind))
    const all = { source: 'manual', label: 'All', amount: MAX_AMOUNT, lines: lines.map((line) => line.seq) }
    const totals = computeTotals({ ...input, lines, order_adjustments: [all] })
    assert.deepEqual([totals.net, totals.tax, totals.total], [0n, 0n, 0n])
    assert.equal(totals.discount, totals.list)
  })
})

test('the order in which lines are sent changes no amount of any line', () => {
  always((totals, input) => {
    const turned = computeTotals({ ...input, lines: [...input.lines].reverse() })
    assert.deepEqual(turned, { ...totals, lines: [...totals.lines].reverse() })
  })
})

test('computed again from its stored snapshot, a document comes to what is stored', () => {
  always((totals, input) => {
    const kept = JSON.stringify(input, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
    const parsed = JSON.parse(kept, (_, value: unknown) =>
      typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
    ) as TotalsIn
    assert.deepEqual(computeTotals(parsed), totals)
  })
})

test('the units of a line are worth the line, in whatever portions and order they go back', () => {
  const anyAmount = fc.bigInt({ min: -MAX_AMOUNT, max: MAX_AMOUNT })
  fc.assert(
    fc.property(
      anyAmount,
      fc.bigInt({ min: 1n, max: 5_000n }),
      fc.infiniteStream(fc.bigInt(1n, 400n)),
      (amount, n, sizes) => {
        const portions: [bigint, bigint][] = []
        for (let from = 0n; from < n; ) {
          const size = sizes.next().value as bigint
          const to = from + size < n ? from + size : n
          portions.push([from, to])
          from = to
        }
        // Worth depends on the units alone, so any order of the portions gives the same sum.
        assert.equal(sum(portions.reverse().map(([from, to]) => unitsWorth(amount, n, from, to))), amount)
        for (const [from, to] of portions) {
          const twice = unitsWorth(amount, n, from, to) * n - amount * (to - from)
          assert.ok(twice <= n && twice >= -n, 'within one minor unit of the exact share')
        }
      },
    ),
  )
})

test('shipping split over the rates of the goods adds up to its price', () => {
  fc.assert(
    fc.property(anyBasket, fc.bigInt({ min: 0n, max: 100_000n }), (input, price) => {
      const { taxes } = computeTotals(input)
      if (taxes.length === 0) return
      const parts = splitShipping(price, taxes, input.prices_include_tax)
      assert.equal(sum(parts.map((part) => part.amount)), price)
      assert.ok(parts.length >= 1 && parts.every((part) => part.amount >= 0n))
    }),
  )
})
