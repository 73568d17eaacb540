// The SQL of signing in: codes, sessions, passkeys and what they sign. Each statement is served by the primary key or by an index
// that begins with what it looks for.

import type { Queryable } from '../db/pool.ts'

export interface CodeRow {
  id: string
  email: string
  email_hash: string
  from_hash: string
  code_hash: string
  language: string
  created_at: Date
  expires_at: Date
}

/** How many codes may be asked for in a window, by address or by place. */
export interface CodeLimit {
  of: 'email' | 'place'
  most: number
  window_s: number
}

/** Writes a code down; answers 0, or the seconds to wait when there were too many: then nothing is written. */
export async function insertCode(
  db: Queryable,
  merchantId: string,
  row: CodeRow,
  limits: readonly CodeLimit[],
): Promise<number> {
  const { rows } = await db.query<{ wait: number }>('select sign_in_begin($1, $2, $3) as wait', [
    merchantId,
    JSON.stringify(row),
    JSON.stringify(limits),
  ])
  return (rows[0] as { wait: number }).wait
}

/**
 * Counts a try, and uses the code up when it is the right one, in one statement: of two at the same moment one finds it used. Null for a
 * code that is wrong, used, expired, tried too often or unknown.
 */
export async function tryCode(
  db: Queryable,
  merchantId: string,
  of: { id: string; codeHash: string; at: Date; most: number },
): Promise<{ email: string; language: string } | null> {
  const { rows } = await db.query<{ email: string; language: string; is_right: boolean }>(
    `update sign_in_code set tries = tries + 1, used_at = case when code_hash = $3 then $4::timestamptz end
     where merchant_id = $1 and id = $2 and used_at is null and expires_at > $4 and tries < $5
     returning email, language, used_at is not null as is_right`,
    [merchantId, of.id, of.codeHash, of.at, of.most],
  )
  return rows[0]?.is_right ? rows[0] : null
}

export interface SessionRow {
  id: string
  customer_id: string
  way: 'code' | 'passkey'
  created_at: Date
  expires_at: Date
}

export async function insertSession(
  db: Queryable,
  merchantId: string,
  row: SessionRow & { token_hash: string },
): Promise<void> {
  await db.query(
    `insert into customer_session (merchant_id, id, customer_id, token_hash, way, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [merchantId, row.id, row.customer_id, row.token_hash, row.way, row.created_at, row.expires_at],
  )
}

/** The session that is open under a token, of this merchant. */
export async function findSession(
  db: Queryable,
  merchantId: string,
  of: { tokenHash: string; at: Date },
): Promise<SessionRow | null> {
  const { rows } = await db.query<SessionRow>(
    `select id, customer_id, way, created_at, expires_at from customer_session
     where token_hash = $2 and merchant_id = $1 and ended_at is null and expires_at > $3`,
    [merchantId, of.tokenHash, of.at],
  )
  return rows[0] ?? null
}

export async function endSession(db: Queryable, merchantId: string, end: { id: string; at: Date }): Promise<void> {
  await db.query('update customer_session set ended_at = $3 where merchant_id = $1 and id = $2 and ended_at is null', [
    merchantId,
    end.id,
    end.at,
  ])
}

/** Ends every session of these profiles; answers how many. */
export async function endSessionsOf(
  db: Queryable,
  merchantId: string,
  end: { customerIds: string[]; at: Date },
): Promise<number> {
  const { rowCount } = await db.query(
    `update customer_session set ended_at = $3
     where customer_id = any ($2) and merchant_id = $1 and ended_at is null`,
    [merchantId, end.customerIds, end.at],
  )
  return rowCount ?? 0
}

export interface PastSession {
  way: string
  created_at: Date
  expires_at: Date
  ended_at: Date | null
}

/** Sign-ins of a person that are still known, newest first. */
export async function listSessions(
  db: Queryable,
  merchantId: string,
  customerIds: string[],
  limit: number,
): Promise<PastSession[]> {
  const { rows } = await db.query<PastSession>(
    `select way, created_at, expires_at, ended_at from customer_session
     where customer_id = any ($2) and merchant_id = $1 order by created_at desc limit $3`,
    [merchantId, customerIds, limit],
  )
  return rows
}

export interface PasskeyRow {
  id: string
  customer_id: string
  credential_id: string
  public_key: Uint8Array
  counter: bigint
  transports: string[]
  name: string
  is_backed_up: boolean
  created_at: Date
  last_used_at: Date | null
}

const PASSKEY =
  'id, customer_id, credential_id, public_key, counter, transports, name, is_backed_up, created_at, last_used_at'

/** False when the merchant knows this credential already. */
export async function insertPasskey(db: Queryable, merchantId: string, row: PasskeyRow): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into customer_passkey (merchant_id, ${PASSKEY}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict (merchant_id, credential_id) do nothing`,
    [
      merchantId,
      row.id,
      row.customer_id,
      row.credential_id,
      row.public_key,
      row.counter,
      row.transports,
      row.name,
      row.is_backed_up,
      row.created_at,
      row.last_used_at,
    ],
  )
  return rowCount === 1
}

