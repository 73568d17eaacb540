// Disputes (chargebacks): money a provider takes back while it asks, and gives back or keeps at the end.

import type { Queryable } from '../db/pool.ts'
import type { PaymentDeps } from './deps.ts'
import type { StoredDispute } from './inbound.ts'
import type { InboundRow } from './store.ts'

/** Applies one stage; false when the charge is not known (yet). */
export async function applyDispute(deps: PaymentDeps, row: InboundRow, event: StoredDispute): Promise<boolean> {
  if (event.operation_id === undefined) return false
  const result = await deps.lanes.commit('dispute_apply', row.merchant_id, {
    at: deps.clock.now().toISOString(),
    dispute_id: deps.newId('dsp'),
    evidence_id: deps.newId('evi'),
    event_id: deps.newId('evt'),
    account_id: row.connector_account_id,
    psp_event_id: row.psp_event_id,
    dispute_reference: event.dispute_reference,
    operation_id: event.operation_id,
    stage: event.stage,
    amount: event.amount,
    currency: event.currency,
    reason: event.reason,
    respond_by: event.respond_by,
    occurred_at: event.occurred_at,
    body: event,
  })
  return result['outcome'] !== 'none:not_found'
}

export interface DisputeView {
  id: string
  object: 'dispute'
  payment_id: string
  tender_id: string
  operation_id: string
  status: 'open' | 'won' | 'lost'
  amount: number
  currency: string
  reason: string
  dispute_reference: string
  respond_by: string | null
  opened_at: string
  closed_at: string | null
}

/** Disputes, newest first; of one payment, of one status, or all. One more than `limit`. */
export async function listDisputes(db: Queryable, merchantId: string, filter: { id?: string; payment_id?: string; status?: string }, limit: number, cursor?: string): Promise<DisputeView[]> {
  const { rows } = await db.query<{ view: DisputeView }>(
    `select json_build_object('id', d.id, 'object', 'dispute', 'payment_id', d.payment_id, 'tender_id', d.tender_id, 'operation_id', d.operation_id,
       'status', d.status, 'amount', d.amount, 'currency', d.currency, 'reason', d.reason, 'dispute_reference', d.dispute_reference,
       'respond_by', rfc3339(d.respond_by), 'opened_at', rfc3339(d.opened_at), 'closed_at', rfc3339(d.closed_at)) as view
     from dispute d
     where d.merchant_id = $1 and ($2::text is null or d.id = $2) and ($3::text is null or d.payment_id = $3)
       and ($4::text is null or d.status = $4) and ($5::text is null or d.id < $5)
     order by d.id desc limit $6`,
    [merchantId, filter.id ?? null, filter.payment_id ?? null, filter.status ?? null, cursor ?? null, limit + 1],
  )
  return rows.map((row) => row.view)
}
