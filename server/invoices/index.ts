// The public face of invoices.

import type { App } from '../http/app.ts'
import type { InvoiceDeps } from './deps.ts'
import { documentRoutes } from './document-routes.ts'
import { routes as invoiceRoutes } from './routes.ts'

export type { InvoiceDeps } from './deps.ts'
export { createInvoiceWorker } from './dunning.ts'
export type { Invoice, InvoiceStatus } from './invoice.ts'
export { type FoundReference, matchReference, type ReferenceKind, referenceOf } from './reference.ts'
export { invoiceAttachments, invoiceOfOrder, pdfOf } from './send.ts'
export { createInvoicesConsumer, withInvoices } from './settle.ts'
export { listInvoices, readInvoice, readLines } from './store.ts'
export { invoiceView, todayFor } from './view.ts'

/** Registers every route of invoices. */
export function routes(app: App, deps: InvoiceDeps): void {
  invoiceRoutes(app, deps)
  documentRoutes(app, deps)
}
