import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { computeTotals, type LineIn, splitShipping, type TotalsIn, unitsWorth } from './index.ts'

const line = (seq: number, price: number, more: Partial<LineIn> = {}): LineIn => ({
  seq,
  kind: 'goods',
  quantity: 1n,
  unit_price_e4: BigInt(price) * 10_000n,
  tax_code: `standard ${more.tax_rate_bp ?? 2100}`,
  tax_rate_bp: 2100,
  ...more,
})
const basket = (lines: LineIn[], more: Partial<TotalsIn> = {}): TotalsIn => ({
  currency: 'EUR',
  prices_include_tax: true,
  tax_rounding: 'per_rate_group',
  lines,
  order_adjustments: [],
  ...more,
})
const off = (amount: bigint, lines: number[] = []) => ({ source: 'manual', label: 'Off', amount, lines })

describe('tax', () => {
  // Unit price, rate, whether it is in the price, and what two of them come to. V4.x are facts of Vendure's public test suite.
  const cases = [
    ['V4.1 a net price carries its tax on top', 100, 2000, false, { net: 200n, tax: 40n, total: 240n }],
    [
      'V4.2 a gross price contains its tax, rounded for the line',
      100,
      2000,
      true,
      { net: 167n, tax: 33n, total: 200n },
    ],
    ['V4.3 at a rate of 0 net and gross are the same', 83, 0, false, { net: 166n, tax: 0n, total: 166n }],
    ['V4.4 a net price of 83 comes to 199, not twice 100', 83, 2000, false, { net: 166n, tax: 33n, total: 199n }],
    ['5.5 % is 550 basis points', 1055, 550, true, { net: 2000n, tax: 110n, total: 2110n }],
  ] as const
  for (const [title, price, tax_rate_bp, prices_include_tax, expected] of cases) {
    test(title, () => {
      const totals = computeTotals(basket([line(1, price, { quantity: 2n, tax_rate_bp })], { prices_include_tax }))
      const { net, tax, total } = totals
      assert.deepEqual({ net, tax, total }, expected)
    })
  }

  test('V4.5 three rates are summed up apart, and the sums add up to the document', () => {
    const lines = [2000, 1000, 0].map((tax_rate_bp, seq) => line(seq, 100, { quantity: 2n, tax_rate_bp }))
    const totals = computeTotals(basket(lines, { prices_include_tax: false }))
    assert.deepEqual(
      totals.taxes.map((tax) => [tax.tax_rate_bp, tax.net, tax.tax, tax.total]),
      [
        [2000, 200n, 40n, 240n],
        [1000, 200n, 20n, 220n],
        [0, 200n, 0n, 200n],
      ],
    )
    assert.deepEqual([totals.net, totals.tax, totals.total], [600n, 60n, 660n])
  })

  test('one rate is rounded once for the document, and the odd cents go to the largest remainders', () => {
    // 3 × 0.99 at 21 %: 297 × 21 / 121 = 51.55 → 52; a line alone would be 17.18 → 17, three of them 51.
    const lines = [1, 2, 3].map((seq) => line(seq, 99))
    const perGroup = computeTotals(basket(lines))
    assert.deepEqual(
      perGroup.lines.map((each) => each.tax),
      [18n, 17n, 17n],
    )
    const perLine = computeTotals(basket(lines, { tax_rounding: 'per_line' }))
    assert.deepEqual([perGroup.tax, perLine.tax], [52n, 51n])
  })

  test('one rate under two codes is two groups', () => {
    const lines = [
      line(1, 100, { tax_code: 'zero', tax_rate_bp: 0 }),
      line(2, 100, { tax_code: 'exempt', tax_rate_bp: 0 }),
    ]
    assert.deepEqual(
      computeTotals(basket(lines)).taxes.map((tax) => tax.tax_code),
      ['exempt', 'zero'],
    )
  })

  test('gift cards, deposits and tips carry no tax and are no revenue', () => {
    const totals = computeTotals(
      basket([
        line(1, 1210),
        line(2, 500, { kind: 'shipping' }),
        line(3, 5000, { kind: 'gift_card' }),
        line(4, 25, { kind: 'deposit', quantity: 6n }),
        line(5, 300, { kind: 'tip' }),
      ]),
    )
    assert.deepEqual([totals.goods_total, totals.outside_total, totals.total], [1710n, 5450n, 7160n])
    assert.deepEqual(
      totals.lines.map((each) => each.tax),
      [210n, 87n, 0n, 0n, 0n],
    )
    assert.deepEqual(
      totals.taxes.map((tax) => [tax.total, tax.tax]),
      [[1710n, 297n]],
    )
  })
})

