import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  applyPromotions,
  codeKey,
  type LineKind,
  type Promotion,
  type PromotionContext,
  type PromotionLine,
  type PromotionRule,
} from './index.ts'
import { AT, article, context, promotion, totalsWith } from './promotion.fixture.ts'

const HOUR = 3_600_000
const apply = (lines: PromotionLine[], promotions: Promotion[], more: Partial<PromotionContext> = {}) =>
  applyPromotions({ lines, context: context(more) }, promotions)
/** What each line costs less, in the order of the lines. */
const discounts = (lines: PromotionLine[], promotions: Promotion[], more: Partial<PromotionContext> = {}) =>
  totalsWith(lines, apply(lines, promotions, more)).lines.map((line) => Number(line.discount))
const reasons = (lines: PromotionLine[], promotions: Promotion[], more: Partial<PromotionContext> = {}) =>
  apply(lines, promotions, more).refused.map(({ promotion_id, code, reason }) => [promotion_id ?? code, reason])

const HALF: PromotionRule = { kind: 'percent_off', percent_bp: 5000, applies_to: 'lines' }
const TENTH: PromotionRule = { kind: 'percent_off', percent_bp: 1000, applies_to: 'order' }
const FIVER: PromotionRule = { kind: 'amount_off', amount: 500n, per: 'order' }
const FREE_SHIPPING: PromotionRule = { kind: 'free_shipping', max_amount: null }
const tiers = (basis: 'spend' | 'quantity'): PromotionRule => ({
  kind: 'tiers',
  basis,
  tiers: [
    { from: 10n, percent_bp: 1000 },
    { from: 5000n, percent_bp: 2000 },
    { from: 2000n, amount: 300n },
  ],
})

describe('a promotion takes off', () => {
  const cases: [string, PromotionRule, PromotionLine[], number[]][] = [
    ['half of each line, rounded for each', HALF, [article(1, 333), article(2, 333)], [167, 167]],
    ['a tenth of the order, rounded once', TENTH, [article(1, 333), article(2, 333)], [34, 33]],
    ['an amount for each piece', { kind: 'amount_off', amount: 50n, per: 'unit' }, [article(1, 300, 4)], [200]],
    ['no more for a piece than it costs', { kind: 'amount_off', amount: 50n, per: 'unit' }, [article(1, 30, 4)], [120]],
    [
      'an amount for each line',
      { kind: 'amount_off', amount: 50n, per: 'line' },
      [article(1, 30), article(2, 90)],
      [30, 50],
    ],
    ['an amount of the order, by what the lines cost', FIVER, [article(1, 3000), article(2, 1000)], [375, 125]],
    ['no more of the order than it costs', FIVER, [article(1, 300), article(2, 100)], [300, 100]],
    [
      'the cheapest of three',
      { kind: 'x_for_y', take: 3, pay: 2 },
      [article(1, 900), article(2, 300), article(3, 500)],
      [0, 300, 0],
    ],
    [
      'the cheapest of each three, the dearest being grouped together',
      { kind: 'x_for_y', take: 3, pay: 2 },
      // 900 900 [900] 500 300 [300] 200
      [article(1, 300, 2), article(2, 900, 3), article(3, 500), article(4, 200)],
      [300, 900, 0, 0],
    ],
    ['two of each five in one line', { kind: 'x_for_y', take: 5, pay: 3 }, [article(1, 100, 12)], [400]],
    ['nothing of an incomplete group', { kind: 'x_for_y', take: 3, pay: 2 }, [article(1, 900, 2)], [0]],
    [
      'what three cost more than ten euros',
      { kind: 'bundle_price', quantity: 3, price: 1000n },
      [article(1, 400, 7)],
      [400],
    ],
    [
      'what a mixed bundle costs more, by what its lines cost',
      { kind: 'bundle_price', quantity: 2, price: 500n },
      [article(1, 400), article(2, 600)],
      [200, 300],
    ],
    [
      'nothing where the bundle is no bargain',
      { kind: 'bundle_price', quantity: 2, price: 500n },
      [article(1, 400, 2), article(2, 200, 2)],
      [300, 0],
    ],
    ['by the highest tier that was spent', tiers('spend'), [article(1, 2500), article(2, 2500)], [500, 500]],
    ['by a lower tier when less was spent', tiers('spend'), [article(1, 2400)], [300]],
    ['by a tier of pieces', tiers('quantity'), [article(1, 100, 9), article(2, 100)], [90, 10]],
    ['the shipping', FREE_SHIPPING, [article(1, 100), article(2, 495, 1, { kind: 'shipping' })], [0, 495]],
    [
      'shipping up to an amount',
      { kind: 'free_shipping', max_amount: 300n },
      [article(1, 100), article(2, 495, 1, { kind: 'shipping' })],
      [0, 300],
    ],
    [
      'a weighed article as one piece',
      { kind: 'amount_off', amount: 50n, per: 'unit' },
      [article(1, 1, 345, { is_weighed: true })],
      [50],
    ],
    ['only what a hand left', HALF, [article(1, 1000, 1, { taken_off: 600n })], [800]],
  ]
  for (const [title, rule, lines, expected] of cases) {
    test(title, () => {
      assert.deepEqual(discounts(lines, [promotion('prm_1', rule)]), expected)
    })
  }

  test('nothing from gift cards, deposits, tips and fees', () => {
    const kinds: LineKind[] = ['gift_card', 'deposit', 'tip', 'fee', 'shipping', 'goods']
    const lines = kinds.map((kind, seq) => article(seq, 1000, 1, { kind }))
    assert.deepEqual(discounts(lines, [promotion('prm_1', HALF), promotion('prm_2', TENTH)]), [0, 0, 0, 0, 0, 550])
  })

  test('two and a half billion pieces in no time', () => {
    const lines = [article(1, 3, 2_500_000_000), article(2, 2, 2_500_000_001)]
    assert.deepEqual(
      discounts(lines, [promotion('prm_1', { kind: 'x_for_y', take: 2, pay: 1 })]),
      [3_750_000_000, 2_500_000_000],
    )
    assert.deepEqual(
      discounts(lines, [promotion('prm_1', { kind: 'bundle_price', quantity: 2, price: 5n })]),
      [1_250_000_000, 0],
    )
  })
})

