// The SQL of tries: those with cards are counted, how many were declined of late, with how many cards, and how many are under way.

import type { Queryable, Tx } from '../db/pool.ts'
import type { Link } from './link.ts'

export interface Tries {
  /** Declined in the window, with so many cards, of so many that have had an answer. */
  declined: number
  cards: number
  answered: number
  /** Under way. */
  waiting: number
  declined_today: number
  answered_today: number
}

/** Begins a try; false when it has begun before. */
export async function insertTry(
  tx: Tx,
  { merchant_id, id }: Link,
  made: { sessionId: string; attempt: string; card: string | null; at: Date },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into payment_link_try (merchant_id, link_id, session_id, attempt, card, at) values ($1, $2, $3, $4, $5, $6)
     on conflict (merchant_id, session_id, attempt) do nothing`,
    [merchant_id, id, made.sessionId, made.attempt, made.card, made.at],
  )
  return rowCount === 1
}

/** Whether this try has begun before. */
export async function hasTry(tx: Tx, merchantId: string, sessionId: string, attempt: string): Promise<boolean> {
  const { rows } = await tx.query(
    'select 1 from payment_link_try where merchant_id = $1 and session_id = $2 and attempt = $3',
    [merchantId, sessionId, attempt],
  )
  return rows.length > 0
}

/** Whether another try of a page is being made at this moment: its provider has not answered, nor has it been given up. */
export async function isBeingTried(
  tx: Tx,
  merchantId: string,
  of: { sessionId: string; attempt: string; waitsSince: Date },
): Promise<boolean> {
  const { rows } = await tx.query(
    `select 1 from payment_link_try
     where merchant_id = $1 and session_id = $2 and attempt <> $3 and tender_id is null and is_declined is null and at > $4 limit 1`,
    [merchantId, of.sessionId, of.attempt, of.waitsSince],
  )
  return rows.length > 0
}

/** The tries of a link since somebody last looked at them. A try without an answer counts as under way until `waitsSince`. */
export async function countTries(
  db: Queryable,
  { merchant_id, id, watched_from }: Link,
  { since, waitsSince, daySince }: { since: Date; waitsSince: Date; daySince: Date },
): Promise<Tries> {
  const { rows } = await db.query<Tries>(
    `select count(*) filter (where is_declined and at > $4)::int as declined,
       count(distinct card) filter (where is_declined and at > $4)::int as cards,
       count(*) filter (where is_declined is not null and at > $4)::int as answered,
       count(*) filter (where is_declined is null and at > $5)::int as waiting,
       count(*) filter (where is_declined)::int as declined_today,
       count(*) filter (where is_declined is not null)::int as answered_today
     from payment_link_try where merchant_id = $1 and link_id = $2 and card is not null and at > greatest($3::timestamptz, $6::timestamptz)`,
    [merchant_id, id, watched_from, since, waitsSince, daySince],
  )
  return rows[0] as Tries
}

/** Notes the tender that a try has made; its answer comes by that. */
export async function nameTender(
  tx: Tx,
  merchantId: string,
  made: { sessionId: string; attempt: string; tenderId: string },
): Promise<void> {
  await tx.query(
    `update payment_link_try set tender_id = $4
     where merchant_id = $1 and session_id = $2 and attempt = $3 and tender_id is null`,
    [merchantId, made.sessionId, made.attempt, made.tenderId],
  )
}

/** Forgets a try that came to nothing before any provider was asked. */
export async function dropTry(tx: Tx, merchantId: string, sessionId: string, attempt: string): Promise<void> {
  await tx.query(
    'delete from payment_link_try where merchant_id = $1 and session_id = $2 and attempt = $3 and tender_id is null',
    [merchantId, sessionId, attempt],
  )
}

/** Notes answers that came later, by tender; answers how many were news. */
export async function answerTenders(
  tx: Tx,
  merchantId: string,
  sessionId: string,
  answers: { tenderId: string; isDeclined: boolean }[],
): Promise<number> {
  const { rowCount } = await tx.query(
    `update payment_link_try t set is_declined = a.is_declined
     from unnest($3::text[], $4::boolean[]) a (tender_id, is_declined)
     where t.merchant_id = $1 and t.session_id = $2 and t.tender_id = a.tender_id and t.is_declined is null`,
    [merchantId, sessionId, answers.map(({ tenderId }) => tenderId), answers.map(({ isDeclined }) => isDeclined)],
  )
  return rowCount ?? 0
}

/** Removes tries that no window looks at any more. */
export async function pruneTries(db: Queryable, before: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from payment_link_try where ctid in (select ctid from payment_link_try where at < $1 limit $2)`,
    [before, limit],
  )
  return rowCount ?? 0
}
