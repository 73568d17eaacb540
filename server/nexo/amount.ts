// Amounts on the wire are decimal numbers in major units; here they are bigint minor units. The way goes over decimal text,
// so that nothing is rounded: 10.99 is 1099 and never 1098.9999.

import { currencyOf } from '../lib/currency.ts'
import { parseMajor, toMajor } from '../lib/money.ts'

/** The protocol's own limit of decimals. A sum of floats such as 0.1 + 0.2 is exact again when written with these. */
const WIRE_DECIMALS = 6
/** The protocol's largest amount is 99999999.999999. */
const MAX_WIRE = 100_000_000

/**
 * Minor units as the number that goes on the wire: (1099n, 'EUR') is 10.99. Throws RangeError for a currency we do not know and for
 * an amount beyond the protocol's limit.
 */
export function toNexoAmount(amount: bigint, currency: string): number {
  const known = currencyOf(currency)
  if (!known) throw new RangeError(`there is no currency ${currency}`)
  const number = Number(toMajor(amount, known.exponent))
  if (Math.abs(number) >= MAX_WIRE) throw new RangeError('the amount is too large for a terminal')
  return number
}

/**
 * The minor units of a number from the wire, or undefined when it is no amount of that currency: not a number, an unknown
 * currency, too large, or with decimals that the currency does not have.
 */
export function fromNexoAmount(number: unknown, currency: string): bigint | undefined {
  const known = currencyOf(currency)
  if (!known || typeof number !== 'number' || !(Math.abs(number) < MAX_WIRE)) return undefined
  const text = number.toFixed(WIRE_DECIMALS).replace(/\.?0+$/, '')
  return parseMajor(text === '-0' ? '0' : text, known.exponent)
}
