import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dayIn } from '../lib/day.ts'
import { Problem } from '../lib/problem.ts'
import { createGuessLimit } from './guess-limit.ts'

it('the day of supply is the store’s', () => {
  const at = new Date('2026-11-22T23:30:00Z')
  assert.equal(dayIn('Europe/Amsterdam', at), '2026-11-23')
  assert.equal(dayIn('America/New_York', at), '2026-11-22')
})

describe('wrong hand-over codes', () => {
  it('are counted per caller, and pages apart from staff', () => {
    let now = 0
    const limit = createGuessLimit({ now: () => new Date(now) })
    const page = (name: string) => ({ kind: 'holder' as const, name })
    const staff = { kind: 'merchant' as const, name: 'till' }
    const isLimited = (error: unknown) => error instanceof Problem && error.code === 'rate-limited'
    for (let i = 0; i < 10; i++) limit.miss('mer_1', page('a'))
    assert.throws(() => limit.check('mer_1', page('a')), isLimited)
    limit.check('mer_1', page('b'))
    limit.check('mer_2', page('a'))
    for (let i = 0; i < 290; i++) limit.miss('mer_1', page(`c${i}`))
    assert.throws(() => limit.check('mer_1', page('d')), isLimited)
    limit.check('mer_1', staff)
    now = 60_000
    limit.check('mer_1', page('a'))
  })
})
