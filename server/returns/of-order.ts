// The returns of one order, as the API shows them.

import type { Queryable } from '../db/pool.ts'
import { readRefundsOf } from './refund-store.ts'
import { type ReturnView, returnView } from './return.ts'
import { listReturns, listReturnsOf } from './store.ts'

/** More than anybody asks for of one order. */
const MOST = 50

/** Newest first. */
export async function returnsOfOrder(db: Queryable, merchantId: string, orderId: string): Promise<ReturnView[]> {
  const rows = (await listReturns(db, merchantId, { order_id: orderId }, { limit: MOST })).slice(0, MOST)
  const ids = rows.map(({ id }) => id)
  const refunds = await readRefundsOf(db, merchantId, ids)
  return rows.map((row) => returnView(row, refunds.get(row.id) ?? []))
}

/** Those of a person, by all their profiles; newest first, one more than `limit`. */
export async function returnsOfPerson(
  db: Queryable,
  merchantId: string,
  customerIds: readonly string[],
  page: { limit: number; cursor?: string },
): Promise<ReturnView[]> {
  const rows = await listReturnsOf(db, merchantId, customerIds, page)
  const ids = rows.map(({ id }) => id)
  const refunds = await readRefundsOf(db, merchantId, ids)
  return rows.map((row) => returnView(row, refunds.get(row.id) ?? []))
}
