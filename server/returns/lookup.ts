// Finds the orders that goods at the counter may belong to: by the number on the receipt, by the order itself, by e-mail, by the
// card they were paid with.

import { personOf } from '../customers/index.ts'
import {
  type Order,
  type OrderLine,
  readOrderByNumber,
  readOrderLines,
  readOrders,
  readOrdersOf,
} from '../orders/index.ts'
import type { ReturnDeps } from './deps.ts'
import { ordersOfCard } from './store.ts'

export interface ReturnLookup {
  order_id?: string
  number?: bigint
  email?: string
  /** The alias of a card, as a terminal or an earlier payment tells it. */
  card_alias?: string
}

/** Orders shown at most: the latest ones. */
const MOST = 20

/** Orders with their lines, latest first. None when nothing fits. */
export async function findOrders(
  deps: ReturnDeps,
  merchantId: string,
  by: ReturnLookup,
): Promise<{ order: Order; lines: OrderLine[] }[]> {
  await deps.consumer.catchUp(merchantId)
  const orders = (await candidates(deps, merchantId, by)).filter(({ state }) => state !== 'placed')
  const lines = await readOrderLines(
    deps.db,
    merchantId,
    orders.map(({ id }) => id),
  )
  return orders
    .sort((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, MOST)
    .map((order) => ({ order, lines: lines.filter(({ order_id }) => order_id === order.id) }))
}

async function candidates(deps: ReturnDeps, merchantId: string, by: ReturnLookup): Promise<Order[]> {
  if (by.order_id !== undefined) return [...(await readOrders(deps.db, merchantId, [by.order_id])).values()]
  if (by.number !== undefined) {
    const order = await readOrderByNumber(deps.db, merchantId, by.number)
    return order ? [order] : []
  }
  if (by.card_alias !== undefined) {
    const ids = await ordersOfCard(deps.db, merchantId, by.card_alias, MOST)
    return [...(await readOrders(deps.db, merchantId, ids)).values()]
  }
  if (by.email === undefined) return []
  const customer = await deps.recognise(merchantId, { type: 'email', value: by.email })
  const byCustomer =
    customer === null
      ? []
      : await readOrdersOf(deps.db, merchantId, { customer_ids: await personOf(deps.db, merchantId, customer) }, MOST)
  const byEmail = await readOrdersOf(deps.db, merchantId, { email: by.email }, MOST)
  return [...new Map([...byCustomer, ...byEmail].map((order) => [order.id, order])).values()]
}
