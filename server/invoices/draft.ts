// Drafts: an invoice before it has a number. It may be thrown away; what is issued may not.

import { hasCustomer } from '../customers/index.ts'
import type { Tx } from '../db/pool.ts'
import { oneLine } from '../lib/inert-text.ts'
import type { Language } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import { type Order, readOrder, readOrderLines } from '../orders/index.ts'
import type { InvoiceDeps } from './deps.ts'
import { addressFault } from './electronic-address.ts'
import { tellInvoices } from './event.ts'
import type { Buyer, Invoice, InvoiceLine } from './invoice.ts'
import { type LineInput, linesFrom, linesOfOrder, sumOf } from './lines.ts'
import { cleaned, compactVatId, languageFor } from './settings.ts'
import { readSettings } from './settings-store.ts'
import { insertDraft, lockInvoice, readInvoice, writeCancel } from './store.ts'
import { TEXTS } from './texts.ts'

export interface DraftInput {
  order_id?: string
  currency?: string
  prices_include_tax?: boolean
  lines?: LineInput[]
  buyer?: Buyer
  customer_id?: string
  language?: Language
  buyer_reference?: string
  note?: string
  terms?: string
  due_days?: number
  supplied_on?: string
}

/**
 * Makes a draft of an order, or of lines that are given. Throws validation-error, reference-not-found, order-not-payable (a
 * cancelled order, or one that costs nothing), reference-taken (the order has an invoice), amount-invalid, amount-out-of-range.
 */
export async function createDraft(
  deps: InvoiceDeps,
  tx: Tx,
  merchantId: string,
  input: DraftInput,
  id: string,
): Promise<Invoice> {
  const settings = (await readSettings(tx, merchantId))?.settings ?? null
  const { order, ...basket } = await basketOf(tx, merchantId, input)
  const buyer = buyerOf(input, order)
  const language = languageFor(input.language, settings, buyer.address.country)
  const lines = await linesOf(tx, merchantId, input, { order, ...basket }, language)
  const sum = sumOf(lines)
  if (sum.total === 0n) throw new Problem('amount-invalid', { detail: 'There is nothing to bill.' })
  const at = deps.clock.now()
  const draft = {
    ...{ id, kind: 'invoice' as const, ...basket, language, buyer, ...sum, created_at: at },
    order_id: order?.id ?? null,
    order_revision: order?.revision ?? null,
    corrects_id: null,
    customer_id: order?.customer_id ?? input.customer_id ?? null,
    buyer_reference: oneLineOrNull(input.buyer_reference, 120),
    note: oneLineOrNull(input.note, 500),
    terms: oneLineOrNull(input.terms, 500),
    due_days: input.due_days ?? settings?.due_days ?? 30,
    supplied_on: input.supplied_on ?? null,
    pays_as: order?.id ?? id,
  }
  if (!(await insertDraft(tx, merchantId, draft, lines)))
    throw new Problem('reference-taken', { detail: 'The order has an invoice. Cancel the draft or credit it first.' })
  const invoice = (await readInvoice(tx, merchantId, id)) as Invoice
  await tellInvoices(deps, tx, merchantId, at, [{ type: 'invoice.created', invoice }])
  return invoice
}

/** Throws a draft away. Throws not-found, invalid-state. */
export async function cancelDraft(deps: InvoiceDeps, tx: Tx, merchantId: string, id: string): Promise<Invoice> {
  await mustBeDraft(tx, merchantId, id)
  await writeCancel(tx, merchantId, id)
  const invoice = (await readInvoice(tx, merchantId, id)) as Invoice
  await tellInvoices(deps, tx, merchantId, deps.clock.now(), [{ type: 'invoice.cancelled', invoice }])
  return invoice
}

/** Locks an invoice and reads it. Throws not-found, and invalid-state unless it is a draft. */
export async function mustBeDraft(tx: Tx, merchantId: string, id: string): Promise<Invoice> {
  if (!(await lockInvoice(tx, merchantId, id))) throw new Problem('not-found')
  const invoice = (await readInvoice(tx, merchantId, id)) as Invoice
  if (invoice.state === 'draft') return invoice
  throw new Problem('invalid-state', { detail: `The invoice is ${invoice.state}; only a draft can be changed.` })
}

interface Basket {
  currency: string
  prices_include_tax: boolean
}

async function basketOf(tx: Tx, merchantId: string, input: DraftInput): Promise<Basket & { order: Order | null }> {
  if (input.order_id === undefined) {
    if (input.lines === undefined || input.currency === undefined)
      throw invalid('/lines', 'Give an order_id, or lines and their currency.')
    if (input.buyer === undefined) throw invalid('/buyer', 'Say who is billed.')
    if (input.customer_id !== undefined && !(await hasCustomer(tx, merchantId, input.customer_id)))
      throw new Problem('reference-not-found', { errors: [{ pointer: '/customer_id', detail: 'names no customer' }] })
    return { order: null, currency: input.currency, prices_include_tax: input.prices_include_tax ?? false }
  }
  const given = (['lines', 'currency', 'prices_include_tax', 'customer_id'] as const).find(
    (name) => input[name] !== undefined,
  )
  if (given !== undefined) throw invalid(`/${given}`, 'comes from the order')
  const order = await readOrder(tx, merchantId, input.order_id)
  if (!order) throw new Problem('reference-not-found', { errors: [{ pointer: '/order_id', detail: 'names no order' }] })
  if (order.state === 'cancelled') throw new Problem('order-not-payable')
  return { order, currency: order.currency, prices_include_tax: order.prices_include_tax }
}

async function linesOf(
  tx: Tx,
  merchantId: string,
  input: DraftInput,
  basket: Basket & { order: Order | null },
  language: Language,
): Promise<InvoiceLine[]> {
  if (basket.order === null) return linesFrom(input.lines ?? [], basket)
  return linesOfOrder(basket.order, await readOrderLines(tx, merchantId, basket.order.id), TEXTS[language].reasons)
}

/** Who is billed: as given, else by the order's address. */
function buyerOf(input: DraftInput, order: Order | null): Buyer {
  if (input.buyer !== undefined) {
    const buyer = cleaned(input.buyer)
    if (buyer.name === '') throw invalid('/buyer/name', 'shows nothing')
    if (buyer.vat_id !== undefined) buyer.vat_id = compactVatId(buyer.vat_id)
    const fault = buyer.peppol === undefined ? null : addressFault(buyer.peppol)
    if (fault !== null) throw invalid('/buyer/peppol', fault)
    return buyer
  }
  const address = order?.billing_address ?? order?.shipping_address ?? null
  if (!order || !address?.name) throw invalid('/buyer', 'The order has no address with a name. Say who is billed.')
  const { name, phone: _, ...place } = address
  return cleaned({ name, address: place, ...(order.email === null ? {} : { email: order.email }) })
}

function oneLineOrNull(text: string | undefined, maxLength: number): string | null {
  return text === undefined ? null : oneLine(text, maxLength) || null
}

function invalid(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer, detail }] })
}
