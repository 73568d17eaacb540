// What a cart needs of the catalogue, at every sale: read for many variants at once, kept for a second, bounded in memory.
// A price is decided in the program from the kept rows, so that a sale in full swing asks the database nothing.

import type { TaxCategory } from '../countries/index.ts'
import { createScopedLoader, scopedKey } from '../db/load-many.ts'
import type { Queryable } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import { allPriceLists, type PriceFacts, readPriceFacts } from './price-store.ts'
import { choosePrice, lowestBefore, type PriceContext, type PriceList } from './pricing.ts'
import { readSellable } from './sellable-store.ts'
import type { ProductKind, Track, Unit } from './store.ts'

export interface SellableVariant {
  id: string
  product_id: string
  sku: string | null
  name: string
  tax_category: TaxCategory
  categories: string[]
  unit: Unit
  kind: ProductKind
  track: Track
  /** False when the product or the variant is not for sale now; orders and returns still need what it is. */
  is_sellable: boolean
  is_returnable: boolean
  /** What a kit is made of, in base units; empty for others. */
  components: { variant_id: string; quantity: bigint; track: Track }[]
  weight_grams: number | null
}

export interface PricedItem {
  unit_price_e4: bigint
  tax_included: boolean
  price_list_id: string | null
  /** The lowest price of the 30 days before a reduction; null when the price is none. */
  lowest_30d_e4: bigint | null
}

/** The kept variants and price lists. One per process. */
export interface CatalogCache {
  variant(merchantId: string, id: string): Promise<CachedVariant | null>
  lists(merchantId: string): Promise<ReadonlyMap<string, PriceList>>
  /** Makes the next look read again. Called by every change, so that a caller sees their own. */
  forget(merchantId: string, variantIds: Iterable<string>): void
  forgetLists(merchantId: string): void
}

export interface CachedVariant {
  sellable: SellableVariant
  facts: PriceFacts
}

export interface SellableDeps {
  catalogCache: CatalogCache
}

/** A change made by another process is seen within this. */
const MAX_AGE_MS = 1000
/** A variant with its prices takes some 2 KB: about 40 MB when full. */
const MAX_VARIANTS = 20_000
/** Merchants whose lists are kept. */
const MAX_MERCHANTS = 500

interface Kept<T> {
  readAt: number
  value: Promise<T>
}

export function createCatalogCache(deps: { db: Queryable; clock: Pick<Clock, 'now'> }): CatalogCache {
  const variants = new Map<string, Kept<CachedVariant | null>>()
  const lists = new Map<string, Kept<ReadonlyMap<string, PriceList>>>()
  const loader = createScopedLoader<CachedVariant>(async (merchantIds, ids) => {
    const [found, facts] = await Promise.all([
      readSellable(deps.db, merchantIds, ids),
      readPriceFacts(deps.db, merchantIds, ids),
    ])
    return new Map(
      found.map(({ merchant_id, ...sellable }) => {
        const key = scopedKey(merchant_id, sellable.id)
        return [key, { sellable, facts: facts.get(key) ?? { prices: [], changes: [] } }]
      }),
    )
  })

  function keep<T>(map: Map<string, Kept<T>>, key: string, limit: number, read: () => Promise<T>): Promise<T> {
    const now = deps.clock.now().getTime()
    const kept = map.get(key)
    if (kept && now - kept.readAt < MAX_AGE_MS) return kept.value
    // Age counts from before the read, so that the answer is never older than the bound.
    const entry: Kept<T> = { readAt: now, value: read() }
    map.delete(key)
    map.set(key, entry)
    // Every refresh inserts anew: the first key is the one unused for longest.
    if (map.size > limit) map.delete(map.keys().next().value as string)
    entry.value.catch(() => {
      if (map.get(key) === entry) map.delete(key)
    })
    return entry.value
  }

  return {
    variant: (merchantId, id) => keep(variants, `${merchantId}/${id}`, MAX_VARIANTS, () => loader.load(merchantId, id)),
    lists: (merchantId) =>
      keep(lists, merchantId, MAX_MERCHANTS, async () => {
        const rows = await allPriceLists(deps.db, merchantId)
        return new Map(rows.map((list) => [list.id, list]))
      }),
    forget(merchantId, variantIds) {
      for (const id of variantIds) variants.delete(`${merchantId}/${id}`)
    },
    forgetLists(merchantId) {
      lists.delete(merchantId)
    },
  }
}

/** The variants with these ids, at most a second old; ids that name none of this merchant are absent. */
export async function loadVariants(
  deps: SellableDeps,
  merchantId: string,
  ids: readonly string[],
): Promise<Map<string, SellableVariant>> {
  const found = await Promise.all(ids.map((id) => deps.catalogCache.variant(merchantId, id)))
  return new Map(found.flatMap((one) => (one ? [[one.sellable.id, one.sellable] as const] : [])))
}

/**
 * Unit prices for quantities, each for its own; variants without a price in the currency, or unknown, are absent. A variant
 * named twice is priced for the sum of its quantities.
 */
export async function priceVariants(
  deps: SellableDeps,
  merchantId: string,
  context: PriceContext & { country?: string | undefined },
  items: readonly { variant_id: string; quantity: bigint }[],
): Promise<Map<string, PricedItem>> {
  const quantities = new Map<string, bigint>()
  for (const { variant_id, quantity } of items)
    quantities.set(variant_id, (quantities.get(variant_id) ?? 0n) + quantity)
  const [lists, ...found] = await Promise.all([
    deps.catalogCache.lists(merchantId),
    ...[...quantities.keys()].map((id) => deps.catalogCache.variant(merchantId, id)),
  ])
  const priced = new Map<string, PricedItem>()
  for (const one of found) {
    if (!one) continue
    const { id } = one.sellable
    const price = priceOf(one.facts, lists, context, quantities.get(id) ?? 1n)
    if (price) priced.set(id, price)
  }
  return priced
}

/** The price among the facts that holds; null when there is none in the currency. */
export function priceOf(
  facts: PriceFacts,
  lists: ReadonlyMap<string, PriceList>,
  context: PriceContext,
  quantity: bigint,
): PricedItem | null {
  const price = choosePrice(facts.prices, lists, context, quantity)
  if (!price) return null
  const changes = facts.changes.filter(({ currency }) => currency === context.currency)
  return { ...price, lowest_30d_e4: lowestBefore(changes, lists, context, quantity) }
}

/**
 * What is taken from stock for some items: kits as their components, summed per variant, in the order of first mention.
 * Articles whose stock is not counted are left out. `variants` must hold every item.
 */
export function explodeKits(
  variants: ReadonlyMap<string, SellableVariant>,
  items: readonly { variant_id: string; quantity: bigint }[],
): { variant_id: string; quantity: bigint }[] {
  const needed = new Map<string, bigint>()
  for (const { variant_id, quantity } of items) {
    const variant = variants.get(variant_id)
    if (!variant) throw new RangeError(`the variant ${variant_id} was not loaded`)
    const isKit = variant.components.length > 0
    const parts = isKit ? variant.components : [{ variant_id, quantity: 1n, track: variant.track }]
    for (const part of parts) {
      if (part.track !== 'quantity') continue
      needed.set(part.variant_id, (needed.get(part.variant_id) ?? 0n) + part.quantity * quantity)
    }
  }
  return [...needed].map(([variant_id, quantity]) => ({ variant_id, quantity }))
}
