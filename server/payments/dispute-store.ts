// Reads of disputes; they change only through dispute_apply (migration 0010).

import Type, { type Static } from 'typebox'
import type { Queryable } from '../db/pool.ts'
import { Id, Nullable } from '../http/schema.ts'

export const DisputeView = Type.Object({
  id: Id('dsp'),
  object: Type.Literal('dispute'),
  payment_id: Id('pay'),
  tender_id: Id('ten'),
  operation_id: Id('opn'),
  status: Type.Enum(['open', 'won', 'lost']),
  amount: Type.Integer(),
  currency: Type.String(),
  reason: Type.String(),
  dispute_reference: Type.String({ description: 'The provider’s name for it.' }),
  respond_by: Nullable(Type.String()),
  opened_at: Type.String(),
  closed_at: Nullable(Type.String()),
})
export type DisputeView = Static<typeof DisputeView>

/** Disputes, newest first; of one payment, of one status, or all. One more than `limit`. */
export async function listDisputes(
  db: Queryable,
  merchantId: string,
  filter: { id?: string; payment_id?: string; status?: string },
  limit: number,
  cursor?: string,
): Promise<DisputeView[]> {
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
