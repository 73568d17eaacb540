// The search section of `npm run bench`: 100,000 variants with names from generated words, and what shop staff type, typing
// errors included, over HTTP one after the other and four at a time.

import { checkDigit } from '../server/catalog/barcode.ts'
import { formsOf, hashOf, skuKey, wordsOf } from '../server/catalog/words.ts'
import type { Db } from '../server/db/pool.ts'
import { transact } from '../server/db/pool.ts'
import type { NewId } from '../server/lib/ids.ts'

export interface SearchBench {
  db: Db
  newId: NewId
  merchantId: string
  /** Products, of four variants each. */
  products: number
  queriesPerKind: number
  /** One search, answered with status 200. */
  ask(path: string): Promise<void>
  print(line: string): void
}

const SIZES = ['S', 'M', 'L', 'XL']
const COLOURS = ['Green', 'Blue', 'Black', 'Sand', 'Rust', 'White', 'Grey', 'Navy', 'Olive', 'Plum', 'Teal', 'Ochre']
const CONSONANTS = ['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'st', 'tr', 'br', 'gl', 'sk']
const VOWELS = ['a', 'e', 'i', 'o', 'u', 'ea', 'oo', 'ai']
const WORDS = 6000
/** Rows of one insert. */
const BATCH = 2000

/** Numbers that look random and are the same in every run. */
export function seeded(start: number): () => number {
  let state = start
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

interface Article {
  name: string
  sku: string
  barcode: string
}

export async function benchSearch(bench: SearchBench): Promise<void> {
  const random = seeded(7)
  const articles = await fill(bench, random)
  bench.print(`\nSearch over HTTP among ${articles.length.toLocaleString('en')} variants, one merchant\n`)
  bench.print(line('', 'p50 ms', 'p99 ms', 'largest'))
  const pick = () => articles[Math.floor(random() * articles.length)] as Article
  const wordsAt = (count: number) => pick().name.split(/[ ,]+/).slice(0, count).join(' ')
  const kinds: Record<string, () => string> = {
    'a SKU': () => pick().sku,
    'a barcode': () => pick().barcode,
    'the beginning of a SKU': () => pick().sku.slice(0, 6),
    'one word': () => wordsAt(1),
    'two words': () => wordsAt(2),
    'the beginnings of two words': () =>
      wordsAt(2)
        .split(' ')
        .map((word) => word.slice(0, 4))
        .join(' '),
    'two words, an error in one': () => withError(wordsAt(2), random),
    'three words, an error in each': () =>
      wordsAt(3)
        .split(' ')
        .map((word) => withError(word, random))
        .join(' '),
    'the commonest word': () => (pick().name.split(', ')[1] ?? '').toLowerCase(),
    'one letter': () => 'bdfgklmn'[Math.floor(random() * 8)] as string,
    'nothing that exists': () => `qx${Math.floor(random() * 1e6)}zq`,
  }
  // What was just written is read from disk and compiled once.
  await timed(
    bench,
    Object.values(kinds).flatMap((make) => Array.from({ length: 20 }, make)),
    1,
  )
  const all: number[] = []
  for (const [kind, make] of Object.entries(kinds)) {
    const times = await timed(bench, Array.from({ length: bench.queriesPerKind }, make), 1)
    all.push(...times)
    bench.print(line(kind, ...quantiles(times)))
  }
  bench.print(line('all, one at a time', ...quantiles(all)))
  const makers = Object.values(kinds)
  const mixed = Array.from({ length: bench.queriesPerKind * 4 }, (_, i) => makers[i % makers.length]?.() ?? '')
  bench.print(line('all, four at a time', ...quantiles(await timed(bench, mixed, 4))))
}

async function timed(bench: SearchBench, texts: readonly string[], concurrency: number): Promise<number[]> {
  const times: number[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let i = next++; i < texts.length; i = next++) {
        const began = performance.now()
        await bench.ask(`/v1/catalog/search?q=${encodeURIComponent(texts[i] as string)}`)
        times.push(performance.now() - began)
      }
    }),
  )
  return times
}

/** One letter left out, doubled, changed, or two swapped; never the first, which people get right. */
function withError(text: string, random: () => number): string {
  if (text.length < 4) return text
  const at = 1 + Math.floor(random() * (text.length - 2))
  const letter = text[at] as string
  const edits = [
    text.slice(0, at) + text.slice(at + 1),
    text.slice(0, at) + letter + text.slice(at),
    `${text.slice(0, at)}x${text.slice(at + 1)}`,
    text.slice(0, at) + (text[at + 1] ?? '') + letter + text.slice(at + 2),
  ]
  return edits[Math.floor(random() * edits.length)] as string
}

