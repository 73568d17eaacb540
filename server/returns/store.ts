// The SQL of returns and their lines.

import type { Queryable, Tx } from '../db/pool.ts'
import { jsonOf } from '../lib/json.ts'
import type { ReturnLine, ReturnRow } from './return.ts'

const RETURN = `id, order_id, customer_id, state, channel, store_id, currency, reason, note, tracking, shipping_fee,
  shipping_fee_override, amount_goods, amount_tax, amount_delivery, amount_given_before, amount_unpaid, amount_planned, exchange_id, created_by, version, created_at,
  updated_at, settled_at`
const LINE = `no, line_id, variant_id, name, components, unit_amount, requested, restock, quality, damaged, vendor, discard,
  withdrawn, amount, tax`

export async function insertReturn(tx: Tx, merchantId: string, row: ReturnRow): Promise<void> {
  const { lines, ...head } = row
  await tx.query(
    `insert into goods_return (merchant_id, ${RETURN})
     select $1, ${RETURN} from json_populate_record(null::goods_return, $2)`,
    [merchantId, jsonOf(head)],
  )
  await tx.query(
    `insert into goods_return_line (merchant_id, return_id, ${LINE})
     select $1, $2, ${LINE} from json_populate_recordset(null::goods_return_line, $3)`,
    [merchantId, row.id, jsonOf(lines)],
  )
}

/** Writes everything of a return that can change, and its lines. The caller holds its lock. */
export async function updateReturn(tx: Tx, merchantId: string, row: ReturnRow): Promise<void> {
  await tx.query(
    `update goods_return set state = $3, store_id = $4, note = $5, tracking = $6, shipping_fee_override = $7, amount_goods = $8,
       amount_tax = $9, amount_delivery = $10, amount_planned = $11, exchange_id = $12, version = $13, updated_at = $14, settled_at = $15,
       amount_given_before = $16, amount_unpaid = $17
     where merchant_id = $1 and id = $2`,
    [
      merchantId,
      row.id,
      row.state,
      row.store_id,
      row.note,
      row.tracking === null ? null : JSON.stringify(row.tracking),
      row.shipping_fee_override,
      row.amount_goods,
      row.amount_tax,
      row.amount_delivery,
      row.amount_planned,
      row.exchange_id,
      row.version,
      row.updated_at,
      row.settled_at,
      row.amount_given_before,
      row.amount_unpaid,
    ],
  )
  await tx.query(
    `update goods_return_line l set restock = n.restock, quality = n.quality, damaged = n.damaged, vendor = n.vendor,
       discard = n.discard, withdrawn = n.withdrawn, amount = n.amount, tax = n.tax
     from json_populate_recordset(null::goods_return_line, $3) n
     where l.merchant_id = $1 and l.return_id = $2 and l.no = n.no`,
    [merchantId, row.id, jsonOf(row.lines)],
  )
}

/** Locked until the transaction ends: every step of a return comes after the other. */
export async function lockReturn(tx: Tx, merchantId: string, id: string): Promise<ReturnRow | null> {
  const { rows } = await tx.query<ReturnRow>(
    `select ${RETURN} from goods_return where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return (await withLines(tx, merchantId, rows))[0] ?? null
}

export async function readReturn(db: Queryable, merchantId: string, id: string): Promise<ReturnRow | null> {
  const { rows } = await db.query<ReturnRow>(`select ${RETURN} from goods_return where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return (await withLines(db, merchantId, rows))[0] ?? null
}

export interface ReturnFilter {
  order_id?: string
  customer_id?: string
  store_id?: string
  state?: string
}

/** Newest first, one more than `limit`. */
export async function listReturns(
  db: Queryable,
  merchantId: string,
  filter: ReturnFilter,
  page: { limit: number; cursor?: string },
): Promise<ReturnRow[]> {
  const values: unknown[] = [merchantId, page.limit + 1]
  const where = ['merchant_id = $1']
  for (const column of ['order_id', 'customer_id', 'store_id', 'state'] as const) {
    const value = filter[column]
    if (value !== undefined) where.push(`${column} = $${values.push(value)}`)
  }
  if (page.cursor !== undefined) where.push(`id < $${values.push(page.cursor)}`)
  const { rows } = await db.query<ReturnRow>(
    `select ${RETURN} from goods_return where ${where.join(' and ')} order by id desc limit $2`,
    values,
  )
  return withLines(db, merchantId, rows)
}

/** A person's, by any of their profiles: newest first, one more than `limit`. */
export async function listReturnsOf(
  db: Queryable,
  merchantId: string,
  customerIds: readonly string[],
  page: { limit: number; cursor?: string },
): Promise<ReturnRow[]> {
  const { rows } = await db.query<ReturnRow>(
    `select ${RETURN} from goods_return
     where merchant_id = $1 and customer_id = any ($2) and ($3::text is null or id < $3) order by id desc limit $4`,
    [merchantId, customerIds, page.cursor ?? null, page.limit + 1],
  )
  return withLines(db, merchantId, rows)
}

async function withLines(db: Queryable, merchantId: string, rows: ReturnRow[]): Promise<ReturnRow[]> {
  const { rows: lines } = await db.query<ReturnLine & { return_id: string }>(
    `select return_id, ${LINE} from goods_return_line where merchant_id = $1 and return_id = any ($2) order by return_id, no`,
    [merchantId, rows.map(({ id }) => id)],
  )
  return rows.map((row) => ({
    ...row,
    lines: lines
      .filter(({ return_id }) => return_id === row.id)
      .map(({ return_id: _, ...line }) => ({
        ...line,
        // JSON has no bigint.
        components: line.components.map((one) => ({ ...one, quantity: BigInt(one.quantity) })),
      })),
  }))
}

/** What was given back of the delivery of an order so far, by whichever return. */
export async function deliveryGivenBack(tx: Tx, merchantId: string, orderId: string): Promise<bigint> {
  const { rows } = await tx.query<{ sum: bigint }>(
    `select coalesce(sum(amount_delivery), 0)::bigint as sum from goods_return where order_id = $2 and merchant_id = $1`,
    [merchantId, orderId],
  )
  return rows[0]?.sum ?? 0n
}

/** The orders that a card has paid, latest first. Served by the primary key. */
export async function ordersOfCard(db: Queryable, merchantId: string, alias: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ order_id: string }>(
    `select order_id from order_card where merchant_id = $1 and alias = $2 order by paid_at desc, order_id desc limit $3`,
    [merchantId, alias, limit],
  )
  return rows.map(({ order_id }) => order_id)
}

/** Notes which orders the cards of some payments have paid. */
export async function learnCards(tx: Tx, merchantId: string, paymentIds: string[], at: Date): Promise<void> {
  await tx.query('select order_cards_learn($1, $2, $3)', [merchantId, paymentIds, at])
}
