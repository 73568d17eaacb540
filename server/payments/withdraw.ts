// Takes back one tender that waits for the customer: they left the bank's page and want to pay another way.

import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import type { PaymentDeps } from './deps.ts'
import { followUp, instruct } from './instruct.ts'
import type { Reply } from './payment.ts'

/**
 * Withdraws a tender whose customer has not acted yet, and leaves the payment open for another. If they act at the same moment,
 * the provider decides: what it answers is booked, so money that came in after all pays. Throws not-found, invalid-state (the
 * tender waits for nobody), operation-in-flight (it is being withdrawn), operation-unsupported.
 */
export function withdraw(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  { paymentId, tenderId }: { paymentId: string; tenderId: string },
): Promise<Reply> {
  return instruct(deps, merchantId, idempotency, paymentId, (context) => {
    const tender = context.payment.tenders.find(({ id }) => id === tenderId)
    if (!tender) throw new Problem('not-found')
    if (tender.charge_in_flight === 0n || tender.next_action === null) throw new Problem('invalid-state')
    const operations = [followUp(deps, context, tender, 'void', tender.charge_in_flight)]
    return { eventType: 'payment.processing', operations, status: 200 }
  })
}
