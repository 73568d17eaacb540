// The SQL of receipts: the stamps that ask for one, the receipts themselves, their copies, and the sums of each register. Stamps are
// written by a trigger (migration 0049).

import type { Queryable, Tx } from '../db/pool.ts'

export interface StampRow {
  merchant_id: string
  operation_id: string
  payment_id: string
  register_id: string
  shift_id: string | null
  created_at: Date
  due_at: Date | null
  attempt: number
  fault: string | null
  /** The report that counted its money. */
  report_id: string | null
  /** It had succeeded and was taken back. */
  is_reversed: boolean
  /** The report that counted that. */
  reversal_report_id: string | null
}

const STAMP = `merchant_id, operation_id, payment_id, register_id, shift_id, created_at, due_at, attempt, fault, report_id, is_reversed,
  reversal_report_id`

/** Stamps whose time has come, of all merchants, oldest first. Served by till_stamp_due. */
export async function dueStamps(
  db: Queryable,
  { at, limit }: { at: Date; limit: number },
): Promise<Pick<StampRow, 'merchant_id' | 'operation_id'>[]> {
  const { rows } = await db.query<Pick<StampRow, 'merchant_id' | 'operation_id'>>(
    'select merchant_id, operation_id from till_stamp where due_at <= $1 order by due_at limit $2',
    [at, limit],
  )
  return rows
}

/**
 * Stamps that still wait, whatever their time: of a payment, or of the payments that wait in a shift, because what is given back here
 * waits for the receipt of its sale, made anywhere. In the order in which they were made.
 */
export async function waitingStamps(
  db: Queryable,
  merchantId: string,
  of: { payment_id?: string; shift_id?: string },
): Promise<string[]> {
  const { rows } = await db.query<{ operation_id: string }>(
    `select operation_id from till_stamp
     where merchant_id = $1 and due_at is not null and ($2::text is null or payment_id = $2)
       and ($3::text is null or payment_id in (
         select payment_id from till_stamp where shift_id = $3 and merchant_id = $1 and due_at is not null))
     order by operation_id`,
    [merchantId, of.payment_id ?? null, of.shift_id ?? null],
  )
  return rows.map(({ operation_id }) => operation_id)
}

/** Locks a stamp that waits; null when it does not any more. Where somebody else is at it, waits for them, or answers null at once. */
export async function lockStamp(
  tx: Tx,
  merchantId: string,
  { operationId, wait }: { operationId: string; wait: boolean },
): Promise<StampRow | null> {
  const { rows } = await tx.query<StampRow>(
    `select ${STAMP} from till_stamp
     where merchant_id = $1 and operation_id = $2 and due_at is not null for update ${wait ? '' : 'skip locked'}`,
    [merchantId, operationId],
  )
  return rows[0] ?? null
}

/** Says what becomes of a stamp: done (`due_at` null), or looked at again then. `hasMoved`: its money has, so a report must count it. */
export async function settleStamp(
  db: Queryable,
  merchantId: string,
  stamp: { operation_id: string; due_at: Date | null; attempt: number; fault: string | null; hasMoved: boolean },
): Promise<void> {
  await db.query(
    `update till_stamp set due_at = $3, attempt = $4, fault = $5,
       needs_report = needs_report or ($6 and report_id is null and shift_id is not null)
     where merchant_id = $1 and operation_id = $2`,
    [merchantId, stamp.operation_id, stamp.due_at, stamp.attempt, stamp.fault, stamp.hasMoved],
  )
}

/** Everything that was done at registers in a shift, in order. */
export async function stampsOfShift(db: Queryable, merchantId: string, shiftId: string): Promise<StampRow[]> {
  const { rows } = await db.query<StampRow>(
    `select ${STAMP} from till_stamp where shift_id = $2 and merchant_id = $1 order by operation_id`,
    [merchantId, shiftId],
  )
  return rows
}

/** Everything that was done at registers for a payment, in order. Served by till_stamp_by_payment. */
export async function stampsOfPayment(db: Queryable, merchantId: string, paymentId: string): Promise<StampRow[]> {
  const { rows } = await db.query<StampRow>(
    `select ${STAMP} from till_stamp where payment_id = $2 and merchant_id = $1 order by operation_id`,
    [merchantId, paymentId],
  )
  return rows
}

/** The receipts of these payments' sales, by payment; without those that are not written yet. Served by receipt_of_sale. */
export async function receiptIdsOf(
  db: Queryable,
  merchantId: string,
  paymentIds: readonly string[],
): Promise<Map<string, string>> {
  if (paymentIds.length === 0) return new Map()
  const { rows } = await db.query<{ payment_id: string; id: string }>(
    `select payment_id, id from receipt where merchant_id = $1 and payment_id = any ($2) and kind = 'sale'`,
    [merchantId, paymentIds],
  )
  return new Map(rows.map(({ payment_id, id }) => [payment_id, id]))
}

