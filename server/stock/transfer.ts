// Goods on their way from one store to another. At each moment every unit is in exactly one place: reserved in the store it
// leaves, on its way, or in the store it came to; what never arrives is written down as lost, with a task.

import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvents } from '../notify/index.ts'
import type { StockDeps } from './deps.ts'
import { type Movement, move } from './move.ts'
import { consumeReservations, releaseReservations, reserve } from './reserve.ts'
import { callStock, insertTask } from './store.ts'
import {
  insertTransfer,
  lockTransfer,
  type TransferLine,
  type TransferRow,
  writeArrivals,
  writeTransferState,
} from './transfer-store.ts'

export interface NewTransfer {
  fromStoreId: string
  toStoreId: string
  lines: { variant_id: string; quantity: bigint }[]
  /** The order it is for, or the caller's own number. */
  reference?: string
  at: Date
}

/** Plans a transfer and reserves its goods. Throws out-of-stock. The stores are the caller's to check. */
export async function createTransfer(
  deps: StockDeps,
  tx: Tx,
  merchantId: string,
  input: NewTransfer,
): Promise<TransferRow> {
  const id = deps.newId('trf')
  const units = input.lines.map((line) => ({ ...line, store_id: input.fromStoreId }))
  const short = await reserve(tx, merchantId, { ref: id, kind: 'transfer', lines: units, at: input.at })
  if (short.length > 0) {
    throw new Problem('out-of-stock', {
      errors: short.map(({ variant_id, available }) => ({
        pointer: '/lines',
        detail: `${variant_id}: ${available} left`,
      })),
    })
  }
  const row: TransferRow = {
    id,
    from_store_id: input.fromStoreId,
    to_store_id: input.toStoreId,
    state: 'draft',
    reference: input.reference ?? null,
    version: 1,
    created_at: input.at,
    shipped_at: null,
    ended_at: null,
    lines: input.lines.map((line) => ({ ...line, received: 0n, damaged: 0n, lost: 0n })),
  }
  await insertTransfer(tx, merchantId, row)
  await announce(deps, tx, merchantId, row, 'transfer.created', input.at)
  return row
}

/** The goods leave. Throws not-found, version-conflict, invalid-state. */
export async function shipTransfer(
  deps: StockDeps,
  tx: Tx,
  merchantId: string,
  input: { id: string; ifVersion?: number; actor?: string; at: Date },
): Promise<TransferRow> {
  const before = await locked(tx, merchantId, input, ['draft'])
  await consumeReservations(deps, tx, merchantId, {
    ref: before.id,
    lines: before.lines.map(({ variant_id, quantity }) => ({ variant_id, quantity, store_id: before.from_store_id })),
    movement: 'transfer_out',
    about: before.id,
    reason: 'shipped',
    actor: input.actor,
    at: input.at,
  })
  await expect(tx, merchantId, before, (line) => line.quantity)
  const row = { ...before, state: 'in_transit' as const, version: before.version + 1, shipped_at: input.at }
  await writeTransferState(tx, merchantId, row)
  await announce(deps, tx, merchantId, row, 'transfer.shipped', input.at)
  return row
}

export interface Arrival {
  variant_id: string
  /** In good order. */
  received: bigint
  damaged: bigint
}

/**
 * Goods arrive, some or all. `isFinal`: nothing more will come; what is missing is lost, and a task is opened. Throws not-found,
 * version-conflict, invalid-state, quantity-exceeds-available (more than was sent).
 */
export async function receiveTransfer(
  deps: StockDeps,
  tx: Tx,
  merchantId: string,
  input: { id: string; arrivals: Arrival[]; isFinal: boolean; ifVersion?: number; actor?: string; at: Date },
): Promise<TransferRow> {
  const before = await locked(tx, merchantId, input, ['in_transit'])
  for (const { variant_id } of input.arrivals) {
    if (!before.lines.some((line) => line.variant_id === variant_id))
      throw new Problem('reference-not-found', {
        errors: [{ pointer: '/lines', detail: `${variant_id} was not sent` }],
      })
  }
  const lines = before.lines.map((line) => arrived(line, input))
  const isDone = lines.every(({ quantity, received, damaged, lost }) => received + damaged + lost === quantity)
  const store_id = before.to_store_id
  const movements = input.arrivals.flatMap(({ variant_id, received, damaged }): Movement[] => [
    { variant_id, store_id, kind: 'transfer_in', reason: 'arrived', quantity: received },
    {
      ...{ variant_id, store_id, kind: 'transfer_in' as const, reason: 'arrived_damaged', quantity: damaged },
      ...{ bucket: 'damaged' as const, bucketQuantity: damaged },
    },
  ])
  await expect(tx, merchantId, before, (line, i) => gone(line) - gone(lines[i] as TransferLine))
  await move(deps, tx, merchantId, movements, { at: input.at, actor: input.actor, ref: before.id })
  const row = {
    ...{ ...before, lines, version: before.version + 1 },
    ...(isDone ? { state: 'received' as const, ended_at: input.at } : {}),
  }
  await writeArrivals(tx, merchantId, row)
  await writeTransferState(tx, merchantId, row)
  for (const line of lines) if (line.lost > 0n) await missing(deps, tx, merchantId, row, line, input.at)
  await announce(deps, tx, merchantId, row, isDone ? 'transfer.received' : 'transfer.partly_received', input.at)
  return row
}

