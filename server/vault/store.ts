// The vault's SQL. Tables: vault_key, vault_card, token, instrument. Nothing here ever holds a card number or CVC in clear.

import type { Lanes } from '../db/lanes.ts'
import { scopedKey } from '../db/load-many.ts'
import type { Queryable } from '../db/pool.ts'
import type { WrappedKey } from './keys.ts'

export type KeyPurpose = 'data' | 'fingerprint'

export interface KeyRow {
  merchant_id: string
  purpose: KeyPurpose
  version: number
  master_version: number
  wrapped_key: Buffer
}

/** What may be told about a card: enough to recognise it, never enough to pay with it. */
export interface CardFacts {
  brand: string
  /** First 8 digits, or 6 for numbers shorter than 16. */
  bin: string
  last4: string
  exp_month: number
  exp_year: number
  /** The same for the same number at one merchant, in every channel; differs between merchants. */
  fingerprint: string
}

export interface CardRow extends CardFacts {
  card_id: string
  ciphertext: Buffer
}

export interface TokenRow extends CardRow {
  merchant_id: string
  id: string
  created_at: Date
  expires_at: Date
  used_by_operation: string | null
}

export interface InstrumentRow extends CardRow {
  merchant_id: string
  id: string
  customer_id: string | null
  order_id: string | null
  network_reference: string | null
  created_at: Date
}

const CARD_COLUMNS = 'c.id as card_id, c.ciphertext, c.brand, c.bin, c.last4, c.exp_month, c.exp_year, c.fingerprint'
const TOKEN = `select t.merchant_id, t.id, t.created_at, t.expires_at, t.used_by_operation, ${CARD_COLUMNS}
  from token t join vault_card c on c.merchant_id = t.merchant_id and c.id = t.card_id`
const INSTRUMENT = `select i.merchant_id, i.id, i.customer_id, i.order_id, i.network_reference, i.created_at, ${CARD_COLUMNS}
  from instrument i join vault_card c on c.merchant_id = i.merchant_id and c.id = i.card_id`

/** Whether any merchant has keys yet: then the master key file must exist already. */
export async function hasKeys(db: Queryable): Promise<boolean> {
  return (await db.query('select 1 from vault_key limit 1')).rows.length > 0
}

export async function readKeys(db: Queryable, merchantId: string): Promise<KeyRow[]> {
  const found = await db.query<KeyRow>(
    `select merchant_id, purpose, version, master_version, wrapped_key from vault_key
     where merchant_id = $1 order by purpose, version`,
    [merchantId],
  )
  return found.rows
}

