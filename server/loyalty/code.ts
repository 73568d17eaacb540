// The code on a gift card: 15 characters of Crockford's alphabet (75 bits) and one that checks them. Code and PIN are made
// from the card's id under the merchant's key, which lies outside the database: so they can be told again when an answer was
// lost or a mail is sent later, and still stand nowhere. The database keeps a hash of the code and its last four characters.

import { containsCardNumber } from '../lib/card-scan.ts'
import type { LoyaltyDeps } from './deps.ts'

/** Crockford's: no I, L, O, U, so that a code can be read out and typed. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CHECKED = 15
const PIN_DIGITS = 6

/** A code as typed, in the form that is hashed; undefined when its check character is wrong: nobody issued it. */
export function readCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replaceAll(/[ -]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  if (code.length !== CHECKED + 1 || [...code].some((character) => !ALPHABET.includes(character))) return undefined
  return checkCharacter(code.slice(0, CHECKED)) === code[CHECKED] ? code : undefined
}

/** The code of a card, 16 characters. */
export async function codeOf(deps: LoyaltyDeps, merchantId: string, giftCardId: string): Promise<string> {
  // A code that passes for a card number would be refused at every door; one in a million million tries again.
  for (let turn = 0; ; turn++) {
    const hash = await deps.keyedHash(merchantId, { purpose: 'gift_card_code', text: `${giftCardId} ${turn}` })
    const bytes = Buffer.from(hash, 'base64url')
    const code = [...bytes.subarray(0, CHECKED)].map((byte) => ALPHABET[byte & 31]).join('')
    const whole = code + checkCharacter(code)
    if (!containsCardNumber(whole)) return whole
  }
}

/** The PIN of a card that has one, 6 digits. */
export async function pinOf(deps: LoyaltyDeps, merchantId: string, giftCardId: string): Promise<string> {
  const hash = await deps.keyedHash(merchantId, { purpose: 'gift_card_pin', text: giftCardId })
  // 48 bits over a million: no digit is noticeably likelier than another.
  const number = Buffer.from(hash, 'base64url').readUIntBE(0, 6) % 10 ** PIN_DIGITS
  return String(number).padStart(PIN_DIGITS, '0')
}

/** What the database keeps of a code. */
export function hashOfCode(deps: LoyaltyDeps, merchantId: string, code: string): Promise<string> {
  return deps.keyedHash(merchantId, { purpose: 'gift_card', text: code })
}

/** Luhn's rule over 32 characters: finds every wrong character and nearly every swapped pair. */
function checkCharacter(code: string): string {
  let sum = 0
  let factor = 2
  for (let i = code.length - 1; i >= 0; i--) {
    const product = factor * ALPHABET.indexOf(code[i] as string)
    sum += Math.floor(product / ALPHABET.length) + (product % ALPHABET.length)
    factor = 3 - factor
  }
  return ALPHABET[(ALPHABET.length - (sum % ALPHABET.length)) % ALPHABET.length] as string
}
