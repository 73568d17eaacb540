// The SQL of forgetting a customer.

import type { Tx } from '../db/pool.ts'

/** Empties profiles of everything but their ids, and deletes what hangs on them. Consents stay: they are proof. */
export async function eraseProfiles(
  tx: Tx,
  merchantId: string,
  erase: { customerIds: string[]; at: Date },
): Promise<void> {
  const of = [merchantId, erase.customerIds]
  await tx.query('delete from customer_identity where merchant_id = $1 and customer_id = any ($2)', of)
  await tx.query('delete from customer_address where merchant_id = $1 and customer_id = any ($2)', of)
  await tx.query('delete from customer_view where merchant_id = $1 and customer_id = any ($2)', of)
  await tx.query('delete from customer_moment where merchant_id = $1 and customer_id = any ($2)', of)
  // What a merge filled in is a name or an address too.
  await tx.query(
    `update customer_merge set moved = jsonb_set(moved, '{fields}', '{}') where merchant_id = $1 and winner_id = any ($2)`,
    of,
  )
  await tx.query(
    `update customer set reference = null, email = null, name = null, phone = null, locale = null, groups = '{}', erased_at = $3,
       version = version + 1
     where merchant_id = $1 and id = any ($2)`,
    [...of, erase.at],
  )
}