/** Adds a key unless that version exists: of two processes that make a merchant's first key, one wins, both read it. */
export async function insertKey(
  db: Queryable,
  key: { merchantId: string; purpose: KeyPurpose; version: number; wrapped: WrappedKey; at: Date },
): Promise<void> {
  await db.query(
    `insert into vault_key (merchant_id, purpose, version, master_version, wrapped_key, created_at)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [key.merchantId, key.purpose, key.version, key.wrapped.masterVersion, key.wrapped.bytes, key.at],
  )
}

/** Keys still wrapped by a master key older than `masterVersion`; index vault_key_by_master. */
export async function readStaleKeys(db: Queryable, masterVersion: number, limit: number): Promise<KeyRow[]> {
  const found = await db.query<KeyRow>(
    `select merchant_id, purpose, version, master_version, wrapped_key from vault_key
     where master_version < $1 order by master_version limit $2`,
    [masterVersion, limit],
  )
  return found.rows
}

/** Replaces the wrapping of one key, unless another process did it first. */
export async function replaceWrapping(db: Queryable, key: KeyRow, wrapped: WrappedKey): Promise<void> {
  await db.query(
    `update vault_key set master_version = $5, wrapped_key = $6
     where merchant_id = $1 and purpose = $2 and version = $3 and master_version = $4`,
    [key.merchant_id, key.purpose, key.version, key.master_version, wrapped.masterVersion, wrapped.bytes],
  )
}

export interface NewToken {
  tokenId: string
  /** What `ciphertext` is bound to; stands only when the merchant does not have the card yet. */
  cardId: string
  ciphertext: Buffer
  keyVersion: number
  facts: CardFacts
  at: Date
  expiresAt: Date
}

/** Keeps a card and makes its token, in one group commit; see vault_tokenise. Gives the id of the card that stands. */
export async function insertToken(lanes: Lanes, merchantId: string, token: NewToken): Promise<string> {
  const answer = await lanes.commit('vault_tokenise', merchantId, {
    token_id: token.tokenId,
    card_id: token.cardId,
    ciphertext: token.ciphertext.toString('base64'),
    key_version: token.keyVersion,
    ...token.facts,
    at: token.at,
    expires_at: token.expiresAt,
  })
  return answer['card_id'] as string
}

/** Puts a newer sealing of a card in place of whatever is there. */
export async function replaceSeal(
  db: Queryable,
  merchantId: string,
  card: { id: string; ciphertext: Buffer; keyVersion: number },
): Promise<void> {
  await db.query('update vault_card set ciphertext = $3, key_version = $4 where merchant_id = $1 and id = $2', [
    merchantId,
    card.id,
    card.ciphertext,
    card.keyVersion,
  ])
}

/** Cards under keys older than `keyVersion`; index vault_card_by_key. */
export async function readStaleCards(
  db: Queryable,
  merchantId: string,
  keyVersion: number,
  limit: number,
): Promise<{ id: string; ciphertext: Buffer }[]> {
  const found = await db.query<{ id: string; ciphertext: Buffer }>(
    `select id, ciphertext from vault_card where merchant_id = $1 and key_version < $2
     order by key_version, id limit $3`,
    [merchantId, keyVersion, limit],
  )
  return found.rows
}

/** Re-seals cards in one statement; a card that was sealed anew meanwhile is left alone. Returns how many changed. */
export async function replaceSeals(
  db: Queryable,
  merchantId: string,
  keyVersion: number,
  cards: { id: string; before: Buffer; after: Buffer }[],
): Promise<number> {
  const updated = await db.query(
    `update vault_card c set ciphertext = n.after, key_version = $2
     from unnest($3::text[], $4::bytea[], $5::bytea[]) as n(id, before, after)
     where c.merchant_id = $1 and c.id = n.id and c.ciphertext = n.before`,
    [
      merchantId,
      keyVersion,
      cards.map((card) => card.id),
      cards.map((card) => card.before),
      cards.map((card) => card.after),
    ],
  )
  return updated.rowCount ?? 0
}

/** Primary key look-ups of token and card, one batch. */
export async function readTokens(
  db: Queryable,
  merchantIds: readonly string[],
  ids: readonly string[],
): Promise<Map<string, TokenRow>> {
  const found = await db.query<TokenRow>(
    `${TOKEN} join unnest($1::text[], $2::text[]) k (merchant_id, id) on t.merchant_id = k.merchant_id and t.id = k.id`,
    [merchantIds, ids],
  )
  return new Map(found.rows.map((row) => [scopedKey(row.merchant_id, row.id), row]))
}

/** Live instruments only; a revoked one is as if it were not there. */
export async function readInstruments(
  db: Queryable,
  merchantIds: readonly string[],
  ids: readonly string[],
): Promise<Map<string, InstrumentRow>> {
  const found = await db.query<InstrumentRow>(
    `${INSTRUMENT} join unnest($1::text[], $2::text[]) k (merchant_id, id) on i.merchant_id = k.merchant_id and i.id = k.id
     where i.revoked_at is null`,
    [merchantIds, ids],
  )
  return new Map(found.rows.map((row) => [scopedKey(row.merchant_id, row.id), row]))
}

/** A customer's live instruments, newest first, older than the instrument `before`; index instrument_by_customer. */
export async function readInstrumentsOf(
  db: Queryable,
  merchantId: string,
  customerId: string,
  page: { before: string | null; limit: number },
): Promise<InstrumentRow[]> {
  const found = await db.query<InstrumentRow>(
    `${INSTRUMENT} where i.merchant_id = $1 and i.customer_id = $2 and i.revoked_at is null
       and ($3::text is null or i.id < $3) order by i.id desc limit $4`,
    [merchantId, customerId, page.before, page.limit],
  )
  return found.rows
}

/** Uses up tokens for whatever uses them; see vault_use_tokens in 0004_vault.sql. False when refused. */
export async function useToken(
  db: Queryable,
  merchantId: string,
  use: { tokenId: string; usedBy: string; at: Date },
): Promise<boolean> {
  const refused = await db.query('select 1 from vault_use_tokens($1, $2, $3, $4)', [
    merchantId,
    [use.tokenId],
    [use.usedBy],
    use.at,
  ])
  return refused.rows.length === 0
}

export async function insertInstrument(
  db: Queryable,
  merchantId: string,
  instrument: { id: string; cardId: string; customerId: string | null; orderId: string | null; at: Date },
): Promise<void> {
  const row = {
    instrument_id: instrument.id,
    card_id: instrument.cardId,
    customer_id: instrument.customerId,
    order_id: instrument.orderId,
    network_reference: null,
    at: instrument.at,
  }
  await db.query('select vault_save_instruments($1, $2)', [merchantId, JSON.stringify([row])])
}

/** False when there is no such live instrument of that customer. */
export async function revoke(
  db: Queryable,
  merchantId: string,
  instrument: { id: string; customerId: string; at: Date },
): Promise<boolean> {
  const updated = await db.query(
    `update instrument set revoked_at = $4
     where merchant_id = $1 and id = $2 and customer_id = $3 and revoked_at is null`,
    [merchantId, instrument.id, instrument.customerId, instrument.at],
  )
  return updated.rowCount === 1
}

/** Ends every instrument of some customers. */
export async function revokeAllOf(
  db: Queryable,
  merchantId: string,
  end: { customerIds: string[]; at: Date },
): Promise<void> {
  await db.query(
    `update instrument set revoked_at = $3
     where customer_id = any ($2) and merchant_id = $1 and revoked_at is null`,
    [merchantId, end.customerIds, end.at],
  )
}

/** Ends an order's instrument. */
export async function revokeOfOrder(
  db: Queryable,
  merchantId: string,
  instrument: { id: string; orderId: string; at: Date },
): Promise<void> {
  await db.query(
    `update instrument set revoked_at = $4
     where merchant_id = $1 and id = $2 and order_id = $3 and revoked_at is null`,
    [merchantId, instrument.id, instrument.orderId, instrument.at],
  )
}

export async function hasCustomer(db: Queryable, merchantId: string, customerId: string): Promise<boolean> {
  const found = await db.query<{ known: boolean }>('select vault_has_customer($1, $2) as known', [
    merchantId,
    customerId,
  ])
  return found.rows[0]?.known === true
}

/** Gives live instruments of one customer to another, all or those named; answers which. Served by instrument_by_customer. */
export async function moveInstruments(
  db: Queryable,
  merchantId: string,
  move: { ids?: string[]; from: string; to: string },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `update instrument set customer_id = $3
     where merchant_id = $1 and customer_id = $2 and revoked_at is null and ($4::text[] is null or id = any ($4)) returning id`,
    [merchantId, move.from, move.to, move.ids ?? null],
  )
  return rows.map(({ id }) => id)
}
