// The SQL of imports and exports.

import type { Queryable, Tx } from '../db/pool.ts'
import type { Cells } from './columns.ts'
import { fromAnswer, VARIANT_COLUMNS, type Variant, type VariantAnswer } from './store.ts'

export interface Import {
  id: string
  state: 'pending' | 'done'
  rows: number
  /** The last row that was carried out, in its turn; the header is row 1. */
  last_turn: number
  last_row: number
  imported: number
  changed: number
  unchanged: number
  refused: number
  decimal: 'point' | 'comma'
  version: number
  created_at: Date
  finished_at: Date | null
}

export interface WaitingRow {
  row: number
  /** 2 for kits. */
  turn: number
  cells: Cells
}

export interface Refusal {
  row: number
  field: string
  detail: string
}

const IMPORT =
  'id, state, rows, last_turn, last_row, imported, changed, unchanged, refused, decimal, version, created_at, finished_at'

export async function insertImport(tx: Tx, merchantId: string, one: Import): Promise<void> {
  await tx.query(
    `insert into catalog_import (merchant_id, ${IMPORT}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      merchantId,
      one.id,
      one.state,
      one.rows,
      one.last_turn,
      one.last_row,
      one.imported,
      one.changed,
      one.unchanged,
      one.refused,
      one.decimal,
      one.version,
      one.created_at,
      one.finished_at,
    ],
  )
}

export async function updateImport(tx: Tx, merchantId: string, one: Import): Promise<void> {
  await tx.query(
    `update catalog_import set state = $3, last_turn = $4, last_row = $5, imported = $6, changed = $7, unchanged = $8, refused = $9,
      version = $10, finished_at = $11
    where merchant_id = $1 and id = $2`,
    [
      merchantId,
      one.id,
      one.state,
      one.last_turn,
      one.last_row,
      one.imported,
      one.changed,
      one.unchanged,
      one.refused,
      one.version,
      one.finished_at,
    ],
  )
}

export async function readImport(db: Queryable, merchantId: string, id: string): Promise<Import | null> {
  const { rows } = await db.query<Import>(`select ${IMPORT} from catalog_import where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

export async function listImports(
  db: Queryable,
  merchantId: string,
  wanted: { limit: number; cursor?: string | undefined },
) {
  const { rows } = await db.query<Import>(
    `select ${IMPORT} from catalog_import where merchant_id = $1 and id > $2 order by id limit $3`,
    [merchantId, wanted.cursor ?? '', wanted.limit + 1],
  )
  return rows
}

/** The oldest import that waits and that nobody works on, locked. Served by catalog_import_pending. */
export async function claimImport(tx: Tx): Promise<(Import & { merchant_id: string }) | null> {
  const { rows } = await tx.query<Import & { merchant_id: string }>(
    `select merchant_id, ${IMPORT} from catalog_import where state = 'pending' order by id limit 1 for update skip locked`,
  )
  return rows[0] ?? null
}

export async function insertRows(tx: Tx, merchantId: string, importId: string, rows: readonly WaitingRow[]) {
  await tx.query(
    `insert into catalog_import_row (merchant_id, import_id, row, turn, cells)
    select $1, $2, r.row, r.turn, r.cells from unnest($3::int[], $4::int[], $5::json[]) r (row, turn, cells)`,
    [
      merchantId,
      importId,
      rows.map(({ row }) => row),
      rows.map(({ turn }) => turn),
      rows.map(({ cells }) => JSON.stringify(cells)),
    ],
  )
}

export async function insertRefusals(tx: Tx, merchantId: string, importId: string, refusals: readonly Refusal[]) {
  if (refusals.length === 0) return
  await tx.query(
    `insert into catalog_import_row (merchant_id, import_id, row, turn, field, detail)
    select $1, $2, r.row, 1, r.field, r.detail from unnest($3::int[], $4::text[], $5::text[]) r (row, field, detail)
    on conflict (merchant_id, import_id, row) do update set cells = null, field = excluded.field, detail = excluded.detail`,
    [
      merchantId,
      importId,
      refusals.map(({ row }) => row),
      refusals.map(({ field }) => field),
      refusals.map(({ detail }) => detail),
    ],
  )
}

/** The next rows that wait, turn by turn in their order. Served by catalog_import_row_waiting. */
export async function nextRows(tx: Tx, merchantId: string, one: Import, limit: number): Promise<WaitingRow[]> {
  const { rows } = await tx.query<WaitingRow>(
    `select row, turn, cells from catalog_import_row
    where import_id = $2 and merchant_id = $1 and (turn, row) > ($3, $4) and cells is not null order by turn, row limit $5`,
    [merchantId, one.id, one.last_turn, one.last_row, limit],
  )
  return rows
}

/** Removes rows that were carried out. */
export async function removeRows(tx: Tx, merchantId: string, importId: string, rows: readonly number[]): Promise<void> {
  await tx.query(
    'delete from catalog_import_row where merchant_id = $1 and import_id = $2 and row = any ($3) and cells is not null',
    [merchantId, importId, rows],
  )
}

export async function listRefusals(db: Queryable, merchantId: string, importId: string, after: number, limit: number) {
  const { rows } = await db.query<Refusal>(
    `select row, field, detail from catalog_import_row
    where merchant_id = $1 and import_id = $2 and row > $3 and detail is not null order by row limit $4`,
    [merchantId, importId, after, limit],
  )
  return rows
}

/** The variants that carry these SKUs, by SKU. */
export async function variantsBySku(
  tx: Queryable,
  merchantId: string,
  skus: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await tx.query<{ id: string; sku: string }>(
    'select id, sku from variant where merchant_id = $1 and sku = any ($2)',
    [merchantId, skus],
  )
  return new Map(rows.map(({ id, sku }) => [sku, id]))
}

export async function skusOf(db: Queryable, merchantId: string, ids: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; sku: string }>(
    'select id, sku from variant where merchant_id = $1 and id = any ($2) and sku is not null',
    [merchantId, ids],
  )
  return new Map(rows.map(({ id, sku }) => [id, sku]))
}

/** A page of an export, in order of id. */
export async function variantsAfter(
  db: Queryable,
  merchantId: string,
  after: string,
  limit: number,
): Promise<Variant[]> {
  const { rows } = await db.query<VariantAnswer>(
    `select ${VARIANT_COLUMNS} from variant v where v.merchant_id = $1 and v.id > $2 order by v.id limit $3`,
    [merchantId, after, limit],
  )
  return rows.map(fromAnswer)
}

/** Which base prices there are: the price columns of an export. It walks all of them, as the export does. */
export async function baseTiers(db: Queryable, merchantId: string, limit: number) {
  const { rows } = await db.query<{ currency: string; tax_included: boolean; min_qty: bigint }>(
    `select distinct currency, tax_included, min_qty from price where merchant_id = $1 and price_list_id = ''
    order by currency, min_qty, tax_included limit $2`,
    [merchantId, limit],
  )
  return rows
}
