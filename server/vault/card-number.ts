// What can be said about a card from its digits alone: brand, length, check digit, expiry, CVC form. Pure; no clock, no I/O.
// Refusals never repeat what was given.
//
// Cartes Bancaires is not a brand here: its cards carry Visa or Mastercard numbers and are told apart only by the
// issuer's BIN table, so it is a choice of network at the provider, not a fact of the number.

import { containsCardNumber, passesLuhn } from '../lib/card-scan.ts'
import { Problem } from '../lib/problem.ts'

export type Brand = 'visa' | 'mastercard' | 'amex' | 'maestro' | 'discover' | 'jcb' | 'diners' | 'unionpay' | 'other'

/** What the API was given. Month and year may be text, as forms send them ("01", "30"). */
export interface CardInput {
  number: string
  exp_month: number | string
  exp_year: number | string
  cvc?: string
  holder?: string
}

/** A card whose form is right. Whether it exists only its issuer knows. */
export interface ParsedCard {
  number: string
  brand: Brand
  bin: string
  last4: string
  exp_month: number
  exp_year: number
  cvc: string | undefined
  holder: string | undefined
}

interface Range {
  brand: Brand
  /** First six digits, from and to, both included. */
  from: number
  to: number
  lengths: readonly number[]
}

const FROM_12 = [12, 13, 14, 15, 16, 17, 18, 19]
const FROM_14 = [14, 15, 16, 17, 18, 19]
const FROM_16 = [16, 17, 18, 19]

// Issuer ranges of ISO/IEC 7812 as the schemes publish them. The first match wins, so narrow ranges stand before wide
// ones. 62… is UnionPay throughout; the part shared with Discover is accepted on both networks.
const RANGES: readonly Range[] = [
  { brand: 'visa', from: 400000, to: 499999, lengths: [13, 16, 19] },
  { brand: 'mastercard', from: 510000, to: 559999, lengths: [16] },
  { brand: 'mastercard', from: 222100, to: 272099, lengths: [16] },
  { brand: 'amex', from: 340000, to: 349999, lengths: [15] },
  { brand: 'amex', from: 370000, to: 379999, lengths: [15] },
  { brand: 'diners', from: 300000, to: 305999, lengths: FROM_14 },
  { brand: 'diners', from: 309500, to: 309599, lengths: FROM_14 },
  { brand: 'diners', from: 360000, to: 369999, lengths: FROM_14 },
  { brand: 'diners', from: 380000, to: 399999, lengths: FROM_14 },
  { brand: 'jcb', from: 352800, to: 358999, lengths: FROM_16 },
  { brand: 'discover', from: 601100, to: 601199, lengths: FROM_16 },
  { brand: 'discover', from: 644000, to: 659999, lengths: FROM_16 },
  { brand: 'unionpay', from: 620000, to: 629999, lengths: FROM_16 },
  { brand: 'unionpay', from: 810000, to: 817199, lengths: FROM_16 },
  { brand: 'maestro', from: 500000, to: 509999, lengths: FROM_12 },
  { brand: 'maestro', from: 560000, to: 589999, lengths: FROM_12 },
  { brand: 'maestro', from: 600000, to: 699999, lengths: FROM_12 },
]

/** Domestic schemes outside the table are carried without a claim about them. */
const UNKNOWN_RANGE = { brand: 'other', lengths: FROM_12 } as const
/** Truncation to 8 + 4 digits is allowed from 16 digits on, to 6 + 4 below (PCI SSC FAQ 1091). */
const LONG_NUMBER = 16
/** The westernmost time zone: a card is good until its month has ended everywhere. */
const LAST_ZONE_MS = 12 * 3_600_000

/**
 * Checks a card's form. Spaces and hyphens in the number are ignored; a two-digit year is of this century.
 * Throws card-invalid (pointing at the field), card-expired, and card-data-not-allowed for a number where the name belongs.
 */
export function parseCard(input: CardInput, now: Date): ParsedCard {
  // Forms get mixed up. The name is passed on to providers and shown, where no number may ever be.
  if (input.holder !== undefined && containsCardNumber(input.holder)) {
    const detail = 'The name on the card looks like a card number.'
    throw new Problem('card-data-not-allowed', { detail, errors: [field('holder', 'Looks like a card number.')] })
  }
  const number = input.number.replace(/[ -]/g, '')
  if (!/^[0-9]{12,19}$/.test(number)) throw invalid('number', 'A card number has 12 to 19 digits.')
  const range = rangeOf(number)
  if (!range.lengths.includes(number.length)) throw invalid('number', 'The number has the wrong length.')
  if (!passesLuhn(number)) throw invalid('number', 'The check digit does not match.')

  const month = wholeNumber(input.exp_month, /^[0-9]{1,2}$/)
  if (month === null || month < 1 || month > 12) throw invalid('exp_month', 'The month is 1 to 12.')
  const givenYear = wholeNumber(input.exp_year, /^([0-9]{2}|[0-9]{4})$/)
  const year = givenYear !== null && givenYear < 100 ? 2000 + givenYear : givenYear
  if (year === null || year < 2000 || year > 2099) throw invalid('exp_year', 'The year has two or four digits.')
  if (isExpired(month, year, now)) throw new Problem('card-expired', { errors: [field('exp_year', 'In the past.')] })

  if (input.cvc !== undefined && !hasCvcForm(range.brand, input.cvc)) {
    throw invalid('cvc', 'The CVC has 3 digits, American Express 4.')
  }
  return {
    number,
    brand: range.brand,
    bin: number.slice(0, number.length >= LONG_NUMBER ? 8 : 6),
    last4: number.slice(-4),
    exp_month: month,
    exp_year: year,
    cvc: input.cvc,
    holder: input.holder,
  }
}

/** The brand a number belongs to by its first digits. */
export function brandOf(number: string): Brand {
  return rangeOf(number).brand
}

function rangeOf(number: string): Pick<Range, 'brand' | 'lengths'> {
  const prefix = Number(number.slice(0, 6))
  return RANGES.find((range) => prefix >= range.from && prefix <= range.to) ?? UNKNOWN_RANGE
}

function wholeNumber(value: number | string, form: RegExp): number | null {
  const text = String(value)
  return form.test(text) ? Number(text) : null
}

function isExpired(month: number, year: number, now: Date): boolean {
  // Date.UTC counts months from 0, so `month` names the first instant after the card's last month.
  return now.getTime() - LAST_ZONE_MS >= Date.UTC(year, month, 1)
}

function hasCvcForm(brand: Brand, cvc: string): boolean {
  if (brand === 'other') return /^[0-9]{3,4}$/.test(cvc)
  return (brand === 'amex' ? /^[0-9]{4}$/ : /^[0-9]{3}$/).test(cvc)
}

function invalid(name: keyof CardInput, detail: string): Problem {
  return new Problem('card-invalid', { detail, errors: [field(name, detail)] })
}

function field(name: keyof CardInput, detail: string): { pointer: string; detail: string } {
  return { pointer: `/card/${name}`, detail }
}
