// The SQL of counts.

import type { Queryable, Tx } from '../db/pool.ts'
import { jsonOf } from '../lib/json.ts'

export interface CountLine {
  variant_id: string
  counted: bigint
  counted_at: Date
  /** What the stock said of that moment; null until the count is handed in. */
  expected: bigint | null
  /** A later count of the article was handed in first, so that this figure changes nothing. */
  is_overtaken: boolean
}

/** A figure as it comes in. */
export interface Counted {
  variant_id: string
  counted: bigint
  counted_at: Date
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
    `select count_id, variant_id, counted, counted_at, expected, is_overtaken from stock_count_line
     where merchant_id = $1 and count_id = any ($2) order by count_id, variant_id`,
    [merchantId, rows.map(({ id }) => id)],
  )
  return rows.map((row) => ({
    ...row,
    lines: lines.filter(({ count_id }) => count_id === row.id).map(({ count_id: _, ...line }) => line),
  }))
}

/** Writes figures, the last of an article, and what the stock says of the moments they were counted. */
export async function writeCounted(
  tx: Tx,
  merchantId: string,
  count: CountRow,
  lines: readonly Counted[],
): Promise<void> {
  const last = [...new Map(lines.map((line) => [line.variant_id, line])).values()]
  await tx.query('select stock_write_counted($1, $2, $3, $4)', [merchantId, count.id, count.store_id, jsonOf(last)])
  await tx.query('update stock_count set version = version + 1 where merchant_id = $1 and id = $2', [
    merchantId,
    count.id,
  ])
}

/** Works out what was expected of each figure, and locks the levels until the differences are written. Answers the lines. */
export async function expectCounted(tx: Tx, merchantId: string, count: CountRow): Promise<CountLine[]> {
  await tx.query('select stock_expect_counted($1, $2, $3)', [merchantId, count.id, count.store_id])
  return (await withLines(tx, merchantId, [count]))[0]?.lines ?? []
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
