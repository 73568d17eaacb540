// What waits for a person: outcomes nobody could find out, amounts that contradict, money that came late or went back.

import Type, { type Static } from 'typebox'
import type { Queryable } from '../db/pool.ts'
import { Id, Nullable } from '../http/schema.ts'

export const TASK_KINDS = [
  'unknown_outcome',
  'amount_mismatch',
  'late_success',
  'duplicate_payment',
  'reversal',
  'cancel_failed',
  'given_twice',
  'dispute_mismatch',
  'dispute_contradicted',
] as const

export const TaskView = Type.Object({
  id: Id('tsk'),
  object: Type.Literal('payment_task'),
  kind: Type.Enum([...TASK_KINDS]),
  payment_id: Id('pay'),
  operation_id: Id('opn'),
  created_at: Type.String({ description: 'RFC 3339, UTC. Its age is what to watch.' }),
  closed_at: Nullable(Type.String()),
})
export type TaskView = Static<typeof TaskView>

/** Tasks, newest first; of one payment, open only, or one by id. One more than `limit`. */
export async function listTasks(
  db: Queryable,
  merchantId: string,
  filter: { id?: string; payment_id?: string; open?: boolean },
  limit: number,
  cursor?: string,
): Promise<TaskView[]> {
  const { rows } = await db.query<{ view: TaskView }>(
    `select json_build_object('id', k.id, 'object', 'payment_task', 'kind', k.kind, 'payment_id', k.payment_id,
       'operation_id', k.operation_id, 'created_at', rfc3339(k.created_at), 'closed_at', rfc3339(k.closed_at)) as view
     from payment_task k
     where k.merchant_id = $1 and ($2::text is null or k.id = $2) and ($3::text is null or k.payment_id = $3)
       and ($4::boolean is null or (k.closed_at is null) = $4) and ($5::text is null or k.id < $5)
     order by k.id desc limit $6`,
    [merchantId, filter.id ?? null, filter.payment_id ?? null, filter.open ?? null, cursor ?? null, limit + 1],
  )
  return rows.map((row) => row.view)
}
