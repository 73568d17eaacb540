// The caps of an account whose terminals may approve without the issuer: all four or none.

import { currencyOf } from '../lib/currency.ts'
import { invalid } from './request.ts'

export const OFFLINE_CONFIG = [
  'offline_currency',
  'offline_per_sale',
  'offline_per_device',
  'offline_max_age_h',
] as const
/** A month: what nobody has confirmed by then is lost. */
const MAX_AGE_H = 744n
const MAX_CAP = 999_999_999_999n

/** Throws validation-error. */
export function checkOfflineCaps(config: Record<string, string>): void {
  if (OFFLINE_CONFIG.every((name) => config[name] === undefined)) return
  const { offline_currency = '' } = config
  if (!currencyOf(offline_currency))
    throw invalid('/config/offline_currency', 'Must be a currency: the caps are in it.')
  const number = (name: (typeof OFFLINE_CONFIG)[number], most: bigint): bigint => {
    const text = config[name] ?? ''
    if (!/^[1-9]\d{0,11}$/.test(text) || BigInt(text) > most)
      throw invalid(`/config/${name}`, `Must be a whole number from 1 to ${most}.`)
    return BigInt(text)
  }
  const perSale = number('offline_per_sale', MAX_CAP)
  if (number('offline_per_device', MAX_CAP) < perSale)
    throw invalid('/config/offline_per_device', 'Must be at least what one sale may be.')
  number('offline_max_age_h', MAX_AGE_H)
}
