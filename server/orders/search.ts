// Orders by what somebody at a counter says: a number (ours or
// their own), an address, a telephone number, a name. Each way has an index of its own and is
// asked for apart, so that none of them reads more orders the more there are.

import { findCustomers, personOf } from '../customers/index.ts'
import type { Queryable } from '../db/pool.ts'
import type { Order } from './order.ts'
import { listOrders, type OrderFilter } from './store.ts'

/** Customers of such a name whose orders are looked at: whoever has more of them says more of the name. */
const MOST_CUSTOMERS = 50
const NUMBER = /^[1-9]\d{0,17}$/

/** Orders that `q` may mean, newest first, one more than `limit`. */
export async function searchOrders(
  db: Queryable,
  merchantId: string,
  q: string,
  filter: OrderFilter,
  page: { limit: number; cursor?: string },
): Promise<Order[]> {
  const said = q.trim()
  const ways: OrderFilter[] = [said.includes('@') ? { email: said } : { words: said }, { reference: said }]
  // `#1017` is how a number is written on a parcel.
  const number = said.replace(/^#\s*/, '')
  if (NUMBER.test(number)) ways.push({ number: BigInt(number) })
  const people = await peopleOf(db, merchantId, said)
  if (people.length > 0) ways.push({ customer_ids: people })
  const found = await Promise.all(ways.map((way) => listOrders(db, merchantId, { ...filter, ...way }, page)))
  const byId = new Map(found.flat().map((order) => [order.id, order]))
  return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, page.limit + 1)
}

/** Every profile of the customers that may be meant. */
async function peopleOf(db: Queryable, merchantId: string, said: string): Promise<string[]> {
  // Before the @ an address is words of its own; what comes after it many share.
  const customers = (await findCustomers(db, merchantId, said.split('@')[0] ?? '', MOST_CUSTOMERS)).filter(
    ({ email }) => !said.includes('@') || email?.toLowerCase() === said.toLowerCase(),
  )
  const persons = await Promise.all(customers.map(({ id }) => personOf(db, merchantId, id)))
  return persons.flat()
}
