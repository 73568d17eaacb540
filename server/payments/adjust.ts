// Changes an authorisation that is still open: more money (increment) or more time (extension).

import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import type { PaymentDeps } from './deps.ts'
import { followUp, instruct, type PlanInput } from './instruct.ts'
import type { ExtensionInput, IncrementInput, Reply } from './payment.ts'
import { notFound } from './problems.ts'
import type { TenderRow } from './store.ts'

/**
 * Raises what is authorised, and with it what is owed, by `amount`. What is owed for an order of ours the order says: it is raised no
 * further. Throws invalid-state, operation-in-flight, operation-unsupported, reference-not-found, amount-exceeds-due.
 */
export function increment(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  paymentId: string,
  input: IncrementInput,
): Promise<Reply> {
  return instruct(deps, merchantId, idempotency, paymentId, async (context) => {
    const tender = openTender(context, 'increment', input.tender_id)
    const { order_id, amount } = context.payment
    const order = order_id === null ? null : await deps.orders?.due(merchantId, order_id)
    if (order && amount + BigInt(input.amount) > order.limit) throw new Problem('amount-exceeds-due')
    return {
      eventType: 'payment.processing',
      operations: [followUp(deps, context, tender, 'increment', BigInt(input.amount))],
      status: 201,
    }
  })
}

/** Asks for a later expiry of the authorisation. Throws invalid-state, operation-unsupported, reference-not-found. */
export function extend(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  paymentId: string,
  input: ExtensionInput,
): Promise<Reply> {
  return instruct(deps, merchantId, idempotency, paymentId, (context) => {
    const tender = openTender(context, 'extend', input.tender_id)
    return {
      eventType: 'payment.processing',
      operations: [followUp(deps, context, tender, 'extend', tender.hold)],
      status: 201,
    }
  })
}

function openTender({ payment }: PlanInput, ability: 'increment' | 'extend', tenderId?: string): TenderRow {
  if (tenderId !== undefined && !payment.tenders.some((tender) => tender.id === tenderId)) throw notFound('/tender_id')
  const held = payment.tenders.filter(
    (tender) => tender.hold > 0n && (tenderId === undefined || tender.id === tenderId),
  )
  if (held.length === 0) throw new Problem('invalid-state', { detail: 'Nothing is authorised.' })
  const tender = held.find((candidate) => candidate.can.includes(ability))
  if (!tender) throw new Problem('operation-unsupported')
  return tender
}
