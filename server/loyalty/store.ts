// The SQL of balances: accounts, what changes them, and what operations did. Balances change only in the functions of
// migration 0016. Statements that name an account are served by its primary key.

import type { Queryable } from '../db/pool.ts'

export type ValueKind = 'gift_card' | 'store_credit' | 'points'
export type ValueState = 'inactive' | 'active' | 'depleted' | 'blocked' | 'expired'

/** A balance. Money in minor units of `currency`; points, which have none, in points. */
export interface ValueRow {
  id: string
  kind: ValueKind
  currency: string | null
  customer_id: string | null
  state: ValueState
  balance: bigint
  held: bigint
  pending: bigint
  expires_at: Date | null
  /** The balance that this one was put together with, and what of it is free and this one's. */
  merged_into: string | null
  share: bigint
  version: number
  created_at: Date
}

const COLUMNS =
  'id, kind, currency, customer_id, state, balance, held, pending, expires_at, merged_into, share, version, created_at'

export type EntryType =
  | 'issue'
  | 'load'
  | 'redeem'
  | 'reverse_redeem'
  | 'credit'
  | 'adjust'
  | 'expire'
  | 'transfer_in'
  | 'transfer_out'
  | 'void_issue'
  | 'earn_pending'
  | 'earn_confirmed'
  | 'reverse_earn'

/** ISO 4217 for no currency: of points whose worth is owed in none, or in several at once. */
export const NO_CURRENCY = 'XXX'

/** One change of one balance; the columns of stored_value_change. */
export interface Change {
  entry_id: string
  event_id: string
  event_type: string
  account_id: string
  type: EntryType
  units: bigint
  pending?: bigint
  amount: bigint
  currency: string
  ref_type: string
  ref_id: string
  unit_key?: string
  order_id?: string | undefined
  reason?: string | undefined
  /** In whose name, where it may be a profile that was merged: counted in that one's share of the balance. */
  customer_id?: string | undefined
  /** The other side in the books, debited by `amount`; absent when nothing is booked here. */
  counter_account?: string | undefined
  channel?: string | undefined
  store_id?: string | undefined
  at: Date
}

export type ChangeOutcome = 'ok' | 'repeated' | 'not_found' | 'insufficient'

/**
 * Books changes in their order and appends their events. Locks accounts sorted, then the books, then the event counter: call
 * it after everything else that a transaction locks. Outcomes at the changes' places.
 */
export async function bookChanges(db: Queryable, merchantId: string, changes: Change[]): Promise<ChangeOutcome[]> {
  if (changes.length === 0) return []
  const rows = changes.map((change, n) => ({ ...change, n, unit_key: change.unit_key ?? '' }))
  const answer = await db.query<{ n: number; outcome: ChangeOutcome }>(
    'select n, outcome from stored_value_change_many($1, $2) order by n',
    [merchantId, JSON.stringify(rows, asNumbers)],
  )
  return answer.rows.map((row) => row.outcome)
}

