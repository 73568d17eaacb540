// What leaves an order leaves its fulfilments too.

import type { Tx } from '../db/pool.ts'
import { isHandedOver, type Order, type OrderLine } from '../orders/index.ts'
import { releaseUnits } from '../stock/index.ts'
import type { FulfilmentEvent } from './event.ts'
import { stockOf } from './finish.ts'
import { ENDS, type Fulfilment, type LineUnits, openOf } from './fulfilment.ts'
import { changeFulfilment, countLines, lockFulfilment, type Patch, readLines } from './store.ts'

/** An order, locked, with its lines and all its fulfilments. */
export interface OfOrder {
  order: Order
  lines: OrderLine[]
  siblings: Fulfilment[]
}

/** Units that left the order leave its fulfilments too, from the last one on. */
export async function dropCancelled(
  tx: Tx,
  merchantId: string,
  { order, lines, siblings }: OfOrder,
  at: Date,
): Promise<FulfilmentEvent[]> {
  const open: Fulfilment[] = []
  for (const { id, state } of siblings) {
    if (ENDS.has(state)) continue
    const f = await lockFulfilment(tx, merchantId, id)
    if (f && !ENDS.has(f.state)) open.push(f)
  }
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
    const stock = stockOf(
      own.filter(({ fulfilment_id }) => fulfilment_id === f.id),
      units,
      f.store_id,
    )
    if (f.reservation_ref !== null && stock.length > 0)
      await releaseUnits(tx, merchantId, { ref: f.reservation_ref, lines: stock })
    await countLines(tx, merchantId, f.id, 'dropped', units)
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
