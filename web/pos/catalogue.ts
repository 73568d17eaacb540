// The articles this till knows by heart: what the grid shows, and what a code stands for, so that a scan is on the ticket before the
// server is asked. What it does not know it asks for. Prices shown are those of this store's till; what is charged the server says.

import type { Page, Price, Product, ProductBrief, Scanned, Variant } from './answers.ts'
import type { Api } from './api.ts'
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

export interface Catalogue {
  shelves(): readonly Shelf[]
  watch(told: () => void): () => void
  /** By barcode or SKU, of what is known here. */
  byCode(code: string): { article: Article; quantity: number } | undefined
  byVariant(variantId: string): Article | undefined
  /** Asks the server what a code stands for. Throws `not-found`. */
  scan(code: string): Promise<{ article: Article; quantity: number; unitPrice: string | null }>
  search(text: string): Promise<Article[]>
  load(): Promise<void>
}

const PAGE = 100
/** A larger range is searched and scanned through the server. */
const MOST_PAGES = 40
/** What is sold over a counter; delivery is added where an order is sent. */
const SOLD = ['goods', 'gift_card']

export function createCatalogue(api: Api, place: Place): Catalogue {
  let shelves: Shelf[] = []
  const codes = new Map<string, { article: Article; quantity: number }>()
  const variants = new Map<string, Article>()
  const watchers = new Set<() => void>()
  const where = { currency: place.currency.code, channel: 'pos', store_id: place.storeId }

  function learn(article: Article, variant: Variant): void {
    variants.set(article.variantId, article)
    if (article.sku !== null) codes.set(article.sku, { article, quantity: 1 })
    for (const { code, quantity } of variant.barcodes) codes.set(code, { article, quantity })
  }

  async function pricesOf(ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map()
    const query = new URLSearchParams({ ...where, variant_ids: ids.join(',') })
    const { data } = await api.get<{ data: { variant_id: string; price: Price }[] }>(`/catalog/prices?${query}`)
    return new Map(data.map(({ variant_id, price }) => [variant_id, price.unit_price]))
  }

  async function shelvesOf(products: readonly Product[]): Promise<Shelf[]> {
    const sold = products.filter(({ state, kind }) => state === 'active' && SOLD.includes(kind))
    const all = sold.flatMap((product) => product.variants.filter(({ is_active }) => is_active))
    const prices = new Map<string, string>()
    for (let at = 0; at < all.length; at += PAGE)
      for (const [id, price] of await pricesOf(all.slice(at, at + PAGE).map(({ id }) => id))) prices.set(id, price)
    return sold.flatMap((product) => {
      const articles = product.variants.flatMap((variant) => {
        const price = prices.get(variant.id)
        if (!variant.is_active || price === undefined) return []
        const article = articleOf(product, variant, price)
        learn(article, variant)
        return [article]
      })
      return articles.length === 0 ? [] : [{ product, articles }]
    })
  }

  return {
    shelves: () => shelves,
    watch(told) {
      watchers.add(told)
      return () => watchers.delete(told)
    },
    byCode: (code) => codes.get(code),
    byVariant: (id) => variants.get(id),
    async load() {
      const found: Shelf[] = []
      let cursor: string | null = null
      for (let no = 0; no < MOST_PAGES; no++) {
        const query = new URLSearchParams({ limit: String(PAGE), ...(cursor === null ? {} : { cursor }) })
        const { data, next_cursor }: Page<Product> = await api.get(`/products?${query}`)
        found.push(...(await shelvesOf(data)))
        shelves = [...found]
        for (const told of watchers) told()
        if (next_cursor === null) return
        cursor = next_cursor
      }
    },
    async scan(code) {
      const scanned = await api.get<Scanned>(`/catalog/scan?${new URLSearchParams({ ...where, code })}`)
      const { variant, quantity, unit_price, price } = scanned
      const known = variants.get(variant.id)
      if (known) return { article: known, quantity, unitPrice: unit_price }
      const product = await api.get<Product>(`/products/${variant.product_id}`)
      const article = articleOf(product, variant, price?.unit_price ?? null)
      learn(article, variant)
      return { article, quantity, unitPrice: unit_price }
    },
    async search(text) {
      const query = new URLSearchParams({ ...where, q: text.slice(0, 200), limit: '60' })
      const { data } = await api.get<{ data: { variant: Variant; product: ProductBrief; price: Price | null }[] }>(
        `/catalog/search?${query}`,
      )
      return data
        .filter(({ product }) => SOLD.includes(product.kind))
        .map(({ variant, product, price }) => {
          const article = articleOf(product, variant, price?.unit_price ?? null)
          learn(article, variant)
          return article
        })
    },
  }
}

function articleOf(product: ProductBrief, variant: Variant, price: string | null): Article {
  const { id, sku, options, product_id, name } = variant
  return { variantId: id, productId: product_id, name, sku, options, price, product }
}
