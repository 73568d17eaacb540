// The SQL that reads the event log, and adds our own events to it. The log itself is written by `event_append`, in the
// transaction of the change.

import type { Queryable, Tx } from '../db/pool.ts'
import type { EventRow } from './event.ts'

const COLUMNS = 'seq, id, type, object_type, object_id, object_version, data, created_at'

/** An event to append; `seq` and the time come with the append. */
export type NewEvent = Omit<EventRow, 'seq' | 'created_at'>

/** Appends events in the transaction of the change, with its commit: they take the merchant's counter, which all changes want. */
export async function appendEvents(tx: Tx, merchantId: string, at: Date, events: NewEvent[]): Promise<void> {
  tx.atCommit('event_append', [merchantId, at.toISOString(), JSON.stringify(events)])
}

/** As `appendEvents`, but here and now: whoever calls it holds the merchant's counter, and knows the log's end, until the commit. */
export async function appendEventsNow(tx: Tx, merchantId: string, at: Date, events: NewEvent[]): Promise<void> {
  await tx.query('select event_append($1, $2, $3)', [merchantId, at, JSON.stringify(events)])
}

export interface EventQuery {
  /** Only events with a higher sequence. */
  after: bigint
  /** An exact type, a family (`payment.*`), or null for all. */
  type: string | null
  object_id: string | null
  limit: number
}

/** Events in the order of their sequence. Served by the primary key, or event_by_object when an object is named. */
export async function listEvents(db: Queryable, merchantId: string, query: EventQuery): Promise<EventRow[]> {
  const family = query.type?.endsWith('.*') ? query.type.slice(0, -1) : null
  const answer = await db.query<EventRow>(
    `select ${COLUMNS} from event
     where merchant_id = $1 and seq > $2
       and ($3::text is null or type = $3) and ($4::text is null or starts_with(type, $4)) and ($5::text is null or object_id = $5)
     order by seq limit $6`,
    [merchantId, query.after, family === null ? query.type : null, family, query.object_id, query.limit],
  )
  return answer.rows
}

/** A change of the catalogue, as the feed to tills follows it. */
export interface CatalogueEvent {
  seq: bigint
  object_type: string
  object_id: string
  /** Of prices of a list: whose they are. */
  variant_ids: string[] | null
}

/** Changes of articles and prices, in order. Served by event_of_catalogue alone, whose condition is written here as it stands there. */
export async function catalogueEvents(
  db: Queryable,
  merchantId: string,
  { after, limit }: { after: bigint; limit: number },
): Promise<CatalogueEvent[]> {
  const { rows } = await db.query<CatalogueEvent>(
    `select seq, object_type, object_id, data -> 'variant_ids' as variant_ids from event
     where merchant_id = $1 and seq > $2
       and type in ('product.created', 'product.updated', 'variant.created', 'variant.updated', 'price_list.prices_changed')
     order by seq limit $3`,
    [merchantId, after, limit],
  )
  return rows
}

/** Takes from events about some objects what says who a person was. Nothing else of an event can change. */
export async function forgetInEvents(tx: Tx, merchantId: string, objectIds: readonly string[]): Promise<void> {
  await tx.query('select event_forget($1, $2)', [merchantId, objectIds])
}

export async function findEvent(db: Queryable, merchantId: string, id: string): Promise<EventRow | undefined> {
  const answer = await db.query<EventRow>(`select ${COLUMNS} from event where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return answer.rows[0]
}

/** The highest sequence so far, 0 for a merchant without events. */
export async function lastSequence(db: Queryable, merchantId: string): Promise<bigint> {
  const answer = await db.query<{ last: bigint }>(
    'select coalesce(max(seq), 0) as last from event where merchant_id = $1',
    [merchantId],
  )
  return answer.rows[0]?.last ?? 0n
}
