// One operation, read by itself.

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
