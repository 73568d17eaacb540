// The SQL of offline sales: keys, documents and their chains, what became of them. Documents and links are only ever added
// (migration 0054); by the primary key unless said.

import type { Queryable, Tx } from '../db/pool.ts'

export interface KeyRow {
  id: string
  device_id: string
  public_key: Buffer
  created_at: Date
}

const KEY = 'id, device_id, public_key, created_at'

/** Adds a key of a device, unless it has it. */
export async function insertKey(tx: Tx, merchantId: string, row: KeyRow): Promise<void> {
  await tx.query(
    `insert into offline_key (merchant_id, ${KEY}) values ($1, $2, $3, $4, $5)
     on conflict (merchant_id, device_id, public_key) do nothing`,
    [merchantId, row.id, row.device_id, row.public_key, row.created_at],
  )
}

/** Served by offline_key_of_device. */
export async function keyOfDevice(
  db: Queryable,
  merchantId: string,
  { deviceId, publicKey }: { deviceId: string; publicKey: Buffer },
): Promise<KeyRow | null> {
  const { rows } = await db.query<KeyRow>(
    `select ${KEY} from offline_key where merchant_id = $1 and device_id = $2 and public_key = $3`,
    [merchantId, deviceId, publicKey],
  )
  return rows[0] ?? null
}

/** Locked until the transaction ends: whoever else brings documents of its chain waits. */
export async function lockKey(tx: Tx, merchantId: string, id: string): Promise<KeyRow | null> {
  const { rows } = await tx.query<KeyRow>(
    `select ${KEY} from offline_key where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** The keys of a device, the newest first. */
export async function keysOfDevice(db: Queryable, merchantId: string, deviceId: string): Promise<KeyRow[]> {
  const { rows } = await db.query<KeyRow>(
    `select ${KEY} from offline_key where merchant_id = $1 and device_id = $2 order by id desc limit 20`,
    [merchantId, deviceId],
  )
  return rows
}

// ---- Documents and chains ------------------------------------------------------------------------------------------

export interface DocumentRow {
  id: string
  fingerprint: Buffer
  document: string
  hash: string
  signature: string
  is_signed: boolean
  sent_by: string
  received_at: Date
}

const DOCUMENT = 'id, fingerprint, document, hash, signature, is_signed, sent_by, received_at'

/** Keeps a document. False when the very same one is there, or its id is taken, also by one that is being kept this moment: nothing was done. */
export async function insertDocument(tx: Tx, merchantId: string, row: DocumentRow): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into offline_document (merchant_id, ${DOCUMENT}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict do nothing`,
    [
      merchantId,
      row.id,
      row.fingerprint,
      row.document,
      row.hash,
      row.signature,
      row.is_signed,
      row.sent_by,
      row.received_at,
    ],
  )
  return rowCount === 1
}

export async function readDocumentRow(db: Queryable, merchantId: string, id: string): Promise<DocumentRow | null> {
  const { rows } = await db.query<DocumentRow>(
    `select ${DOCUMENT} from offline_document where merchant_id = $1 and id = $2`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** The id of the very same document. Served by offline_document_by_fingerprint. */
export async function sameDocument(db: Queryable, merchantId: string, fingerprint: Buffer): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>(
    'select id from offline_document where merchant_id = $1 and fingerprint = $2',
    [merchantId, fingerprint],
  )
  return rows[0]?.id ?? null
}

/** Documents that came spoiled under this hash and stand in no chain, oldest first. Served by offline_document_by_hash. */
export async function spoiledWithHash(
  db: Queryable,
  merchantId: string,
  hash: string,
): Promise<Pick<DocumentRow, 'id' | 'document'>[]> {
  const { rows } = await db.query<Pick<DocumentRow, 'id' | 'document'>>(
    `select d.id, d.document from offline_document d
     where d.merchant_id = $1 and d.hash = $2 and not d.is_signed
       and not exists (select from offline_link l where l.merchant_id = d.merchant_id and l.document_id = d.id)
     order by d.id limit 10`,
    [merchantId, hash],
  )
  return rows
}

export interface LinkRow {
  key_id: string
  sequence: bigint
  document_id: string
  previous_hash: string
  hash: string
}

export async function insertLink(tx: Tx, merchantId: string, row: LinkRow): Promise<void> {
  await tx.query(
    `insert into offline_link (merchant_id, key_id, sequence, document_id, previous_hash, hash) values ($1, $2, $3, $4, $5, $6)`,
    [merchantId, row.key_id, row.sequence, row.document_id, row.previous_hash, row.hash],
  )
}

/** The last place of a chain; null of one without documents. */
export async function lastLink(db: Queryable, merchantId: string, keyId: string): Promise<LinkRow | null> {
  const { rows } = await db.query<LinkRow>(
    `select key_id, sequence, document_id, previous_hash, hash from offline_link
     where merchant_id = $1 and key_id = $2 order by sequence desc limit 1`,
    [merchantId, keyId],
  )
  return rows[0] ?? null
}

/** The place of a document in its chain; null of one that stands in none. Served by offline_link_of_document. */
export async function linkOfDocument(db: Queryable, merchantId: string, documentId: string): Promise<LinkRow | null> {
  const { rows } = await db.query<LinkRow>(
    `select key_id, sequence, document_id, previous_hash, hash from offline_link where merchant_id = $1 and document_id = $2`,
    [merchantId, documentId],
  )
  return rows[0] ?? null
}

// ---- What tills say of themselves ----------------------------------------------------------------------------------

export interface StateRow {
  device_id: string
  register_id: string
  queue: number
  oldest_at: Date | null
  told_at: Date
}

/** What a till says last counts; what was said before it but came later does not. */
export async function writeState(db: Queryable, merchantId: string, row: StateRow): Promise<void> {
  await db.query(
    `insert into offline_state as s (merchant_id, device_id, register_id, queue, oldest_at, told_at) values ($1, $2, $3, $4, $5, $6)
     on conflict (merchant_id, device_id) do update set queue = excluded.queue, oldest_at = excluded.oldest_at, told_at = excluded.told_at
       where s.told_at <= excluded.told_at`,
    [merchantId, row.device_id, row.register_id, row.queue, row.oldest_at, row.told_at],
  )
}

/** Tills of a register that have said since then that they have sales to hand in. Served by offline_state_waiting. */
export async function readStates(
  db: Queryable,
  merchantId: string,
  { registerId, since }: { registerId: string; since: Date },
): Promise<StateRow[]> {
  const { rows } = await db.query<StateRow>(
    `select device_id, register_id, queue, oldest_at, told_at from offline_state
     where register_id = $2 and merchant_id = $1 and queue > 0 and told_at >= $3 order by device_id`,
    [merchantId, registerId, since],
  )
  return rows
}
