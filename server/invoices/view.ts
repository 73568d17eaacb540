// What the API shows of an invoice or credit note.

import { formatUnitPrice } from '../catalog/index.ts'
import { dayIn } from '../lib/day.ts'
import { amountOut, toMajor } from '../lib/money.ts'
import { amountDue, amountToRefund, type Invoice, type InvoiceLine, statusOf, vatRows, vatWord } from './invoice.ts'
import { printedReference } from './reference.ts'

/** The day it is where the seller is. */
export function todayFor(timeZone: string | undefined, at: Date): string {
  return dayIn(timeZone ?? 'UTC', at)
}

/** What stands in a list: without the lines. */
export function invoiceSummary(invoice: Invoice, today: string) {
  const isBill = invoice.kind === 'invoice'
  const isOwed = isBill && invoice.state === 'issued'
  return {
    id: invoice.id,
    object: invoice.kind,
    status: statusOf(invoice, today),
    number: invoice.number,
    order_id: invoice.order_id,
    corrects_id: invoice.corrects_id,
    customer_id: invoice.customer_id,
    currency: invoice.currency,
    language: invoice.language,
    prices_include_tax: invoice.prices_include_tax,
    buyer: invoice.buyer,
    buyer_reference: invoice.buyer_reference,
    net: amountOut(invoice.net),
    tax: amountOut(invoice.tax),
    total: amountOut(invoice.total),
    amount_paid: amountOut(invoice.amount_paid),
    amount_credited: amountOut(invoice.amount_credited),
    amount_refunded: amountOut(invoice.amount_refunded),
    amount_due: isOwed ? amountOut(amountDue(invoice)) : 0,
    amount_to_refund: isOwed ? amountOut(amountToRefund(invoice)) : 0,
    /** What a payment names as its order_id. */
    pays_as: isBill ? invoice.pays_as : null,
    reference: invoice.reference,
    printed_reference:
      invoice.reference === null || invoice.reference_kind === null
        ? null
        : printedReference(invoice.reference_kind, invoice.reference),
    supplied_on: invoice.supplied_on,
    issued_on: invoice.issued_on,
    due_on: invoice.due_on,
    due_days: invoice.due_days,
    terms: invoice.terms,
    note: invoice.note,
    version: invoice.version,
    created_at: invoice.created_at.toISOString(),
    issued_at: invoice.issued_at?.toISOString() ?? null,
    sent_at: invoice.sent_at?.toISOString() ?? null,
    paid_at: invoice.paid_at?.toISOString() ?? null,
  }
}

/** The whole document. */
export function invoiceView(invoice: Invoice, lines: readonly InvoiceLine[], today: string) {
  return {
    ...invoiceSummary(invoice, today),
    seller: invoice.seller,
    lines: lines.map((line) => ({
      no: line.no,
      order_line_id: line.order_line_id,
      corrects_no: line.corrects_no,
      name: line.name,
      detail: line.detail,
      sku: line.sku,
      quantity: quantityText(line.quantity_e3),
      unit: line.unit,
      unit_price: formatUnitPrice(line.unit_price_e4, invoice.currency),
      vat_category: vatWord(line.vat_category),
      vat_rate_bp: line.vat_rate_bp,
      vat_reason: line.vat_reason,
      discount: amountOut(line.discount),
      net: amountOut(line.net),
      tax: amountOut(line.tax),
      total: amountOut(line.total),
    })),
    vat: vatRows(lines).map((row) => ({
      vat_category: vatWord(row.vat_category),
      vat_rate_bp: row.vat_rate_bp,
      vat_reason: row.vat_reason,
      net: amountOut(row.net),
      tax: amountOut(row.tax),
      total: amountOut(row.total),
    })),
  }
}
export type InvoiceView = ReturnType<typeof invoiceView>

/** `1.5`, `2`: without zeros at the end. */
export function quantityText(quantity_e3: bigint): string {
  return toMajor(quantity_e3, 3).replace(/\.?0+$/, '')
}
