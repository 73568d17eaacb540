// Codes that a scale or a counter prints: an EAN-13 from 20 to 29 that holds an article number and a price, a weight or a
// count. Each country, and inside it each merchant, has its own way; rules say which.

import { hasCheckDigit } from './barcode.ts'

export const EMBEDDED_KINDS = ['price', 'weight', 'quantity'] as const
export type EmbeddedKind = (typeof EMBEDDED_KINDS)[number]

/** How codes with one prefix are read: prefix, item, inner check digit if any, value, check digit; 13 digits in all. */
export interface BarcodeRule {
  prefix: string
  kind: EmbeddedKind
  item_digits: number
  value_digits: number
  /** Decimals of the value: in the currency's major unit, or in kilograms. None for a quantity. */
  decimals: number
  has_inner_check: boolean
}

/**
 * What a country prescribes. Sweden: GS1 Sweden, "Variable weight number": 20 to 22 a price in kronor, 23 to 25 a weight in
 * kilograms, with fewer decimals from one to the next. Elsewhere shops agree with their scales, so the merchant says it.
 */
const BY_COUNTRY: Record<string, readonly BarcodeRule[]> = {
  SE: [
    ...[2, 1, 0].map((decimals, i) => rule(`2${i}`, 'price', decimals)),
    ...[3, 2, 1].map((decimals, i) => rule(`2${i + 3}`, 'weight', decimals)),
  ],
}

function rule(prefix: string, kind: EmbeddedKind, decimals: number): BarcodeRule {
  return { prefix, kind, item_digits: 6, value_digits: 4, decimals, has_inner_check: false }
}

export function rulesOfCountry(country: string): readonly BarcodeRule[] {
  return BY_COUNTRY[country] ?? []
}

/** What is wrong with a rule, as a sentence; undefined when nothing is. */
export function ruleFault(rule: BarcodeRule): string | undefined {
  const length = rule.prefix.length + rule.item_digits + rule.value_digits + (rule.has_inner_check ? 1 : 0) + 1
  if (length !== 13) return `Prefix, item, value and check digits must make 13 digits; these make ${length}.`
  if (rule.has_inner_check && rule.value_digits !== 4 && rule.value_digits !== 5)
    return 'GS1 has an inner check digit for values of 4 and 5 digits only.'
  if (rule.kind === 'quantity' && rule.decimals !== 0) return 'A quantity has no decimals.'
  return undefined
}

export interface Embedded {
  kind: EmbeddedKind
  /** The digits of the value, to be read with `decimals`. */
  digits: string
  decimals: number
  /** Under which codes the article may be kept, the most telling first. */
  codes: string[]
}

/** Reads a code by the rule with the longest prefix that fits; undefined when none does or a check digit is wrong. */
export function readEmbedded(code: string, rules: readonly BarcodeRule[]): Embedded | undefined {
  if (!/^\d{13}$/.test(code) || !hasCheckDigit(code)) return undefined
  const fitting = rules.filter(({ prefix }) => code.startsWith(prefix))
  const rule = fitting.sort((a, b) => b.prefix.length - a.prefix.length)[0]
  if (!rule) return undefined
  const itemEnd = rule.prefix.length + rule.item_digits
  const valueStart = itemEnd + (rule.has_inner_check ? 1 : 0)
  const digits = code.slice(valueStart, valueStart + rule.value_digits)
  if (rule.has_inner_check && Number(code[itemEnd]) !== innerCheckDigit(digits)) return undefined
  const item = code.slice(rule.prefix.length, itemEnd)
  return { kind: rule.kind, digits, decimals: rule.decimals, codes: [rule.prefix + item, item] }
}

// Weighting factors of GS1 General Specifications 7.9.2: what each digit of the price counts.
const TWO_MINUS = [0, 2, 4, 6, 8, 9, 1, 3, 5, 7]
const THREE = [0, 3, 6, 9, 2, 5, 8, 1, 4, 7]
const FIVE_PLUS = [0, 5, 1, 6, 2, 7, 3, 8, 4, 9]
const FIVE_MINUS = [0, 5, 9, 4, 8, 3, 7, 2, 6, 1]

/** GS1's check digit over a price of 4 or 5 digits, which a scanner tests before the outer one. */
export function innerCheckDigit(digits: string): number {
  const factors =
    digits.length === 4
      ? [TWO_MINUS, TWO_MINUS, THREE, FIVE_MINUS]
      : [FIVE_PLUS, TWO_MINUS, FIVE_MINUS, FIVE_PLUS, TWO_MINUS]
  const sum = factors.reduce((total, factor, i) => total + (factor[Number(digits[i])] ?? 0), 0)
  if (digits.length === 4) return (sum * 3) % 10
  return FIVE_MINUS.indexOf((10 - (sum % 10)) % 10)
}
