// What is told of a sale, in the transaction of what it tells of: to the event log, and to the journal of its register.

import type { Tx } from '../db/pool.ts'
import { appendEvents } from '../notify/index.ts'
import type { OfflineDeps } from './deps.ts'
import type { SaleRow, SaleStatus } from './sale-store.ts'

export interface News {
  /** A person, a key, or the till that sent it. */
  by: string
  at: Date
  /** Of a document that is signed rightly; what is not is nobody's word, and told to no journal. */
  hash: string | null
}

const TYPES: Readonly<Record<SaleStatus, string>> = {
  accepted: 'offline_sale.accepted',
  quarantined: 'offline_sale.quarantined',
  rejected: 'offline_sale.rejected',
}

/** Tells that a document was accepted, set apart or rejected, in a fixed order of locks: the journal's end, the event counter. */
export async function tellSale(
  deps: Pick<OfflineDeps, 'newId' | 'journal' | 'merchantCache'>,
  tx: Tx,
  merchantId: string,
  sale: SaleRow,
  { by, at, hash }: News,
): Promise<void> {
  const registers = (await deps.merchantCache.get(merchantId))?.registers
  if (hash !== null && sale.register_id !== null && registers?.has(sale.register_id)) {
    const { status, reason, order_id, key_id, sequence, sold_at, currency, total } = sale
    await deps.journal.append(tx, merchantId, {
      ...{ registerId: sale.register_id, kind: 'offline_sale', subjectId: sale.id, at },
      body: {
        ...{ status, reason, hash, key_id, sequence: Number(sequence), sold_at: sold_at?.toISOString() ?? null },
        ...{ currency, total: Number(total), order_id, by },
      },
    })
  }
  await tellEvent(deps, tx, merchantId, sale, { type: TYPES[sale.status], by, at })
}

/** Tells the event log alone. Last in its transaction. */
export async function tellEvent(
  deps: Pick<OfflineDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  sale: SaleRow,
  { type, by, at, more = {} }: { type: string; by: string; at: Date; more?: Record<string, unknown> },
): Promise<void> {
  const { id, status, register_id, sequence, order_id, payment_id, reason, total, currency, version } = sale
  const data = {
    ...{ status, register_id, sequence: sequence === null ? null : Number(sequence), order_id, payment_id, reason },
    ...{ total: total === null ? null : Number(total), currency, by, ...more },
  }
  const event = { type, object_type: 'offline_sale', object_id: id, object_version: version, data }
  await appendEvents(tx, merchantId, at, [{ id: deps.newId('evt'), ...event }])
}
