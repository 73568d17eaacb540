// Makes a merchant that can sell at once: stores, registers, terminals, accounts, channels and its first keys.
//
// Two transactions: the merchant's row comes first, because the vault keeps a key per merchant, with a foreign key to it,
// and must have that before it can seal credentials. A crash between them leaves a merchant without keys, which nobody can
// use and nothing refers to.

import { type Db, type Tx, transact } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import type { ConfigSeal } from './config.ts'
import { CHANNELS } from './method.ts'
import { checkPlace, defaultCountry, timeZoneOf } from './place.ts'
import { newWebhookSecret } from './simulator-config.ts'
import * as rows from './store.ts'
import type { OpeningHours, StoreAddress, StoreKind } from './store-place.ts'

export interface CreateMerchantDeps {
  db: Db
  clock: Pick<Clock, 'now'>
  newId: NewId
  configSeal: ConfigSeal
  /** Makes the first two keys inside the transaction; the access module provides it. */
  issueFirstKeys(tx: Tx, merchant: { id: string; mode: 'test' | 'live' }): Promise<FirstKeys>
}

/** Shown once, here. */
export interface FirstKeys {
  secret_key: string
  publishable_key: string
}

export interface StorePlan {
  name: string
  country: string
  currency: string
  kind: StoreKind
  /** Tills in it, each with its terminal. */
  registers: number
  latitude?: number
  longitude?: number
  address?: StoreAddress
  opening_hours?: OpeningHours
}

export interface NewMerchant {
  name: string
  currency: string
  /** Default: the country of the currency; the Netherlands for the euro. */
  country?: string
  /** Default: test. */
  mode?: 'test' | 'live'
  /** Default: one web shop and one shop with one till. */
  stores?: readonly StorePlan[]
}

/** What a script needs to start selling; the content of demo.json. */
export interface NewMerchantKeys extends FirstKeys {
  merchant_id: string
  stores: { id: string; name: string; country: string; currency: string }[]
  registers: { id: string; store_id: string }[]
  terminals: { id: string; store_id: string; register_id: string }[]
  /** Only beside a live merchant: the test merchant that rehearses for it. */
  test_twin?: NewMerchantKeys
}

/**
 * Creates a merchant and answers its ids and keys. A test merchant gets two simulator accounts (so that failover can be
 * tried) and terminals; a live one gets its cash drawer and its own books only, because it
 * has no provider contract yet, and a test twin.
 * Throws `validation-error` or `currency-unknown`.
 */
export async function createMerchant(deps: CreateMerchantDeps, input: NewMerchant): Promise<NewMerchantKeys> {
  const mode = input.mode ?? 'test'
  const created = await createOne(deps, input, mode, null)
  if (mode === 'test') return created
  return { ...created, test_twin: await createOne(deps, input, 'test', created.merchant_id) }
}

async function createOne(
  deps: CreateMerchantDeps,
  input: NewMerchant,
  mode: 'test' | 'live',
  twinOf: string | null,
): Promise<NewMerchantKeys> {
  const country = input.country ?? defaultCountry(input.currency)
  const plans = input.stores ?? defaultStores({ country, currency: input.currency })
  check(input.name, [{ country, currency: input.currency }, ...plans])

  const id = deps.newId('mer')
  const at = deps.clock.now()
  const merchant = { merchant_id: id, name: input.name, currency: input.currency, country, mode, twin_of: twinOf }
  await transact(deps.db, (tx) => rows.insertMerchant(tx, merchant, at))
  const accounts = await Promise.all(
    firstAccounts(mode).map(async ({ config, ...account }) => {
      const accountId = deps.newId('cac')
      return { ...account, id: accountId, sealedConfig: await deps.configSeal.seal(id, accountId, config) }
    }),
  )

  return transact(deps.db, async (tx) => {
    await rows.insertChannels(tx, id, CHANNELS)
    for (const account of accounts) await rows.insertAccount(tx, id, account, at)
    const terminalAccount = accounts.find((account) => account.connector === 'simulator')
    const created: NewMerchantKeys = {
      merchant_id: id,
      ...(await deps.issueFirstKeys(tx, { id, mode })),
      stores: [],
      registers: [],
      terminals: [],
    }
    for (const plan of plans) await openStore(deps, tx, { created, plan, at, terminalAccountId: terminalAccount?.id })
    return created
  })
}

/** Writes one planned store with its tills, and notes their ids in `created`. */
async function openStore(
  deps: CreateMerchantDeps,
  tx: Tx,
  opening: { created: NewMerchantKeys; plan: StorePlan; at: Date; terminalAccountId: string | undefined },
): Promise<void> {
  const { created, plan, at, terminalAccountId } = opening
  const { name, country, currency, kind, latitude, longitude } = plan
  const store = {
    id: deps.newId('sto'),
    name,
    country,
    currency,
    timeZone: timeZoneOf(country),
    kind,
    latitude,
    longitude,
  }
  await rows.insertStore(tx, created.merchant_id, store, at)
  const { address, opening_hours } = plan
  if (address || opening_hours)
    await rows.updateStore(tx, created.merchant_id, store.id, {
      ...(address && { address }),
      ...(opening_hours && { opening_hours }),
    })
  created.stores.push({ id: store.id, name, country, currency })
  for (let number = 1; number <= plan.registers; number++) {
    const register = { id: deps.newId('reg'), storeId: store.id, name: `Register ${number}` }
    await rows.insertRegister(tx, created.merchant_id, register, at)
    created.registers.push({ id: register.id, store_id: store.id })
    if (terminalAccountId === undefined) continue
    const id = deps.newId('ter')
    const serial = `SIM-${String(created.terminals.length + 1).padStart(4, '0')}`
    const place = { storeId: store.id, registerId: register.id, connectorAccountId: terminalAccountId }
    await rows.insertTerminal(tx, created.merchant_id, { id, ...place, name: `Terminal ${number}`, serial }, at)
    created.terminals.push({ id, store_id: store.id, register_id: register.id })
  }
}

interface FirstAccount {
  connector: string
  name: string
  methods: string[]
  priority: number
  is_enabled: boolean
  config: Record<string, string>
}

function firstAccounts(mode: 'test' | 'live'): FirstAccount[] {
  const open = { methods: [], is_enabled: true }
  const drawer = { ...open, connector: 'cash', name: 'Cash drawer', priority: 1, config: {} }
  const ownBooks = { ...open, connector: 'stored_value', name: 'Stored value', priority: 1, config: {} }
  if (mode === 'live') return [drawer, ownBooks]
  const simulator = (name: 'A' | 'B', priority: number): FirstAccount => ({
    ...open,
    connector: 'simulator',
    name: `Simulator ${name}`,
    priority,
    config: { simulator: name, webhook_secret: newWebhookSecret() },
  })
  return [simulator('A', 1), simulator('B', 2), drawer, ownBooks]
}

function defaultStores(home: { country: string; currency: string }): StorePlan[] {
  return [
    { ...home, name: 'Web shop', kind: 'web', registers: 0 },
    { ...home, name: 'Shop', kind: 'shop', registers: 1 },
  ]
}

function check(name: string, places: readonly { country: string; currency: string }[]): void {
  if (name.trim().length < 1 || name.length > 120) {
    throw new Problem('validation-error', { errors: [{ pointer: '/name', detail: 'must have 1 to 120 characters' }] })
  }
  for (const place of places) checkPlace(place)
}
