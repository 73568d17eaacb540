// Where a CVC lives between tokenising and the first authorisation: in this process's memory, for 15 minutes at most, and
// nowhere else, not even encrypted (PCI DSS 3.3.1). Consequence, and a documented limit: only the process that tokenised
// can charge with the CVC. After a restart, or in another process, the charge goes out without one.

import type { Clock } from '../lib/clock.ts'
import { Secret } from '../lib/secret.ts'

export interface CvcMemory {
  /** Keeps a CVC for a token; the oldest is forgotten when there is no room. */
  keep(tokenId: string, cvc: string): void
  /** Gives the CVC and forgets it. Undefined when there was none, it was taken, or its time is over. */
  take(tokenId: string): Secret<string> | undefined
  /** Forgets one without reading it. */
  forget(tokenId: string): void
  /** Forgets everything whose time is over; called by the others, and once a minute by the server for quiet times. */
  sweep(): void
  readonly size: number
}

const KEPT_MS = 15 * 60_000
/** More than anybody tokenises in 15 minutes on one machine, at about 200 bytes each. */
const MAX_KEPT = 100_000

export function createCvcMemory(clock: Pick<Clock, 'now'>, maxKept = MAX_KEPT): CvcMemory {
  // A Map keeps insertion order and all live equally long, so the oldest and the first to expire is always in front.
  const kept = new Map<string, { cvc: Secret<string>; until: number }>()

  function sweep(): void {
    const now = clock.now().getTime()
    for (const [tokenId, { until }] of kept) {
      if (until > now) return
      kept.delete(tokenId)
    }
  }

  return {
    keep(tokenId, cvc) {
      sweep()
      if (kept.size >= maxKept) kept.delete(kept.keys().next().value as string)
      kept.set(tokenId, { cvc: new Secret(cvc), until: clock.now().getTime() + KEPT_MS })
    },
    take(tokenId) {
      sweep()
      const found = kept.get(tokenId)
      kept.delete(tokenId)
      return found?.cvc
    },
    forget(tokenId) {
      kept.delete(tokenId)
    },
    sweep,
    get size() {
      return kept.size
    },
  }
}
