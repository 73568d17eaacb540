// Says that the server is away, and that it is back. One request that fails among others that do not is no outage.

import type { Clock } from '../lib/clock.ts'

export interface Outage {
  /** A request got no answer, or that the server is not able to answer. */
  failed(reason: string): void
  answered(): void
}

const WORTH_SAYING_MS = 1_000
const SAY_AGAIN_MS = 15_000

/** `patienceMs`: how long each request is tried. */
export function createOutage(clock: Pick<Clock, 'now'>, patienceMs: number, say: (text: string) => void): Outage {
  let sinceMs: number | undefined
  let saidMs: number | undefined
  return {
    failed(reason) {
      const now = clock.now().getTime()
      sinceMs ??= now
      if (now - sinceMs < WORTH_SAYING_MS || (saidMs !== undefined && now - saidMs < SAY_AGAIN_MS)) return
      saidMs = now
      const away = Math.round((now - sinceMs) / 1000)
      const most = Math.round(patienceMs / 60_000)
      say(`The server has not answered for ${away} s (${reason}). Trying for up to ${most} minutes.`)
    },
    answered() {
      if (saidMs !== undefined && sinceMs !== undefined)
        say(`The server answers again after ${Math.round((clock.now().getTime() - sinceMs) / 1000)} s.`)
      sinceMs = undefined
      saidMs = undefined
    },
  }
}
