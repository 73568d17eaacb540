// Notices when somebody tries stolen cards on a link. A link that is open to the world, takes small amounts and says which card was
// declined is what they look for; a shop pays a fee for each try and is cut off by its card scheme when there are many.

import type { Tries } from './try-store.ts'

const MINUTE_MS = 60_000

/** Declined tries of a link that pause it. Ordinary customers try one or two cards and then another way. */
export const LIMITS = {
  windowMs: 10 * MINUTE_MS,
  declined: 10,
  /** Fewer cards than this is somebody who does not give up. */
  cards: 5,
  dayMs: 24 * 60 * MINUTE_MS,
  declinedADay: 30,
  /** From so many declines on, tries that still wait for their answer count as declined. */
  suspicious: 5,
  /** Tries under way at once. */
  waiting: 100,
  /** A try without an answer for so long has died. */
  tryMs: 5 * MINUTE_MS,
}

/** What counts at a moment. */
export function windowsAt(now: Date) {
  return {
    now,
    since: new Date(now.getTime() - LIMITS.windowMs),
    daySince: new Date(now.getTime() - LIMITS.dayMs),
    waitsSince: new Date(now.getTime() - LIMITS.tryMs),
  }
}

/** Whether the tries look like tests of cards. A link that many pay at has declines too: half of all must be. */
export function looksLikeTesting({ declined, cards, answered, declined_today, answered_today }: Tries): boolean {
  const isBurst = declined >= LIMITS.declined && cards >= LIMITS.cards && declined * 2 >= answered
  return isBurst || (declined_today >= LIMITS.declinedADay && declined_today * 2 >= answered_today)
}

/** Whether one try more must wait: were all declined that are under way, there would be too many. */
export function isTooMany(tries: Tries): boolean {
  const { declined, answered, waiting } = tries
  if (waiting >= LIMITS.waiting) return true
  if (waiting === 0 || declined < LIMITS.suspicious || declined * 2 < answered) return false
  return declined + waiting >= LIMITS.declined || tries.declined_today + waiting >= LIMITS.declinedADay
}
