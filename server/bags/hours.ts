// Opening hours and times of collection, as people read them.

import type { Language } from '../lib/language.ts'
import type { Store } from '../merchants/index.ts'

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
/** A Monday, to name the days after. */
const MONDAY = Date.UTC(2024, 0, 1)
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

function locale(language: Language): string {
  return language === 'en' ? 'en-GB' : language
}

/** Days that are open alike stand together, from Monday on; empty where the store does not say. */
export function hoursText(
  { openingHours }: Pick<Store, 'openingHours'>,
  language: Language,
): { days: string; times: string | null }[] {
  if (openingHours === null) return []
  const named = new Intl.DateTimeFormat(locale(language), { weekday: 'short', timeZone: 'UTC' })
  const days = WEEKDAYS.map((day, i) => ({
    name: named.format(MONDAY + i * DAY_MS),
    times: (openingHours[day] ?? []).map(({ from, to }) => `${from}–${to}`).join(', '),
  }))
  const runs: { first: string; last: string; times: string }[] = []
  for (const { name, times } of days) {
    const run = runs.at(-1)
    if (run?.times === times) run.last = name
    else runs.push({ first: name, last: name, times })
  }
  return runs.map(({ first, last, times }) => ({
    days: first === last ? first : `${first}–${last}`,
    times: times === '' ? null : times,
  }))
}

/** A time of collection in the store's own zone: a moment, or the rest of its hour. */
export function slotText(
  language: Language,
  value: string,
  { timeZone }: Pick<Store, 'timeZone'>,
  { isSlot }: { isSlot: boolean },
): string {
  const from = new Date(value)
  const day = new Intl.DateTimeFormat(locale(language), { weekday: 'short', day: 'numeric', month: 'short', timeZone })
  const time = new Intl.DateTimeFormat(locale(language), {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
  })
  const end = new Date((Math.floor(from.getTime() / HOUR_MS) + 1) * HOUR_MS)
  const span = isSlot ? `${time.format(from)}–${time.format(end)}` : time.format(from)
  return `${day.format(from)}, ${span}`
}
