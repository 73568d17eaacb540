// What happens at the provider after it has answered: customers decide, time runs out, successes are taken back, cards
// are disputed. Each is told by webhook and found by lookup; the customer's browser decides nothing.

import type { InstrumentFacts, Outcome } from '../connector.ts'
import { type Books, DAY_MS, isoTime } from './books.ts'
import { DECLINES, type Decline } from './cards.ts'
import { approve, instrumentSetting } from './charge.ts'
import type { Operation } from './psp.ts'
import type { Timer } from './store.ts'
import { encodeOutcome } from './wire.ts'

/** What a customer can do on a page, in an app or at a terminal. */
export type CustomerAct = 'approve' | 'decline' | 'abandon' | 'fail_authentication'

const REFUSALS: Record<Exclude<CustomerAct, 'approve'>, Decline> = {
  decline: DECLINES.customer_declined,
  abandon: DECLINES.customer_canceled,
  fail_authentication: DECLINES.authentication_failed,
}

/** Decides a pending charge. Returns false when it was decided before, which then stands. */
export function decide(books: Books, operation: Operation, act: CustomerAct | Decline, nowMs: number): boolean {
  if (operation.state !== 'pending') return false
  const outcome = act === 'approve' ? approvedNow(books, operation, nowMs) : declinedNow(operation, act, nowMs)
  operation.state = outcome.outcome === 'succeeded' ? 'succeeded' : 'declined'
  books.store.removeTimers(operation.account, operation.operation_id, ['page_expired', 'succeed', 'decline'])
  operation.answer = encodeOutcome(outcome)
  books.store.setSetting(instrumentSetting(operation), null)
  books.store.updateOperation(operation)
  books.announce(operation, outcome)
  return true
}

function approvedNow(books: Books, operation: Operation, nowMs: number): Outcome {
  const text = books.store.setting(instrumentSetting(operation))
  const instrument: InstrumentFacts = text ? JSON.parse(text) : { kind: 'other' }
  const authentication = operation.behaviour === 'challenge' ? 'challenge' : 'none'
  return approve(books, operation, nowMs, { amount: operation.amount, instrument, authentication })
}

function declinedNow(operation: Operation, act: Exclude<CustomerAct, 'approve'> | Decline, nowMs: number): Outcome {
  operation.is_closed = 1n
  const decline = typeof act === 'string' ? REFUSALS[act] : act
  return { outcome: 'declined', ...decline, psp_reference: operation.psp_reference, occurred_at: isoTime(nowMs) }
}

/** Lets one timer that is due take effect. */
export function ring(books: Books, timer: Timer, nowMs: number): void {
  books.store.removeTimer(timer.id)
  const operation = books.store.operation(timer.account, timer.operation_id)
  if (!operation) return
  switch (timer.what) {
    case 'succeed':
      decide(books, operation, 'approve', nowMs)
      return
    case 'decline':
      decide(books, operation, DECLINES.card_declined, nowMs)
      return
    case 'page_expired':
      decide(books, operation, DECLINES.action_expired, nowMs)
      return
    case 'authorization_expired':
      expireAuthorization(books, operation, nowMs)
      return
    case 'reverse':
      reverse(books, operation, nowMs)
      return
    case 'dispute':
      dispute(books, operation, 'opened', nowMs)
  }
}

export type DisputeStage = 'opened' | 'won' | 'lost'

const DISPUTE_EFFECTS = { opened: 'disputed', won: 'dispute_won', lost: 'dispute_lost' } as const
/** How long merchants usually have to answer a dispute. */
const DISPUTE_DAYS = 14

/** Moves a dispute of a captured charge on, and tells. Returns false when nothing is captured that could be disputed. */
export function dispute(books: Books, charge: Operation, stage: DisputeStage, nowMs: number): boolean {
  if (charge.captured <= 0n) return false
  books.store.appendJournal(isoTime(nowMs), charge, charge.captured, DISPUTE_EFFECTS[stage])
  books.announceDispute(charge, {
    stage,
    dispute_reference: `simdsp_${charge.psp_reference.slice(4)}`,
    reason: 'fraudulent',
    respond_by: isoTime(nowMs + DISPUTE_DAYS * DAY_MS),
    occurred_at: isoTime(nowMs),
  })
  return true
}

/** Takes back a success that was already told: a capture or refund that failed on its way. */
export function reverse(books: Books, operation: Operation, nowMs: number): boolean {
  if (operation.state !== 'succeeded') return false
  const charge = operation.charge_id ? books.store.operation(operation.account, operation.charge_id) : operation
  if (!charge) return false
  // A sale may have been approved for less than asked.
  const amount = operation.kind === 'sale' ? operation.captured : operation.amount
  if (operation.kind === 'refund') charge.refunded -= amount
  else if (operation.kind === 'capture' || operation.kind === 'sale') charge.captured -= amount
  const isRefund = operation.kind === 'refund' || operation.kind === 'credit'
  const outcome: Outcome = {
    outcome: 'declined',
    code: isRefund ? 'refund_failed' : 'capture_failed',
    message: isRefund ? 'The refund came back from the issuer.' : 'The capture failed at the issuer.',
    is_retryable: false,
    psp_reference: operation.psp_reference,
    occurred_at: isoTime(nowMs),
  }
  if (charge !== operation) books.store.updateOperation(charge)
  operation.state = 'reversed'
  operation.answer = encodeOutcome(outcome)
  books.store.updateOperation(operation)
  books.store.appendJournal(isoTime(nowMs), operation, amount, 'reversed')
  books.announce(operation, outcome, { is_reversal: true })
  return true
}

/** Lets what is left of an authorisation go. Called by its timer, or by whoever comes too late before the timer rang. */
export function expireAuthorization(books: Books, charge: Operation, nowMs: number): void {
  if (charge.kind !== 'authorize' || charge.state !== 'succeeded' || charge.is_closed) return
  if (charge.expires_at > nowMs) {
    // It was extended or raised since; the timer moves along.
    books.store.addTimer({
      account: charge.account,
      operation_id: charge.operation_id,
      due_at: charge.expires_at,
      what: 'authorization_expired',
    })
    return
  }
  const left = charge.authorized - charge.captured
  charge.is_closed = 1n
  books.store.removeTimers(charge.account, charge.operation_id, ['authorization_expired'])
  books.store.updateOperation(charge)
  if (left > 0n) books.store.appendJournal(isoTime(nowMs), charge, left, 'expired')
}
