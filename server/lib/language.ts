// The languages people are written to in, and how each writes amounts and days.

import { currencyOf } from './currency.ts'
import { toMajor } from './money.ts'

/** By the names they call themselves, in the order in which they are offered. */
export const LANGUAGE_NAMES = {
  en: 'English',
  nl: 'Nederlands',
  sv: 'Svenska',
  pl: 'Polski',
  fr: 'Français',
  de: 'Deutsch',
} as const

export type Language = keyof typeof LANGUAGE_NAMES

export const LANGUAGES = Object.keys(LANGUAGE_NAMES) as Language[]

export function isLanguage(text: unknown): text is Language {
  return typeof text === 'string' && Object.hasOwn(LANGUAGE_NAMES, text)
}

/** Days before months, and whose dollar or yen it is: our readers of English are Europeans. */
const localeOf = (language: Language) => (language === 'en' ? 'en-GB' : language)

/** The language most people of a country read, where we have it. */
const SPOKEN: Record<string, Language> = {
  NL: 'nl',
  BE: 'nl',
  SE: 'sv',
  PL: 'pl',
  FR: 'fr',
  LU: 'fr',
  MC: 'fr',
  DE: 'de',
  AT: 'de',
  LI: 'de',
}

/** The language of a tag such as `nl-BE`; undefined when it is none of ours. */
export function languageOfTag(tag: string | null | undefined): Language | undefined {
  const primary = (tag ?? '').split(/[-_]/, 1)[0]?.toLowerCase()
  return LANGUAGES.find((language) => language === primary)
}

/** The language to write in when nobody chose one: that of the country, else English. */
export function languageOfCountry(country: string | null | undefined): Language {
  return SPOKEN[country ?? ''] ?? 'en'
}

// Making a formatter costs more than a page of them in use; languages and currencies are few.
const amountFormats = new Map<string, Intl.NumberFormat>()

/** `amount` minor units as the language writes them, with the sign or code of the currency: `€ 1.234,50`, `1 234,50 kr`. */
export function amountText(language: Language, amount: bigint, currency: string): string {
  const exponent = currencyOf(currency)?.exponent ?? 2
  const key = `${language} ${currency}`
  const format =
    amountFormats.get(key) ??
    new Intl.NumberFormat(localeOf(language), {
      style: 'currency',
      currency,
      minimumFractionDigits: exponent,
      maximumFractionDigits: exponent,
    })
  amountFormats.set(key, format)
  // As text, because a number would round above 2^53.
  return format.format(toMajor(amount, exponent) as Intl.StringNumericLiteral)
}

/** A plain number, given as decimal text, as the language writes it: `1.234,5`. At most `decimals` places. */
export function numberText(language: Language, number: string, decimals = 6): string {
  return new Intl.NumberFormat(localeOf(language), { maximumFractionDigits: decimals }).format(
    number as Intl.StringNumericLiteral,
  )
}

/** A calendar day (YYYY-MM-DD) in words: `21 Nov 2026`, `21 nov 2026`. */
export function dayText(language: Language, day: string): string {
  return new Intl.DateTimeFormat(localeOf(language), {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(new Date(`${day}T00:00:00Z`))
}

/** A moment on the clock of `timeZone`: `21 Nov 2026, 14:03`. */
export function timeText(language: Language, at: Date, timeZone: string): string {
  return new Intl.DateTimeFormat(localeOf(language), {
    ...{ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    timeZone,
  }).format(at)
}

/** The day of a moment on the calendar of `timeZone`: `21 Nov 2026`. */
export function dateText(language: Language, at: Date, timeZone: string): string {
  return new Intl.DateTimeFormat(localeOf(language), {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone,
  }).format(at)
}

/** `amount` minor units as a plain figure, for columns of one currency: `1.234,50`. */
export function figureText(language: Language, amount: bigint, currency: string): string {
  const exponent = currencyOf(currency)?.exponent ?? 2
  return new Intl.NumberFormat(localeOf(language), {
    minimumFractionDigits: exponent,
    maximumFractionDigits: exponent,
  }).format(toMajor(amount, exponent) as Intl.StringNumericLiteral)
}
