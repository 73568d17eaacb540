// The arithmetic of points, without a database.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type EarningLine, earnedBy, leftOf, tierFor } from './points.ts'
import type { Rate, Tier } from './programme-store.ts'

/** 1 point per euro, worth a cent. */
const RATE: Rate = { currency: 'EUR', earn_e4: 10_000, point_value_e4: 10_000 }
const PLAIN = { multiplier_bp: 10_000 }
const goods = (line_id: string, total: bigint, more: Partial<EarningLine> = {}): EarningLine => ({
  line_id,
  kind: 'goods',
  quantity: 1n,
  total,
  categories: [],
  ...more,
})
const earn = (lines: EarningLine[], paidByPoints = 0n, rate = RATE, tier = PLAIN, excluded: string[] = []) =>
  earnedBy({ excluded_categories: excluded }, rate, tier, { lines, paidByPoints, exponent: 2 })

test('an order earns on what was paid for goods, and on nothing else', () => {
  const earned = earn([
    goods('a', 3_050n),
    goods('b', 5_000n, { kind: 'gift_card' }),
    goods('c', 495n, { kind: 'shipping' }),
    goods('d', 25n, { kind: 'deposit' }),
    goods('e', 2_000n, { categories: ['books'] }),
    // Free with a promotion: a line of nothing earns nothing.
    goods('f', 0n),
  ])
  // 30.50 + 20.00 = 50.50: 50 points, shared 30.19… : 19.80… by largest remainder.
  assert.deepEqual(
    earned.map(({ line_id, points }) => [line_id, points]),
    [
      ['a', 30n],
      ['e', 20n],
    ],
  )
  assert.deepEqual(
    earn([goods('a', 3_050n), goods('e', 2_000n, { categories: ['books'] })], 0n, RATE, PLAIN, ['books']).map(
      ({ line_id, points }) => [line_id, points],
    ),
    [['a', 30n]],
  )
})

test('what is paid with points earns none', () => {
  const [half] = earn([goods('a', 10_000n)], 4_000n)
  assert.deepEqual([half?.base, half?.points], [6_000n, 60n])
  // Decided once: the line is told with nothing, so that a later refund of the points does not make it earn.
  for (const paid of [10_000n, 12_000n])
    assert.deepEqual(
      earn([goods('a', 10_000n)], paid).map(({ base, points }) => [base, points]),
      [[0n, 0n]],
    )
})

test('a tier multiplies, and the value in the books follows the points', () => {
  const [line] = earn([goods('a', 10_000n)], 0n, { ...RATE, point_value_e4: 5_000 }, { multiplier_bp: 15_000 })
  assert.deepEqual([line?.points, line?.value], [150n, 75n])
})

test('the tier is the highest one reached', () => {
  const tier = (code: string, from_points: number): Tier => ({ code, name: code, from_points, multiplier_bp: 10_000 })
  const tiers = [tier('silver', 100), tier('gold', 1_000)]
  assert.deepEqual(
    [99n, 100n, 999n, 1_000n, -5n].map((points) => tierFor(tiers, points)?.code ?? null),
    [null, 'silver', 'silver', 'gold', null],
  )
})

test('the lines of an order add up to its points, whatever they are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ total: fc.bigInt(0n, 1_000_000n), quantity: fc.bigInt(1n, 12n) }), {
        minLength: 1,
        maxLength: 8,
      }),
      fc.bigInt(0n, 2_000_000n),
      fc.integer({ min: 0, max: 100_000 }),
      (lines, paidByPoints, earn_e4) => {
        const whole = lines.reduce((sum, line) => sum + line.total, 0n)
        const base = whole > paidByPoints ? whole - paidByPoints : 0n
        const earned = earn(
          lines.map(({ total, quantity }, i) => goods(`l${i}`, total, { quantity })),
          paidByPoints,
          { ...RATE, earn_e4 },
        )
        const points = earned.reduce((sum, line) => sum + line.points, 0n)
        assert.equal(points, (base * BigInt(earn_e4)) / 1_000_000n)
        assert.ok(earned.every((line) => line.points >= 0n))
      },
    ),
  )
})

test('units that come back and units that are cancelled, one by one and in any order, take exactly what was earned', () => {
  fc.assert(
    fc.property(
      fc.bigInt(0n, 100_000n),
      fc.bigInt(1n, 40n),
      fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      (points, quantity, order) => {
        let line = { quantity, returned: 0n, cancelled: 0n }
        let taken = 0n
        for (const isReturn of order.slice(0, Number(quantity))) {
          const after = isReturn
            ? { ...line, returned: line.returned + 1n }
            : { ...line, cancelled: line.cancelled + 1n }
          const part = leftOf(points, line) - leftOf(points, after)
          assert.ok(part >= 0n)
          taken += part
          line = after
        }
        assert.equal(taken, points)
        assert.equal(leftOf(points, line), 0n)
      },
    ),
  )
})
