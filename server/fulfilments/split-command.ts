// Splits a fulfilment by hand: a part of it is made ready, sent or collected by itself.

import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { begin, refused } from './begin.ts'
import type { FulfilmentDeps } from './deps.ts'
import { tell } from './event.ts'
import { type Fulfilment, openOf } from './fulfilment.ts'
import { unitsOf } from './hand-over.ts'
import { splitOff } from './split.ts'
import { changeFulfilment, readLines } from './store.ts'

const MAY_BE_SPLIT: readonly Fulfilment['state'][] = ['pending', 'accepted', 'picking']

/** Answers the new part. Throws not-found, version-conflict, invalid-state, reference-not-found, quantity-exceeds-available. */
export async function splitFulfilment(
  deps: FulfilmentDeps,
  merchantId: string,
  command: {
    orderId: string
    fulfilmentId: string
    lines: { line_id: string; quantity: number }[]
    by: string
    /** Of the fulfilment that is split: who sends the same again splits it once. */
    ifVersion: number | undefined
  },
): Promise<Fulfilment> {
  await deps.consumer.catchUp(merchantId)
  return transact(deps.db, async (tx) => {
    const begun = await begin(tx, merchantId, command.fulfilmentId)
    const { fulfilment: f, lines, order } = begun
    if (f.order_id !== command.orderId)
      throw new Problem('reference-not-found', {
        errors: [{ pointer: '/fulfilment_id', detail: 'is no fulfilment of this order' }],
      })
    if (command.ifVersion !== undefined && command.ifVersion !== f.version) throw new Problem('version-conflict')
    if (!MAY_BE_SPLIT.includes(f.state)) throw refused(`The fulfilment is ${f.state}.`)
    if (f.transfer_id !== null) throw refused('Its goods are on their way from another store.')
    const units = unitsOf(lines, command.lines, '/lines')
    const left = lines.map(
      (line) => openOf(line) - (units.find(({ line_id }) => line_id === line.line_id)?.quantity ?? 0n),
    )
    if (left.some((quantity) => quantity < 0n)) throw new Problem('quantity-exceeds-available')
    if (left.every((quantity) => quantity === 0n)) throw refused('Nothing would be left of it.')
    const at = deps.clock.now()
    const part = await splitOff(deps, tx, merchantId, begun, units, at)
    const after = await changeFulfilment(tx, merchantId, f, MAY_BE_SPLIT, {}, at)
    const { by } = command
    await tell(tx, deps, merchantId, at, [
      { type: 'fulfilment.reduced', fulfilment: after, lines: await readLines(tx, merchantId, f.id), order, by },
      { type: 'fulfilment.created', ...part, order, by, more: { split_from: f.id } },
    ])
    return part.fulfilment
  })
}
