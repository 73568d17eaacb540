// The SQL of what customers looked at.

import type { Queryable } from '../db/pool.ts'

export interface ViewRow {
  id: string
  customer_id: string
  kind: string
  product_id: string | null
  variant_id: string | null
  query: string | null
  channel: string
  seen_at: Date
}

const COLUMNS = 'id, customer_id, kind, product_id, variant_id, query, channel, seen_at'

export async function insertViews(db: Queryable, merchantId: string, rows: ViewRow[]): Promise<void> {
  await db.query(
    `insert into customer_view (merchant_id, ${COLUMNS})
     select $1, ${COLUMNS} from json_populate_recordset(null::customer_view, $2)`,
    [merchantId, JSON.stringify(rows)],
  )
}

/** Newest first, not older than `since`, before `cursor`; one more than `limit`. Served by the primary key. */
export async function listViews(
  db: Queryable,
  merchantId: string,
  of: { customerIds: string[]; since: Date; limit: number; cursor?: string },
): Promise<ViewRow[]> {
  const { rows } = await db.query<ViewRow>(
    `select ${COLUMNS} from customer_view
     where merchant_id = $1 and customer_id = any ($2) and seen_at > $3 and ($4::text is null or id < $4)
     order by id desc limit $5`,
    [merchantId, of.customerIds, of.since, of.cursor ?? null, of.limit + 1],
  )
  return rows
}

export async function forgetViews(db: Queryable, merchantId: string, customerIds: string[]): Promise<void> {
  await db.query('delete from customer_view where merchant_id = $1 and customer_id = any ($2)', [
    merchantId,
    customerIds,
  ])
}

/** Deletes up to `limit` that are older than `before`, of any merchant; answers how many. Served by customer_view_by_age. */
export async function deleteViewsBefore(db: Queryable, before: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from customer_view v using (
       select merchant_id, customer_id, id from customer_view where seen_at < $1 order by seen_at limit $2) o
     where v.merchant_id = o.merchant_id and v.customer_id = o.customer_id and v.id = o.id`,
    [before, limit],
  )
  return rowCount ?? 0
}
