// Reminders of invoices that are not paid: on the days the merchant chose, each once, by mail. Only what was sent is reminded of, and
// whatever is paid, credited or on its way is left alone, and whoever's order was cancelled.

import { type Tx, transact } from '../db/pool.ts'
import { createWorker, type Worker } from '../jobs/index.ts'
import type { Clock } from '../lib/clock.ts'
import { readOrder } from '../orders/index.ts'
import type { InvoiceDeps } from './deps.ts'
import { tellInvoices } from './event.ts'
import { amountDue, type Invoice } from './invoice.ts'
import { queueReminder, type ReminderKind } from './send.ts'
import { invoicesToRemind, lockInvoice, noteReminders, readInvoice, type ToRemind, writeState } from './store.ts'

const BATCH = 100
/** A day has begun for some minutes before its reminders go out. */
const EVERY_MS = 10 * 60_000

/** Sends the reminders whose day has come; answers how many invoices it looked at. */
export async function remindDueInvoices(deps: InvoiceDeps): Promise<number> {
  const due = await invoicesToRemind(deps.db, deps.clock.now(), BATCH)
  for (const merchantId of new Set(due.map(({ merchant_id }) => merchant_id))) await deps.consumer.catchUp(merchantId)
  for (const one of due) await remind(deps, one)
  return due.length
}

/** One invoice. Of several days that have passed while nothing ran the last is sent, and the others are passed over. */
async function remind(deps: InvoiceDeps, { merchant_id, invoice_id, days, last_day }: ToRemind): Promise<void> {
  const at = deps.clock.now()
  await transact(deps.db, async (tx) => {
    if (!(await lockInvoice(tx, merchant_id, invoice_id))) return
    const invoice = (await readInvoice(tx, merchant_id, invoice_id)) as Invoice
    // Paid meanwhile; or the money is on its way, and its outcome comes first.
    if (amountDue(invoice) <= 0n || invoice.amount_in_flight > 0n) return
    const day = Math.max(...days)
    const mailId = deps.newId('mal')
    const noted = await noteReminders(tx, merchant_id, { invoice_id, days, day, mailId, at })
    if (
      !noted.includes(day) ||
      (await wantsNothing(tx, merchant_id, invoice)) ||
      !(await queueReminder(deps, tx, merchant_id, invoice, { kind: kindOf(day, last_day), mailId, at }))
    )
      return
    await writeState(tx, merchant_id, invoice_id, { is_told: true })
    const told = (await readInvoice(tx, merchant_id, invoice_id)) as Invoice
    await tellInvoices(deps, tx, merchant_id, at, [{ type: 'invoice.reminded', invoice: told, more: { day } }])
  })
}

/** The order was cancelled: the merchant owes a credit note, the buyer nothing. */
async function wantsNothing(tx: Tx, merchantId: string, { order_id }: Invoice): Promise<boolean> {
  return order_id !== null && (await readOrder(tx, merchantId, order_id))?.state === 'cancelled'
}

function kindOf(day: number, lastDay: number): ReminderKind {
  if (day <= 0) return day < 0 ? 'soon' : 'today'
  return day === lastDay ? 'last' : 'late'
}

/** The module's background work. */
export function createInvoiceWorker(deps: InvoiceDeps & { clock: Clock }): Worker {
  return createWorker({
    name: 'reminders of invoices',
    ...{ clock: deps.clock, log: deps.log, everyMs: EVERY_MS },
    tick: () => remindDueInvoices(deps),
  })
}
