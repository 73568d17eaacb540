// The SQL of carts and their lines. Each statement about one cart is served by the primary keys; the indexes of the others
// are named beside them.

import { createScopedLoader, type Loader, scopedKey } from '../db/load-many.ts'
import type { Db, Queryable, Tx } from '../db/pool.ts'
import type { Channel } from '../lib/channel.ts'
import type { Cart, CartLine, CartState } from './cart.ts'
import type { Seen } from './view.ts'

// Lines travel as JSON, in which a bigint would lose digits: those are text.
const LINES = `coalesce((select json_agg(json_build_object(
    'id', l.id, 'seq', l.seq, 'variant_id', l.variant_id, 'quantity', l.quantity::text, 'mode', l.mode,
    'mode_store_id', l.mode_store_id, 'consumption', l.consumption, 'note', l.note, 'override_e4', l.override_e4::text,
    'override_reason', l.override_reason, 'frozen_e4', l.frozen_e4::text, 'frozen_discount', l.frozen_discount::text,
    'seen_e4', l.seen_e4::text, 'seen_short', l.seen_short, 'seen_promotions', l.seen_promotions) order by l.seq)
  from cart_line l where l.merchant_id = c.merchant_id and l.cart_id = c.id), '[]'::json) as lines`
const COLUMNS = `c.id, c.state, c.version, c.currency, c.channel, c.channels_seen, c.store_id, c.register_id, c.customer_id, c.email,
  c.country, c.shipping_address, c.codes, (select coalesce(array_agg(encode(h, 'hex')), '{}') from unnest(c.secret_hashes) h) as secret_hashes,
  c.next_seq, c.locked_until, c.parked_name, c.quote_id, c.moved_to, c.created_at, c.updated_at, c.expires_at`

/** Carts by id. Those the merchant does not have are absent. */
export async function readCarts(db: Queryable, merchantId: string, ids: string[]): Promise<Map<string, Cart>> {
  const { rows } = await db.query<Cart>(
    `select ${COLUMNS}, ${LINES} from cart c where c.merchant_id = $1 and c.id = any ($2)`,
    [merchantId, ids],
  )
  return new Map(rows.map((row) => [row.id, { ...row, lines: row.lines.map(lineOf) }]))
}

/** One reader for all of a process, so that carts asked for at the same time are read together. */
export function createCartLoader(db: Db): Loader<Cart> {
  return createScopedLoader(async (merchantIds, ids) => {
    const { rows } = await db.query<Cart & { merchant_id: string }>(
      `select c.merchant_id, ${COLUMNS}, ${LINES} from unnest($1::text[], $2::text[]) k (merchant_id, id)
       join cart c on c.merchant_id = k.merchant_id and c.id = k.id`,
      [merchantIds, ids],
    )
    return new Map(
      rows.map(({ merchant_id, ...row }) => [scopedKey(merchant_id, row.id), { ...row, lines: row.lines.map(lineOf) }]),
    )
  })
}

/** Locks carts against other changes, in the order of their ids, and reads them. */
export async function lockCarts(tx: Tx, merchantId: string, ids: string[]): Promise<Map<string, Cart>> {
  await tx.query('select from cart where merchant_id = $1 and id = any ($2) order by id for update', [merchantId, ids])
  return readCarts(tx, merchantId, ids)
}

/** Takes from the carts of some customers who they are. Served by cart_by_customer. */
export async function forgetShoppers(tx: Tx, merchantId: string, customerIds: string[]): Promise<void> {
  await tx.query(
    `update cart set email = null, shipping_address = null
     where customer_id = any ($2) and merchant_id = $1`,
    [merchantId, customerIds],
  )
}

function lineOf(line: CartLine): CartLine {
  const { quantity, override_e4, frozen_e4, frozen_discount, seen_e4 } = line
  return {
    ...line,
    quantity: BigInt(quantity),
    override_e4: bigOrNull(override_e4),
    frozen_e4: bigOrNull(frozen_e4),
    frozen_discount: bigOrNull(frozen_discount),
    seen_e4: bigOrNull(seen_e4),
  }
}

function bigOrNull(text: bigint | null): bigint | null {
  return text === null ? null : BigInt(text)
}

