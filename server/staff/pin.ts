// PINs. Four digits are guessed in no time by whoever has the hashes, so a PIN is hashed twice: keyed with a secret that never
// leaves the vault, then slowly and with a salt of its own. A stolen database alone tells nothing; what is left are guesses
// at the till, which are counted (server/tills).

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** HMAC under a key of the merchant's that the database does not hold. */
export type KeyedHash = (merchantId: string, of: { purpose: string; text: string }) => Promise<string>

/** 16 MB and some 40 ms: nothing for somebody who signs in, much for somebody who tries all. */
const COST = { N: 16_384, r: 8, p: 1 }
const SALT_BYTES = 16
const HASH_BYTES = 32

/** The form of a PIN: four to eight digits. */
export const PIN = '^[0-9]{4,8}$'

/** The hash of a PIN to keep, with its salt; another one each time. */
export async function hashPin(deps: { keyedHash: KeyedHash }, merchantId: string, pin: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await slowHash(await keyed(deps, merchantId, pin), salt)
  return `scrypt1.${salt.toString('base64url')}.${hash.toString('base64url')}`
}

/** True when `pin` is the one `kept` was made of. Takes as long either way. */
export async function isPin(
  deps: { keyedHash: KeyedHash },
  merchantId: string,
  { pin, kept }: { pin: string; kept: string },
): Promise<boolean> {
  const [, salt = '', hash = ''] = kept.split('.')
  const found = await slowHash(await keyed(deps, merchantId, pin), Buffer.from(salt, 'base64url'))
  const wanted = Buffer.from(hash, 'base64url')
  return wanted.length === found.length && timingSafeEqual(found, wanted)
}

function keyed(deps: { keyedHash: KeyedHash }, merchantId: string, pin: string): Promise<string> {
  return deps.keyedHash(merchantId, { purpose: 'staff pin', text: pin })
}

function slowHash(text: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    scrypt(text, salt, HASH_BYTES, COST, (error, hash) => (error ? reject(error) : resolve(hash))),
  )
}
