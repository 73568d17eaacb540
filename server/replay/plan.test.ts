import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Cancellation, type Plan, planReplay, REPORTED, type Reported } from './plan.ts'
import { type Line, tradeOf } from './trade.fixture.ts'
import type { Trade } from './trade.ts'

/** Steps as short text: what is charged, refunded to which sale, credited. */
function stepsOf(lines: readonly Line[]): string[] {
  const trade = tradeOf(lines)
  return planReplay(trade).steps.map((step) => {
    if (step.kind === 'sale')
      return `${step.invoice.number} pays ${step.amount}${step.discount > 0n ? ` less ${step.discount}` : ''}`
    if (step.kind === 'correction') {
      const pieces = step.pieces.map(({ article, quantity }) => `${quantity} of ${trade.articles[article]?.code}`)
      return `${step.invoice.number} corrects ${pieces.join(', ')}`
    }
    const refunds = step.refunds.map(({ sale, amount }) => `refunds ${amount} of ${trade.invoices[sale]?.number}`)
    return [`${step.invoice.number}`, ...refunds, ...(step.credit > 0n ? [`credits ${step.credit}`] : [])].join(' ')
  })
}

describe('the plan of a replay', () => {
  it('makes one payment of all rows of an invoice, wherever they stand in the file', () => {
    assert.deepEqual(
      stepsOf([
        ['1', 'A', 2, '1.00', 'ann'],
        ['2', 'A', 1, '1.00', 'bob'],
        ['1', 'B', 1, '0.50', 'ann'],
      ]),
      ['1 pays 250', '2 pays 100'],
    )
  })

  it('pays an invoice once that the file holds twice', () => {
    assert.deepEqual(
      stepsOf([
        ['1', 'A', 2, '1.00', 'ann'],
        ['1', 'B', 1, '1.00', 'ann'],
        ['2', 'A', 1, '1.00', ''],
        ['1', 'A', 2, '1.00', 'ann'],
        ['1', 'B', 1, '1.00', 'ann'],
      ]),
      ['1 pays 300', '2 pays 100'],
    )
  })

  it('counts a row twice that stands in an invoice twice', () => {
    assert.deepEqual(
      stepsOf([
        ['1', 'A', 1, '1.00', 'ann'],
        ['1', 'A', 1, '1.00', 'ann'],
      ]),
      ['1 pays 200'],
    )
  })

  it('goes by time and not by place in the file', () => {
    assert.deepEqual(
      stepsOf([
        ['C3', 'A', -1, '1.00', 'ann', '2010-12-03 09:00:00'],
        ['2', 'A', 1, '1.00', 'ann', '2010-12-02 09:00:00'],
      ]),
      ['2 pays 100', 'C3 refunds 100 of 2'],
    )
  })

  it('credits what came back before it was bought', () => {
    assert.deepEqual(
      stepsOf([
        ['C1', 'A', -1, '1.00', 'ann', '2010-12-01 09:00:00'],
        ['2', 'A', 1, '1.00', 'ann', '2010-12-02 09:00:00'],
      ]),
      ['C1 credits 100', '2 pays 100'],
    )
  })

  it('matches a return to the newest sale at its price, then to others, and credits the rest', () => {
    const lines: Line[] = [
      ['1', 'A', 2, '1.00', 'ann', '2010-12-01 09:00:00'],
      ['2', 'A', 2, '1.00', 'ann', '2010-12-02 09:00:00'],
      ['3', 'A', 1, '0.80', 'ann', '2010-12-03 09:00:00'],
      ['C4', 'A', -7, '1.00', 'ann', '2010-12-04 09:00:00'],
    ]
    // 2 of invoice 2, 2 of invoice 1, 1 of invoice 3 at no more than it cost, 2 pieces never sold and 20 pence too many.
    assert.equal(stepsOf(lines).at(-1), 'C4 refunds 200 of 1 refunds 200 of 2 refunds 80 of 3 credits 220')
  })

  it('never matches a return of nobody, nor one of another customer', () => {
    assert.deepEqual(
      stepsOf([
        ['1', 'A', 5, '1.00', ''],
        ['2', 'A', 5, '1.00', 'ann'],
        ['C3', 'A', -1, '1.00', ''],
        ['C4', 'A', -1, '1.00', 'bob'],
      ]).slice(2),
      ['C3 credits 100', 'C4 credits 100'],
    )
  })

  it('finds the article in other letters', () => {
    assert.equal(
      stepsOf([
        ['1', '85123A', 5, '1.00', 'ann'],
        ['C2', '85123a', -1, '1.00', 'ann'],
      ]).at(-1),
      'C2 refunds 100 of 1',
    )
  })

  it('never refunds more than the payment was, where a discount lowered it', () => {
    assert.deepEqual(
      stepsOf([
        ['1', 'A', 10, '1.00', 'ann'],
        ['1', 'D', -1, '4.00', 'ann'],
        ['C2', 'A', -10, '1.00', 'ann'],
      ]),
      ['1 corrects 1 of D', '1 pays 1000 less 400', 'C2 refunds 600 of 1 credits 400'],
    )
  })

  it('reports adjustments and what cannot be an order, and charges none of them', () => {
    const plan = planReplay(
      tradeOf([
        ['A1', 'B', 1, '11062.06', ''],
        ['A2', 'B', 1, '-11062.06', ''],
        ['3', 'D', -1, '5.00', 'ann'],
        ['C4', 'M', 1, '2.00', 'ann'],
        ['X5', 'M', 1, '3.00', 'ann'],
        ['6', 'M', 2, '1.00001', 'ann'],
        ['7', 'M', -1, '-4.00', 'ann'],
      ]),
    )
    assert.deepEqual(plan.steps, [])
    assert.deepEqual(plan.reported, {
      adjustment: { rows: 2, amount: 0n },
      write_off: { rows: 0, amount: 0n },
      found: { rows: 0, amount: 0n },
      given_along: { rows: 0, amount: 0n },
      zero: { rows: 0, amount: 0n },
      unsellable: { rows: 2, amount: 600n },
      not_above_zero: { rows: 1, amount: -500n },
      charge_in_cancellation: { rows: 1, amount: 200n },
      repeat: { rows: 0, amount: 0n },
      unknown: { rows: 1, amount: 300n },
    })
  })

  it('gives along what costs nothing, and puts the stock right where nobody bought it', () => {
    const lines: Line[] = [
      ['1', 'A', 2, '1.00', 'ann'],
      ['1', 'B', 1, '0', 'ann'],
      ['1', 'C', -3, '0', 'ann'],
      ['2', 'A', 1, '0.00', 'ann'],
      ['3', 'A', 1, '0.004', 'ann'],
      ['4', 'A', -20, '0', ''],
      ['5', 'A', 56, '0', ''],
      ['6', 'A', 0, '1.00', 'ann'],
    ]
    assert.deepEqual(stepsOf(lines), [
      '1 corrects -3 of C',
      '1 pays 200',
      '2 pays 0',
      '3 pays 0',
      '4 corrects -20 of A',
      '5 corrects 56 of A',
    ])
    const { given_along, write_off, found, zero } = planReplay(tradeOf(lines)).reported
    assert.deepEqual([given_along.rows, write_off.rows, found.rows, zero.rows], [3, 2, 1, 1])
  })

  it('says which pieces come back, how many went before them, and which belong to no sale', () => {
    const trade = tradeOf([
      ['1', 'A', 5, '1.00', 'ann', '2010-12-01 09:00:00'],
      ['C2', 'A', -2, '1.00', 'ann', '2010-12-02 09:00:00'],
      ['C3', 'A', -4, '1.00', 'ann', '2010-12-03 09:00:00'],
    ])
    const back = planReplay(trade).steps.filter((step): step is Cancellation => step.kind === 'cancellation')
    assert.deepEqual(
      back.map(({ refunds, unmatched }) => [refunds[0]?.pieces, unmatched]),
      [
        [[{ row: 0, quantity: 2, before: 0, amount: 200n }], []],
        [[{ row: 0, quantity: 3, before: 2, amount: 300n }], [{ article: 0, quantity: 1 }]],
      ],
    )
  })

  it('refunds no more than was sold, per row and payment, and accounts for every penny, whatever the trade', () => {
    fc.assert(
      fc.property(fc.array(anyLine(), { maxLength: 60 }), (lines) => holdsTogether(tradeOf(lines))),
      { numRuns: 500 },
    )
  })
})

