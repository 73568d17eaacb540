// Everything about a merchant that a payment needs to know, read in one statement and kept for a second. It is asked for
// on every sale; it changes once a week. It must never be used to decide about money already taken: that is in the books.

import type { ConnectorAccount } from '../connectors/connector.ts'
import type { Queryable } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import { type Channel, effectiveMethods, type Method } from './method.ts'
import { type AccountRow, type DistanceSales, type Register, readMerchant, type Store, type Terminal } from './store.ts'

/** One contract with a provider, ready for use: credentials unsealed. */
export interface MerchantAccount extends ConnectorAccount {
  name: string
  /** Narrows what the account is used for; empty = everything its connector carries. */
  methods: readonly string[]
  /** 1 is tried first. */
  priority: number
  isEnabled: boolean
}

export interface MerchantConfig {
  id: string
  name: string
  currency: string
  country: string
  mode: 'test' | 'live'
  /** What the merchant chose; whether it may is for the tax to say. */
  distanceSales: DistanceSales
  stores: ReadonlyMap<string, Store>
  registers: ReadonlyMap<string, Register>
  terminals: ReadonlyMap<string, Terminal>
  /** The channels that are switched on. */
  channels: ReadonlySet<Channel>
  methods: ReadonlyMap<string, Method>
  /** By priority, then by age. Disabled ones are included: a refund follows its charge to wherever that went. */
  accounts: readonly MerchantAccount[]
}

/** Seals and opens the credentials of one connector account; the vault provides it. Bound to merchant and account id. */
export interface ConfigSeal {
  seal(merchantId: string, id: string, config: Readonly<Record<string, string>>): Promise<Buffer>
  unseal(merchantId: string, id: string, sealed: Buffer): Promise<Readonly<Record<string, string>>>
}

export interface MerchantCacheDeps {
  db: Queryable
  clock: Clock
  configSeal: ConfigSeal
}

/** The kept configurations. One per process, made by main.ts. */
export interface MerchantCache {
  /** At most a second old; null when there is no such merchant. */
  get(merchantId: string): Promise<MerchantConfig | null>
  /** Makes the next `get` read again. Called by every route that changes the configuration, so a caller sees its own writes. */
  forget(merchantId: string): void
}

/** A change made by another process is seen within this. Also what a sale may act on after a method was switched off. */
const MAX_AGE_MS = 1000
/** A configuration takes a few kilobytes; this many stay well under the server's memory budget. */
const MAX_ENTRIES = 5000

interface Entry {
  readAt: number
  config: Promise<MerchantConfig | null>
}

/** Makes the cache. Concurrent callers of one merchant share one read; a failed read is not kept. */
export function createMerchantCache(deps: MerchantCacheDeps): MerchantCache {
  const entries = new Map<string, Entry>()
  return {
    get(merchantId) {
      const now = deps.clock.now().getTime()
      const kept = entries.get(merchantId)
      if (kept && now - kept.readAt < MAX_AGE_MS) return kept.config
      // Age counts from before the read, so that the answer is never older than the bound.
      const entry: Entry = { readAt: now, config: loadMerchantConfig(deps, merchantId) }
      entries.delete(merchantId)
      entries.set(merchantId, entry)
      // A Map keeps insertion order, and every refresh inserts anew: the first key is the one unused for longest.
      if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value as string)
      entry.config.catch(() => {
        if (entries.get(merchantId) === entry) entries.delete(merchantId)
      })
      return entry.config
    },
    forget(merchantId) {
      entries.delete(merchantId)
    },
  }
}

/** The merchant's configuration, at most a second old; null when there is no such merchant. */
export function merchantConfig(
  deps: { merchantCache: MerchantCache },
  merchantId: string,
): Promise<MerchantConfig | null> {
  return deps.merchantCache.get(merchantId)
}

/** Reads the configuration now, past the cache. */
export async function loadMerchantConfig(deps: MerchantCacheDeps, merchantId: string): Promise<MerchantConfig | null> {
  const row = await readMerchant(deps.db, merchantId)
  if (!row) return null
  return {
    id: row.merchant_id,
    name: row.name,
    currency: row.currency,
    country: row.country,
    mode: row.mode,
    distanceSales: row.distance_sales,
    stores: byId(row.stores),
    registers: byId(row.registers),
    terminals: byId(row.terminals),
    channels: new Set(row.channels),
    methods: effectiveMethods(row.methods),
    accounts: await Promise.all(row.accounts.map((account) => openAccount(deps.configSeal, merchantId, account))),
  }
}

async function openAccount(configSeal: ConfigSeal, merchantId: string, row: AccountRow): Promise<MerchantAccount> {
  return {
    id: row.id,
    merchant_id: merchantId,
    connector: row.connector,
    config: await configSeal.unseal(merchantId, row.id, Buffer.from(row.sealed_config, 'base64')),
    name: row.name,
    methods: row.methods,
    priority: row.priority,
    isEnabled: row.is_enabled,
  }
}

function byId<T extends { id: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]))
}
