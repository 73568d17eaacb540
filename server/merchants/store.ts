// The module's SQL, and the only place that names its tables. Every statement begins its condition with the merchant, so
// each is served by a primary key, and another merchant's id finds nothing.

import type { Queryable } from '../db/pool.ts'
import type { Channel, MethodOverride, MethodRow } from './method.ts'
import type { Capability, OpeningHours, StoreAddress, StoreKind } from './store-place.ts'

export interface Store {
  id: string
  name: string
  country: string
  currency: string
  /** IANA name; it decides on which business day a sale falls. */
  timeZone: string
  kind: StoreKind
  latitude: number | null
  longitude: number | null
  address: StoreAddress | null
  openingHours: OpeningHours | null
  /** What can be done there: as told, else what its kind usually can. */
  capabilities: readonly Capability[]
  /** From the order to the goods lying ready, within opening hours. */
  pickupLeadMinutes: number
  /** How long goods wait for their customer. */
  pickupHoldDays: number
  /** Orders it can get ready in an hour. */
  pickupCapacity: number | null
  /** What a parcel costs that leaves from here, minor units of its currency. */
  parcelCost: number
  /** Whether it rounds cash where that is the merchant's choice. */
  roundsCash: boolean
}

/** A store as it is opened; the rest is told later. */
export type NewStore = Pick<Store, 'id' | 'name' | 'country' | 'currency' | 'timeZone' | 'kind'> &
  Partial<Pick<Store, 'latitude' | 'longitude'>>

export interface Register {
  id: string
  storeId: string
  name: string
}

export interface Terminal {
  id: string
  storeId: string
  /** Null for one that is carried around. */
  registerId: string | null
  connectorAccountId: string
  name: string
  /** The provider's number for the device. */
  serial: string
}

/** Whose VAT parcels to consumers in other member states bear: theirs, or the seller's own. */
export const DISTANCE_SALES = ['destination', 'origin'] as const
export type DistanceSales = (typeof DISTANCE_SALES)[number]

/** A row of `merchant`. */
export interface Merchant {
  merchant_id: string
  name: string
  currency: string
  country: string
  mode: 'test' | 'live'
  twin_of: string | null
}

/** A connector account as stored; `sealed_config` in base 64. */
export interface AccountRow {
  id: string
  connector: string
  name: string
  methods: string[]
  priority: number
  is_enabled: boolean
  sealed_config: string
}

interface WholeMerchant extends Merchant {
  distance_sales: DistanceSales
  stores: Store[]
  registers: Register[]
  terminals: Terminal[]
  channels: Channel[]
  methods: MethodRow[]
  accounts: AccountRow[]
}

/** The merchant with everything that belongs to it, in one statement; null when there is none. */
export async function readMerchant(db: Queryable, merchantId: string): Promise<WholeMerchant | null> {
  const { rows } = await db.query<WholeMerchant>(
    `select m.merchant_id, m.name, m.currency, m.country, m.mode, m.twin_of, m.distance_sales,
      (select coalesce(json_agg(json_build_object('id', s.id, 'name', s.name, 'country', s.country, 'currency', s.currency,
          'timeZone', s.time_zone, 'kind', s.kind, 'latitude', s.latitude, 'longitude', s.longitude, 'address', s.address,
          'openingHours', s.opening_hours, 'capabilities', coalesce(s.capabilities, store_capabilities(s.kind)),
          'pickupLeadMinutes', s.pickup_lead_minutes, 'pickupHoldDays', s.pickup_hold_days, 'pickupCapacity', s.pickup_capacity,
          'parcelCost', s.parcel_cost, 'roundsCash', s.rounds_cash)
          order by s.id), '[]')
        from store s where s.merchant_id = m.merchant_id) as stores,
      (select coalesce(json_agg(json_build_object('id', r.id, 'storeId', r.store_id, 'name', r.name) order by r.id), '[]')
        from register r where r.merchant_id = m.merchant_id) as registers,
      (select coalesce(json_agg(json_build_object('id', t.id, 'storeId', t.store_id, 'registerId', t.register_id,
          'connectorAccountId', t.connector_account_id, 'name', t.name, 'serial', t.serial) order by t.id), '[]')
        from terminal t where t.merchant_id = m.merchant_id) as terminals,
      (select coalesce(json_agg(c.channel order by c.channel), '[]')
        from merchant_channel c where c.merchant_id = m.merchant_id and c.is_enabled) as channels,
      (select coalesce(json_agg(json_build_object('code', x.code, 'is_enabled', x.is_enabled, 'override', x.override)
          order by x.code), '[]')
        from merchant_method x where x.merchant_id = m.merchant_id) as methods,
      (select coalesce(json_agg(json_build_object('id', a.id, 'connector', a.connector, 'name', a.name, 'methods', a.methods,
          'priority', a.priority, 'is_enabled', a.is_enabled, 'sealed_config', encode(a.sealed_config, 'base64'))
          order by a.priority, a.id), '[]')
        from connector_account a where a.merchant_id = m.merchant_id) as accounts
    from merchant m
    where m.merchant_id = $1`,
    [merchantId],
  )
  return rows[0] ?? null
}

