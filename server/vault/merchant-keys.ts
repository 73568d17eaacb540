// Each merchant has keys of its own: data keys that seal its cards and credentials (several versions, the newest seals),
// and one fingerprint key. They rest wrapped in the database and are kept unwrapped in memory for a short while, bounded.

import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import type { Db } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'
import type { KeyRing } from './keys.ts'
import type { SealPlace } from './seal.ts'
import { insertKey, type KeyPurpose, type KeyRow, readKeys } from './store.ts'

/** The unwrapped keys of one merchant. KeyObjects: their bytes are outside the JavaScript heap and print as nothing. */
export interface MerchantKeys {
  /** The data key that seals now. */
  newest: { version: number; key: KeyObject }
  /** The data key of a version, to open what it sealed; undefined when there is none. */
  dataKey(version: number): KeyObject | undefined
  /** `fp_` and 144 bits of HMAC-SHA-256 over the card number. */
  fingerprintOf(number: string): string
  /**
   * 256 bits of HMAC-SHA-256 (base64url) over a text that could be guessed if it were hashed without a key: a gift card's
   * code, an e-mail address. `purpose` keeps equal texts of different uses apart.
   */
  keyedHash(purpose: string, text: string): string
}

export interface KeyStore {
  /** The merchant's keys, made on first use. Throws vault-unavailable when the key ring cannot give them. */
  keysOf(merchantId: string): Promise<MerchantKeys>
  /** Forgets what is in memory, so that the next `keysOf` reads the database. */
  forget(merchantId: string): void
}

export interface KeyStoreDeps {
  db: Db
  clock: Clock
  log: Log
  ring: KeyRing
}

/** At about 1 kB each this is 10 MB at most; the merchant that was read first leaves first. */
const MAX_MERCHANTS = 10_000
/** How long a rotation in another process may go unseen. Until then the older version seals, which is harmless. */
const KEPT_MS = 10 * 60_000
const KEY_BYTES = 32

export function createKeyStore(deps: KeyStoreDeps): KeyStore {
  const kept = new Map<string, { keys: Promise<MerchantKeys>; until: number }>()

  return {
    keysOf(merchantId) {
      const now = deps.clock.now().getTime()
      const known = kept.get(merchantId)
      if (known && known.until > now) return known.keys
      kept.delete(merchantId)
      if (kept.size >= MAX_MERCHANTS) kept.delete(kept.keys().next().value as string)
      const entry = { keys: loadKeys(deps, merchantId), until: now + KEPT_MS }
      kept.set(merchantId, entry)
      // A failure must not be remembered: the key ring may answer again in a moment.
      entry.keys.catch(() => {
        if (kept.get(merchantId) === entry) kept.delete(merchantId)
      })
      return entry.keys
    },
    forget(merchantId) {
      kept.delete(merchantId)
    },
  }
}

/** Makes the merchant's data key of `version`, wraps it and stores it, unless that version exists. */
export async function makeKey(
  deps: KeyStoreDeps,
  merchantId: string,
  purpose: KeyPurpose,
  version: number,
): Promise<void> {
  const wrapped = await reach(deps, merchantId, () =>
    deps.ring.wrap(randomBytes(KEY_BYTES), keyPlace(merchantId, purpose, version)),
  )
  await insertKey(deps.db, { merchantId, purpose, version, wrapped, at: deps.clock.now() })
}

/** Where a merchant's key belongs: wrapped bytes moved to another merchant, purpose or version do not unwrap. */
export function keyPlace(merchantId: string, purpose: KeyPurpose, version: number): SealPlace {
  return { purpose: 'key', merchantId, id: `${purpose}/${version}` }
}

async function loadKeys(deps: KeyStoreDeps, merchantId: string): Promise<MerchantKeys> {
  let rows = await readKeys(deps.db, merchantId)
  if (rows.length < 2) {
    await makeKey(deps, merchantId, 'data', 1)
    await makeKey(deps, merchantId, 'fingerprint', 1)
    rows = await readKeys(deps.db, merchantId)
  }
  const dataKeys = new Map<number, KeyObject>()
  let fingerprintKey: KeyObject | undefined
  for (const row of rows) {
    const key = await unwrapKey(deps, row)
    if (row.purpose === 'data') dataKeys.set(row.version, key)
    else fingerprintKey = key
  }
  const version = Math.max(...dataKeys.keys())
  return merchantKeys(dataKeys, version, fingerprintKey as KeyObject)
}

async function unwrapKey(deps: KeyStoreDeps, row: KeyRow): Promise<KeyObject> {
  const wrapped = { masterVersion: row.master_version, bytes: row.wrapped_key }
  const place = keyPlace(row.merchant_id, row.purpose, row.version)
  return createSecretKey(await reach(deps, row.merchant_id, () => deps.ring.unwrap(wrapped, place)))
}

function merchantKeys(
  dataKeys: Map<number, KeyObject>,
  newestVersion: number,
  fingerprintKey: KeyObject,
): MerchantKeys {
  const newest = { version: newestVersion, key: dataKeys.get(newestVersion) as KeyObject }
  return {
    newest,
    dataKey: (version) => dataKeys.get(version),
    fingerprintOf(number) {
      // base64url: hex would now and then hold a digit run that passes for a card number in somebody's scanner.
      return `fp_${createHmac('sha256', fingerprintKey).update(number).digest('base64url').slice(0, 24)}`
    },
    keyedHash(purpose, text) {
      return createHmac('sha256', fingerprintKey).update(`${purpose}\0${text}`).digest('base64url')
    },
  }
}

/** No key, no vault: there is no fallback to another key. */
async function reach<T>(deps: KeyStoreDeps, merchantId: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    deps.log.error('the key ring gave no key', { merchant_id: merchantId, error })
    throw new Problem('vault-unavailable')
  }
}
