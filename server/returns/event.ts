// Events of returns: the view after the change, with who did it.

import type { Tx } from '../db/pool.ts'
import { appendEvents } from '../notify/index.ts'
import type { ReturnDeps } from './deps.ts'
import { type RefundRow, type ReturnRow, returnView } from './return.ts'

/** Appends the event of a change. Takes the merchant's counter lock: call it last. */
export async function announce(
  deps: Pick<ReturnDeps, 'newId'>,
  tx: Tx,
  change: {
    merchantId: string
    row: ReturnRow
    refunds: readonly RefundRow[]
    type: `return.${string}`
    by: string | null
  },
): Promise<void> {
  const { merchantId, row, refunds, type, by } = change
  await appendEvents(tx, merchantId, row.updated_at, [
    {
      id: deps.newId('evt'),
      type,
      object_type: 'return',
      object_id: row.id,
      object_version: row.version,
      data: { ...returnView(row, refunds), by },
    },
  ])
}
