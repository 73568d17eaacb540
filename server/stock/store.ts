// The SQL of levels, movements, safety stock and pools. Levels change only by triggers (migration 0013); here are the calls that
// write facts, and the reads.

import { scopedKey } from '../db/load-many.ts'
import type { Queryable, Tx } from '../db/pool.ts'
import { jsonOf } from '../lib/json.ts'
import { Problem } from '../lib/problem.ts'
import type { Units } from './deps.ts'

const REFUSALS: Record<string, 'quantity-exceeds-available'> = {
  exceeds_available: 'quantity-exceeds-available',
  not_reserved: 'quantity-exceeds-available',
}
const CHECK_VIOLATION = '23514'

/** Calls a function that takes rows; its refusals, and the CHECKs behind them, become problems. */
export async function callStock(
  tx: Tx,
  fn: 'stock_consume' | 'stock_move' | 'stock_expect',
  merchantId: string,
  rows: object[],
): Promise<void> {
  if (rows.length === 0) return
  try {
    await tx.query(`select ${fn}($1, $2)`, [merchantId, jsonOf(rows)])
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    const refusal = REFUSALS[message]
    if (code === 'OT001' && refusal) throw new Problem(refusal)
    if (code === CHECK_VIOLATION) throw new Problem('quantity-exceeds-available')
    throw error
  }
}

export interface LevelRow {
  variant_id: string
  store_id: string
  on_hand: bigint
  damaged: bigint
  display: bigint
  quality: bigint
  hold: bigint
  reserved: bigint
  incoming: bigint
  oversold: bigint
}

const LEVEL = 'variant_id, store_id, on_hand, damaged, display, quality, hold, reserved, incoming, oversold'

/** Levels of an article or a store, or all, in the order of their key; one more than `limit`. */
export async function listLevels(
  db: Queryable,
  merchantId: string,
  of: { variant_id?: string; store_id?: string; after?: { variant_id: string; store_id: string }; limit: number },
): Promise<LevelRow[]> {
  const values: unknown[] = [merchantId, of.limit + 1]
  const where = ['merchant_id = $1']
  if (of.variant_id !== undefined) where.push(`variant_id = $${values.push(of.variant_id)}`)
  if (of.store_id !== undefined) where.push(`store_id = $${values.push(of.store_id)}`)
  if (of.after)
    where.push(`(variant_id, store_id) > ($${values.push(of.after.variant_id)}, $${values.push(of.after.store_id)})`)
  const { rows } = await db.query<LevelRow>(
    `select ${LEVEL} from stock_level where ${where.join(' and ')} order by variant_id, store_id limit $2`,
    values,
  )
  return rows
}

/** A level with what the channel may still promise of it. */
export interface FreeRow extends LevelRow {
  free: bigint
}

/** Levels of some articles in some stores, and how many of each the channel may still promise. Served by the primary key. */
export async function readFree(
  db: Queryable,
  merchantId: string,
  of: { variantIds: string[]; storeIds: string[]; channel: string | null },
): Promise<FreeRow[]> {
  const { rows } = await db.query<FreeRow>(
    `select l.*, stock_free(l, $4) as free from unnest($2::text[]) v (id) cross join unnest($3::text[]) s (id)
     join stock_level l on l.merchant_id = $1 and l.variant_id = v.id and l.store_id = s.id`,
    [merchantId, of.variantIds, of.storeIds, of.channel],
  )
  return rows
}

/**
 * The same for questions of several merchants: each key is `channel/variant/store`, and what is found is under the merchant and the
 * key.
 */
export async function readFreeOf(
  db: Queryable,
  merchantIds: readonly string[],
  keys: readonly string[],
): Promise<Map<string, FreeRow>> {
  const parts = keys.map((key) => key.split('/') as [string, string, string])
  const { rows } = await db.query<FreeRow & { merchant_id: string; channel: string }>(
    `select k.channel, l.*, stock_free(l, k.channel) as free
     from unnest($1::text[], $2::text[], $3::text[], $4::text[]) k (merchant_id, channel, variant_id, store_id)
     join stock_level l on l.merchant_id = k.merchant_id and l.variant_id = k.variant_id and l.store_id = k.store_id`,
    [merchantIds, ...[0, 1, 2].map((i) => parts.map((part) => part[i]))],
  )
  return new Map(
    rows.map((row) => [scopedKey(row.merchant_id, `${row.channel}/${row.variant_id}/${row.store_id}`), row]),
  )
}

