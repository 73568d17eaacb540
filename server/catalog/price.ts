// Unit prices: inside, minor units times 10^4; in the API, a decimal string in major units ("49.95"). Four more decimals
// than the currency has are enough for a gram of saffron and a net price per screw.

import { currencyOf } from '../lib/currency.ts'
import { MAX_AMOUNT, parseMajor, toMajor } from '../lib/money.ts'

const EXTRA_DECIMALS = 4
export const E4 = 10_000n
const MAX_UNIT_PRICE_E4 = MAX_AMOUNT * E4

/** Why a text is no unit price: `form`, `precision` (too many decimals for the currency) or `range`. */
export type PriceFault = 'form' | 'precision' | 'range'

/** Reads a price in major units. `currency` must be a known code. */
export function parseUnitPrice(text: string, currency: string): bigint | PriceFault {
  const exponent = currencyOf(currency)?.exponent
  if (exponent === undefined || !/^\d{1,12}(\.\d+)?$/.test(text)) return 'form'
  const price = parseMajor(text, exponent + EXTRA_DECIMALS)
  if (price === undefined) return 'precision'
  return price > MAX_UNIT_PRICE_E4 ? 'range' : price
}

/** Writes a price in major units: at least the currency's decimals, more only where they are not zero. */
export function formatUnitPrice(priceE4: bigint, currency: string): string {
  const exponent = currencyOf(currency)?.exponent ?? 2
  const text = toMajor(priceE4, exponent + EXTRA_DECIMALS)
  const surplus = /0{1,4}$/.exec(text)?.[0].length ?? 0
  const short = text.slice(0, text.length - surplus)
  return short.endsWith('.') ? short.slice(0, -1) : short
}
