// AES-256-GCM with the context bound in: a sealed value opens only with the right key AND in the place it was sealed for,
// so a row copied to another id or merchant is worthless. Layout: key version (4 bytes), nonce (12), tag (16), ciphertext.
//
// Nonces are 96 random bits. That is safe for 2^32 messages under one key (NIST SP 800-38D, 8.3); keys are per merchant,
// so the cap is four thousand million tokenisations of one merchant, and rotateDataKey starts a new count.

import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto'

const VERSION_BYTES = 4
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = VERSION_BYTES + NONCE_BYTES + TAG_BYTES

/** What a sealed value is bound to. Two different places never give the same bytes (they are JSON, not glued text). */
export interface SealPlace {
  /** What kind of thing is sealed: 'card', 'config', 'key'. */
  purpose: 'card' | 'config' | 'key'
  merchantId: string
  /** The row within the merchant. */
  id: string
}

/** The sealed bytes do not open: wrong key, another place, or altered. Carries no part of them. */
export class SealBroken extends Error {
  constructor() {
    super('a sealed value does not open with its key in this place')
    this.name = 'SealBroken'
  }
}

/** Seals `plain` under `key`; `keyVersion` is written in front and bound in as well. */
export function seal(key: KeyObject, keyVersion: number, place: SealPlace, plain: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(HEADER_BYTES)
  sealed.writeUInt32BE(keyVersion, 0)
  const nonce = nonceOf(sealed)
  randomFillSync(nonce)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(contextOf(place, keyVersion))
  const body = cipher.update(plain)
  cipher.final()
  cipher.getAuthTag().copy(sealed, VERSION_BYTES + NONCE_BYTES)
  return Buffer.concat([sealed, body])
}

/** Opens what `seal` made. Throws SealBroken. */
export function unseal(key: KeyObject, place: SealPlace, sealed: Buffer): Buffer {
  if (sealed.length < HEADER_BYTES) throw new SealBroken()
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(sealed), { authTagLength: TAG_BYTES })
  decipher.setAAD(contextOf(place, keyVersionOf(sealed)))
  decipher.setAuthTag(sealed.subarray(VERSION_BYTES + NONCE_BYTES, HEADER_BYTES))
  const plain = decipher.update(sealed.subarray(HEADER_BYTES))
  try {
    decipher.final()
  } catch {
    throw new SealBroken()
  }
  return plain
}

/** The version of the key that opens `sealed`. Throws SealBroken when the bytes are too short to say. */
export function keyVersionOf(sealed: Buffer): number {
  if (sealed.length < HEADER_BYTES) throw new SealBroken()
  return sealed.readUInt32BE(0)
}

function nonceOf(sealed: Buffer): Buffer {
  return sealed.subarray(VERSION_BYTES, VERSION_BYTES + NONCE_BYTES)
}

function contextOf(place: SealPlace, keyVersion: number): Buffer {
  return Buffer.from(JSON.stringify([place.purpose, place.merchantId, place.id, keyVersion]))
}
