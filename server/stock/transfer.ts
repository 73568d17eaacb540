// Goods on their way from one store to another. At each moment every unit is in exactly one place: reserved in the store it
// leaves, on its way there or back, or in the store it came to; what never arrives is written down as lost, with a task.

import { hash } from 'node:crypto'
import { type Tx, transact } from '../db/pool.ts'
import { jsonOf } from '../lib/json.ts'
import { Problem } from '../lib/problem.ts'
import type { StockDeps } from './deps.ts'
import { type Movement, move } from './move.ts'
import { consumeReservations, releaseReservations, reserve } from './reserve.ts'
import { callStock, claimReference, insertTask, lockLevels } from './store.ts'
import { announce } from './transfer-event.ts'
import { keepArrived } from './transfer-promise.ts'
import {
  insertTransfers,
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
  /** Somebody waits for the goods: as they arrive they are reserved under the transfer's id (transfer-promise.ts). */
  isPromised?: boolean
  at: Date
}

const NOTHING = { received: 0n, damaged: 0n, lost: 0n, returned: 0n, extra: 0n }

/** A transfer to be, its lines one per article. Nothing is reserved or written. */
export function planTransfer(deps: Pick<StockDeps, 'newId'>, input: NewTransfer): TransferRow {
  const sums = new Map<string, bigint>()
  for (const { variant_id, quantity } of input.lines) sums.set(variant_id, (sums.get(variant_id) ?? 0n) + quantity)
  return {
    id: deps.newId('trf'),
    from_store_id: input.fromStoreId,
    to_store_id: input.toStoreId,
    state: 'draft',
    reference: input.reference ?? null,
    version: 1,
    created_at: input.at,
    shipped_at: null,
    ended_at: null,
    lines: [...sums].map(([variant_id, quantity]) => ({
      ...{ variant_id, quantity, ...NOTHING },
      promised: input.isPromised ? quantity : 0n,
    })),
  }
}

/** Writes planned transfers, whose goods the caller has reserved under their ids. */
export async function writeTransfers(
  deps: Pick<StockDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  rows: readonly TransferRow[],
  at: Date,
): Promise<void> {
  await insertTransfers(tx, merchantId, rows)
  await announce(deps, tx, merchantId, rows, 'transfer.created', at)
}

/** Plans a transfer and reserves its goods. Throws out-of-stock. The stores are the caller's to check. */
export async function createTransfer(
  deps: StockDeps,
  tx: Tx,
  merchantId: string,
  input: NewTransfer,
): Promise<TransferRow> {
  const row = planTransfer(deps, input)
  const units = row.lines.map(({ variant_id, quantity }) => ({ variant_id, quantity, store_id: input.fromStoreId }))
  const short = await reserve(tx, merchantId, { ref: row.id, kind: 'transfer', lines: units, at: input.at })
  if (short.length > 0) {
    throw new Problem('out-of-stock', {
      errors: short.map(({ variant_id, available }) => ({
        pointer: '/lines',
        detail: `${variant_id}: ${available} left`,
      })),
    })
  }
  await writeTransfers(deps, tx, merchantId, [row], input.at)
  return row
}

/**
 * The goods leave. Throws not-found, version-conflict, invalid-state, quantity-exceeds-available (a till has sold what was kept for
 * it).
 */
export async function shipTransfer(
  deps: StockDeps,
  tx: Tx,
  merchantId: string,
  input: { id: string; ifVersion?: number; actor?: string; at: Date },
): Promise<TransferRow> {
  const before = await locked(tx, merchantId, input, ['draft'])
  await lockBoth(tx, merchantId, before)
  await consumeReservations(deps, tx, merchantId, {
    ref: before.id,
    lines: before.lines.map(({ variant_id, quantity }) => ({ variant_id, quantity, store_id: before.from_store_id })),
    movement: 'transfer_out',
    about: before.id,
    reason: 'shipped',
    actor: input.actor,
    at: input.at,
  })
  await expect(tx, merchantId, before, before.to_store_id, (line) => line.quantity)
  const row = { ...before, state: 'in_transit' as const, version: before.version + 1, shipped_at: input.at }
  await writeTransferState(tx, merchantId, row)
  await announce(deps, tx, merchantId, [row], 'transfer.shipped', input.at)
  return row
}

