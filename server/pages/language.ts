// Which of our languages a reader gets: what they chose, what the page's maker said, what their browser asks for.

import Type from 'typebox'
import { isLanguage, LANGUAGES, type Language } from '../lib/language.ts'

/** A language as routes take it. */
export const LanguageCode = Type.Enum(LANGUAGES, { description: 'Language of the page, ISO 639-1.' })

/** The first of `wishes` that is ours, then the browser's best, then English. */
export function languageFor(
  wishes: readonly (string | null | undefined)[],
  acceptLanguage: string | undefined,
): Language {
  return wishes.find(isLanguage) ?? accepted(acceptLanguage) ?? 'en'
}

/** RFC 9110 §12.5.4, by weight and then by place. */
function accepted(header: string | undefined): Language | undefined {
  return (header ?? '')
    .slice(0, 500)
    .split(',')
    .map((part, place) => {
      const [range = '', ...parameters] = part.trim().split(';')
      const q = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1]).find(Boolean)
      return { code: range.trim().slice(0, 2).toLowerCase(), weight: q === undefined ? 1 : Number(q), place }
    })
    .filter(
      (wish): wish is { code: Language; weight: number; place: number } => isLanguage(wish.code) && wish.weight > 0,
    )
    .sort((a, b) => b.weight - a.weight || a.place - b.place)[0]?.code
}
