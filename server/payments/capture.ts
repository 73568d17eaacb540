// Captures part or all of what is authorised: never more than the payment's order still owes. What is held beyond that is let go with
// the capture that takes the last of it, or before, as whole tenders (release).

import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import type { PaymentDeps } from './deps.ts'
import { followUp, instruct, type PlanInput, type PlannedOperation } from './instruct.ts'
import { leftToTake } from './orders.ts'
import type { CaptureInput, Reply } from './payment.ts'
import { repeat } from './repeat.ts'
import { readKey, readPayment, type TenderRow } from './store.ts'

/**
 * Captures `amount` (default: all that remains and is owed), over the tenders in their order; `final` releases what is left, as the
 * capture of all that an order owes does by itself. On a method without partial capture only the whole tender; without multiple
 * captures the first is final. A lost reply leaves the operation `unknown` and its amount in flight; resolve.ts settles it. Throws
 * amount-exceeds-capturable, amount-exceeds-due (of an order), order-not-payable, invalid-state, operation-in-flight (another operation
 * of the tender must end first), operation-unsupported.
 */
export function capture(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  paymentId: string,
  input: CaptureInput,
): Promise<Reply> {
  return instruct(deps, merchantId, idempotency, paymentId, async (context) => {
    const { payment } = context
    const tenders = payment.tenders.filter(
      (tender) => tender.hold > 0n && (input.tender_id === undefined || tender.id === input.tender_id),
    )
    if (input.tender_id !== undefined && !payment.tenders.some((tender) => tender.id === input.tender_id)) {
      throw new Problem('reference-not-found', {
        errors: [{ pointer: '/tender_id', detail: 'is no tender of this payment' }],
      })
    }
    const capturable = capturableOf(tenders)
    // What is held and on its way may still be left.
    if (capturable === 0n && tenders.length > 0 && !payment.is_canceled) throw new Problem('operation-in-flight')
    if (capturable === 0n) throw new Problem('invalid-state', { detail: 'Nothing is authorised to be captured.' })
    const left = await leftToTake(deps, context.merchant.id, payment.order_id)
    if (left?.isPayable === false) throw new Problem('order-not-payable')
    const wanted = input.amount === undefined ? capturable : BigInt(input.amount)
    const amount = left ? heldTo(left.due, wanted, input.amount !== undefined) : wanted
    const takesAll = left !== null && amount === left.due && capturableOf(payment.tenders) > left.due
    const parts = spread(tenders, amount)
    const operations: PlannedOperation[] = []
    for (const { tender, amount } of parts) {
      if (!tender.can.includes('capture')) throw new Problem('operation-unsupported')
      if (amount < tender.hold && !tender.can.includes('partial_capture')) {
        throw new Problem('operation-unsupported', { detail: `${tender.method} is captured whole or not at all.` })
      }
      // A last capture waits for every other.
      const is_final = input.final === true || (takesAll && isQuiet(tender))
      operations.push(followUp(deps, context, tender, 'capture', amount, { is_final }))
    }
    // What the parts do not touch is given back too.
    const others = (takesAll ? payment.tenders : input.final ? tenders : []).filter(
      (tender) => tender.hold > 0n && isQuiet(tender) && !parts.some((part) => part.tender.id === tender.id),
    )
    operations.push(...voids(deps, context, others))
    return { eventType: 'payment.processing', operations, status: 201, ...(left && { terms: left.terms }) }
  })
}

/**
 * Releases what a payment holds beyond what its order still owes, as far as that is whole tenders: of a part of one no provider lets
 * go before the rest of it is captured. Null when there is nothing to release. Throws invalid-state when money moves meanwhile.
 */
export async function release(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  paymentId: string,
): Promise<Reply | null> {
  const surplus = async (orderId: string | null, tenders: readonly TenderRow[]) => {
    const left = await leftToTake(deps, merchantId, orderId)
    return { left, beyond: left?.isPayable ? wholeWithin(tenders, capturableOf(tenders) - left.due) : [] }
  }
  // A first run whose process died may have told the provider, or not.
  if (await readKey(deps.db, merchantId, idempotency.key)) return repeat(deps, merchantId, idempotency)
  const payment = await readPayment(deps.db, merchantId, paymentId)
  if (!payment || (await surplus(payment.order_id, payment.tenders)).beyond.length === 0) return null
  return instruct(deps, merchantId, idempotency, paymentId, async (context) => {
    const { left, beyond } = await surplus(context.payment.order_id, context.payment.tenders)
    if (beyond.length === 0) throw new Problem('invalid-state')
    const operations = voids(deps, context, beyond)
    return { eventType: 'payment.processing', operations, status: 200, ...(left && { terms: left.terms }) }
  })
}

/** What an order's capture takes. Throws amount-exceeds-due, invalid-state. */
function heldTo(due: bigint, wanted: bigint, isAsked: boolean): bigint {
  if (wanted <= due) return wanted
  if (isAsked) throw new Problem('amount-exceeds-due', { detail: `The order has ${due} left to be taken.` })
  if (due === 0n) throw new Problem('invalid-state', { detail: 'The order has nothing left to be taken.' })
  return due
}

function voids(deps: PaymentDeps, context: PlanInput, tenders: readonly TenderRow[]): PlannedOperation[] {
  return tenders.map((tender) => followUp(deps, context, tender, 'void', tender.hold))
}

function capturableOf(tenders: readonly TenderRow[]): bigint {
  return tenders.reduce((sum, { capturable }) => sum + capturable, 0n)
}

/** Nothing of its hold is on its way. */
function isQuiet({ capturable, hold }: TenderRow): boolean {
  return capturable === hold
}

/** Tenders that are held for nothing, newest first. */
function wholeWithin(tenders: readonly TenderRow[], surplus: bigint): TenderRow[] {
  let rest = surplus
  return tenders.toReversed().filter((tender) => {
    if (tender.hold === 0n || !isQuiet(tender) || tender.hold > rest) return false
    rest -= tender.hold
    return true
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
