// The SQL of the payment core, besides the set-based functions of migrations 0007 to 0010: reads, and the bookkeeping of the
// workers (when to ask next, what waits for a person, inbound events). Amounts and states change only in those functions.

import type { Queryable } from '../db/pool.ts'

export interface PaymentRow {
  id: string
  direction: 'charge' | 'credit'
  status: string
  amount: bigint
  currency: string
  channel: string
  capture: 'automatic' | 'manual'
  store_id: string | null
  order_id: string | null
  customer_id: string | null
  reference: string | null
  country: string | null
  return_url: string | null
  metadata: Record<string, string> | null
  is_canceled: boolean
  /** Of what was taken, decided to go back because the order came to cost less. */
  given_back: bigint
  tenders: TenderRow[]
}

export interface TenderRow {
  id: string
  seq: number
  method: string
  amount: bigint
  connector_account_id: string
  can: string[]
  over_capture_bp: number
  initiator: 'customer' | 'merchant'
  terminal_id: string | null
  register_id: string | null
  rounding: bigint | null
  cash_tendered: bigint | null
  card_id: string | null
  token_id: string | null
  instrument_id: string | null
  stored_value_id: string | null
  charge_operation_id: string
  psp_reference: string | null
  next_action: unknown
  authorized: bigint
  hold: bigint
  capturable: bigint
  refundable: bigint
  covers: bigint
  captured: bigint
  /** Of what was captured, what its provider took back. */
  reversed: bigint
  refunded: bigint
  charge_in_flight: bigint
  /** Given for the staff, less what went back of it. */
  tip: bigint
}

/** A payment with its tenders in order, or null. Amounts of tenders by the same SQL functions that guard them. */
export async function readPayment(db: Queryable, merchantId: string, paymentId: string): Promise<PaymentRow | null> {
  const payments = await db.query<Omit<PaymentRow, 'tenders'>>(
    `select id, direction, status, amount, currency, channel, capture, store_id, order_id, customer_id, reference, country,
       return_url, metadata, is_canceled, given_back
     from payment where merchant_id = $1 and id = $2`,
    [merchantId, paymentId],
  )
  const payment = payments.rows[0]
  if (!payment) return null
  const tenders = await db.query<TenderRow>(
    `select t.id, t.seq, t.method, t.amount, t.connector_account_id, t.can, t.over_capture_bp, t.initiator, t.terminal_id, t.register_id,
       t.rounding, t.cash_tendered, t.card_id, t.token_id, t.instrument_id, t.stored_value_id, t.charge_operation_id, t.psp_reference, t.next_action, t.authorized, t.captured, t.reversed, t.refunded, t.charge_in_flight, t.tip - t.tip_back as tip,
       tender_hold(t) as hold, tender_capturable(t) as capturable, tender_covers(t) as covers,
       tender_refundable(t) as refundable
     from tender t where t.merchant_id = $1 and t.payment_id = $2 order by t.seq`,
    [merchantId, paymentId],
  )
  return { ...payment, tenders: tenders.rows }
}

/** The API's view of one payment as JSON text, or null. With `key`, shows what that command instructed. */
export async function renderPayment(
  db: Queryable,
  merchantId: string,
  paymentId: string,
  key?: string,
): Promise<string | null> {
  const { rows } = await db.query<{ body: string }>('select body from payment_render($1, $2, $3)', [
    [merchantId],
    [paymentId],
    key === undefined ? null : [key],
  ])
  return rows[0]?.body ?? null
}

export interface PaymentFilter {
  order_id?: string
  customer_id?: string
  reference?: string
  status?: string
  attention?: string
  channel?: string
  store_id?: string
}

/** Ids of payments, newest first, after `cursor`; one more than `limit`. Served by the primary key or a filter's index. */
export async function listPaymentIds(
  db: Queryable,
  merchantId: string,
  filter: PaymentFilter,
  limit: number,
  cursor?: string,
): Promise<string[]> {
  const values: unknown[] = [merchantId, limit + 1]
  const where = ['merchant_id = $1']
  for (const [column, value] of Object.entries({ ...filter })) {
    if (value === undefined) continue
    values.push(value)
    where.push(`${FILTER_COLUMNS[column as keyof PaymentFilter]} = $${values.length}`)
  }
  if (cursor !== undefined) {
    values.push(cursor)
    where.push(`id < $${values.length}`)
  }
  const { rows } = await db.query<{ id: string }>(
    `select id from payment where ${where.join(' and ')} order by merchant_id desc, id desc limit $2`,
    values,
  )
  return rows.map((row) => row.id)
}

