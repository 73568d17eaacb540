// The SQL of tills: devices, pairing codes, sessions, guesses. What stands in a request's header is found by the unique index
// of its hash, over all merchants, because it is what tells the merchant; everything else by the primary key.

import type { Queryable } from '../db/pool.ts'

export interface DeviceRow {
  id: string
  register_id: string
  name: string
  paired_at: Date
  revoked_at: Date | null
}

const DEVICE = 'id, register_id, name, paired_at, revoked_at'

export async function insertDevice(
  db: Queryable,
  merchantId: string,
  row: DeviceRow & { key_hash: Buffer },
): Promise<void> {
  await db.query(
    `insert into till_device (merchant_id, id, register_id, name, key_hash, paired_at) values ($1, $2, $3, $4, $5, $6)`,
    [merchantId, row.id, row.register_id, row.name, row.key_hash, row.paired_at],
  )
}

/** The device of a key, and whose it is; null for a key that is unknown or was revoked. */
export async function findDevice(
  db: Queryable,
  keyHash: Buffer,
): Promise<(DeviceRow & { merchant_id: string }) | null> {
  const { rows } = await db.query<DeviceRow & { merchant_id: string }>(
    `select merchant_id, ${DEVICE} from till_device where key_hash = $1 and revoked_at is null`,
    [keyHash],
  )
  return rows[0] ?? null
}

export async function readDevice(db: Queryable, merchantId: string, id: string): Promise<DeviceRow | null> {
  const { rows } = await db.query<DeviceRow>(`select ${DEVICE} from till_device where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

/** In order of id, one more than `limit`; of one register where one is named. */
export async function listDevices(
  db: Queryable,
  merchantId: string,
  page: { limit: number; cursor?: string | undefined; register_id?: string | undefined },
): Promise<DeviceRow[]> {
  const { rows } = await db.query<DeviceRow>(
    `select ${DEVICE} from till_device
     where merchant_id = $1 and id > $2 and ($3::text is null or register_id = $3) order by id limit $4`,
    [merchantId, page.cursor ?? '', page.register_id ?? null, page.limit + 1],
  )
  return rows
}

/** Ends a device for good; the first moment stays. False when the merchant has no such device. */
export async function revokeDevice(
  db: Queryable,
  merchantId: string,
  { id, at }: { id: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await db.query(
    'update till_device set revoked_at = coalesce(revoked_at, $3) where merchant_id = $1 and id = $2',
    [merchantId, id, at],
  )
  return rowCount === 1
}

export async function insertPairingCode(
  db: Queryable,
  merchantId: string,
  row: { id: string; register_id: string; code_hash: Buffer; created_at: Date; expires_at: Date },
): Promise<void> {
  await db.query(
    `insert into pairing_code (merchant_id, id, register_id, code_hash, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)`,
    [merchantId, row.id, row.register_id, row.code_hash, row.created_at, row.expires_at],
  )
}

/** Uses a code up, in one statement: of two devices at the same moment one finds it used. Null for one that opens nothing. */
export async function usePairingCode(
  db: Queryable,
  { codeHash, at }: { codeHash: Buffer; at: Date },
): Promise<{ merchant_id: string; register_id: string } | null> {
  const { rows } = await db.query<{ merchant_id: string; register_id: string }>(
    `update pairing_code set used_at = $2 where code_hash = $1 and used_at is null and expires_at > $2
     returning merchant_id, register_id`,
    [codeHash, at],
  )
  return rows[0] ?? null
}

export interface SessionRow {
  id: string
  device_id: string
  staff_id: string
  created_at: Date
  expires_at: Date
}

/** Signs somebody in at a device, and whoever was there out. The device's row is locked: two at once follow each other. */
export async function replaceSession(
  db: Queryable,
  merchantId: string,
  row: SessionRow & { token_hash: Buffer },
): Promise<void> {
  await db.query('select 1 from till_device where merchant_id = $1 and id = $2 for update', [merchantId, row.device_id])
  await endSessions(db, merchantId, { device_id: row.device_id, at: row.created_at })
  await db.query(
    `insert into till_session (merchant_id, id, device_id, staff_id, token_hash, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [merchantId, row.id, row.device_id, row.staff_id, row.token_hash, row.created_at, row.expires_at],
  )
}

/** Ends whatever session a device has. */
export async function endSessions(
  db: Queryable,
  merchantId: string,
  { device_id, at }: { device_id: string; at: Date },
): Promise<void> {
  await db.query(
    'update till_session set ended_at = $3 where merchant_id = $1 and device_id = $2 and ended_at is null',
    [merchantId, device_id, at],
  )
}

/** An open session with its device, by the token's hash; null when either has ended. */
export async function findSession(
  db: Queryable,
  { tokenHash, at }: { tokenHash: Buffer; at: Date },
): Promise<(SessionRow & { merchant_id: string; register_id: string }) | null> {
  const { rows } = await db.query<SessionRow & { merchant_id: string; register_id: string }>(
    `select s.merchant_id, s.id, s.device_id, s.staff_id, s.created_at, s.expires_at, d.register_id
     from till_session s join till_device d on d.merchant_id = s.merchant_id and d.id = s.device_id
     where s.token_hash = $1 and s.ended_at is null and s.expires_at > $2 and d.revoked_at is null`,
    [tokenHash, at],
  )
  return rows[0] ?? null
}

export async function readSession(db: Queryable, merchantId: string, id: string): Promise<SessionRow | null> {
  const { rows } = await db.query<SessionRow>(
    'select id, device_id, staff_id, created_at, expires_at from till_session where merchant_id = $1 and id = $2',
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Somebody, or something, that guesses: how many guesses are free, and for how long the first one too many locks. */
export interface Guesser {
  subject: string
  free: number
  lockS: number
}

/** Whoever guesses without a merchant to be known by. */
export const NO_MERCHANT = ''

/**
 * Counts a guess of these at once (`pin_begin` of migration 0048), the first of which is the one whose tries are told. Answers the
 * seconds to wait, or 0 and which try in a row it is. The caller says `forgetGuesses` when it was right.
 */
export async function countGuess(
  db: Queryable,
  merchantId: string,
  { at, guessers }: { at: Date; guessers: readonly Guesser[] },
): Promise<{ waitS: number; guess: number }> {
  const { rows } = await db.query<{ wait_s: number; guess: number }>('select * from pin_begin($1, $2, $3, $4, $5)', [
    merchantId,
    at,
    guessers.map(({ subject }) => subject),
    guessers.map(({ free }) => free),
    guessers.map(({ lockS }) => lockS),
  ])
  const { wait_s, guess } = rows[0] as { wait_s: number; guess: number }
  return { waitS: wait_s, guess }
}

export async function forgetGuesses(db: Queryable, merchantId: string, subjects: readonly string[]): Promise<void> {
  await db.query('delete from pin_guess where merchant_id = $1 and subject = any ($2)', [merchantId, subjects])
}

/** Removes what is counted of addresses that have not guessed for a day. */
export async function forgetOldAddresses(db: Queryable, at: Date): Promise<void> {
  await db.query(`delete from pin_guess where merchant_id = $1 and locked_until < $2::timestamptz - interval '1 day'`, [
    NO_MERCHANT,
    at,
  ])
}
