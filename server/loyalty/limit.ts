// How often somebody may ask about codes: so many times in a window, per caller and per merchant. Kept in memory: several
// processes each allow as much, which for codes of 75 bits is of no use to a guesser. What guards a PIN is in the database.

import type { Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'

export interface Limit {
  /** Throws rate-limited, with the seconds to wait, when the caller or its merchant has used up the window. Counts nothing. */
  check(merchantId: string, callerId: string | undefined): void
  /** Counts one. */
  count(merchantId: string, callerId: string | undefined): void
}

export interface LimitOptions {
  windowMs: number
  perCaller: number
  perMerchant: number
}

/** Each counter takes some hundred bytes; the oldest window leaves first. */
const MAX_COUNTERS = 10_000

export function createLimit(clock: Pick<Clock, 'now'>, options: LimitOptions): Limit {
  const windows = new Map<string, { until: number; used: number }>()

  function keysOf(merchantId: string, callerId: string | undefined): [key: string, most: number][] {
    const merchant: [string, number] = [merchantId, options.perMerchant]
    return callerId === undefined ? [merchant] : [[`${merchantId} ${callerId}`, options.perCaller], merchant]
  }

  return {
    check(merchantId, callerId) {
      const now = clock.now().getTime()
      for (const [key, most] of keysOf(merchantId, callerId)) {
        const window = windows.get(key)
        if (window === undefined || window.until <= now || window.used < most) continue
        throw new Problem('rate-limited', {
          detail: 'Too many gift cards were looked up.',
          retryAfterS: Math.ceil((window.until - now) / 1000),
        })
      }
    },
    count(merchantId, callerId) {
      const now = clock.now().getTime()
      for (const [key] of keysOf(merchantId, callerId)) {
        const window = windows.get(key)
        if (window && window.until > now) {
          window.used++
          continue
        }
        windows.delete(key)
        windows.set(key, { until: now + options.windowMs, used: 1 })
        if (windows.size > MAX_COUNTERS) windows.delete(windows.keys().next().value as string)
      }
    },
  }
}
