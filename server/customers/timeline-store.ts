// The SQL of the customer timeline.

import type { Queryable } from '../db/pool.ts'

export interface MomentRow {
  customer_id: string
  seq: bigint
  type: string
  object_type: string
  object_id: string
  channel: string | null
  store_id: string | null
  order_id: string | null
  data: unknown
  happened_at: Date
}

const COLUMNS = 'customer_id, seq, type, object_type, object_id, channel, store_id, order_id, data, happened_at'

/** Writes a moment for each of these events that names a customer. All in SQL: an event is long, and there are many. */
export async function insertMoments(db: Queryable, merchantId: string, seqs: readonly bigint[]): Promise<void> {
  await db.query('select customer_add_moments($1, $2)', [merchantId, seqs])
}

/** Newest first. One range of the primary key per profile of the person. */
export async function listMoments(
  db: Queryable,
  merchantId: string,
  of: { person: string[]; limit: number; before?: bigint },
): Promise<MomentRow[]> {
  const { rows } = await db.query<MomentRow>(
    `select m.* from unnest($2::text[]) p (customer_id)
     cross join lateral (
       select ${COLUMNS} from customer_moment c
       where c.merchant_id = $1 and c.customer_id = p.customer_id and ($3::bigint is null or c.seq < $3)
       order by c.seq desc limit $4) m
     order by m.seq desc limit $4`,
    [merchantId, of.person, of.before ?? null, of.limit + 1],
  )
  return rows
}
