// What leaves an order leaves its fulfilments too.

import type { Tx } from '../db/pool.ts'
import { isHandedOver, type Order, type OrderLine } from '../orders/index.ts'
import type { FulfilmentDeps } from './deps.ts'
import type { FulfilmentEvent } from './event.ts'
import { ENDS, type Fulfilment, type LineUnits, openOf } from './fulfilment.ts'
import { releaseOf } from './release.ts'
import { changeFulfilment, type Patch, readLines } from './store.ts'

/** An order, locked, with its lines and all its fulfilments, those that have not ended locked too. */
export interface OfOrder {
  order: Order
  lines: OrderLine[]
  siblings: Fulfilment[]
}

/** Units that left the order leave its fulfilments too, from the last one on. */
export async function dropCancelled(
  deps: Pick<FulfilmentDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  { order, lines, siblings }: OfOrder,
  at: Date,
): Promise<FulfilmentEvent[]> {
  const open = siblings.filter(({ state }) => !ENDS.has(state))
  if (open.length === 0) return []
  const own = await readLines(
    tx,
    merchantId,
    open.map(({ id }) => id),
  )
  const drops = new Map<string, LineUnits[]>()
  for (const line of lines) {
    const parts = own.filter(({ line_id }) => line_id === line.id)
    const wanted = order.state === 'confirmed' ? line.quantity - line.cancelled - line.fulfilled : 0n
    let tooMany = parts.reduce((sum, part) => sum + openOf(part), 0n) - wanted
    for (const f of [...open].reverse()) {
      const part = parts.find(({ fulfilment_id }) => fulfilment_id === f.id)
      if (!part || tooMany <= 0n) continue
      const quantity = openOf(part) < tooMany ? openOf(part) : tooMany
      if (quantity > 0n) drops.set(f.id, [...(drops.get(f.id) ?? []), { line_id: line.id, quantity }])
      tooMany -= quantity
    }
  }
  // Nothing is to come any more: what is still held is released, the kept card revoked.
  const isDone =
    order.state !== 'confirmed' ||
    lines.filter(isHandedOver).every((line) => line.quantity === line.cancelled + line.fulfilled)
  const events: FulfilmentEvent[] = []
  for (const f of open) {
    const units = drops.get(f.id)
    if (!units) continue
    const lines = own.filter(({ fulfilment_id }) => fulfilment_id === f.id)
    await releaseOf(deps, tx, merchantId, { fulfilment: f, lines }, units, at)
    const left = await readLines(tx, merchantId, f.id)
    const isEmpty = left.every((line) => openOf(line) === 0n && line.handed_over === 0n)
    const patch: Patch = isEmpty
      ? {
          state: 'cancelled',
          reason: 'order_cancelled',
          code_hash: null,
          expires_at: null,
          ended_at: at,
          ...(isDone ? { release_at: at } : {}),
        }
      : {}
    const after = await changeFulfilment(tx, merchantId, f, [f.state], patch, at)
    const type = isEmpty ? 'fulfilment.cancelled' : 'fulfilment.reduced'
    events.push({ type, fulfilment: after, lines: left, order, by: null })
  }
  return events
}
