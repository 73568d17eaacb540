// Events of fulfilments, which are their history too.

import type { Tx } from '../db/pool.ts'
import type { NewId } from '../lib/ids.ts'
import { jsonOf } from '../lib/json.ts'
import { appendEvents } from '../notify/index.ts'
import { closeTasks, type Order } from '../orders/index.ts'
import type { Fulfilment, FulfilmentLine } from './fulfilment.ts'
import { withRejected } from './store.ts'
import { viewOf } from './view.ts'

export interface FulfilmentEvent {
  type: `fulfilment.${string}`
  fulfilment: Fulfilment
  lines: readonly FulfilmentLine[]
  order: Pick<Order, 'channel' | 'customer_id' | 'number' | 'email'>
  by: string | null
  more?: Record<string, unknown>
}

/** Steps after which a rejected fulfilment is nobody's task any more. */
const GOT_OVER = new Set(['fulfilment.rerouted', 'fulfilment.cancelled', 'fulfilment.expired'])

/** Appends events, and closes the tasks that they make an end of. Takes the merchant's counter lock: call it last. */
export async function tell(
  tx: Tx,
  deps: { newId: NewId },
  merchantId: string,
  at: Date,
  events: readonly FulfilmentEvent[],
): Promise<void> {
  if (events.length === 0) return
  const over = new Set(events.filter(({ type }) => GOT_OVER.has(type)).map(({ fulfilment }) => fulfilment.order_id))
  for (const orderId of await withRejected(tx, merchantId, [...over])) over.delete(orderId)
  if (over.size > 0) await closeTasks(tx, merchantId, { orderIds: [...over], kind: 'goods_missing' }, at)
  const rows = events.map(({ type, fulfilment, lines, order, by, more }) => ({
    ...{ id: deps.newId('evt'), type, object_type: 'fulfilment', object_id: fulfilment.id },
    object_version: fulfilment.version,
    data: JSON.parse(
      jsonOf({
        ...viewOf(fulfilment, lines),
        ...{ channel: order.channel, customer_id: order.customer_id, order_number: String(order.number), by },
        ...more,
      }),
    ) as unknown,
  }))
  await appendEvents(tx, merchantId, at, rows)
}
