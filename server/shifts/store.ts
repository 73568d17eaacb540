// The SQL of shifts, of what moved in drawers besides sales, and of reports.

import type { Queryable, Tx } from '../db/pool.ts'

export type ShiftState = 'open' | 'ended' | 'closed'
export interface Denomination {
  /** What one note or coin is worth, in minor units. */
  value: number
  count: number
}

export interface ShiftRow {
  id: string
  register_id: string
  store_id: string
  no: number
  currency: string
  state: ShiftState
  float: bigint
  opened_by: string
  opened_at: Date
  ended_by: string | null
  ended_at: Date | null
  counted: bigint | null
  expected: bigint | null
  denominations: Denomination[] | null
  counted_by: string | null
  counted_at: Date | null
  counts: number
  closed_by: string | null
  closed_at: Date | null
  variance_reason: string | null
  version: number
}

const SHIFT = `id, register_id, store_id, no, currency, state, float, opened_by, opened_at, ended_by, ended_at, counted, expected,
  denominations, counted_by, counted_at, counts, closed_by, closed_at, variance_reason, version`

export type NewShift = Pick<
  ShiftRow,
  'id' | 'register_id' | 'store_id' | 'currency' | 'float' | 'opened_by' | 'opened_at'
>

/** Opens a shift under the register's next number; null when one runs there, also one that is being opened this moment. */
export async function insertShift(tx: Tx, merchantId: string, row: NewShift): Promise<ShiftRow | null> {
  const { rows } = await tx.query<ShiftRow>(
    `insert into shift (merchant_id, id, register_id, store_id, no, currency, state, float, opened_by, opened_at)
     select $1, $2, $3, $4, coalesce(max(no), 0) + 1, $5, 'open', $6, $7, $8 from shift where merchant_id = $1 and register_id = $3
     on conflict do nothing returning ${SHIFT}`,
    [merchantId, row.id, row.register_id, row.store_id, row.currency, row.float, row.opened_by, row.opened_at],
  )
  return rows[0] ?? null
}

