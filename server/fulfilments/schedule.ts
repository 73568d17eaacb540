// When goods will lie ready: the store's lead time, counted while it is open.

import type { Store } from '../merchants/index.ts'

/** Hours are told in minutes; a quarter of an hour is as exact as a promise needs to be. */
const STEP_MINUTES = 15
/** A store that is closed for longer promises nothing. */
const AT_MOST_DAYS = 60
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** The time a store promises for what was ordered at `at`; null when it does not say when it is open for long. */
export function promisedAt(store: Store | undefined, at: Date): Date | null {
  if (!store) return null
  let left = store.pickupLeadMinutes
  if (store.openingHours === null) return new Date(at.getTime() + left * 60_000)
  const clock = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: store.timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  })
  const step = STEP_MINUTES * 60_000
  const start = Math.ceil(at.getTime() / step) * step
  for (let time = start; time < start + AT_MOST_DAYS * 86_400_000; time += step) {
    const parts = Object.fromEntries(clock.formatToParts(time).map(({ type, value }) => [type, value]))
    const day = DAYS.find((name) => name === parts['weekday']?.toLowerCase())
    const now = `${parts['hour']}:${parts['minute']}`
    const isOpen = day !== undefined && (store.openingHours[day] ?? []).some(({ from, to }) => from <= now && now < to)
    if (!isOpen) continue
    if (left <= 0) return new Date(time)
    left -= STEP_MINUTES
  }
  return null
}
