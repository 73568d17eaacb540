// Price lists: prices for a channel, a store, a group of customers, or a time. What a list has shown is never changed
// afterwards, because the lowest price of the last thirty days is read from it: a list that has begun can be renamed and
// ended, and its prices changed from now on.

import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { type CatalogDeps, type Draft, finish, newDraft } from './draft.ts'
import { formatUnitPrice } from './price.ts'
import {
  existingVariants,
  insertPriceList,
  lockPriceList,
  MAX_LISTS,
  type PriceInput,
  type StoredPriceList,
  updatePriceList,
  writePrices,
} from './price-store.ts'
import type { PriceRow } from './pricing.ts'
import { priceIn } from './variant.ts'

/** Fields of a list that a caller may set; null clears a condition. */
export interface PriceListFields {
  name?: string
  channel?: string | null
  store_id?: string | null
  customer_group?: string | null
  valid_from?: string
  valid_to?: string | null
  priority?: number
  lowest_wins?: boolean
}

export interface NewPriceList extends PriceListFields {
  name: string
  currency: string
  tax_included?: boolean
}

export interface PriceListView {
  id: string
  object: 'price_list'
  name: string
  currency: string
  tax_included: boolean
  channel: string | null
  store_id: string | null
  customer_group: string | null
  valid_from: string
  valid_to: string | null
  priority: number
  lowest_wins: boolean
  version: number
  created_at: string
}

/** What may still change once a list has begun. */
const AFTER_BEGINNING = new Set<string>(['name', 'valid_to'])
const DEFAULT_PRIORITY = 100

/** Makes a list without prices. Throws reference-not-found for a store, validation-error for times, too-many-items. */
export async function createPriceList(
  deps: CatalogDeps,
  merchantId: string,
  input: NewPriceList,
): Promise<PriceListView> {
  const at = deps.clock.now()
  const blank: StoredPriceList = {
    id: deps.newId('prl'),
    name: input.name,
    currency: input.currency,
    tax_included: input.tax_included ?? true,
    channel: null,
    store_id: null,
    customer_group: null,
    valid_from: at,
    valid_to: null,
    priority: DEFAULT_PRIORITY,
    lowest_wins: false,
    version: 1,
    created_at: at,
  }
  const list = withFields(blank, input)
  await checkStore(deps, merchantId, input.store_id)
  const view = await transact(deps.db, async (tx) => {
    const draft = newDraft(deps, tx, merchantId, at)
    if (!(await insertPriceList(tx, merchantId, list)))
      throw new Problem('too-many-items', { detail: `A merchant has at most ${MAX_LISTS} price lists.` })
    const view = listView(list)
    tell(draft, list, 'price_list.created', view)
    await finish(draft)
    return view
  })
  deps.catalogCache.forgetLists(merchantId)
  return view
}

/**
 * Changes the fields that are given. Throws not-found, version-conflict, reference-not-found, validation-error, and
 * invalid-state for what may not change any more: conditions of a list that has begun, the end of one that is over.
 */
export async function changePriceList(
  deps: CatalogDeps,
  merchantId: string,
  input: { id: string; ifVersion: number | undefined; fields: PriceListFields },
): Promise<PriceListView> {
  const at = deps.clock.now()
  await checkStore(deps, merchantId, input.fields.store_id)
  const view = await transact(deps.db, async (tx) => {
    const draft = newDraft(deps, tx, merchantId, at)
    const before = await lockPriceList(tx, merchantId, input.id)
    if (!before) throw new Problem('not-found')
    if (input.ifVersion !== undefined && input.ifVersion !== before.version) throw new Problem('version-conflict')
    const list = { ...withFields(before, input.fields), version: before.version + 1 }
    const changed = changedFields(before, list)
    if (changed.length === 0) return listView(before)
    refuseRewriting(before, list, changed, at)
    await updatePriceList(tx, merchantId, list)
    const view = listView(list)
    tell(draft, list, 'price_list.updated', view)
    await finish(draft)
    return view
  })
  deps.catalogCache.forgetLists(merchantId)
  return view
}

export interface ListPriceInput {
  variant_id: string
  /** Null takes the price away. */
  unit_price: string | null
  min_qty?: number
}

/** Sets the prices that are named; others stay. Answers the list and how many really changed. */
export async function setListPrices(
  deps: CatalogDeps,
  merchantId: string,
  listId: string,
  prices: readonly ListPriceInput[],
): Promise<PriceListView & { changed: number }> {
  const at = deps.clock.now()
  const { view, variantIds } = await transact(deps.db, async (tx) => {
    const draft = newDraft(deps, tx, merchantId, at)
    const list = await lockPriceList(tx, merchantId, listId)
    if (!list) throw new Problem('not-found')
    const known = await existingVariants(tx, merchantId, [...new Set(prices.map((price) => price.variant_id))])
    const rows = prices.map((price, i) => inputOf(list, price, known, `/prices/${i}`))
    refuseTwice(rows)
    const changed = await writePrices(tx, merchantId, at, rows)
    const variantIds = [...new Set(changed.map((price) => price.variant_id))].sort()
    if (changed.length === 0) return { view: { ...listView(list), changed: 0 }, variantIds }
    const after = { ...list, version: list.version + 1 }
    await updatePriceList(tx, merchantId, after)
    const view = { ...listView(after), changed: changed.length }
    tell(draft, after, 'price_list.prices_changed', { ...view, variant_ids: variantIds })
    await finish(draft)
    return { view, variantIds }
  })
  deps.catalogCache.forget(merchantId, variantIds)
  return view
}

