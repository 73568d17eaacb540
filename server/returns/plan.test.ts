import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RefundableTender } from '../payments/index.ts'
import { planRefund } from './plan.ts'

const tender = (id: string, captured: bigint, more: Partial<RefundableTender> = {}): RefundableTender => ({
  ...{ payment_id: 'pay', tender_id: id, method: 'card', captured, refundable: captured },
  ...{ can: ['refund', 'partial_refund'], register_id: null, ...more },
})
const cash = { method: 'cash', register_id: 'reg' }

test('money goes back over the newest tender first, each as far as it goes', () => {
  const plan = planRefund(1500n, [tender('new', 1000n), tender('old', 2000n)], undefined, false)
  assert.deepEqual(
    plan.parts.map(({ tender_id, amount, destination }) => [tender_id, amount, destination]),
    [
      ['new', 1000n, null],
      ['old', 500n, null],
    ],
  )
  assert.equal(plan.stuck, 0n)
})

test('what a tender cannot take back goes to the way that was named, and else is stuck', () => {
  const voucher = tender('voucher', 1000n, { method: 'vvv', can: [] })
  assert.equal(planRefund(800n, [voucher], undefined, false).stuck, 800n)
  const plan = planRefund(800n, [voucher], cash, false)
  assert.deepEqual([plan.stuck, plan.cashOut, plan.parts[0]?.destination], [0n, 800n, cash])
})

test('a tender that is refunded whole or not at all is, when all of it goes back', () => {
  const whole = tender('whole', 1000n, { can: ['refund'] })
  assert.equal(planRefund(1000n, [whole], undefined, false).parts[0]?.destination, null)
  assert.equal(planRefund(999n, [whole], undefined, false).stuck, 999n)
})

test('the customer’s wish sends all of it one way; cash back for cash is no cash out', () => {
  const plan = planRefund(300n, [tender('note', 300n, { method: 'cash' })], cash, true)
  assert.deepEqual([plan.cashOut, plan.parts[0]?.destination], [0n, cash])
})

test('parts and what is stuck add up to the amount, and no tender gives more than it has', () => {
  const amounts = fc.bigInt(0n, 100_000n)
  const tenders = fc.array(
    fc.record({ captured: fc.bigInt(1n, 50_000n), given: amounts, can: fc.subarray(['refund', 'partial_refund']) }),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(amounts, tenders, fc.boolean(), fc.boolean(), (amount, list, hasWay, isForced) => {
      const all = list.map(({ captured, given, can }, i) =>
        tender(String(i), captured, { can, refundable: given < captured ? captured - given : 0n }),
      )
      const plan = planRefund(amount, all, hasWay ? cash : undefined, isForced)
      const sum = plan.parts.reduce((total, part) => total + part.amount, 0n)
      assert.equal(sum + plan.stuck, amount)
      for (const part of plan.parts)
        assert.ok(part.amount > 0n && part.amount <= (all[Number(part.tender_id)]?.refundable ?? 0n))
    }),
  )
})
