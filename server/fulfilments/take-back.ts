// What was delivered without a parcel can be taken back as long as nobody has used it: a gift card sent by mail. Orders cancel it;
// here its fulfilment follows in the same transaction, so that both count the same.

import type { Tx } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import type { Order } from '../orders/index.ts'
import type { FulfilmentDeps } from './deps.ts'
import { type FulfilmentEvent, tell } from './event.ts'
import type { Fulfilment, LineUnits } from './fulfilment.ts'
import { changeFulfilment, countLines, lockFulfilment, type Patch, readLines, readOfOrders } from './store.ts'

/**
 * Counts delivered units of digital fulfilments as dropped; the caller holds the order's lock and counts them in the order. Answers
 * what tells of it, to be called last. Throws invalid-state (still being charged), quantity-exceeds-available (it was delivered in
 * another way, and comes back as goods do).
 */
export async function takeBackDigital(
  deps: Pick<FulfilmentDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  what: { order: Order; units: readonly LineUnits[]; by: string; at: Date },
): Promise<() => Promise<void>> {
  const { order, by, at } = what
  const left = new Map(what.units.map(({ line_id, quantity }) => [line_id, quantity]))
  const events: FulfilmentEvent[] = []
  for (const { id, mode } of await readOfOrders(tx, merchantId, [order.id])) {
    if (mode !== 'digital') continue
    const f = (await lockFulfilment(tx, merchantId, id)) as Fulfilment
    const taken: LineUnits[] = []
    for (const { line_id, handed_over } of await readLines(tx, merchantId, id)) {
      const wanted = left.get(line_id) ?? 0n
      const quantity = wanted < handed_over ? wanted : handed_over
      if (quantity === 0n) continue
      left.set(line_id, wanted - quantity)
      taken.push({ line_id, quantity })
    }
    if (taken.length > 0) events.push(await drop(tx, merchantId, f, taken, { order, by, at }))
  }
  if ([...left.values()].some((quantity) => quantity > 0n))
    throw new Problem('quantity-exceeds-available', { detail: 'What was handed over is returned, not cancelled.' })
  return () => tell(tx, deps, merchantId, at, events)
}

async function drop(
  tx: Tx,
  merchantId: string,
  f: Fulfilment,
  taken: readonly LineUnits[],
  { order, by, at }: { order: Order; by: string; at: Date },
): Promise<FulfilmentEvent> {
  if (f.charge_state === 'intent' || f.charge_state === 'unknown')
    throw new Problem('invalid-state', { detail: 'It is still being charged.' })
  const back = taken.map(({ line_id, quantity }) => ({ line_id, quantity: -quantity }))
  await countLines(tx, merchantId, f.id, 'handed_over', back)
  await countLines(tx, merchantId, f.id, 'dropped', taken)
  const lines = await readLines(tx, merchantId, f.id)
  const isEmpty = lines.every(({ handed_over }) => handed_over === 0n)
  const patch: Patch = isEmpty ? { state: 'cancelled', reason: 'order_cancelled', release_at: at } : {}
  const fulfilment = await changeFulfilment(tx, merchantId, f, [f.state], patch, at)
  return { type: isEmpty ? 'fulfilment.cancelled' : 'fulfilment.reduced', fulfilment, lines, order, by }
}