describe('a promotion is for', () => {
  const shirt = article(1, 2000, 2, { categories: ['clothes', 'sale'] })
  const book = article(2, 1000)
  const of = (conditions: Partial<Promotion['conditions']>) => [promotion('prm_1', HALF, { conditions })]

  test('the articles it names, by variant, product or category', () => {
    assert.deepEqual(discounts([shirt, book], of({ variant_ids: ['var_2'] })), [0, 500])
    assert.deepEqual(discounts([shirt, book], of({ product_ids: ['prd_1'] })), [2000, 0])
    assert.deepEqual(discounts([shirt, book], of({ categories: ['sale'], variant_ids: ['var_2'] })), [2000, 500])
  })

  const refusals: [string, Promotion, Partial<PromotionContext>][] = [
    ['no_matching_line', promotion('p', HALF, { conditions: { categories: ['toys'] } }), {}],
    ['below_min_quantity', promotion('p', HALF, { conditions: { categories: ['sale'], min_quantity: 3 } }), {}],
    ['below_min_subtotal', promotion('p', HALF, { conditions: { min_subtotal: 5001n } }), {}],
    ['wrong_channel', promotion('p', HALF, { conditions: { channels: ['pos'] } }), {}],
    ['wrong_store', promotion('p', HALF, { conditions: { store_ids: ['sto_1'] } }), { store_id: 'sto_2' }],
    ['wrong_store', promotion('p', HALF, { conditions: { store_ids: ['sto_1'] } }), {}],
    [
      'wrong_customer_group',
      promotion('p', HALF, { conditions: { customer_groups: ['gold'] } }),
      { customer_groups: ['new'] },
    ],
    ['wrong_currency', promotion('p', FIVER, { currency: 'SEK' }), {}],
    ['not_started', promotion('p', HALF, { starts_at: new Date(AT.getTime() + 1) }), {}],
    ['ended', promotion('p', HALF, { ends_at: AT }), {}],
    ['exhausted', promotion('p', HALF, { is_exhausted: true }), {}],
    ['customer_needed', promotion('p', HALF, { max_uses_per_customer: 1 }), {}],
    ['code_needed', promotion('p', HALF, { codes: ['SUMMER'] }), {}],
    ['nothing_to_take_off', promotion('p', FREE_SHIPPING), {}],
  ]
  for (const [reason, refused, more] of refusals) {
    test(`not the basket, and says ${reason}`, () => {
      assert.deepEqual(reasons([shirt, book], [refused], more), [['p', reason]])
    })
  }

  test('the basket that just meets every condition', () => {
    const strict = promotion('prm_1', HALF, {
      starts_at: AT,
      ends_at: new Date(AT.getTime() + HOUR),
      currency: 'EUR',
      max_uses_per_customer: 1,
      conditions: {
        categories: ['sale'],
        min_quantity: 2,
        min_subtotal: 4000n,
        channels: ['pos', 'web'],
        store_ids: ['sto_1'],
        customer_groups: ['gold'],
      },
    })
    const who = { store_id: 'sto_1', customer_id: 'cus_1', customer_groups: ['new', 'gold'] }
    assert.deepEqual(discounts([shirt, book], [strict], who), [2000, 0])
  })
})

