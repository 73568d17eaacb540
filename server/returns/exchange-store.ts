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
  version: number
  created_at: Date
  updated_at: Date
}

const COLUMNS = `id, return_id, order_id, currency, state, amount_returned, amount_credited, amount_due, gift_card_id, payment_id,
  version, created_at, updated_at`

export async function insertExchange(tx: Tx, merchantId: string, row: ExchangeRow): Promise<void> {
  await tx.query(
    `insert into exchange (merchant_id, ${COLUMNS}) select $1, ${COLUMNS} from json_populate_record(null::exchange, $2)`,
    [merchantId, jsonOf(row)],
  )
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

/** Exchanges that wait for the payment of some orders. Served by exchange_by_order. */
export async function awaitingOf(tx: Tx, merchantId: string, orderIds: string[]): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select id from exchange where order_id = any ($2) and merchant_id = $1 and state = 'awaiting_payment' order by id`,
    [merchantId, orderIds],
  )
  return rows.map(({ id }) => id)
}
