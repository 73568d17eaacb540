// What a till has to know of the catalogue to sell alone: every article of its store with its price and tax, then what has changed. A
// cursor says how far the event log was read, and under which rules: when the rules are others, everything is told anew.

import { createHash } from 'node:crypto'
import { countryProfile, TAX_CATEGORIES, type TaxCategory, vatRate } from '../countries/index.ts'
import { dayIn } from '../lib/day.ts'
import { divideHalfUp } from '../lib/money.ts'
import type { Store } from '../merchants/index.ts'
import { catalogueEvents, lastSequence } from '../notify/index.ts'
import type { CatalogDeps } from './draft.ts'
import { type FeedRow, feedAfter, feedOf } from './feed-store.ts'
import { formatUnitPrice } from './price.ts'
import { choosePrice, type PriceContext, type PriceList } from './pricing.ts'
import type { ProductKind } from './store.ts'
import { nameOf } from './views.ts'

/** How far ahead prices that are to change are told: as long as a till may be cut off. */
const HORIZON_MS = 7 * 24 * 3_600_000
/** With more events than this behind it a till is quicker told everything. */
const MOST_EVENTS = 10_000
/** Basis points in 100 %. */
const WHOLE_BP = 10_000n
const CHANNEL = 'pos'
const NO_LISTS: ReadonlyMap<string, PriceList> = new Map()

export interface FeedItem {
  variant_id: string
  deleted: false
  product_id: string
  product_name: string
  name: string
  reference: string | null
  kind: ProductKind
  sku: string | null
  barcodes: { code: string; quantity: number }[]
  unit: string
  options: Record<string, string>
  categories: string[]
  image_url: string | null
  price: string | null
  list_price: string | null
  price_changes: { at: string; price: string | null }[]
  prices_include_tax: boolean
  tax_category: string
  tax_code: string
  tax_rate_bp: number
}
export interface GoneItem {
  variant_id: string
  deleted: true
}

export interface FeedPage {
  data: (FeedItem | GoneItem)[]
  cursor: string
  has_more: boolean
  reset: boolean
  /** No other page of the same reading came before it. */
  is_first: boolean
}

/** How far a till is: events read up to `seq`, under the rules of `rules`; while it is told everything, variants up to `at`. */
interface Cursor {
  seq: string
  rules: string
  at?: string
}

/** Under which rules a store sells at a moment. */
interface Selling {
  store: Store
  at: Date
  day: string
  lists: ReadonlyMap<string, PriceList>
  includesTax: boolean
  rules: string
}

/** One page of what a till of this store has to know after `after`; from the beginning where that is nothing, or means nothing any more. */
export async function catalogueFeed(
  deps: CatalogDeps,
  merchantId: string,
  { store, after, limit }: { store: Store; after: string | undefined; limit: number },
): Promise<FeedPage> {
  const selling = await sellingAt(deps, merchantId, { store, at: deps.clock.now() })
  const read = after === undefined ? null : readCursor(after)
  const isGood = read !== null && read.rules === selling.rules
  if (isGood && read.at !== undefined) return wholePage(deps, merchantId, selling, { cursor: read, limit })
  const changed = isGood ? await changedPage(deps, merchantId, selling, { cursor: read, limit }) : null
  if (changed) return changed
  const start: Cursor = { seq: String(await lastSequence(deps.db, merchantId)), rules: selling.rules }
  return { ...(await wholePage(deps, merchantId, selling, { cursor: start, limit })), reset: true }
}

/** An article as a till sells it alone. */
export interface ForSale extends FeedItem {
  is_sold: boolean
}

/** What tills would have said of these articles at a moment, by the prices there are now; those that there are not are absent. */
export async function forSaleAt(
  deps: CatalogDeps,
  merchantId: string,
  { store, variantIds, at }: { store: Store; variantIds: readonly string[]; at: Date },
): Promise<Map<string, ForSale>> {
  const selling = await sellingAt(deps, merchantId, { store, at })
  const rows = await feedOf(deps.db, merchantId, { variantIds, productIds: [] })
  return new Map(rows.map((row) => [row.id, { ...itemOf(selling, row), is_sold: row.is_sold }]))
}

