// The list: all articles or those of a category, page by page, or what a search found.

import { useEffect, useState } from 'preact/hooks'
import { fill } from '../shared/fill.ts'
import type { Api, Price, Product, ProductBrief, Variant } from './api.ts'
import { Failed, Go, Skeleton } from './app.tsx'
import { useSawSearch } from './looks.ts'
import { Picture } from './picture.tsx'
import { useLoaded, useShop } from './shop.ts'

interface Entry {
  product: ProductBrief
  price: Price | null
  /** What the same article usually costs, where it is reduced. */
  base: string | null
  /** Variants differ in price: this is the lowest. */
  isFrom: boolean
  isWeighed: boolean
  options: Record<string, string>
}
interface Found {
  entries: Entry[]
  next: string | null
}
const PAGE = 24
const MOST_FOUND = 100

export function ListPage({ q, category }: { q: string; category: string }) {
  const shop = useShop()
  const { texts, api, currency } = shop
  const [cursors, setCursors] = useState<string[]>([])
  const [earlier, setEarlier] = useState<Entry[]>([])
  const key = `${q}|${category}|${currency}`
  useEffect(() => {
    setCursors([])
    setEarlier([])
  }, [key])
  const cursor = cursors.at(-1)
  const loaded = useLoaded(`${key}|${cursor ?? ''}`, () =>
    q === '' ? listed(api, { category, currency, cursor }) : searched(api, { q, currency }),
  )
  const categories = useLoaded('categories', () => categoriesOf(api))
  useEffect(() => {
    document.title = fill(q === '' ? texts.title : texts.found, {
      merchant: shop.view.merchant,
      q,
      n: loaded.is === 'there' ? loaded.data.entries.length : 0,
    })
  }, [q, loaded.is])
  useSawSearch(q, loaded.is === 'there' && loaded.data.entries.length > 0)
  if (loaded.is === 'failed') return <Failed again={loaded.again} />
  if (loaded.is === 'loading' && earlier.length === 0 && q === '' && category === '') return <Skeleton />
  const entries = loaded.is === 'there' ? [...earlier, ...loaded.data.entries] : earlier
  const next = loaded.is === 'there' ? loaded.data.next : null
  return (
    <div class="wide">
      {q === '' && category === '' ? <Hero /> : null}
      <nav class="chips" aria-label={texts.categoriesName}>
        <Chip href="/shop" isOn={q === '' && category === ''} name={texts.all} />
        {(categories.is === 'there' ? categories.data : []).map((name) => (
          <Chip
            key={name}
            href={`/shop?c=${encodeURIComponent(name)}`}
            isOn={q === '' && category === name}
            name={texts.categories[name] ?? name}
          />
        ))}
      </nav>
      {q === '' && category === '' ? null : (
        <h1 class="listname own">
          {q === ''
            ? (texts.categories[category] ?? category)
            : loaded.is === 'there' && entries.length > 0
              ? fill(texts.found, { n: entries.length, q })
              : loaded.is === 'there'
                ? fill(texts.nothing, { q })
                : `${texts.search}: ${q}`}
        </h1>
      )}
      <p class="hidden" role="status">
        {loaded.is === 'there' ? fill(texts.products, { n: entries.length }) : texts.loading}
      </p>
      {loaded.is === 'there' && entries.length === 0 ? (
        <div class="empty">
          <p>{texts.nothingLead}</p>
          <Go href="/shop" class="button primary">
            {texts.showAll}
          </Go>
        </div>
      ) : (
        <ul class="grid">
          {entries.map((entry) => (
            <Card key={entry.product.id} entry={entry} />
          ))}
          {loaded.is === 'loading' ? Array.from({ length: 4 }, (_, i) => <li key={i} class="card blank" />) : null}
        </ul>
      )}
      {next === null ? null : (
        <p class="showmore">
          <button
            type="button"
            class="button"
            onClick={() => {
              setEarlier(entries)
              setCursors([...cursors, next])
            }}
          >
            {texts.more}
          </button>
        </p>
      )}
    </div>
  )
}

function Hero() {
  const { texts } = useShop()
  return (
    <section class="hero">
      <div>
        <h1>{texts.slogan}</h1>
        <p>{texts.lead}</p>
      </div>
      <svg viewBox="0 0 600 300" preserveAspectRatio="xMaxYMid slice" aria-hidden="true" focusable="false">
        <path d="M0 0h600v300H0z" fill="#dfe9e4" />
        <circle cx="430" cy="92" r="46" fill="#f0c66f" />
        <path d="M60 300L240 96l84 104 62-70 170 170z" fill="#a9c3b6" />
        <path d="M240 96l50 62-22-6-18 20-20-22-26 12z" fill="#f7f4ea" />
        <path d="M0 236q150-66 320-18t280-26v108H0z" fill="#5d8f7d" />
        <path d="M0 270q190-40 360-8t240-16v54H0z" fill="#2f6b58" />
        <path d="M470 262l34-58 34 58z" fill="#b9573a" />
        <path d="M504 204l34 58h-26z" fill="#8d3d27" />
        <path d="M498 262l6-26 6 26z" fill="#2b2d31" />
        <path d="M120 262l14-46 14 46zM156 268l18-62 18 62zM88 270l10-34 10 34z" fill="#1f4c3e" />
      </svg>
    </section>
  )
}

