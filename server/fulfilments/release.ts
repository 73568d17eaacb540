// Units that a fulfilment will not hand over let go of what was promised to them.

import type { Tx } from '../db/pool.ts'
import { giveUpUnits, releaseUnits } from '../stock/index.ts'
import type { Begun } from './begin.ts'
import type { FulfilmentDeps } from './deps.ts'
import { stockOf } from './finish.ts'
import type { LineUnits } from './fulfilment.ts'
import { countLines } from './store.ts'

/**
 * Frees the stock of units and counts them as dropped. What was to come by transfer is not sent, or is free where it arrives. The
 * caller holds the locks of the order and the fulfilment.
 */
export async function releaseOf(
  deps: Pick<FulfilmentDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  { fulfilment: f, lines }: Pick<Begun, 'fulfilment' | 'lines'>,
  units: LineUnits[],
  at: Date,
): Promise<void> {
  const stock = stockOf(lines, units, f.store_id)
  if (f.transfer_id !== null && stock.length > 0)
    await giveUpUnits(deps, tx, merchantId, { id: f.transfer_id, lines: stock, at })
  if (f.reservation_ref !== null && stock.length > 0)
    await releaseUnits(tx, merchantId, { ref: f.reservation_ref, lines: stock })
  await countLines(tx, merchantId, f.id, 'dropped', units)
}