/** Writes every field of a locked cart that can change; the caller has counted the version on. */
export async function updateCart(tx: Tx, merchantId: string, cart: Cart): Promise<void> {
  const { rowCount } = await tx.query(
    `update cart set state = $4, version = $5, channel = $6, channels_seen = $7, store_id = $8, register_id = $9, customer_id = $10,
       email = $11, country = $12, shipping_address = $13, codes = $14,
       secret_hashes = (select coalesce(array_agg(decode(h, 'hex') order by place), '{}') from unnest($15::text[]) with ordinality u (h, place)),
       next_seq = $16, locked_until = $17, parked_name = $18, moved_to = $19, updated_at = $20, expires_at = $21
     where merchant_id = $1 and id = $2 and version = $3`,
    [
      merchantId,
      cart.id,
      cart.version - 1,
      cart.state,
      cart.version,
      cart.channel,
      cart.channels_seen,
      cart.store_id,
      cart.register_id,
      cart.customer_id,
      cart.email,
      cart.country,
      cart.shipping_address,
      cart.codes,
      cart.secret_hashes,
      cart.next_seq,
      cart.locked_until,
      cart.parked_name,
      cart.moved_to,
      cart.updated_at,
      cart.expires_at,
    ],
  )
  // The row is locked, so this is a defect and not a race.
  if (rowCount !== 1) throw new Error(`cart ${cart.id} was not at version ${cart.version - 1}`)
}

/** Writes lines, new ones and changed ones. */
export async function putLines(tx: Tx, merchantId: string, cartId: string, lines: CartLine[]): Promise<void> {
  if (lines.length === 0) return
  await tx.query(
    `insert into cart_line (merchant_id, cart_id, id, seq, variant_id, quantity, mode, mode_store_id, consumption, note, override_e4,
       override_reason, frozen_e4, frozen_discount, seen_e4, seen_short, seen_promotions)
     select $1, $2, l.id, l.seq, l.variant_id, l.quantity, l.mode, l.mode_store_id, l.consumption, l.note, l.override_e4, l.override_reason,
       l.frozen_e4, l.frozen_discount, l.seen_e4, l.seen_short, l.seen_promotions
     from json_populate_recordset(null::cart_line_row, $3) l
     on conflict (merchant_id, cart_id, id) do update set quantity = excluded.quantity, mode = excluded.mode,
       mode_store_id = excluded.mode_store_id, consumption = excluded.consumption, note = excluded.note,
       override_e4 = excluded.override_e4, override_reason = excluded.override_reason, seen_e4 = excluded.seen_e4,
       seen_short = excluded.seen_short, seen_promotions = excluded.seen_promotions`,
    [merchantId, cartId, JSON.stringify(lines.map(lineRow))],
  )
}

/** A line as `cart_line_row` takes it. */
export function lineRow(line: CartLine): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(line).map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value]),
  )
}

export async function deleteLines(tx: Tx, merchantId: string, cartId: string, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  await tx.query('delete from cart_line where merchant_id = $1 and cart_id = $2 and id = any ($3)', [
    merchantId,
    cartId,
    ids,
  ])
}

/**
 * Remembers what was shown of lines, where nothing was remembered yet: a line that was changed meanwhile has not been shown as
 * it is now, and will be by whoever changed it.
 */
export async function markSeen(
  db: Queryable,
  merchantId: string,
  cartId: string,
  seen: ({ id: string } & Seen)[],
): Promise<void> {
  await db.query(
    `update cart_line l set seen_e4 = s.seen_e4, seen_short = s.seen_short, seen_promotions = s.seen_promotions
     from json_populate_recordset(null::cart_line_row, $3) s
     where l.merchant_id = $1 and l.cart_id = $2 and l.id = s.id and l.seen_e4 is null`,
    [merchantId, cartId, JSON.stringify(seen.map((each) => ({ ...each, seen_e4: String(each.seen_e4) })))],
  )
}

// ---- Lists ---------------------------------------------------------------------------------------------------------

/** A cart in a list: what it holds, without prices. */
export interface CartSummary {
  id: string
  state: CartState
  version: number
  currency: string
  channel: Channel
  store_id: string | null
  customer_id: string | null
  parked_name: string | null
  line_count: number
  created_at: Date
  updated_at: Date
  expires_at: Date
}

/** What lies in a person's carts, the newest carts first: for whoever takes everything along. */
export async function goodsInCarts(
  db: Queryable,
  merchantId: string,
  customerIds: string[],
  limit: number,
): Promise<{ cart_id: string; variant_id: string; quantity: bigint; note: string | null }[]> {
  const { rows } = await db.query<{ cart_id: string; variant_id: string; quantity: bigint; note: string | null }>(
    `select l.cart_id, l.variant_id, l.quantity, l.note from cart c join cart_line l on l.merchant_id = c.merchant_id and l.cart_id = c.id
     where c.customer_id = any ($2) and c.merchant_id = $1 order by l.cart_id desc, l.seq limit $3`,
    [merchantId, customerIds, limit],
  )
  return rows
}