/** Some of everything. What changes meanwhile comes afterwards: the cursor keeps where the log was at the beginning. */
async function wholePage(
  deps: CatalogDeps,
  merchantId: string,
  selling: Selling,
  { cursor, limit }: { cursor: Cursor; limit: number },
): Promise<FeedPage> {
  const rows = await feedAfter(deps.db, merchantId, { after: cursor.at ?? '', limit })
  const has_more = rows.length === limit
  const { seq, rules } = cursor
  const next = writeCursor({ seq, rules, ...(has_more ? { at: rows.at(-1)?.id as string } : {}) })
  const data = rows.filter(({ is_sold }) => is_sold).map((row) => itemOf(selling, row))
  return { data, cursor: next, has_more, reset: false, is_first: cursor.at === undefined }
}

/** What has changed since; null when that is more than telling everything. */
async function changedPage(
  deps: CatalogDeps,
  merchantId: string,
  selling: Selling,
  { cursor, limit }: { cursor: Cursor; limit: number },
): Promise<FeedPage | null> {
  // Before the events, so that none between the two is passed over.
  const end = await lastSequence(deps.db, merchantId)
  const events = await catalogueEvents(deps.db, merchantId, { after: BigInt(cursor.seq), limit: MOST_EVENTS })
  if (events.length === MOST_EVENTS) return null
  const variantIds = new Set<string>()
  const productIds = new Set<string>()
  let last: bigint | null = null
  for (const event of events) {
    if (variantIds.size + productIds.size >= limit) break
    last = event.seq
    if (event.object_type === 'product') productIds.add(event.object_id)
    else for (const id of event.variant_ids ?? [event.object_id]) variantIds.add(id)
  }
  const has_more = last !== null && last !== events.at(-1)?.seq
  const rows = await feedOf(deps.db, merchantId, { variantIds: [...variantIds], productIds: [...productIds] })
  const data = rows.map((row) => (row.is_sold ? itemOf(selling, row) : { variant_id: row.id, deleted: true as const }))
  const seq = has_more ? (last as bigint) : end
  const next = writeCursor({ seq: String(seq), rules: selling.rules })
  return { data, cursor: next, has_more, reset: false, is_first: true }
}

async function sellingAt(
  deps: CatalogDeps,
  merchantId: string,
  { store, at }: { store: Store; at: Date },
): Promise<Selling> {
  const day = dayIn(store.timeZone, at)
  const all = await deps.catalogCache.lists(merchantId)
  const soon = new Date(at.getTime() + HORIZON_MS)
  const here = [...all.values()].filter((list) => isForTill(list, store) && list.valid_from <= soon)
  const includesTax = countryProfile(store.country)?.prices_include_tax ?? true
  // All that an article's price and tax depend on besides itself. A list that begins or ends further away than the horizon is no rule
  // yet; when it comes within, that is another rule, and everything is told anew.
  const said = [
    ...[store.id, store.currency, store.country, store.address?.postal_code ?? '', includesTax],
    ...TAX_CATEGORIES.map((category) => rateOf(store, category, day)),
    ...here.map(({ id, valid_to, priority, lowest_wins }) => [
      ...[id, valid_to !== null && valid_to <= soon ? valid_to.getTime() : null, priority, lowest_wins],
    ]),
  ]
  const rules = createHash('sha256').update(JSON.stringify(said)).digest('base64url').slice(0, 16)
  return { store, at, day, lists: new Map(here.map((list) => [list.id, list])), includesTax, rules }
}