/** True when the merchant exists. */
export async function hasMerchant(db: Queryable, merchantId: string): Promise<boolean> {
  const { rows } = await db.query('select 1 from merchant where merchant_id = $1', [merchantId])
  return rows.length > 0
}

export async function insertMerchant(db: Queryable, merchant: Merchant, at: Date): Promise<void> {
  await db.query(
    `insert into merchant (merchant_id, name, currency, country, mode, twin_of, created_at) values ($1, $2, $3, $4, $5, $6, $7)`,
    [merchant.merchant_id, merchant.name, merchant.currency, merchant.country, merchant.mode, merchant.twin_of, at],
  )
}

/** Changes whose VAT parcels across borders bear; takes effect with the next cart. */
export async function updateMerchant(
  db: Queryable,
  merchantId: string,
  change: { distance_sales: DistanceSales },
): Promise<void> {
  await db.query('update merchant set distance_sales = $2 where merchant_id = $1', [merchantId, change.distance_sales])
}

export async function insertChannels(db: Queryable, merchantId: string, channels: readonly Channel[]): Promise<void> {
  await db.query(
    `insert into merchant_channel (merchant_id, channel, is_enabled) select $1, channel, true from unnest($2::text[]) channel`,
    [merchantId, channels],
  )
}

export async function insertStore(db: Queryable, merchantId: string, store: NewStore, at: Date): Promise<void> {
  const { id, name, country, currency, timeZone, kind, latitude = null, longitude = null } = store
  await db.query(
    `insert into store (merchant_id, id, name, country, currency, time_zone, kind, latitude, longitude, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [merchantId, id, name, country, currency, timeZone, kind, latitude, longitude, at],
  )
}

export async function insertRegister(db: Queryable, merchantId: string, register: Register, at: Date): Promise<void> {
  await db.query(`insert into register (merchant_id, id, store_id, name, created_at) values ($1, $2, $3, $4, $5)`, [
    merchantId,
    register.id,
    register.storeId,
    register.name,
    at,
  ])
}

/** What can be told of a store later; a member that is absent stays as it is, null goes back to what is usual. */
export interface StoreChange {
  name?: string
  address?: StoreAddress | null
  latitude?: number | null
  longitude?: number | null
  opening_hours?: OpeningHours | null
  capabilities?: Capability[] | null
  pickup_lead_minutes?: number
  pickup_hold_days?: number
  pickup_capacity?: number | null
  parcel_cost?: number
  rounds_cash?: boolean
}

/** Column names come from this list, never from a request. */
const CHANGEABLE = [
  'name',
  'address',
  'latitude',
  'longitude',
  'opening_hours',
  'capabilities',
  'pickup_lead_minutes',
  'pickup_hold_days',
  'pickup_capacity',
  'parcel_cost',
  'rounds_cash',
] as const

/** Changes what is given. False when the merchant has no such store. */
export async function updateStore(
  db: Queryable,
  merchantId: string,
  id: string,
  change: StoreChange,
): Promise<boolean> {
  const values: unknown[] = [merchantId, id]
  const sets = CHANGEABLE.filter((column) => change[column] !== undefined).map(
    (column) => `${column} = $${values.push(change[column])}`,
  )
  const { rowCount } = await db.query(`update store set ${sets.join(', ')} where merchant_id = $1 and id = $2`, values)
  return rowCount === 1
}

/** False when the provider contract has a terminal with this serial already. */
export async function insertTerminal(
  db: Queryable,
  merchantId: string,
  terminal: Terminal,
  at: Date,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into terminal (merchant_id, id, store_id, register_id, connector_account_id, name, serial, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (merchant_id, connector_account_id, serial) do nothing`,
    [
      merchantId,
      terminal.id,
      terminal.storeId,
      terminal.registerId,
      terminal.connectorAccountId,
      terminal.name,
      terminal.serial,
      at,
    ],
  )
  return rowCount === 1
}

/** A connector account on its way in: the credentials as sealed bytes. */
export interface NewAccount extends Omit<AccountRow, 'sealed_config'> {
  sealedConfig: Buffer
}

