// What the vault holds in memory while the process runs: the key ring, merchants' unwrapped keys, CVCs on their way to
// their one use, and the loaders of the hot path. Made once by main.ts and passed to every vault function as `deps.vault`.

import { join } from 'node:path'
import type { Lanes } from '../db/lanes.ts'
import { createScopedLoader, type Loader } from '../db/load-many.ts'
import type { Db, Queryable } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import { type CvcMemory, createCvcMemory } from './cvc-memory.ts'
import { type KeyRing, openKeyFile } from './keys.ts'
import { createKeyStore, type KeyStore } from './merchant-keys.ts'
import { hasKeys, type InstrumentRow, readInstruments, readTokens, type TokenRow } from './store.ts'

export interface Vault {
  readonly ring: KeyRing
  readonly keys: KeyStore
  readonly cvcs: CvcMemory
  readonly tokens: Loader<TokenRow>
  readonly instruments: Loader<InstrumentRow>
}

/** What every vault function needs. */
export interface VaultDeps {
  db: Db
  lanes: Lanes
  clock: Clock
  newId: NewId
  log: Log
  vault: Vault
}

export interface OpenVaultOptions {
  db: Db
  /** Connections for looking rows up by their key; without it those of `db`. */
  lookups?: Queryable
  clock: Clock
  log: Log
  /** `$ONETILL_DATA/keys`; holds vault.key. Back it up apart from the database: each is worthless without the other. */
  keysFolder: string
  /** A KMS in place of the key file. */
  ring?: KeyRing
}

/**
 * Opens the vault after migration. Creates the master key on a first start; throws KeyFileUnusable when the file can be
 * read by others, is damaged, or is missing although the database holds keys that it wrapped.
 */
export async function openVault(options: OpenVaultOptions): Promise<Vault> {
  const { db, clock, log, lookups = db } = options
  const ring =
    options.ring ??
    (await openKeyFile(join(options.keysFolder, 'vault.key'), { clock, mayCreate: !(await hasKeys(db)) }))
  return {
    ring,
    keys: createKeyStore({ db, clock, log, ring }),
    cvcs: createCvcMemory(clock),
    tokens: createScopedLoader((merchantIds, ids) => readTokens(lookups, merchantIds, ids)),
    instruments: createScopedLoader((merchantIds, ids) => readInstruments(lookups, merchantIds, ids)),
  }
}