describe('a code', () => {
  const summer = promotion('prm_1', HALF, { codes: [codeKey('Été-20')] })

  test('opens its promotion in small letters or capitals, as long as they are a to z', () => {
    const typed = ['ÉTÉ-20', ' Été-20 ', 'E\u0301te\u0301-20'.toUpperCase()].map((code) => codeKey(code))
    assert.deepEqual(typed, ['ÉTÉ-20', 'ÉTé-20', 'ÉTÉ-20'])
    assert.equal(codeKey('summer20'), codeKey('SUMMER20'))
    // No letter but a to z is folded: ſ and ı would become S and I.
    assert.notEqual(codeKey('ſummer'), codeKey('summer'))
    const applied = apply([article(1, 1000)], [summer], { codes: ['été-20', 'Été-20'] })
    assert.deepEqual(applied.used, [{ promotion_id: 'prm_1', code: codeKey('Été-20'), amount: 500n }])
    assert.deepEqual(applied.refused, [{ promotion_id: null, code: codeKey('été-20'), reason: 'code_unknown' }])
  })

  test('that opens nothing is told, and a second one for the same promotion too', () => {
    const two = promotion('prm_1', HALF, { codes: ['A', 'B'] })
    assert.deepEqual(reasons([article(1, 1000)], [two], { codes: ['c', 'b', 'a'] }), [
      ['C', 'code_unknown'],
      ['A', 'not_combinable'],
    ])
  })
})

describe('several promotions', () => {
  test('are taken by priority, each from what is left: half, then a tenth of the rest', () => {
    const lines = [article(1, 1000)]
    const applied = apply(lines, [
      promotion('prm_2', { kind: 'percent_off', percent_bp: 1000, applies_to: 'lines' }, { priority: 2 }),
      promotion('prm_1', HALF, { priority: 1 }),
    ])
    assert.deepEqual(
      applied.used.map(({ promotion_id, amount }) => [promotion_id, amount]),
      [
        ['prm_1', 500n],
        ['prm_2', 50n],
      ],
    )
  })

  test('take from lines before they take from the order, and from shipping last', () => {
    const lines = [article(1, 10_000), article(2, 500, 1, { kind: 'shipping' })]
    const free = promotion('prm_1', FREE_SHIPPING, { priority: 1, conditions: { min_subtotal: 4501n } })
    const all = [free, promotion('prm_2', TENTH, { priority: 2 }), promotion('prm_3', HALF, { priority: 3 })]
    assert.deepEqual(
      apply(lines, all).used.map(({ promotion_id, amount }) => [promotion_id, amount]),
      [
        ['prm_3', 5000n],
        ['prm_2', 500n],
      ],
    )
    // 10,000 − 5,000 − 500 = 4,500 is one cent short of free shipping.
    assert.deepEqual(reasons(lines, all), [['prm_1', 'below_min_subtotal']])
  })

  test('an exclusive one that comes first applies alone', () => {
    const all = [
      promotion('prm_1', TENTH, { priority: 1, is_exclusive: true }),
      promotion('prm_2', HALF, { priority: 2 }),
    ]
    assert.deepEqual(discounts([article(1, 1000)], all), [100])
    assert.deepEqual(reasons([article(1, 1000)], all), [['prm_2', 'not_combinable']])
  })

  test('an exclusive one that comes later does not apply, unless those before it do not', () => {
    const first = promotion('prm_1', HALF, { priority: 1, conditions: { min_subtotal: 1000n } })
    const all = [first, promotion('prm_2', TENTH, { priority: 2, is_exclusive: true })]
    assert.deepEqual(discounts([article(1, 1000)], all), [500])
    assert.deepEqual(reasons([article(1, 1000)], all), [['prm_2', 'not_combinable']])
    assert.deepEqual(discounts([article(1, 900)], all), [90])
  })

  test('one that stacks with none leaves the lines of others alone, and closes its own', () => {
    const lines = [article(1, 1000), article(2, 1000)]
    const first = promotion('prm_1', HALF, { priority: 1, stacks_with: 'none', conditions: { variant_ids: ['var_1'] } })
    const second = promotion('prm_2', HALF, { priority: 2 })
    assert.deepEqual(discounts(lines, [first, second]), [500, 500])
    assert.deepEqual(discounts(lines, [{ ...first, priority: 3 }, second]), [500, 500])
    assert.deepEqual(reasons(lines, [{ ...first, priority: 3 }, second]), [['prm_1', 'not_combinable']])
  })
})

// ---- Laws ----------------------------------------------------------------------------------------------------------

