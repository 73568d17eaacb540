// Authorisations end. Before they do the merchant is told; after they have, what was held is released in our books.

import { apply } from './apply.ts'
import type { PaymentDeps } from './deps.ts'
import { eachAlone } from './each-alone.ts'
import { flagOverdue, listExpiredHolds, listOverdueHolds } from './store.ts'

/** How long before the end of an authorisation a payment asks for attention. */
const WARN_MS = 24 * 60 * 60 * 1_000

/** One round. Returns how many payments changed. */
export async function expireHolds(deps: PaymentDeps): Promise<number> {
  const now = deps.clock.now()
  const expired = await listExpiredHolds(deps.db, now)
  await eachAlone(
    deps,
    expired,
    (hold) =>
      apply(deps, {
        merchantId: hold.merchant_id,
        paymentId: hold.payment_id,
        operationId: hold.charge_operation_id,
        source: 'operator',
        outcome: { outcome: 'expired' },
        body: { note: 'the authorisation reached the expiry its provider gave' },
      }),
    ({ merchant_id, payment_id }) => ({ merchant_id, payment_id }),
  )
  const overdue = await listOverdueHolds(deps.db, now, new Date(now.getTime() + WARN_MS))
  for (const hold of overdue) await flagOverdue(deps.db, hold, deps.newId('evt'), now)
  return expired.length + overdue.length
}
