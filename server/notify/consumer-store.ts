// The SQL of consumers of the event log: who is behind, the cursor, and the events after it.

import type { Queryable, Tx } from '../db/pool.ts'
import type { EventRow } from './event.ts'

/** Merchants with events this consumer has not read, and how many. Reads one counter row per merchant. */
export async function merchantsBehind(
  db: Queryable,
  consumer: string,
  limit: number,
): Promise<{ merchantId: string; by: bigint }[]> {
  const { rows } = await db.query<{ merchantId: string; by: bigint }>(
    `select c.merchant_id as "merchantId", c.last_seq - coalesce(k.seq, 0) as by from event_counter c
     left join event_cursor k on k.merchant_id = c.merchant_id and k.consumer = $1
     where c.last_seq > coalesce(k.seq, 0) order by c.last_seq - coalesce(k.seq, 0) desc, c.merchant_id limit $2`,
    [consumer, limit],
  )
  return rows
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

/** A stretch of the log that the cursor was moved over, and the events in it that the consumer is to handle. */
export interface Window {
  from: bigint
  to: bigint
  events: FollowedEvent[]
}

/** What a consumer reads of the log. */
export interface Reading {
  consumer: string
  families: readonly string[]
  /** Types of these families that it passes over. */
  but: readonly string[]
  size: bigint
  withData: boolean
}

/** Takes the cursor and moves it over the next `size` events (event_stretch, 0057); null when another holds it and `wait` is false. */
export async function moveWindow(
  tx: Tx,
  merchantId: string,
  of: Reading & { wait: boolean; isRebuildable: boolean },
): Promise<Window | null> {
  const { rows } = await tx.query<Partial<Event> & { moved_from: bigint; moved_to: bigint }>(
    'select * from event_stretch($1, $2, $3, $4, $5, $6, $7, $8)',
    [merchantId, of.consumer, of.families, of.but, of.size, of.wait, of.withData, of.isRebuildable],
  )
  const [first, ...events] = rows
  if (!first) return null
  return { from: first.moved_from, to: first.moved_to, events: events.map((event) => followed(event as Event)) }
}

/**
 * Takes the cursors of some merchants that nobody holds, and what each is to handle of its next `size` events (event_stretches, 0057), in
 * the order of their ids. It moves nothing: see moveCursors.
 */
export async function takeWindows(tx: Tx, merchantIds: readonly string[], of: Reading): Promise<Map<string, Window>> {
  const { rows } = await tx.query<
    { merchant_id: string; moved_from: bigint; moved_to: bigint } & (Event | { seq: null })
  >('select * from event_stretches($1, $2, $3, $4, $5, $6)', [
    of.consumer,
    of.families,
    of.but,
    merchantIds,
    of.size,
    of.withData,
  ])
  const windows = new Map<string, Window>()
  for (const row of rows) {
    const { merchant_id, moved_from, moved_to } = row
    const window = windows.get(merchant_id) ?? { from: moved_from, to: moved_to, events: [] }
    windows.set(merchant_id, window)
    if (row.seq !== null) window.events.push(followed(row))
  }
  return windows
}

/** An event as event_stretch reads it: what most of them do not need is not made of it there. */
type Event = Omit<FollowedEvent, 'seq' | 'created_at' | 'subject'> & {
  seq: string
  created_ms: number
  /** Null for its own object. */
  subject: string | null
}

function followed(event: Event): FollowedEvent {
  const { seq, id, type, object_type, object_id, object_version, data, created_ms, subject, must_wait } = event
  return {
    seq: BigInt(seq),
    id,
    type,
    object_type,
    object_id,
    object_version,
    data,
    created_at: new Date(created_ms),
    subject: subject ?? object_id,
    must_wait,
  }
}

/** Moves the cursors that `takeWindows` took. `isLasting` false: it need not wait for the disk, the log tells it again after a crash. */
export async function moveCursors(
  tx: Tx,
  consumer: string,
  to: ReadonlyMap<string, bigint>,
  isLasting: boolean,
): Promise<void> {
  await tx.query(
    `select event_cursors_move($1, $2, $3)${isLasting ? '' : ", set_config('synchronous_commit', 'off', true)"}`,
    [consumer, [...to.keys()], [...to.values()]],
  )
}
