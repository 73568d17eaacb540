// Reads a merchant's payments as the model wants them: instructions and evidence, nothing that the program concluded.

import type { Simulator } from '../../server/connectors/simulator/index.ts'
import type { Queryable } from '../../server/db/pool.ts'
import type { EvidenceFact, OperationFact, PaymentFact, TenderFact } from './model-facts.ts'

export interface OperationRow extends OperationFact {
  payment_id: string
  account: string
  method: string
  /** What the program concluded, to be compared with the model. */
  state: string
  effective: number | null
  key: string | null
  decline: string | null
}

export interface Facts {
  payments: (PaymentFact & { order_id: string | null })[]
  operations: OperationRow[]
  /** Stored replies by idempotency key, and every claimed key. */
  replies: Map<string, string>
  claimed: Set<string>
}

/** What a customer must do is known at the provider; evidence does not repeat it. */
const AWAITS_CUSTOMER = ['challenge', 'pay', 'app', 'terminal']

interface PaymentJson extends Omit<PaymentFact, 'operations' | 'evidence' | 'tenders' | 'cancels'> {
  order_id: string | null
  cancels: string[] | null
  tenders: TenderFact[] | null
}

export async function readFacts(db: Queryable, simulator: Simulator, merchantId: string): Promise<Facts> {
  const { rows } = await db.query<{
    payments: PaymentJson[] | null
    operations: OperationRow[] | null
    evidence: (EvidenceFact & { payment_id: string })[] | null
    replies: { key: string; reply: string }[] | null
    claimed: string[] | null
  }>(QUERY, [merchantId])
  const [row] = rows
  if (!row) throw new Error('a query without from gave no row')
  const operations = row.operations ?? []
  const waits = new Set(
    operations
      .filter(({ account, id }) => AWAITS_CUSTOMER.includes(simulator.store.operation(account, id)?.behaviour ?? ''))
      .map(({ id }) => id),
  )
  const evidence = (row.evidence ?? []).map((fact) => ({ ...fact, has_action: waits.has(fact.operation_id) }))
  const payments = (row.payments ?? []).map((payment) => ({
    ...payment,
    tenders: payment.tenders ?? [],
    cancels: payment.cancels ?? [],
    operations: operations.filter(({ payment_id }) => payment_id === payment.id),
    evidence: evidence.filter(({ payment_id }) => payment_id === payment.id),
  }))
  return {
    payments,
    operations,
    replies: new Map((row.replies ?? []).map(({ key, reply }) => [key, reply])),
    claimed: new Set(row.claimed ?? []),
  }
}

/**
 * When a payment (`p`) was given up. A cancel sends nothing but voids; those of a last capture have a capture beside them,
 * and those of the machine have a key that no client can have. With nothing to void it is an event alone.
 */
const CANCELS = `
  select json_agg(rfc3339(c.at) order by c.at) from (
    select distinct o.created_at from operation o
      where o.merchant_id = $1 and o.payment_id = p.id and o.kind = 'void' and o.idempotency_key not like 'auto %'
        and not exists (select from operation x where x.merchant_id = $1 and x.idempotency_key = o.idempotency_key and x.kind <> 'void')
    union all
    select e.created_at from event e
      where e.merchant_id = $1 and e.object_id = p.id and e.type = 'payment.canceled' and e.data ->> 'operation_id' is null) c (at)`

const QUERY = `select
  (select json_agg(json_build_object('id', p.id, 'direction', p.direction, 'currency', p.currency, 'cancels', (${CANCELS}),
      'order_id', p.order_id,
      'amount', (select (e.data ->> 'amount')::bigint from event e where e.merchant_id = $1 and e.object_id = p.id and e.object_version = 1),
      'tenders', (select json_agg(json_build_object('id', t.id, 'method', t.method, 'amount', t.amount,
                    'is_multi_capture', 'multi_capture' = any (t.can)) order by t.seq)
                  from tender t where t.merchant_id = $1 and t.payment_id = p.id)) order by p.created_at, p.id)
   from payment p where p.merchant_id = $1) as payments,
  (select json_agg(json_build_object('id', o.id, 'payment_id', o.payment_id, 'tender_id', o.tender_id, 'kind', o.kind,
      'amount', o.amount, 'is_final', o.is_final, 'is_automatic', coalesce(o.idempotency_key, '') like 'auto %', 'created_at', rfc3339(o.created_at), 'account', o.connector_account_id, 'method', o.method, 'state', o.state,
      'effective', o.amount_effective, 'key', o.idempotency_key, 'decline', o.decline_code) order by o.created_at, o.id)
   from operation o where o.merchant_id = $1) as operations,
  (select json_agg(json_build_object('payment_id', v.payment_id, 'operation_id', v.operation_id, 'source', v.source,
      'outcome', v.outcome, 'amount', v.amount, 'currency', v.body ->> 'currency', 'reference', v.psp_reference,
      'occurred_at', rfc3339(v.occurred_at), 'received_at', rfc3339(v.received_at))
      order by v.received_at, v.id)
   from evidence v where v.merchant_id = $1) as evidence,
  (select json_agg(json_build_object('key', r.key, 'reply', r.status || ' ' || r.body)) from idempotency_reply r where r.merchant_id = $1) as replies,
  (select json_agg(k.key) from idempotency_key k where k.merchant_id = $1) as claimed`
