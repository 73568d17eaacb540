// The SQL of payment links. What decides is read with the link's row locked.

import type { Queryable, Tx } from '../db/pool.ts'
import type { Link, LinkReason } from './link.ts'

const COLUMNS = `merchant_id, id, token, state, reason, kind, amount, currency, min_amount, max_amount, allows_partial, order_id,
  customer_id, store_id, max_uses, channel, country, language, email, description, reference, methods, success_url, metadata, session_id,
  uses, amount_paid, viewed_at, reminders, reminders_sent, next_reminder_at, watched_from, expires_at, version, created_at`

export async function insertLink(tx: Tx, link: Link): Promise<void> {
  const values = { ...link, metadata: JSON.stringify(link.metadata) }
  const names = Object.keys(values)
  await tx.query(
    `insert into payment_link (${names.join(', ')}) values (${names.map((_, i) => `$${i + 1}`).join(', ')})`,
    Object.values(values),
  )
}

export async function readLink(db: Queryable, merchantId: string, id: string): Promise<Link | null> {
  const { rows } = await db.query<Link>(`select ${COLUMNS} from payment_link where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

/** With its row locked until the end of the transaction. */
export async function lockLink(tx: Tx, merchantId: string, id: string): Promise<Link | null> {
  const { rows } = await tx.query<Link>(
    `select ${COLUMNS} from payment_link where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

export async function readLinkByToken(db: Queryable, token: string): Promise<Link | null> {
  const { rows } = await db.query<Link>(`select ${COLUMNS} from payment_link where token = $1`, [token])
  return rows[0] ?? null
}

export interface LinkQuery {
  order_id?: string
  store_id?: string
  is_open?: boolean
  limit: number
  cursor?: string
}

/** As `stateOf` has it: not paid as often as it may be, not cancelled, not expired. A paused one is open. Served by payment_link_open. */
const IS_OPEN = `state <> 'canceled' and (max_uses is null or uses < max_uses) and (expires_at is null or expires_at > $6)`

/** Newest first, one more than `limit`. */
export async function listLinks(db: Queryable, merchantId: string, query: LinkQuery, now: Date): Promise<Link[]> {
  const { order_id, store_id, is_open, limit, cursor } = query
  const values = [merchantId, order_id ?? null, store_id ?? null, cursor ?? null, limit + 1]
  const open = is_open === undefined ? '' : is_open ? `and ${IS_OPEN}` : `and not (${IS_OPEN})`
  const { rows } = await db.query<Link>(
    `select ${COLUMNS} from payment_link
     where merchant_id = $1 and ($2::text is null or order_id = $2) and ($3::text is null or store_id = $3)
       and ($4::text is null or id < $4) ${open}
     order by merchant_id desc, id desc limit $5`,
    open === '' ? values : [...values, now],
  )
  return rows
}

/** The newest link of an order, or invoice, that can be paid. Served by payment_link_by_order. */
export async function payableLinkOf(
  db: Queryable,
  merchantId: string,
  orderId: string,
  now: Date,
): Promise<Link | null> {
  const { rows } = await db.query<Link>(
    `select ${COLUMNS} from payment_link
     where merchant_id = $1 and order_id = $2 and state = 'active' and uses = 0 and (expires_at is null or expires_at > $3)
     order by id desc limit 1`,
    [merchantId, orderId, now],
  )
  return rows[0] ?? null
}

export interface Addressee {
  customerIds: string[]
  emails: string[]
}

/** Links made for a person, or mailed to them, newest first. */
export async function linksTo(db: Queryable, merchantId: string, to: Addressee, limit: number): Promise<Link[]> {
  const { rows } = await db.query<Link>(
    `select ${COLUMNS} from payment_link where merchant_id = $1 and (customer_id = any ($2) or lower(email) = any ($3))
     order by id desc limit $4`,
    [merchantId, to.customerIds, lowered(to.emails), limit],
  )
  return rows
}

/** Forgets to whom links went and what was written to them; nobody is reminded any more. What was paid by them stays. */
export async function forgetAddressee(tx: Tx, merchantId: string, to: Addressee): Promise<void> {
  await tx.query(
    `update payment_link set email = null, description = null, next_reminder_at = null
     where merchant_id = $1 and (customer_id = any ($2) or lower(email) = any ($3))`,
    [merchantId, to.customerIds, lowered(to.emails)],
  )
}

const lowered = (texts: readonly string[]) => texts.map((text) => text.toLowerCase())

/** What can be changed of a link that is there. */
export type LinkChange = Partial<
  Pick<
    Link,
    | 'amount'
    | 'description'
    | 'reference'
    | 'email'
    | 'language'
    | 'methods'
    | 'metadata'
    | 'max_uses'
    | 'reminders'
    | 'next_reminder_at'
    | 'expires_at'
    | 'session_id'
  >
>

/** Writes all that can change of a locked link. */
export async function updateLink(tx: Tx, link: Link): Promise<Link> {
  const { merchant_id, id, amount, description, reference, email, language, methods, metadata, max_uses } = link
  const { rows } = await tx.query<Link>(
    `update payment_link set amount = $3, description = $4, reference = $5, email = $6, language = $7, methods = $8, metadata = $9,
       max_uses = $10, reminders = $11, next_reminder_at = $12, expires_at = $13, session_id = $14, is_expiry_told = false,
       version = version + 1
     where merchant_id = $1 and id = $2 returning ${COLUMNS}`,
    [
      ...[
        merchant_id,
        id,
        amount,
        description,
        reference,
        email,
        language,
        methods,
        JSON.stringify(metadata),
        max_uses,
      ],
      ...[link.reminders, link.next_reminder_at, link.expires_at, link.session_id],
    ],
  )
  return rows[0] as Link
}

/** Ends, pauses or resumes a locked link. After a resume only tries from `at` on are watched. */
export async function setState(
  tx: Tx,
  { merchant_id, id }: Link,
  { state, reason, at }: { state: Link['state']; reason: LinkReason | null; at: Date },
): Promise<Link> {
  const { rows } = await tx.query<Link>(
    `update payment_link set state = $3, reason = $4, watched_from = case when $3 = 'active' then $5 else watched_from end,
       next_reminder_at = case when $3 = 'canceled' then null else next_reminder_at end, version = version + 1
     where merchant_id = $1 and id = $2 returning ${COLUMNS}`,
    [merchant_id, id, state, reason, at],
  )
  return rows[0] as Link
}

/** Notes the first time somebody opens it. */
export async function markViewed(db: Queryable, { merchant_id, id }: Link, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    'update payment_link set viewed_at = $3 where merchant_id = $1 and id = $2 and viewed_at is null',
    [merchant_id, id, at],
  )
  return rowCount === 1
}

/** Makes `sessionId` the page that all share; false when another is by now. */
export async function putSession(db: Queryable, link: Link, sessionId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update payment_link set session_id = $3 where merchant_id = $1 and id = $2 and session_id is not distinct from $4 and version = $5`,
    [link.merchant_id, link.id, sessionId, link.session_id, link.version],
  )
  return rowCount === 1
}

/** Links of orders that can still be ended because of what became of their order. */
export async function openLinksOfOrders(db: Queryable, merchantId: string, orderIds: string[]): Promise<Link[]> {
  const { rows } = await db.query<Link>(
    `select ${COLUMNS} from payment_link where merchant_id = $1 and order_id = any ($2) and state <> 'canceled' and uses = 0`,
    [merchantId, orderIds],
  )
  return rows
}

// ---- Uses ----------------------------------------------------------------------------------------------------------

export interface Use {
  session_id: string
  is_live: boolean
  is_paid: boolean
  amount: bigint
}

/** Places that other pages of a locked link have taken. */
export async function takenByOthers(tx: Tx, { merchant_id, id }: Link, sessionId: string, now: Date): Promise<number> {
  const { rows } = await tx.query<{ taken: number }>(
    `select count(*)::int as taken from payment_link_use
     where merchant_id = $1 and link_id = $2 and session_id <> $3 and (is_paid or is_live or trying_until > $4)`,
    [merchant_id, id, sessionId, now],
  )
  return rows[0]?.taken ?? 0
}

/** Takes a place, or keeps it longer. */
export async function takePlace(tx: Tx, { merchant_id, id }: Link, sessionId: string, until: Date): Promise<void> {
  await tx.query(
    `insert into payment_link_use (merchant_id, link_id, session_id, trying_until) values ($1, $2, $3, $4)
     on conflict (merchant_id, session_id) do update set trying_until = greatest(payment_link_use.trying_until, $4)`,
    [merchant_id, id, sessionId, until],
  )
}

/** The pages that have taken a place, those that are paid first. */
export async function usesOf(db: Queryable, { merchant_id, id }: Link, limit = 20): Promise<Use[]> {
  const { rows } = await db.query<Use>(
    `select session_id, is_live, is_paid, amount from payment_link_use
     where merchant_id = $1 and link_id = $2 order by is_paid desc, is_live desc, session_id desc limit $3`,
    [merchant_id, id, limit],
  )
  return rows
}

/**
 * What the payment of one page has come to, unless a later version of it has been seen. Paid once, it stays so: what is given back is
 * another matter. A place that nothing is under way for is free again.
 */
export async function setUse(
  tx: Tx,
  { merchant_id, id }: Link,
  use: Use & { payment_id: string; payment_version: number },
  now: Date,
): Promise<void> {
  await tx.query(
    `insert into payment_link_use as u (merchant_id, link_id, session_id, trying_until, is_live, is_paid, amount, payment_id, payment_version)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (merchant_id, session_id) do update
       set is_live = $5, is_paid = u.is_paid or $6, amount = greatest(u.amount, $7), payment_id = $8, payment_version = $9
       where u.payment_id is distinct from $8 or u.payment_version <= $9`,
    [merchant_id, id, use.session_id, now, use.is_live, use.is_paid, use.amount, use.payment_id, use.payment_version],
  )
}

/** Frees the place of a page on which nothing is under way any more. */
export async function freePlace(tx: Tx, { merchant_id }: Link, sessionId: string, at: Times): Promise<void> {
  await tx.query(
    `update payment_link_use u set trying_until = least(trying_until, $3)
     where merchant_id = $1 and session_id = $2 and not is_live and not exists (
       select 1 from payment_link_try t
       where t.merchant_id = $1 and t.session_id = $2 and t.is_declined is null and t.at > $4)`,
    [merchant_id, sessionId, at.now, at.waitsSince],
  )
}

export interface Times {
  now: Date
  /** A try that began before this has died. */
  waitsSince: Date
}

/** Adds up what the uses of a locked link have come to; null when that is nothing new. */
export async function addUp(tx: Tx, { merchant_id, id }: Link): Promise<Link | null> {
  const { rows } = await tx.query<Link>(
    `update payment_link l set uses = u.uses, amount_paid = u.amount_paid, version = version + 1,
       next_reminder_at = case when l.max_uses is not null and u.uses >= l.max_uses then null else l.next_reminder_at end
     from (select count(*) filter (where is_paid)::int as uses, coalesce(sum(amount), 0)::bigint as amount_paid
           from payment_link_use where merchant_id = $1 and link_id = $2) u
     where l.merchant_id = $1 and l.id = $2 and (l.uses, l.amount_paid) is distinct from (u.uses, u.amount_paid)
     returning ${COLUMNS.replaceAll(/\b(uses|amount_paid)\b/g, 'l.$1')}`,
    [merchant_id, id],
  )
  return rows[0] ?? null
}

// ---- What time brings ----------------------------------------------------------------------------------------------

/** Links whose customers are to be reminded now. */
export async function linksToRemind(db: Queryable, now: Date, limit: number): Promise<Link[]> {
  const { rows } = await db.query<Link>(
    `select ${COLUMNS} from payment_link where next_reminder_at <= $1 order by next_reminder_at limit $2`,
    [now, limit],
  )
  return rows
}

/** Moves a link on to its next reminder; false when another process has, or the link has ended. */
export async function reminded(tx: Tx, link: Link, next: Date | null, isSent: boolean): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update payment_link set next_reminder_at = $4, reminders_sent = reminders_sent + $5
     where merchant_id = $1 and id = $2 and next_reminder_at = $3 and state = $6`,
    [link.merchant_id, link.id, link.next_reminder_at, next, isSent ? 1 : 0, link.state],
  )
  return rowCount === 1
}

/** Marks links that have just expired as told, and answers them. */
export async function takeExpired(tx: Tx, now: Date, limit: number): Promise<Link[]> {
  const { rows } = await tx.query<Link>(
    `update payment_link set is_expiry_told = true, next_reminder_at = null, version = version + 1
     where (merchant_id, id) in (
       select merchant_id, id from payment_link
       where expires_at <= $1 and not is_expiry_told and state <> 'canceled' order by expires_at limit $2 for update skip locked)
     returning ${COLUMNS}`,
    [now, limit],
  )
  return rows
}
