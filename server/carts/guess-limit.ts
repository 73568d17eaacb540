// Bounds how often somebody may be wrong about a hand-over code. Counted in this process: with n processes n times as many
// guesses, which is still next to nothing against 148 million codes of which a handful live.

import type { Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'

export interface GuessLimit {
  /** Throws rate-limited when the guesser, or all of the merchant's callers of its kind, have been wrong too often. */
  check(merchantId: string, guesser: Guesser): void
  /** Notes a wrong guess. */
  miss(merchantId: string, guesser: Guesser): void
}

/** Pages are counted apart from staff, so that guesses in a browser never close the tills. */
export interface Guesser {
  kind: 'merchant' | 'holder'
  /** The key with the address or register it is used from. */
  name: string
}

const WINDOW_MS = 60_000
/** A cashier who mistypes does it two or three times. */
const PER_GUESSER = 10
/** For all callers of a merchant of one kind together, so that guesses from many addresses do not add up. */
const PER_MERCHANT = 300
/** Counters kept; past it the oldest goes. */
const MAX_COUNTERS = 10_000

/** Makes the counters. One per process. */
export function createGuessLimit(clock: Pick<Clock, 'now'>): GuessLimit {
  const counters = new Map<string, { from: number; misses: number }>()

  function counterOf(key: string): { from: number; misses: number } {
    const now = clock.now().getTime()
    const kept = counters.get(key)
    if (kept && now - kept.from < WINDOW_MS) return kept
    const fresh = { from: now, misses: 0 }
    counters.delete(key)
    counters.set(key, fresh)
    if (counters.size > MAX_COUNTERS) counters.delete(counters.keys().next().value as string)
    return fresh
  }

  const keysOf = (merchantId: string, { kind, name }: Guesser): [string, number][] => [
    [`${merchantId} ${kind} ${name}`, PER_GUESSER],
    [`${merchantId} ${kind}`, PER_MERCHANT],
  ]
  return {
    check(merchantId, guesser) {
      for (const [key, most] of keysOf(merchantId, guesser)) {
        if (counterOf(key).misses >= most)
          throw new Problem('rate-limited', { detail: 'Too many wrong codes. Wait a minute.' })
      }
    },
    miss(merchantId, guesser) {
      for (const [key] of keysOf(merchantId, guesser)) counterOf(key).misses++
    },
  }
}