export async function readValue(db: Queryable, merchantId: string, id: string): Promise<ValueRow | null> {
  const { rows } = await db.query<ValueRow>(`select ${COLUMNS} from stored_value where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

export async function lockValue(db: Queryable, merchantId: string, id: string): Promise<ValueRow | null> {
  const { rows } = await db.query<ValueRow>(
    `select ${COLUMNS} from stored_value where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Store credit and points of a customer, all of a kind. Served by stored_value_of_customer. */
export async function valuesOf(
  db: Queryable,
  merchantId: string,
  of: { customerId: string; kind: ValueKind },
): Promise<ValueRow[]> {
  const { rows } = await db.query<ValueRow>(
    `select ${COLUMNS} from stored_value where customer_id = $2 and kind = $3 and kind <> 'gift_card' and merchant_id = $1
    order by currency`,
    [merchantId, of.customerId, of.kind],
  )
  return rows
}

/** Opens an account unless the customer has it; answers the one there is. `currency` is null for points. */
export async function openValue(
  db: Queryable,
  merchantId: string,
  account: { id: string; kind: 'store_credit' | 'points'; currency: string | null; customerId: string; at: Date },
): Promise<ValueRow> {
  const { id, kind, currency, customerId, at } = account
  await db.query(
    `insert into stored_value (merchant_id, id, kind, currency, customer_id, state, created_at, updated_at)
    values ($1, $2, $3, $4, $5, 'active', $6, $6)
    on conflict (customer_id, kind, coalesce(currency, ''), merchant_id) where kind <> 'gift_card' do nothing`,
    [merchantId, id, kind, currency, customerId, at],
  )
  const found = (await valuesOf(db, merchantId, { customerId, kind })).find((row) => row.currency === currency)
  if (!found) throw new Error('an account that was just opened is not there')
  return found
}

/** Every balance of some customers, locked, in the order in which all lock them. */
export async function lockBalancesOf(tx: Queryable, merchantId: string, customerIds: string[]): Promise<ValueRow[]> {
  const { rows } = await tx.query<ValueRow>(
    `select ${COLUMNS} from stored_value where customer_id = any ($2) and merchant_id = $1 order by id for update`,
    [merchantId, customerIds],
  )
  return rows
}

export async function setOwner(tx: Queryable, merchantId: string, ids: string[], customerId: string): Promise<void> {
  if (ids.length === 0) return
  await tx.query('update stored_value set customer_id = $3 where merchant_id = $1 and id = any ($2)', [
    merchantId,
    ids,
    customerId,
  ])
}

/** Puts a balance together with another, of which `share` is its own from now on; or takes it apart again. */
export async function setMergedInto(
  tx: Queryable,
  merchantId: string,
  id: string,
  into: { id: string; share: bigint } | null,
): Promise<void> {
  await tx.query('update stored_value set merged_into = $3, share = $4 where merchant_id = $1 and id = $2', [
    merchantId,
    id,
    into?.id ?? null,
    into?.share ?? 0n,
  ])
}

/** A balance with all that was put together with it, itself first; locked, in the order in which all lock them. */
export async function lockGroup(tx: Queryable, merchantId: string, id: string): Promise<ValueRow[]> {
  await tx.query('select stored_value_lock($1, stored_value_group($1, $2))', [merchantId, id])
  const { rows } = await tx.query<ValueRow>(
    `select ${COLUMNS} from stored_value where merchant_id = $1 and id = any (stored_value_group($1, $2)) order by id <> $2, id`,
    [merchantId, id],
  )
  return rows
}

/** Writes down what one balance has spent of another's. */
export async function insertDebt(
  tx: Queryable,
  merchantId: string,
  debt: { from: string; to: string; units: bigint; at: Date },
): Promise<void> {
  await tx.query(
    `insert into stored_value_debt (merchant_id, from_id, to_id, at, units) values ($1, $2, $3, $4, $5)
     on conflict (merchant_id, from_id, to_id, at) do update set units = stored_value_debt.units + excluded.units`,
    [merchantId, debt.from, debt.to, debt.at, debt.units],
  )
}

/** Moves the state of an account whose row is locked by the caller's transaction. Its version rises with the event that tells it. */
export async function setState(
  tx: Queryable,
  merchantId: string,
  change: { id: string; state: ValueState; at: Date },
): Promise<void> {
  await tx.query('update stored_value set state = $3, updated_at = $4 where merchant_id = $1 and id = $2', [
    merchantId,
    change.id,
    change.state,
    change.at,
  ])
}

/** Raises the version of an account for an event that moves no balance; those that do raise it in the functions of migration 0016. */
export async function raiseVersion(tx: Queryable, merchantId: string, id: string): Promise<void> {
  await tx.query('update stored_value set version = version + 1 where merchant_id = $1 and id = $2', [merchantId, id])
}

export interface EntryRow {
  id: string
  account_id: string
  type: EntryType
  units: bigint
  pending: bigint
  balance_after: bigint
  amount: bigint
  currency: string
  ref_type: string
  ref_id: string
  unit_key: string
  operation_id: string | null
  order_id: string | null
  reason: string | null
  at: Date
}

/** Entries of one account, newest first, after `cursor`; one more than `limit`. Served by stored_value_entry_by_account. */
export async function listEntries(
  db: Queryable,
  merchantId: string,
  wanted: { accountId: string; limit: number; cursor?: string | undefined },
): Promise<EntryRow[]> {
  const { rows } = await db.query<EntryRow>(
    `select id, account_id, type, units, pending, balance_after, amount, currency, ref_type, ref_id, unit_key, operation_id, order_id, reason, at
    from stored_value_entry
    where account_id = $2 and merchant_id = $1 and ($3::text is null or id < $3)
    order by account_id desc, merchant_id desc, id desc limit $4`,
    [merchantId, wanted.accountId, wanted.cursor ?? null, wanted.limit + 1],
  )
  return rows
}

export interface Movement {
  id: string
  kind: ValueKind
  type: string
  units: bigint
  currency: string
  order_id: string | null
  at: Date
}

/** What moved a person's points and store credit, newest first. */
export async function movementsOf(
  db: Queryable,
  merchantId: string,
  customerIds: string[],
  limit: number,
): Promise<Movement[]> {
  const { rows } = await db.query<Movement>(
    `select e.id, v.kind, e.type, e.units, e.currency, e.order_id, e.at
     from stored_value v join stored_value_entry e on e.merchant_id = v.merchant_id and e.account_id = v.id
     where v.customer_id = any ($2) and v.kind in ('points', 'store_credit') and v.merchant_id = $1
     order by e.id desc limit $3`,
    [merchantId, customerIds, limit],
  )
  return rows
}

/** Whether an account ever moved. */
export async function hasEntry(db: Queryable, merchantId: string, accountId: string): Promise<boolean> {
  const { rows } = await db.query<{ has: boolean }>(
    'select exists (select from stored_value_entry where account_id = $2 and merchant_id = $1) as has',
    [merchantId, accountId],
  )
  return rows[0]?.has ?? false
}

/** What a card was given, from its entries: what came in for it, what the offer gave on top, and what it was loaded with since. */
export async function issuedFor(
  db: Queryable,
  merchantId: string,
  accountId: string,
): Promise<{ paid: bigint; given: bigint; loaded: bigint; isVoid: boolean }> {
  const { rows } = await db.query<{ paid: bigint; given: bigint; loaded: bigint; isVoid: boolean }>(
    `select coalesce(sum(amount) filter (where ref_type = 'order'), 0)::bigint as paid,
      coalesce(sum(amount) filter (where ref_type = 'order_discount'), 0)::bigint as given,
      coalesce(sum(amount) filter (where ref_type = 'request' and type = 'load'), 0)::bigint as loaded,
      count(*) > 0 and coalesce(sum(amount) filter (where ref_type in ('order', 'order_discount')), 0) = 0 as "isVoid"
    from stored_value_entry where account_id = $2 and merchant_id = $1`,
    [merchantId, accountId],
  )
  return rows[0] as { paid: bigint; given: bigint; loaded: bigint; isVoid: boolean }
}

/** An operation of the payment core as the functions of migration 0016 take it. */
export interface OrderedOperation {
  operation_id: string
  kind: 'sale' | 'authorize' | 'capture' | 'void' | 'refund' | 'credit'
  account_id?: string
  /** In whose name: the payment's customer. */
  customer_id?: string | undefined
  original_id?: string
  payment_id: string
  amount: bigint
  currency: string
  is_final?: boolean
  entry_id: string
  event_id: string
  /** For what is handed on to the balance that it belongs to: ids of an entry and its event, twice. */
  spare_ids: string[]
  at: Date
}

export interface OperationRow {
  outcome: 'succeeded' | 'declined'
  code: string | null
  amount: bigint
  at: Date
  last4: string | null
}

const FUNCTIONS = {
  sale: 'stored_value_charge',
  authorize: 'stored_value_charge',
  capture: 'stored_value_follow_up',
  void: 'stored_value_follow_up',
  refund: 'stored_value_follow_up',
  credit: 'stored_value_credit',
} as const

/** Carries out an operation, once: again with the same id it answers what it did. Null when its account is not there. */
export async function operate(
  db: Queryable,
  merchantId: string,
  order: OrderedOperation,
): Promise<OperationRow | null> {
  const { rows } = await db.query<OperationRow>(
    `select o.outcome, o.code, o.amount, o.at, g.last4
    from ${FUNCTIONS[order.kind]}($1, json_populate_record(null::stored_value_order, $2)) o
    left join gift_card g on g.merchant_id = $1 and g.id = o.account_id
    where o.id is not null`,
    [merchantId, JSON.stringify(order, asNumbers)],
  )
  return rows[0] ?? null
}

export async function readOperation(db: Queryable, merchantId: string, id: string): Promise<OperationRow | null> {
  const { rows } = await db.query<OperationRow>(
    `select o.outcome, o.code, o.amount, o.at, g.last4 from stored_value_operation o
    left join gift_card g on g.merchant_id = o.merchant_id and g.id = o.account_id
    where o.merchant_id = $1 and o.id = $2`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Amounts stay below 2^53 (they come from JSON integers), so a JSON number carries them exactly. */
function asNumbers(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}
