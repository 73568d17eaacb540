// How exchanges are shown, and their events.

import type { Tx } from '../db/pool.ts'
import { appendEvents } from '../notify/index.ts'
import type { ReturnDeps } from './deps.ts'
import type { ExchangeRow } from './exchange-store.ts'

/** An exchange as the API and its events show it. */
export function exchangeView(row: ExchangeRow) {
  return {
    id: row.id,
    object: 'exchange' as const,
    return_id: row.return_id,
    order_id: row.order_id,
    state: row.state,
    currency: row.currency,
    amount_returned: Number(row.amount_returned),
    amount_credited: Number(row.amount_credited),
    amount_due: Number(row.amount_due),
    amount_back: Number(row.amount_returned - row.amount_credited),
    payment_id: row.payment_id,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

/** Appends the event of a change. Takes the merchant's counter lock: call it last. */
export async function announceExchange(
  deps: Pick<ReturnDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  row: ExchangeRow,
  type: 'exchange.created' | 'exchange.changed' | 'exchange.completed',
): Promise<void> {
  const about = { object_type: 'exchange', object_id: row.id, object_version: row.version }
  await appendEvents(tx, merchantId, row.updated_at, [
    { id: deps.newId('evt'), type, ...about, data: exchangeView(row) },
  ])
}
