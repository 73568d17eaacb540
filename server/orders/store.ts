// The SQL of orders and their lines. Each statement says which index serves it where that is not the primary key.

import { scopedKey } from '../db/load-many.ts'
import type { Queryable, Tx } from '../db/pool.ts'
import { jsonOf } from '../lib/json.ts'
import { Problem } from '../lib/problem.ts'
import type { OrderDue } from '../payments/index.ts'
import type { Sums } from './figures.ts'
import type { GroupLine, Order, OrderGroup, OrderLine, OrderState } from './order.ts'

const ORDER = `id, number, cart_id, state, cancel_reason, charge, channel, store_id, register_id, country, currency,
  prices_include_tax, tax_rounding, customer_id, customer_attached_at, email, reference, shipping_address, billing_address, metadata, token_id,
  instrument_id, list, discount, net, tax, total, payment_id, amount_held, amount_captured, amount_refunded, amount_in_flight,
  amount_to_refund, expires_at, revision, version, placed_at, confirmed_at, fulfilled_at, ended_at, updated_at`

const LINE = `order_id, id, seq, variant_id, product_id, sku, name, kind, unit, is_returnable, categories, components,
  unit_price_e4, tax_code, tax_rate_bp, adjustments, list, discount, net, tax, total, metadata, quantity, cancelled, fulfilled,
  return_requested, returned`