/** Gives a transfer up before it has left. Throws not-found, version-conflict, invalid-state. */
export async function cancelTransfer(
  deps: StockDeps,
  tx: Tx,
  merchantId: string,
  input: { id: string; ifVersion?: number; at: Date },
): Promise<TransferRow> {
  const before = await locked(tx, merchantId, input, ['draft'])
  await releaseReservations(tx, merchantId, [before.id])
  const row = { ...before, state: 'cancelled' as const, version: before.version + 1, ended_at: input.at }
  await writeTransferState(tx, merchantId, row)
  await announce(deps, tx, merchantId, row, 'transfer.cancelled', input.at)
  return row
}

/** Runs one of the verbs in a transaction of its own. */
export function inTransaction<T>(deps: StockDeps, work: (tx: Tx, at: Date) => Promise<T>): Promise<T> {
  const at = deps.clock.now()
  return transact(deps.db, (tx) => work(tx, at))
}

async function locked(
  tx: Tx,
  merchantId: string,
  of: { id: string; ifVersion?: number },
  states: TransferRow['state'][],
): Promise<TransferRow> {
  const row = await lockTransfer(tx, merchantId, of.id)
  if (!row) throw new Problem('not-found')
  if (of.ifVersion !== undefined && of.ifVersion !== row.version) throw new Problem('version-conflict')
  if (!states.includes(row.state)) throw new Problem('invalid-state', { detail: `The transfer is ${row.state}.` })
  return row
}

function arrived(line: TransferLine, { arrivals, isFinal }: { arrivals: Arrival[]; isFinal: boolean }): TransferLine {
  const mine = arrivals.filter(({ variant_id }) => variant_id === line.variant_id)
  const received = line.received + mine.reduce((sum, arrival) => sum + arrival.received, 0n)
  const damaged = line.damaged + mine.reduce((sum, arrival) => sum + arrival.damaged, 0n)
  const rest = line.quantity - received - damaged - line.lost
  if (rest < 0n) throw new Problem('quantity-exceeds-available', { detail: `${line.variant_id}: fewer were sent.` })
  return { ...line, received, damaged, lost: isFinal ? line.lost + rest : line.lost }
}

/** Units of a line that are no longer on their way. */
function gone({ received, damaged, lost }: TransferLine): bigint {
  return received + damaged + lost
}

async function expect(
  tx: Tx,
  merchantId: string,
  transfer: TransferRow,
  by: (line: TransferLine, i: number) => bigint,
): Promise<void> {
  const rows = transfer.lines.map((line, i) => ({
    variant_id: line.variant_id,
    store_id: transfer.to_store_id,
    quantity: by(line, i),
  }))
  await callStock(
    tx,
    'stock_expect',
    merchantId,
    rows.filter(({ quantity }) => quantity !== 0n),
  )
}

async function missing(
  deps: StockDeps,
  tx: Tx,
  merchantId: string,
  transfer: TransferRow,
  line: TransferLine,
  at: Date,
): Promise<void> {
  await insertTask(tx, merchantId, {
    id: deps.newId('tsk'),
    kind: 'transfer_discrepancy',
    variant_id: line.variant_id,
    store_id: transfer.to_store_id,
    quantity: line.lost,
    ref: transfer.id,
    opened_at: at,
  })
}

async function announce(
  deps: StockDeps,
  tx: Tx,
  merchantId: string,
  row: TransferRow,
  type: string,
  at: Date,
): Promise<void> {
  const data = transferView(row)
  const about = { object_type: 'transfer', object_id: row.id, object_version: row.version }
  await appendEvents(tx, merchantId, at, [{ id: deps.newId('evt'), type, ...about, data }])
}

/** A transfer as the API and its events show it. */
export function transferView(row: TransferRow) {
  return {
    id: row.id,
    object: 'transfer' as const,
    from_store_id: row.from_store_id,
    to_store_id: row.to_store_id,
    state: row.state,
    reference: row.reference,
    lines: row.lines.map(({ variant_id, quantity, received, damaged, lost }) => ({
      variant_id,
      quantity: Number(quantity),
      received: Number(received),
      damaged: Number(damaged),
      lost: Number(lost),
    })),
    version: row.version,
    created_at: row.created_at.toISOString(),
    shipped_at: row.shipped_at?.toISOString() ?? null,
    ended_at: row.ended_at?.toISOString() ?? null,
  }
}