export interface Arrival {
  variant_id: string
  /** In good order. */
  received: bigint
  damaged: bigint
  /** In good order, beyond what was sent. Said on its own, so that nobody gets too much by sending the same twice. */
  extra?: bigint
}

export interface Receipt {
  id: string
  arrivals: Arrival[]
  /** Nothing more will come: what is missing is lost, and a task is opened. */
  isFinal: boolean
  /** The caller's number of it; the same one again changes nothing. */
  reference?: string
  ifVersion?: number
  actor?: string
  at: Date
}

/**
 * Goods arrive, some or all; those that were called back arrive where they left. Throws not-found, version-conflict, invalid-state,
 * reference-not-found (an article that was not sent), reference-taken, quantity-exceeds-available (more than was sent, without
 * saying so).
 */
export async function receiveTransfer(
  deps: StockDeps,
  tx: Tx,
  merchantId: string,
  input: Receipt,
): Promise<TransferRow> {
  const found = await lockTransfer(tx, merchantId, input.id)
  if (found && (await isKnown(tx, merchantId, input))) return found
  const before = await locked(tx, merchantId, input, ['in_transit', 'returning'])
  for (const { variant_id } of input.arrivals) {
    if (!before.lines.some((line) => line.variant_id === variant_id))
      throw new Problem('reference-not-found', {
        errors: [{ pointer: '/lines', detail: `${variant_id} was not sent` }],
      })
  }
  const isBack = before.state === 'returning'
  const lines = before.lines.map((line) => arrived(line, input, isBack))
  const isDone = lines.every((line) => gone(line) === line.quantity)
  const store_id = isBack ? before.from_store_id : before.to_store_id
  const kind = 'transfer_in' as const
  const movements = input.arrivals.flatMap(({ variant_id, received, damaged, extra = 0n }): Movement[] => [
    { variant_id, store_id, kind, reason: isBack ? 'returned' : 'arrived', quantity: received },
    { variant_id, store_id, kind, reason: 'arrived_extra', quantity: extra },
    {
      ...{ variant_id, store_id, kind, reason: 'arrived_damaged', quantity: damaged },
      ...{ bucket: 'damaged' as const, bucketQuantity: damaged },
    },
  ])
  await expect(tx, merchantId, before, store_id, (line, i) => gone(line) - gone(lines[i] as TransferLine))
  await move(deps, tx, merchantId, movements, { at: input.at, actor: input.actor, ref: before.id })
  // In the same transaction: nobody can buy in between what somebody waits for.
  if (!isBack) await keepArrived(tx, merchantId, { ...before, lines }, before, input.at)
  const end = isBack ? ('cancelled' as const) : ('received' as const)
  const row = {
    ...{ ...before, lines, version: before.version + 1 },
    ...(isDone ? { state: end, ended_at: input.at } : {}),
  }
  await writeArrivals(tx, merchantId, row)
  await writeTransferState(tx, merchantId, row)
  await tellDifferences(deps, tx, merchantId, row, before, input.at)
  await announce(deps, tx, merchantId, [row], isDone ? `transfer.${end}` : 'transfer.partly_received', input.at)
  return row
}

/**
 * Gives a transfer up. Before it has left its goods are free again; on their way they turn round, and are received where they left.
 * Throws not-found, version-conflict, invalid-state.
 */
export async function cancelTransfer(
  deps: StockDeps,
  tx: Tx,
  merchantId: string,
  input: { id: string; ifVersion?: number; at: Date },
): Promise<TransferRow> {
  const before = await locked(tx, merchantId, input, ['draft', 'in_transit'])
  if (before.state === 'in_transit') return callBack(deps, tx, merchantId, before, input.at)
  await releaseReservations(tx, merchantId, [before.id])
  const row = { ...before, state: 'cancelled' as const, version: before.version + 1, ended_at: input.at }
  await writeTransferState(tx, merchantId, row)
  await announce(deps, tx, merchantId, [row], 'transfer.cancelled', input.at)
  return row
}

