// The SQL of transfers.

import type { Queryable, Tx } from '../db/pool.ts'
import { jsonOf } from '../lib/json.ts'

export interface TransferLine {
  variant_id: string
  quantity: bigint
  received: bigint
  damaged: bigint
  lost: bigint
  /** Came back to the store they left. */
  returned: bigint
  /** Arrived beyond what was sent. */
  extra: bigint
}

export interface TransferRow {
  id: string
  from_store_id: string
  to_store_id: string
  state: 'draft' | 'in_transit' | 'returning' | 'received' | 'cancelled'
  reference: string | null
  version: number
  created_at: Date
  shipped_at: Date | null
  ended_at: Date | null
  lines: TransferLine[]
}

const COLUMNS = 'id, from_store_id, to_store_id, state, reference, version, created_at, shipped_at, ended_at'

export async function insertTransfer(tx: Tx, merchantId: string, row: TransferRow): Promise<void> {
  await tx.query(`insert into transfer (merchant_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, [
    merchantId,
    row.id,
    row.from_store_id,
    row.to_store_id,
    row.state,
    row.reference,
    row.version,
    row.created_at,
    row.shipped_at,
    row.ended_at,
  ])
  await tx.query(
    `insert into transfer_line (merchant_id, transfer_id, variant_id, quantity)
     select $1, $2, l.variant_id, l.quantity from json_to_recordset($3) l (variant_id text, quantity bigint)`,
    [merchantId, row.id, jsonOf(row.lines)],
  )
}

export async function writeTransferState(tx: Tx, merchantId: string, row: TransferRow): Promise<void> {
  await tx.query(
    'update transfer set state = $3, version = $4, shipped_at = $5, ended_at = $6 where merchant_id = $1 and id = $2',
    [merchantId, row.id, row.state, row.version, row.shipped_at, row.ended_at],
  )
}

export async function writeArrivals(tx: Tx, merchantId: string, row: TransferRow): Promise<void> {
  await tx.query(
    `update transfer_line t set received = l.received, damaged = l.damaged, lost = l.lost, returned = l.returned, extra = l.extra
     from json_to_recordset($3) l (variant_id text, received bigint, damaged bigint, lost bigint, returned bigint, extra bigint)
     where t.merchant_id = $1 and t.transfer_id = $2 and t.variant_id = l.variant_id`,
    [merchantId, row.id, jsonOf(row.lines)],
  )
}

/** Locked until the transaction ends: shipping, receiving and cancelling come one after the other. */
export async function lockTransfer(tx: Tx, merchantId: string, id: string): Promise<TransferRow | null> {
  const { rows } = await tx.query<Omit<TransferRow, 'lines'>>(
    `select ${COLUMNS} from transfer where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return (await withLines(tx, merchantId, rows))[0] ?? null
}

export interface TransferFilter {
  id?: string
  state?: string
  from_store_id?: string
  to_store_id?: string
  reference?: string
}

/** Newest first, one more than `limit`. */
export async function listTransfers(
  db: Queryable,
  merchantId: string,
  filter: TransferFilter,
  page: { limit: number; cursor?: string },
): Promise<TransferRow[]> {
  const values: unknown[] = [merchantId, page.limit + 1]
  const where = ['merchant_id = $1']
  for (const column of ['id', 'state', 'from_store_id', 'to_store_id', 'reference'] as const) {
    const value = filter[column]
    if (value !== undefined) where.push(`${column} = $${values.push(value)}`)
  }
  if (page.cursor !== undefined) where.push(`id < $${values.push(page.cursor)}`)
  const { rows } = await db.query<Omit<TransferRow, 'lines'>>(
    `select ${COLUMNS} from transfer where ${where.join(' and ')} order by id desc limit $2`,
    values,
  )
  return withLines(db, merchantId, rows)
}

async function withLines(
  db: Queryable,
  merchantId: string,
  rows: Omit<TransferRow, 'lines'>[],
): Promise<TransferRow[]> {
  const { rows: lines } = await db.query<TransferLine & { transfer_id: string }>(
    `select transfer_id, variant_id, quantity, received, damaged, lost, returned, extra from transfer_line
     where merchant_id = $1 and transfer_id = any ($2) order by transfer_id, variant_id`,
    [merchantId, rows.map(({ id }) => id)],
  )
  return rows.map((row) => ({
    ...row,
    lines: lines.filter(({ transfer_id }) => transfer_id === row.id).map(({ transfer_id: _, ...line }) => line),
  }))
}