/** Column names come from this table, never from a request. */
const FILTER_COLUMNS: Record<keyof PaymentFilter, string> = {
  order_id: 'order_id',
  customer_id: 'customer_id',
  reference: 'reference',
  status: 'status',
  attention: 'attention',
  channel: 'channel',
  store_id: 'store_id',
}

/** Views of several payments, in the order of the ids. */
export async function renderPayments(db: Queryable, merchantId: string, ids: string[]): Promise<string[]> {
  const { rows } = await db.query<{ payment_id: string; body: string }>(
    'select payment_id, body from payment_render($1, $2, null)',
    [ids.map(() => merchantId), ids],
  )
  const byId = new Map(rows.map((row) => [row.payment_id, row.body]))
  return ids.map((id) => byId.get(id)).filter((body) => body !== undefined)
}

export interface KnownKey {
  fingerprint: string
  payment_id: string
  status: number | null
  body: string | null
}

/** What an idempotency key was used for, and its stored reply if there is one. */
export async function readKey(db: Queryable, merchantId: string, key: string): Promise<KnownKey | null> {
  const { rows } = await db.query<KnownKey>(
    `select k.fingerprint, k.payment_id, r.status, r.body
     from idempotency_key k left join idempotency_reply r on r.merchant_id = k.merchant_id and r.key = k.key
     where k.merchant_id = $1 and k.key = $2`,
    [merchantId, key],
  )
  return rows[0] ?? null
}

/** Whether an order was given up, so that nothing can be charged for it any more. By primary key. */
export async function isOrderClosed(db: Queryable, merchantId: string, orderId: string): Promise<boolean> {
  const { rows } = await db.query(
    `select 1 from order_payment where merchant_id = $1 and order_id = $2 and payment_id = 'closed'`,
    [merchantId, orderId],
  )
  return rows.length > 0
}

export interface OpenOperation {
  id: string
  payment_id: string
  tender_id: string
  kind: 'sale' | 'authorize' | 'capture' | 'void' | 'refund' | 'increment' | 'extend' | 'credit'
  state: string
  amount: bigint
  currency: string
  connector_account_id: string
  psp_reference: string | null
  created_at: Date
  ask_at: Date | null
  attempt: number
  not_found: number
  is_final: boolean
  reason: string | null
  /** The terminal that it occupies until it is final. */
  terminal_id: string | null
  tip: bigint | null
  /** The provider, or the terminal, has answered the instruction itself: it was certainly sent. */
  was_answered: boolean
}

const OPEN_OPERATION = `select o.id, o.payment_id, o.tender_id, o.kind, o.state, o.amount, p.currency, o.connector_account_id, o.psp_reference,
    o.created_at, o.terminal_id, o.tip, a.ask_at, coalesce(a.attempt, 0) as attempt, coalesce(a.not_found, 0) as not_found, o.is_final, o.reason,
    exists (select from evidence v where v.merchant_id = o.merchant_id and v.payment_id = o.payment_id and v.operation_id = o.id
      and v.source in ('reply', 'terminal')) as was_answered
  from operation o
  join payment p on p.merchant_id = o.merchant_id and p.id = o.payment_id
  left join operation_ask a on a.merchant_id = o.merchant_id and a.operation_id = o.id`

/** The operations a command made, oldest first. */
export async function readOperationsOfKey(
  db: Queryable,
  merchantId: string,
  paymentId: string,
  key: string,
): Promise<OpenOperation[]> {
  const { rows } = await db.query<OpenOperation>(
    `${OPEN_OPERATION} where o.merchant_id = $1 and o.payment_id = $2 and o.idempotency_key = $3 order by o.id`,
    [merchantId, paymentId, key],
  )
  return rows
}

export async function readOperation(
  db: Queryable,
  merchantId: string,
  operationId: string,
): Promise<OpenOperation | null> {
  const { rows } = await db.query<OpenOperation>(`${OPEN_OPERATION} where o.merchant_id = $1 and o.id = $2`, [
    merchantId,
    operationId,
  ])
  return rows[0] ?? null
}

