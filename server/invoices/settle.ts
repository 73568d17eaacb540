// Invoices follow their payments: the consumer of `payment.` events. An invoice is brought to what its payments come to now, not to
// what each event said, so that no order of arrival matters.

import type { Queryable, Tx } from '../db/pool.ts'
import { isId } from '../lib/ids.ts'
import { type Consumer, type ConsumerDeps, createConsumer, type EventRow } from '../notify/index.ts'
import { type OrderBook, type OrderDue, paymentsOfOrder } from '../payments/index.ts'
import type { InvoiceDeps } from './deps.ts'
import { tellInvoices } from './event.ts'
import { amountDue, type Invoice } from './invoice.ts'
import { invoicesPaidAs, lockInvoice, readInvoice, readInvoices, writeState } from './store.ts'

/**
 * Reads `payment.` events; `invoice.issued`, by which an invoice of an order learns that it was paid already, and one before it that the
 * money is no longer its own; and `invoice.credited`, which may leave nothing to pay.
 */
export function createInvoicesConsumer(deps: Pick<InvoiceDeps, 'newId' | 'clock'> & ConsumerDeps): Consumer {
  return createConsumer(deps, {
    name: 'invoices',
    families: ['payment.', 'invoice.issued', 'invoice.credited'],
    handle: (tx, merchantId, events) => settleInvoices(deps, tx, merchantId, events),
  })
}

async function settleInvoices(
  deps: Pick<InvoiceDeps, 'newId' | 'clock'>,
  tx: Tx,
  merchantId: string,
  events: readonly EventRow[],
): Promise<void> {
  const paid = events.map(({ data }) => (data as { order_id?: unknown } | null)?.order_id)
  const names = new Set(
    paid.filter((id): id is string => typeof id === 'string' && (isId('ord', id) || isId('inv', id))),
  )
  for (const { type, object_id } of events) if (type.startsWith('invoice.')) names.add(object_id)
  if (names.size === 0) return
  const told: { type: 'invoice.paid'; invoice: Invoice }[] = []
  const at = deps.clock.now()
  for (const { id, is_replaced } of await invoicesPaidAs(tx, merchantId, [...names].sort())) {
    await lockInvoice(tx, merchantId, id)
    const invoice = (await readInvoice(tx, merchantId, id)) as Invoice
    const figures = is_replaced ? NOTHING : await figuresOf(tx, merchantId, invoice)
    const isPaid = !figures.is_open && figures.amount_paid > 0n && invoice.amount_credited < invoice.total
    const isPaidNow = isPaid && invoice.paid_at === null
    if (isSame(invoice, figures) && !isPaidNow) continue
    await writeState(tx, merchantId, id, { ...figures, ...(isPaidNow ? { paid_at: at } : {}), is_told: isPaidNow })
    if (isPaidNow) told.push({ type: 'invoice.paid', invoice: (await readInvoice(tx, merchantId, id)) as Invoice })
  }
  await tellInvoices(deps, tx, merchantId, at, told)
}

/** Of an invoice that was credited in full and made anew: what is paid for the order is paid on the new one, and counts once. */
const NOTHING = { amount_paid: 0n, amount_refunded: 0n, amount_in_flight: 0n, is_open: false }

function isSame(invoice: Invoice, figures: Awaited<ReturnType<typeof figuresOf>>): boolean {
  return (['amount_paid', 'amount_refunded', 'amount_in_flight'] as const).every(
    (name) => invoice[name] === figures[name],
  )
}

/** What the payments of an invoice come to, as invoice_state keeps it; and whether something is still owed. */
export async function figuresOf(
  db: Queryable,
  merchantId: string,
  invoice: Pick<Invoice, 'pays_as' | 'currency' | 'total' | 'amount_credited' | 'amount_refunded'>,
) {
  let amount_paid = 0n
  let amount_refunded = 0n
  let amount_in_flight = 0n
  for (const payment of await paymentsOfOrder(db, merchantId, invoice.pays_as)) {
    // Another currency pays nothing of this one; orders make a task of it.
    if (payment.currency !== invoice.currency) continue
    if (payment.direction === 'credit') {
      if (payment.status === 'captured') amount_refunded += payment.amount
      continue
    }
    amount_paid += payment.amount_captured
    amount_refunded += payment.amount_refunded
    amount_in_flight += payment.amount_in_flight + payment.amount_capturable
  }
  return {
    amount_paid,
    amount_refunded,
    amount_in_flight,
    is_open: amountDue({ ...invoice, amount_paid, amount_refunded }) > 0n,
  }
}

/** What payments ask about an invoice before a charge is begun; see OrderBook. */
function createInvoiceBook({ db }: Pick<InvoiceDeps, 'db'>): OrderBook {
  return {
    async due(merchantId, id): Promise<OrderDue | null> {
      const [invoice] = await readInvoices(db, merchantId, [id])
      // One that bills an order is paid as the order.
      if (invoice?.kind !== 'invoice' || invoice.pays_as !== id) return null
      return {
        currency: invoice.currency,
        limit: invoice.total - invoice.amount_credited,
        isConfirmed: true,
        revision: invoice.version,
        isPayable: invoice.state === 'issued' && invoice.amount_credited < invoice.total,
        customerId: invoice.customer_id,
      }
    },
    // Gift cards are sold in orders.
    keeps: async () => 0n,
  }
}

/** The book of orders, and of invoices that are paid as orders. */
export function withInvoices(orders: OrderBook, deps: Pick<InvoiceDeps, 'db'>): OrderBook {
  const invoices = createInvoiceBook(deps)
  const bookOf = (id: string) => (isId('inv', id) ? invoices : orders)
  return {
    due: (merchantId, id) => bookOf(id).due(merchantId, id),
    keeps: (merchantId, id) => bookOf(id).keeps(merchantId, id),
  }
}
