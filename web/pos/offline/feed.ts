// What the till is told of the articles of its store, and how it is kept on the device: all of it once, then what has changed. Read and
// written in pieces, so that nobody at the counter notices.

import { type Api, isRefused } from '../api.ts'
import type { CashRule } from '../place.ts'
import type { Boxes } from './boxes.ts'
import type { Caps } from './document.ts'
import type { BarcodeRule } from './read-code.ts'

/** An article as the feed tells it. Prices are decimal text in major units. */
export interface FeedItem {
  variant_id: string
  deleted: false
  product_id: string
  product_name: string
  name: string
  kind: string
  sku: string | null
  barcodes: { code: string; quantity: number }[]
  unit: string
  options: Record<string, string>
  categories: string[]
  reference: string | null
  image_url: string | null
  price: string | null
  list_price: string | null
  /** Prices that begin within a week, the earliest first. */
  price_changes: { at: string; price: string | null }[]
  tax_code: string
  tax_rate_bp: number
}
interface Gone {
  variant_id: string
  deleted: true
}

export interface StandAloneTerminal {
  id: string
  name: string
  method: string
}

/** What a till needs to know to sell alone. */
export interface FeedSettings {
  currency: string
  country: string
  prices_include_tax: boolean
  tax_rounding: 'per_rate_group' | 'per_line'
  cash_rounding: CashRule | null
  caps: Caps
  barcode_rules: BarcodeRule[]
  seller: { name: string; organisation_number: string | null; vat_number: string | null; address: string[] }
  terminals: StandAloneTerminal[]
}

interface FeedPage {
  data: (FeedItem | Gone)[]
  cursor: string
  has_more: boolean
  reset: boolean
  settings?: FeedSettings
}

/** What is kept beside the articles. */
export interface FeedFacts {
  /** Of which store's register: another one is told anew. */
  registerId: string
  cursor: string
  /** All of it is there; before that the cursor is one in the middle. */
  isWhole: boolean
  settings: FeedSettings | null
  at: number
}

const FACTS = 'feed'
const PAGE = 2_000
/** Ten million articles: a feed that goes on longer goes round in circles. */
const MOST_PAGES = 5_000

export interface FeedListener {
  /** Forget all. */
  reset(): void
  learn(items: readonly FeedItem[]): void
  forget(variantIds: readonly string[]): void
  told(facts: FeedFacts): void
}

/** Reads what this device has kept, in pieces. */
export async function readKept(boxes: Boxes, registerId: string, listener: FeedListener): Promise<boolean> {
  const facts = await boxes.get<FeedFacts>('facts', FACTS)
  if (!facts || facts.registerId !== registerId) return false
  listener.told(facts)
  let after: string | null = null
  for (let no = 0; no < MOST_PAGES; no++) {
    const range: IDBKeyRange | null = after === null ? null : IDBKeyRange.lowerBound(after, true)
    const items: FeedItem[] = await boxes.all<FeedItem>('articles', range, PAGE)
    listener.learn(items)
    after = items.at(-1)?.variant_id ?? null
    if (items.length < PAGE || after === null) break
    await breathe()
  }
  return facts.isWhole
}

/**
 * Asks the server for what has changed since, or for all. Each page is kept with the place where the next one begins, so that a till that
 * is switched off in the middle goes on from there. Throws where there was no answer.
 */
export async function pull(api: Api, boxes: Boxes | null, registerId: string, listener: FeedListener): Promise<void> {
  const kept = await boxes?.get<FeedFacts>('facts', FACTS)
  let facts: FeedFacts =
    kept?.registerId === registerId ? kept : { ...{ registerId, cursor: '', isWhole: false, settings: null, at: 0 } }
  for (let no = 0; no < MOST_PAGES; no++) {
    const page = await pageAfter(api, facts.cursor)
    const items = page.data.filter((each): each is FeedItem => !each.deleted)
    const gone = page.data.filter(({ deleted }) => deleted).map(({ variant_id }) => variant_id)
    const isReset = page.reset || facts.cursor === ''
    facts = {
      ...{ registerId, cursor: page.cursor, isWhole: !page.has_more || (facts.isWhole && !isReset), at: Date.now() },
      settings: page.settings ?? facts.settings,
    }
    await boxes?.write(['articles', 'facts'], (tx) => {
      if (isReset) tx.clear('articles')
      for (const item of items) tx.put('articles', item)
      for (const id of gone) tx.delete('articles', id)
      tx.put('facts', facts, FACTS)
    })
    if (isReset) listener.reset()
    listener.learn(items)
    listener.forget(gone)
    listener.told(facts)
    if (!page.has_more) return
    await breathe()
  }
}

async function pageAfter(api: Api, cursor: string): Promise<FeedPage> {
  const ask = (after: string) =>
    api.get<FeedPage>(
      `/till/catalogue?${new URLSearchParams({ limit: String(PAGE), ...(after === '' ? {} : { after }) })}`,
      { as: 'device' },
    )
  try {
    return await ask(cursor)
  } catch (error) {
    // A cursor that the server no longer understands begins anew.
    if (cursor !== '' && isRefused(error, 'validation-error', 'cursor-invalid')) return ask('')
    throw error
  }
}

/** Lets keys, fingers and scans in between two pieces of work. */
export const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