/** Merchants that have operations to ask about by now. */
export async function merchantsWithDueAsks(db: Queryable, now: Date): Promise<string[]> {
  const { rows } = await db.query<{ merchant_id: string }>(
    'select distinct merchant_id from operation_ask where ask_at <= $1 order by merchant_id',
    [now],
  )
  return rows.map((row) => row.merchant_id)
}

/**
 * Claims due operations of one merchant by moving their next time to `leaseUntil`; another worker skips rows being
 * claimed. Serves the ladder of resolve.ts. Uses operation_ask_due; locks only the claimed ask rows.
 */
export async function claimDueAsks(
  db: Queryable,
  merchantId: string,
  now: Date,
  leaseUntil: Date,
  limit: number,
): Promise<OpenOperation[]> {
  const { rows } = await db.query<{ operation_id: string }>(
    `update operation_ask a set ask_at = $3
     where (a.merchant_id, a.operation_id) in (
       select merchant_id, operation_id from operation_ask
       where merchant_id = $1 and ask_at <= $2 order by ask_at, operation_id limit $4 for update skip locked)
     returning a.operation_id`,
    [merchantId, now, leaseUntil, limit],
  )
  if (rows.length === 0) return []
  const operations = await db.query<OpenOperation>(
    `${OPEN_OPERATION} where o.merchant_id = $1 and o.id = any ($2) order by o.id`,
    [merchantId, rows.map((row) => row.operation_id)],
  )
  return operations.rows
}

/** Sets when to ask next, without new evidence. */
export async function rescheduleAsk(
  db: Queryable,
  merchantId: string,
  operationId: string,
  askAt: Date,
  attempt: number,
  notFound: number,
): Promise<void> {
  await db.query(
    'update operation_ask set ask_at = $3, attempt = $4, not_found = $5 where merchant_id = $1 and operation_id = $2',
    [merchantId, operationId, askAt, attempt, notFound],
  )
}

/** Opens a task for a person about an operation; an open one of the same kind is left as it is. */
export async function openTask(
  db: Queryable,
  merchantId: string,
  task: { id: string; kind: string; payment_id: string; operation_id: string; at: Date },
): Promise<void> {
  await db.query(
    `insert into payment_task (merchant_id, id, kind, payment_id, operation_id, created_at) values ($1, $2, $3, $4, $5, $6)
     on conflict (merchant_id, operation_id, kind) where closed_at is null do nothing`,
    [merchantId, task.id, task.kind, task.payment_id, task.operation_id, task.at],
  )
}

export interface OpenReversal {
  merchant_id: string
  task_id: string
  payment_id: string
  operation_id: string
  tender_id: string
}

/** Open tasks about money that must go back: payments that were given up, or a second payment of one order. */
export async function listOpenReversals(db: Queryable): Promise<OpenReversal[]> {
  const { rows } = await db.query<OpenReversal>(
    `select k.merchant_id, k.id as task_id, k.payment_id, k.operation_id, o.tender_id
     from payment_task k join operation o on o.merchant_id = k.merchant_id and o.id = k.operation_id
     where k.kind = 'duplicate_payment' and k.closed_at is null order by k.merchant_id, k.id limit 50`,
  )
  return rows
}

export interface ExpiredHold {
  merchant_id: string
  payment_id: string
  charge_operation_id: string
}

/** Authorisations past their expiry that still hold money and have nothing in flight. Served by tender_by_expiry. */
export async function listExpiredHolds(db: Queryable, now: Date): Promise<ExpiredHold[]> {
  const { rows } = await db.query<ExpiredHold>(
    `select t.merchant_id, t.payment_id, t.charge_operation_id from tender t
       join operation o on o.merchant_id = t.merchant_id and o.payment_id = t.payment_id and o.id = t.charge_operation_id
     where t.expires_at <= $1 and tender_hold(t) > 0 and not payment_hold_is_moving(o)
     order by t.merchant_id, t.expires_at limit 100`,
    [now],
  )
  return rows
}

export async function storeInboundEvent(
  db: Queryable,
  merchantId: string,
  row: { account_id: string; event_id: string; event: string; at: Date; is_done: boolean },
): Promise<void> {
  await db.query(
    `insert into inbound_event (merchant_id, connector_account_id, psp_event_id, event, received_at, applied_at, next_attempt_at)
     values ($1, $2, $3, $4, $5, $6, $5) on conflict do nothing`,
    [merchantId, row.account_id, row.event_id, row.event, row.at, row.is_done ? row.at : null],
  )
}

