// The SQL of what became of documents, and of what a person has to look at. Served by the primary key unless said.

import type { Queryable, Tx } from '../db/pool.ts'

export const STATUSES = ['accepted', 'quarantined', 'rejected'] as const
export type SaleStatus = (typeof STATUSES)[number]

export interface SaleRow {
  id: string
  /** What the document says of itself; null where it cannot be read. */
  document_id: string | null
  device_id: string | null
  register_id: string | null
  key_id: string | null
  sequence: bigint | null
  shift_id: string | null
  sold_at: Date | null
  currency: string | null
  total: bigint | null
  receipt_code: string | null
  status: SaleStatus
  reason: string | null
  reason_detail: string | null
  decided_by: string | null
  decided_at: Date | null
  decision: string | null
  order_id: string | null
  ordered_at: Date | null
  payment_id: string | null
  booked_at: Date | null
  due_at: Date | null
  attempt: number
  fault: string | null
  counted_before: boolean
  received_at: Date
  version: number
}

const COLUMNS = [
  ...[
    'id',
    'document_id',
    'device_id',
    'register_id',
    'key_id',
    'sequence',
    'shift_id',
    'sold_at',
    'currency',
    'total',
  ],
  ...['receipt_code', 'status', 'reason', 'reason_detail', 'decided_by', 'decided_at', 'decision', 'order_id'],
  ...[
    'ordered_at',
    'payment_id',
    'booked_at',
    'due_at',
    'attempt',
    'fault',
    'counted_before',
    'received_at',
    'version',
  ],
] as const satisfies readonly (keyof SaleRow)[]
const SALE = COLUMNS.join(', ')

/** A sale of which nothing is known yet but that it came. */
export function newSale(given: Pick<SaleRow, 'id' | 'status' | 'received_at'> & Partial<SaleRow>): SaleRow {
  const blank = Object.fromEntries(COLUMNS.map((name) => [name, null])) as unknown as SaleRow
  return { ...blank, attempt: 0, counted_before: false, version: 1, ...given }
}

export async function insertSale(tx: Tx, merchantId: string, row: SaleRow): Promise<void> {
  const places = COLUMNS.map((_, i) => `$${i + 2}`).join(', ')
  await tx.query(`insert into offline_sale (merchant_id, ${SALE}) values ($1, ${places})`, [
    merchantId,
    ...COLUMNS.map((name) => row[name]),
  ])
}

