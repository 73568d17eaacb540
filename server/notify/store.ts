// The SQL of endpoints and deliveries. Locks are taken in one order everywhere: endpoint, delivery, then the event counter.
// Claims stay within one merchant, because a distributed database refuses SKIP LOCKED across merchants.

import type { Queryable, Tx } from '../db/pool.ts'
import type { DeliveryRow, DeliveryState } from './delivery.ts'
import type { EndpointRow } from './endpoint.ts'
import type { EventRow } from './event.ts'

/** The columns of an event as receivers see it. */
const EVENT_COLUMNS = 'e.seq, e.id, e.type, e.object_type, e.object_id, e.object_version, e.data, e.created_at'

export async function insertEndpoint(tx: Tx, row: EndpointRow): Promise<void> {
  await tx.query(
    `insert into webhook_endpoint (merchant_id, id, url, description, event_types, is_enabled, disabled_reason, sealed_secret,
       next_seq, consecutive_failures, version, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11)`,
    [
      row.merchant_id,
      row.id,
      row.url,
      row.description,
      row.event_types,
      row.is_enabled,
      row.disabled_reason,
      row.sealed_secret,
      row.next_seq,
      row.version,
      row.created_at,
    ],
  )
}

export async function countEndpoints(db: Queryable, merchantId: string): Promise<number> {
  const answer = await db.query<{ count: number }>(
    'select count(*)::int as count from webhook_endpoint where merchant_id = $1',
    [merchantId],
  )
  return answer.rows[0]?.count ?? 0
}

export async function findEndpoint(db: Queryable, merchantId: string, id: string): Promise<EndpointRow | undefined> {
  const answer = await db.query<EndpointRow>('select * from webhook_endpoint where merchant_id = $1 and id = $2', [
    merchantId,
    id,
  ])
  return answer.rows[0]
}

/** Reads an endpoint and keeps other writers from it until the transaction ends. */
export async function lockEndpoint(tx: Tx, merchantId: string, id: string): Promise<EndpointRow | undefined> {
  const answer = await tx.query<EndpointRow>(
    'select * from webhook_endpoint where merchant_id = $1 and id = $2 for no key update',
    [merchantId, id],
  )
  return answer.rows[0]
}

