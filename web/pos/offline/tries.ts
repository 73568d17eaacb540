// How wrong PINs are counted while the server is away. Pure.

/** As the server counts: after so many wrong ones in a row each makes them wait, a minute, two, four, … an hour. */
const FREE_TRIES = 5
const FIRST_WAIT_MS = 60_000
const LONGEST_WAIT_MS = 3_600_000

export interface Tries {
  /** Wrong ones in a row. */
  tries: number
  /** Before this nothing is looked at, as milliseconds; 0 for at once. */
  wait_until: number
}

/** What a try at this moment comes to before the PIN is looked at: its place in the count, or how long to wait. */
export function tryOf(
  { tries, wait_until }: Tries,
  now: number,
): { waitMs: number } | { tries: number; wait_until: number } {
  if (wait_until > now) return { waitMs: Math.min(wait_until - now, LONGEST_WAIT_MS) }
  const beyond = tries + 1 - FREE_TRIES
  const waitMs = beyond < 0 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** beyond)
  return { tries: tries + 1, wait_until: waitMs === 0 ? 0 : now + waitMs }
}