function anyLine(): fc.Arbitrary<Line> {
  return fc
    .record({
      number: fc.integer({ min: 1, max: 12 }),
      kind: fc.constantFrom('', '', 'C', 'C', 'A'),
      article: fc.constantFrom('A', 'B', 'a'),
      pieces: fc.integer({ min: -6, max: 9 }),
      price: fc.constantFrom('0', '0.085', '1.00', '1.005', '3.33', '-2.00'),
      customer: fc.constantFrom('ann', 'bob', ''),
      day: fc.integer({ min: 1, max: 9 }),
    })
    .map(({ number, kind, article, pieces, price, customer, day }): Line => {
      return [
        `${kind}${number}`,
        article,
        kind === 'C' ? -Math.abs(pieces) : pieces,
        price,
        customer,
        `2010-12-0${day} 09:00:00`,
      ]
    })
}

/** The promises of matching, written apart from it: only sums over the plan. */
function holdsTogether(trade: Trade): void {
  const plan: Plan = planReplay(trade)
  const reported = (Object.keys(REPORTED) as Reported[]).reduce((sum, why) => sum + plan.reported[why].amount, 0n)
  assert.equal(plan.charged.amount - plan.refunded.amount - plan.credited.amount + reported, trade.totalAmount)
  const paid = new Map<number, bigint>()
  const seen = new Set<number>()
  for (const step of plan.steps) {
    if (step.kind === 'sale') {
      assert.ok(step.amount >= 0n && step.amount >= step.discount && step.discount >= 0n)
      paid.set(step.place, step.amount - step.discount)
      assert.equal(
        step.lines.map(trade.row).reduce((sum, { amount }) => sum + amount, 0n),
        step.amount,
      )
    } else if (step.kind === 'cancellation') {
      checkCancellation(trade, step, paid)
    }
    if (step.kind === 'correction') continue
    assert.ok(!seen.has(step.place))
    seen.add(step.place)
  }
}

function checkCancellation(trade: Trade, step: Cancellation, left: Map<number, bigint>): void {
  const owed = step.invoice.rows.map(trade.row).reduce((sum, { amount }) => (amount < 0n ? sum - amount : sum), 0n)
  const refunded = step.refunds.reduce((sum, { amount }) => sum + amount, 0n)
  assert.equal(refunded + step.credit, owed)
  assert.ok(step.credit >= 0n)
  for (const { sale, amount } of step.refunds) {
    const rest = (left.get(sale) ?? 0n) - amount
    assert.ok(amount > 0n && rest >= 0n, 'a refund of more than the payment, or of a later sale')
    assert.equal(trade.invoices[sale]?.customer, step.invoice.customer)
    assert.notEqual(step.invoice.customer, '')
    left.set(sale, rest)
  }
}
