// The pickup code: what the customer, or whom they send, shows at the counter. Made from the fulfilment's id and a number under
// the merchant's key, which lies outside the database, so it can be told to the mail that carries it and stands nowhere.

import { keyedHash, type Vault } from '../vault/index.ts'

/** Crockford's alphabet: can be read out and typed. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** 30 bits: with five tries one guess in two hundred million fulfilments. */
const LENGTH = 6
/** Wrong codes until staff must look at an identity document, or make a new code. */
export const MOST_ATTEMPTS = 5

/** The `no`-th code of a fulfilment. */
export async function pickupCode(
  deps: { vault: Vault },
  merchantId: string,
  of: { id: string; code_no: number },
): Promise<string> {
  const hash = await keyedHash(deps, merchantId, { purpose: 'pickup_code', text: `${of.id} ${of.code_no}` })
  const bytes = Buffer.from(hash, 'base64url').subarray(0, LENGTH)
  return [...bytes].map((byte) => ALPHABET[byte & 31]).join('')
}

/** What the database keeps of a code. The id is in it: equal codes of two fulfilments do not look equal. */
export function hashOfCode(deps: { vault: Vault }, merchantId: string, id: string, typed: string): Promise<string> {
  const code = typed.toUpperCase().replaceAll(/[ -]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  return keyedHash(deps, merchantId, { purpose: 'pickup', text: `${id} ${code}` })
}
