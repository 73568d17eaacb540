// The SQL of events that a consumer could not handle. Every change is made by whoever holds the consumer's cursor.

import type { Queryable, Tx } from '../db/pool.ts'
import type { EventRow } from './event.ts'

/** What waits: all events that a consumer keeps aside about one thing of a merchant. */
export interface AsideKey {
  merchantId: string
  consumer: string
  subject: string
}

/** Puts events aside, behind those of the same subject that wait already. */
export async function setAside(
  tx: Tx,
  key: AsideKey,
  events: { seqs: readonly bigint[]; at: Date; nextAt: Date },
): Promise<void> {
  await tx.query(
    `insert into event_set_aside as a (merchant_id, consumer, subject, seqs, attempts, since, next_at)
       values ($1, $2, $3, $4, 1, $5, $6)
     on conflict (merchant_id, consumer, subject) do update set seqs = a.seqs || excluded.seqs`,
    [key.merchantId, key.consumer, key.subject, events.seqs, events.at, events.nextAt],
  )
}

/** Subjects to try again now, the longest due first. Served by event_set_aside_due. */
export async function dueAside(
  db: Queryable,
  consumer: string,
  now: Date,
  limit: number,
): Promise<{ merchantId: string; subject: string; attempts: number }[]> {
  const { rows } = await db.query<{ merchantId: string; subject: string; attempts: number }>(
    `select merchant_id as "merchantId", subject, attempts from event_set_aside
     where consumer = $1 and next_at <= $2 order by next_at limit $3`,
    [consumer, now, limit],
  )
  return rows
}

/** The events that wait, in their order; none when they are no longer aside. */
export async function eventsAside(tx: Tx, key: AsideKey): Promise<EventRow[]> {
  const { rows } = await tx.query<EventRow>(
    `select e.seq, e.id, e.type, e.object_type, e.object_id, e.object_version, e.data, e.created_at
     from event_set_aside a join event e on e.merchant_id = a.merchant_id and e.seq = any (a.seqs)
     where a.merchant_id = $1 and a.consumer = $2 and a.subject = $3 order by e.seq`,
    [key.merchantId, key.consumer, key.subject],
  )
  return rows
}

/** They have been handled. */
export async function endAside(tx: Tx, key: AsideKey): Promise<void> {
  await tx.query('delete from event_set_aside where merchant_id = $1 and consumer = $2 and subject = $3', [
    key.merchantId,
    key.consumer,
    key.subject,
  ])
}

/** They failed once more: tries again at `nextAt`, unless another process has counted this attempt. */
export async function postponeAside(
  db: Queryable,
  key: AsideKey,
  failed: { attempts: number; nextAt: Date },
): Promise<void> {
  await db.query(
    `update event_set_aside set attempts = attempts + 1, next_at = $5
     where merchant_id = $1 and consumer = $2 and subject = $3 and attempts = $4`,
    [key.merchantId, key.consumer, key.subject, failed.attempts, failed.nextAt],
  )
}

export interface ConsumerFigures {
  consumer: string
  /** Events of all merchants that it has not read. */
  behind: bigint
  /** Things of which it keeps events aside. */
  failing: bigint
}

/** How far consumers are, and what they fail at. Reads a row per merchant and consumer: for a scrape, not for requests. */
export async function readConsumerFigures(db: Queryable, consumers: readonly string[]): Promise<ConsumerFigures[]> {
  const { rows } = await db.query<ConsumerFigures>(
    `select n.consumer,
       (select coalesce(sum(c.last_seq - coalesce(k.seq, 0)), 0)::bigint from event_counter c
          left join event_cursor k on k.merchant_id = c.merchant_id and k.consumer = n.consumer) as behind,
       (select count(*) from event_set_aside a where a.consumer = n.consumer) as failing
     from unnest($1::text[]) n (consumer)`,
    [consumers],
  )
  return rows
}