function inputOf(
  list: StoredPriceList,
  price: ListPriceInput,
  known: ReadonlySet<string>,
  pointer: string,
): PriceInput {
  if (!known.has(price.variant_id)) {
    const errors = [{ pointer: `${pointer}/variant_id`, detail: 'names no variant' }]
    throw new Problem('reference-not-found', { errors })
  }
  const { unit_price } = price
  return {
    variant_id: price.variant_id,
    price_list_id: list.id,
    currency: list.currency,
    min_qty: BigInt(price.min_qty ?? 1),
    unit_price_e4:
      unit_price === null ? null : priceIn({ currency: list.currency, unit_price }, `${pointer}/unit_price`),
    tax_included: list.tax_included,
  }
}

export function listView(list: StoredPriceList): PriceListView {
  return {
    id: list.id,
    object: 'price_list',
    name: list.name,
    currency: list.currency,
    tax_included: list.tax_included,
    channel: list.channel,
    store_id: list.store_id,
    customer_group: list.customer_group,
    valid_from: list.valid_from.toISOString(),
    valid_to: list.valid_to?.toISOString() ?? null,
    priority: list.priority,
    lowest_wins: list.lowest_wins,
    version: list.version,
    created_at: list.created_at.toISOString(),
  }
}

export function listPriceView(row: PriceRow & { variant_id: string }) {
  return {
    variant_id: row.variant_id,
    min_qty: Number(row.min_qty),
    unit_price: formatUnitPrice(row.unit_price_e4, row.currency),
  }
}

function withFields(before: StoredPriceList, fields: PriceListFields): StoredPriceList {
  const list: StoredPriceList = {
    ...before,
    name: fields.name ?? before.name,
    channel: fields.channel === undefined ? before.channel : fields.channel,
    store_id: fields.store_id === undefined ? before.store_id : fields.store_id,
    customer_group: fields.customer_group === undefined ? before.customer_group : fields.customer_group,
    valid_from: fields.valid_from === undefined ? before.valid_from : new Date(fields.valid_from),
    valid_to:
      fields.valid_to === undefined ? before.valid_to : fields.valid_to === null ? null : new Date(fields.valid_to),
    priority: fields.priority ?? before.priority,
    lowest_wins: fields.lowest_wins ?? before.lowest_wins,
  }
  if (list.valid_to && list.valid_to < list.valid_from) {
    throw new Problem('validation-error', { errors: [{ pointer: '/valid_to', detail: 'Is before valid_from.' }] })
  }
  return list
}

function changedFields(a: StoredPriceList, b: StoredPriceList): string[] {
  return Object.keys(listView(a)).filter(
    (name) => name !== 'version' && Reflect.get(listView(a), name) !== Reflect.get(listView(b), name),
  )
}

function refuseRewriting(before: StoredPriceList, after: StoredPriceList, changed: readonly string[], at: Date): void {
  const hasBegun = before.valid_from <= at
  const hasEnded = before.valid_to !== null && before.valid_to <= at
  const late = hasBegun ? changed.find((name) => !AFTER_BEGINNING.has(name)) : undefined
  const opens = hasEnded && changed.includes('valid_to')
  if (late !== undefined || opens) {
    const detail = opens
      ? 'The list is over; past prices are read from it. Make a new one.'
      : `The list has begun, and past prices are read from it: end it and make a new one to change ${late}.`
    throw new Problem('invalid-state', { detail })
  }
  const pointer = changed.find(
    (name) =>
      (name === 'valid_from' && after.valid_from < at) ||
      (name === 'valid_to' && after.valid_to !== null && after.valid_to < at),
  )
  if (pointer)
    throw new Problem('validation-error', { errors: [{ pointer: `/${pointer}`, detail: 'Must not be in the past.' }] })
}

async function checkStore(deps: CatalogDeps, merchantId: string, storeId: string | null | undefined): Promise<void> {
  if (!storeId) return
  const merchant = await deps.merchantCache.get(merchantId)
  if (merchant?.stores.has(storeId)) return
  throw new Problem('reference-not-found', { errors: [{ pointer: '/store_id', detail: 'names no store' }] })
}

function refuseTwice(rows: readonly PriceInput[]): void {
  const seen = new Set<string>()
  rows.forEach(({ variant_id, min_qty }, i) => {
    const key = `${variant_id}/${min_qty}`
    if (seen.has(key))
      throw new Problem('validation-error', { errors: [{ pointer: `/prices/${i}`, detail: 'Is given twice.' }] })
    seen.add(key)
  })
}

function tell(draft: Draft, list: StoredPriceList, type: string, data: object): void {
  draft.events.push({ type, object_type: 'price_list', object_id: list.id, object_version: list.version, data })
}
