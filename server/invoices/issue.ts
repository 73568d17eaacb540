// Issuing: a draft takes the next number and stands from then on. Number and invoice are one transaction, and the counter's row is
// locked until its commit: whoever rolls back or dies leaves no gap, and nobody else could have taken a later number meanwhile.

import type { Tx } from '../db/pool.ts'
import { containsCardNumber } from '../lib/card-scan.ts'
import { dayIn } from '../lib/day.ts'
import { type FieldProblem, Problem } from '../lib/problem.ts'
import { lockOrder } from '../orders/index.ts'
import type { InvoiceDeps } from './deps.ts'
import { mustBeDraft } from './draft.ts'
import { tellInvoices } from './event.ts'
import { addDays, type Buyer, type Invoice, type InvoiceLine, type Seller } from './invoice.ts'
import { FIRST_BASE, type ReferenceKind, referenceOf } from './reference.ts'
import { type InvoiceSettings, referenceKindFor } from './settings.ts'
import { lockSettings } from './settings-store.ts'
import { figuresOf } from './settle.ts'
import { readInvoice, readLines, takeNumber, writeIssue, writeState } from './store.ts'

/** Digits of a number within its year; more are written when they are needed. */
const DIGITS = 5
/** Series of the numbers in payment references. No prefix can be `#`. */
const REFERENCES = { series: '#', year: 0, first: FIRST_BASE }
/** One reference in some hundred looks like a card number; so many in a row never do. */
const MOST_TRIES = 50

/**
 * Issues a draft. Throws not-found, invalid-state, invoice-incomplete (what an invoice must show is missing), order-changed (the
 * order is no longer what the draft says), order-not-payable. Appends an event.
 */
export async function issueDraft(deps: InvoiceDeps, tx: Tx, merchantId: string, id: string): Promise<Invoice> {
  await holdOrder(tx, merchantId, id)
  const draft = await mustBeDraft(tx, merchantId, id)
  const lines = (await readLines(tx, merchantId, [id])).get(id) ?? []
  const settings = await mustHaveSettings(tx, merchantId)
  mustBeComplete(settings.seller, draft, lines)
  const issued_at = await giveNumber(deps, tx, merchantId, draft, { settings, series: settings.invoice_prefix })
  const figures = await figuresOf(tx, merchantId, draft)
  await writeState(tx, merchantId, id, { ...figures, is_told: true })
  const invoice = (await readInvoice(tx, merchantId, id)) as Invoice
  await tellInvoices(deps, tx, merchantId, issued_at, [{ type: 'invoice.issued', invoice }])
  return invoice
}

/** The order stays as it is until the invoice stands. Orders are locked before invoices. */
async function holdOrder(tx: Tx, merchantId: string, id: string): Promise<void> {
  const draft = await readInvoice(tx, merchantId, id)
  if (draft?.state !== 'draft' || draft.order_id === null) return
  const order = await lockOrder(tx, merchantId, draft.order_id)
  if (!order || order.state === 'cancelled') throw new Problem('order-not-payable')
  if (order.revision !== draft.order_revision)
    throw new Problem('order-changed', {
      detail: 'The order has changed since the draft. Cancel it and make a new one.',
    })
}

/**
 * Gives a document its number, day and reference, for good. The settings are locked, so that days and numbers go up together.
 * Returns when it was issued.
 */
export async function giveNumber(
  deps: Pick<InvoiceDeps, 'clock'>,
  tx: Tx,
  merchantId: string,
  draft: Invoice,
  by: { settings: InvoiceSettings; series: string; seller?: Seller },
): Promise<Date> {
  const { settings, series } = by
  const issued_at = deps.clock.now()
  const issued_on = dayIn(settings.time_zone, issued_at)
  const year = Number(issued_on.slice(0, 4))
  const isInvoice = draft.kind === 'invoice'
  const reference = isInvoice ? await takeReference(tx, merchantId, referenceKindFor(settings, draft.currency)) : NONE
  const seq = await takeNumber(tx, merchantId, { series, year })
  await writeIssue(tx, merchantId, {
    ...{ id: draft.id, series, year, seq, issued_on, issued_at, ...reference },
    number: `${series}${year}-${seq.toString().padStart(DIGITS, '0')}`,
    seller: by.seller ?? settings.seller,
    terms: draft.terms ?? (isInvoice ? (settings.terms ?? null) : null),
    supplied_on: draft.supplied_on ?? issued_on,
    due_on: isInvoice ? addDays(issued_on, draft.due_days) : issued_on,
  })
  return issued_at
}

const NONE = { reference_base: null, reference_kind: null, reference: null }

/** A base of its own. One whose sixteen digits would be taken for a card number is passed over: nobody could send it to us. */
async function takeReference(tx: Tx, merchantId: string, reference_kind: ReferenceKind) {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const reference_base = await takeNumber(tx, merchantId, REFERENCES)
    if (containsCardNumber(referenceOf('nl', reference_base))) continue
    return { reference_base, reference_kind, reference: referenceOf(reference_kind, reference_base) }
  }
  throw new Error('every reference looks like a card number')
}

/** Throws invoice-incomplete where the merchant has said nothing of itself. */
export async function mustHaveSettings(tx: Tx, merchantId: string): Promise<InvoiceSettings> {
  const settings = await lockSettings(tx, merchantId)
  if (settings) return settings
  throw new Problem('invoice-incomplete', { detail: 'Say who sells, with PUT /v1/invoice_settings.' })
}

/** What directive 2006/112, art. 226, wants to stand on an invoice with this VAT. */
function mustBeComplete(seller: Seller, { buyer }: { buyer: Buyer }, lines: readonly InvoiceLine[]): void {
  const errors: FieldProblem[] = []
  const categories = new Set(lines.map(({ vat_category }) => vat_category))
  const bearsVat = !(categories.size === 1 && categories.has('O'))
  if (bearsVat && !seller.vat_id)
    errors.push({ pointer: '/seller/vat_id', detail: 'The seller’s VAT number is missing in the invoice settings.' })
  if ((categories.has('AE') || categories.has('K')) && !buyer.vat_id)
    errors.push({ pointer: '/buyer/vat_id', detail: 'The buyer’s VAT number is missing: they account for the VAT.' })
  if (errors.length > 0) throw new Problem('invoice-incomplete', { errors })
}
