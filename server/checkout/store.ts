// The SQL of checkout sessions and of what a merchant's pages look like. Each read is served by a key.

import type { Queryable, Tx } from '../db/pool.ts'
import { type Session, TOKEN_FORM } from './session.ts'
import type { Settings } from './settings.ts'

const COLUMNS = `merchant_id, id, token, state, amount, currency, channel, capture, country, language, cart_id, order_id, payment_link_id,
  pay_up_to, customer_id, store_id,
  reference, description, lines, methods, success_url, cancel_url, metadata, payment_id, payment_seq, version, expires_at, created_at, completed_at`

export async function insertSession(tx: Tx, session: Session): Promise<void> {
  const { lines, metadata, ...rest } = session
  const values = { ...rest, lines: JSON.stringify(lines), metadata: JSON.stringify(metadata) }
  const names = Object.keys(values)
  await tx.query(
    `insert into checkout_session (${names.join(', ')}) values (${names.map((_, i) => `$${i + 1}`).join(', ')})`,
    Object.values(values),
  )
}

export async function readSession(db: Queryable, merchantId: string, id: string): Promise<Session | null> {
  const { rows } = await db.query<Session>(
    `select ${COLUMNS} from checkout_session where merchant_id = $1 and id = $2`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** The session of an address; null for every address that leads nowhere, so that nobody learns which do. */
export async function readByToken(db: Queryable, token: string): Promise<Session | null> {
  if (!TOKEN_FORM.test(token)) return null
  const { rows } = await db.query<Session>(`select ${COLUMNS} from checkout_session where token = $1`, [token])
  return rows[0] ?? null
}

export interface SessionFilter {
  order_id?: string
  customer_id?: string
}

/** The pages of some customers, and of some orders whoever they were made for. */
export async function sessionsOf(
  db: Queryable,
  merchantId: string,
  of: { customerIds: string[]; orderIds: string[] },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    'select id from checkout_session where merchant_id = $1 and (customer_id = any ($2) or order_id = any ($3))',
    [merchantId, of.customerIds, of.orderIds],
  )
  return rows.map(({ id }) => id)
}

/** Newest first, one more than `limit`. */
export async function listSessions(
  db: Queryable,
  merchantId: string,
  { order_id, customer_id, limit, cursor }: SessionFilter & { limit: number; cursor?: string },
): Promise<Session[]> {
  const { rows } = await db.query<Session>(
    `select ${COLUMNS} from checkout_session
     where merchant_id = $1 and ($2::text is null or order_id = $2) and ($3::text is null or customer_id = $3)
       and ($4::text is null or id < $4)
     order by merchant_id desc, id desc limit $5`,
    [merchantId, order_id ?? null, customer_id ?? null, cursor ?? null, limit + 1],
  )
  return rows
}

/** Notes the payment a session has begun; false when another request was first, or the session is over. */
export async function putPayment(
  db: Queryable,
  { merchant_id, id, payment_seq }: Session,
  paymentId: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update checkout_session set payment_id = $4 where merchant_id = $1 and id = $2 and payment_seq = $3 and payment_id is null and state = 'open'`,
    [merchant_id, id, payment_seq, paymentId],
  )
  return rowCount === 1
}

/** Lets go of a payment that was given up, so that the next try makes another. */
export async function dropPayment(db: Queryable, { merchant_id, id, payment_id }: Session): Promise<void> {
  await db.query(
    `update checkout_session set payment_id = null, payment_seq = payment_seq + 1
     where merchant_id = $1 and id = $2 and payment_id = $3 and state = 'open'`,
    [merchant_id, id, payment_id],
  )
}

/** Notes the order that a session's cart has become. Whoever comes second changes nothing. */
export async function putOrder(
  db: Queryable,
  { merchant_id, id }: Session,
  order: Pick<Session, 'order_id' | 'amount' | 'country' | 'reference' | 'success_url' | 'lines'>,
): Promise<void> {
  await db.query(
    `update checkout_session set order_id = $3, amount = $4, country = $5, reference = $6, success_url = $7, lines = $8, version = version + 1
     where merchant_id = $1 and id = $2 and order_id is null and cart_id is not null`,
    [
      ...[merchant_id, id, order.order_id, order.amount, order.country, order.reference, order.success_url],
      JSON.stringify(order.lines),
    ],
  )
}

/** Ends a session whose order costs nothing; null when it is not open. */
export async function completeFree(tx: Tx, { merchant_id, id }: Session, at: Date): Promise<Session | null> {
  const { rows } = await tx.query<Session>(
    `update checkout_session set state = 'complete', completed_at = $3, version = version + 1
     where merchant_id = $1 and id = $2 and state = 'open' and amount = 0 and order_id is not null returning ${COLUMNS}`,
    [merchant_id, id, at],
  )
  return rows[0] ?? null
}

/** Ends sessions whose payments are made; answers those that ended now. */
export async function completeSessions(tx: Tx, merchantId: string, paymentIds: string[], at: Date): Promise<Session[]> {
  const { rows } = await tx.query<Session>(
    `update checkout_session set state = 'complete', completed_at = $3, version = version + 1
     where merchant_id = $1 and payment_id = any ($2) and state = 'open' returning ${COLUMNS}`,
    [merchantId, paymentIds, at],
  )
  return rows
}

/** Ends an open session; null when it is not open. */
export async function cancelSession(tx: Tx, merchantId: string, id: string): Promise<Session | null> {
  const { rows } = await tx.query<Session>(
    `update checkout_session set state = 'canceled', version = version + 1
     where merchant_id = $1 and id = $2 and state = 'open' returning ${COLUMNS}`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Says how much is to be covered when the next part is paid. */
export async function setPart(db: Queryable, merchantId: string, id: string, payUpTo: bigint | null): Promise<void> {
  await db.query(`update checkout_session set pay_up_to = $3 where merchant_id = $1 and id = $2 and state = 'open'`, [
    merchantId,
    id,
    payUpTo,
  ])
}

/** Moves the end of an open session. */
export async function prolongSession(db: Queryable, merchantId: string, id: string, until: Date): Promise<void> {
  await db.query(`update checkout_session set expires_at = $3 where merchant_id = $1 and id = $2 and state = 'open'`, [
    merchantId,
    id,
    until,
  ])
}

/** The sessions of links whose payments these are. */
export async function linkedSessions(
  db: Queryable,
  merchantId: string,
  paymentIds: string[],
): Promise<{ id: string; payment_id: string; payment_link_id: string }[]> {
  const { rows } = await db.query<{ id: string; payment_id: string; payment_link_id: string }>(
    `select id, payment_id, payment_link_id from checkout_session
     where merchant_id = $1 and payment_id = any ($2) and payment_link_id is not null`,
    [merchantId, paymentIds],
  )
  return rows
}

/** How many pages of a link were made since. */
export async function countSessionsOfLink(
  db: Queryable,
  merchantId: string,
  linkId: string,
  since: Date,
): Promise<number> {
  const { rows } = await db.query<{ made: number }>(
    `select count(*)::int as made from checkout_session where merchant_id = $1 and payment_link_id = $2 and created_at > $3`,
    [merchantId, linkId, since],
  )
  return rows[0]?.made ?? 0
}

const SETTINGS = 'display_name, logo, accent, allowed_origins, terms_url, privacy_url, support_email'

export async function readSettings(
  db: Queryable,
  merchantId: string,
): Promise<(Settings & { version: bigint }) | null> {
  const { rows } = await db.query<Settings & { version: bigint }>(
    `select ${SETTINGS}, version from checkout_settings where merchant_id = $1`,
    [merchantId],
  )
  return rows[0] ?? null
}

/** Writes all of it; answers the version after. */
export async function putSettings(db: Queryable, merchantId: string, settings: Settings, at: Date): Promise<bigint> {
  const { display_name, logo, accent, allowed_origins, terms_url, privacy_url, support_email } = settings
  const { rows } = await db.query<{ version: bigint }>(
    `insert into checkout_settings (merchant_id, ${SETTINGS}, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (merchant_id) do update set (${SETTINGS}, updated_at) = ($2, $3, $4, $5, $6, $7, $8, $9),
       version = checkout_settings.version + 1
     returning version`,
    [merchantId, display_name, logo, accent, allowed_origins, terms_url, privacy_url, support_email, at],
  )
  return (rows[0] as { version: bigint }).version
}
