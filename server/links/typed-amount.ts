// An amount as people type it: with the comma or point of their language, blanks, and the sign of the currency.

import { currencyOf } from '../lib/currency.ts'
import { parseMajor, toMajor } from '../lib/money.ts'

/** Larger than any amount of ours; longer texts are no amounts. */
const MAX_LENGTH = 24

/**
 * Minor units of what was typed; undefined when it is no amount. The last separator is the decimal one, unless it stands before exactly
 * three digits and the currency has not three decimals: `1.250` is more than a thousand for whoever writes so, and the amount is shown
 * before anything is paid.
 */
export function readTyped(text: string, currency: string): bigint | undefined {
  const exponent = currencyOf(currency)?.exponent ?? 2
  if (text.length > MAX_LENGTH) return undefined
  const bare = text.replaceAll(/[\s\u00a0\u202f'’]|kr\.?|zł|[A-Z]{3}|\p{Sc}/gu, '')
  if (!/^\d[\d.,]*$/.test(bare)) return undefined
  const at = Math.max(bare.lastIndexOf('.'), bare.lastIndexOf(','))
  if (at === -1) return parseMajor(bare, exponent)
  const decimals = bare.slice(at + 1)
  // Before exactly three digits it groups, unless the currency has three decimals.
  const isDecimal = decimals.length <= exponent
  const whole = isDecimal ? bare.slice(0, at) : bare
  if (!/^\d+$|^\d{1,3}(?:\.\d{3})+$|^\d{1,3}(?:,\d{3})+$/.test(whole)) return undefined
  // What groups is not also the decimal point.
  if (isDecimal && whole.includes(bare[at] as string)) return undefined
  const digits = whole.replaceAll(/[.,]/g, '')
  return parseMajor(isDecimal && decimals !== '' ? `${digits}.${decimals}` : digits, exponent)
}

/** An amount as the field shows it for editing, with the decimal separator of the language and no grouping. */
export function forTyping(amount: bigint, currency: string, language: string): string {
  const major = toMajor(amount, currencyOf(currency)?.exponent ?? 2)
  return language === 'en' ? major : major.replace('.', ',')
}
