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
import { exactMajor } from './row.ts'
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
}

/** A cart may be evaluated anew between two requests; once more is enough, for nobody changes these. */
const MOST_TRIES = 3

/** The order of a sale, found or placed. Throws Refused. */
export async function orderOf(deps: OrderDeps, sale: Sale, where: Where): Promise<Order> {
  const reference = nameOf(deps.name, sale.invoice.number)
  const found = await findOrder(deps.client, reference)
  if (found) return found
  for (let attempt = 1; ; attempt++) {
    const cart = accepted(
      'POST /v1/carts',
      await deps.client.post<{ id: string }>('/v1/carts', await cartBody(deps, sale, where)),
    )
    const body = {
      cart_id: cart.id,
      expected_total: Number(sale.amount),
      reference,
      metadata: { invoiced_at: sale.invoice.at },
    }
    const answer = await deps.client.post<Order>('/v1/orders', body)
    if (answer.code !== 'version-conflict' || attempt === MOST_TRIES) return accepted('POST /v1/orders', answer)
  }
}

/** The living order with that reference. */
async function findOrder(client: Client, reference: string): Promise<Order | undefined> {
  const path = `/v1/orders?reference=${encodeURIComponent(reference)}&limit=10`
  const { data } = accepted(`GET ${path}`, await client.get<Paged<Order>>(path))
  return data.find(({ state }) => state !== 'cancelled')
}

async function cartBody(deps: OrderDeps, { invoice, lines }: Sale, where: Where): Promise<object> {
  const country = countryCode(invoice.country) ?? 'GB'
  const customer = invoice.customer === '' ? {} : { customer_id: await deps.buyers(invoice.customer) }
  const place =
    where.channel === 'pos'
      ? { store_id: where.storeId, ...(where.registerId === undefined ? {} : { register_id: where.registerId }) }
      : { country, shipping_address: { line1: 'As invoiced', city: invoice.country || 'Unknown', country } }
  const rows = lines.map((number) => {
    const { article, quantity, price } = deps.trade.row(number)
    return {
      variant_id: deps.goods.variantOf(article),
      quantity,
      unit_price: exactMajor(price),
      reason: `Invoice ${invoice.number}`.slice(0, 200),
    }
  })
  return { currency: CURRENCY, channel: where.channel, ...customer, ...place, lines: rows }
}