describe('a price', () => {
  test('of a weighed article is rounded once, for the whole weight', () => {
    // 12.99 per kg is 1.299 minor units per gram: 345 g cost 448.155 → 4.48.
    assert.equal(computeTotals(basket([line(1, 0, { quantity: 345n, unit_price_e4: 12_990n })])).total, 448n)
  })

  test('of half a minor unit is rounded up', () => {
    assert.equal(computeTotals(basket([line(1, 0, { unit_price_e4: 5_000n })])).total, 1n)
  })
})

describe('a discount', () => {
  test('of the whole order is split by largest remainder, ties to the lowest line', () => {
    const lines = [line(3, 100), line(1, 100), line(2, 100)]
    const totals = computeTotals(basket(lines, { order_adjustments: [off(100n, [1, 2, 3])] }))
    assert.deepEqual(
      totals.lines.map((each) => [each.seq, each.discount]),
      [
        [3, 33n],
        [1, 34n],
        [2, 33n],
      ],
    )
  })

  test('weighs by what earlier discounts left', () => {
    const first = line(1, 1000, { adjustments: [{ source: 'prm_1', label: 'Half', amount: 500n }] })
    const totals = computeTotals(basket([first, line(2, 1000)], { order_adjustments: [off(300n, [1, 2])] }))
    assert.deepEqual(
      totals.lines.map((each) => each.adjustments.map(({ source, amount }) => [source, amount])),
      [
        [
          ['prm_1', 500n],
          ['manual', 100n],
        ],
        [['manual', 200n]],
      ],
    )
  })

  test('takes no more than what is left, of a line and of an order', () => {
    const first = line(1, 300, { adjustments: [off(200n), off(200n), off(200n)] })
    const totals = computeTotals(basket([first, line(2, 50)], { order_adjustments: [off(80n, [2]), off(9n, [1, 2])] }))
    assert.deepEqual(
      totals.lines[0]?.adjustments.map((each) => each.amount),
      [200n, 100n],
    )
    assert.deepEqual([totals.discount, totals.total], [350n, 0n])
  })

  test('of 100 % with tax in the price leaves exactly nothing to pay and no tax', () => {
    // medusajs/medusa#12226: this came to −1.6e-14.
    for (const tax_rounding of ['per_rate_group', 'per_line'] as const) {
      const lines = [line(1, 1999, { quantity: 3n }), line(2, 333, { tax_rate_bp: 900 })]
      const totals = computeTotals(basket(lines, { tax_rounding, order_adjustments: [off(6330n, [1, 2])] }))
      assert.deepEqual([totals.net, totals.tax, totals.total, totals.discount], [0n, 0n, 0n, 6330n])
      assert.ok(totals.taxes.every((tax) => tax.tax === 0n && tax.net === 0n))
    }
  })

  test('of the whole order passes by what stands outside', () => {
    const lines = [line(1, 1000), line(2, 1000, { kind: 'gift_card' }), line(3, 1000, { kind: 'tip' })]
    const totals = computeTotals(basket(lines, { order_adjustments: [off(2000n, [1, 2, 3])] }))
    assert.deepEqual(
      totals.lines.map((each) => each.discount),
      [1000n, 0n, 0n],
    )
    assert.equal(totals.outside_total, 2000n)
  })
})

