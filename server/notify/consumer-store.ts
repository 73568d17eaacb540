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

/** Whether a merchant has events this consumer has not read. Served by the primary keys. */
export async function isBehind(db: Queryable, consumer: string, merchantId: string): Promise<boolean> {
  const { rows } = await db.query<{ is_behind: boolean }>(
    `select c.last_seq > coalesce(k.seq, 0) as is_behind from event_counter c
     left join event_cursor k on k.merchant_id = c.merchant_id and k.consumer = $1 where c.merchant_id = $2`,
    [consumer, merchantId],
  )
  return rows[0]?.is_behind ?? false
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

/** An event as a consumer looks at it. */
export interface FollowedEvent extends EventRow {
  /** What it tells of: the order it names, or its own object. Events of one subject are handled in their order. */
  subject: string
  /** An earlier event of its subject is set aside by this consumer. */
  must_wait: boolean
}

/**
 * Events of some families with `after < seq <= until`, in their order. Served by the primary key. Called under the cursor's lock,
 * which is what keeps `must_wait` true.
 */
export async function listEventsBetween(
  db: Queryable,
  merchantId: string,
  range: { consumer: string; after: bigint; until: bigint; families: readonly string[] },
): Promise<FollowedEvent[]> {
  const { rows } = await db.query<FollowedEvent>(
    `select e.seq, e.id, e.type, e.object_type, e.object_id, e.object_version, e.data, e.created_at, s.subject,
       exists (select from event_set_aside a
         where a.merchant_id = $1 and a.consumer = $5 and a.subject = s.subject) as must_wait
     from event e cross join lateral (select coalesce(e.data ->> 'order_id', e.object_id) as subject) s
     where e.merchant_id = $1 and e.seq > $2 and e.seq <= $3
       and exists (select from unnest($4::text[]) f (family) where starts_with(e.type, f.family))
     order by e.seq`,
    [merchantId, range.after, range.until, range.families, range.consumer],
  )
  return rows
}

/** Lets this transaction's commit be lost in a crash. Only for what the log can tell again. */
export async function doNotWaitForDisk(tx: Tx): Promise<void> {
  await tx.query(`select set_config('synchronous_commit', 'off', true)`)
}