export async function insertAccount(db: Queryable, merchantId: string, account: NewAccount, at: Date): Promise<void> {
  await db.query(
    `insert into connector_account
      (merchant_id, id, connector, name, methods, sealed_config, priority, is_enabled, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      merchantId,
      account.id,
      account.connector,
      account.name,
      account.methods,
      account.sealedConfig,
      account.priority,
      account.is_enabled,
      at,
    ],
  )
}

/** What may change in an account. Its connector and credentials may not: charges refer to it for years. */
export interface AccountChange {
  name?: string
  methods?: string[]
  priority?: number
  is_enabled?: boolean
}

/** Changes what is given, and answers whether this merchant has such an account. */
export async function updateAccount(
  db: Queryable,
  merchantId: string,
  id: string,
  change: AccountChange,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update connector_account
    set name = coalesce($3, name), methods = coalesce($4::text[], methods), priority = coalesce($5, priority),
      is_enabled = coalesce($6, is_enabled)
    where merchant_id = $1 and id = $2`,
    [merchantId, id, change.name ?? null, change.methods ?? null, change.priority ?? null, change.is_enabled ?? null],
  )
  return rowCount === 1
}

/** Writes the merchant's word on one method, replacing an earlier one. */
export async function putMethod(db: Queryable, merchantId: string, row: MethodRow): Promise<void> {
  await db.query(
    `insert into merchant_method (merchant_id, code, is_enabled, override) values ($1, $2, $3, $4)
    on conflict (merchant_id, code) do update set is_enabled = excluded.is_enabled, override = excluded.override`,
    [merchantId, row.code, row.is_enabled, JSON.stringify(row.override satisfies MethodOverride)],
  )
}

/** What a list asks for: rows after `cursor` in order of id. One row more than `limit` shows that there is a next page. */
export interface PageWanted {
  limit: number
  cursor?: string | undefined
}

/** A store as the API shows it. */
export interface StoreRow {
  id: string
  name: string
  country: string
  currency: string
  time_zone: string
  kind: StoreKind
  address: StoreAddress | null
  latitude: number | null
  longitude: number | null
  opening_hours: OpeningHours | null
  capabilities: Capability[]
  pickup_lead_minutes: number
  pickup_hold_days: number
  pickup_capacity: number | null
  parcel_cost: number
  rounds_cash: boolean
  created_at: Date
}

export interface RegisterRow {
  id: string
  store_id: string
  name: string
  created_at: Date
}

export interface TerminalRow {
  id: string
  store_id: string
  register_id: string | null
  connector_account_id: string
  name: string
  serial: string
  created_at: Date
}

/** An account as the API shows it: without its credentials. */
export interface ShownAccount extends Omit<AccountRow, 'sealed_config'> {
  created_at: Date
}

const STORE = `select id, name, country, currency, time_zone, kind, address, latitude, longitude, opening_hours,
  coalesce(capabilities, store_capabilities(kind)) as capabilities, pickup_lead_minutes, pickup_hold_days, pickup_capacity, parcel_cost,
  rounds_cash, created_at
  from store`
const REGISTER = 'select id, store_id, name, created_at from register'
const TERMINAL = 'select id, store_id, register_id, connector_account_id, name, serial, created_at from terminal'
const ACCOUNT = 'select id, connector, name, methods, priority, is_enabled, created_at from connector_account'

export const readStore = readerOf<StoreRow>(STORE)
export const listStores = listerOf<StoreRow>(STORE)
export const readRegister = readerOf<RegisterRow>(REGISTER)
export const listRegisters = listerOf<RegisterRow>(REGISTER)
export const readTerminal = readerOf<TerminalRow>(TERMINAL)
export const listTerminals = listerOf<TerminalRow>(TERMINAL)
export const readAccount = readerOf<ShownAccount>(ACCOUNT)
export const listAccounts = listerOf<ShownAccount>(ACCOUNT)

/** Gives the row of that id, or null when this merchant has none. */
function readerOf<R extends { id: string }>(select: string) {
  return async (db: Queryable, merchantId: string, id: string): Promise<R | null> => {
    const { rows } = await db.query<R>(`${select} where merchant_id = $1 and id = $2`, [merchantId, id])
    return rows[0] ?? null
  }
}

function listerOf<R extends { id: string }>(select: string) {
  return async (db: Queryable, merchantId: string, wanted: PageWanted): Promise<R[]> => {
    const { rows } = await db.query<R>(`${select} where merchant_id = $1 and id > $2 order by id limit $3`, [
      merchantId,
      wanted.cursor ?? '',
      wanted.limit + 1,
    ])
    return rows
  }
}
