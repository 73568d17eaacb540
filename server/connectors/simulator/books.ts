// What every verb of the simulator works with: its memory, its time, its fault plans, and the few moves all of them make.

import type { Clock } from '../../lib/clock.ts'
import type { Outcome } from '../connector.ts'
import { type FaultPlan, NO_FAULTS, type Struck } from './faults.ts'
import type { Operation, PspRequest, PspVerb } from './psp.ts'
import type { Store } from './store.ts'
import { encodeOutcome } from './wire.ts'

export interface Books {
  store: Store
  clock: Pick<Clock, 'now'>
  /** Random and unguessable: page addresses and event ids. */
  newToken: () => string
  publicUrl: string
  planOf(account: string): FaultPlan
  /** This provider's name of a card; see cards.ts. */
  aliasOf(number: string): string
  /** Remembers that a webhook about this operation is due; see webhooks.ts. */
  announce(operation: Operation, outcome: Outcome, options?: { is_reversal?: boolean }): void
  /** The same for a dispute of a charge. */
  announceDispute(charge: Operation, dispute: DisputeNews): void
}

export interface DisputeNews {
  stage: 'opened' | 'won' | 'lost'
  dispute_reference: string
  reason: string
  respond_by: string
  occurred_at: string
}

/** Everything a verb needs to compute its answer. */
export interface Turn {
  books: Books
  request: PspRequest
  verb: PspVerb
  struck: Struck
  plan: FaultPlan
  nowMs: number
}

export const DAY_MS = 86_400_000
/** How long the schemes usually hold an authorisation. */
export const AUTHORIZATION_DAYS = 7
/** How long a customer has for a page or an app. */
export const ACTION_MS = 30 * 60_000
/** How long a bank's app asks after its code was typed. */
export const CODE_MS = 2 * 60_000

export const DEFAULT_SLOW_MS = 30_000
export const DEFAULT_DOWN_MS = 30_000
export const DEFAULT_LATE_MS = 60_000
export const DEFAULT_SETTLE_MS = 30_000

/** A fresh row for the request, not yet decided. `psp_reference` follows from our id, so that a replayed run has the same. */
export function newOperation(turn: Turn): Operation {
  const { request, verb, struck, plan, nowMs } = turn
  const hiddenFor = struck.not_found_then_found ? (plan.late_ms ?? DEFAULT_LATE_MS) : 0
  return {
    account: request.account.id,
    operation_id: request.operation_id,
    payment_id: request.payment_id,
    kind: verb,
    method: request.method ?? '',
    state: 'pending',
    amount: request.amount,
    currency: request.currency,
    psp_reference: `sim_${request.operation_id.replace(/^opn_/, '')}`,
    charge_id: null,
    authorized: 0n,
    captured: 0n,
    refunded: 0n,
    over_capture_bp: BigInt(request.over_capture_bp ?? 0),
    is_single_capture: request.multi_capture === false ? 1n : 0n,
    is_closed: 0n,
    expires_at: 0n,
    visible_at: BigInt(nowMs + hiddenFor),
    behaviour: '',
    webhook_fault: struck.webhook ?? '',
    alias: '',
    webhook_url: request.webhook_url,
    return_url: request.return_url ?? '',
    reference: request.reference ?? '',
    country: request.country ?? '',
    answer: '',
    created_at: BigInt(nowMs),
  }
}

/** Puts the decided operation in the books and returns its outcome. */
export function record(books: Books, operation: Operation, outcome: Outcome): Outcome {
  operation.answer = encodeOutcome(outcome)
  if (outcome.outcome === 'succeeded' || outcome.outcome === 'declined') operation.state = outcome.outcome
  books.store.insertOperation(operation)
  return outcome
}

/** Refuses without touching money. */
export function refuse(turn: Turn, code: string, message: string, options: { is_retryable?: boolean } = {}): Outcome {
  const operation = newOperation(turn)
  return record(turn.books, operation, {
    outcome: 'declined',
    code,
    message,
    is_retryable: options.is_retryable ?? false,
    psp_reference: operation.psp_reference,
    occurred_at: isoTime(turn.nowMs),
  })
}

export function planFrom(text: string | undefined): FaultPlan {
  return text ? (JSON.parse(text) as FaultPlan) : NO_FAULTS
}

let lastIso = { ms: Number.NaN, text: '' }

/** RFC 3339 of a moment in milliseconds. Many requests share a millisecond, and formatting one costs as much as a query. */
export function isoTime(ms: number | bigint): string {
  const moment = Number(ms)
  if (moment !== lastIso.ms) lastIso = { ms: moment, text: new Date(moment).toISOString() }
  return lastIso.text
}
