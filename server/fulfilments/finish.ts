// The moment goods leave: what was promised is taken from the stock, and the fulfilment moves to its next state. For goods that
// are charged at hand-over this comes after the money, never before.

import type { Tx } from '../db/pool.ts'
import type { Order } from '../orders/index.ts'
import { consumeReservations, type Units } from '../stock/index.ts'
import type { FulfilmentDeps } from './deps.ts'
import { tell } from './event.ts'
import { ENDS, type Fulfilment, type FulfilmentLine, type LineUnits, MOVES } from './fulfilment.ts'
import { changeFulfilment, type Patch, readLines } from './store.ts'

/** What units of lines take from the stock of a store. */
export function stockOf(
  lines: readonly FulfilmentLine[],
  units: readonly LineUnits[],
  storeId: string | null,
): Units[] {
  if (storeId === null) return []
  return units.flatMap(({ line_id, quantity }) => {
    const line = lines.find((each) => each.line_id === line_id)
    return (line?.components ?? []).map((one) => ({
      variant_id: one.variant_id,
      store_id: storeId,
      quantity: one.quantity * quantity,
    }))
  })
}

/**
 * Goods of this fulfilment leave; those that were taken along have left already. The caller holds the locks of the order and the
 * fulfilment, and has counted the units as handed over.
 */
export async function finish(
  deps: Pick<FulfilmentDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  input: { order: Order; fulfilment: Fulfilment; by: string | null; at: Date; patch: Patch },
): Promise<Fulfilment> {
  const { order, fulfilment: f, by, at, patch } = input
  const lines = await readLines(tx, merchantId, f.id)
  if (ENDS.has(f.state)) {
    const after = await changeFulfilment(tx, merchantId, f, [f.state], patch, at)
    await tell(tx, deps, merchantId, at, [{ type: 'fulfilment.charged', fulfilment: after, lines, order, by }])
    return after
  }
  const isSent = f.mode === 'ship'
  const move = MOVES[f.mode][isSent ? 'ship' : 'collect']
  if (!move) throw new Error('only what is collected or sent is handed over later')
  const handed = lines.map(({ line_id, handed_over }) => ({ line_id, quantity: handed_over }))
  const taken = stockOf(lines, handed, f.store_id).filter(({ quantity }) => quantity > 0n)
  if (f.reservation_ref !== null && taken.length > 0) {
    await consumeReservations(deps, tx, merchantId, {
      ...{ ref: f.reservation_ref, lines: taken, movement: 'sale', about: order.id },
      ...{ reason: isSent ? 'shipped' : 'collected', at },
      ...(by === null ? {} : { actor: by }),
    })
  }
  const end = isSent ? {} : { code_hash: null, expires_at: null, ended_at: at }
  const after = await changeFulfilment(tx, merchantId, f, move.from, { ...patch, ...end, state: move.to }, at)
  const type = isSent ? 'fulfilment.shipped' : 'fulfilment.collected'
  await tell(tx, deps, merchantId, at, [{ type, fulfilment: after, lines, order, by }])
  return after
}
