// Fulfilments as the API answers them: with their lines, and with how far the transfers have come that they wait for.

import type { Queryable } from '../db/pool.ts'
import { readTransferStates } from '../stock/index.ts'
import type { Fulfilment } from './fulfilment.ts'
import { readLines } from './store.ts'
import { viewOf } from './view.ts'

/** Reads what belongs to these fulfilments, in one statement each. */
export async function showAll(db: Queryable, merchantId: string, rows: readonly Fulfilment[]) {
  const lines = await readLines(
    db,
    merchantId,
    rows.map(({ id }) => id),
  )
  const transfers = rows.flatMap(({ transfer_id }) => transfer_id ?? [])
  const states = await readTransferStates(db, merchantId, transfers)
  return rows.map((row) => ({ ...viewOf(row, lines), transfer_state: states.get(row.transfer_id ?? '') ?? null }))
}
export type ShownFulfilment = Awaited<ReturnType<typeof showAll>>[number]

/** The same for one. */
export async function show(db: Queryable, merchantId: string, row: Fulfilment): Promise<ShownFulfilment> {
  return (await showAll(db, merchantId, [row]))[0] as ShownFulfilment
}
