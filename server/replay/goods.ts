// The articles of a file at the server: imported into the catalogue as one CSV file, and put into the stock of every store in
// the number that the whole file sells or loses, so that no sale has to wait for a delivery the file does not tell of.

import type { Clock } from '../lib/clock.ts'
import { accepted, CURRENCY, readAll } from './api.ts'
import type { Client } from './client.ts'
import { nameOf, type ReplayName } from './name.ts'
import type { Plan } from './plan.ts'
import type { Article, Trade } from './trade.ts'

export interface Goods {
  /** The variant of an article, by its number in the trade. */
  variantOf(article: number): string
  /** Counted in stock. What is only a word, such as POST or AMAZONFEE, is no goods. */
  isTracked(article: number): boolean
  /** Where goods are; the first one sends and receives what has no shop of its own. None: nothing is tracked. */
  storeIds: readonly string[]
  /** Pieces of each tracked article that were put into each store. */
  bought: ReadonlyMap<number, number>
  /** References of all adjustments the replay makes begin with it. */
  referencePrefix: string
}

export interface GoodsDeps {
  client: Client
  clock: Clock
  name: ReplayName
}

interface Import {
  id: string
  state: 'pending' | 'done'
  refused: number
  refusals?: { row: number; field: string; detail: string }[]
}

const LOOK_MS = 250
/** As many lines as an adjustment may have. */
const LINES = 500
const PRICE_DIGITS = 9
const CATALOGUE_DIGITS = 4

/** Brings the articles of a trade to the server; again, it changes nothing. Throws a sentence when one is refused. */
export async function openGoods(
  deps: GoodsDeps,
  trade: Trade,
  plan: Plan,
  storeIds: readonly string[],
): Promise<Goods> {
  const { client } = deps
  const isTracked = (article: number): boolean =>
    storeIds.length > 0 && /\d/.test((trade.articles[article] as Article).code)
  if (trade.articles.length > 0) await importArticles(deps, trade.articles, isTracked)
  const variants = await readAll<{ id: string; sku: string | null }>(client, '/v1/variants')
  const bySku = new Map(variants.map(({ id, sku }) => [sku, id]))
  const goods: Goods = {
    variantOf(article) {
      const { code } = trade.articles[article] as Article
      const id = bySku.get(code)
      if (id === undefined) throw new Error(`the catalogue has no article ${code} after its import`)
      return id
    },
    isTracked,
    storeIds,
    bought: neededPieces(trade, plan, isTracked),
    referencePrefix: nameOf(deps.name, 'stock'),
  }
  await Promise.all(storeIds.map((storeId) => receive(client, goods, storeId)))
  return goods
}

/** What the whole file takes out of the stock, by article. */
function neededPieces(trade: Trade, plan: Plan, isTracked: (article: number) => boolean): Map<number, number> {
  const needed = new Map<number, number>()
  const add = (article: number, quantity: number): void => {
    if (quantity > 0 && isTracked(article)) needed.set(article, (needed.get(article) ?? 0) + quantity)
  }
  for (const step of plan.steps) {
    if (step.kind === 'sale') for (const row of step.lines.map(trade.row)) add(row.article, row.quantity)
    if (step.kind === 'correction') for (const { article, quantity } of step.pieces) add(article, -quantity)
  }
  return needed
}

async function importArticles(
  { client, clock }: GoodsDeps,
  articles: readonly Article[],
  isTracked: (article: number) => boolean,
): Promise<void> {
  const header = ['product_reference', 'product_name', 'kind', 'sku', 'track', `price_${CURRENCY}`]
  const rows = articles.map(({ code, name, price }, article) => [
    ...[`replay ${code}`, name, 'goods', code, isTracked(article) ? 'quantity' : 'none', listPrice(price)],
  ])
  const text = [header, ...rows].map((cells) => cells.map(quoted).join(',')).join('\n')
  const path = '/v1/catalog/imports'
  const { id } = accepted(`POST ${path}`, await client.postText<Import>(path, 'text/csv', `${text}\n`))
  for (;;) {
    const seen = accepted(`GET ${path}/${id}`, await client.get<Import>(`${path}/${id}`))
    if (seen.state === 'done') {
      const [first] = seen.refusals ?? []
      if (first)
        throw new Error(
          `The catalogue refused ${seen.refused} of ${rows.length} articles; the first is ${rows[first.row - 2]?.[3]}: ${first.field}: ${first.detail}`,
        )
      return
    }
    await clock.sleep(LOOK_MS)
  }
}

function quoted(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`
}

/** A price list knows four decimals; what was really asked stands in the file's rows, and in the orders. */
function listPrice(billionths: bigint): string {
  if (billionths === 0n) return ''
  const text = billionths.toString().padStart(PRICE_DIGITS + 1, '0')
  return `${text.slice(0, -PRICE_DIGITS)}.${text.slice(-PRICE_DIGITS).slice(0, CATALOGUE_DIGITS)}`
}

async function receive(client: Client, goods: Goods, storeId: string): Promise<void> {
  const lines = [...goods.bought].map(([article, quantity]) => ({ article, quantity, reason: 'received' as const }))
  for (let from = 0; from < lines.length; from += LINES) {
    const part = lines.slice(from, from + LINES)
    await adjust(client, goods, { storeId, step: `${storeId}.${from / LINES}`, lines: part })
  }
}

/** Reasons of adjustments that a replay gives. */
export type Reason = 'received' | 'found' | 'lost'

/** Adjusts the stock of a store once, however often it is said. Articles that are not tracked are left out. */
export async function adjust(
  client: Client,
  goods: Goods,
  adjustment: {
    storeId: string
    step: string
    lines: readonly { article: number; quantity: number; reason: Reason }[]
    note?: string
  },
): Promise<void> {
  const { storeId, step, note } = adjustment
  const lines = adjustment.lines
    .filter(({ article }) => goods.isTracked(article))
    .map(({ article, ...line }) => ({ variant_id: goods.variantOf(article), ...line }))
  if (lines.length === 0) return
  const reference = `${goods.referencePrefix}.${step}`
  const path = '/v1/stock/adjustments'
  const body = { store_id: storeId, reference, lines, ...(note === undefined ? {} : { note }) }
  accepted(`POST ${path}`, await client.post(path, body))
}
