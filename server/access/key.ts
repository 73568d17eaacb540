// The text of an API key: `sk_test_<16 characters of its id>_<40 characters of secret>`. The prefix tells kind and mode
// to people and to secret scanners; the id part lets an operator say which key was found in a public repository; the
// secret is 200 random bits. We keep only the SHA-256 of the whole: with that much randomness nothing slower is needed.

import { createHash, randomBytes } from 'node:crypto'
import type { KeyKind } from './scope.ts'

const PREFIXES: Readonly<Record<KeyKind, string>> = { secret: 'sk', publishable: 'pk', restricted: 'rk' }

/** 40 characters of 5 bits each are 200 bits; 192 is the least we promise. */
const SECRET_CHARS = 40
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const ID_CHARS = 16

const FORM = /^(sk|pk|rk)_(test|live)_[0-9A-HJKMNP-TV-Z]{16}_[0-9a-hjkmnp-tv-z]{40}$/

/** Makes the text of a new key. It exists in the answer to its creation and nowhere else. */
export function newKeyText(key: { id: string; kind: KeyKind; mode: 'test' | 'live' }): string {
  // 32 characters divide 256 evenly, so the low five bits of a byte are as random as the byte.
  const secret = Array.from(randomBytes(SECRET_CHARS), (byte) => ALPHABET[byte & 31]).join('')
  return `${PREFIXES[key.kind]}_${key.mode}_${key.id.slice(-ID_CHARS)}_${secret}`
}

/** True when `text` could be a key. Nothing else is worth a query. */
export function isKeyText(text: string): boolean {
  return FORM.test(text)
}

/** The mode a key works in. The prefix is part of what is hashed, so it cannot be changed. */
export function modeOf(text: string): 'test' | 'live' {
  return text.startsWith('live_', 3) ? 'live' : 'test'
}

/** What the database knows a key by. */
export function hashOf(text: string): Buffer {
  return createHash('sha256').update(text, 'latin1').digest()
}
