// What is told about invoices.

import type { Tx } from '../db/pool.ts'
import type { NewId } from '../lib/ids.ts'
import { amountOut } from '../lib/money.ts'
import { appendEvents, type NewEvent } from '../notify/index.ts'
import { amountDue, type Invoice } from './invoice.ts'

export type InvoiceEventType =
  | 'invoice.created'
  | 'invoice.issued'
  | 'invoice.credited'
  | 'invoice.paid'
  | 'invoice.sent'
  | 'invoice.reminded'
  | 'invoice.cancelled'

/** Appends events of invoices as they stand now, with the commit. The caller has raised each version. */
export async function tellInvoices(
  { newId }: { newId: NewId },
  tx: Tx,
  merchantId: string,
  at: Date,
  told: readonly { type: InvoiceEventType; invoice: Invoice; more?: Record<string, unknown> }[],
): Promise<void> {
  if (told.length === 0) return
  const events = told.map(
    ({ type, invoice, more }): NewEvent => ({
      id: newId('evt'),
      type,
      object_type: invoice.kind,
      object_id: invoice.id,
      object_version: invoice.version,
      data: {
        number: invoice.number,
        order_id: invoice.order_id,
        corrects_id: invoice.corrects_id,
        customer_id: invoice.customer_id,
        currency: invoice.currency,
        total: amountOut(invoice.total),
        amount_due: invoice.state === 'issued' && invoice.kind === 'invoice' ? amountOut(amountDue(invoice)) : 0,
        due_on: invoice.due_on,
        ...more,
      },
    }),
  )
  await appendEvents(tx, merchantId, at, events)
}
