// Transaction 2, for every source of evidence: hands an outcome to the SQL function payment_apply, which decides on the
// locked state what it means, moves the amounts, posts the ledger, writes the event and stores the reply. Nothing else in
// the program changes an operation's state.

import { redact } from '../connectors/call.ts'
import type { Outcome } from '../connectors/connector.ts'
import { jsonOf } from '../lib/json.ts'
import type { PaymentDeps } from './deps.ts'
import { noteKnown, noteStored } from './offline-store.ts'
import { askAgain } from './operation-store.ts'
import type { OperationState } from './payment.ts'

export type EvidenceSource = 'reply' | 'webhook' | 'poll' | 'terminal' | 'settlement' | 'operator'

export interface Evidence {
  merchantId: string
  paymentId: string
  operationId: string
  source: EvidenceSource
  outcome: Outcome | { outcome: 'expired' }
  /** What the evidence is about, when it states it itself: compared with what was instructed. */
  amount?: bigint
  currency?: string
  occurredAt?: string
  /** A success reported earlier is taken back. */
  isReversal?: boolean
  /** Kept for the timeline; redacted here. */
  body?: unknown
  /** When to ask next, if the outcome is not final. Default: the first step of the ladder. */
  askAt?: Date
  askAttempt?: number
  notFound?: number
  /** Another account will be tried: do not answer the command yet. */
  isRetried?: boolean
  inbound?: { accountId: string; eventId: string }
}

export interface Applied {
  /** As in evidence.effect: succeed, fail, pend, unknown, late, reverse, expire, mismatch, or none:why. */
  effect: string
  state: OperationState
  /** The payment's view after it. */
  body: string
}

/** The first time the resolver asks after an unknown answer. */
const FIRST_ASK_MS = 5_000
/** A customer on a bank's page needs minutes; the webhook usually comes first. */
const FIRST_ASK_PENDING_MS = 60_000

/** Applies one piece of evidence. Returns what it did; repeated or contradicted evidence does nothing and is kept. */
export async function apply(deps: PaymentDeps, evidence: Evidence): Promise<Applied> {
  const now = deps.clock.now()
  const { outcome } = evidence
  const row: Record<string, unknown> = {
    at: now.toISOString(),
    evidence_id: deps.newId('evi'),
    event_id: deps.newId('evt'),
    task_id: deps.newId('tsk'),
    payment_id: evidence.paymentId,
    operation_id: evidence.operationId,
    source: evidence.source,
    outcome: outcome.outcome,
    is_reversal: evidence.isReversal ?? false,
    currency: evidence.currency,
    occurred_at: evidence.occurredAt,
    body: evidence.body === undefined ? undefined : jsonable(redact(evidence.body)),
    ask_at: evidence.askAt?.toISOString(),
    ask_attempt: evidence.askAttempt,
    not_found: evidence.notFound,
    is_retried: evidence.isRetried ?? false,
    inbound_account: evidence.inbound?.accountId,
    inbound_event: evidence.inbound?.eventId,
  }
  if (evidence.amount !== undefined) row['amount'] = Number(evidence.amount)
  describe(row, outcome)
  if (row['ask_at'] === undefined && (outcome.outcome === 'unknown' || outcome.outcome === 'pending')) {
    const wait = outcome.outcome === 'unknown' ? FIRST_ASK_MS : FIRST_ASK_PENDING_MS
    row['ask_at'] = new Date(now.getTime() + wait).toISOString()
  }
  if (outcome.outcome === 'succeeded' && outcome.is_provisional)
    await noteStored(deps.db, evidence.merchantId, evidence, now)
  const result = await deps.lanes.commit('payment_apply', evidence.merchantId, row, evidence.paymentId)
  // A death between these two is found by the provider's settlement alone, as what was never asked about.
  if (outcome.outcome === 'succeeded' && outcome.is_provisional && result['outcome'] === 'succeed')
    await askAgain(deps.db, evidence.merchantId, evidence.operationId, new Date(now.getTime() + FIRST_ASK_PENDING_MS))
  // What is booked already is heard of again: now the host has taken what a terminal had approved by itself.
  if (outcome.outcome === 'succeeded' && !outcome.is_provisional && String(result['outcome']).startsWith('none'))
    await noteKnown(deps.db, evidence.merchantId, { ...evidence, reference: outcome.psp_reference }, now)
  return {
    effect: result['outcome'] as string,
    state: result['state'] as OperationState,
    body: result['body'] as string,
  }
}

/** Copies what each kind of outcome tells into the columns of payment_apply_row. */
function describe(row: Record<string, unknown>, outcome: Evidence['outcome']): void {
  switch (outcome.outcome) {
    case 'succeeded':
      row['amount'] ??= Number(outcome.amount)
      if (outcome.tip !== undefined) row['tip'] = Number(outcome.tip)
      if (outcome.detail !== undefined) row['body'] ??= jsonable(redact(outcome.detail))
      row['psp_reference'] = outcome.psp_reference
      row['occurred_at'] ??= outcome.occurred_at
      row['network_reference'] = outcome.network_reference
      row['authentication'] = outcome.authentication
      row['expires_at'] = outcome.expires_at
      row['instrument'] = outcome.instrument
      for (const fee of outcome.fees ?? []) {
        row[`fee_${fee.kind}`] = Number(row[`fee_${fee.kind}`] ?? 0) + Number(fee.amount)
      }
      return
    case 'declined':
      row['psp_reference'] = outcome.psp_reference
      row['occurred_at'] ??= outcome.occurred_at
      row['decline_code'] = outcome.code
      row['decline_message'] = outcome.message
      row['decline_is_retryable'] = outcome.is_retryable
      return
    case 'pending':
      row['psp_reference'] = outcome.psp_reference
      row['next_action'] = outcome.next_action
      return
    case 'no_effect':
      row['decline_code'] = 'no_effect'
      row['decline_message'] = 'The provider did not process it'
      row['decline_is_retryable'] = true
      row['body'] ??= { reason: outcome.reason }
      return
    case 'unknown':
      row['body'] ??= { reason: outcome.reason }
      if (outcome.amount !== undefined) row['amount'] ??= Number(outcome.amount)
  }
}

/** Money in evidence bodies is bigint; JSON has only numbers, and our range fits them exactly. */
function jsonable(value: unknown): unknown {
  return JSON.parse(jsonOf(value))
}
