// The public face of countries: VAT rates by day, cash rounding, and what else differs. Data and look-ups, nothing else.

export {
  type CountryProfile,
  type Dated,
  PROFILES,
  type RateClass,
  TAX_CATEGORIES,
  type TaxCategory,
} from './profile.ts'
export { cashRoundingOf, countryProfile, type VatAnswer, type VatQuestion, vatRate } from './vat.ts'
