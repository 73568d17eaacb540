// Guests' orders find their customer: the consumer of `customer.identity_verified`. Whoever proves to own an e-mail address owns
// what was ordered under it without an account, in any channel. An address that somebody only typed gives nobody anything,
// and an order that has a customer keeps it.

import { verifiedOwners } from '../customers/index.ts'
import type { Tx } from '../db/pool.ts'
import { type Consumer, type ConsumerDeps, createConsumer, type EventRow } from '../notify/index.ts'
import { attachOrders, type VerifiedAddress } from './attach-store.ts'
import type { OrderDeps } from './deps.ts'
import { appendOrderEvents } from './event.ts'

/** Reads `customer.identity_verified`, before the readers that show or reward the orders of a customer. */
export function createGuestOrdersConsumer(deps: Pick<OrderDeps, 'newId' | 'clock'> & ConsumerDeps): Consumer {
  return createConsumer(deps, {
    name: 'guest orders',
    families: ['customer.identity_verified'],
    handle: (tx, merchantId, events) => attachGuestOrders(deps, tx, merchantId, events),
  })
}

/**
 * Gives orders to the customers who proved their addresses. What counts is whose an address is now, not what the event said: a
 * link that ended meanwhile gives nothing, one that followed a merge gives to the profile that remains. In the caller's
 * transaction, last: it appends events.
 */
export async function attachGuestOrders(
  deps: Pick<OrderDeps, 'newId' | 'clock'>,
  tx: Tx,
  merchantId: string,
  events: readonly EventRow[],
): Promise<void> {
  const addresses = await addressesOf(tx, merchantId, events)
  if (addresses.length === 0) return
  const at = deps.clock.now()
  const orders = await attachOrders(tx, merchantId, addresses, at)
  const told = orders.map(({ id: order_id, customer_id }) => ({
    order_id,
    type: 'order.customer_attached' as const,
    by: null,
    more: { before: { customer_id: null }, after: { customer_id } },
  }))
  await appendOrderEvents(tx, deps, merchantId, at, told)
}

async function addressesOf(tx: Tx, merchantId: string, events: readonly EventRow[]): Promise<VerifiedAddress[]> {
  const proved = new Map<string, string>()
  for (const { data } of events) {
    const { identity_id, email } = data as { identity_id?: unknown; email?: unknown }
    if (typeof identity_id === 'string' && typeof email === 'string') proved.set(identity_id, email)
  }
  const owners = await verifiedOwners(tx, merchantId, [...proved.keys()])
  return [...owners].map(([identityId, customer_id]) => ({ email: proved.get(identityId) as string, customer_id }))
}
