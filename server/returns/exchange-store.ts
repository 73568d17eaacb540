// The SQL of exchanges.

import type { Queryable, Tx } from '../db/pool.ts'
import { jsonOf } from '../lib/json.ts'

export interface ExchangeRow {
  id: string
  return_id: string
  order_id: string
  currency: string
  state: 'settling' | 'awaiting_payment' | 'completed' | 'failed'
  amount_returned: bigint
  amount_credited: bigint
  amount_due: bigint
  gift_card_id: string | null
  payment_id: string | null
  /** The key that asked for it; null for one from before that was kept. */
  asked_by: string | null
  version: number
  created_at: Date
  updated_at: Date
}

const COLUMNS = `id, return_id, order_id, currency, state, amount_returned, amount_credited, amount_due, gift_card_id, payment_id,
  asked_by, version, created_at, updated_at`

/** `dueAt`: when a worker takes it up, unless it is through by then. */
export async function insertExchange(tx: Tx, merchantId: string, row: ExchangeRow, dueAt: Date): Promise<void> {
  await tx.query(
    `insert into exchange (merchant_id, ${COLUMNS}, due_at)
     select $1, ${COLUMNS}, $3::timestamptz from json_populate_record(null::exchange, $2)`,
    [merchantId, jsonOf(row), dueAt],
  )
}

/**
 * Takes exchanges that are settling for oneself, those first that wait longest; another process passes them by. Each is due again
 * after `again`, twice as long every time, and at most after `most`. Served by exchange_due.
 */
export async function claimExchanges(
  db: Queryable,
  claim: { now: Date; limit: number; againMs: number; mostMs: number },
): Promise<(ExchangeRow & { merchant_id: string })[]> {
  const { rows } = await db.query<ExchangeRow & { merchant_id: string }>(
    `update exchange x set attempt = x.attempt + 1,
       due_at = $1::timestamptz + least($3::float8 * power(2, least(x.attempt, 20)), $4) * interval '1 millisecond'
     from (select merchant_id, id from exchange where state = 'settling' and due_at <= $1 order by due_at limit $2
           for update skip locked) d
     where x.merchant_id = d.merchant_id and x.id = d.id
     returning x.merchant_id, ${COLUMNS.split(/,\s+/)
       .map((column) => `x.${column}`)
       .join(', ')}`,
    [claim.now, claim.limit, claim.againMs, claim.mostMs],
  )
  return rows
}

export async function updateExchange(tx: Tx, merchantId: string, row: ExchangeRow): Promise<void> {
  await tx.query(
    'update exchange set state = $3, payment_id = $4, version = $5, updated_at = $6 where merchant_id = $1 and id = $2',
    [merchantId, row.id, row.state, row.payment_id, row.version, row.updated_at],
  )
}

export async function lockExchange(tx: Tx, merchantId: string, id: string): Promise<ExchangeRow | null> {
  const { rows } = await tx.query<ExchangeRow>(
    `select ${COLUMNS} from exchange where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

export async function readExchange(db: Queryable, merchantId: string, id: string): Promise<ExchangeRow | null> {
  const { rows } = await db.query<ExchangeRow>(`select ${COLUMNS} from exchange where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

/** The exchange of a return, or null. Served by exchange_by_return. */
export async function exchangeOfReturn(
  db: Queryable,
  merchantId: string,
  returnId: string,
): Promise<ExchangeRow | null> {
  const { rows } = await db.query<ExchangeRow>(
    `select ${COLUMNS} from exchange where return_id = $2 and merchant_id = $1`,
    [merchantId, returnId],
  )
  return rows[0] ?? null
}

/** Exchanges that wait for the payment of some orders, or are about to. Served by exchange_by_order. */
export async function awaitingOf(tx: Tx, merchantId: string, orderIds: string[]): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select id from exchange where order_id = any ($2) and merchant_id = $1 and state in ('settling', 'awaiting_payment') order by id`,
    [merchantId, orderIds],
  )
  return rows.map(({ id }) => id)
}