async function callBack(
  deps: StockDeps,
  tx: Tx,
  merchantId: string,
  before: TransferRow,
  at: Date,
): Promise<TransferRow> {
  await lockBoth(tx, merchantId, before)
  await expect(tx, merchantId, before, before.to_store_id, (line) => gone(line) - line.quantity)
  await expect(tx, merchantId, before, before.from_store_id, (line) => line.quantity - gone(line))
  const row = { ...before, state: 'returning' as const, version: before.version + 1 }
  await writeTransferState(tx, merchantId, row)
  await announce(deps, tx, merchantId, [row], 'transfer.called_back', at)
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

/** Whether this receipt was written before. Throws reference-taken when another one has its number. */
async function isKnown(tx: Tx, merchantId: string, { id, arrivals, isFinal, reference }: Receipt): Promise<boolean> {
  if (reference === undefined) return false
  const fingerprint = hash('sha256', jsonOf([arrivals, isFinal]), 'base64url')
  const claimed = await claimReference(tx, merchantId, { reference: `${id} ${reference}`, fingerprint })
  if (claimed === 'taken')
    throw new Problem('reference-taken', {
      errors: [{ pointer: '/reference', detail: 'Was used for another receipt of this transfer.' }],
    })
  return claimed === 'same'
}

/** Locks the levels of both ends in one go: two transfers the other way round would wait for each other. */
async function lockBoth(tx: Tx, merchantId: string, { lines, from_store_id, to_store_id }: TransferRow): Promise<void> {
  const stores = [from_store_id, to_store_id]
  await lockLevels(
    tx,
    merchantId,
    lines.flatMap(({ variant_id }) => stores.map((store_id) => ({ variant_id, store_id }))),
  )
}

function arrived(line: TransferLine, { arrivals, isFinal }: Receipt, isBack: boolean): TransferLine {
  const mine = arrivals.filter(({ variant_id }) => variant_id === line.variant_id)
  const sum = (of: (arrival: Arrival) => bigint) => mine.reduce((total, arrival) => total + of(arrival), 0n)
  const whole = sum(({ received }) => received)
  const after = {
    ...line,
    damaged: line.damaged + sum(({ damaged }) => damaged),
    extra: line.extra + sum(({ extra = 0n }) => extra),
    ...(isBack ? { returned: line.returned + whole } : { received: line.received + whole }),
  }
  const rest = line.quantity - gone(after)
  if (rest < 0n) throw new Problem('quantity-exceeds-available', { detail: `${line.variant_id}: fewer were sent.` })
  if (rest > 0n && after.extra > line.extra)
    throw new Problem('quantity-exceeds-available', { detail: `${line.variant_id}: not all that were sent have come.` })
  return { ...after, lost: isFinal ? line.lost + rest : line.lost }
}

/** Units of a line that are no longer on their way. */
function gone({ received, damaged, lost, returned }: TransferLine): bigint {
  return received + damaged + lost + returned
}

async function expect(
  tx: Tx,
  merchantId: string,
  transfer: TransferRow,
  store_id: string,
  by: (line: TransferLine, i: number) => bigint,
): Promise<void> {
  const rows = transfer.lines.map((line, i) => ({ variant_id: line.variant_id, store_id, quantity: by(line, i) }))
  await callStock(
    tx,
    'stock_expect',
    merchantId,
    rows.filter(({ quantity }) => quantity !== 0n),
  )
}

/** Opens a task for what never arrived, where it was expected, and for what is too much, where too little was written. */
async function tellDifferences(
  deps: StockDeps,
  tx: Tx,
  merchantId: string,
  transfer: TransferRow,
  before: TransferRow,
  at: Date,
): Promise<void> {
  const expectedAt = transfer.state === 'cancelled' ? transfer.from_store_id : transfer.to_store_id
  for (const [i, line] of transfer.lines.entries()) {
    const more = line.extra - (before.lines[i] as TransferLine).extra
    for (const [store_id, quantity] of [
      [expectedAt, line.lost],
      [transfer.from_store_id, -more],
    ] as const) {
      if (quantity === 0n) continue
      await insertTask(tx, merchantId, {
        ...{ id: deps.newId('tsk'), kind: 'transfer_discrepancy', variant_id: line.variant_id, store_id },
        ...{ quantity, ref: transfer.id, opened_at: at },
      })
    }
  }
}
