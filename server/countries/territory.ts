// Whose VAT a supply bears when goods leave one place for another. For consumers: a business that accounts for the tax itself
// (reverse charge) is not told apart here.

import { HOME_COUNTRIES } from './home-countries.ts'
import { OTHER_COUNTRIES } from './other-countries.ts'
import type { CountryProfile } from './profile.ts'

/** Every country there is data for. */
export const PROFILES: readonly CountryProfile[] = [...HOME_COUNTRIES, ...OTHER_COUNTRIES]

const BY_COUNTRY: ReadonlyMap<string, CountryProfile> = new Map(PROFILES.map((each) => [each.country, each]))

/** The country's data, or null for one we have none of. */
export function countryProfile(country: string): CountryProfile | null {
  return BY_COUNTRY.get(country) ?? null
}

/** Whether a country is a member state of the EU. */
export function isMemberState(country: string): boolean {
  return country !== 'GB' && BY_COUNTRY.has(country)
}

/** Somewhere goods are, leave from or arrive at. */
export interface Place {
  country: string
  /** Parts of some countries stand outside the VAT of the rest, and only this tells. */
  postal_code?: string | undefined
}

/** Within one area goods are sold across borders; out of it they are exported. */
type Area = 'EU' | 'GB'

interface Territory {
  /** Its rates apply. */
  profile: CountryProfile
  areas: readonly Area[]
}

/** Directive 2006/112 art. 7: treated as a part of another country. */
const TREATED_AS: Readonly<Record<string, string>> = { MC: 'FR', IM: 'GB' }

/**
 * Directive 2006/112 art. 6: parts of member states where its VAT does not apply, by how their postal codes begin. Canary
 * Islands, Ceuta, Melilla; Heligoland, Büsingen; Livigno, Campione; Mount Athos; Åland; the French overseas departments. Those
 * that have a country code of their own (AX, GP, RE, …) have no data here anyway.
 */
const OUTSIDE: Readonly<Record<string, RegExp>> = {
  ES: /^(35|38|51|52)/,
  DE: /^(27498|78266)/,
  IT: /^(23041|22061)/,
  GR: /^63086/,
  FI: /^22/,
  FR: /^(97|98[678])/,
}

/** Northern Ireland: rates of the United Kingdom, and for goods in the area of the EU too (Windsor Framework). */
const IN_BOTH = /^BT/

function territoryOf({ country, postal_code }: Place): Territory | null {
  const profile = countryProfile(TREATED_AS[country] ?? country)
  if (!profile) return null
  const code = plainCode(country, postal_code ?? '')
  if (OUTSIDE[country]?.test(code)) return null
  if (profile.country !== 'GB') return { profile, areas: ['EU'] }
  return { profile, areas: IN_BOTH.test(code) ? ['GB', 'EU'] : ['GB'] }
}

/** It is written with the country in front (`FI-22100`), with blanks (`630 86`), or neither. */
function plainCode(country: string, postal_code: string): string {
  const code = postal_code.toUpperCase().replace(/[^0-9A-Z]/g, '')
  return code.startsWith(country) ? code.slice(country.length) : code
}

/** Whose tax is borne, and why there may be none. */
export interface Taxed {
  profile: CountryProfile
  /** Goods leave the area: rate 0 in the country they leave. */
  is_export: boolean
}

/**
 * Whose VAT is borne by goods that go to a consumer. Handed over where they are (`from` and `to` alike): that country's. Sent to
 * another member state: that of the destination, or with `stays_at_home` that of the country they leave (Directive 2006/112 art. 59c;
 * who may is decided by the caller, see ADR 0024). Sent out of the area: export. Null where they leave a place we have no data for:
 * nobody can say then.
 */
export function taxedWhere(from: Place, to: Place, { stays_at_home = false } = {}): Taxed | null {
  const origin = territoryOf(from)
  if (!origin) return null
  const destination = territoryOf(to)
  const isWithin = destination?.areas.some((area) => origin.areas.includes(area)) ?? false
  if (!isWithin || !destination) return { profile: origin.profile, is_export: true }
  return { profile: stays_at_home ? origin.profile : destination.profile, is_export: false }
}
