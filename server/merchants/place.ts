// Countries, currencies and time zones of stores: what is known, and what is assumed when nothing is said.

import { isCountry } from '../lib/country.ts'
import { currencyOf } from '../lib/currency.ts'
import { Problem } from '../lib/problem.ts'

/**
 * Throws `validation-error` for a country and `currency-unknown` for a currency that does not exist. `pointer` is where
 * both stand in the request.
 */
export function checkPlace(place: { country: string; currency: string }, pointer = ''): void {
  // First, since the country may only have been guessed from it.
  if (!currencyOf(place.currency)) {
    throw new Problem('currency-unknown', { errors: [{ pointer: `${pointer}/currency`, detail: 'is not a currency' }] })
  }
  if (!isCountry(place.country)) {
    const errors = [{ pointer: `${pointer}/country`, detail: 'is not an ISO 3166-1 country of two capital letters' }]
    throw new Problem('validation-error', { errors })
  }
}

/**
 * The country assumed for a merchant that names a currency only: national currencies begin with their country's code;
 * the euro is read as the Netherlands. Any other currency without such a country gives a code that `checkPlace` refuses.
 */
export function defaultCountry(currency: string): string {
  return currency === 'EUR' ? 'NL' : currency.slice(0, 2)
}

// The zone of the capital. A store elsewhere in the country, or in a country that is not here, names its own.
const CAPITAL_ZONES: Readonly<Record<string, string>> = {
  AT: 'Europe/Vienna',
  BE: 'Europe/Brussels',
  BG: 'Europe/Sofia',
  CH: 'Europe/Zurich',
  CZ: 'Europe/Prague',
  DE: 'Europe/Berlin',
  DK: 'Europe/Copenhagen',
  EE: 'Europe/Tallinn',
  ES: 'Europe/Madrid',
  FI: 'Europe/Helsinki',
  FR: 'Europe/Paris',
  GB: 'Europe/London',
  GR: 'Europe/Athens',
  HR: 'Europe/Zagreb',
  HU: 'Europe/Budapest',
  IE: 'Europe/Dublin',
  IT: 'Europe/Rome',
  JP: 'Asia/Tokyo',
  LT: 'Europe/Vilnius',
  LU: 'Europe/Luxembourg',
  LV: 'Europe/Riga',
  NL: 'Europe/Amsterdam',
  NO: 'Europe/Oslo',
  PL: 'Europe/Warsaw',
  PT: 'Europe/Lisbon',
  RO: 'Europe/Bucharest',
  SE: 'Europe/Stockholm',
  SI: 'Europe/Ljubljana',
  SK: 'Europe/Bratislava',
  US: 'America/New_York',
}

/** The time zone assumed for a store in `country`: its capital's, or UTC where we do not know it. */
export function timeZoneOf(country: string): string {
  return CAPITAL_ZONES[country] ?? 'UTC'
}

/** True for an IANA name this runtime can compute with. Offsets such as `+01:00` are refused: they know no summer time. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
