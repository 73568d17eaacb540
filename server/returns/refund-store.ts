// The SQL of intents to give money back.

import type { Queryable, Tx } from '../db/pool.ts'
import { jsonOf } from '../lib/json.ts'
import type { RefundRow } from './return.ts'

const COLUMNS = 'n, payment_id, tender_id, method, amount, destination, state, operation_id, failure'

/** The intents of a return, in their order. */
export async function readRefunds(db: Queryable, merchantId: string, returnId: string): Promise<RefundRow[]> {
  return (await readRefundsOf(db, merchantId, [returnId])).get(returnId) ?? []
}

/** The intents of several returns. */
export async function readRefundsOf(
  db: Queryable,
  merchantId: string,
  returnIds: string[],
): Promise<Map<string, RefundRow[]>> {
  const { rows } = await db.query<RefundRow & { return_id: string }>(
    `select return_id, ${COLUMNS} from return_refund where merchant_id = $1 and return_id = any ($2) order by return_id, n`,
    [merchantId, returnIds],
  )
  const byReturn = new Map<string, RefundRow[]>()
  for (const { return_id, ...row } of rows) byReturn.set(return_id, [...(byReturn.get(return_id) ?? []), row])
  return byReturn
}

export async function insertRefunds(
  tx: Tx,
  merchantId: string,
  returnId: string,
  rows: Pick<RefundRow, 'n' | 'payment_id' | 'tender_id' | 'method' | 'amount' | 'destination'>[],
  times: { at: Date; dueAt: Date },
): Promise<void> {
  await tx.query(
    `insert into return_refund (merchant_id, return_id, n, payment_id, tender_id, method, amount, destination, state, due_at, created_at)
     select $1, $2, r.n, r.payment_id, r.tender_id, r.method, r.amount, r.destination, 'open', $4, $5
     from json_populate_recordset(null::return_refund, $3) r`,
    [merchantId, returnId, jsonOf(rows), times.dueAt, times.at],
  )
}

/**
 * Writes what became of an intent that is open or sent; false when it is final already. `isReversed`: what was done has been taken
 * back, which is the one thing that happens after the end.
 */
export async function settleRefund(
  tx: Queryable,
  merchantId: string,
  of: {
    returnId: string
    n: number
    state: RefundRow['state']
    operationId: string | null
    failure: string | null
    isReversed?: boolean
    at: Date
  },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update return_refund set state = $4, operation_id = coalesce($5, operation_id), failure = $6, attempt = attempt + 1,
       done_at = case when $4 in ('done', 'failed') then $7::timestamptz end
     where merchant_id = $1 and return_id = $2 and n = $3
       and (state in ('open', 'sent') or ($8 and state = 'done'))`,
    [merchantId, of.returnId, of.n, of.state, of.operationId, of.failure, of.at, of.isReversed ?? false],
  )
  return rowCount === 1
}

/** What returns of an order have handed out in cash, or are to, by tender. Served by goods_return_by_order. */
export async function cashOfOrder(
  tx: Tx,
  merchantId: string,
  orderId: string,
): Promise<Pick<RefundRow, 'tender_id' | 'amount'>[]> {
  const { rows } = await tx.query<Pick<RefundRow, 'tender_id' | 'amount'>>(
    `select f.tender_id, f.amount from goods_return r
       join return_refund f on f.merchant_id = r.merchant_id and f.return_id = r.id
     where r.order_id = $2 and r.merchant_id = $1 and f.state <> 'failed' and f.destination ->> 'method' = 'cash'`,
    [merchantId, orderId],
  )
  return rows
}

/** Open intents that are due, a few, with their merchant and return. Served by return_refund_due. */
export async function dueReturns(
  db: Queryable,
  now: Date,
  limit: number,
): Promise<{ merchant_id: string; return_id: string }[]> {
  const { rows } = await db.query<{ merchant_id: string; return_id: string }>(
    `select distinct merchant_id, return_id from (
       select merchant_id, return_id from return_refund where state = 'open' and due_at <= $1 order by due_at limit $2) r`,
    [now, limit],
  )
  return rows
}

/** Looks at the open intents of a return again later. */
export async function postponeRefunds(db: Queryable, merchantId: string, returnId: string, until: Date): Promise<void> {
  await db.query(
    `update return_refund set due_at = $3, attempt = attempt + 1 where merchant_id = $1 and return_id = $2 and state = 'open'`,
    [merchantId, returnId, until],
  )
}

/** Intents that some operations carry out. Served by return_refund_by_operation. */
export async function refundsByOperation(
  tx: Tx,
  merchantId: string,
  operationIds: string[],
): Promise<{ return_id: string; n: number; operation_id: string }[]> {
  const { rows } = await tx.query<{ return_id: string; n: number; operation_id: string }>(
    'select return_id, n, operation_id from return_refund where operation_id = any ($2) and merchant_id = $1',
    [merchantId, operationIds],
  )
  return rows
}
