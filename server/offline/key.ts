// The key that a till signs its documents with. It is made on the device and never leaves it; here is its public half. ECDSA over
// P-256, because that is what every browser makes without being able to give it away.

import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import type { OfflineDeps } from './deps.ts'
import { insertKey, type KeyRow, keyOfDevice, lastLink } from './store.ts'

/** The name that Node has for P-256. */
const CURVE = 'prime256v1'

/** Where the chain of a key goes on: the next number, and the hash that the document with that number refers to. */
export interface ChainEnd {
  next_sequence: number
  last_hash: string
}

/**
 * Makes a key known, or finds it again: the same key of a device is the same answer. Another one begins a chain of its own. Throws
 * validation-error for what is no public key of that kind.
 */
export async function makeKeyKnown(
  deps: OfflineDeps,
  merchantId: string,
  { deviceId, publicKey }: { deviceId: string; publicKey: string },
): Promise<KeyRow & ChainEnd> {
  const der = derOf(publicKey)
  return transact(deps.db, async (tx) => {
    const fresh = { id: deps.newId('ofk'), device_id: deviceId, public_key: der, created_at: deps.clock.now() }
    await insertKey(tx, merchantId, fresh)
    const key = await keyOfDevice(tx, merchantId, { deviceId, publicKey: der })
    if (!key) throw new Error('a key that was just written is not there')
    return { ...key, ...endOf(key.id, await lastLink(tx, merchantId, key.id)) }
  })
}

/** The end of a chain by its last link. */
export function endOf(keyId: string, last: { sequence: bigint; hash: string } | null): ChainEnd {
  if (!last) return { next_sequence: 1, last_hash: beginningOf(keyId) }
  return { next_sequence: Number(last.sequence) + 1, last_hash: last.hash }
}

/** What stands before the first document: of each key another, so that no chain can be passed off as another one's. */
export function beginningOf(keyId: string): string {
  return hashOf(`onetill offline chain of ${keyId}`)
}

/** SHA-256 of a text's UTF-8, as documents write it. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

/** True when `signature` (64 bytes, base64) was made over this text with the private half of the key. */
export function isSignedBy(publicKey: Buffer, text: string, signature: string): boolean {
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
  const bytes = Buffer.from(signature, 'base64')
  return verify('sha256', Buffer.from(text, 'utf8'), { key, dsaEncoding: 'ieee-p1363' }, bytes)
}

function derOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  let key: KeyObject
  try {
    key = createPublicKey({ key: bytes, format: 'der', type: 'spki' })
  } catch {
    throw noKey('is no public key (SPKI, base64)')
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== CURVE)
    throw noKey('is no key of the curve P-256')
  // Written anew, so that one key has one form.
  return key.export({ type: 'spki', format: 'der' })
}

function noKey(detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer: '/public_key', detail }] })
}
