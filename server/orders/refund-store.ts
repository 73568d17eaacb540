// The SQL of refunds that orders owe, and of the tasks that people are given.

import type { Queryable, Tx } from '../db/pool.ts'

export interface OrderRefund {
  merchant_id: string
  order_id: string
  n: number
  /** `all`: whatever is held or taken. `part`: `amount` of what was taken. */
  scope: 'all' | 'part'
  amount: bigint
  reason: string
  /** False when money came for an order that was given up. */
  is_expected: boolean
  /** The till where it was decided; null for none. */
  register_id: string | null
  attempt: number
}

const REFUND = 'merchant_id, order_id, n, scope, amount, reason, is_expected, register_id, attempt'

/**
 * Writes an intent to give money back, and counts a part as decided upon. The caller holds the order's lock, which keeps `n`
 * free of races.
 */
export async function insertRefund(
  tx: Tx,
  merchantId: string,
  refund: Omit<OrderRefund, 'merchant_id' | 'n' | 'attempt'>,
  dates: { at: Date; dueAt: Date },
): Promise<OrderRefund> {
  const { order_id, scope, amount, reason, is_expected, register_id } = refund
  const { rows } = await tx.query<OrderRefund>(
    `insert into order_refund (merchant_id, order_id, n, scope, amount, reason, is_expected, register_id, state, due_at, created_at)
       select $1, $2, coalesce(max(n), 0) + 1, $3, $4, $5, $6, $9, 'open', $7, $8 from order_refund where merchant_id = $1 and order_id = $2
     returning ${REFUND}`,
    [merchantId, order_id, scope, amount, reason, is_expected, dates.dueAt, dates.at, register_id],
  )
  await tx.query('update sales_order set amount_to_refund = amount_to_refund + $3 where merchant_id = $1 and id = $2', [
    merchantId,
    order_id,
    amount,
  ])
  return rows[0] as OrderRefund
}

/** True while an intent to give everything back is open. */
export async function hasOpenReturn(db: Queryable, merchantId: string, orderId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `select 1 from order_refund where merchant_id = $1 and order_id = $2 and scope = 'all' and state = 'open'`,
    [merchantId, orderId],
  )
  return rowCount !== 0
}

/** Those of these orders of which everything was to be given back, and could not be: a person has the task. */
export async function withFailedReturn(db: Queryable, merchantId: string, ids: string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ order_id: string }>(
    `select distinct order_id from order_refund where merchant_id = $1 and order_id = any ($2) and scope = 'all' and state = 'failed'`,
    [merchantId, ids],
  )
  return new Set(rows.map((row) => row.order_id))
}

/** Which of these orders have money to give back, or a task for a person. Served by primary keys and order_task_open. */
export async function waitingOrders(db: Queryable, merchantId: string, ids: string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ order_id: string }>(
    `select order_id from order_refund where merchant_id = $1 and order_id = any ($2) and state = 'open'
     union select order_id from order_task where order_id = any ($2) and merchant_id = $1 and closed_at is null`,
    [merchantId, ids],
  )
  return new Set(rows.map((row) => row.order_id))
}

/** Merchants with refunds to carry out, a few. Served by order_refund_due. */
export async function merchantsWithRefunds(db: Queryable, now: Date, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ merchant_id: string }>(
    `select distinct merchant_id from (
       select merchant_id from order_refund where state = 'open' and due_at <= $1 order by due_at limit $2) r`,
    [now, limit],
  )
  return rows.map((row) => row.merchant_id)
}

/** Takes refunds of a merchant for oneself until `until`, oldest first; another process passes them by. */
export async function claimRefunds(
  db: Queryable,
  merchantId: string,
  claim: { now: Date; until: Date; limit: number },
): Promise<OrderRefund[]> {
  const { rows } = await db.query<OrderRefund>(
    `update order_refund r set due_at = $3, attempt = r.attempt + 1
     from (select order_id, n from order_refund where merchant_id = $1 and state = 'open' and due_at <= $2
           order by due_at limit $4 for update skip locked) d
     where r.merchant_id = $1 and r.order_id = d.order_id and r.n = d.n
     returning ${REFUND.split(', ')
       .map((column) => `r.${column}`)
       .join(', ')}`,
    [merchantId, claim.now, claim.until, claim.limit],
  )
  return rows
}