const bp = fc.integer({ min: 1, max: 10_000 })
const amount = fc.bigInt({ min: 1n, max: 5_000n })
const anyRule: fc.Arbitrary<PromotionRule> = fc.oneof(
  fc.record({
    kind: fc.constant('percent_off' as const),
    percent_bp: bp,
    applies_to: fc.constantFrom('lines' as const, 'order' as const),
  }),
  fc.record({
    kind: fc.constant('amount_off' as const),
    amount,
    per: fc.constantFrom('unit' as const, 'line' as const, 'order' as const),
  }),
  fc
    .record({ take: fc.integer({ min: 2, max: 6 }), less: fc.integer({ min: 1, max: 5 }) })
    .map(({ take, less }) => ({ kind: 'x_for_y' as const, take, pay: Math.max(take - less, 0) })),
  fc.record({ kind: fc.constant('bundle_price' as const), quantity: fc.integer({ min: 1, max: 5 }), price: amount }),
  fc.record({
    kind: fc.constant('tiers' as const),
    basis: fc.constantFrom('spend' as const, 'quantity' as const),
    tiers: fc.array(fc.oneof(fc.record({ from: amount, percent_bp: bp }), fc.record({ from: amount, amount })), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
  fc.record({ kind: fc.constant('free_shipping' as const), max_amount: fc.option(amount) }),
)
const anyPromotion = fc.record({
  rule: anyRule,
  priority: fc.integer({ min: 0, max: 3 }),
  is_exclusive: fc.boolean(),
  stacks_with: fc.constantFrom('all' as const, 'all' as const, 'none' as const),
  conditions: fc.record({
    categories: fc.subarray(['a', 'b']),
    min_quantity: fc.option(fc.integer({ min: 1, max: 9 })),
    min_subtotal: fc.option(amount),
  }),
})
const anyPromotions = fc
  .array(anyPromotion, { maxLength: 6 })
  .map((all) => all.map(({ rule, ...more }, i) => promotion(`prm_${i}`, rule, more)))
const anyLines = fc
  .array(
    fc.record({
      price: fc.integer({ min: 0, max: 3_000 }),
      quantity: fc.integer({ min: 1, max: 12 }),
      kind: fc.constantFrom<LineKind>('goods', 'goods', 'goods', 'shipping', 'fee', 'gift_card', 'tip'),
      categories: fc.subarray(['a', 'b', 'c']),
      is_weighed: fc.boolean(),
    }),
    { maxLength: 8 },
  )
  .map((all) => all.map(({ price, quantity, ...more }, seq) => article(seq, price, quantity, more)))

describe('for every basket and every set of promotions', () => {
  const law = (check: (lines: PromotionLine[], promotions: Promotion[]) => void) =>
    fc.assert(fc.property(anyLines, anyPromotions, check), { numRuns: 500 })

  test('what is used is what totals take off, promotion by promotion', () => {
    law((lines, promotions) => {
      const applied = apply(lines, promotions)
      const totals = totalsWith(lines, applied)
      for (const { promotion_id, amount } of applied.used) {
        const taken = totals.lines.flatMap((line) => line.adjustments.filter(({ source }) => source === promotion_id))
        assert.equal(
          taken.reduce((sum, each) => sum + each.amount, 0n),
          amount,
          promotion_id,
        )
      }
      assert.equal(
        applied.used.reduce((sum, use) => sum + use.amount, 0n),
        totals.discount,
      )
    })
  })

  test('every promotion is used or refused, an exclusive one alone', () => {
    law((lines, promotions) => {
      const { used, refused } = apply(lines, promotions)
      const told = [...used, ...refused].map((each) => each.promotion_id)
      assert.deepEqual(told.sort(), promotions.map((each) => each.id).sort())
      const isAlone =
        used.length <= 1 || !used.some((use) => promotions.find(({ id }) => id === use.promotion_id)?.is_exclusive)
      assert.ok(isAlone && used.every((use) => use.amount > 0n))
    })
  })

  test('the order in which lines and promotions come changes nothing', () => {
    law((lines, promotions) => {
      assert.deepEqual(apply([...lines].reverse(), [...promotions].reverse()).used, apply(lines, promotions).used)
    })
  })

  test('nobody gets more free pieces by paying for the basket in two parts', () => {
    const goods = fc.array(
      fc.record({
        price: fc.integer({ min: 0, max: 3_000 }),
        one: fc.integer({ min: 0, max: 6 }),
        two: fc.integer({ min: 0, max: 6 }),
      }),
      { maxLength: 5 },
    )
    fc.assert(
      fc.property(goods, fc.integer({ min: 2, max: 5 }), (all, take) => {
        const offer = [promotion('prm_1', { kind: 'x_for_y', take, pay: take - 1 })]
        const cost = (countOf: (each: { one: number; two: number }) => number) => {
          const lines = all.flatMap((each, seq) => (countOf(each) > 0 ? [article(seq, each.price, countOf(each))] : []))
          return totalsWith(lines, apply(lines, offer)).total
        }
        assert.ok(cost(({ one, two }) => one + two) <= cost(({ one }) => one) + cost(({ two }) => two))
      }),
    )
  })
})
