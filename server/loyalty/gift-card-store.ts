// The SQL of gift cards and their programmes. A card is an account (store.ts) and what is known of the card itself.

import type { Queryable } from '../db/pool.ts'
import type { ValueRow } from './store.ts'

export interface ProgrammeRow {
  code: string
  name: string
  voucher: 'single_purpose' | 'multi_purpose'
  tax_category: string | null
  tax_rate_bp: number | null
  months_valid: number | null
  has_pin: boolean
  /** Articles whose sale issues cards of this programme. */
  skus: string[]
  version: number
  updated_at: Date
}

const PROGRAMME = 'code, name, voucher, tax_category, tax_rate_bp, months_valid, has_pin, skus, version, updated_at'

/** Writes a programme whole; the next version when it is there. Cards issued before keep what they were issued with. */
export async function writeProgramme(
  db: Queryable,
  merchantId: string,
  programme: Omit<ProgrammeRow, 'version'>,
): Promise<ProgrammeRow> {
  const { code, name, voucher, tax_category, tax_rate_bp, months_valid, has_pin, skus, updated_at } = programme
  const { rows } = await db.query<ProgrammeRow>(
    `insert into gift_card_programme as p (merchant_id, code, name, voucher, tax_category, tax_rate_bp, months_valid, has_pin, skus, version, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $10, 1, $9)
    on conflict (merchant_id, code) do update set name = $3, voucher = $4, tax_category = $5, tax_rate_bp = $6, months_valid = $7,
      has_pin = $8, skus = $10, version = p.version + 1, updated_at = $9
    returning ${PROGRAMME}`,
    [merchantId, code, name, voucher, tax_category, tax_rate_bp, months_valid, has_pin, updated_at, skus],
  )
  return rows[0] as ProgrammeRow
}

export async function readProgramme(db: Queryable, merchantId: string, code: string): Promise<ProgrammeRow | null> {
  const { rows } = await db.query<ProgrammeRow>(
    `select ${PROGRAMME} from gift_card_programme where merchant_id = $1 and code = $2`,
    [merchantId, code],
  )
  return rows[0] ?? null
}

/** The programme that an article's cards follow, or null. A merchant has a handful of programmes: they are all looked at. */
export async function programmeOfSku(db: Queryable, merchantId: string, sku: string): Promise<string | null> {
  const { rows } = await db.query<{ code: string }>(
    'select code from gift_card_programme where merchant_id = $1 and $2 = any (skus) order by code limit 1',
    [merchantId, sku],
  )
  return rows[0]?.code ?? null
}

/** Of these articles those whose cards are single-purpose vouchers, with their VAT. */
export async function singlePurposeOf(
  db: Queryable,
  merchantId: string,
  skus: readonly string[],
): Promise<Map<string, { category: string; rate_bp: number }>> {
  // The first programme that names an article is the one its cards follow, as in programmeOfSku.
  const { rows } = await db.query<{ sku: string; voucher: string; category: string; rate_bp: number }>(
    `select distinct on (s.sku) s.sku, p.voucher, p.tax_category as category, p.tax_rate_bp as rate_bp
    from unnest($2::text[]) s (sku) join gift_card_programme p on p.merchant_id = $1 and s.sku = any (p.skus)
    order by s.sku, p.code`,
    [merchantId, skus],
  )
  const vouchers = rows.filter(({ voucher }) => voucher === 'single_purpose')
  return new Map(vouchers.map(({ sku, category, rate_bp }) => [sku, { category, rate_bp }]))
}

/** The VAT in what single-purpose vouchers paid of these payments, less what went back onto them. Served by stored_value_operation_by_payment. */
export async function taxPrepaidOf(db: Queryable, merchantId: string, paymentIds: readonly string[]): Promise<bigint> {
  const { rows } = await db.query<{ tax: bigint }>(
    `select coalesce(sum(voucher_vat(e.balance_after - e.units, g.tax_rate_bp) - voucher_vat(e.balance_after, g.tax_rate_bp)), 0)::bigint as tax
    from stored_value_operation o
    join gift_card g on g.merchant_id = $1 and g.id = o.account_id and g.voucher = 'single_purpose'
    join stored_value_entry e on e.ref_id = o.id and e.merchant_id = $1 and e.type in ('redeem', 'reverse_redeem')
    where o.payment_id = any ($2) and o.merchant_id = $1`,
    [merchantId, paymentIds],
  )
  return rows[0]?.tax ?? 0n
}

/** All of a merchant: they are a handful, and the list is bounded all the same. */
export async function listProgrammes(db: Queryable, merchantId: string): Promise<ProgrammeRow[]> {
  const { rows } = await db.query<ProgrammeRow>(
    `select ${PROGRAMME} from gift_card_programme where merchant_id = $1 order by code limit 100`,
    [merchantId],
  )
  return rows
}

/** A card with its balance. */
export interface GiftCardRow extends ValueRow {
  currency: string
  last4: string
  has_pin: boolean
  programme: string | null
  voucher: 'single_purpose' | 'multi_purpose'
  tax_category: string | null
  tax_rate_bp: number | null
  order_id: string | null
  line_id: string | null
  unit: bigint | null
  replaces: string | null
}

const CARD = `v.id, v.kind, v.currency, v.customer_id, v.state, v.balance, v.held, v.pending, v.expires_at, v.version, v.created_at,
  g.last4, g.has_pin, g.programme, g.voucher, g.tax_category, g.tax_rate_bp, g.order_id, g.line_id, g.unit, g.replaces`
const CARDS = 'gift_card g join stored_value v on v.merchant_id = g.merchant_id and v.id = g.id'

