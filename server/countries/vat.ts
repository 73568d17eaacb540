// Which rate of VAT an article bears, where, and on which day.

import { always, type CountryProfile, type Dated, type RateClass, type TaxCategory } from './profile.ts'
import { countryProfile, type Place, taxedWhere } from './territory.ts'

/**
 * How cash of a currency is rounded in a country on a day, YYYY-MM-DD where the drawer stands; null where all coins are in
 * use, and where we do not know. For roundCash of totals.
 */
export function cashRoundingOf({ country, currency, on }: { country: string; currency: string; on: string }) {
  if (!isDay(on)) throw new RangeError('the day must be YYYY-MM-DD')
  const profile = countryProfile(country)
  const rule = profile && validOn(profile.cash_rounding, on)
  return rule?.currency === currency ? rule : null
}

export interface VatQuestion {
  /** Where the goods are handed over, or sent to. */
  to: Place
  /** Where they leave: the same, unless they are sent. */
  from?: Place | undefined
  /** The seller may, and wants to, tax parcels to other member states at home. */
  stays_at_home?: boolean | undefined
  category: TaxCategory
  /** Day of supply in the store's time zone, YYYY-MM-DD. */
  on: string
  /** For food and meals: how they are consumed. Without it food is taken away, and a meal eaten in. */
  consumption?: 'take_away' | 'eat_in' | undefined
}

export interface VatAnswer {
  rate_bp: number
  /** Country, rate class and rate, `NL standard 2100` or `NL export 0`: the tax_code of totals, so that one rate is one group. */
  code: string
  /** Whose tax it is: for an export the country the goods leave. */
  country: string
  is_export: boolean
  /** The category that applied: food eaten in is `restaurant`. */
  category: TaxCategory
}

/**
 * The rate for a supply to a consumer, or null where we have no data for the country it is taxed in: no rate is better than a
 * wrong one, so do not sell. `zero` and `exempt` need no data, they say it themselves. Ask on the day of supply and keep the
 * answer with the line: a return takes the rate that was kept, whatever the rate is by then. Throws RangeError unless `on` is a day.
 */
export function vatRate({ to, from = to, stays_at_home, category, on, consumption }: VatQuestion): VatAnswer | null {
  if (!isDay(on)) throw new RangeError('the day of supply must be YYYY-MM-DD')
  const taxed = taxedWhere(from, to, { stays_at_home })
  if (!taxed) return category === 'zero' || category === 'exempt' ? untaxed(from.country, category) : null
  const { profile, is_export } = taxed
  if (is_export) return { ...untaxed(profile.country, category, 'export'), is_export }
  const applied = asConsumed(profile, category, consumption)
  const { rateClass, rate_bp } = rateOf(profile, classOf(profile, applied, on), on)
  const { country } = profile
  return { rate_bp, code: `${country} ${rateClass} ${rate_bp}`, country, is_export, category: applied }
}

function untaxed(country: string, category: TaxCategory, why: string = category): VatAnswer {
  return { rate_bp: 0, code: `${country} ${why} 0`, country, is_export: false, category }
}

function asConsumed(profile: CountryProfile, category: TaxCategory, how: VatQuestion['consumption']): TaxCategory {
  if (category === 'food' && how === 'eat_in') return 'restaurant'
  if (category === 'restaurant' && how === 'take_away') return profile.take_away_meal
  return category
}

/** What goods bear in a country that has no row for them. */
const STANDARD = always<RateClass>('standard')

function classOf(profile: CountryProfile, category: TaxCategory, on: string): RateClass {
  switch (category) {
    case 'food':
    case 'books':
    case 'restaurant':
    case 'accommodation':
    case 'medicine':
      return validOn(profile.goods[category] ?? STANDARD, on)
    default:
      return category
  }
}

/** From the lowest to the highest: who has no such rate pays the next higher. */
const UPWARDS = ['super_reduced', 'second_reduced', 'reduced', 'standard'] as const

function rateOf(profile: CountryProfile, wanted: RateClass, on: string): { rateClass: RateClass; rate_bp: number } {
  if (wanted === 'zero' || wanted === 'exempt') return { rateClass: wanted, rate_bp: 0 }
  for (const rateClass of UPWARDS.slice(UPWARDS.indexOf(wanted))) {
    const rows = profile.rates[rateClass]
    if (rows) return { rateClass, rate_bp: validOn(rows, on) }
  }
  throw new RangeError(`${profile.country} has no standard rate`)
}

/** Days as text sort as days do. */
function validOn<T>(rows: readonly Dated<T>[], on: string): T {
  const row = rows.find(
    ({ valid_from, valid_to }) => (valid_from === null || valid_from <= on) && (valid_to === null || on <= valid_to),
  )
  if (!row) throw new RangeError(`there is no row for ${on}`)
  return row.value
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}
