// Unit prices carry four decimals below the minor unit. Outside they are decimal text in major units: `49.95`, `0.01299`.

import { currencyOf } from '../lib/currency.ts'
import { parseMajor, toMajor } from '../lib/money.ts'

const EXTRA = 4

/** Shows at least the currency's own decimals, and of the four more only those that say something. */
export function unitPriceText(price: bigint, currency: string): string {
  const exponent = currencyOf(currency)?.exponent ?? 2
  const text = toMajor(price, exponent + EXTRA)
  const zeros = /0{0,4}$/.exec(text)?.[0].length ?? 0
  const cut = text.slice(0, text.length - zeros)
  return cut.endsWith('.') ? cut.slice(0, -1) : cut
}

/** Reads what `unitPriceText` shows; undefined for anything else, and for less than nothing. */
export function parseUnitPrice(text: string, currency: string): bigint | undefined {
  const price = parseMajor(text, (currencyOf(currency)?.exponent ?? 2) + EXTRA)
  return price !== undefined && price >= 0n ? price : undefined
}