/** An order of this merchant, or null. */
export async function readOrder(db: Queryable, merchantId: string, id: string): Promise<Order | null> {
  const { rows } = await db.query<Order>(`select ${ORDER} from sales_order where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

/** The same, locked until the transaction ends: whoever changes the order waits. */
export async function lockOrder(tx: Tx, merchantId: string, id: string): Promise<Order | null> {
  const { rows } = await tx.query<Order>(
    `select ${ORDER} from sales_order where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Several, locked in the order of their ids, in which everybody locks them. Unknown ones are left out. */
export async function lockOrders(tx: Tx, merchantId: string, ids: string[]): Promise<Order[]> {
  const { rows } = await tx.query<Order>(
    `select ${ORDER} from sales_order where merchant_id = $1 and id = any ($2) order by id for update`,
    [merchantId, ids],
  )
  return rows
}

/** Several orders by id. Unknown ones are absent. */
export async function readOrders(db: Queryable, merchantId: string, ids: string[]): Promise<Map<string, Order>> {
  const { rows } = await db.query<Order>(`select ${ORDER} from sales_order where merchant_id = $1 and id = any ($2)`, [
    merchantId,
    ids,
  ])
  return new Map(rows.map((row) => [row.id, row]))
}

/** As `readOrders`, of those with an e-mail address. */
export async function readOrdersWithEmail(
  db: Queryable,
  merchantId: string,
  ids: string[],
): Promise<Map<string, Order>> {
  const { rows } = await db.query<Order>(
    `select ${ORDER} from sales_order where merchant_id = $1 and id = any ($2) and email is not null`,
    [merchantId, ids],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/** Those of some orders with a gift card in them, in the order of their ids. */
export async function ordersWithCards(db: Queryable, merchantId: string, ids: string[]): Promise<string[]> {
  const { rows } = await db.query<{ order_id: string }>(
    `select distinct order_id from order_line
     where merchant_id = $1 and order_id = any ($2) and kind = 'gift_card' order by order_id`,
    [merchantId, ids],
  )
  return rows.map(({ order_id }) => order_id)
}

/** The lines of some orders, by order and in their sequence. */
export async function readOrderLines(
  db: Queryable,
  merchantId: string,
  orderIds: string | string[],
): Promise<OrderLine[]> {
  const { rows } = await db.query<OrderLine>(
    `select ${LINE} from order_line where merchant_id = $1 and order_id = any ($2) order by order_id, seq`,
    [merchantId, [orderIds].flat()],
  )
  return rows.map((row) => ({
    ...row,
    // JSON has no bigint.
    components: row.components.map((part) => ({ ...part, quantity: BigInt(part.quantity) })),
    adjustments: row.adjustments.map((part) => ({ ...part, amount: BigInt(part.amount) })),
  }))
}

/** What is to be handed over together, by order and number. */
export async function readOrderGroups(
  db: Queryable,
  merchantId: string,
  orderIds: string | string[],
): Promise<OrderGroup[]> {
  const { rows } = await db.query<OrderGroup>(
    `select order_id, no, mode, store_id, destination, lines, score from order_group
     where merchant_id = $1 and order_id = any ($2) order by order_id, no`,
    [merchantId, [orderIds].flat()],
  )
  return rows.map((row) => ({ ...row, lines: row.lines.map(groupLine) }))
}

function groupLine(line: GroupLine): GroupLine {
  const { line_id, unit_from, quantity, total, tax } = line
  return {
    line_id,
    unit_from: BigInt(unit_from),
    quantity: BigInt(quantity),
    total: BigInt(total),
    tax: BigInt(tax),
  }
}

/** Writes what an order costs now that its lines have changed. */
export async function writeRevision(tx: Tx, merchantId: string, id: string, sums: Sums, at: Date): Promise<void> {
  await tx.query(
    `update sales_order set list = $3, discount = $4, net = $5, tax = $6, total = $7, revision = revision + 1,
       updated_at = $8 where merchant_id = $1 and id = $2`,
    [merchantId, id, sums.list, sums.discount, sums.net, sums.tax, sums.total, at],
  )
}

/** Writes that less is owed for an order although its lines are the same. */
export async function writeUnpaid(tx: Tx, merchantId: string, id: string, toRefund: bigint, at: Date): Promise<void> {
  await tx.query(
    `update sales_order set amount_to_refund = $3, revision = revision + 1, updated_at = $4
     where merchant_id = $1 and id = $2`,
    [merchantId, id, toRefund, at],
  )
}

/** Units of a line. */
export interface LineQuantity {
  order_id: string
  line_id: string
  quantity: bigint
}

/**
 * Counts units as handed over, for orders that are confirmed; negative takes it back. All or none; locks the orders. Throws
 * not-found, invalid-state, quantity-exceeds-available (beyond what is open), after which the transaction is lost.
 */
export async function fulfilLines(tx: Tx, merchantId: string, lines: LineQuantity[], at: Date): Promise<void> {
  await count(tx, 'order_fulfil_lines', merchantId, lines, at)
}

/** Counts units as cancelled; as `fulfilLines`. The sums of the order are the caller's to write (cancel.ts does). */
export async function countCancelled(tx: Tx, merchantId: string, lines: LineQuantity[], at: Date): Promise<void> {
  await count(tx, 'order_cancel_lines', merchantId, lines, at)
}

/** What is added to a line's counters of returns: asked for, and come back. Receiving two requested units is −2 and 2. */
export interface LineReturn {
  order_id: string
  line_id: string
  requested: bigint
  returned: bigint
}

/** Counts units as asked to return or as returned, for orders confirmed or closed; never beyond what was handed over. As `fulfilLines`. */
export async function returnLines(tx: Tx, merchantId: string, lines: LineReturn[], at: Date): Promise<void> {
  await count(tx, 'order_return_lines', merchantId, lines, at)
}

const REFUSALS = {
  not_found: 'not-found',
  invalid_state: 'invalid-state',
  exceeds_available: 'quantity-exceeds-available',
} as const

async function count(tx: Tx, fn: string, merchantId: string, rows: object[], at: Date): Promise<void> {
  try {
    await tx.query(`select ${fn}($1, $2, $3)`, [merchantId, jsonOf(rows), at])
  } catch (error) {
    const { code, message } = error as { code?: string; message: keyof typeof REFUSALS }
    if (code === 'OT001' && message in REFUSALS) throw new Problem(REFUSALS[message])
    throw error
  }
}

/** What a list of orders may be asked for. */
export interface OrderFilter {
  state?: OrderState
  /** A person's: the profile and all that was merged into it. */
  customer_ids?: string[]
  number?: bigint
  email?: string
  channel?: string
  store_id?: string
  cart_id?: string
  /** The caller's own number for it. */
  reference?: string
  created_from?: string
  created_to?: string
  /** Beginnings of the name on the parcel or of the address, or a telephone number. */
  words?: string
}

/** More orders under such a name than anybody looks through: then more of the name must be said. */
const MOST_FOUND = 2_000
/** Served by sales_order_by_words, for itself: beside an order by id the planner would rather read every order there is. */
const BY_WORDS = `id = any (array(select id from sales_order where merchant_id = $1
  and (email is not null or shipping_address is not null)
  and person_words(merchant_id, shipping_address ->> 'name', email, shipping_address ->> 'phone') @@ person_query($1, ?)
  limit ${MOST_FOUND}))`

/** Orders, newest first, one more than `limit`. Served by the index of what is asked for most narrowly. */
export async function listOrders(
  db: Queryable,
  merchantId: string,
  filter: OrderFilter,
  page: { limit: number; cursor?: string },
): Promise<Order[]> {
  const wheres = ['merchant_id = $1']
  const values: unknown[] = [merchantId]
  const add = (sql: string, value: unknown) => {
    if (value === undefined) return
    values.push(value)
    wheres.push(sql.replace('?', `$${values.length}`))
  }
  add('state = ?', filter.state)
  add('customer_id = any (?)', filter.customer_ids)
  add('number = ?', filter.number)
  add('lower(email) = lower(?)', filter.email)
  add('channel = ?', filter.channel)
  add('store_id = ?', filter.store_id)
  add('cart_id = ?', filter.cart_id)
  add('reference = ?', filter.reference)
  add('placed_at >= ?', filter.created_from)
  add('placed_at < ?', filter.created_to)
  add(BY_WORDS, filter.words)
  add('id < ?', page.cursor)
  values.push(page.limit + 1)
  const { rows } = await db.query<Order>(
    `select ${ORDER} from sales_order where ${wheres.join(' and ')} order by id desc limit $${values.length}`,
    values,
  )
  return rows
}

/** What the payments of orders may take, before what they have taken: that only payments know at this moment. */
export async function readDues(
  db: Queryable,
  merchantIds: readonly string[],
  ids: readonly string[],
): Promise<Map<string, OrderDue>> {
  const { rows } = await db.query<OrderDue & { merchant_id: string; id: string }>(
    `select o.merchant_id, o.id, o.currency, case when o.state = 'placed' then o.total else o.total + o.amount_to_refund end as "limit",
       o.state <> 'placed' as "isConfirmed", o.revision, o.state in ('placed', 'confirmed') and o.total > 0 as "isPayable",
       o.customer_id as "customerId"
     from unnest($1::text[], $2::text[]) k (merchant_id, id)
     join sales_order o on o.merchant_id = k.merchant_id and o.id = k.id`,
    [merchantIds, ids],
  )
  return new Map(rows.map(({ merchant_id, id, ...due }) => [scopedKey(merchant_id, id), due]))
}

/** The order with that number, or null. Served by sales_order_by_number. */
export async function readOrderByNumber(db: Queryable, merchantId: string, number: bigint): Promise<Order | null> {
  const { rows } = await db.query<Order>(`select ${ORDER} from sales_order where number = $2 and merchant_id = $1`, [
    merchantId,
    number,
  ])
  return rows[0] ?? null
}

/**
 * Takes from all orders of some customers who they were and where they live; what was bought and paid stays. Answers the orders.
 * Served by sales_order_by_customer.
 */
export async function forgetBuyers(tx: Tx, merchantId: string, customerIds: string[]): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `update sales_order set email = null, shipping_address = null, billing_address = null
     where customer_id = any ($2) and merchant_id = $1 returning id`,
    [merchantId, customerIds],
  )
  const ids = rows.map(({ id }) => id)
  await tx.query(
    `update order_group set destination = destination - 'address' where merchant_id = $1 and order_id = any ($2)
       and destination ? 'address'`,
    [merchantId, ids],
  )
  return ids
}

/** The latest orders of a customer or an e-mail address. */
export function readOrdersOf(
  db: Queryable,
  merchantId: string,
  of: Pick<OrderFilter, 'customer_ids' | 'email'>,
  limit: number,
): Promise<Order[]> {
  return listOrders(db, merchantId, of, { limit: limit - 1 })
}

/** The end of an order: cancelled for a reason, or closed. */
export async function endOrders(
  tx: Tx,
  merchantId: string,
  ids: string[],
  end: { state: 'cancelled' | 'closed'; reason: string | null; at: Date },
): Promise<void> {
  await tx.query(
    `update sales_order set state = $3, cancel_reason = $4, ended_at = $5, updated_at = $5, expires_at = null
     where merchant_id = $1 and id = any ($2)`,
    [merchantId, ids, end.state, end.reason, end.at],
  )
}

/** Merchants that ever had an order, from `after` on in the order of their ids. */
export async function merchantsWithOrders(db: Queryable, after: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ merchant_id: string }>(
    'select merchant_id from order_counter where merchant_id > $1 order by merchant_id limit $2',
    [after, limit],
  )
  return rows.map((row) => row.merchant_id)
}

/**
 * Locks confirmed orders that may be done with, oldest first; those another process is at are left to it. Served by
 * sales_order_to_close.
 */
export async function lockClosable(
  tx: Tx,
  merchantId: string,
  due: { now: Date; confirmedBefore: Date; limit: number },
): Promise<Order[]> {
  const { rows } = await tx.query<Order>(
    `select ${ORDER} from sales_order
     where merchant_id = $1 and state = 'confirmed' and confirmed_at <= $2 and (close_again_at is null or close_again_at <= $3)
     order by confirmed_at limit $4 for update skip locked`,
    [merchantId, due.confirmedBefore, due.now, due.limit],
  )
  return rows
}

/** Orders that are not done with are looked at again then. */
export async function closeLater(
  tx: Tx,
  merchantId: string,
  orders: readonly { id: string; at: Date }[],
): Promise<void> {
  if (orders.length === 0) return
  await tx.query(
    `update sales_order o set close_again_at = n.at from unnest($2::text[], $3::timestamptz[]) n (id, at)
     where o.merchant_id = $1 and o.id = n.id`,
    [merchantId, orders.map(({ id }) => id), orders.map(({ at }) => at)],
  )
}

/** Merchants with orders that are past their time, a few. Served by sales_order_by_expiry. */
export async function merchantsWithExpired(db: Queryable, now: Date, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ merchant_id: string }>(
    `select distinct merchant_id from (select merchant_id from sales_order where expires_at <= $1 order by expires_at limit $2) o`,
    [now, limit],
  )
  return rows.map((row) => row.merchant_id)
}

