// The public face of countries: VAT rates by day and place, cash rounding, and what else differs. Data and look-ups, nothing else.

export { booksKeptYears } from './books-kept.ts'
export { postalCode } from './postal-code.ts'
export { type CountryProfile, type Dated, type RateClass, TAX_CATEGORIES, type TaxCategory } from './profile.ts'
export { countryProfile, isMemberState, type Place, PROFILES } from './territory.ts'
export { cashRoundingOf, type VatAnswer, type VatQuestion, vatRate } from './vat.ts'