function isForTill(list: PriceList, store: Store): boolean {
  const { currency, channel, store_id, customer_group } = list
  return (
    currency === store.currency &&
    customer_group === null &&
    (channel === null || channel === CHANNEL) &&
    (store_id === null || store_id === store.id)
  )
}

/** Handed over at the counter: where it leaves is where it goes. Null where we do not know the rate: then it is not for sale alone. */
function rateOf(store: Store, name: string, on: string) {
  const category: TaxCategory = TAX_CATEGORIES.find((known) => known === name) ?? 'standard'
  const place = { country: store.country, postal_code: store.address?.postal_code }
  return vatRate({ from: place, to: place, category, on })
}

function itemOf(selling: Selling, row: FeedRow): FeedItem {
  const { store, at, day, lists, includesTax } = selling
  const context: PriceContext = {
    currency: store.currency,
    channel: CHANNEL,
    store_id: store.id,
    customer_groups: [],
    at,
  }
  // A deposit stands outside: it bears no tax anywhere.
  const vat = rateOf(store, row.kind === 'deposit' ? 'exempt' : row.tax_category, day)
  const priceAt = (when: Date, of: ReadonlyMap<string, PriceList> = lists): string | null => {
    const price = choosePrice(row.prices, of, { ...context, at: when }, 1n)
    if (!price || !vat) return null
    return formatUnitPrice(inMode(price, includesTax, vat.rate_bp), store.currency)
  }
  const price = priceAt(at)
  const price_changes: FeedItem['price_changes'] = []
  for (const edge of edgesOf(selling, row)) {
    const then = priceAt(edge)
    if (then !== (price_changes.at(-1)?.price ?? price)) price_changes.push({ at: edge.toISOString(), price: then })
  }
  return {
    ...{ variant_id: row.id, deleted: false, product_id: row.product_id, product_name: row.product_name },
    ...{ name: nameOf({ name: row.product_name }, row.options), reference: row.reference, kind: row.kind },
    ...{ sku: row.sku, barcodes: row.barcodes, unit: row.unit, options: row.options, categories: row.categories },
    ...{ image_url: row.image_url, price, list_price: priceAt(at, NO_LISTS), price_changes },
    ...{ prices_include_tax: includesTax, tax_category: row.tax_category },
    ...{ tax_code: vat?.code ?? '', tax_rate_bp: vat?.rate_bp ?? 0 },
  }
}

/** When its price may become another within the horizon: where a list that has it begins or ends. */
function edgesOf({ at, lists }: Selling, row: FeedRow): Date[] {
  const until = at.getTime() + HORIZON_MS
  const edges = row.prices.flatMap(({ price_list_id }) => {
    const list = lists.get(price_list_id)
    return list ? [list.valid_from, ...(list.valid_to ? [list.valid_to] : [])] : []
  })
  const times = new Set(edges.map((edge) => edge.getTime()).filter((time) => time > at.getTime() && time <= until))
  return [...times].sort((a, b) => a - b).map((time) => new Date(time))
}

/** A price of a list that has tax the other way round, half up in the fourth decimal below the minor unit. */
function inMode(price: { unit_price_e4: bigint; tax_included: boolean }, wantsTax: boolean, rate_bp: number): bigint {
  if (price.tax_included === wantsTax) return price.unit_price_e4
  const whole = WHOLE_BP + BigInt(rate_bp)
  return wantsTax
    ? divideHalfUp(price.unit_price_e4 * whole, WHOLE_BP)
    : divideHalfUp(price.unit_price_e4 * WHOLE_BP, whole)
}

function writeCursor({ seq, rules, at = '' }: Cursor): string {
  return `${seq}.${rules}.${at}`
}

function readCursor(text: string): Cursor | null {
  const match = /^(\d{1,18})\.([\w-]{16})\.(var_[0-9A-Z]{26})?$/.exec(text)
  if (!match) return null
  const [, seq = '', rules = '', at] = match
  return { seq, rules, ...(at === undefined ? {} : { at }) }
}
