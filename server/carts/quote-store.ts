// The SQL of quotes. Served by the primary key.

import type { Queryable, Tx } from '../db/pool.ts'
import type { CartView } from './view.ts'

/** What a quote promises: the cart as it was shown, and its lines with prices and discounts held, as `cart_line_row` takes them. */
export interface QuoteSnapshot {
  shown: Omit<CartView, 'changes'>
  frozen: Record<string, unknown>[]
}

export interface Quote {
  id: string
  cart_id: string
  cart_version: number
  state: 'draft' | 'sent' | 'accepted' | 'declined' | 'expired'
  version: number
  valid_until: Date
  snapshot: QuoteSnapshot
  customer_id: string | null
  accepted_cart_id: string | null
  created_at: Date
}

const COLUMNS =
  'id, cart_id, cart_version, state, version, valid_until, snapshot, customer_id, accepted_cart_id, created_at'

export async function insertQuote(tx: Tx, merchantId: string, quote: Quote): Promise<void> {
  await tx.query(`insert into quote (merchant_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, [
    merchantId,
    quote.id,
    quote.cart_id,
    quote.cart_version,
    quote.state,
    quote.version,
    quote.valid_until,
    JSON.stringify(quote.snapshot),
    quote.customer_id,
    quote.accepted_cart_id,
    quote.created_at,
  ])
}

export async function readQuote(db: Queryable, merchantId: string, id: string): Promise<Quote | null> {
  const { rows } = await db.query<Quote>(`select ${COLUMNS} from quote where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

/** Reads a quote and keeps others from moving it until the transaction ends. */
export async function lockQuote(tx: Tx, merchantId: string, id: string): Promise<Quote | null> {
  const { rows } = await tx.query<Quote>(`select ${COLUMNS} from quote where merchant_id = $1 and id = $2 for update`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

/** Moves a locked quote to another state. */
export async function updateQuote(tx: Tx, merchantId: string, quote: Quote): Promise<void> {
  await tx.query(
    'update quote set state = $3, version = $4, accepted_cart_id = $5 where merchant_id = $1 and id = $2',
    [merchantId, quote.id, quote.state, quote.version, quote.accepted_cart_id],
  )
}

/** Quotes that nobody answered in time, some of them, locked; of any merchant. Served by quote_expiry. */
export async function lockEndedQuotes(tx: Tx, at: Date, limit: number): Promise<(Quote & { merchant_id: string })[]> {
  const { rows } = await tx.query<Quote & { merchant_id: string }>(
    `select merchant_id, ${COLUMNS} from quote where state in ('draft', 'sent') and valid_until <= $1
     order by valid_until limit $2 for update skip locked`,
    [at, limit],
  )
  return rows
}