/** Locks orders of a merchant that are past their time, oldest first; those another process is at are left to it. */
export async function lockExpired(tx: Tx, merchantId: string, now: Date, limit: number): Promise<Order[]> {
  const { rows } = await tx.query<Order>(
    `select ${ORDER} from sales_order where merchant_id = $1 and expires_at <= $2 order by expires_at limit $3 for update skip locked`,
    [merchantId, now, limit],
  )
  return rows
}

/** Looks at these again later. */
export async function postponeExpiry(tx: Tx, merchantId: string, ids: string[], until: Date): Promise<void> {
  await tx.query('update sales_order set expires_at = $3 where merchant_id = $1 and id = any ($2)', [
    merchantId,
    ids,
    until,
  ])
}

/** Confirms an order that is charged on collection, with the card that was kept for it. */
export async function confirmWithCard(
  tx: Tx,
  merchantId: string,
  id: string,
  card: { instrumentId: string; at: Date },
): Promise<void> {
  await tx.query(
    `update sales_order set state = 'confirmed', instrument_id = $3, token_id = null, confirmed_at = $4, updated_at = $4,
       expires_at = null where merchant_id = $1 and id = $2`,
    [merchantId, id, card.instrumentId, card.at],
  )
}

/** Writes lines that came by a change. */
export async function insertLines(tx: Tx, merchantId: string, lines: readonly OrderLine[]): Promise<void> {
  await tx.query(
    `insert into order_line (merchant_id, ${LINE})
     select $1, ${LINE} from json_populate_recordset(null::order_line, $2)`,
    [merchantId, jsonOf(lines)],
  )
}

/** Writes further groups of an order, numbered on from those it has. The caller holds the order's lock. */
export async function insertGroups(
  tx: Tx,
  merchantId: string,
  orderId: string,
  groups: readonly Omit<OrderGroup, 'order_id' | 'no'>[],
  at: Date,
): Promise<void> {
  await tx.query(
    `insert into order_group (merchant_id, order_id, no, mode, store_id, destination, lines, score, created_at)
     select $1, $2, (select coalesce(max(no), 0) from order_group where merchant_id = $1 and order_id = $2) + g.i, g.mode, g.store_id,
       g.destination, g.lines, g.score, $4
     from json_to_recordset($3) g (i int, mode text, store_id text, destination jsonb, lines jsonb, score jsonb)`,
    [merchantId, orderId, jsonOf(groups.map((group, i) => ({ ...group, i: i + 1 }))), at],
  )
}
