// Operations, read by themselves.

import type { Queryable } from '../db/pool.ts'

/** What one operation of a payment is about, in minor units; null when there is none. */
export async function operationAmount(
  db: Queryable,
  merchantId: string,
  { paymentId, operationId }: { paymentId: string; operationId: string },
): Promise<bigint | null> {
  const { rows } = await db.query<{ amount: bigint }>(
    'select amount from operation where merchant_id = $1 and payment_id = $2 and id = $3',
    [merchantId, paymentId, operationId],
  )
  return rows[0]?.amount ?? null
}

/** Keeps by what name the provider knows an operation whose outcome is not known yet. By the primary key. */
export async function nameOperation(
  db: Queryable,
  merchantId: string,
  { payment_id, operation_id }: { payment_id: string; operation_id: string },
  reference: string,
): Promise<void> {
  await db.query(
    `update operation set psp_reference = $4
     where merchant_id = $1 and payment_id = $2 and id = $3 and psp_reference is null
       and state in ('created', 'dispatched', 'pending', 'unknown')`,
    [merchantId, payment_id, operation_id, reference],
  )
}

/** When money of a tender last came in; null when none did, or only by evidence that tells no time. Served by the primary key. */
export async function lastTaken(
  db: Queryable,
  merchantId: string,
  { paymentId, tenderId }: { paymentId: string; tenderId: string },
): Promise<Date | null> {
  const { rows } = await db.query<{ at: Date | null }>(
    `select max(coalesce(occurred_at, settled_at)) as at from operation
     where merchant_id = $1 and payment_id = $2 and tender_id = $3 and kind in ('sale', 'capture') and state = 'succeeded'`,
    [merchantId, paymentId, tenderId],
  )
  return rows[0]?.at ?? null
}

/** How many operations are open, and how often the most asked of them was asked about. */
export async function readOpenOperations(db: Queryable): Promise<{ count: number; mostAsked: number }> {
  const { rows } = await db.query<{ count: number; most_asked: number }>(
    'select count(*)::int as count, coalesce(max(attempt), 0) as most_asked from operation_ask',
  )
  return { count: rows[0]?.count ?? 0, mostAsked: rows[0]?.most_asked ?? 0 }
}

/** What an operation instructed and what became of it. */
export interface OperationFacts {
  id: string
  payment_id: string
  tender_id: string
  kind: string
  state: string
  method: string
  currency: string
  amount: bigint
  /** What took effect; null while nobody knows. */
  amount_effective: bigint | null
  /** What had taken effect and was taken back. */
  amount_undone: bigint | null
  /** Of cash: what the drawer got or gave, less the amount. */
  rounding: bigint | null
  /** Beyond the amount: what the customer gave for the staff, or of it went back. */
  tip: bigint | null
  /** Of an authorisation: what is held and not taken yet. */
  held: bigint
  /** Of an authorisation: what was taken of it. */
  taken: bigint
  idempotency_key: string | null
  reason: string | null
  created_at: Date
  settled_at: Date | null
}

/** Operations by id, those that there are. Served by operation_by_id. */
export async function operationFacts(
  db: Queryable,
  merchantId: string,
  ids: readonly string[],
): Promise<Map<string, OperationFacts>> {
  const { rows } = await db.query<OperationFacts>(
    `select o.id, o.payment_id, o.tender_id, o.kind, o.state, o.method, p.currency, o.amount, o.amount_effective, o.amount_undone, o.rounding, o.tip,
       case when o.kind = 'authorize' then tender_hold(t) else 0 end as held,
       case when o.kind = 'authorize' then t.captured - t.reversed else 0 end as taken,
       o.idempotency_key, o.reason, o.created_at, o.settled_at
     from operation o join payment p on p.merchant_id = o.merchant_id and p.id = o.payment_id
     join tender t on t.merchant_id = o.merchant_id and t.payment_id = o.payment_id and t.id = o.tender_id
     where o.id = any ($2) and o.merchant_id = $1`,
    [merchantId, ids],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/** Puts an operation that has succeeded on the list of those to be asked about: its approval was provisional. */
export async function askAgain(db: Queryable, merchantId: string, operationId: string, at: Date): Promise<void> {
  await db.query(
    'insert into operation_ask (merchant_id, operation_id, ask_at) values ($1, $2, $3) on conflict do nothing',
    [merchantId, operationId, at],
  )
}

/** Takes one off that list. */
export async function closeAsk(db: Queryable, merchantId: string, operationId: string): Promise<void> {
  await db.query('delete from operation_ask where merchant_id = $1 and operation_id = $2', [merchantId, operationId])
}

/** When the last cash of a payment came into the books; null when none did. Served by the primary key. */
export async function cashSettledAt(db: Queryable, merchantId: string, paymentId: string): Promise<Date | null> {
  const { rows } = await db.query<{ at: Date | null }>(
    `select max(settled_at) as at from operation
     where merchant_id = $1 and payment_id = $2 and method = 'cash' and kind = 'sale' and state = 'succeeded'`,
    [merchantId, paymentId],
  )
  return rows[0]?.at ?? null
}

/** What cash for an order's payments came to beyond what it settled, or less (negative). Served by payment_by_order. */
export async function cashRoundingOf(db: Queryable, merchantId: string, orderId: string): Promise<bigint> {
  const { rows } = await db.query<{ rounding: bigint }>(
    `select coalesce(sum(t.rounding), 0)::bigint as rounding from payment p join tender t using (merchant_id)
     where p.merchant_id = $1 and p.order_id = $2 and p.direction = 'charge' and t.payment_id = p.id and t.method = 'cash' and t.captured > 0`,
    [merchantId, orderId],
  )
  return rows[0]?.rounding ?? 0n
}
