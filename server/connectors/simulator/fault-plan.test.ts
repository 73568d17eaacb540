import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultPlanFrom } from './fault-plan.ts'

test('a plan that is understood is taken as it is, and an empty one has no faults', () => {
  assert.deepEqual(faultPlanFrom({}), { seed: 0, rates: {} })
  const plan = {
    ...{ seed: 7, rates: { lost_after: 0.5 }, next: [{ verb: 'refund', fault: 'decline' }], webhooks: 'all' },
    ...{ slow_ms: 0, late_ms: 86_400_000 },
  }
  assert.deepEqual(faultPlanFrom(plan), plan)
})

test('a plan that would strike nothing, or not what was meant, is refused with what is wrong', () => {
  for (const [plan, said] of [
    [null, /an object/],
    [[], /an object/],
    [{ rate: { lost_after: 1 } }, /no "rate"/],
    [{ seed: 'x' }, /seed/],
    [{ rates: null }, /rates is an object/],
    [{ rates: { lost: 1 } }, /no such fault: "lost"/],
    [{ rates: { down: 1.5 } }, /from 0 to 1/],
    [{ rates: { down: '1' } }, /from 0 to 1/],
    [{ next: 'sale' }, /a list/],
    [{ next: [null] }, /a list/],
    [{ next: [{ verb: 'pay', fault: 'down' }] }, /no such verb: "pay"/],
    [{ next: [{ verb: 'sale' }] }, /no such fault/],
    [{ webhooks: 'none' }, /later or all/],
    [{ slow_ms: -1 }, /slow_ms/],
    [{ settle_ms: '60' }, /settle_ms/],
  ] as const) {
    const answer = faultPlanFrom(plan)
    assert.ok(typeof answer === 'string' && said.test(answer), `${JSON.stringify(plan)} gave ${JSON.stringify(answer)}`)
  }
})