export async function readShift(db: Queryable, merchantId: string, id: string): Promise<ShiftRow | null> {
  const { rows } = await db.query<ShiftRow>(`select ${SHIFT} from shift where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

/** Locked until the transaction ends: every step of a shift comes after the other. */
export async function lockShift(tx: Tx, merchantId: string, id: string): Promise<ShiftRow | null> {
  const { rows } = await tx.query<ShiftRow>(
    `select ${SHIFT} from shift where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** The shift that runs at a register; null when none does. */
export async function runningShift(db: Queryable, merchantId: string, registerId: string): Promise<ShiftRow | null> {
  const { rows } = await db.query<ShiftRow>(
    `select ${SHIFT} from shift where merchant_id = $1 and register_id = $2 and state <> 'closed'`,
    [merchantId, registerId],
  )
  return rows[0] ?? null
}

export interface ShiftFilter {
  limit: number
  cursor?: string | undefined
  register_id?: string | undefined
  state?: ShiftState | undefined
}

/** Newest first, one more than `limit`. */
export async function listShifts(db: Queryable, merchantId: string, of: ShiftFilter): Promise<ShiftRow[]> {
  const { rows } = await db.query<ShiftRow>(
    `select ${SHIFT} from shift
     where merchant_id = $1 and ($2::text is null or id < $2) and ($3::text is null or register_id = $3)
       and ($4::text is null or state = $4)
     order by id desc limit $5`,
    [merchantId, of.cursor ?? null, of.register_id ?? null, of.state ?? null, of.limit + 1],
  )
  return rows
}

export async function updateShift(tx: Tx, merchantId: string, row: ShiftRow): Promise<ShiftRow> {
  const { rows } = await tx.query<ShiftRow>(
    `update shift set state = $3, ended_by = $4, ended_at = $5, counted = $6, expected = $7, denominations = $8, counted_by = $9,
       counted_at = $10, counts = $11, closed_by = $12, closed_at = $13, variance_reason = $14, version = version + 1
     where merchant_id = $1 and id = $2 returning ${SHIFT}`,
    [
      merchantId,
      row.id,
      row.state,
      row.ended_by,
      row.ended_at,
      row.counted,
      row.expected,
      row.denominations === null ? null : JSON.stringify(row.denominations),
      row.counted_by,
      row.counted_at,
      row.counts,
      row.closed_by,
      row.closed_at,
      row.variance_reason,
    ],
  )
  return rows[0] as ShiftRow
}

export const MOVEMENT_TYPES = ['float', 'paid_in', 'paid_out', 'drop', 'no_sale', 'over_short'] as const
export type MovementType = (typeof MOVEMENT_TYPES)[number]

export interface MovementRow {
  id: string
  shift_id: string
  register_id: string
  type: MovementType
  /** The change of what the drawer holds. */
  amount: bigint
  currency: string
  reason: string | null
  reference: string | null
  by: string
  at: Date
}

const MOVEMENT = 'id, shift_id, register_id, type, amount, currency, reason, reference, by, at'

export async function insertMovement(tx: Tx, merchantId: string, row: MovementRow): Promise<void> {
  await tx.query(
    `insert into drawer_movement (merchant_id, ${MOVEMENT}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      merchantId,
      row.id,
      row.shift_id,
      row.register_id,
      row.type,
      row.amount,
      row.currency,
      row.reason,
      row.reference,
      row.by,
      row.at,
    ],
  )
}

/** In the order in which they happened. */
export async function movementsOf(db: Queryable, merchantId: string, shiftId: string): Promise<MovementRow[]> {
  const { rows } = await db.query<MovementRow>(
    `select ${MOVEMENT} from drawer_movement where shift_id = $2 and merchant_id = $1 order by id`,
    [merchantId, shiftId],
  )
  return rows
}

export async function movementByReference(
  tx: Tx,
  merchantId: string,
  of: { shiftId: string; reference: string },
): Promise<MovementRow | null> {
  const { rows } = await tx.query<MovementRow>(
    `select ${MOVEMENT} from drawer_movement where merchant_id = $1 and shift_id = $2 and reference = $3`,
    [merchantId, of.shiftId, of.reference],
  )
  return rows[0] ?? null
}

export interface ReportRow {
  id: string
  register_id: string
  no: number
  kind: 'z' | 'supplement'
  shift_id: string
  original_id: string | null
  body: Record<string, unknown>
  created_at: Date
}

const REPORT = 'id, register_id, no, kind, shift_id, original_id, body, created_at'

/** The next number of a register's reports. The caller holds the register's totals, so nobody else takes it. */
export async function nextReportNo(tx: Tx, merchantId: string, registerId: string): Promise<number> {
  const { rows } = await tx.query<{ no: number }>(
    'select coalesce(max(no), 0) + 1 as no from register_report where merchant_id = $1 and register_id = $2',
    [merchantId, registerId],
  )
  return (rows[0] as { no: number }).no
}

export async function insertReport(tx: Tx, merchantId: string, row: ReportRow): Promise<void> {
  await tx.query(`insert into register_report (merchant_id, ${REPORT}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, [
    merchantId,
    row.id,
    row.register_id,
    row.no,
    row.kind,
    row.shift_id,
    row.original_id,
    JSON.stringify(row.body),
    row.created_at,
  ])
}

/** The Z report of a shift, and its supplements, in order. */
export async function reportsOf(db: Queryable, merchantId: string, shiftId: string): Promise<ReportRow[]> {
  const { rows } = await db.query<ReportRow>(
    `select ${REPORT} from register_report where shift_id = $2 and merchant_id = $1 order by no`,
    [merchantId, shiftId],
  )
  return rows
}

/** Those of these shifts that are closed. */
export async function closedAmong(db: Queryable, merchantId: string, ids: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from shift where merchant_id = $1 and id = any ($2) and state = 'closed' order by id`,
    [merchantId, ids],
  )
  return rows.map(({ id }) => id)
}
