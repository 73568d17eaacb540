// The SQL of counts.

import type { Queryable, Tx } from '../db/pool.ts'
import { jsonOf } from '../lib/json.ts'

export interface CountLine {
  variant_id: string
  counted: bigint
  /** Null until the count is handed in. */
  expected: bigint | null
}

export interface CountRow {
  id: string
  store_id: string
  name: string
  state: 'open' | 'submitted' | 'cancelled'
  version: number
  created_at: Date
  ended_at: Date | null
  lines: CountLine[]
}

const COLUMNS = 'id, store_id, name, state, version, created_at, ended_at'

export async function insertCount(db: Queryable, merchantId: string, row: CountRow): Promise<void> {
  await db.query(`insert into stock_count (merchant_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8)`, [
    merchantId,
    row.id,
    row.store_id,
    row.name,
    row.state,
    row.version,
    row.created_at,
    row.ended_at,
  ])
}

export async function lockCount(tx: Tx, merchantId: string, id: string): Promise<CountRow | null> {
  const { rows } = await tx.query<Omit<CountRow, 'lines'>>(
    `select ${COLUMNS} from stock_count where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return (await withLines(tx, merchantId, rows))[0] ?? null
}

/** Newest first, one more than `limit`. */
export async function listCounts(
  db: Queryable,
  merchantId: string,
  of: { id?: string; store_id?: string; state?: string; cursor?: string; limit: number },
): Promise<CountRow[]> {
  const values: unknown[] = [merchantId, of.limit + 1]
  const where = ['merchant_id = $1']
  for (const column of ['id', 'store_id', 'state'] as const) {
    const value = of[column]
    if (value !== undefined) where.push(`${column} = $${values.push(value)}`)
  }
  if (of.cursor !== undefined) where.push(`id < $${values.push(of.cursor)}`)
  const { rows } = await db.query<Omit<CountRow, 'lines'>>(
    `select ${COLUMNS} from stock_count where ${where.join(' and ')} order by id desc limit $2`,
    values,
  )
  return withLines(db, merchantId, rows)
}

async function withLines(db: Queryable, merchantId: string, rows: Omit<CountRow, 'lines'>[]): Promise<CountRow[]> {
  const { rows: lines } = await db.query<CountLine & { count_id: string }>(
    `select count_id, variant_id, counted, expected from stock_count_line
     where merchant_id = $1 and count_id = any ($2) order by count_id, variant_id`,
    [merchantId, rows.map(({ id }) => id)],
  )
  return rows.map((row) => ({
    ...row,
    lines: lines.filter(({ count_id }) => count_id === row.id).map(({ count_id: _, ...line }) => line),
  }))
}

export async function writeCounted(
  tx: Tx,
  merchantId: string,
  countId: string,
  lines: { variant_id: string; counted: bigint }[],
): Promise<void> {
  await tx.query(
    `insert into stock_count_line (merchant_id, count_id, variant_id, counted)
     select distinct on (l.variant_id) $1, $2, l.variant_id, l.counted
       from rows from (json_to_recordset($3) as (variant_id text, counted bigint)) with ordinality l (variant_id, counted, place)
       order by l.variant_id, l.place desc
     on conflict (merchant_id, count_id, variant_id) do update set counted = excluded.counted`,
    [merchantId, countId, jsonOf(lines)],
  )
  await tx.query('update stock_count set version = version + 1 where merchant_id = $1 and id = $2', [
    merchantId,
    countId,
  ])
}

/** What the stock says of the counted articles, locked, so that nothing is sold between looking and writing the difference. */
export async function expectedLevels(tx: Tx, merchantId: string, count: CountRow): Promise<Map<string, bigint>> {
  const variants = count.lines.map(({ variant_id }) => variant_id)
  await tx.query('select stock_lock($1, $2, $3)', [merchantId, variants, variants.map(() => count.store_id)])
  const { rows } = await tx.query<{ variant_id: string; on_hand: bigint }>(
    'select variant_id, on_hand from stock_level where merchant_id = $1 and variant_id = any ($2) and store_id = $3',
    [merchantId, variants, count.store_id],
  )
  return new Map(rows.map(({ variant_id, on_hand }) => [variant_id, on_hand]))
}

export async function writeExpected(tx: Tx, merchantId: string, countId: string, lines: CountLine[]): Promise<void> {
  await tx.query(
    `update stock_count_line c set expected = l.expected from json_to_recordset($3) l (variant_id text, expected bigint)
     where c.merchant_id = $1 and c.count_id = $2 and c.variant_id = l.variant_id`,
    [merchantId, countId, jsonOf(lines)],
  )
}

export async function endCount(
  tx: Tx,
  merchantId: string,
  end: { id: string; state: 'submitted' | 'cancelled'; at: Date },
): Promise<void> {
  await tx.query(
    'update stock_count set state = $3, ended_at = $4, version = version + 1 where merchant_id = $1 and id = $2',
    [merchantId, end.id, end.state, end.at],
  )
}