export interface CartFilter {
  limit: number
  cursor?: string | undefined
  /** A person's: the profile and all that was merged into it. */
  customer_ids?: string[] | undefined
  /** Parked carts of a store. */
  parked_in?: string | undefined
}

/** Newest first, one more than `limit`. Served by cart_by_customer, cart_parked, or the primary key. */
export async function listCarts(db: Queryable, merchantId: string, filter: CartFilter): Promise<CartSummary[]> {
  const where = ['c.merchant_id = $1', 'c.id < $2']
  const values: unknown[] = [merchantId, filter.cursor ?? 'crt_~', filter.limit + 1]
  if (filter.parked_in !== undefined) {
    values.push(filter.parked_in)
    where.push(`c.store_id = $${values.length}`, `c.state = 'parked'`)
  }
  if (filter.customer_ids !== undefined) {
    values.push(filter.customer_ids)
    where.push(`c.customer_id = any ($${values.length})`)
  }
  const { rows } = await db.query<CartSummary>(
    `select c.id, c.state, c.version, c.currency, c.channel, c.store_id, c.customer_id, c.parked_name, c.created_at, c.updated_at,
       c.expires_at, (select count(*)::int from cart_line l where l.merchant_id = c.merchant_id and l.cart_id = c.id) as line_count
     from cart c where ${where.join(' and ')} order by c.id desc limit $3`,
    values,
  )
  return rows
}

// ---- Whole carts ---------------------------------------------------------------------------------------------------

/** A cart as `cart_create` takes it. Of several secrets only the first; `insertCartIn` writes the others. */
export function cartRow(cart: Cart, eventId: string): Record<string, unknown> {
  return {
    at: cart.created_at.toISOString(),
    cart_id: cart.id,
    event_id: eventId,
    currency: cart.currency,
    channel: cart.channel,
    store_id: cart.store_id,
    register_id: cart.register_id,
    customer_id: cart.customer_id,
    email: cart.email,
    country: cart.country,
    shipping_address: cart.shipping_address,
    codes: cart.codes,
    secret_hash: cart.secret_hashes[0] ?? null,
    quote_id: cart.quote_id,
    expires_at: cart.expires_at.toISOString(),
    lines: cart.lines.map(lineRow),
  }
}

/** Writes a new cart in a transaction that does more than that, with all its secrets. Appends its event. */
export async function insertCartIn(tx: Tx, merchantId: string, cart: Cart, eventId: string): Promise<void> {
  const row = { ...cartRow(cart, eventId), n: 0, merchant_id: merchantId }
  await tx.query('select from cart_create(null, $1)', [JSON.stringify([row])])
  if (cart.secret_hashes.length < 2) return
  await tx.query(
    `update cart set secret_hashes = (select array_agg(decode(h, 'hex')) from unnest($3::text[]) h) where merchant_id = $1 and id = $2`,
    [merchantId, cart.id, cart.secret_hashes],
  )
}

/** Ends carts whose time is over, some of them, of any merchant, and forgets who they were for. Served by cart_expiry. */
export async function expireCarts(tx: Tx, at: Date, limit: number): Promise<(Cart & { merchant_id: string })[]> {
  const { rows } = await tx.query<Cart & { merchant_id: string }>(
    `with due as (
       select merchant_id, id from cart where state in ('open', 'locked', 'parked') and expires_at <= $1
       order by expires_at limit $2 for update skip locked
     )
     update cart c set state = 'expired', version = c.version + 1, updated_at = $1, locked_until = null,
       email = null, shipping_address = null
     from due where c.merchant_id = due.merchant_id and c.id = due.id
     returning c.merchant_id, ${COLUMNS}, ${LINES}`,
    [at, limit],
  )
  return rows
}

// ---- Orders --------------------------------------------------------------------------------------------------------

export type OrderLockOutcome = 'ok' | 'known' | 'version_conflict' | 'closed' | 'not_found'

/** For tests and for callers in the program; order placement calls the SQL function within its own. */
export async function lockForOrder(
  tx: Queryable,
  rows: {
    n: number
    merchant_id: string
    at: Date
    cart_id: string
    version: number
    order_id: string
    event_id: string
  }[],
): Promise<{ n: number; outcome: OrderLockOutcome; order_id: string | null; version: number | null }[]> {
  const answer = await tx.query<{
    n: number
    outcome: OrderLockOutcome
    order_id: string | null
    version: number | null
  }>(
    `select n, outcome, order_id, version from cart_lock_for_order(
      (select array_agg(r) from json_populate_recordset(null::cart_order_row, $1) r)) order by n`,
    [JSON.stringify(rows)],
  )
  return answer.rows
}
