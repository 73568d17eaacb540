// Where the channel's stores stand: what each has free, how far it is, how busy. Feeds the pure choice in source.ts, for orders and
// for the simulation alike, and answers what is available here and nearby.

import { Problem } from '../lib/problem.ts'
import type { MerchantConfig, Store } from '../merchants/index.ts'
import type { StockDeps, Units } from './deps.ts'
import { createStockReads, freeOf, type StockReads } from './reads.ts'
import {
  type Candidate,
  chooseSources,
  distanceKm,
  type Place,
  type Plan,
  type ToSend,
  type Weights,
  whatIsThere,
} from './source.ts'
import type { FreeRow } from './store.ts'

/** Open fulfilments per store, counted up to where a store is as busy as can be; given by the module that has them. */
export type LoadOf = (merchantId: string, storeIds: readonly string[]) => Promise<ReadonlyMap<string, number>>

export interface SourceQuestion {
  channel: string
  /** Where it goes: a place, or a country when no place is known. */
  to: { place?: Place; country?: string }
  lines: ToSend[]
  /** Stores that must not send it: they have said no. */
  without?: readonly string[]
  /** The one store that may: a till that sells only what lies in its own. */
  only?: string | undefined
  /** What the same order takes otherwise. */
  taken?: readonly Units[]
  weights?: Weights
}

/**
 * Plans from which stores of the channel's pool lines are sent. Reads only: the reservation decides. `missing` names what no
 * store has.
 */
export async function planSources(
  deps: StockDeps & { loadOf?: LoadOf },
  merchantId: string,
  question: SourceQuestion,
): Promise<Plan> {
  const merchant = await configOf(deps, merchantId)
  const pool = await poolOf(deps, merchant, question.channel)
  const stores = pool.filter(
    ({ id }) => !question.without?.includes(id) && (question.only === undefined || id === question.only),
  )
  const storeIds = stores.map(({ id }) => id)
  const variantIds = [...new Set(question.lines.flatMap(({ components }) => components.map((one) => one.variant_id)))]
  const [free, load] = await Promise.all([
    freeByStore(deps, merchantId, { variantIds, storeIds, channel: question.channel }),
    deps.loadOf?.(merchantId, storeIds) ?? new Map<string, number>(),
  ])
  for (const units of question.taken ?? []) add(free, units, -units.quantity)
  const candidates = stores.map(
    (store): Candidate => ({
      store_id: store.id,
      free: free.get(store.id) ?? new Map(),
      distance_km: distanceTo(store, question.to),
      load: load.get(store.id) ?? 0,
      cost: store.parcelCost,
    }),
  )
  return chooseSources(question.lines, candidates, question.weights)
}

/**
 * What of these lines a store has itself. `taken`: what the same order takes otherwise; `own`: what is promised to the one who asks.
 * Reads only, as `planSources` does.
 */
export async function atHand(
  deps: StockDeps,
  merchantId: string,
  question: { storeId: string; channel: string; lines: ToSend[]; taken?: readonly Units[]; own?: readonly Units[] },
): Promise<{ line_id: string; quantity: bigint }[]> {
  const variantIds = [...new Set(question.lines.flatMap(({ components }) => components.map((one) => one.variant_id)))]
  const rows = await freeOf(readsOf(deps), merchantId, {
    ...{ variantIds, storeIds: [question.storeId], channel: question.channel },
  })
  // Below nothing, what the store keeps back or owes counts against what is promised to us.
  const free = new Map([[question.storeId, new Map(rows.map((row) => [row.variant_id, row.free]))]])
  for (const units of question.own ?? []) add(free, units, units.quantity)
  for (const units of question.taken ?? []) add(free, units, -units.quantity)
  return whatIsThere(question.lines, free.get(question.storeId) ?? new Map())
}

function add(free: Map<string, Map<string, bigint>>, { variant_id, store_id }: Units, quantity: bigint): void {
  const there = free.get(store_id)
  if (there) there.set(variant_id, (there.get(variant_id) ?? 0n) + quantity)
}

/** The stores a channel sends from: of those it was told, or of all, the ones that can send. */
export async function poolOf(deps: ReadDeps, merchant: MerchantConfig, channel: string): Promise<Store[]> {
  const told = (await readsOf(deps).pool.load(merchant.id, channel)) ?? []
  return [...merchant.stores.values()].filter(
    ({ id, capabilities }) => capabilities.includes('ship_from') && (told.length === 0 || told.includes(id)),
  )
}

