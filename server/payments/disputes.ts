// Disputes (chargebacks): money a provider takes back while it asks, and gives back or keeps at the end.

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
    task_id: deps.newId('tsk'),
    event_id: deps.newId('evt'),
    payment_event_id: deps.newId('evt'),
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
