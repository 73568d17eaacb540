// The SQL of fulfilments. Each statement says which index serves it where that is not the primary key.

import { scopedKey } from '../db/load-many.ts'
import type { Queryable, Tx } from '../db/pool.ts'
import { jsonOf } from '../lib/json.ts'
import { Problem } from '../lib/problem.ts'
import type { Component } from '../orders/index.ts'
import type { Fulfilment, FulfilmentLine, FulfilmentState, LineUnits } from './fulfilment.ts'

const FULFILMENT = `id, order_id, group_no, part, mode, state, store_id, destination_store_id, address, reservation_ref, transfer_id,
  refused_by, score, reason, code_no, code_hash, code_attempts, collected_by, promised_at, expires_at, reminded_at, tracking,
  charge_state, charge_no, charge_amount, charge_taken, charge_plan, charge_decline, charge_due_at, charge_key, release_at, reroute_at, version, created_at,
  updated_at, ended_at`

/** A fulfilment of this merchant, or null. */
export async function readFulfilment(db: Queryable, merchantId: string, id: string): Promise<Fulfilment | null> {
  const { rows } = await db.query<Fulfilment>(
    `select ${FULFILMENT} from fulfilment where merchant_id = $1 and id = $2`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Takes from the fulfilments of some orders where they went. */
export async function forgetAddresses(tx: Tx, merchantId: string, orderIds: readonly string[]): Promise<void> {
  await tx.query('update fulfilment set address = null where merchant_id = $1 and order_id = any ($2)', [
    merchantId,
    orderIds,
  ])
}

/** The same, locked until the transaction ends. Who changes the order too locks that first. */
export async function lockFulfilment(tx: Tx, merchantId: string, id: string): Promise<Fulfilment | null> {
  const { rows } = await tx.query<Fulfilment>(
    `select ${FULFILMENT} from fulfilment where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Several, locked in sorted order. */
export async function lockFulfilments(tx: Tx, merchantId: string, ids: readonly string[]): Promise<Fulfilment[]> {
  const { rows } = await tx.query<Fulfilment>(
    `select ${FULFILMENT} from fulfilment where merchant_id = $1 and id = any ($2) order by id for update`,
    [merchantId, ids],
  )
  return rows
}

/** The fulfilments of some orders, by order, group and part. Served by fulfilment_by_order. */
export async function readOfOrders(db: Queryable, merchantId: string, orderIds: string[]): Promise<Fulfilment[]> {
  const { rows } = await db.query<Fulfilment>(
    `select ${FULFILMENT} from fulfilment where order_id = any ($2) and merchant_id = $1 order by order_id, group_no, part`,
    [merchantId, orderIds],
  )
  return rows
}

/** The fulfilments that wait for these transfers. Served by fulfilment_by_transfer. */
export async function readOfTransfers(
  db: Queryable,
  merchantId: string,
  transferIds: readonly string[],
): Promise<Pick<Fulfilment, 'id' | 'order_id'>[]> {
  const { rows } = await db.query<Pick<Fulfilment, 'id' | 'order_id'>>(
    'select id, order_id from fulfilment where transfer_id = any ($2) and merchant_id = $1 and ended_at is null',
    [merchantId, transferIds],
  )
  return rows
}

/** The lines of some fulfilments. */
export async function readLines(db: Queryable, merchantId: string, ids: string | string[]): Promise<FulfilmentLine[]> {
  const { rows } = await db.query<FulfilmentLine>(
    `select fulfilment_id, line_id, components, quantity, handed_over, dropped from fulfilment_line
     where merchant_id = $1 and fulfilment_id = any ($2) order by fulfilment_id, line_id`,
    [merchantId, [ids].flat()],
  )
  return rows.map((row) => ({
    ...row,
    // JSON has no bigint.
    components: row.components.map((part: Component) => ({ ...part, quantity: BigInt(part.quantity) })),
  }))
}

/** What a list of fulfilments may be asked for. */
export interface FulfilmentFilter {
  order_id?: string
  /** Where it is made ready or collected. */
  store_id?: string
  state?: FulfilmentState
  mode?: string
  /** Where it is collected; what is not done with. Served by fulfilment_at_counter. */
  pickup_store_id?: string
}

/** Fulfilments, newest first, one more than `limit`. Served by the index of what is asked for most narrowly. */
export async function listFulfilments(
  db: Queryable,
  merchantId: string,
  filter: FulfilmentFilter,
  page: { limit: number; cursor?: string },
): Promise<Fulfilment[]> {
  const wheres = ['merchant_id = $1']
  const values: unknown[] = [merchantId]
  const add = (sql: string, value: unknown) => {
    if (value === undefined) return
    values.push(value)
    wheres.push(sql.replaceAll('?', `$${values.length}`))
  }
  add('order_id = ?', filter.order_id)
  add('(store_id = ? or destination_store_id = ?)', filter.store_id)
  add('state = ?', filter.state)
  add('mode = ?', filter.mode)
  add(
    `ended_at is null and mode in ('collect', 'ship_to_store') and coalesce(destination_store_id, store_id) = ?`,
    filter.pickup_store_id,
  )
  add('id < ?', page.cursor)
  values.push(page.limit + 1)
  const { rows } = await db.query<Fulfilment>(
    `select ${FULFILMENT} from fulfilment where ${wheres.join(' and ')} order by id desc limit $${values.length}`,
    values,
  )
  return rows
}

/** With more than these a store is as busy as can be: it is counted no further, however far behind it is. */
const COUNTED_AT_MOST = 400

/** Fulfilments that stores of some merchants are not done with, up to COUNTED_AT_MOST of each. Served by fulfilment_open. */
export async function countOpen(
  db: Queryable,
  merchantIds: readonly string[],
  storeIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ merchant_id: string; store_id: string; n: number }>(
    `select k.merchant_id, k.store_id, (select count(*)::int from (
       select from fulfilment f where f.merchant_id = k.merchant_id and f.store_id = k.store_id and f.ended_at is null
       limit ${COUNTED_AT_MOST}) f) as n
     from unnest($1::text[], $2::text[]) k (merchant_id, store_id)`,
    [merchantIds, storeIds],
  )
  return new Map(rows.map(({ merchant_id, store_id, n }) => [scopedKey(merchant_id, store_id), n]))
}

/** Writes new fulfilments with their lines. One that is there already is left alone: exactly one per group and part. */
export async function insertFulfilments(
  tx: Tx,
  merchantId: string,
  rows: readonly { fulfilment: Fulfilment; lines: readonly FulfilmentLine[] }[],
): Promise<void> {
  if (rows.length === 0) return
  await tx.query(
    `insert into fulfilment (merchant_id, ${FULFILMENT}) select $1, ${FULFILMENT} from json_populate_recordset(null::fulfilment, $2)`,
    [merchantId, jsonOf(rows.map(({ fulfilment }) => fulfilment))],
  )
  await tx.query(
    `insert into fulfilment_line (merchant_id, fulfilment_id, line_id, components, quantity, handed_over, dropped)
     select $1, fulfilment_id, line_id, components, quantity, handed_over, dropped from json_populate_recordset(null::fulfilment_line, $2)`,
    [merchantId, jsonOf(rows.flatMap(({ lines }) => lines))],
  )
}

export type Patch = Partial<
  Omit<Fulfilment, 'id' | 'order_id' | 'group_no' | 'part' | 'mode' | 'version' | 'created_at'>
>

/** Columns that hold JSON. */
const JSON_COLUMNS = new Set(['tracking', 'charge_plan', 'charge_decline', 'score', 'address'])

/**
 * Changes a fulfilment that is as it was read: of that version and in one of these states. Answers it as it is then. Throws
 * version-conflict when somebody was faster.
 */
export async function changeFulfilment(
  tx: Tx,
  merchantId: string,
  before: Fulfilment,
  from: readonly FulfilmentState[],
  patch: Patch,
  at: Date,
): Promise<Fulfilment> {
  const names = Object.keys(patch)
  const sets = names.map((name, i) => `${name} = $${i + 6}`)
  const values = Object.entries(patch).map(([name, value]) =>
    JSON_COLUMNS.has(name) && value !== null ? jsonOf(value) : value,
  )
  const { rows } = await tx.query<Fulfilment>(
    `update fulfilment set ${[...sets, 'version = version + 1', 'updated_at = $5'].join(', ')}
     where merchant_id = $1 and id = $2 and version = $3 and state = any ($4) returning ${FULFILMENT}`,
    [merchantId, before.id, before.version, from, at, ...values],
  )
  const [row] = rows
  if (!row) throw new Problem('version-conflict')
  return row
}

/** What is asked again without an answer is no news: neither a version nor an event. The caller holds the fulfilment's lock. */
export async function askAgain(
  tx: Tx,
  merchantId: string,
  f: Fulfilment,
  patch: Required<Pick<Patch, 'charge_plan' | 'charge_due_at'>>,
): Promise<Fulfilment> {
  const { charge_plan, charge_due_at } = patch
  await tx.query('update fulfilment set charge_plan = $3, charge_due_at = $4 where merchant_id = $1 and id = $2', [
    merchantId,
    f.id,
    jsonOf(charge_plan),
    charge_due_at,
  ])
  return { ...f, charge_plan, charge_due_at }
}

/** Counts units as handed over or dropped; the CHECK keeps them within what there is. Negative takes it back. */
export async function countLines(
  tx: Tx,
  merchantId: string,
  fulfilmentId: string,
  column: 'handed_over' | 'dropped',
  units: readonly LineUnits[],
): Promise<void> {
  if (units.length === 0) return
  await tx.query(
    `update fulfilment_line l set ${column} = l.${column} + u.quantity
     from (select line_id, sum(quantity)::bigint as quantity from json_to_recordset($3) x (line_id text, quantity bigint) group by 1) u
     where l.merchant_id = $1 and l.fulfilment_id = $2 and l.line_id = u.line_id`,
    [merchantId, fulfilmentId, jsonOf(units)],
  )
}

/** Those of these orders of which a part is rejected and waits for somebody to decide. Served by fulfilment_by_order. */
export async function withRejected(db: Queryable, merchantId: string, orderIds: string[]): Promise<string[]> {
  if (orderIds.length === 0) return []
  const { rows } = await db.query<{ order_id: string }>(
    `select distinct order_id from fulfilment where order_id = any ($2) and merchant_id = $1 and state = 'rejected'`,
    [merchantId, orderIds],
  )
  return rows.map((row) => row.order_id)
}

/** What is to be promised, and at which times it could be. */
export interface ToPromise {
  id: string
  order_id: string
  store_id: string
  capacity: number
  times: Date[]
}

/** Promises each for the first of its times whose hour has room. Answers what was promised, by fulfilment. */
export async function promiseInTurn(
  tx: Tx,
  merchantId: string,
  rows: readonly ToPromise[],
): Promise<Map<string, Date | null>> {
  const { rows: promised } = await tx.query<{ id: string; promised_at: Date | null }>(
    'select id, promised_at from fulfilment_promise($1, $2)',
    [merchantId, jsonOf(rows)],
  )
  return new Map(promised.map(({ id, promised_at }) => [id, promised_at]))
}

/** A wrong code was tried. */
export async function countAttempt(db: Queryable, merchantId: string, id: string): Promise<void> {
  await db.query('update fulfilment set code_attempts = code_attempts + 1 where merchant_id = $1 and id = $2', [
    merchantId,
    id,
  ])
}

/** The next part of a group. The caller holds the order's lock. */
export async function nextPart(tx: Tx, merchantId: string, orderId: string, groupNo: number): Promise<number> {
  const { rows } = await tx.query<{ part: number }>(
    `select coalesce(max(part), 0) + 1 as part from fulfilment where order_id = $2 and group_no = $3 and merchant_id = $1`,
    [merchantId, orderId, groupNo],
  )
  return rows[0]?.part ?? 1
}

/** Those of these orders of which the outcome of a charge is unknown. Served by fulfilment_by_order. */
export async function ordersCharging(db: Queryable, merchantId: string, orderIds: string[]): Promise<string[]> {
  const { rows } = await db.query<{ order_id: string }>(
    `select distinct order_id from fulfilment where order_id = any ($2) and merchant_id = $1 and charge_state = 'unknown'`,
    [merchantId, orderIds],
  )
  return rows.map(({ order_id }) => order_id)
}

/** Those of these orders of which a fulfilment says that it was charged. Served by fulfilment_by_order. */
export async function ordersCharged(db: Queryable, merchantId: string, orderIds: string[]): Promise<string[]> {
  const { rows } = await db.query<{ order_id: string }>(
    `select distinct order_id from fulfilment where order_id = any ($2) and merchant_id = $1 and charge_state = 'charged'`,
    [merchantId, orderIds],
  )
  return rows.map(({ order_id }) => order_id)
}

/** Looks at the charges of these orders at once: something became known. The caller holds the orders' locks. */
export async function hurryCharges(tx: Tx, merchantId: string, orderIds: readonly string[], at: Date): Promise<void> {
  await tx.query(
    `update fulfilment set charge_due_at = $3 where order_id = any ($2) and merchant_id = $1 and charge_state = 'unknown'`,
    [merchantId, orderIds, at],
  )
}

/** What a worker has taken for itself until `until`. */
export interface Claim {
  now: Date
  until: Date
  limit: number
}

type Due = 'charge_due_at' | 'release_at' | 'reroute_at' | 'expires_at'

/** Merchants with something due, a few. Served by the index of that time. */
export async function merchantsDue(db: Queryable, due: Due, now: Date, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ merchant_id: string }>(
    `select distinct merchant_id from (select merchant_id from fulfilment where ${due} <= $1 order by ${due} limit $2) f`,
    [now, limit],
  )
  return rows.map((row) => row.merchant_id)
}

/** Takes what is due, oldest first; another process passes it by until `until`. */
export async function claimDue(
  db: Queryable,
  merchantId: string,
  due: Exclude<Due, 'expires_at'>,
  claim: Claim,
): Promise<Fulfilment[]> {
  const { rows } = await db.query<Fulfilment>(
    `update fulfilment f set ${due} = $3
     from (select id from fulfilment where merchant_id = $1 and ${due} <= $2 order by ${due} limit $4 for update skip locked) d
     where f.merchant_id = $1 and f.id = d.id returning ${FULFILMENT.split(/,\s+/)
       .map((column) => `f.${column}`)
       .join(', ')}`,
    [merchantId, claim.now, claim.until, claim.limit],
  )
  return rows
}

/** Those past their time, and those past `remindAt` that nobody was reminded of, oldest first. Served by fulfilment_by_expiry. */
export async function listExpired(
  db: Queryable,
  merchantId: string,
  { now, remindAt, limit }: { now: Date; remindAt: Date; limit: number },
): Promise<Fulfilment[]> {
  const { rows } = await db.query<Fulfilment>(
    `select ${FULFILMENT} from fulfilment where merchant_id = $1 and expires_at <= $2 and (expires_at <= $4 or reminded_at is null)
     order by expires_at limit $3`,
    [merchantId, remindAt, limit, now],
  )
  return rows
}

/** Looks at it again then, or never when null. Not a change of the fulfilment itself. */
export async function postpone(
  db: Queryable,
  merchantId: string,
  id: string,
  due: Due,
  until: Date | null,
): Promise<void> {
  await db.query(`update fulfilment set ${due} = $3 where merchant_id = $1 and id = $2`, [merchantId, id, until])
}
