// Captures part or all of what is authorised.

import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import type { PaymentDeps } from './deps.ts'
import { followUp, instruct, type PlannedOperation } from './instruct.ts'
import type { CaptureInput, Reply } from './payment.ts'
import type { TenderRow } from './store.ts'

/**
 * Captures `amount` (default: all that remains), over the tenders in their order; `final` releases what is left. On a
 * method without partial capture only the whole tender; without multiple captures the first is final. A lost reply
 * leaves the operation `unknown` and its amount in flight; resolve.ts settles it. Throws amount-exceeds-capturable,
 * invalid-state, operation-unsupported.
 */
export function capture(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  paymentId: string,
  input: CaptureInput,
): Promise<Reply> {
  return instruct(deps, merchantId, idempotency, paymentId, (context) => {
    const tenders = context.payment.tenders.filter(
      (tender) => tender.hold > 0n && (input.tender_id === undefined || tender.id === input.tender_id),
    )
    if (input.tender_id !== undefined && !context.payment.tenders.some((tender) => tender.id === input.tender_id)) {
      throw new Problem('reference-not-found', {
        errors: [{ pointer: '/tender_id', detail: 'is no tender of this payment' }],
      })
    }
    const capturable = tenders.reduce((sum, tender) => sum + tender.capturable, 0n)
    if (capturable === 0n) throw new Problem('invalid-state', { detail: 'Nothing is authorised to be captured.' })
    const parts = spread(tenders, input.amount === undefined ? capturable : BigInt(input.amount))
    const operations: PlannedOperation[] = []
    for (const { tender, amount } of parts) {
      if (!tender.can.includes('capture')) throw new Problem('operation-unsupported')
      if (amount < tender.hold && !tender.can.includes('partial_capture')) {
        throw new Problem('operation-unsupported', { detail: `${tender.method} is captured whole or not at all.` })
      }
      operations.push(followUp(deps, context, tender, 'capture', amount, { is_final: input.final ?? false }))
    }
    if (input.final) {
      // What the parts do not touch is given back too.
      for (const tender of tenders) {
        if (
          parts.some((part) => part.tender.id === tender.id) ||
          tender.capturable === 0n ||
          tender.capturable !== tender.hold
        )
          continue
        operations.push(followUp(deps, context, tender, 'void', tender.hold))
      }
    }
    return { eventType: 'payment.processing', operations, status: 201 }
  })
}

/** Fills the tenders in order; what is left over goes to the last that allows more than it was authorised for. */
function spread(tenders: TenderRow[], wanted: bigint): { tender: TenderRow; amount: bigint }[] {
  const parts: { tender: TenderRow; amount: bigint }[] = []
  let rest = wanted
  for (const tender of tenders) {
    const amount = rest < tender.capturable ? rest : tender.capturable
    if (amount > 0n) parts.push({ tender, amount })
    rest -= amount
  }
  const last = parts.at(-1)
  if (rest > 0n && last) {
    const allowance = (last.tender.authorized * BigInt(last.tender.over_capture_bp)) / 10_000n
    if (rest > allowance) throw new Problem('amount-exceeds-capturable')
    last.amount += rest
  }
  return parts
}