/** Newest first; `before` is the id to continue after. */
export async function listEndpoints(
  db: Queryable,
  merchantId: string,
  page: { before: string | null; limit: number },
): Promise<EndpointRow[]> {
  const answer = await db.query<EndpointRow>(
    `select * from webhook_endpoint where merchant_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
    [merchantId, page.before, page.limit],
  )
  return answer.rows
}

/** Writes everything an endpoint's owner and the deliverer may change. The caller holds the row's lock. */
export async function updateEndpoint(tx: Tx, row: EndpointRow): Promise<void> {
  await tx.query(
    `update webhook_endpoint set url = $3, description = $4, event_types = $5, is_enabled = $6, disabled_reason = $7, sealed_secret = $8,
       previous_sealed_secret = $9, previous_secret_until = $10, next_seq = $11, consecutive_failures = $12, last_success_at = $13,
       quiet_until = $14, version = $15
     where merchant_id = $1 and id = $2`,
    [
      row.merchant_id,
      row.id,
      row.url,
      row.description,
      row.event_types,
      row.is_enabled,
      row.disabled_reason,
      row.sealed_secret,
      row.previous_sealed_secret,
      row.previous_secret_until,
      row.next_seq,
      row.consecutive_failures,
      row.last_success_at,
      row.quiet_until,
      row.version,
    ],
  )
}

/** Removes an endpoint and, by its foreign key, its deliveries. */
export async function deleteEndpoint(tx: Tx, merchantId: string, id: string): Promise<void> {
  await tx.query('delete from webhook_endpoint where merchant_id = $1 and id = $2', [merchantId, id])
}

/** An endpoint that may have something to do now. */
export interface EndpointWithWork {
  merchant_id: string
  id: string
}

/**
 * Enabled endpoints with events behind their cursor or deliveries that are due, `except` those that are busy. A plain read over
 * all merchants; each half is one index probe per endpoint (event's primary key, webhook_delivery_due).
 */
export async function endpointsWithWork(
  db: Queryable,
  now: Date,
  except: string[],
  limit: number,
): Promise<EndpointWithWork[]> {
  const answer = await db.query<EndpointWithWork>(
    `select w.merchant_id, w.id from webhook_endpoint w
     where w.is_enabled and (w.quiet_until is null or w.quiet_until <= $1) and w.id <> all($2)
       and (exists (select 1 from webhook_delivery d
                    where d.merchant_id = w.merchant_id and d.endpoint_id = w.id and d.state = 'pending'
                      and d.next_attempt_at <= $1 and (d.lease_until is null or d.lease_until <= $1))
         or exists (select 1 from event e where e.merchant_id = w.merchant_id and e.seq >= w.next_seq))
     order by w.merchant_id, w.id limit $3`,
    [now, except, limit],
  )
  return answer.rows
}

/** The next events behind a cursor, whether wanted or not; `is_wanted` says which the endpoint asked for. */
export async function eventsFrom(
  tx: Tx,
  endpoint: Pick<EndpointRow, 'merchant_id' | 'next_seq' | 'event_types'>,
  limit: number,
): Promise<{ seq: bigint; object_id: string; is_wanted: boolean }[]> {
  const answer = await tx.query<{ seq: bigint; object_id: string; is_wanted: boolean }>(
    `select e.seq, e.object_id,
       cardinality($3::text[]) = 0 or e.type = any($3) or exists (
         select 1 from unnest($3::text[]) as family(pattern)
         where right(pattern, 2) = '.*' and starts_with(e.type, left(pattern, -1))) as is_wanted
     from event e where e.merchant_id = $1 and e.seq >= $2 order by e.seq limit $4`,
    [endpoint.merchant_id, endpoint.next_seq, endpoint.event_types, limit],
  )
  return answer.rows
}

export interface NewDelivery {
  id: string
  event_seq: string
  object_id: string
}

export async function insertDeliveries(
  tx: Tx,
  merchantId: string,
  endpointId: string,
  at: Date,
  rows: NewDelivery[],
): Promise<void> {
  await tx.query(
    `insert into webhook_delivery (merchant_id, id, endpoint_id, event_seq, object_id, state, attempt, next_attempt_at, fence, created_at)
     select $1, r.id, $2, r.event_seq, r.object_id, 'pending', 0, $3, 0, $3
     from json_to_recordset($4) as r(id text, event_seq bigint, object_id text)`,
    [merchantId, endpointId, at, JSON.stringify(rows)],
  )
}

/** Pending deliveries of an endpoint, counted up to `most`. */
export async function countPending(
  db: Queryable,
  merchantId: string,
  endpointId: string,
  most: number,
): Promise<number> {
  const answer = await db.query<{ count: number }>(
    `select count(*)::int as count from (
       select 1 from webhook_delivery where merchant_id = $1 and endpoint_id = $2 and state = 'pending' limit $3) as counted`,
    [merchantId, endpointId, most],
  )
  return answer.rows[0]?.count ?? 0
}

/** A delivery that this process may send until its lease ends, with its event. */
export interface ClaimedDelivery extends EventRow {
  delivery_id: string
  fence: bigint
}

/**
 * Claims due deliveries, oldest first, at most one per object and only if no earlier one of that object is still pending: that is
 * the order promised per (endpoint, object). SKIP LOCKED lets two processes claim side by side; the lease keeps what the first
 * has claimed from the second, and is tested again after a lock was waited for.
 */
export async function claimDeliveries(
  db: Queryable,
  claim: { merchantId: string; endpointId: string; now: Date; leaseUntil: Date; limit: number },
): Promise<ClaimedDelivery[]> {
  const answer = await db.query<ClaimedDelivery>(
    `with due as (
       select d.merchant_id, d.id, d.event_seq from webhook_delivery d
       where d.merchant_id = $1 and d.endpoint_id = $2 and d.state = 'pending' and d.next_attempt_at <= $3
         and (d.lease_until is null or d.lease_until <= $3)
         and not exists (select 1 from webhook_delivery earlier
                         where earlier.merchant_id = d.merchant_id and earlier.endpoint_id = d.endpoint_id
                           and earlier.object_id = d.object_id and earlier.state = 'pending' and earlier.event_seq < d.event_seq)
       order by d.event_seq limit $5
       for update skip locked
     )
     update webhook_delivery d set fence = d.fence + 1, lease_until = $4
     from due join event e on e.merchant_id = due.merchant_id and e.seq = due.event_seq
     where d.merchant_id = due.merchant_id and d.id = due.id
     returning d.id as delivery_id, d.fence, ${EVENT_COLUMNS}`,
    [claim.merchantId, claim.endpointId, claim.now, claim.leaseUntil, claim.limit],
  )
  return answer.rows
}

/** A delivery as its closer finds it. */
export interface OpenDelivery {
  attempt: number
  first_attempt_at: Date | null
}

/** Reads and locks a claimed delivery; undefined when another process has claimed it since or it is gone. */
export async function lockClaimed(
  tx: Tx,
  merchantId: string,
  id: string,
  fence: bigint,
): Promise<OpenDelivery | undefined> {
  const answer = await tx.query<OpenDelivery>(
    `select attempt, first_attempt_at from webhook_delivery
     where merchant_id = $1 and id = $2 and fence = $3 and state = 'pending' for update`,
    [merchantId, id, fence],
  )
  return answer.rows[0]
}

export interface ClosedAttempt {
  state: DeliveryState
  attempt: number
  first_attempt_at: Date
  next_attempt_at: Date
  last_status: number | null
  last_error: string | null
  response_excerpt: string | null
  delivered_at: Date | null
}

/** Writes the outcome of an attempt and gives the claim back. The caller holds the row's lock and has seen its fence. */
export async function closeAttempt(tx: Tx, merchantId: string, id: string, closed: ClosedAttempt): Promise<void> {
  await tx.query(
    `update webhook_delivery set state = $3, attempt = $4, first_attempt_at = $5, next_attempt_at = $6, last_status = $7,
       last_error = $8, response_excerpt = $9, delivered_at = $10, lease_until = null
     where merchant_id = $1 and id = $2`,
    [
      merchantId,
      id,
      closed.state,
      closed.attempt,
      closed.first_attempt_at,
      closed.next_attempt_at,
      closed.last_status,
      closed.last_error,
      closed.response_excerpt,
      closed.delivered_at,
    ],
  )
}

/** Gives a claim back unused. */
export async function releaseClaim(db: Queryable, merchantId: string, id: string, fence: bigint): Promise<void> {
  await db.query('update webhook_delivery set lease_until = null where merchant_id = $1 and id = $2 and fence = $3', [
    merchantId,
    id,
    fence,
  ])
}

/** Makes everything that waits for an endpoint due now. */
export async function makePendingDue(tx: Tx, merchantId: string, endpointId: string, now: Date): Promise<void> {
  await tx.query(
    `update webhook_delivery set next_attempt_at = $3
     where merchant_id = $1 and endpoint_id = $2 and state = 'pending' and next_attempt_at > $3`,
    [merchantId, endpointId, now],
  )
}

/** Starts a new run for everything an endpoint has not received, what was given up included. */
export async function restartUndelivered(tx: Tx, merchantId: string, endpointId: string, now: Date): Promise<void> {
  await tx.query(
    `update webhook_delivery set state = 'pending', attempt = 0, first_attempt_at = null, next_attempt_at = $3
     where merchant_id = $1 and endpoint_id = $2 and state in ('pending', 'failed')`,
    [merchantId, endpointId, now],
  )
}

const DELIVERY_SELECT = `select d.id, d.endpoint_id, d.event_seq, e.id as event_id, e.type as event_type, d.object_id, d.state, d.attempt,
    d.next_attempt_at, d.last_status, d.last_error, d.response_excerpt, d.created_at, d.delivered_at
  from webhook_delivery d join event e on e.merchant_id = d.merchant_id and e.seq = d.event_seq`

/** Newest event first; `before` is the sequence to continue below. */
export async function listDeliveries(
  db: Queryable,
  merchantId: string,
  endpointId: string,
  page: { before: bigint | null; state: DeliveryState | null; limit: number },
): Promise<DeliveryRow[]> {
  const answer = await db.query<DeliveryRow>(
    `${DELIVERY_SELECT} where d.merchant_id = $1 and d.endpoint_id = $2
       and ($3::bigint is null or d.event_seq < $3) and ($4::text is null or d.state = $4)
     order by d.event_seq desc limit $5`,
    [merchantId, endpointId, page.before, page.state, page.limit],
  )
  return answer.rows
}

export async function findDelivery(db: Queryable, merchantId: string, id: string): Promise<DeliveryRow | undefined> {
  const answer = await db.query<DeliveryRow>(`${DELIVERY_SELECT} where d.merchant_id = $1 and d.id = $2`, [
    merchantId,
    id,
  ])
  return answer.rows[0]
}

/** Starts a new run for one delivery, whatever became of it. The fence goes up, so that a sending under way cannot end the new run. */
export async function restartDelivery(tx: Tx, merchantId: string, id: string, now: Date): Promise<void> {
  await tx.query(
    `update webhook_delivery set state = 'pending', attempt = 0, first_attempt_at = null, next_attempt_at = $3, delivered_at = null,
       fence = fence + 1
     where merchant_id = $1 and id = $2`,
    [merchantId, id, now],
  )
}

/** Removes deliveries that succeeded before `before`, a bounded number at a time; returns how many. */
export async function deleteDeliveredBefore(
  db: Queryable,
  merchantId: string,
  before: Date,
  limit: number,
): Promise<number> {
  const answer = await db.query(
    `delete from webhook_delivery where merchant_id = $1 and id in (
       select id from webhook_delivery where merchant_id = $1 and state = 'delivered' and delivered_at < $2
       order by delivered_at limit $3)`,
    [merchantId, before, limit],
  )
  return answer.rowCount ?? 0
}

export async function merchantsWithEndpoints(db: Queryable): Promise<string[]> {
  const answer = await db.query<{ merchant_id: string }>(
    'select distinct merchant_id from webhook_endpoint order by merchant_id',
  )
  return answer.rows.map((row) => row.merchant_id)
}