export async function listPasskeys(db: Queryable, merchantId: string, customerIds: string[]): Promise<PasskeyRow[]> {
  const { rows } = await db.query<PasskeyRow>(
    `select ${PASSKEY} from customer_passkey where customer_id = any ($2) and merchant_id = $1 order by id`,
    [merchantId, customerIds],
  )
  return rows
}

/** Locks it until the transaction ends, so that its counter goes up one use at a time. */
export async function lockPasskey(db: Queryable, merchantId: string, credentialId: string): Promise<PasskeyRow | null> {
  const { rows } = await db.query<PasskeyRow>(
    `select ${PASSKEY} from customer_passkey where merchant_id = $1 and credential_id = $2 for update`,
    [merchantId, credentialId],
  )
  return rows[0] ?? null
}

export async function notePasskeyUse(
  db: Queryable,
  merchantId: string,
  use: { id: string; counter: number; at: Date },
): Promise<void> {
  await db.query('update customer_passkey set counter = $3, last_used_at = $4 where merchant_id = $1 and id = $2', [
    merchantId,
    use.id,
    use.counter,
    use.at,
  ])
}

/** Without `id`, all of them. Answers how many went. */
export async function deletePasskeys(
  db: Queryable,
  merchantId: string,
  of: { customerIds: string[]; id?: string },
): Promise<number> {
  const { rowCount } = await db.query(
    `delete from customer_passkey
     where customer_id = any ($2) and merchant_id = $1 and ($3::text is null or id = $3)`,
    [merchantId, of.customerIds, of.id ?? null],
  )
  return rowCount ?? 0
}

export interface ChallengeRow {
  id: string
  customer_id: string | null
  challenge: string
  created_at: Date
  expires_at: Date
}

export async function insertChallenge(db: Queryable, merchantId: string, row: ChallengeRow): Promise<void> {
  await db.query(
    `insert into passkey_challenge (merchant_id, id, customer_id, challenge, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [merchantId, row.id, row.customer_id, row.challenge, row.created_at, row.expires_at],
  )
}

/** Uses a challenge up, whatever comes of it; null for one that is used, expired, unknown or another's. */
export async function takeChallenge(
  db: Queryable,
  merchantId: string,
  of: { id: string; customerId: string | null; at: Date },
): Promise<string | null> {
  const { rows } = await db.query<{ challenge: string }>(
    `update passkey_challenge set used_at = $4
     where merchant_id = $1 and id = $2 and customer_id is not distinct from $3 and used_at is null and expires_at > $4
     returning challenge`,
    [merchantId, of.id, of.customerId, of.at],
  )
  return rows[0]?.challenge ?? null
}

/** Deletes up to `limit` of each that ended before `before`; answers how many. */
export async function deleteEndedBefore(db: Queryable, before: Date, limit: number): Promise<number> {
  const { rows } = await db.query<{ gone: number }>(
    `with codes as (
       delete from sign_in_code where (merchant_id, id) in
         (select merchant_id, id from sign_in_code where created_at < $1 order by created_at limit $2) returning 1),
     challenges as (
       delete from passkey_challenge where (merchant_id, id) in
         (select merchant_id, id from passkey_challenge where created_at < $1 order by created_at limit $2) returning 1),
     sessions as (
       delete from customer_session where (merchant_id, id) in
         (select merchant_id, id from customer_session where expires_at < $1 order by expires_at limit $2) returning 1)
     select ((select count(*) from codes) + (select count(*) from challenges) + (select count(*) from sessions))::int as gone`,
    [before, limit],
  )
  return rows[0]?.gone ?? 0
}

/** Forgets the codes of an address, hashed. */
export async function deleteCodesOf(db: Queryable, merchantId: string, emailHashes: string[]): Promise<void> {
  await db.query('delete from sign_in_code where merchant_id = $1 and email_hash = any ($2)', [merchantId, emailHashes])
}
