// Gives up a payment: what is authorised is voided, what the customer has not yet confirmed is withdrawn.

import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import type { PaymentDeps } from './deps.ts'
import { followUp, instruct } from './instruct.ts'
import type { Reply } from './payment.ts'

/**
 * Cancels what has not been captured. A payment whose charge is at the provider without an answer cannot be cancelled
 * (operation-in-flight): its outcome comes first. If money arrives after all, it is booked and given back by resolve.ts.
 * Throws invalid-state, operation-in-flight, operation-unsupported.
 */
export function cancel(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  paymentId: string,
): Promise<Reply> {
  return instruct(deps, merchantId, idempotency, paymentId, (context) => {
    const { payment } = context
    // All that is owed may be captured while more of it is held: its order came to cost less.
    const isDone = payment.status === 'captured' && payment.tenders.every(({ hold }) => hold === 0n)
    if (payment.is_canceled || payment.direction === 'credit' || isDone) throw new Problem('invalid-state')
    const operations = payment.tenders
      .filter((tender) => tender.hold > 0n || (tender.charge_in_flight > 0n && tender.next_action !== null))
      .map((tender) =>
        followUp(deps, context, tender, 'void', tender.hold > 0n ? tender.hold : tender.charge_in_flight),
      )
    return {
      eventType: operations.length === 0 ? 'payment.canceled' : 'payment.processing',
      operations,
      isCancel: true,
      status: 200,
    }
  })
}