/** Fills the catalogue of a merchant, four variants to a product. */
export async function fill(
  bench: Pick<SearchBench, 'db' | 'newId' | 'merchantId' | 'products'>,
  random: () => number,
): Promise<Article[]> {
  const { db, merchantId } = bench
  const words = Array.from({ length: WORDS }, () =>
    Array.from({ length: 2 + Math.floor(random() * 2) }, () => one(CONSONANTS, random) + one(VOWELS, random)).join(''),
  )
  // As in language: few words are on many articles, most on few.
  const word = () => words[Math.floor(random() ** 3 * words.length)] as string
  const articles: Article[] = []
  const counts = new Map<string, number>()
  const products: unknown[][] = []
  const variants: unknown[][] = []
  const barcodes: unknown[][] = []
  const prices: unknown[][] = []
  for (let n = 0; n < bench.products; n++) {
    const product = bench.newId('prd')
    const title = `${word()} ${word()} ${word()}`
    const name = title.charAt(0).toUpperCase() + title.slice(1)
    const brand = words[Math.floor(random() * 80)] as string
    products.push([merchantId, product, name, brand])
    const colour = one(COLOURS, random)
    for (const [i, size] of SIZES.entries()) {
      const id = bench.newId('var')
      const sku = `${name.slice(0, 3).toUpperCase()}-${String(n).padStart(5, '0')}-${size}`
      const digits = `590${String(n * 4 + i).padStart(9, '0')}`
      const barcode = digits + checkDigit(digits)
      const own = wordsOf([name, size, colour, brand])
      for (const w of own) counts.set(w, (counts.get(w) ?? 0) + 1)
      const hashes = `{${own.map((w) => hashOf(merchantId, w)).join(',')}}`
      const options = JSON.stringify({ Size: size, Colour: colour })
      variants.push([merchantId, id, product, sku, skuKey(sku), options, hashes, own.join(' ')])
      barcodes.push([merchantId, `0${barcode}`, barcode, id])
      prices.push([merchantId, id, 1_000_000 + Math.floor(random() * 9_000_000)])
      articles.push({ name: `${name}, ${size}, ${colour}`, sku, barcode })
    }
  }
  const dictionary = [...counts].map(([w, variantsWith]) => [
    merchantId,
    w,
    `{${formsOf(w)
      .map((form) => hashOf(merchantId, form))
      .join(',')}}`,
    variantsWith,
  ])
  await transact(db, async (tx) => {
    const insert = async (rows: unknown[][], types: string, sql: string) => {
      for (let i = 0; i < rows.length; i += BATCH) {
        await tx.query(sql.replace('$rows', `json_to_recordset($1::json) r (${types})`), [
          JSON.stringify(
            rows.slice(i, i + BATCH).map((row) => Object.fromEntries(row.map((value, at) => [`c${at}`, value]))),
          ),
        ])
      }
    }
    await insert(
      products,
      'c0 text, c1 text, c2 text, c3 text',
      `insert into product (merchant_id, id, name, brand, state, kind, tax_category, unit, is_returnable, version, created_at)
      select c0, c1, c2, c3, 'active', 'goods', 'standard', 'piece', true, 1, now() from $rows`,
    )
    await insert(
      variants,
      'c0 text, c1 text, c2 text, c3 text, c4 text, c5 text, c6 text, c7 text',
      `insert into variant (merchant_id, id, product_id, sku, sku_key, options, words, find_text, position, track, is_active, is_shown, version, created_at)
      select c0, c1, c2, c3, c4, c5::json, c6::bigint[], c7, 0, 'quantity', true, true, 1, now() from $rows`,
    )
    await insert(
      barcodes,
      'c0 text, c1 text, c2 text, c3 text',
      `insert into variant_barcode (merchant_id, key, code, form, variant_id, quantity, position)
      select c0, c1, c2, 'ean13', c3, 1, 1 from $rows`,
    )
    const price = `(merchant_id, variant_id, price_list_id, currency, min_qty, unit_price_e4, tax_included`
    await insert(
      prices,
      'c0 text, c1 text, c2 bigint',
      `insert into price ${price}) select c0, c1, '', 'EUR', 1, c2, true from $rows`,
    )
    await insert(
      prices,
      'c0 text, c1 text, c2 bigint',
      `insert into price_history ${price}, at) select c0, c1, '', 'EUR', 1, c2, true, now() from $rows`,
    )
    await insert(
      dictionary,
      'c0 text, c1 text, c2 text, c3 int',
      `insert into catalog_word (merchant_id, word, forms, variants) select c0, c1, c2::bigint[], c3 from $rows
      on conflict (merchant_id, word) do update set variants = catalog_word.variants + excluded.variants`,
    )
  })
  // What the database would begin by itself within a minute, in the middle of the measurement.
  for (const table of ['product', 'variant', 'variant_barcode', 'price', 'price_history', 'catalog_word'])
    await db.query(`vacuum analyze ${table}`)
  return articles
}

export function one<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)] as T
}

export function quantiles(times: readonly number[]): string[] {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1)
  return [at(0.5), at(0.99), at(1)]
}

export function line(label: string, ...cells: string[]): string {
  return `${label.padEnd(34)}${cells.map((cell) => cell.padStart(10)).join('')}`
}