describe('what no till sends', () => {
  const refused: [string, TotalsIn][] = [
    ['an unknown currency', basket([], { currency: 'EUX' })],
    ['a sequence twice', basket([line(1, 1), line(1, 1)])],
    ['a negative sequence', basket([line(-1, 1)])],
    ['a quantity of 0', basket([line(1, 1, { quantity: 0n })])],
    ['a negative price', basket([line(1, -1)])],
    ['a negative rate', basket([line(1, 1, { tax_rate_bp: -1 })])],
    ['half a basis point', basket([line(1, 1, { tax_rate_bp: 0.5 })])],
    ['a negative discount', basket([line(1, 1, { adjustments: [off(-1n)] })])],
    ['a negative discount of the order', basket([line(1, 1)], { order_adjustments: [off(-1n, [1])] })],
    ['a discount for a line that is not there', basket([line(1, 1)], { order_adjustments: [off(1n, [2])] })],
    ['a discount on a gift card', basket([line(1, 1, { kind: 'gift_card', adjustments: [off(1n)] })])],
    ['a line beyond the largest amount', basket([line(1, 1_000_000_000_000)])],
    ['a sum beyond the largest amount', basket([line(1, 999_999_999_999), line(2, 1)])],
    [
      'a total that tax lifts beyond the largest amount',
      basket([line(1, 999_999_999_999)], { prices_include_tax: false }),
    ],
  ]
  for (const [what, input] of refused) {
    test(`${what} is refused`, () => {
      assert.throws(() => computeTotals(input), RangeError)
    })
  }

  test('an empty basket costs nothing', () => {
    assert.deepEqual(computeTotals(basket([])).total, 0n)
  })
})

describe('units of a line', () => {
  test('are worth what was paid for them, to the cent, whichever go back first', () => {
    // 10.00 for three: 3.33, 3.34, 3.33.
    assert.deepEqual(
      [unitsWorth(1000n, 3n, 0n, 1n), unitsWorth(1000n, 3n, 1n, 2n), unitsWorth(1000n, 3n, 2n, 3n)],
      [333n, 334n, 333n],
    )
    assert.equal(unitsWorth(1000n, 3n, 1n, 3n), 667n)
    assert.equal(unitsWorth(1000n, 3n, 1n, 1n), 0n)
  })

  test('that are not there are refused', () => {
    for (const [n, from, to] of [
      [0n, 0n, 0n],
      [3n, -1n, 1n],
      [3n, 2n, 1n],
      [3n, 0n, 4n],
    ] as const)
      assert.throws(() => unitsWorth(1n, n, from, to), RangeError)
  })
})

describe('shipping that follows the goods', () => {
  const { taxes } = computeTotals(basket([line(1, 7500), line(2, 2500, { tax_rate_bp: 900 })]))

  test('is split over their rates in proportion to their prices', () => {
    assert.deepEqual(
      splitShipping(499n, taxes, true).map((part) => [part.tax_rate_bp, part.amount]),
      [
        [2100, 374n],
        [900, 125n],
      ],
    )
  })

  test('is of the highest rate when the goods are free, and one line of 0 when it is free itself', () => {
    const free = taxes.map((tax) => ({ ...tax, net: 0n, tax: 0n, total: 0n }))
    assert.deepEqual(
      [splitShipping(499n, free, true), splitShipping(0n, taxes, true)].map((parts) =>
        parts.map((part) => [part.tax_rate_bp, part.amount]),
      ),
      [[[2100, 499n]], [[2100, 0n]]],
    )
  })

  test('needs goods and a price', () => {
    assert.throws(() => splitShipping(499n, [], true), RangeError)
    assert.throws(() => splitShipping(-1n, taxes, true), RangeError)
  })
})
