// Promises of stores that can get only so many orders ready in an hour.

import type { Tx } from '../db/pool.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import type { FulfilmentEvent } from './event.ts'
import { promises } from './schedule.ts'
import { promiseInTurn, type ToPromise } from './store.ts'

/**
 * Where a store can get only so many orders ready in an hour, what is new there is promised for the first hour with room. Once in a
 * transaction, after the locks of levels.
 */
export async function promiseWithRoom(
  tx: Tx,
  merchantId: string,
  merchant: MerchantConfig,
  events: readonly FulfilmentEvent[],
  at: Date,
): Promise<void> {
  const rows = events.flatMap(({ type, fulfilment: f }): ToPromise[] => {
    const store = merchant.stores.get(f.destination_store_id ?? '')
    const isNew = type === 'fulfilment.created' || type === 'fulfilment.goods_arrived'
    if (!isNew || !store || store.pickupCapacity === null || f.promised_at === null) return []
    const { id, order_id } = f
    return [{ id, order_id, store_id: store.id, capacity: store.pickupCapacity, times: promises(store, at) }]
  })
  if (rows.length === 0) return
  const promised = await promiseInTurn(tx, merchantId, rows)
  for (const { fulfilment: f } of events) if (promised.has(f.id)) f.promised_at = promised.get(f.id) ?? null
}
