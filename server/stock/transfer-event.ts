// Transfers as the API and the event log show them.

import type { Tx } from '../db/pool.ts'
import { appendEvents } from '../notify/index.ts'
import type { StockDeps } from './deps.ts'
import type { TransferRow } from './transfer-store.ts'

/** Appends an event about each. */
export async function announce(
  deps: Pick<StockDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  rows: readonly TransferRow[],
  type: string,
  at: Date,
): Promise<void> {
  const events = rows.map((row) => {
    const about = { object_type: 'transfer', object_id: row.id, object_version: row.version }
    return { id: deps.newId('evt'), type, ...about, data: transferView(row) }
  })
  if (events.length > 0) await appendEvents(tx, merchantId, at, events)
}

/** A transfer as the API and its events show it. */
export function transferView(row: TransferRow) {
  return {
    id: row.id,
    object: 'transfer' as const,
    from_store_id: row.from_store_id,
    to_store_id: row.to_store_id,
    state: row.state,
    reference: row.reference,
    lines: row.lines.map((line) => ({
      variant_id: line.variant_id,
      quantity: Number(line.quantity),
      received: Number(line.received),
      damaged: Number(line.damaged),
      lost: Number(line.lost),
      returned: Number(line.returned),
      extra: Number(line.extra),
      promised: Number(line.promised),
    })),
    version: row.version,
    created_at: row.created_at.toISOString(),
    shipped_at: row.shipped_at?.toISOString() ?? null,
    ended_at: row.ended_at?.toISOString() ?? null,
  }
}
