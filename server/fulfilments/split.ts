// A part of a fulfilment becomes one of its own, in the same store or in another. Its stock goes with it.

import type { Tx } from '../db/pool.ts'
import { releaseUnits, reserve } from '../stock/index.ts'
import type { Begun } from './begin.ts'
import { blank } from './create.ts'
import type { FulfilmentDeps } from './deps.ts'
import { stockOf } from './finish.ts'
import type { Fulfilment, FulfilmentLine, LineUnits } from './fulfilment.ts'
import { countLines, insertFulfilments, nextPart } from './store.ts'

/** The same way of handing over, from the same place, for some units of it. Answers it with its lines. */
export async function splitOff(
  deps: Pick<FulfilmentDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  begun: Begun,
  units: LineUnits[],
  at: Date,
): Promise<{ fulfilment: Fulfilment; lines: FulfilmentLine[] }> {
  const { fulfilment: f, lines } = begun
  const id = deps.newId('ful')
  const stock = stockOf(lines, units, f.store_id)
  const isReserved = f.reservation_ref !== null && stock.length > 0
  if (f.reservation_ref !== null && isReserved) {
    await releaseUnits(tx, merchantId, { ref: f.reservation_ref, lines: stock })
    await reserve(tx, merchantId, { ref: id, kind: 'order', isForced: true, lines: stock, at })
  }
  const part = await siblingOf(tx, merchantId, begun, id, units, at, {
    ...{ state: f.state, store_id: f.store_id, reservation_ref: isReserved ? id : null, expires_at: f.expires_at },
  })
  await countLines(tx, merchantId, f.id, 'dropped', units)
  return part
}

/** Writes the next part of a fulfilment's group. Its stock is the caller's to reserve. */
export async function siblingOf(
  tx: Tx,
  merchantId: string,
  { fulfilment: f, lines }: Pick<Begun, 'fulfilment' | 'lines'>,
  id: string,
  units: readonly LineUnits[],
  at: Date,
  more: Partial<Fulfilment> & Pick<Fulfilment, 'state'>,
): Promise<{ fulfilment: Fulfilment; lines: FulfilmentLine[] }> {
  const { order_id, group_no, mode, destination_store_id, address, refused_by, score, promised_at } = f
  const fulfilment = blank({
    ...{ id, order_id, group_no, part: await nextPart(tx, merchantId, order_id, group_no), mode, destination_store_id },
    ...{ address, refused_by, score, promised_at, created_at: at, updated_at: at, ...more },
  })
  const own = units.map(({ line_id, quantity }): FulfilmentLine => {
    const components = lines.find((line) => line.line_id === line_id)?.components ?? []
    return { fulfilment_id: id, line_id, components, quantity, handed_over: 0n, dropped: 0n }
  })
  await insertFulfilments(tx, merchantId, [{ fulfilment, lines: own }])
  return { fulfilment, lines: own }
}
