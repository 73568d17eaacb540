// Luck and time of a simulated world: both follow from a seed, so a run can be had again.

import { type Clock, systemClock } from '../server/lib/clock.ts'
import type { FillRandom } from '../server/lib/ids.ts'

/** Random numbers in [0, 1) that depend on the seed alone (mulberry32). */
export type Random = () => number

export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** Fills buffers from a source of luck, for createIds. */
export function fillFrom(random: Random): FillRandom {
  return (bytes) => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256)
  }
}

/** A clock that moves only when it is moved, and by one millisecond whenever it is read. */
export interface WorldClock extends Clock {
  /** Moves on and wakes who sleeps until then. */
  advance(ms: number): void
  /** The moment, without moving. */
  peek(): Date
}

interface Sleeper {
  until: number
  wake(): void
}

/**
 * Reading it moves it, so that no two facts carry the same time and the order of facts can be read from them. Nobody ever
 * waits: a sleeper is woken by `advance`, or by its signal.
 */
export function worldClock(start = Date.UTC(2026, 10, 22, 9)): WorldClock {
  let at = start
  const sleepers = new Set<Sleeper>()
  return {
    now: () => new Date(at++),
    peek: () => new Date(at),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const sleeper: Sleeper = {
          until: at + ms,
          wake() {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake, { once: true })
      }),
    advance(ms) {
      at += ms
      for (const sleeper of [...sleepers].sort((a, b) => a.until - b.until)) if (sleeper.until <= at) sleeper.wake()
    },
  }
}

/**
 * The provider's view of the same clock: what it sleeps, everybody sleeps. A slow answer therefore moves the world's time
 * past the caller's deadline instead of making the test wait for it.
 */
export function pacingClock(clock: WorldClock): Clock {
  return {
    now: () => clock.now(),
    async sleep(ms, signal) {
      const slept = clock.sleep(ms, signal)
      // After the present turn, so that the caller's own deadline is set before it passes.
      await systemClock.sleep(0)
      clock.advance(ms)
      await slept
    },
  }
}
