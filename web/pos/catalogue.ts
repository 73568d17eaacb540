// The articles this till knows by heart: what the grid shows, what a code stands for, what is found by words, so that neither a scan nor a
// search waits for the server. They are kept on the device and follow the server's changes. What it does not know it asks for. Prices
// shown are those of this store's till; what is charged the server says while there is one.

import { barcodeKey } from '../../server/catalog/barcode.ts'
import type { Price, Product, ProductBrief, Scanned, Variant } from './answers.ts'
import { type Api, isRefused, Refused } from './api.ts'
import type { Boxes } from './offline/boxes.ts'
import { type FeedFacts, type FeedItem, type FeedListener, pull, readKept } from './offline/feed.ts'
import { shouting, unlessTaken } from './offline/locks.ts'
import { priceAt } from './offline/price-at.ts'
import { readCode } from './offline/read-code.ts'
import { foldedWords, rankOf, searchText } from './offline/words.ts'
import type { Place } from './place.ts'

export interface Article {
  variantId: string
  productId: string
  name: string
  sku: string | null
  options: Record<string, string>
  price: string | null
  product: ProductBrief
}

export interface Shelf {
  product: ProductBrief
  articles: Article[]
}

export interface Found {
  article: Article
  quantity: number
  /** Of a label; null where the shop's price holds. */
  unitPrice: string | null
}

export interface Catalogue {
  shelves(): readonly Shelf[]
  watch(told: () => void): () => void
  /** By barcode, SKU or label, of what is known here; `empty` for a label that has 0 where a price or weight should be. */
  byCode(code: string): Found | 'empty' | undefined
  byVariant(variantId: string): Article | undefined
  /** What is needed to sell it without the server. */
  item(variantId: string): FeedItem | undefined
  count(): number
  /** What the device has been told beside the articles. */
  facts(): FeedFacts | null
  /** Asks the server what a code stands for. Throws `not-found`. */
  scan(code: string): Promise<Found>
  search(text: string): Promise<Article[]>
  /** Reads what is kept, then what has changed. */
  load(): Promise<void>
  /** What has changed since. */
  follow(): Promise<void>
  stop(): void
}

/** What is sold over a counter; delivery is added where an order is sent. */
const SOLD = ['goods', 'gift_card']
/** More than fits on any screen; the rest is found by one word more. */
const MOST_FOUND = 200

