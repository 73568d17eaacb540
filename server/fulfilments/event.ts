// Events of fulfilments, which are their history too.

import type { Tx } from '../db/pool.ts'
import type { NewId } from '../lib/ids.ts'
import { jsonOf } from '../lib/json.ts'
import { appendEvents } from '../notify/index.ts'
import type { Order } from '../orders/index.ts'
import type { Fulfilment, FulfilmentLine } from './fulfilment.ts'
import { viewOf } from './view.ts'

export interface FulfilmentEvent {
  type: `fulfilment.${string}`
  fulfilment: Fulfilment
  lines: readonly FulfilmentLine[]
  order: Pick<Order, 'channel' | 'customer_id' | 'number' | 'email'>
  by: string | null
  more?: Record<string, unknown>
}

/** Appends events. Takes the merchant's counter lock: call it last. */
export async function tell(
  tx: Tx,
  deps: { newId: NewId },
  merchantId: string,
  at: Date,
  events: readonly FulfilmentEvent[],
): Promise<void> {
  if (events.length === 0) return
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
