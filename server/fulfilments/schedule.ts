// When goods will lie ready: the store's lead time, counted while it is open.

import type { Store } from '../merchants/index.ts'

/** Hours are told in minutes; a quarter of an hour is as exact as a promise needs to be. */
const STEP_MINUTES = 15
/** A store that is closed for longer promises nothing. */
const AT_MOST_DAYS = 60
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** Hours a store looks ahead for one with room; when all are taken it promises nothing. */
const MOST_HOURS = 200
const HOUR_MS = 60 * 60_000

/** The time a store promises for what was ordered at `at`; null when it does not say when it is open for long. */
export function promisedAt(store: Store | undefined, at: Date): Date | null {
  const [first] = store ? promises(store, at, 1) : []
  return first ?? null
}

/** The times a store could promise: as soon as it can, and then once in each later hour in which it is open, the soonest first. */
export function promises(store: Store, at: Date, most = MOST_HOURS): Date[] {
  const left = store.pickupLeadMinutes
  if (store.openingHours !== null) return whileOpen(store, at, most)
  const first = at.getTime() + left * 60_000
  const hour = Math.floor(first / HOUR_MS)
  return Array.from({ length: most }, (_, i) => new Date(i === 0 ? first : (hour + i) * HOUR_MS))
}

function whileOpen(store: Store, at: Date, most: number): Date[] {
  const found: Date[] = []
  let left = store.pickupLeadMinutes
  const clock = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: store.timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  })
  const step = STEP_MINUTES * 60_000
  const start = Math.ceil(at.getTime() / step) * step
  for (let time = start; time < start + AT_MOST_DAYS * 86_400_000; time += step) {
    const parts = Object.fromEntries(clock.formatToParts(time).map(({ type, value }) => [type, value]))
    const day = DAYS.find((name) => name === parts['weekday']?.toLowerCase())
    const now = `${parts['hour']}:${parts['minute']}`
    const isOpen =
      day !== undefined && (store.openingHours?.[day] ?? []).some(({ from, to }) => from <= now && now < to)
    if (!isOpen) continue
    if (left > 0) {
      left -= STEP_MINUTES
      continue
    }
    const last = found.at(-1)
    if (last && Math.floor(last.getTime() / HOUR_MS) === Math.floor(time / HOUR_MS)) continue
    found.push(new Date(time))
    if (found.length === most) break
  }
  return found
}
