// A charge on collection: the card is kept for this one order when it is placed, and nothing is charged before the goods are
// handed over. Placing and keeping are two steps; a crash between leaves a placed order without a card, which a repeat of the
// request completes and time gives up.

import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { settleUses } from '../promotions/index.ts'
import { revokeOrderInstrument, saveInstrument } from '../vault/index.ts'
import type { OrderDeps } from './deps.ts'
import { appendOrderEvents } from './event.ts'
import { confirmWithCard, lockOrder, readOrder } from './store.ts'

/**
 * Keeps the token's card as the order's instrument and confirms the order; does nothing for an order that waits for no card.
 * Repeated with the same token it comes to the same instrument. Throws token-used, reference-not-found: the order then waits
 * for another token until it expires.
 */
export async function keepCard(
  deps: OrderDeps,
  merchantId: string,
  orderId: string,
  token: string | undefined,
): Promise<void> {
  const order = await readOrder(deps.db, merchantId, orderId)
  if (order?.state !== 'placed' || order.token_id === null) return
  const saved = await saveInstrument(deps, merchantId, { token_id: token ?? order.token_id, order_id: orderId })
  if (saved.outcome === 'token_used') throw new Problem('token-used')
  if (saved.outcome !== 'saved') {
    throw new Problem('reference-not-found', { errors: [{ pointer: '/token', detail: 'names nothing of yours' }] })
  }
  const at = deps.clock.now()
  await transact(deps.db, async (tx) => {
    const current = await lockOrder(tx, merchantId, orderId)
    if (current?.state !== 'placed') {
      // Expired, cancelled, or confirmed meanwhile: by a repeat with this very card, or by another device with another one. No
      // card is kept that the order has no use for.
      const { id } = saved.instrument
      if (current?.instrument_id !== id)
        await revokeOrderInstrument({ db: tx, clock: deps.clock }, merchantId, { id, orderId })
      return
    }
    await confirmWithCard(tx, merchantId, orderId, { instrumentId: saved.instrument.id, at })
    await settleUses(tx, merchantId, [orderId], 'used', at)
    const more = { before: { state: 'placed' }, after: { state: 'confirmed' }, instrument_id: saved.instrument.id }
    await appendOrderEvents(tx, deps, merchantId, at, [{ order_id: orderId, type: 'order.confirmed', by: null, more }])
  })
}
