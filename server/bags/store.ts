// The SQL of what was typed on the pages of carts.

import type { DeliveryOption, Session, Typed } from '../checkout/index.ts'
import type { Queryable, Tx } from '../db/pool.ts'

/** A row of checkout_bag. */
export interface Bag {
  cart_id: string
  delivery_options: DeliveryOption[] | null
  typed: Typed
  is_sent: boolean
}

export async function insertBag(
  tx: Tx,
  { merchant_id, id }: Pick<Session, 'merchant_id' | 'id'>,
  bag: Bag,
  at: Date,
): Promise<void> {
  const options = bag.delivery_options === null ? null : JSON.stringify(bag.delivery_options)
  await tx.query(
    `insert into checkout_bag (merchant_id, session_id, cart_id, delivery_options, typed, is_sent, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [merchant_id, id, bag.cart_id, options, JSON.stringify(bag.typed), bag.is_sent, at],
  )
}

/** Forgets what was typed on some pages. */
export async function forgetTypedOn(tx: Tx, merchantId: string, sessionIds: string[]): Promise<void> {
  await tx.query(`update checkout_bag set typed = '{}' where merchant_id = $1 and session_id = any ($2)`, [
    merchantId,
    sessionIds,
  ])
}

export async function readBag(
  db: Queryable,
  { merchant_id, id }: Pick<Session, 'merchant_id' | 'id'>,
): Promise<Bag | null> {
  const { rows } = await db.query<Bag>(
    `select cart_id, delivery_options, typed, is_sent from checkout_bag where merchant_id = $1 and session_id = $2`,
    [merchant_id, id],
  )
  return rows[0] ?? null
}

/** Adds what was typed to what stands there: two tabs that fill in different fields lose nothing. */
export async function typeInto(
  db: Queryable,
  { merchant_id, id }: Pick<Session, 'merchant_id' | 'id'>,
  { typed, is_sent, at }: { typed: Typed; is_sent: boolean; at: Date },
): Promise<void> {
  await db.query(
    `update checkout_bag set typed = typed || $3::jsonb, is_sent = $4, updated_at = $5 where merchant_id = $1 and session_id = $2`,
    [merchant_id, id, JSON.stringify(typed), is_sent, at],
  )
}

/** Forgets who it is for: the order has it. */
export async function forgetTyped(
  db: Queryable,
  { merchant_id, id }: Pick<Session, 'merchant_id' | 'id'>,
  at: Date,
): Promise<void> {
  await db.query(
    `update checkout_bag set typed = '{}', updated_at = $3 where merchant_id = $1 and session_id = $2 and typed <> '{}'`,
    [merchant_id, id, at],
  )
}

/** Forgets what was typed before `at` and never became an order; answers of how many pages. */
export async function forgetOld(db: Queryable, at: Date, most: number): Promise<number> {
  const { rowCount } = await db.query(
    `update checkout_bag b set typed = '{}' from (
       select merchant_id, session_id from checkout_bag where typed <> '{}' and updated_at < $1 order by updated_at limit $2
     ) old where b.merchant_id = old.merchant_id and b.session_id = old.session_id`,
    [at, most],
  )
  return rowCount ?? 0
}
