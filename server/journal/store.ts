// The SQL of journals. Everything is found by the primary key.

import type { Queryable, Tx } from '../db/pool.ts'

export interface JournalRow {
  merchant_id: string
  register_id: string
  seq: bigint
  kind: string
  subject_id: string
  body: string
  at: Date
  previous_hash: Buffer
  hash: Buffer
  signature: Buffer
  key_id: string
}

export interface JournalEnd {
  seq: bigint
  hash: Buffer
}

const COLUMNS = 'merchant_id, register_id, seq, kind, subject_id, body, at, previous_hash, hash, signature, key_id'

/** Where a journal ends, held until the transaction does: whoever appends next waits. `first` is where a new one begins. */
export async function lockEnd(
  tx: Tx,
  merchantId: string,
  { registerId, first }: { registerId: string; first: Buffer },
): Promise<JournalEnd> {
  await tx.query(
    `insert into journal_end (merchant_id, register_id, seq, hash) values ($1, $2, 0, $3)
     on conflict (merchant_id, register_id) do nothing`,
    [merchantId, registerId, first],
  )
  const { rows } = await tx.query<JournalEnd>(
    'select seq, hash from journal_end where merchant_id = $1 and register_id = $2 for update',
    [merchantId, registerId],
  )
  return rows[0] as JournalEnd
}

export async function insertEntry(tx: Tx, row: JournalRow): Promise<void> {
  await tx.query(`insert into journal_entry (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, [
    row.merchant_id,
    row.register_id,
    row.seq,
    row.kind,
    row.subject_id,
    row.body,
    row.at,
    row.previous_hash,
    row.hash,
    row.signature,
    row.key_id,
  ])
  await tx.query('update journal_end set seq = $3, hash = $4 where merchant_id = $1 and register_id = $2', [
    row.merchant_id,
    row.register_id,
    row.seq,
    row.hash,
  ])
}

/** Entries of one register after `after`, in order; one more than `limit` where a page is asked for. */
export async function listEntries(
  db: Queryable,
  merchantId: string,
  of: { registerId: string; after: bigint; limit: number },
): Promise<JournalRow[]> {
  const { rows } = await db.query<JournalRow>(
    `select ${COLUMNS} from journal_entry where merchant_id = $1 and register_id = $2 and seq > $3 order by seq limit $4`,
    [merchantId, of.registerId, of.after, of.limit],
  )
  return rows
}

/** Every journal there is, of one merchant or of all; also one of which only the end, or only entries, are left. */
export async function listJournals(
  db: Queryable,
  merchantId: string | null,
): Promise<{ merchant_id: string; register_id: string }[]> {
  const { rows } = await db.query<{ merchant_id: string; register_id: string }>(
    `select merchant_id, register_id from journal_end where $1::text is null or merchant_id = $1
     union select merchant_id, register_id from journal_entry where $1::text is null or merchant_id = $1
     order by 1, 2`,
    [merchantId],
  )
  return rows
}

export async function readEnd(db: Queryable, merchantId: string, registerId: string): Promise<JournalEnd | null> {
  const { rows } = await db.query<JournalEnd>(
    'select seq, hash from journal_end where merchant_id = $1 and register_id = $2',
    [merchantId, registerId],
  )
  return rows[0] ?? null
}

/** Keeps the public half of a key; nothing when it is kept. */
export async function keepKey(
  db: Queryable,
  key: { key_id: string; public_key: Buffer; first_used: Date },
): Promise<void> {
  await db.query(
    'insert into journal_key (key_id, public_key, first_used) values ($1, $2, $3) on conflict (key_id) do nothing',
    [key.key_id, key.public_key, key.first_used],
  )
}

export async function listKeys(db: Queryable): Promise<{ key_id: string; public_key: Buffer; first_used: Date }[]> {
  const { rows } = await db.query<{ key_id: string; public_key: Buffer; first_used: Date }>(
    'select key_id, public_key, first_used from journal_key order by first_used, key_id',
  )
  return rows
}

/**
 * The first entry about something, at or after a number it cannot be before: a receipt's entry is never before its own number. Reads on
 * from there by the primary key, past the few entries about other things.
 */
export async function entryAbout(
  db: Queryable,
  merchantId: string,
  of: { registerId: string; subjectId: string; from: bigint },
): Promise<JournalRow | null> {
  const { rows } = await db.query<JournalRow>(
    `select ${COLUMNS} from journal_entry
     where merchant_id = $1 and register_id = $2 and seq >= $4 and subject_id = $3 order by seq limit 1`,
    [merchantId, of.registerId, of.subjectId, of.from],
  )
  return rows[0] ?? null
}
