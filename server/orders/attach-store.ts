// The SQL of giving guests' orders to customers.

import type { Tx } from '../db/pool.ts'

/** An e-mail address in the spelling of the customers module, and whose it was proved to be. */
export interface VerifiedAddress {
  email: string
  customer_id: string
}

/** An order that has a customer now and had none before. */
export interface AttachedOrder {
  id: string
  customer_id: string
}

/**
 * Gives every order without a customer to the one whose address it carries; answers which, by id. An order that has a customer
 * by the time its lock is had keeps it. Locks the orders, sorted. Served by sales_order_of_guests.
 */
export async function attachOrders(
  tx: Tx,
  merchantId: string,
  addresses: readonly VerifiedAddress[],
  at: Date,
): Promise<AttachedOrder[]> {
  const { rows } = await tx.query<AttachedOrder>(
    `with guest as materialized (
       select o.id, v.customer_id from unnest($2::text[], $3::text[]) v (email, customer_id)
       join sales_order o on lower(normalize(o.email, NFC)) = lower(v.email) and o.merchant_id = $1
         and o.customer_id is null and o.email is not null
       order by o.id for update of o
     ), attached as (
       update sales_order o set customer_id = g.customer_id, customer_attached_at = $4, updated_at = $4
       from guest g where o.merchant_id = $1 and o.id = g.id and o.customer_id is null returning o.id, o.customer_id
     )
     select id, customer_id from attached order by id`,
    [merchantId, addresses.map(({ email }) => email), addresses.map(({ customer_id }) => customer_id), at],
  )
  return rows
}
