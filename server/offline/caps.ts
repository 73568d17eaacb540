// How far a till goes alone. It refuses on the device what is beyond them; here the same figures say what is looked at twice.

import { currencyOf } from '../lib/currency.ts'

/** Seven days: a long weekend with a broken line, and still well within what stores of other makers allow. */
export const MAX_AGE_H = 168
/** Documents that one device keeps before it must be back. */
const MAX_DOCUMENTS = 500
/** A clock may be wrong by a day, a time zone that was set wrongly, before a document is set apart. */
export const AHEAD_AT_MOST_MS = 24 * 3_600_000
/** What clocks differ by without anybody looking at it. */
export const CLOCK_FREE_MS = 5 * 60_000

/** In whole units of the currency: of one sale, and of all that a device has not sent. */
const PER_SALE = 500n
const PER_DEVICE = 10_000n
/** Where a unit of the currency buys about a tenth of what a euro does. */
const SMALL_UNITS: ReadonlySet<string> = new Set(['SEK', 'NOK', 'DKK', 'CZK', 'ISK', 'HUF', 'PLN', 'RON', 'JPY'])

export interface Caps {
  /** Minor units. */
  per_sale: bigint
  per_device: bigint
  max_age_h: number
  max_documents: number
}

/** The limits of a till that sells in this currency. */
export function capsOf(currency: string): Caps {
  const minor = 10n ** BigInt(currencyOf(currency)?.exponent ?? 2) * (SMALL_UNITS.has(currency) ? 10n : 1n)
  return {
    ...{ per_sale: PER_SALE * minor, per_device: PER_DEVICE * minor },
    ...{ max_age_h: MAX_AGE_H, max_documents: MAX_DOCUMENTS },
  }
}
