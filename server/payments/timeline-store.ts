// Everything that happened to a payment, in order: what was instructed, and every piece of evidence with its effect.

import Type, { type Static } from 'typebox'
import type { Queryable } from '../db/pool.ts'
import { Id, Nullable } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'

export const TimelineEntry = Type.Object({
  at: Type.String({ description: 'RFC 3339, UTC.' }),
  type: Type.Enum(['operation', 'evidence', 'dispute']),
  id: Type.String(),
  operation_id: Id('opn'),
  kind: Type.String({ description: 'Kind of the operation, or `dispute`.' }),
  state: Nullable(Type.String({ description: 'State of the operation or dispute now.' })),
  source: Nullable(
    Type.String({ description: 'Of evidence: reply, webhook, poll, terminal, settlement or operator.' }),
  ),
  outcome: Nullable(Type.String({ description: 'Of evidence: what it says.' })),
  effect: Nullable(Type.String({ description: 'Of evidence: what it did; `none:…` says why nothing.' })),
  amount: Nullable(Type.Integer()),
  psp_reference: Nullable(Type.String()),
  details: Type.Unknown(),
})
export type TimelineEntry = Static<typeof TimelineEntry>

/** The timeline, oldest first. Throws not-found. */
export async function timelineOf(db: Queryable, merchantId: string, paymentId: string): Promise<TimelineEntry[]> {
  const { rows } = await db.query<{ is_known: boolean; entries: TimelineEntry[] | null }>(
    `select exists (select from payment where merchant_id = $1 and id = $2) as is_known, (
       select json_agg(json_build_object('at', e.at, 'type', e.type, 'id', e.id, 'operation_id', e.operation_id, 'kind', e.kind,
         'state', e.state, 'source', e.source, 'outcome', e.outcome, 'effect', e.effect, 'amount', e.amount,
         'psp_reference', e.psp_reference, 'details', e.details) order by e.at, e.place, e.id) from (
         select rfc3339(o.created_at) as at, 0 as place, o.id, 'operation' as type, o.id as operation_id, o.kind, o.state,
           null as source, null as outcome, null as effect, o.amount, o.psp_reference,
           json_strip_nulls(json_build_object('tender_id', o.tender_id, 'method', o.method, 'connector_account', o.connector_account_id,
             'rounding', o.rounding, 'reason', o.reason, 'final', nullif(o.is_final, false))) as details
         from operation o where o.merchant_id = $1 and o.payment_id = $2
         union all
         select rfc3339(v.received_at), 1, v.id, 'evidence', v.operation_id, o.kind, null, v.source, v.outcome, v.effect, v.amount,
           v.psp_reference, to_json(v.body)
         from evidence v join operation o on o.merchant_id = v.merchant_id and o.id = v.operation_id
         where v.merchant_id = $1 and v.payment_id = $2
         union all
         select rfc3339(d.opened_at), 2, d.id, 'dispute', d.operation_id, 'dispute', d.status, null, null, null, d.amount,
           d.dispute_reference, json_build_object('dispute_id', d.id, 'reason', d.reason, 'respond_by', rfc3339(d.respond_by), 'closed_at', rfc3339(d.closed_at))
         from dispute d where d.merchant_id = $1 and d.payment_id = $2
       ) e) as entries`,
    [merchantId, paymentId],
  )
  if (!rows[0]?.is_known) throw new Problem('not-found')
  return rows[0].entries ?? []
}
