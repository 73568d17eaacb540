// How a step waits for an outcome that is not there yet: looks often at first, then calmly, says its command again now
// and then, and stops some day.

import type { Clock } from '../lib/clock.ts'

export interface Patience {
  /** From here on looks are frequent again: something was just asked for. */
  begin(): void
  /** Waits until the next look. Answers whether the command is to be said again before it; gives up with an Error. */
  wait(what: () => string): Promise<{ isTimeToRepeat: boolean }>
}

/** A provider's notification takes about this long; looking sooner only costs. */
const FIRST_LOOK_MS = 60
const LONGEST_LOOK_MS = 1_000
/** A server that was killed in the middle of a command carries it out when it hears it again, and not before. */
const REPEAT_MS = 6_000

export function createPatience(clock: Clock, patienceMs: number): Patience {
  const until = clock.now().getTime() + patienceMs
  let look = FIRST_LOOK_MS
  let repeatAt = clock.now().getTime() + REPEAT_MS
  return {
    begin() {
      look = FIRST_LOOK_MS
      repeatAt = clock.now().getTime() + REPEAT_MS
    },
    async wait(what) {
      if (clock.now().getTime() > until) throw new Error(what())
      await clock.sleep(look)
      look = Math.min(look * 2, LONGEST_LOOK_MS)
      const now = clock.now().getTime()
      const isTimeToRepeat = now >= repeatAt
      if (isTimeToRepeat) repeatAt = now + REPEAT_MS
      return { isTimeToRepeat }
    },
  }
}
