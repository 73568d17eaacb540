// Events of orders: what happened, who did it, and what was before and after. They are the order's history too: the log is
// written in the transaction of the change, in order and for ever, so a second record could only ever disagree with it.

import type { Tx } from '../db/pool.ts'
import type { NewId } from '../lib/ids.ts'
import { jsonOf } from '../lib/json.ts'

export interface OrderEvent {
  order_id: string
  type: `order.${string}`
  /** The key that asked for it; null for what the program does by itself. */
  by: string | null
  /** What else there is to say: `before` and `after` of a change, lines, a reason. */
  more?: Record<string, unknown>
}

/** Appends events of orders as they stand now, each a version of its own. Locks the orders, and takes the merchant's counter lock: call it last. */
export async function appendOrderEvents(
  tx: Tx,
  deps: { newId: NewId },
  merchantId: string,
  at: Date,
  events: OrderEvent[],
): Promise<void> {
  if (events.length === 0) return
  const rows = events.map(({ order_id, type, by, more }, no) => ({
    no,
    order_id,
    type,
    event_id: deps.newId('evt'),
    more: { by, ...more },
  }))
  await tx.query('select event_append_rows($2, order_events($1, $3))', [merchantId, at, jsonOf(rows)])
}
