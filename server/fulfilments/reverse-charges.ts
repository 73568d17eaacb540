// A provider takes a charge back after the goods have left. What the payments took is the truth: the fulfilment stops claiming that
// it was charged, so that its share is owed again; orders give a person the task.

import type { Tx } from '../db/pool.ts'
import type { Order } from '../orders/index.ts'
import { wasReversed } from './charge-key.ts'
import type { FulfilmentEvent } from './event.ts'
import { FULFILMENT_STATES, type Fulfilment } from './fulfilment.ts'
import { changeFulfilment, readLines } from './store.ts'

/** What a fulfilment says of a charge that was taken back. */
export const REVERSED = { code: 'reversed', message: 'The charge went through and was taken back later.' }

/**
 * Marks those of which the charge was taken back. The caller holds the locks of the orders and of the fulfilments. Answers what tells
 * of it.
 */
export async function reverseCharges(
  tx: Tx,
  merchantId: string,
  what: { orders: readonly Order[]; fulfilments: readonly Fulfilment[] },
  at: Date,
): Promise<FulfilmentEvent[]> {
  const events: FulfilmentEvent[] = []
  for (const f of what.fulfilments) {
    const order = what.orders.find(({ id }) => id === f.order_id)
    if (!order || f.charge_state !== 'charged' || !(await wasReversed(tx, merchantId, f))) continue
    const patch = { charge_state: 'reversed' as const, charge_decline: REVERSED }
    const fulfilment = await changeFulfilment(tx, merchantId, f, FULFILMENT_STATES, patch, at)
    const lines = await readLines(tx, merchantId, f.id)
    events.push({ type: 'fulfilment.charge_reversed', fulfilment, lines, order, by: null })
  }
  return events
}
