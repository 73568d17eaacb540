// Amounts and times as people read them, in their language. From the exact decimal text; never through a float.

import { currencyOf } from './currency.ts'
import { toMajor } from './money.ts'

/** `€ 49,95` for a Dutch reader. `amount` in minor units, may be negative. An unknown currency is shown with two decimals. */
export function showAmount(amount: bigint, currency: string, language: string): string {
  const digits = currencyOf(currency)?.exponent ?? 2
  const format = new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  return format.format(toMajor(amount, digits) as Intl.StringNumericLiteral)
}

/** `21 Nov 2026, 14:03`, on the clock of `timeZone`. */
export function showTime(at: Date, language: string, timeZone: string): string {
  const format = new Intl.DateTimeFormat(localeOf(language), {
    ...{ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    timeZone,
  })
  return format.format(at)
}

/** `21 Nov 2026`. */
export function showDay(at: Date, language: string, timeZone: string): string {
  return new Intl.DateTimeFormat(localeOf(language), {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone,
  }).format(at)
}

/** Days before months: our readers of English are Europeans. */
function localeOf(language: string): string {
  return language === 'en' ? 'en-GB' : language
}
