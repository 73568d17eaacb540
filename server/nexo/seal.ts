// The encryption between a till and a terminal on the same network. Both know a passphrase; from it come a key for AES-256-CBC,
// a key for HMAC-SHA256 and half of the initialisation vector. The MAC is over the plain text, so a reader who told a bad
// padding from a bad MAC would help whoever plays with messages: every failure here is one error, found after the same work.

import { createCipheriv, createDecipheriv, createHmac, pbkdf2Sync, randomFillSync, timingSafeEqual } from 'node:crypto'
import type { FillRandom } from '../lib/ids.ts'
import { canonicalJson, type JsonValue } from '../lib/json.ts'
import type { Secret } from '../lib/secret.ts'
import { readMessage, type Wire } from './message.ts'

/** What a till and a terminal share. */
export interface SharedKey {
  identifier: string
  version: number
  passphrase: Secret<string>
}

/** A sealed message, a member of `SaleToPOIRequest` or `SaleToPOIResponse` as any other. */
export interface SealedBody {
  MessageHeader: object
  NexoBlob: string
  SecurityTrailer: {
    AdyenCryptoVersion: number
    KeyIdentifier: string
    KeyVersion: number
    Nonce: string
    Hmac: string
  }
}

/** The one error of everything that may be wrong with a sealed message. */
export class SealBroken extends Error {
  override name = 'SealBroken'
  constructor() {
    super('The message could not be opened.')
  }
}

/** The only version of this encryption there is. */
const CRYPTO_VERSION = 1
const SALT = 'AdyenNexoV1Salt'
const ITERATIONS = 4000
const HMAC_KEY_BYTES = 32
const CIPHER_KEY_BYTES = 32
const BLOCK = 16
/** Passphrases whose keys are kept; more than a shop has terminals. */
const MAX_KEPT = 200

/** The keys of a passphrase. */
export interface DerivedKeys {
  hmacKey: Buffer
  cipherKey: Buffer
  iv: Buffer
}

const kept = new Map<string, DerivedKeys>()

/** Derives the keys of a passphrase, once: it takes some milliseconds on purpose. */
export function keysOf(passphrase: Secret<string>): DerivedKeys {
  const text = passphrase.reveal()
  const known = kept.get(text)
  if (known) return known
  const bytes = pbkdf2Sync(
    Buffer.from(text, 'latin1'),
    SALT,
    ITERATIONS,
    HMAC_KEY_BYTES + CIPHER_KEY_BYTES + BLOCK,
    'sha1',
  )
  const keys = {
    hmacKey: bytes.subarray(0, HMAC_KEY_BYTES),
    cipherKey: bytes.subarray(HMAC_KEY_BYTES, HMAC_KEY_BYTES + CIPHER_KEY_BYTES),
    iv: bytes.subarray(HMAC_KEY_BYTES + CIPHER_KEY_BYTES),
  }
  if (kept.size >= MAX_KEPT) kept.clear()
  kept.set(text, keys)
  return keys
}

/** Seals a message. The header stays readable beside it, for whoever routes it. `fill` draws the nonce. */
export function seal(wire: Wire, key: SharedKey, fill: FillRandom = randomFillSync): Wire {
  const { wrapper, header } = readMessage(wire)
  const plain = Buffer.from(JSON.stringify(wire), 'utf8')
  const keys = keysOf(key.passphrase)
  const nonce = Buffer.alloc(BLOCK)
  fill(nonce)
  const cipher = createCipheriv('aes-256-cbc', keys.cipherKey, mixed(keys.iv, nonce))
  const body: SealedBody = {
    MessageHeader: header,
    NexoBlob: Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64'),
    SecurityTrailer: {
      AdyenCryptoVersion: CRYPTO_VERSION,
      KeyIdentifier: key.identifier,
      KeyVersion: key.version,
      Nonce: nonce.toString('base64'),
      Hmac: createHmac('sha256', keys.hmacKey).update(plain).digest('base64'),
    },
  }
  return { [wrapper]: { ...body } }
}

/** Whether a message is sealed; says nothing about whether it can be opened. */
export function isSealed(wire: unknown): boolean {
  return sealedBody(wire) !== undefined
}

/**
 * Opens a sealed message and returns what was in it. Throws SealBroken, and nothing else, when it is not sealed, not with this
 * key, was changed, or carries a readable header that is not its own: nobody vouches for the readable one.
 */
export function open(wire: unknown, key: SharedKey): Wire {
  const sealed = sealedBody(wire)
  if (!sealed) throw new SealBroken()
  const { wrapper, body } = sealed
  const trailer: Partial<SealedBody['SecurityTrailer']> = body.SecurityTrailer
  const plain = opened(body.NexoBlob, String(trailer.Nonce), String(trailer.Hmac), keysOf(key.passphrase))
  const isOurs =
    trailer.KeyIdentifier === key.identifier &&
    trailer.KeyVersion === key.version &&
    trailer.AdyenCryptoVersion === CRYPTO_VERSION
  if (!plain || !isOurs) throw new SealBroken()
  try {
    const inner = JSON.parse(plain.toString('utf8')) as Wire
    const header = inner[wrapper]?.['MessageHeader'] as JsonValue
    if (canonicalJson(header) === canonicalJson(body.MessageHeader as JsonValue)) return inner
  } catch {
    // Not a message of ours: the same failure as any other.
  }
  throw new SealBroken()
}

/** The plain bytes when their MAC is right. Padding is looked at by hand, so that a bad one costs the same as a bad MAC. */
function opened(blob: string, nonceText: string, hmacText: string, keys: DerivedKeys): Buffer | undefined {
  const bytes = Buffer.from(blob, 'base64')
  const nonce = Buffer.from(nonceText, 'base64')
  if (bytes.length === 0 || bytes.length % BLOCK !== 0 || nonce.length !== BLOCK) return undefined
  const decipher = createDecipheriv('aes-256-cbc', keys.cipherKey, mixed(keys.iv, nonce)).setAutoPadding(false)
  const padded = Buffer.concat([decipher.update(bytes), decipher.final()])
  const count = padded[padded.length - 1] as number
  const isPadded = count >= 1 && count <= BLOCK && padded.subarray(-count).every((byte) => byte === count)
  const plain = isPadded ? padded.subarray(0, -count) : padded
  const expected = createHmac('sha256', keys.hmacKey).update(plain).digest()
  const given = Buffer.from(hmacText, 'base64')
  const isSame = given.length === expected.length && timingSafeEqual(given, expected)
  return isSame && isPadded ? plain : undefined
}

function mixed(iv: Buffer, nonce: Buffer): Buffer {
  return Buffer.from(iv.map((byte, i) => byte ^ (nonce[i] as number)))
}

function sealedBody(
  wire: unknown,
): { wrapper: 'SaleToPOIRequest' | 'SaleToPOIResponse'; body: SealedBody } | undefined {
  for (const wrapper of ['SaleToPOIRequest', 'SaleToPOIResponse'] as const) {
    const body = (wire as Record<string, unknown> | null)?.[wrapper] as Partial<SealedBody> | undefined
    if (typeof body?.NexoBlob === 'string' && typeof body.SecurityTrailer === 'object' && body.SecurityTrailer !== null)
      return { wrapper, body: { MessageHeader: {}, ...body } as SealedBody }
  }
  return undefined
}