export function createCatalogue(api: Api, place: Place, boxes: Boxes | null): Catalogue {
  const items = new Map<string, FeedItem>()
  const texts = new Map<string, string>()
  const codes = new Map<string, { variantId: string; quantity: number }>()
  const skus = new Map<string, string>()
  let facts: FeedFacts | null = null
  let shelves: Shelf[] = []
  let isStale = false
  const watchers = new Set<() => void>()
  const shout = shouting('articles', () => void reread())
  const where = { currency: place.currency.code, channel: 'pos', store_id: place.storeId }

  function tell(): void {
    isStale = true
    for (const told of watchers) told()
  }

  function drop(variantId: string): void {
    const item = items.get(variantId)
    if (!item) return
    items.delete(variantId)
    texts.delete(variantId)
    if (item.sku !== null) skus.delete(item.sku)
    for (const { code } of item.barcodes) codes.delete(barcodeKey(code))
  }

  const listener: FeedListener = {
    reset() {
      for (const each of [items, texts, codes, skus]) each.clear()
    },
    learn(more) {
      for (const item of more) {
        drop(item.variant_id)
        items.set(item.variant_id, item)
        texts.set(item.variant_id, searchText([item.name, item.product_name, item.sku]))
        if (item.sku !== null) skus.set(item.sku, item.variant_id)
        for (const { code, quantity } of item.barcodes)
          codes.set(barcodeKey(code), { variantId: item.variant_id, quantity })
      }
    },
    forget: (ids) => ids.forEach(drop),
    told(next) {
      facts = next
    },
  }

  async function reread(): Promise<void> {
    if (!boxes) return
    await readKept(boxes, place.registerId, listener)
    tell()
  }

  async function follow(): Promise<void> {
    const before = facts
    let isChanged = false
    const heard: FeedListener = {
      ...listener,
      learn(more) {
        isChanged ||= more.length > 0
        listener.learn(more)
        // The first page of a first start is on the screen while the rest comes.
        if (before === null && items.size === more.length) tell()
      },
      forget(ids) {
        isChanged ||= ids.length > 0
        listener.forget(ids)
      },
    }
    await unlessTaken('catalogue', () => pull(api, boxes, place.registerId, heard))
    if (!isChanged && before?.settings) return
    tell()
    shout.tell()
  }

  function shelvesNow(): Shelf[] {
    if (!isStale) return shelves
    isStale = false
    const byProduct = new Map<string, Shelf>()
    // Ids sort by the time they were made: the grid keeps its order, and what is new comes last.
    for (const id of [...items.keys()].sort()) {
      const article = articleOf(items.get(id) as FeedItem)
      if (article.price === null || !SOLD.includes(article.product.kind)) continue
      const shelf = byProduct.get(article.productId)
      if (shelf) shelf.articles.push(article)
      else byProduct.set(article.productId, { product: article.product, articles: [article] })
    }
    shelves = [...byProduct.values()]
    return shelves
  }

  const known = (variantId: string): Article | undefined => {
    const item = items.get(variantId)
    return item && articleOf(item)
  }

  function searchHere(text: string): Article[] {
    const words = foldedWords(text)
    const found: { item: FeedItem; rank: number }[] = []
    for (const [id, hay] of texts) {
      const rank = rankOf(hay, words)
      const item = rank === null ? undefined : items.get(id)
      if (item && rank !== null && SOLD.includes(item.kind)) found.push({ item, rank })
    }
    return found
      .sort((a, b) => a.rank - b.rank || (a.item.name < b.item.name ? -1 : 1))
      .slice(0, MOST_FOUND)
      .map(({ item }) => articleOf(item))
      .filter(({ price }) => price !== null)
  }

  async function searchThere(text: string): Promise<Article[]> {
    const query = new URLSearchParams({ ...where, q: text.slice(0, 200), limit: '60' })
    const { data } = await api.get<{ data: { variant: Variant; product: ProductBrief; price: Price | null }[] }>(
      `/catalog/search?${query}`,
    )
    return data
      .filter(({ product }) => SOLD.includes(product.kind))
      .map(({ variant, product, price }) => articleAs(product, variant, price?.unit_price ?? null))
  }

  return {
    shelves: shelvesNow,
    watch(told) {
      watchers.add(told)
      return () => watchers.delete(told)
    },
    byCode(code) {
      const rules = facts?.settings?.barcode_rules ?? []
      const index = {
        barcode: (key: string) => codes.get(key),
        sku: (sku: string) => skus.get(sku),
        article(variantId: string) {
          const article = known(variantId)
          return article && { variantId, unit: article.product.unit, price: article.price }
        },
      }
      const read = readCode(code, index, { rules, digits: place.currency.digits, at: new Date() })
      if (read === null || read === 'empty') return read ?? undefined
      const article = known(read.variantId)
      return article && SOLD.includes(article.product.kind) && (article.price !== null || read.unitPrice !== null)
        ? { article, quantity: read.quantity, unitPrice: read.unitPrice }
        : undefined
    },
    byVariant: known,
    item: (variantId) => items.get(variantId),
    count: () => items.size,
    facts: () => facts,
    async scan(code) {
      if (!api.link.isOn) throw new Refused('no-answer')
      const scanned = await api.get<Scanned>(`/catalog/scan?${new URLSearchParams({ ...where, code })}`)
      const { variant, quantity, unit_price, price } = scanned
      const article = known(variant.id)
      if (article) return { article, quantity, unitPrice: unit_price }
      const product = await api.get<Product>(`/products/${variant.product_id}`)
      return { article: articleAs(product, variant, price?.unit_price ?? null), quantity, unitPrice: unit_price }
    },
    async search(text) {
      const here = searchHere(text)
      // The server forgives what is misspelt, and knows what this device has not been told yet.
      if (here.length > 0 || !api.link.isOn) return here
      return searchThere(text).catch((error: unknown) => {
        if (isRefused(error, 'no-answer')) return here
        throw error
      })
    },
    async load() {
      if (boxes) {
        await readKept(boxes, place.registerId, {
          ...listener,
          learn(more) {
            listener.learn(more)
            if (items.size === more.length) tell()
          },
        })
        if (items.size > 0) tell()
      }
      await follow()
    },
    follow,
    stop: () => shout.stop(),
  }
}

function articleOf(item: FeedItem): Article {
  const { variant_id, product_id, name, sku, options, kind, unit, image_url, categories, reference } = item
  return {
    ...{ variantId: variant_id, productId: product_id, name, sku, options, price: priceAt(item, Date.now()) },
    product: { id: product_id, name: item.product_name, kind, unit, image_url, categories, reference },
  }
}

function articleAs(product: ProductBrief, variant: Variant, price: string | null): Article {
  const { id, sku, options, product_id, name } = variant
  return { variantId: id, productId: product_id, name, sku, options, price, product }
}