/** Counts stamps, what was taken back of them, and receipts into a report. Each goes into one report only. */
export async function putInReport(
  tx: Tx,
  merchantId: string,
  of: {
    reportId: string
    operationIds: readonly string[]
    reversedIds: readonly string[]
    receiptIds: readonly string[]
  },
): Promise<void> {
  await tx.query(
    // One that is taken back while the report is being written is left for the next.
    `update till_stamp set needs_report = is_reversed and reversal_report_id is null and not operation_id = any ($4::text[]),
       report_id = case when operation_id = any ($3::text[]) then coalesce(report_id, $2) else report_id end,
       reversal_report_id = case when operation_id = any ($4::text[]) then coalesce(reversal_report_id, $2) else reversal_report_id end
     where merchant_id = $1 and operation_id = any ($3::text[] || $4::text[])`,
    [merchantId, of.reportId, of.operationIds, of.reversedIds],
  )
  await tx.query('update receipt set report_id = $2 where merchant_id = $1 and id = any ($3) and report_id is null', [
    merchantId,
    of.reportId,
    of.receiptIds,
  ])
}

export interface VatRow {
  /** Null where nobody told what was sold. */
  rate_bp: number | null
  net: bigint
  tax: bigint
  gross: bigint
}

export interface ReceiptRow {
  id: string
  register_id: string
  number: bigint
  kind: 'sale' | 'refund'
  payment_id: string
  operation_id: string | null
  order_id: string | null
  shift_id: string | null
  report_id: string | null
  currency: string
  total: bigint
  discount: bigint
  items: bigint
  vat: VatRow[]
  created_at: Date
}

const RECEIPT =
  'id, register_id, number, kind, payment_id, operation_id, order_id, shift_id, report_id, currency, total, discount, items, vat, created_at'

type StoredReceipt = Omit<ReceiptRow, 'vat'> & {
  vat: { rate_bp: number | null; net: number; tax: number; gross: number }[]
}

function receiptOf(row: StoredReceipt): ReceiptRow {
  return {
    ...row,
    vat: row.vat.map(({ rate_bp, net, tax, gross }) => ({
      ...{ rate_bp, net: BigInt(net), tax: BigInt(tax), gross: BigInt(gross) },
    })),
  }
}

/** Takes the next number of a register and adds to what it has ever sold or given back; holds both until the transaction ends. */
export async function takeNumber(
  tx: Tx,
  merchantId: string,
  of: { registerId: string; sales: bigint; returns: bigint },
): Promise<bigint> {
  const { rows } = await tx.query<{ last_receipt: bigint }>(
    `insert into register_total as t (merchant_id, register_id, last_receipt, sales, returns) values ($1, $2, 1, $3, $4)
     on conflict (merchant_id, register_id) do update set last_receipt = t.last_receipt + 1, sales = t.sales + excluded.sales,
       returns = t.returns + excluded.returns
     returning last_receipt`,
    [merchantId, of.registerId, of.sales, of.returns],
  )
  return (rows[0] as { last_receipt: bigint }).last_receipt
}

/** What a register has ever sold and given back; nothing where it never did. Held until the transaction ends. */
export async function lockTotals(
  tx: Tx,
  merchantId: string,
  registerId: string,
): Promise<{ last_receipt: bigint; sales: bigint; returns: bigint }> {
  const { rows } = await tx.query<{ last_receipt: bigint; sales: bigint; returns: bigint }>(
    'select last_receipt, sales, returns from register_total where merchant_id = $1 and register_id = $2 for update',
    [merchantId, registerId],
  )
  return rows[0] ?? { last_receipt: 0n, sales: 0n, returns: 0n }
}