export interface NewGiftCard {
  id: string
  currency: string
  customer_id: string | null
  expires_at: Date | null
  code_hash: string
  last4: string
  has_pin: boolean
  programme: string | null
  voucher: 'single_purpose' | 'multi_purpose'
  tax_category: string | null
  tax_rate_bp: number | null
  order_id: string | null
  line_id: string | null
  unit: bigint | null
  replaces: string | null
  request_key: string | null
}

/**
 * Writes an empty, inactive card. False when its request or its order's unit has a card already: then nothing is written, and
 * the other card can be read, because whoever made it has committed.
 */
export async function insertGiftCard(db: Queryable, merchantId: string, card: NewGiftCard, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into gift_card (merchant_id, id, code_hash, last4, has_pin, programme, voucher, tax_category, tax_rate_bp, order_id,
      line_id, unit, replaces, request_key)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) on conflict do nothing`,
    [
      merchantId,
      card.id,
      card.code_hash,
      card.last4,
      card.has_pin,
      card.programme,
      card.voucher,
      card.tax_category,
      card.tax_rate_bp,
      card.order_id,
      card.line_id,
      card.unit,
      card.replaces,
      card.request_key,
    ],
  )
  if (rowCount === 0) return false
  await db.query(
    `insert into stored_value (merchant_id, id, kind, currency, customer_id, state, expires_at, created_at, updated_at)
    values ($1, $2, 'gift_card', $3, $4, 'inactive', $5, $6, $6)`,
    [merchantId, card.id, card.currency, card.customer_id, card.expires_at, at],
  )
  return true
}

export async function readGiftCard(db: Queryable, merchantId: string, id: string): Promise<GiftCardRow | null> {
  const { rows } = await db.query<GiftCardRow>(`select ${CARD} from ${CARDS} where g.merchant_id = $1 and g.id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

/** The card of a code's hash. Served by gift_card_by_code. */
export async function findByCode(
  db: Queryable,
  merchantId: string,
  hash: string,
): Promise<(GiftCardRow & { pin_locked_until: Date | null }) | null> {
  const { rows } = await db.query<GiftCardRow & { pin_locked_until: Date | null }>(
    `select ${CARD}, g.pin_locked_until from ${CARDS} where g.code_hash = $2 and g.merchant_id = $1`,
    [merchantId, hash],
  )
  return rows[0] ?? null
}

/** The card that was issued under an Idempotency-Key. Served by gift_card_by_request. */
export async function findByRequest(db: Queryable, merchantId: string, key: string): Promise<GiftCardRow | null> {
  const { rows } = await db.query<GiftCardRow>(
    `select ${CARD} from ${CARDS} where g.request_key = $2 and g.merchant_id = $1`,
    [merchantId, key],
  )
  return rows[0] ?? null
}

/** Cards issued for an order, by line and unit. Served by gift_card_by_order. */
export async function cardsOfOrder(db: Queryable, merchantId: string, orderId: string): Promise<GiftCardRow[]> {
  const { rows } = await db.query<GiftCardRow>(
    `select ${CARD} from ${CARDS} where g.order_id = $2 and g.merchant_id = $1 order by g.line_id, g.unit`,
    [merchantId, orderId],
  )
  return rows
}

/** Cards newest first, after `cursor`; one more than `limit`. Served by the primary key. */
export async function listGiftCards(
  db: Queryable,
  merchantId: string,
  wanted: { limit: number; cursor?: string | undefined },
): Promise<GiftCardRow[]> {
  const { rows } = await db.query<GiftCardRow>(
    `select ${CARD} from ${CARDS}
    where g.merchant_id = $1 and ($2::text is null or g.id < $2) order by g.merchant_id desc, g.id desc limit $3`,
    [merchantId, wanted.cursor ?? null, wanted.limit + 1],
  )
  return rows
}

/** Makes a card one of an order's line, so that the sale of a blank card is found again. */
export async function tieToOrder(
  db: Queryable,
  merchantId: string,
  tie: { id: string; orderId: string; lineId: string; unit: bigint },
): Promise<void> {
  await db.query('update gift_card set order_id = $3, line_id = $4, unit = $5 where merchant_id = $1 and id = $2', [
    merchantId,
    tie.id,
    tie.orderId,
    tie.lineId,
    tie.unit,
  ])
}

/**
 * Takes one of the tries at a PIN before it is compared, so that guesses made at once count one by one. False when the card is
 * locked. The try that uses up `most` locks the card until `lockUntil`.
 */
export async function takePinTry(
  db: Queryable,
  merchantId: string,
  attempt: { id: string; now: Date; most: number; lockUntil: Date },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update gift_card set wrong_pins = case when wrong_pins + 1 >= $4 then 0 else wrong_pins + 1 end,
      pin_locked_until = case when wrong_pins + 1 >= $4 then $5::timestamptz end
    where merchant_id = $1 and id = $2 and (pin_locked_until is null or pin_locked_until <= $3)`,
    [merchantId, attempt.id, attempt.now, attempt.most, attempt.lockUntil],
  )
  return rowCount === 1
}

/** Gives the tries back after a right PIN. */
export async function clearPinTries(db: Queryable, merchantId: string, id: string): Promise<void> {
  await db.query('update gift_card set wrong_pins = 0, pin_locked_until = null where merchant_id = $1 and id = $2', [
    merchantId,
    id,
  ])
}

/** Cards whose time is over and that do not say so yet. Served by stored_value_expiry. */
export async function listOver(
  db: Queryable,
  now: Date,
  limit: number,
): Promise<{ merchant_id: string; id: string }[]> {
  const { rows } = await db.query<{ merchant_id: string; id: string }>(
    `select merchant_id, id from stored_value
    where state in ('active', 'depleted') and expires_at is not null and expires_at <= $1
    order by expires_at limit $2`,
    [now, limit],
  )
  return rows
}
