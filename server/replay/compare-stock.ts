// Holds the replay's own count of pieces against the stock. Every movement is read over the API: those of our receipts, orders,
// returns and corrections must be what we say, article by article, and all of them together what the levels say is on hand.

import { accepted, type Paged } from './api.ts'
import type { Client } from './client.ts'
import type { Counted } from './give-back.ts'
import type { Goods } from './goods.ts'
import type { Plan } from './plan.ts'
import type { RunResult } from './run.ts'
import type { Article, Trade } from './trade.ts'

/** Pieces; `onHand` = bought − sold + returned + corrected + those of other trade. */
export interface Pieces {
  bought: number
  sold: number
  returned: number
  /** Found less lost. */
  corrected: number
}

export interface StockComparison {
  articles: number
  /** As we carried it out, and as the movements tell it. */
  ours: Pieces
  told: Pieces
  /** Of the same articles, by others, and what is on hand now. */
  others: number
  onHand: number
  /** Articles of which the stock says something else. */
  differences: string[]
  /** By code. */
  rows: ArticleStock[]
}

/** One article: what we carried out, the pieces of other trade, and the levels of all stores. */
export interface ArticleStock {
  code: string
  name: string
  ours: Pieces
  others: number
  onHand: number
  isEqual: boolean
}

export const KINDS = ['bought', 'sold', 'returned', 'corrected'] as const
const nothing = (): Pieces => ({ bought: 0, sold: 0, returned: 0, corrected: 0 })

interface Movement {
  id: string
  variant_id: string
  kind: string
  quantity: number
  ref: string | null
}

export async function compareWithStock(
  client: Client,
  of: { trade: Trade; plan: Plan; run: RunResult; goods: Goods },
): Promise<StockComparison> {
  const { trade, goods } = of
  const ours = countOurs(of)
  const articleOf = new Map([...ours.keys()].map((article) => [goods.variantOf(article), article]))
  const told = new Map<number, Pieces>()
  const others = new Map<number, number>()
  const orders = new Set([...of.run.sold.values()].map(({ orderId }) => orderId))
  const returns = new Set([...of.run.given.values()].flatMap(({ returnIds }) => returnIds))
  for await (const { variant_id, quantity, ref } of pages<Movement>(client, '/v1/stock/movements')) {
    const article = articleOf.get(variant_id)
    if (article === undefined) continue
    const pieces = told.get(article) ?? nothing()
    told.set(article, pieces)
    if (ref !== null && orders.has(ref)) pieces.sold -= quantity
    else if (ref !== null && returns.has(ref)) pieces.returned += quantity
    else if (ref?.startsWith(`${goods.referencePrefix}.back.`)) pieces.returned += quantity
    else if (ref?.startsWith(`${goods.referencePrefix}.sto_`)) pieces.bought += quantity
    else if (ref?.startsWith(`${goods.referencePrefix}.`)) pieces.corrected += quantity
    else others.set(article, (others.get(article) ?? 0) + quantity)
  }
  const onHand = new Map<number, number>()
  for await (const level of pages<{ variant_id: string; on_hand: number }>(client, '/v1/stock')) {
    const article = articleOf.get(level.variant_id)
    if (article !== undefined) onHand.set(article, (onHand.get(article) ?? 0) + level.on_hand)
  }
  const result: StockComparison = {
    ...{ articles: ours.size, ours: nothing(), told: nothing(), others: 0, onHand: 0, differences: [], rows: [] },
  }
  for (const [article, own] of ours) {
    const seen = told.get(article) ?? nothing()
    const there = onHand.get(article) ?? 0
    const elsewhere = others.get(article) ?? 0
    const { code, name } = trade.articles[article] as Article
    const sum = own.bought - own.sold + own.returned + own.corrected + elsewhere
    const isEqual = sum === there && KINDS.every((kind) => own[kind] === seen[kind])
    result.rows.push({ code, name, ours: own, others: elsewhere, onHand: there, isEqual })
    for (const kind of KINDS) {
      result.ours[kind] += own[kind]
      result.told[kind] += seen[kind]
      if (own[kind] !== seen[kind])
        result.differences.push(`${code}: ${kind} ${own[kind]}, the stock says ${seen[kind]}`)
    }
    result.others += elsewhere
    result.onHand += there
    if (sum !== there) result.differences.push(`${code}: on hand should be ${sum}, the stock says ${there}`)
  }
  result.rows.sort((a, b) => (a.code < b.code ? -1 : 1))
  return result
}

/** What was carried out, by tracked article. */
function countOurs({
  trade,
  plan,
  run,
  goods,
}: {
  trade: Trade
  plan: Plan
  run: RunResult
  goods: Goods
}): Map<number, Pieces> {
  const ours = new Map<number, Pieces>()
  const add = (kind: keyof Pieces, counted: readonly Counted[]): void => {
    for (const { article, quantity } of counted) {
      if (!goods.isTracked(article)) continue
      const pieces = ours.get(article) ?? nothing()
      ours.set(article, pieces)
      pieces[kind] += quantity
    }
  }
  for (const [article, quantity] of goods.bought)
    add('bought', [{ article, quantity: quantity * goods.storeIds.length }])
  for (const step of plan.steps) {
    if (step.kind === 'sale' && run.sold.has(step.place)) add('sold', step.lines.map(trade.row))
    if (step.kind === 'correction' && run.corrected.has(step.place)) add('corrected', step.pieces)
  }
  for (const { returned, putBack } of run.given.values()) add('returned', [...returned, ...putBack])
  return ours
}

async function* pages<T>(client: Client, path: string): AsyncGenerator<T> {
  let cursor: string | null = null
  do {
    const url: string = `${path}?limit=100${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
    const page: Paged<T> = accepted(`GET ${url}`, await client.get<Paged<T>>(url))
    yield* page.data
    cursor = page.next_cursor
  } while (cursor !== null)
}
