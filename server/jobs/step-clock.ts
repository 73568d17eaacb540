// A clock for tests: time stands still until the test moves it, and sleepers wake in the order of their moments.

import type { Clock } from '../lib/clock.ts'

export interface StepClock extends Clock {
  /** Moves time on by `ms`, waking each sleeper at its own moment, and lets what they woke run up to its next wait. */
  advance(ms: number): Promise<void>
  /** How many sleeps are waiting. */
  sleepers(): number
}

/** Stands at `start` until advanced. */
export function createStepClock(start = new Date('2026-01-05T09:00:00Z')): StepClock {
  let nowMs = start.getTime()
  const sleepers = new Set<{ at: number; wake: () => void }>()

  return {
    now: () => new Date(nowMs),
    sleep(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const sleeper = { at: nowMs + ms, wake }
        function wake() {
          sleepers.delete(sleeper)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', wake, { once: true })
      })
    },
    async advance(ms) {
      // What was started just before may still be on its way to its first sleep.
      await settle()
      const end = nowMs + ms
      for (;;) {
        const next = [...sleepers].filter((sleeper) => sleeper.at <= end).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        nowMs = Math.max(nowMs, next.at)
        next.wake()
        await settle()
      }
      nowMs = end
      await settle()
    },
    sleepers: () => sleepers.size,
  }
}

/** A turn of the event loop, after all promises that are ready. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
