// The SQL of transfers.

import type { Queryable, Tx } from '../db/pool.ts'
import { jsonOf } from '../lib/json.ts'
import type { Units } from './deps.ts'

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
  /** Somebody waits for so many: they are reserved as they arrive. */
  promised: bigint
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

/** Writes new transfers with their lines. */
export async function insertTransfers(tx: Tx, merchantId: string, rows: readonly TransferRow[]): Promise<void> {
  if (rows.length === 0) return
  await tx.query(
    `insert into transfer (merchant_id, ${COLUMNS}) select $1, ${COLUMNS} from json_populate_recordset(null::transfer, $2)`,
    [merchantId, jsonOf(rows.map(({ lines: _, ...row }) => row))],
  )
  const lines = rows.flatMap((row) => row.lines.map((line) => ({ ...line, transfer_id: row.id })))
  await tx.query(
    `insert into transfer_line (merchant_id, transfer_id, variant_id, quantity, promised)
     select $1, l.transfer_id, l.variant_id, l.quantity, l.promised from json_populate_recordset(null::transfer_line, $2) l`,
    [merchantId, jsonOf(lines)],
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

/** Writes how many are to be sent and how many somebody waits for; a line of which none is to be sent goes. */
export async function writeWanted(tx: Tx, merchantId: string, row: TransferRow): Promise<void> {
  await tx.query(
    `delete from transfer_line t where t.merchant_id = $1 and t.transfer_id = $2
       and t.variant_id not in (select l.variant_id from json_to_recordset($3) l (variant_id text))`,
    [merchantId, row.id, jsonOf(row.lines)],
  )
  await tx.query(
    `update transfer_line t set quantity = l.quantity, promised = l.promised
     from json_to_recordset($3) l (variant_id text, quantity bigint, promised bigint)
     where t.merchant_id = $1 and t.transfer_id = $2 and t.variant_id = l.variant_id`,
    [merchantId, row.id, jsonOf(row.lines)],
  )
}

/** Locked until the transaction ends: shipping, receiving and cancelling come one after the other. */
export async function lockTransfer(tx: Tx, merchantId: string, id: string): Promise<TransferRow | null> {
  return (await lockTransfers(tx, merchantId, [id]))[0] ?? null
}

/** Several, in sorted order. Who locks orders, fulfilments or levels too locks those before, these after them, levels last. */
export async function lockTransfers(tx: Tx, merchantId: string, ids: readonly string[]): Promise<TransferRow[]> {
  if (ids.length === 0) return []
  const { rows } = await tx.query<Omit<TransferRow, 'lines'>>(
    `select ${COLUMNS} from transfer where merchant_id = $1 and id = any ($2) order by id for update`,
    [merchantId, ids],
  )
  return withLines(tx, merchantId, rows)
}

/** How far transfers have come, by id. */
export async function readTransferStates(
  db: Queryable,
  merchantId: string,
  ids: readonly string[],
): Promise<Map<string, TransferRow['state']>> {
  if (ids.length === 0) return new Map()
  const { rows } = await db.query<Pick<TransferRow, 'id' | 'state'>>(
    'select id, state from transfer where merchant_id = $1 and id = any ($2)',
    [merchantId, ids],
  )
  return new Map(rows.map(({ id, state }) => [id, state]))
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
    `select transfer_id, variant_id, quantity, received, damaged, lost, returned, extra, promised
     from transfer_line
     where merchant_id = $1 and transfer_id = any ($2) order by transfer_id, variant_id`,
    [merchantId, rows.map(({ id }) => id)],
  )
  return rows.map((row) => ({
    ...row,
    lines: lines.filter(({ transfer_id }) => transfer_id === row.id).map(({ transfer_id: _, ...line }) => line),
  }))
}

/** What has arrived of some transfers and is kept for whoever waits, by transfer. */
export async function readKept(tx: Tx, merchantId: string, ids: readonly string[]): Promise<Map<string, Units[]>> {
  const { rows } = await tx.query<Units & { id: string }>(
    `select t.id, r.variant_id, r.store_id, r.quantity from transfer t
     join stock_reservation r on r.merchant_id = t.merchant_id and r.ref = t.id and r.store_id = t.to_store_id and r.quantity > 0
     where t.merchant_id = $1 and t.id = any ($2)`,
    [merchantId, ids],
  )
  return Map.groupBy(rows, ({ id }) => id)
}
