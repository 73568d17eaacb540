// The SQL of consumers of the event log: who is behind, the cursor, and the events after it.

import type { Queryable, Tx } from '../db/pool.ts'
import type { EventRow } from './event.ts'

/** Merchants with events this consumer has not read. Reads one counter row per merchant. */
export async function merchantsBehind(db: Queryable, consumer: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ merchant_id: string }>(
    `select c.merchant_id from event_counter c
     left join event_cursor k on k.merchant_id = c.merchant_id and k.consumer = $1
     where c.last_seq > coalesce(k.seq, 0) order by c.last_seq - coalesce(k.seq, 0) desc, c.merchant_id limit $2`,
    [consumer, limit],
  )
  return rows.map((row) => row.merchant_id)
}

/** Locks the cursor and answers where it stands; null when another holds it and `wait` is false. */
export async function lockCursor(
  tx: Tx,
  of: { merchantId: string; consumer: string; wait: boolean },
): Promise<bigint | null> {
  const lock = async () => {
    const { rows } = await tx.query<{ seq: bigint }>(
      `select seq from event_cursor where merchant_id = $1 and consumer = $2 for update ${of.wait ? '' : 'skip locked'}`,
      [of.merchantId, of.consumer],
    )
    return rows[0]?.seq ?? null
  }
  const cursor = await lock()
  if (cursor !== null) return cursor
  // Not there yet, or held by another: the insert changes nothing then.
  await tx.query(
    'insert into event_cursor (merchant_id, consumer, seq) values ($1, $2, 0) on conflict (merchant_id, consumer) do nothing',
    [of.merchantId, of.consumer],
  )
  return lock()
}

export async function advanceCursor(tx: Tx, to: { merchantId: string; consumer: string; seq: bigint }): Promise<void> {
  await tx.query('update event_cursor set seq = $3 where merchant_id = $1 and consumer = $2', [
    to.merchantId,
    to.consumer,
    to.seq,
  ])
}

/** Events of some families with `after < seq <= until`, in their order. Served by the primary key. */
export async function listEventsBetween(
  db: Queryable,
  merchantId: string,
  range: { after: bigint; until: bigint; families: readonly string[] },
): Promise<EventRow[]> {
  const { rows } = await db.query<EventRow>(
    `select seq, id, type, object_type, object_id, object_version, data, created_at from event
     where merchant_id = $1 and seq > $2 and seq <= $3
       and exists (select from unnest($4::text[]) f (family) where starts_with(type, f.family))
     order by seq`,
    [merchantId, range.after, range.until, range.families],
  )
  return rows
}

/** Lets this transaction's commit be lost in a crash. Only for what the log can tell again. */
export async function doNotWaitForDisk(tx: Tx): Promise<void> {
  await tx.query(`select set_config('synchronous_commit', 'off', true)`)
}