/** Takes the locks of levels in sorted order, for a caller that will change them in several steps. */
export async function lockLevels(
  tx: Tx,
  merchantId: string,
  of: readonly { variant_id: string; store_id: string }[],
): Promise<void> {
  if (of.length === 0) return
  await tx.query('select stock_lock($1, $2, $3)', [
    merchantId,
    of.map(({ variant_id }) => variant_id),
    of.map(({ store_id }) => store_id),
  ])
}

/** How many units of these levels were sold beyond what is there, by `variant store`; those of which none were are absent. */
export async function oversoldOf(
  db: Queryable,
  merchantId: string,
  of: readonly { variant_id: string; store_id: string }[],
): Promise<Map<string, bigint>> {
  const { rows } = await db.query<{ variant_id: string; store_id: string; oversold: bigint }>(
    `select l.variant_id, l.store_id, l.oversold from unnest($2::text[], $3::text[]) k (variant_id, store_id)
     join stock_level l on l.merchant_id = $1 and l.variant_id = k.variant_id and l.store_id = k.store_id where l.oversold > 0`,
    [merchantId, of.map(({ variant_id }) => variant_id), of.map(({ store_id }) => store_id)],
  )
  return new Map(rows.map(({ variant_id, store_id, oversold }) => [`${variant_id} ${store_id}`, oversold]))
}

/** Locks levels and answers what is free of each, never below 0, by `variant store`. */
export async function lockFree(
  tx: Tx,
  merchantId: string,
  of: readonly { variant_id: string; store_id: string }[],
): Promise<Map<string, bigint>> {
  await lockLevels(tx, merchantId, of)
  const rows = await readFree(tx, merchantId, {
    variantIds: [...new Set(of.map(({ variant_id }) => variant_id))],
    storeIds: [...new Set(of.map(({ store_id }) => store_id))],
    channel: null,
  })
  return new Map(rows.map(({ variant_id, store_id, free }) => [`${variant_id} ${store_id}`, free > 0n ? free : 0n]))
}

/** What is reserved under a reference now. Served by the primary key. */
export async function readReserved(db: Queryable, merchantId: string, ref: string): Promise<Units[]> {
  const { rows } = await db.query<Units>(
    'select variant_id, store_id, quantity from stock_reservation where merchant_id = $1 and ref = $2 and quantity > 0',
    [merchantId, ref],
  )
  return rows
}

export interface MovementRow {
  id: string
  variant_id: string
  store_id: string
  kind: string
  reason: string
  quantity: bigint
  bucket: string | null
  bucket_quantity: bigint
  ref: string | null
  actor: string | null
  occurred_at: Date
  recorded_at: Date
}

const MOVEMENT =
  'id, variant_id, store_id, kind, reason, quantity, bucket, bucket_quantity, ref, actor, occurred_at, recorded_at'

/** Movements, newest first, of an article, a store or a reference; one more than `limit`. */
export async function listMovements(
  db: Queryable,
  merchantId: string,
  of: { variant_id?: string; store_id?: string; ref?: string; cursor?: string; limit: number },
): Promise<MovementRow[]> {
  const values: unknown[] = [merchantId, of.limit + 1]
  const where = ['merchant_id = $1']
  for (const column of ['variant_id', 'store_id', 'ref'] as const) {
    const value = of[column]
    if (value !== undefined) where.push(`${column} = $${values.push(value)}`)
  }
  if (of.cursor !== undefined) where.push(`id < $${values.push(of.cursor)}`)
  const { rows } = await db.query<MovementRow>(
    `select ${MOVEMENT} from stock_movement where ${where.join(' and ')} order by id desc limit $2`,
    values,
  )
  return rows
}

/** True when the stock of the merchant ever moved. */
export async function hasMovements(db: Queryable, merchantId: string): Promise<boolean> {
  const { rowCount } = await db.query('select from stock_movement where merchant_id = $1 limit 1', [merchantId])
  return rowCount === 1
}

/** Claims a caller's reference: 'new', 'same' for the same adjustments again, 'taken' for others. */
export async function claimReference(
  tx: Tx,
  merchantId: string,
  claim: { reference: string; fingerprint: string },
): Promise<'new' | 'same' | 'taken'> {
  const made = await tx.query(
    `insert into stock_reference (merchant_id, reference, fingerprint) values ($1, $2, $3)
     on conflict (merchant_id, reference) do nothing returning reference`,
    [merchantId, claim.reference, claim.fingerprint],
  )
  if (made.rows.length === 1) return 'new'
  const { rows } = await tx.query<{ fingerprint: string }>(
    'select fingerprint from stock_reference where merchant_id = $1 and reference = $2',
    [merchantId, claim.reference],
  )
  return rows[0]?.fingerprint === claim.fingerprint ? 'same' : 'taken'
}