/** Ends a refund. False when it had ended before. */
export async function endRefund(
  tx: Tx,
  refund: Pick<OrderRefund, 'merchant_id' | 'order_id' | 'n'>,
  end: { state: 'done' | 'failed'; at: Date },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update order_refund set state = $4, done_at = $5 where merchant_id = $1 and order_id = $2 and n = $3 and state = 'open'`,
    [refund.merchant_id, refund.order_id, refund.n, end.state, end.at],
  )
  return rowCount === 1
}

/** Looks at a refund again at that time. */
export async function postponeRefund(db: Queryable, refund: OrderRefund, until: Date): Promise<void> {
  await db.query(
    `update order_refund set due_at = $4 where merchant_id = $1 and order_id = $2 and n = $3 and state = 'open'`,
    [refund.merchant_id, refund.order_id, refund.n, until],
  )
}

export const TASK_KINDS = [
  'capture_failed',
  'goods_missing',
  'payment_mismatch',
  'payment_returned',
  'payment_reversed',
  'refund_failed',
] as const

export interface OrderTask {
  id: string
  order_id: string
  kind: (typeof TASK_KINDS)[number]
  payment_id: string | null
  detail: string
  created_at: Date
  closed_at: Date | null
}

/** What a task may come to say: as much as a person reads. */
const DETAIL_AT_MOST = 2_000

/**
 * Gives somebody a task, unless there is no such order. Where one of its kind is open for the order, that one says this too.
 */
export async function openTask(
  db: Queryable,
  merchantId: string,
  task: Omit<OrderTask, 'created_at' | 'closed_at'> & { at: Date },
): Promise<void> {
  await db.query(
    `insert into order_task (merchant_id, id, order_id, kind, payment_id, detail, created_at)
       select $1, $2, o.id, $4, $5, $6, $7 from sales_order o where o.merchant_id = $1 and o.id = $3
     on conflict (order_id, kind, merchant_id) where closed_at is null do update
       set detail = left(order_task.detail || ' ' || excluded.detail, $8)
       where position(excluded.detail in order_task.detail) = 0`,
    [merchantId, task.id, task.order_id, task.kind, task.payment_id, task.detail, task.at, DETAIL_AT_MOST],
  )
}

const TASK = 'id, order_id, kind, payment_id, detail, created_at, closed_at'

/** Tasks, newest first, one more than `limit`; of one order, open or closed only. */
export async function listTasks(
  db: Queryable,
  merchantId: string,
  filter: { order_id?: string; state?: 'open' | 'closed' },
  page: { limit: number; cursor?: string },
): Promise<OrderTask[]> {
  const { rows } = await db.query<OrderTask>(
    `select ${TASK} from order_task
     where merchant_id = $1 and ($2::text is null or order_id = $2) and ($3::text is null or (closed_at is null) = ($3 = 'open'))
       and ($4::text is null or id < $4)
     order by id desc limit $5`,
    [merchantId, filter.order_id ?? null, filter.state ?? null, page.cursor ?? null, page.limit + 1],
  )
  return rows
}

/** Closes what is open of a kind for orders that have got over it. Served by order_task_open. */
export async function closeTasks(
  tx: Tx,
  merchantId: string,
  of: { orderIds: string[]; kind: OrderTask['kind'] },
  at: Date,
): Promise<void> {
  await tx.query(
    'update order_task set closed_at = $4 where order_id = any ($2) and kind = $3 and merchant_id = $1 and closed_at is null',
    [merchantId, of.orderIds, of.kind, at],
  )
}

/** Closes a task and answers it; null when there is none. Closing again changes nothing. */
export async function closeTask(db: Queryable, merchantId: string, id: string, at: Date): Promise<OrderTask | null> {
  const { rows } = await db.query<OrderTask>(
    `update order_task set closed_at = coalesce(closed_at, $3) where merchant_id = $1 and id = $2 returning ${TASK}`,
    [merchantId, id, at],
  )
  return rows[0] ?? null
}