type ReadDeps = Pick<StockDeps, 'db' | 'stockReads'>

function readsOf(deps: ReadDeps): StockReads {
  return deps.stockReads ?? createStockReads(deps.db)
}

async function freeByStore(
  deps: ReadDeps,
  merchantId: string,
  of: { variantIds: string[]; storeIds: string[]; channel: string },
): Promise<Map<string, Map<string, bigint>>> {
  const rows = await freeOf(readsOf(deps), merchantId, of)
  const byStore = new Map<string, Map<string, bigint>>()
  for (const row of rows) {
    const free = byStore.get(row.store_id) ?? new Map<string, bigint>()
    byStore.set(row.store_id, free.set(row.variant_id, row.free > 0n ? row.free : 0n))
  }
  return byStore
}

/** Where goods go that are brought to a store. */
export async function placeOfStore(
  deps: Pick<StockDeps, 'merchantCache'>,
  merchantId: string,
  storeId: string,
): Promise<SourceQuestion['to']> {
  const store = (await configOf(deps, merchantId)).stores.get(storeId)
  const place = placeOf(store)
  return { ...(place ? { place } : {}), ...(store ? { country: store.country } : {}) }
}

/** Without a place, a store in the same country is near and any other far: half a day's drive against a border. */
const SAME_COUNTRY_KM = 150
const OTHER_COUNTRY_KM = 1500

function distanceTo(store: Store, to: SourceQuestion['to']): number | null {
  if (to.place && store.latitude !== null && store.longitude !== null)
    return distanceKm({ latitude: store.latitude, longitude: store.longitude }, to.place)
  if (to.country === undefined) return null
  return store.country === to.country ? SAME_COUNTRY_KM : OTHER_COUNTRY_KM
}

/** What a channel may still sell of each article, from these stores or from all of its own but one. Articles nobody has are absent. */
export async function available(
  deps: StockDeps,
  merchantId: string,
  question: { variantIds: string[]; channel: string; storeIds?: string[]; without?: string },
): Promise<Map<string, bigint>> {
  const storeIds =
    question.storeIds ?? (await poolOf(deps, await configOf(deps, merchantId), question.channel)).map(({ id }) => id)
  const sums = new Map<string, bigint>()
  const asked = storeIds.filter((id) => id !== question.without)
  for (const row of await freeOf(readsOf(deps), merchantId, { ...question, storeIds: asked })) {
    if (row.free > 0n) sums.set(row.variant_id, (sums.get(row.variant_id) ?? 0n) + row.free)
  }
  return sums
}

/** An article in one store, as staff see it. */
export interface Availability {
  store: Store
  distance_km: number | null
  level: FreeRow | null
}

/** An article in all stores, the nearest first. Throws reference-not-found for a store that is not the merchant's. */
export async function availabilityNear(
  deps: StockDeps,
  merchantId: string,
  question: { variantId: string; channel: string; nearStoreId?: string; near?: Place },
): Promise<Availability[]> {
  const merchant = await configOf(deps, merchantId)
  const here = question.nearStoreId === undefined ? undefined : merchant.stores.get(question.nearStoreId)
  if (question.nearStoreId !== undefined && !here)
    throw new Problem('reference-not-found', { errors: [{ pointer: '?near_store_id', detail: 'names no store' }] })
  const place = question.near ?? placeOf(here)
  const stores = [...merchant.stores.values()]
  const levels = await freeOf(readsOf(deps), merchantId, {
    variantIds: [question.variantId],
    storeIds: stores.map(({ id }) => id),
    channel: question.channel,
  })
  return stores
    .map((store) => ({
      store,
      distance_km: store.id === here?.id ? 0 : distanceTo(store, { place }),
      level: levels.find(({ store_id }) => store_id === store.id) ?? null,
    }))
    .sort(
      (a, b) =>
        (a.distance_km ?? Number.MAX_VALUE) - (b.distance_km ?? Number.MAX_VALUE) || (a.store.id < b.store.id ? -1 : 1),
    )
}

function placeOf(store: Store | undefined): Place | undefined {
  if (!store || store.latitude === null || store.longitude === null) return undefined
  return { latitude: store.latitude, longitude: store.longitude }
}

export async function configOf(deps: Pick<StockDeps, 'merchantCache'>, merchantId: string): Promise<MerchantConfig> {
  const merchant = await deps.merchantCache.get(merchantId)
  if (!merchant) throw new Error('the caller’s merchant does not exist')
  return merchant
}
