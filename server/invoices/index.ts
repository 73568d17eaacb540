// The public face of invoices.

export type { InvoiceDeps } from './deps.ts'
export { documentRoutes } from './document-routes.ts'
export type { Invoice, InvoiceStatus } from './invoice.ts'
export { type FoundReference, matchReference, type ReferenceKind, referenceOf } from './reference.ts'
export { routes } from './routes.ts'
export { invoiceAttachments } from './send.ts'
export { createInvoiceBook, createInvoicesConsumer } from './settle.ts'
