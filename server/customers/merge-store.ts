// The SQL of merges.

import type { Queryable } from '../db/pool.ts'
import type { CustomerFields } from './customer.ts'

export interface MergeRow {
  id: string
  winner_id: string
  loser_id: string
  moved: {
    /** Fields the winner took over. */
    fields: CustomerFields
    /** The winner's groups before. */
    groups: string[]
    /** Ids of what was moved, by part. */
    parts: Record<string, string[]>
  }
  reason: string | null
  merged_at: Date
  undone_at: Date | null
}

const COLUMNS = 'id, winner_id, loser_id, moved, reason, merged_at, undone_at'

export async function insertMerge(db: Queryable, merchantId: string, row: MergeRow): Promise<void> {
  await db.query(`insert into customer_merge (merchant_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8)`, [
    merchantId,
    row.id,
    row.winner_id,
    row.loser_id,
    JSON.stringify(row.moved),
    row.reason,
    row.merged_at,
    row.undone_at,
  ])
}

export async function lockMerge(db: Queryable, merchantId: string, id: string): Promise<MergeRow | null> {
  const { rows } = await db.query<MergeRow>(
    `select ${COLUMNS} from customer_merge where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

export async function closeMerge(db: Queryable, merchantId: string, close: { id: string; at: Date }): Promise<void> {
  await db.query('update customer_merge set undone_at = $3 where merchant_id = $1 and id = $2', [
    merchantId,
    close.id,
    close.at,
  ])
}

/** Newest first. Served by customer_merge_by_winner. */
export async function listMerges(db: Queryable, merchantId: string, winnerId: string): Promise<MergeRow[]> {
  const { rows } = await db.query<MergeRow>(
    `select ${COLUMNS} from customer_merge where winner_id = $2 and merchant_id = $1 order by id desc limit 100`,
    [merchantId, winnerId],
  )
  return rows
}