/** Keeps units back from a channel; 0 ends it. `variantId` '' is every article. */
export async function writeSafety(
  db: Queryable,
  merchantId: string,
  safety: { storeId: string; variantId: string; channel: string; quantity: bigint },
): Promise<void> {
  await db.query(
    `insert into stock_safety (merchant_id, store_id, variant_id, channel, quantity) values ($1, $2, $3, $4, $5)
     on conflict (merchant_id, store_id, variant_id, channel) do update set quantity = excluded.quantity`,
    [merchantId, safety.storeId, safety.variantId, safety.channel, safety.quantity],
  )
}

/** The stores a channel sells from; empty when it was never told. */
export async function readPool(db: Queryable, merchantId: string, channel: string): Promise<string[]> {
  const { rows } = await db.query<{ store_id: string }>(
    'select store_id from channel_pool where merchant_id = $1 and channel = $2 order by store_id',
    [merchantId, channel],
  )
  return rows.map((row) => row.store_id)
}

/** The same for channels of several merchants; those never told are absent. */
export async function readPools(
  db: Queryable,
  merchantIds: readonly string[],
  channels: readonly string[],
): Promise<Map<string, string[]>> {
  const { rows } = await db.query<{ merchant_id: string; channel: string; store_ids: string[] }>(
    `select k.merchant_id, k.channel, array_agg(p.store_id order by p.store_id) as store_ids
     from unnest($1::text[], $2::text[]) k (merchant_id, channel)
     join channel_pool p on p.merchant_id = k.merchant_id and p.channel = k.channel group by 1, 2`,
    [merchantIds, channels],
  )
  return new Map(rows.map((row) => [scopedKey(row.merchant_id, row.channel), row.store_ids]))
}

export async function writePool(
  tx: Tx,
  merchantId: string,
  pool: { channel: string; storeIds: string[] },
): Promise<void> {
  await tx.query('delete from channel_pool where merchant_id = $1 and channel = $2', [merchantId, pool.channel])
  await tx.query('insert into channel_pool (merchant_id, channel, store_id) select $1, $2, unnest($3::text[])', [
    merchantId,
    pool.channel,
    pool.storeIds,
  ])
}

/** Merchants with reservations of carts that are past their time. */
export async function expiredCartReservations(
  db: Queryable,
  now: Date,
  limit: number,
): Promise<{ merchant_id: string; refs: string[] }[]> {
  const { rows } = await db.query<{ merchant_id: string; refs: string[] }>(
    `select merchant_id, array_agg(distinct ref) as refs from (
       select merchant_id, ref from stock_reservation
       where quantity > 0 and expires_at <= $1 and kind = 'cart' order by expires_at limit $2) s group by merchant_id`,
    [now, limit],
  )
  return rows
}

export interface TaskRow {
  id: string
  kind: string
  variant_id: string
  store_id: string
  quantity: bigint
  ref: string | null
  opened_at: Date
  closed_at: Date | null
  note: string | null
}

const TASK = 'id, kind, variant_id, store_id, quantity, ref, opened_at, closed_at, note'

export async function insertTask(tx: Tx, merchantId: string, task: Omit<TaskRow, 'closed_at' | 'note'>): Promise<void> {
  await tx.query(
    `insert into stock_task (merchant_id, id, kind, variant_id, store_id, quantity, ref, opened_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [merchantId, task.id, task.kind, task.variant_id, task.store_id, task.quantity, task.ref, task.opened_at],
  )
}

export async function listTasks(
  db: Queryable,
  merchantId: string,
  of: { isOpen: boolean; store_id?: string; cursor?: string; limit: number },
): Promise<TaskRow[]> {
  const { rows } = await db.query<TaskRow>(
    `select ${TASK} from stock_task
     where merchant_id = $1 and (closed_at is null) = $2 and ($3::text is null or store_id = $3) and ($4::text is null or id < $4)
     order by id desc limit $5`,
    [merchantId, of.isOpen, of.store_id ?? null, of.cursor ?? null, of.limit + 1],
  )
  return rows
}

/** Closes an open task; null when there is none. */
export async function closeTask(
  tx: Tx,
  merchantId: string,
  close: { id: string; note: string; at: Date },
): Promise<TaskRow | null> {
  const { rows } = await tx.query<TaskRow>(
    `update stock_task set closed_at = $3, note = $4 where merchant_id = $1 and id = $2 and closed_at is null returning ${TASK}`,
    [merchantId, close.id, close.at, close.note],
  )
  return rows[0] ?? null
}
