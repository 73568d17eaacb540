// Days, moments and money of any currency, as the reader writes them. Pure.

import { digitsOf } from './place.ts'
import { localeOf } from './till.tsx'

export function datesFor(language: string) {
  const locale = localeOf(language)
  const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' })
  const dayAndYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' })
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' })
  return {
    /** `14:03` of today, `27 Nov, 14:03` of another day of this year, else with the year and without the time. */
    moment(at: string | number, now = Date.now()): string {
      const [then, today] = [new Date(at), new Date(now)]
      if (then.toDateString() === today.toDateString()) return time.format(then)
      if (then.getFullYear() !== today.getFullYear()) return dayAndYear.format(then)
      return `${day.format(then)}, ${time.format(then)}`
    },
    full: (at: string | number): string => `${dayAndYear.format(new Date(at))}, ${time.format(new Date(at))}`,
    money: (amount: number, currency: string): string =>
      new Intl.NumberFormat(locale, { style: 'currency', currency }).format(amount / 10 ** digitsOf(currency)),
  }
}