export async function insertReceipt(tx: Tx, merchantId: string, row: ReceiptRow): Promise<void> {
  const vat = row.vat.map(({ rate_bp, net, tax, gross }) => ({
    ...{ rate_bp, net: Number(net), tax: Number(tax), gross: Number(gross) },
  }))
  await tx.query(
    `insert into receipt (merchant_id, ${RECEIPT}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    [
      merchantId,
      row.id,
      row.register_id,
      row.number,
      row.kind,
      row.payment_id,
      row.operation_id,
      row.order_id,
      row.shift_id,
      row.report_id,
      row.currency,
      row.total,
      row.discount,
      row.items,
      JSON.stringify(vat),
      row.created_at,
    ],
  )
}

export async function readReceipt(
  db: Queryable,
  merchantId: string,
  of: { id: string } | { saleOf: string } | { refundOf: string },
): Promise<ReceiptRow | null> {
  const [condition, value] =
    'id' in of
      ? ['id = $2', of.id]
      : 'saleOf' in of
        ? [`payment_id = $2 and kind = 'sale'`, of.saleOf]
        : [`operation_id = $2 and kind = 'refund'`, of.refundOf]
  const { rows } = await db.query<StoredReceipt>(
    `select ${RECEIPT} from receipt where merchant_id = $1 and ${condition}`,
    [merchantId, value],
  )
  return rows[0] ? receiptOf(rows[0]) : null
}

/** The receipt of a payment's sale, held until the transaction ends; null while there is none. Served by receipt_of_sale. */
export async function lockSale(tx: Tx, merchantId: string, paymentId: string): Promise<{ total: bigint } | null> {
  const { rows } = await tx.query<{ total: bigint }>(
    `select total from receipt where merchant_id = $1 and payment_id = $2 and kind = 'sale' for update`,
    [merchantId, paymentId],
  )
  return rows[0] ?? null
}

/** What the receipts of a payment's refunds come to, up to an operation. By its stamps, which are few: served by receipt_of_refund. */
export async function refundedByReceipts(
  db: Queryable,
  merchantId: string,
  { paymentId, upTo }: { paymentId: string; upTo: string },
): Promise<bigint> {
  const { rows } = await db.query<{ total: bigint }>(
    `select coalesce(sum(r.total), 0)::bigint as total
     from till_stamp s join receipt r on r.merchant_id = s.merchant_id and r.operation_id = s.operation_id and r.kind = 'refund'
     where s.payment_id = $2 and s.merchant_id = $1 and s.operation_id <= $3`,
    [merchantId, paymentId, upTo],
  )
  return (rows[0] as { total: bigint }).total
}

/** Those of an order, or of that number at one of some registers; oldest first. Served by receipt_by_order and receipt_by_number. */
export async function findReceipts(
  db: Queryable,
  merchantId: string,
  of: { order_id: string } | { number: bigint; register_ids: string[] },
): Promise<ReceiptRow[]> {
  const [condition, values] =
    'order_id' in of
      ? ['order_id = $2', [of.order_id]]
      : ['register_id = any ($2) and number = $3', [of.register_ids, of.number]]
  const { rows } = await db.query<StoredReceipt>(
    `select ${RECEIPT} from receipt where merchant_id = $1 and ${condition} order by id limit 100`,
    [merchantId, ...values],
  )
  return rows.map(receiptOf)
}

export async function receiptsOfShift(db: Queryable, merchantId: string, shiftId: string): Promise<ReceiptRow[]> {
  const { rows } = await db.query<StoredReceipt>(
    `select ${RECEIPT} from receipt where shift_id = $2 and merchant_id = $1 order by number`,
    [merchantId, shiftId],
  )
  return rows.map(receiptOf)
}

export interface CopyRow {
  no: number
  way: 'print' | 'mail' | 'gift'
  shift_id: string | null
  by: string
  at: Date
}

/** Counts what is given of a receipt; the receipt's row is held, so that no two get the same number. */
export async function insertCopy(
  tx: Tx,
  merchantId: string,
  { receiptId, ...row }: Omit<CopyRow, 'no'> & { receiptId: string },
): Promise<number> {
  await tx.query('select 1 from receipt where merchant_id = $1 and id = $2 for update', [merchantId, receiptId])
  const { rows } = await tx.query<{ no: number }>(
    `insert into receipt_copy (merchant_id, receipt_id, no, way, shift_id, by, at)
     select $1, $2, coalesce(max(no), 0) + 1, $3, $4, $5, $6 from receipt_copy where merchant_id = $1 and receipt_id = $2
     returning no`,
    [merchantId, receiptId, row.way, row.shift_id, row.by, row.at],
  )
  return (rows[0] as { no: number }).no
}

export async function countCopies(
  db: Queryable,
  merchantId: string,
  receiptId: string,
): Promise<Record<string, number>> {
  const { rows } = await db.query<{ way: string; count: number }>(
    'select way, count(*)::int as count from receipt_copy where merchant_id = $1 and receipt_id = $2 group by way',
    [merchantId, receiptId],
  )
  return Object.fromEntries(rows.map(({ way, count }) => [way, count]))
}

/** Copies beyond the original that were printed in a shift, and what the receipts they are of come to. */
export async function copiesOfShift(
  db: Queryable,
  merchantId: string,
  shiftId: string,
): Promise<{ count: number; amount: bigint }> {
  const { rows } = await db.query<{ count: number; amount: bigint }>(
    `select count(*)::int as count, coalesce(sum(r.total), 0)::bigint as amount
     from receipt_copy c join receipt r on r.merchant_id = c.merchant_id and r.id = c.receipt_id
     where c.shift_id = $2 and c.merchant_id = $1 and c.way = 'print' and exists (
       select from receipt_copy x where x.merchant_id = c.merchant_id and x.receipt_id = c.receipt_id and x.no < c.no and x.way = 'print')`,
    [merchantId, shiftId],
  )
  return rows[0] as { count: number; amount: bigint }
}

/** Shifts with receipts or money that no report has counted: those that run, and closed ones that something came to later. */
export async function shiftsNotReported(db: Queryable): Promise<{ merchant_id: string; shift_id: string }[]> {
  const { rows } = await db.query<{ merchant_id: string; shift_id: string }>(
    `select merchant_id, shift_id from receipt where report_id is null and shift_id is not null
     union select merchant_id, shift_id from till_stamp where needs_report`,
  )
  return rows
}