export interface InboundRow {
  merchant_id: string
  connector_account_id: string
  psp_event_id: string
  event: Record<string, unknown>
  attempt: number
}

/** Claims inbound events that wait to be applied, by moving their next attempt to `leaseUntil`. */
export async function claimInboundEvents(
  db: Queryable,
  now: Date,
  leaseUntil: Date,
  limit: number,
): Promise<InboundRow[]> {
  const { rows: merchants } = await db.query<{ merchant_id: string }>(
    'select distinct merchant_id from inbound_event where applied_at is null and next_attempt_at <= $1 order by merchant_id',
    [now],
  )
  const claimed: InboundRow[] = []
  for (const { merchant_id } of merchants) {
    const { rows } = await db.query<InboundRow>(
      `update inbound_event i set next_attempt_at = $3, attempt = i.attempt + 1
       where (i.merchant_id, i.connector_account_id, i.psp_event_id) in (
         select merchant_id, connector_account_id, psp_event_id from inbound_event
         where merchant_id = $1 and applied_at is null and next_attempt_at <= $2
         order by next_attempt_at, psp_event_id limit $4 for update skip locked)
       returning i.merchant_id, i.connector_account_id, i.psp_event_id, i.event, i.attempt`,
      [merchant_id, now, leaseUntil, limit],
    )
    claimed.push(...rows)
  }
  return claimed
}

export async function rescheduleInbound(db: Queryable, row: InboundRow, at: Date): Promise<void> {
  await db.query(
    'update inbound_event set next_attempt_at = $4 where merchant_id = $1 and connector_account_id = $2 and psp_event_id = $3',
    [row.merchant_id, row.connector_account_id, row.psp_event_id, at],
  )
}

/** Closes a task; the payment's attention follows what is still open. */
export async function closeTask(
  db: Queryable,
  merchantId: string,
  taskId: string,
  eventId: string,
  at: Date,
): Promise<void> {
  await db.query('select payment_close_task($1, $2, $3, $4)', [merchantId, taskId, eventId, at])
}

export interface OverdueHold {
  merchant_id: string
  payment_id: string
}

/** Payments whose authorisation ends before `soon` and that nothing else draws attention to yet. */
export async function listOverdueHolds(db: Queryable, now: Date, soon: Date): Promise<OverdueHold[]> {
  const { rows } = await db.query<OverdueHold>(
    `select distinct t.merchant_id, t.payment_id from tender t
     join payment p on p.merchant_id = t.merchant_id and p.id = t.payment_id
     where t.expires_at > $1 and t.expires_at <= $2 and tender_hold(t) > 0 and p.attention is null
     order by t.merchant_id, t.payment_id limit 100`,
    [now, soon],
  )
  return rows
}

/** Flags a payment as capture_overdue, with its event, unless it has another attention by now. */
export async function flagOverdue(db: Queryable, row: OverdueHold, eventId: string, at: Date): Promise<void> {
  await db.query('select payment_flag_overdue($1, $2, $3, $4)', [row.merchant_id, row.payment_id, eventId, at])
}

/** What an order's charges cover by one method: taken, held or on its way, less what went back. Served by payment_by_order. */
export async function coveredBy(
  db: Queryable,
  merchantId: string,
  of: { orderId: string; method: string },
): Promise<bigint> {
  const { rows } = await db.query<{ covered: bigint }>(
    `select coalesce(sum(tender_covers(t)), 0)::bigint as covered
     from payment p join tender t on t.merchant_id = p.merchant_id and t.payment_id = p.id
     where p.order_id = $2 and p.merchant_id = $1 and p.direction = 'charge' and t.method = $3`,
    [merchantId, of.orderId, of.method],
  )
  return rows[0]?.covered ?? 0n
}

/** Methods this customer paid with, latest first. Served by payment_by_customer. */
export async function familiarMethods(db: Queryable, merchantId: string, customerId: string): Promise<string[]> {
  const { rows } = await db.query<{ method: string }>(
    `select t.method from (
       select id from payment where merchant_id = $1 and customer_id = $2 and amount_captured > 0 order by id desc limit 50) p
     join tender t on t.merchant_id = $1 and t.payment_id = p.id
     group by t.method order by max(t.payment_id) desc`,
    [merchantId, customerId],
  )
  return rows.map((row) => row.method)
}
