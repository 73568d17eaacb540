// Files into the catalogue. A file is taken whole and quickly; its rows are carried out afterwards in batches, each in one
// transaction that also moves the import on, so that a process may die at any row. A row that is refused says why and leaves
// the others alone; a file that is sent twice changes nothing the second time.

import { Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { transact } from '../db/pool.ts'
import { containsCardNumber } from '../lib/card-scan.ts'
import { Problem } from '../lib/problem.ts'
import { type Cells, isColumn, productCells, RowFault } from './columns.ts'
import { cellIn, type Decimal, delimiterOf, textOf } from './csv.ts'
import { type CatalogDeps, finish, join, newDraft } from './draft.ts'
import { importRow, type RowOutcome } from './import-row.ts'
import {
  claimImport,
  type Import,
  insertImport,
  insertRefusals,
  insertRows,
  nextRows,
  type Refusal,
  removeRows,
  updateImport,
  type WaitingRow,
} from './import-store.ts'

/** Larger files are cut by hand, or are not a catalogue. */
export const MAX_FILE_BYTES = 32 * 1024 * 1024
const MAX_ROWS = 200_000
/** A record longer than this is a quotation mark that is never closed, not a row. */
const MAX_RECORD_BYTES = 64 * 1024
/** Rows of one insert while a file is taken. */
const TAKEN_AT_ONCE = 1000
/** Rows carried out in one transaction: some tenths of a second, during which the articles concerned are locked. */
const BATCH = 200

export interface ImportOptions {
  decimal: Decimal
  delimiter: ',' | ';' | undefined
}

export interface ImportView {
  id: string
  object: 'import'
  state: 'pending' | 'done'
  rows: number
  imported: number
  changed: number
  unchanged: number
  refused: number
  created_at: string
  finished_at: string | null
}

/** Takes a file. Throws invalid-encoding, malformed-request (no CSV), validation-error (columns), too-many-items. */
export async function takeImport(
  deps: CatalogDeps,
  merchantId: string,
  bytes: Buffer | null,
  options: ImportOptions,
): Promise<ImportView> {
  const at = deps.clock.now()
  const { rows, refusals } = await readFile(textOf(bytes), options.delimiter)
  const one: Import = {
    id: deps.newId('imp'),
    state: 'pending',
    rows: rows.length + refusals.length,
    last_turn: 1,
    last_row: 1,
    imported: 0,
    changed: 0,
    unchanged: 0,
    refused: refusals.length,
    decimal: options.decimal,
    version: 1,
    created_at: at,
    finished_at: null,
  }
  await transact(deps.db, async (tx) => {
    const draft = newDraft(deps, tx, merchantId, at)
    await insertImport(tx, merchantId, one)
    for (let i = 0; i < rows.length; i += TAKEN_AT_ONCE)
      await insertRows(tx, merchantId, one.id, rows.slice(i, i + TAKEN_AT_ONCE))
    await insertRefusals(tx, merchantId, one.id, refusals)
    const data = importView(one)
    draft.events.push({ type: 'import.created', object_type: 'import', object_id: one.id, object_version: 1, data })
    await finish(draft)
  })
  return importView(one)
}

export function importView(one: Import): ImportView {
  const { id, state, rows, imported, changed, unchanged, refused, created_at, finished_at } = one
  return {
    id,
    object: 'import',
    state,
    rows,
    imported,
    changed,
    unchanged,
    refused,
    created_at: created_at.toISOString(),
    finished_at: finished_at?.toISOString() ?? null,
  }
}

interface Taken {
  rows: WaitingRow[]
  refusals: Refusal[]
}

/** Reads the file into rows, and refuses those that no catalogue could take. */
async function readFile(text: string, delimiter: ',' | ';' | undefined): Promise<Taken> {
  const plain = text.startsWith('\ufeff') ? text.slice(1) : text
  const parser = parse({
    delimiter: delimiter ?? delimiterOf(plain.split(/\r?\n/, 1)[0] ?? ''),
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD_BYTES,
  })
  const taken: Taken = { rows: [], refusals: [] }
  const check = rowChecker()
  let columns: string[] | undefined
  let row = 1
  try {
    for await (const record of piecesOf(plain).pipe(parser) as AsyncIterable<string[]>) {
      if (!columns) {
        columns = columnsOf(record)
        continue
      }
      row++
      if (row > MAX_ROWS + 1) throw new Problem('too-many-items', { detail: `Takes at most ${MAX_ROWS} rows.` })
      const cells = Object.fromEntries(columns.map((name, i) => [name, cellIn(record[i] ?? '')]))
      const fault = record.length === columns.length ? check(row, cells) : widthFault(record.length, columns.length)
      if (fault) taken.refusals.push({ row, ...fault })
      // A kit waits for its components, wherever in the file they are.
      else taken.rows.push({ row, turn: cells['components']?.trim() ? 2 : 1, cells })
    }
  } catch (error) {
    if (error instanceof Problem) throw error
    // Where rows begin and end is no longer known, so nothing is taken. The parser's own words would quote the file.
    const { lines } = error as { lines?: number }
    throw new Problem('malformed-request', {
      detail: `The file is no CSV: a quotation mark is wrong or not closed${lines === undefined ? '' : ` near line ${lines}`}.`,
    })
  }
  if (!columns) throw new Problem('malformed-request', { detail: 'The file has no header.' })
  return taken
}

/** In pieces, so that other requests are answered while a large file is read. */
function piecesOf(text: string): Readable {
  const size = 256 * 1024
  return Readable.from(
    (function* () {
      for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
    })(),
  )
}

function columnsOf(record: readonly string[]): string[] {
  const names = record.map((name) => name.trim())
  const unknown = names.filter((name) => !isColumn(name))
  const twice = names.filter((name, i) => names.indexOf(name) !== i)
  const errors = [
    ...unknown.map((name) => ({ pointer: `/${name.slice(0, 60)}`, detail: 'Is no column of the catalogue.' })),
    ...twice.map((name) => ({ pointer: `/${name.slice(0, 60)}`, detail: 'Is there twice.' })),
    ...(names.includes('sku') ? [] : [{ pointer: '/sku', detail: 'The column is missing.' }]),
  ]
  if (errors.length > 0)
    throw new Problem('validation-error', { detail: 'The header is wrong.', errors: errors.slice(0, 50) })
  return names
}

type Fault = Omit<Refusal, 'row'>

function widthFault(cells: number, columns: number): Fault {
  return { field: 'row', detail: `Has ${cells} cells where the header has ${columns}.` }
}

/** Checks that need the rows before: the same article twice, or one product said in two ways. */
function rowChecker(): (row: number, cells: Cells) => Fault | undefined {
  const rowOf = new Map<string, number>()
  const products = new Map<string, { row: number; cells: string }>()
  return (row, cells) => {
    const card = Object.entries(cells).find(([, cell]) => containsCardNumber(cell))
    if (card) return { field: card[0], detail: 'Looks like a card number.' }
    for (const field of ['variant_id', 'sku'] as const) {
      const value = cells[field]?.trim() ?? ''
      const before = value === '' ? undefined : rowOf.get(`${field}/${value}`)
      if (before !== undefined) return { field, detail: `Is on row ${before} too.` }
      if (value !== '') rowOf.set(`${field}/${value}`, row)
    }
    const reference = cells['product_reference']?.trim() ?? ''
    if (reference === '') return undefined
    const own = productCells(cells)
    const first = products.get(reference)
    if (first && first.cells !== own)
      return { field: 'product_reference', detail: `The product is described in another way on row ${first.row}.` }
    if (!first) products.set(reference, { row, cells: own })
    return undefined
  }
}

// ---- Carrying out --------------------------------------------------------------------------------------------------

/** One batch of the oldest import that waits. Answers how many rows it dealt with; 0 when none waits. */
export async function runImports(deps: CatalogDeps): Promise<number> {
  const at = deps.clock.now()
  const done = await transact(deps.db, async (tx) => {
    const claimed = await claimImport(tx)
    if (!claimed) return null
    const { merchant_id, ...one } = claimed
    const rows = await nextRows(tx, merchant_id, one, BATCH)
    const whole = newDraft(deps, tx, merchant_id, at)
    const refusals: Refusal[] = []
    const counts: Record<RowOutcome, number> = { imported: 0, changed: 0, unchanged: 0 }
    for (const { row, cells } of rows) {
      const part = newDraft(deps, tx, merchant_id, at)
      await tx.query('savepoint one_row')
      try {
        counts[await importRow(part, cells, one.decimal, whole.touched)]++
        join(whole, part)
      } catch (error) {
        const refusal = refusalOf(error)
        if (!refusal) throw error
        await tx.query('rollback to savepoint one_row')
        refusals.push({ row, ...refusal })
      }
      await tx.query('release savepoint one_row')
    }
    await removeRows(
      tx,
      merchant_id,
      one.id,
      rows.map(({ row }) => row).filter((row) => !refusals.some((refusal) => refusal.row === row)),
    )
    await insertRefusals(tx, merchant_id, one.id, refusals)
    const after: Import = {
      ...one,
      last_turn: rows.at(-1)?.turn ?? one.last_turn,
      last_row: rows.at(-1)?.row ?? one.last_row,
      imported: one.imported + counts.imported,
      changed: one.changed + counts.changed,
      unchanged: one.unchanged + counts.unchanged,
      refused: one.refused + refusals.length,
    }
    if (rows.length < BATCH) {
      Object.assign(after, { state: 'done', finished_at: at, version: one.version + 1 })
      const data = importView(after)
      const event = { type: 'import.finished', object_type: 'import', object_id: one.id }
      whole.events.push({ ...event, object_version: after.version, data })
    }
    await updateImport(tx, merchant_id, after)
    await finish(whole)
    return { merchantId: merchant_id, touched: whole.touched, rows: Math.max(rows.length, 1) }
  })
  if (!done) return 0
  deps.catalogCache.forget(done.merchantId, done.touched)
  return done.rows
}

/** Data exceptions and broken constraints: the row's fault, whichever check should have said it before. */
const ROWS_FAULT = /^2[23]/

function refusalOf(error: unknown): Fault | undefined {
  if (error instanceof RowFault) return { field: error.field, detail: error.message }
  if (error instanceof Problem)
    return { field: error.errors[0]?.pointer ?? 'row', detail: error.errors[0]?.detail ?? error.detail }
  const { code } = error as { code?: string }
  return code !== undefined && ROWS_FAULT.test(code)
    ? { field: 'row', detail: 'Cannot be stored as it is.' }
    : undefined
}