function Chip({ href, isOn, name }: { href: string; isOn: boolean; name: string }) {
  return (
    <Go href={href} class={isOn ? 'chip on' : 'chip'}>
      {isOn ? <span aria-current="page">{name}</span> : name}
    </Go>
  )
}

function Card({ entry }: { entry: Entry }) {
  const { product, price, isFrom, isWeighed, base, options } = entry
  const { texts, price: show, money } = useShop()
  const amount = price === null ? null : isWeighed ? perKilo(price.unit_price, money) : show(price.unit_price)
  return (
    <li class="card">
      <Go href={`/shop/p/${product.id}`}>
        <Picture {...product} options={options} />
        <span class="name own">{product.name}</span>
        {amount === null ? null : (
          <span class="cost">
            {isWeighed ? fill(texts.perKilo, { price: amount }) : isFrom ? fill(texts.from, { price: amount }) : amount}
            {base === null ? null : (
              <>
                {' '}
                <s>
                  <span class="hidden">{fill(texts.was, { price: '' })}</span>
                  {show(base)}
                </s>
              </>
            )}
          </span>
        )}
      </Go>
    </li>
  )
}

/** A price per gram, as shops show it. */
export function perKilo(unitPrice: string, money: (amount: number) => string): string {
  return money(Math.round(Number(unitPrice) * 1000 * 100))
}

// ---- What is asked of the API --------------------------------------------------------------------------------------

const isShown = ({ kind }: ProductBrief) => kind === 'goods' || kind === 'gift_card'

async function listed(
  api: Api,
  { category, currency, cursor }: { category: string; currency: string; cursor: string | undefined },
): Promise<Found> {
  const query = new URLSearchParams({ limit: String(PAGE), ...(category && { category }), ...(cursor && { cursor }) })
  const { data, next_cursor } = await api.get<{ data: Product[]; next_cursor: string | null }>(`/products?${query}`)
  const chosen = data.filter(isShown).flatMap((product) => {
    const cheapest = [...product.variants].sort((a, b) => baseOf(a, currency) - baseOf(b, currency))
    const [variant] = cheapest
    if (!variant || baseOf(variant, currency) === Number.POSITIVE_INFINITY) return []
    return [{ product, variant, isFrom: baseOf(cheapest.at(-1) as Variant, currency) > baseOf(variant, currency) }]
  })
  const prices = await pricesOf(
    api,
    chosen.map(({ variant }) => variant.id),
    currency,
  )
  const entries = chosen.map(({ product, variant, isFrom }) => {
    const price = prices.get(variant.id) ?? null
    const base = baseOf(variant, currency)
    return {
      product,
      price,
      base: price !== null && Number(price.unit_price) < base ? String(base) : null,
      isFrom,
      isWeighed: product.unit === 'gram',
      options: product.variants[0]?.options ?? {},
    }
  })
  return { entries, next: next_cursor }
}

async function searched(api: Api, { q, currency }: { q: string; currency: string }): Promise<Found> {
  const query = new URLSearchParams({ q: q.slice(0, 200), limit: String(MOST_FOUND), currency, channel: 'web' })
  const { data } = await api.get<{ data: { variant: Variant; product: ProductBrief; price: Price | null }[] }>(
    `/catalog/search?${query}`,
  )
  const entries = new Map<string, Entry>()
  for (const { variant, product, price } of data) {
    if (!isShown(product) || price === null) continue
    const before = entries.get(product.id)
    if (!before) {
      const isWeighed = product.unit === 'gram'
      entries.set(product.id, { product, price, base: null, isFrom: false, isWeighed, options: variant.options })
    } else if (before.price !== null && Number(before.price.unit_price) !== Number(price.unit_price)) {
      before.isFrom = true
      if (Number(price.unit_price) < Number(before.price.unit_price)) before.price = price
    }
  }
  return { entries: [...entries.values()], next: null }
}

function baseOf(variant: Variant, currency: string): number {
  const prices = variant.prices.filter((price) => price.currency === currency && price.min_qty === 1)
  return prices.length === 0 ? Number.POSITIVE_INFINITY : Number(prices[0]?.unit_price)
}

export async function pricesOf(api: Api, ids: readonly string[], currency: string): Promise<Map<string, Price>> {
  if (ids.length === 0) return new Map()
  const query = new URLSearchParams({ variant_ids: ids.join(','), currency, channel: 'web' })
  const { data } = await api.get<{ data: { variant_id: string; price: Price }[] }>(`/catalog/prices?${query}`)
  return new Map(data.map(({ variant_id, price }) => [variant_id, price]))
}

/** The categories of the first hundred articles: as many as a row of chips can hold. */
async function categoriesOf(api: Api): Promise<string[]> {
  const { data } = await api.get<{ data: Product[] }>('/products?limit=100')
  return [...new Set(data.filter(isShown).flatMap(({ categories }) => categories))].slice(0, 12)
}
