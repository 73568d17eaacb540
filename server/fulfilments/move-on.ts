// The moves of a fulfilment that move neither money nor stock: accepted, picked, ready, arrived, delivered.

import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { type Order, readOrder } from '../orders/index.ts'
import { type Command, moveOf, refused } from './begin.ts'
import { hashOfCode, pickupCode } from './code.ts'
import type { FulfilmentDeps } from './deps.ts'
import { tell } from './event.ts'
import type { Fulfilment, Verb } from './fulfilment.ts'
import { changeFulfilment, lockFulfilment, type Patch, readFulfilment, readLines } from './store.ts'

type Simple = Extract<Verb, 'accept' | 'pick' | 'ready' | 'arrive' | 'deliver' | 'lose' | 'return_to_sender'>

const DAY_MS = 24 * 60 * 60_000

/** Moves it on. Answers it, and with `ready` the pickup code, which is told this once. Throws not-found, version-conflict, invalid-state. */
export async function moveOn(
  deps: FulfilmentDeps,
  merchantId: string,
  verb: Simple,
  command: Command,
): Promise<{ fulfilment: Fulfilment; code: string | null }> {
  await deps.consumer.catchUp(merchantId)
  const merchant = await deps.merchantCache.get(merchantId)
  const seen = await readFulfilment(deps.db, merchantId, command.id)
  if (!seen) throw new Problem('not-found')
  const order = (await readOrder(deps.db, merchantId, seen.order_id)) as Order
  const isPickup = verb === 'ready' && seen.mode !== 'ship'
  const code_no = seen.code_no + 1
  const code = isPickup ? await pickupCode(deps.payments, merchantId, { id: seen.id, code_no }) : null
  const code_hash = code === null ? null : await hashOfCode(deps.payments, merchantId, seen.id, code)
  const fulfilment = await transact(deps.db, async (tx) => {
    const f = (await lockFulfilment(tx, merchantId, command.id)) as Fulfilment
    const move = moveOf(f, verb, command.ifVersion)
    if (f.transfer_id !== null) throw refused('Its goods are on their way from another store.')
    // Somebody made a code at the same moment; theirs counts.
    if (isPickup && f.code_no !== seen.code_no) throw new Problem('version-conflict')
    const at = deps.clock.now()
    const days = merchant?.stores.get(f.destination_store_id ?? '')?.pickupHoldDays ?? 0
    const isEnd = move.to === 'delivered' || move.to === 'lost' || move.to === 'returned_to_sender'
    const patch: Patch = {
      state: move.to,
      ...(isEnd ? { ended_at: at } : {}),
      ...(isPickup
        ? { code_no, code_hash, code_attempts: 0, expires_at: f.expires_at ?? new Date(at.getTime() + days * DAY_MS) }
        : {}),
    }
    const after = await changeFulfilment(tx, merchantId, f, move.from, patch, at)
    const lines = await readLines(tx, merchantId, f.id)
    const type = EVENTS[move.to]
    if (!type) throw new Error('a move without an event')
    await tell(tx, deps, merchantId, at, [{ type, fulfilment: after, lines, order, by: command.by }])
    return after
  })
  return { fulfilment, code }
}

const EVENTS: Partial<Record<Fulfilment['state'], `fulfilment.${string}`>> = {
  accepted: 'fulfilment.accepted',
  picking: 'fulfilment.picking',
  packed: 'fulfilment.packed',
  ready: 'fulfilment.ready',
  arrived: 'fulfilment.arrived',
  delivered: 'fulfilment.delivered',
  lost: 'fulfilment.lost',
  returned_to_sender: 'fulfilment.returned_to_sender',
}
