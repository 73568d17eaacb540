import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createOutage } from './outage.ts'

describe('an outage', () => {
  /** Seconds at which the test says what happened, and what was said then. */
  function told(happened: readonly (readonly [second: number, 'failed' | 'answered'])[]): string[] {
    const said: string[] = []
    let second = 0
    const clock = { now: () => new Date(second * 1_000) }
    const outage = createOutage(clock, 300_000, (text) => said.push(text))
    for (const [at, what] of happened) {
      second = at
      if (what === 'failed') outage.failed('connect ECONNREFUSED')
      else outage.answered()
    }
    return said
  }

  it('is told once in a while, and its end', () => {
    const happened = [0, 0.5, 2, 3, 10, 18, 20].map((at) => [at, 'failed'] as const)
    assert.deepEqual(told([...happened, [21, 'answered'], [22, 'answered']]), [
      'The server has not answered for 2 s (connect ECONNREFUSED). Trying for up to 5 minutes.',
      'The server has not answered for 18 s (connect ECONNREFUSED). Trying for up to 5 minutes.',
      'The server answers again after 21 s.',
    ])
  })

  it('is none while others are answered', () => {
    assert.deepEqual(told([0, 1, 2, 3].flatMap((at) => [[at, 'failed'] as const, [at + 0.5, 'answered'] as const])), [])
  })
})
