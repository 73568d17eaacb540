// Operations, read by themselves.

import type { Queryable } from '../db/pool.ts'

/** What one operation of a payment is about, in minor units; null when there is none. */
export async function operationAmount(
  db: Queryable,
  merchantId: string,
  { paymentId, operationId }: { paymentId: string; operationId: string },
): Promise<bigint | null> {
  const { rows } = await db.query<{ amount: bigint }>(
    'select amount from operation where merchant_id = $1 and payment_id = $2 and id = $3',
    [merchantId, paymentId, operationId],
  )
  return rows[0]?.amount ?? null
}

/** How many operations are open, and how often the most asked of them was asked about. */
export async function readOpenOperations(db: Queryable): Promise<{ count: number; mostAsked: number }> {
  const { rows } = await db.query<{ count: number; most_asked: number }>(
    'select count(*)::int as count, coalesce(max(attempt), 0) as most_asked from operation_ask',
  )
  return { count: rows[0]?.count ?? 0, mostAsked: rows[0]?.most_asked ?? 0 }
}
