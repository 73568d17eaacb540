// What methods are called in the reader's language. Brands keep their names, and so does whatever the merchant named otherwise.

import type { Language } from '../lib/language.ts'
import { CATALOGUE, type MerchantConfig } from '../merchants/index.ts'

const NAMES: Record<string, Record<Language, string>> = {
  card: { en: 'Card', nl: 'Kaart', sv: 'Kort', pl: 'Karta', fr: 'Carte', de: 'Karte' },
  gift_card: {
    en: 'Gift card',
    nl: 'Cadeaukaart',
    sv: 'Presentkort',
    pl: 'Karta podarunkowa',
    fr: 'Carte cadeau',
    de: 'Geschenkkarte',
  },
  store_credit: {
    en: 'Store credit',
    nl: 'Winkeltegoed',
    sv: 'Tillgodohavande',
    pl: 'Środki w sklepie',
    fr: 'Avoir',
    de: 'Guthaben',
  },
  points: { en: 'Points', nl: 'Punten', sv: 'Poäng', pl: 'Punkty', fr: 'Points', de: 'Punkte' },
  sepa_debit: {
    en: 'SEPA Direct Debit',
    nl: 'SEPA-incasso',
    sv: 'SEPA-autogiro',
    pl: 'Polecenie zapłaty SEPA',
    fr: 'Prélèvement SEPA',
    de: 'SEPA-Lastschrift',
  },
  sepa_transfer: {
    en: 'Bank transfer',
    nl: 'Overschrijving',
    sv: 'Banköverföring',
    pl: 'Przelew',
    fr: 'Virement',
    de: 'Überweisung',
  },
  invoice: { en: 'Invoice', nl: 'Factuur', sv: 'Faktura', pl: 'Faktura', fr: 'Facture', de: 'Rechnung' },
}

/** The name of a method for one reader. */
export function methodName(config: Pick<MerchantConfig, 'methods'>, code: string, language: Language): string {
  const name = config.methods.get(code)?.name
  const usual = CATALOGUE.find((method) => method.code === code)?.name
  return (name === usual ? NAMES[code]?.[language] : undefined) ?? name ?? code
}