export async function readSale(db: Queryable, merchantId: string, id: string): Promise<SaleRow | null> {
  const { rows } = await db.query<SaleRow>(`select ${SALE} from offline_sale where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

/** Locked until the transaction ends: every step of a sale comes after the other. */
export async function lockSale(tx: Tx, merchantId: string, id: string): Promise<SaleRow | null> {
  const { rows } = await tx.query<SaleRow>(
    `select ${SALE} from offline_sale where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Writes what has changed of a sale whose row is locked. */
export async function updateSale(
  tx: Tx,
  merchantId: string,
  id: string,
  change: Partial<Omit<SaleRow, 'id'>>,
): Promise<void> {
  const names = COLUMNS.filter((name) => name !== 'id' && name in change)
  const sets = names.map((name, i) => `${name} = $${i + 3}`).join(', ')
  await tx.query(`update offline_sale set ${sets} where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
    ...names.map((name) => (change as SaleRow)[name]),
  ])
}

/** Sales whose booking has to go on, of all merchants, longest due first. Served by offline_sale_due. */
export async function dueSales(
  db: Queryable,
  { at, limit }: { at: Date; limit: number },
): Promise<{ merchant_id: string; id: string }[]> {
  const { rows } = await db.query<{ merchant_id: string; id: string }>(
    'select merchant_id, id from offline_sale where due_at <= $1 order by due_at limit $2',
    [at, limit],
  )
  return rows
}

export interface SaleFilter {
  limit: number
  cursor?: string | undefined
  status?: SaleStatus | undefined
  register_id?: string | undefined
  has_reviews?: boolean | undefined
}

/** Newest first, one more than `limit`. Served by offline_sale_by_register, by_status, or the primary key. */
export async function listSales(db: Queryable, merchantId: string, of: SaleFilter): Promise<SaleRow[]> {
  const { rows } = await db.query<SaleRow>(
    `select ${SALE} from offline_sale s
     where merchant_id = $1 and ($2::text is null or id < $2) and ($3::text is null or status = $3)
       and ($4::text is null or register_id = $4) and ($5::boolean is null or $5 = exists (
         select from offline_review r where r.merchant_id = s.merchant_id and r.sale_id = s.id and r.resolved_at is null))
     order by id desc limit $6`,
    [merchantId, of.cursor ?? null, of.status ?? null, of.register_id ?? null, of.has_reviews ?? null, of.limit + 1],
  )
  return rows
}

/** When the document before this one in its chain says it was sold; null where that is not known. */
export async function soldBefore(
  db: Queryable,
  merchantId: string,
  { key_id, sequence }: Pick<SaleRow, 'key_id' | 'sequence'>,
): Promise<Date | null> {
  const { rows } = await db.query<{ sold_at: Date | null }>(
    `select s.sold_at from offline_link l join offline_sale s on s.merchant_id = l.merchant_id and s.id = l.document_id
     where l.merchant_id = $1 and l.key_id = $2 and l.sequence = $3::bigint - 1`,
    [merchantId, key_id, sequence],
  )
  return rows[0]?.sold_at ?? null
}

/** When an order was sold by a till alone, and the code on the paper it gave; null for any other. Served by offline_sale_by_order. */
export async function soldAlone(
  db: Queryable,
  merchantId: string,
  orderId: string,
): Promise<{ sold_at: Date; code: string } | null> {
  const { rows } = await db.query<{ sold_at: Date; code: string }>(
    `select sold_at, receipt_code as code from offline_sale where order_id = $2 and merchant_id = $1`,
    [merchantId, orderId],
  )
  return rows[0] ?? null
}

// ---- What a person has to look at ----------------------------------------------------------------------------------

export const REVIEW_CODES = [
  'price_changed',
  'tax_changed',
  'stock_negative',
  'promotion_missed',
  'customer_merged',
  'staff_inactive',
  'clock_off',
  'shift_closed',
  'article_gone',
  'over_cap',
] as const
export type ReviewCode = (typeof REVIEW_CODES)[number]

export interface Review {
  code: ReviewCode
  detail: string
}

export interface ReviewRow extends Review {
  sale_id: string
  created_at: Date
  resolved_at: Date | null
  resolved_by: string | null
  note: string | null
}

const REVIEW = 'sale_id, code, detail, created_at, resolved_at, resolved_by, note'

/** Adds what there is to look at; what was said before stays. */
export async function insertReviews(
  tx: Tx,
  merchantId: string,
  of: { saleId: string; at: Date; reviews: readonly Review[] },
): Promise<void> {
  await tx.query(
    `insert into offline_review (merchant_id, sale_id, code, detail, created_at)
     select $1, $2, r.code, r.detail, $3 from unnest($4::text[], $5::text[]) r (code, detail) on conflict do nothing`,
    [merchantId, of.saleId, of.at, of.reviews.map(({ code }) => code), of.reviews.map(({ detail }) => detail)],
  )
}

export async function reviewsOf(db: Queryable, merchantId: string, saleIds: readonly string[]): Promise<ReviewRow[]> {
  const { rows } = await db.query<ReviewRow>(
    `select ${REVIEW} from offline_review where merchant_id = $1 and sale_id = any ($2) order by sale_id, code`,
    [merchantId, saleIds],
  )
  return rows
}

/** Ends what there was to look at; the first time stays. False when there is no such review. */
export async function resolveReview(
  tx: Tx,
  merchantId: string,
  of: { saleId: string; code: ReviewCode; by: string; note: string; at: Date },
): Promise<'resolved' | 'was_resolved' | 'unknown'> {
  const { rowCount } = await tx.query(
    `update offline_review set resolved_at = $4, resolved_by = $5, note = $6
     where merchant_id = $1 and sale_id = $2 and code = $3 and resolved_at is null`,
    [merchantId, of.saleId, of.code, of.at, of.by, of.note],
  )
  if (rowCount === 1) return 'resolved'
  const known = await reviewsOf(tx, merchantId, [of.saleId])
  return known.some(({ code }) => code === of.code) ? 'was_resolved' : 'unknown'
}
