// The order of an invoice: a cart with its rows as lines, placed once. An order carries the invoice's name as its reference, by
// which a later run finds it; and payments carry the order's number in their keys, so that an order that was given up in between
// does not stand in the way of the next.

import { accepted, CURRENCY, type Paged } from './api.ts'
import type { Buyers } from './buyers.ts'
import type { Client } from './client.ts'
import { countryCode } from './country.ts'
import type { Goods } from './goods.ts'
import { nameOf, type ReplayName } from './name.ts'
import type { Sale } from './plan.ts'
import { exactMajor, rowAmount } from './row.ts'
import type { Trade } from './trade.ts'

export interface OrderDeps {
  client: Client
  name: ReplayName
  trade: Trade
  goods: Goods
  buyers: Buyers
}

export interface Order {
  id: string
  number: string
  state: 'placed' | 'confirmed' | 'cancelled' | 'closed'
  total: number
}

/** Where it is bought. */
export interface Where {
  channel: string
  storeId: string | undefined
  registerId: string | undefined
  /** The shop where it waits for the customer; else it is taken along or sent. */
  collectAt: string | undefined
}

/** A body of the API holds a thousand items at most. A larger cart is filled in several requests. */
const LINES_AT_ONCE = 500
/** Adding lines has no key: where an answer was lost lines may stand twice, the total tells, and another cart is made. */
const MOST_TRIES = 3

/** The order of a sale, found or placed. Throws Refused. */
export async function orderOf(deps: OrderDeps, sale: Sale, where: Where): Promise<Order> {
  const reference = nameOf(deps.name, sale.invoice.number)
  const found = await findOrder(deps.client, reference)
  if (found) return found
  for (let attempt = 1; ; attempt++) {
    const cart = await fillCart(deps, sale, where)
    const body = {
      cart_id: cart.id,
      expected_total: Number(sale.amount),
      reference,
      metadata: { invoiced_at: sale.invoice.at },
    }
    const answer = await deps.client.post<Order>('/v1/orders', body)
    const isWorthAgain = answer.code === 'version-conflict' || answer.code === 'price-changed'
    if (!isWorthAgain || attempt === MOST_TRIES) return accepted('POST /v1/orders', answer)
  }
}

/** The living order with that reference. */
async function findOrder(client: Client, reference: string): Promise<Order | undefined> {
  const path = `/v1/orders?reference=${encodeURIComponent(reference)}&limit=10`
  const { data } = accepted(`GET ${path}`, await client.get<Paged<Order>>(path))
  return data.find(({ state }) => state !== 'cancelled')
}

async function fillCart(deps: OrderDeps, sale: Sale, where: Where): Promise<{ id: string }> {
  const lines = cartLines(deps, sale, where)
  const body = { ...(await cartBody(deps, sale, where)), lines: lines.slice(0, LINES_AT_ONCE) }
  const cart = accepted('POST /v1/carts', await deps.client.post<{ id: string }>('/v1/carts', body))
  for (let from = LINES_AT_ONCE; from < lines.length; from += LINES_AT_ONCE) {
    const path = `/v1/carts/${cart.id}/lines`
    const more = { lines: lines.slice(from, from + LINES_AT_ONCE) }
    accepted(`POST ${path}`, await deps.client.post(path, more))
  }
  return cart
}

async function cartBody(deps: OrderDeps, { invoice }: Sale, where: Where): Promise<object> {
  const country = countryCode(invoice.country) ?? 'GB'
  const customer = invoice.customer === '' ? {} : { customer_id: await deps.buyers(invoice.customer) }
  const place =
    where.channel === 'pos'
      ? { store_id: where.storeId, ...(where.registerId === undefined ? {} : { register_id: where.registerId }) }
      : where.collectAt !== undefined
        ? { country }
        : { country, shipping_address: { line1: 'As invoiced', city: invoice.country || 'Unknown', country } }
  return { currency: CURRENCY, channel: where.channel, ...customer, ...place }
}

/**
 * A line per row. A cart joins lines that are the same, and rounds them once: rows that come to another penny that way are kept
 * apart by a note.
 */
function cartLines(deps: OrderDeps, { invoice, lines }: Sale, { collectAt }: Where): object[] {
  const how = collectAt === undefined ? {} : { fulfilment: { mode: 'collect', store_id: collectAt } }
  const joined = new Map<string, { quantity: number; amount: bigint }>()
  return lines.map((number, i) => {
    const { article, quantity, price, amount } = deps.trade.row(number)
    const key = `${article} ${price}`
    const before = joined.get(key) ?? { quantity: 0, amount: 0n }
    const sum = { quantity: before.quantity + quantity, amount: before.amount + amount }
    const isJoined = rowAmount(sum.quantity, price) === sum.amount
    if (isJoined) joined.set(key, sum)
    return {
      variant_id: deps.goods.variantOf(article),
      quantity,
      unit_price: exactMajor(price),
      reason: `Invoice ${invoice.number}`.slice(0, 200),
      ...how,
      ...(isJoined ? {} : { note: `Row ${i + 1} of the invoice` }),
    }
  })
}
