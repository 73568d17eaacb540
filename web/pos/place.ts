// Where the till stands, as the API tells it to its device: register, store, terminals, people, and the shift that is open.

import type { CashRounding } from '../../server/totals/index.ts'

export interface Place {
  storeId: string
  registerId: string
  currency: { code: string; digits: number }
}

export const digitsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2

/** As the API writes the rule, in JSON. */
export interface CashRule {
  /** The smallest coin, in minor units. */
  increment: number
  mode: CashRounding['mode']
  is_optional: boolean
}

/** Notes and coins of a currency that a key stands for, in minor units, smallest first. */
const NOTES: Readonly<Record<string, readonly number[]>> = {
  EUR: [500, 1000, 2000, 5000, 10_000, 20_000],
  SEK: [2000, 5000, 10_000, 20_000, 50_000, 100_000],
  PLN: [1000, 2000, 5000, 10_000, 20_000, 50_000],
}
/** All there is in a drawer, largest first, to count it by. */
const COUNTED: Readonly<Record<string, readonly number[]>> = {
  EUR: [20_000, 10_000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
  SEK: [100_000, 50_000, 20_000, 10_000, 5000, 2000, 1000, 500, 200, 100],
  PLN: [50_000, 20_000, 10_000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
}
export const notesOf = (currency: string): readonly number[] => NOTES[currency] ?? NOTES['EUR'] ?? []
export const countedOf = (currency: string): readonly number[] => COUNTED[currency] ?? COUNTED['EUR'] ?? []
