// The number of a message at one terminal: ten letters and digits, unlike any other for at least two days.

import type { FillRandom } from '../lib/ids.ts'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LENGTH = 10
/** Seconds in base 36 need six characters until the year 2038, and seven after it. */
const RANDOM_CHARS = 4

/**
 * A ServiceID: the second in base 36 and four random characters, one of 1.7 million for each second. Whoever keeps it makes sure
 * by a unique index that it was never used.
 */
export function newServiceId(now: Date, fill: FillRandom): string {
  const bytes = new Uint8Array(RANDOM_CHARS)
  fill(bytes)
  const seconds = Math.floor(now.getTime() / 1000)
    .toString(36)
    .toUpperCase()
  const random = [...bytes].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')
  return `${seconds.slice(-(LENGTH - RANDOM_CHARS)).padStart(LENGTH - RANDOM_CHARS, '0')}${random}`
}

/** What may stand in a ServiceID that comes in: we send ten characters and take up to twenty. */
export function isServiceId(text: unknown): text is string {
  return typeof text === 'string' && /^[A-Za-z0-9-]{1,20}$/.test(text)
}
