// Transfers that somebody waits for. Their goods are reserved under the transfer's id, first where they leave and then where they
// arrive, as they arrive, until whoever waits takes them over. What nobody waits for any more is not sent, or arrives as free stock.

import type { Tx } from '../db/pool.ts'
import type { StockDeps, Units } from './deps.ts'
import { releaseReservations, releaseUnits, reserve } from './reserve.ts'
import { announce } from './transfer-event.ts'
import { lockTransfer, type TransferLine, type TransferRow, writeTransferState, writeWanted } from './transfer-store.ts'

/** Units of a line that have arrived and are kept for whoever waits. */
function keptOf({ received, promised }: Pick<TransferLine, 'received' | 'promised'>): bigint {
  return received < promised ? received : promised
}

/** Reserves what of `after` arrived beyond `before` and is waited for: all of it, or what a till has left of it. */
export async function keepArrived(
  tx: Tx,
  merchantId: string,
  after: TransferRow,
  before: TransferRow,
  at: Date,
): Promise<void> {
  const lines = after.lines
    .map((line, i) => ({
      ...{ variant_id: line.variant_id, store_id: after.to_store_id },
      quantity: keptOf(line) - keptOf(before.lines[i] as TransferLine),
    }))
    .filter(({ quantity }) => quantity > 0n)
  if (lines.length === 0) return
  const wanted = { ref: after.id, kind: 'order' as const, at }
  const short = await reserve(tx, merchantId, { ...wanted, lines })
  if (short.length === 0) return
  const rest = lines.map((line) => {
    const found = short.find(({ variant_id }) => variant_id === line.variant_id)
    return found ? { ...line, quantity: found.available } : line
  })
  const there = rest.filter(({ quantity }) => quantity > 0n)
  if (there.length > 0) await reserve(tx, merchantId, { ...wanted, lines: there })
}

/**
 * Nobody waits for these units any more. Before the goods have left fewer are sent, or none: then the transfer is cancelled and the
 * stock is free where it is. Later they arrive as free stock. The caller holds whatever it locks above transfers.
 */
export async function giveUpUnits(
  deps: Pick<StockDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  given: { id: string; lines: readonly Pick<Units, 'variant_id' | 'quantity'>[]; at: Date },
): Promise<void> {
  const before = await lockTransfer(tx, merchantId, given.id)
  if (!before) throw new Error('nobody can wait for a transfer that does not exist')
  const lost = (line: TransferLine): bigint => {
    const sum = given.lines
      .filter(({ variant_id }) => variant_id === line.variant_id)
      .reduce((total, { quantity }) => total + quantity, 0n)
    return sum < line.promised ? sum : line.promised
  }
  if (before.lines.every((line) => lost(line) === 0n)) return
  const isDraft = before.state === 'draft'
  const lines = before.lines.map((line) => ({
    ...line,
    promised: line.promised - lost(line),
    quantity: isDraft ? line.quantity - lost(line) : line.quantity,
  }))
  const kept = lines.filter(({ quantity }) => quantity > 0n)
  const row = { ...before, version: before.version + 1 }
  if (kept.length === 0) {
    // Its lines stay as they were planned: it says what it would have sent.
    await releaseReservations(tx, merchantId, [before.id])
    const cancelled = { ...row, state: 'cancelled' as const, ended_at: given.at }
    await writeTransferState(tx, merchantId, cancelled)
    await announce(deps, tx, merchantId, [cancelled], 'transfer.cancelled', given.at)
    return
  }
  const store_id = isDraft ? before.from_store_id : before.to_store_id
  const free = lines.map((line, i) => {
    const was = before.lines[i] as TransferLine
    const quantity = isDraft ? was.quantity - line.quantity : keptOf(was) - keptOf(line)
    return { variant_id: line.variant_id, store_id, quantity }
  })
  const released = free.filter(({ quantity }) => quantity > 0n)
  if (released.length > 0) await releaseUnits(tx, merchantId, { ref: before.id, lines: released })
  const changed = { ...row, lines: kept }
  await writeWanted(tx, merchantId, changed)
  await writeTransferState(tx, merchantId, changed)
  await announce(deps, tx, merchantId, [changed], 'transfer.changed', given.at)
}
