// Sending: the mail that brings a document to its buyer, with the PDF attached when it leaves. It is queued in one transaction with
// what the invoice keeps of it.

import type { Tx } from '../db/pool.ts'
import { amountText, dayText } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import { composeMail, isMailAddress, type MailText, type MakeAttachment, queueMail } from '../mail/index.ts'
import type { InvoiceDeps } from './deps.ts'
import { tellInvoices } from './event.ts'
import { amountDue, type Invoice } from './invoice.ts'
import { renderPdf } from './pdf.ts'
import { printedReference } from './reference.ts'
import { listInvoices, lockInvoice, readInvoice, readLines, writeState } from './store.ts'
import { fill, TEXTS } from './texts.ts'

export const PDF = 'invoice_pdf'

/**
 * Mails a document that was issued to its buyer, or to `to`. Throws not-found, invalid-state (a draft), validation-error (nobody to
 * send it to).
 */
export async function sendInvoice(
  deps: InvoiceDeps,
  tx: Tx,
  merchantId: string,
  of: { id: string; to?: string },
): Promise<Invoice> {
  if (!(await lockInvoice(tx, merchantId, of.id))) throw new Problem('not-found')
  const invoice = (await readInvoice(tx, merchantId, of.id)) as Invoice
  if (invoice.state !== 'issued') throw new Problem('invalid-state', { detail: 'Issue the invoice before it is sent.' })
  const to = of.to ?? invoice.buyer.email
  if (to === undefined || !isMailAddress(to))
    throw new Problem('validation-error', {
      errors: [{ pointer: '/to', detail: 'is needed: the buyer has no address' }],
    })
  const at = deps.clock.now()
  await queueMail(tx, merchantId, {
    ...{ id: deps.newId('mal'), at, kind: invoice.kind, language: invoice.language, to, objectId: invoice.id },
    ...senderOf(invoice),
    ...letterOf(invoice, await payUrlOf(deps, merchantId, invoice)),
    attachments: [{ kind: PDF, ref: invoice.id }],
  })
  await writeState(tx, merchantId, of.id, { sent_at: at, is_told: true })
  const sent = (await readInvoice(tx, merchantId, of.id)) as Invoice
  await tellInvoices(deps, tx, merchantId, at, [{ type: 'invoice.sent', invoice: sent }])
  return sent
}

/** How a reminder speaks: before the due day, on it, after it, and for the last time. */
export type ReminderKind = 'soon' | 'today' | 'late' | 'last'

/** Mails a reminder to the buyer, with the PDF. False where the buyer has no address. */
export async function queueReminder(
  deps: Pick<InvoiceDeps, 'payUrlOf'>,
  tx: Tx,
  merchantId: string,
  invoice: Invoice,
  { kind, mailId, at }: { kind: ReminderKind; mailId: string; at: Date },
): Promise<boolean> {
  const to = invoice.buyer.email
  if (to === undefined || !isMailAddress(to)) return false
  await queueMail(tx, merchantId, {
    ...{ id: mailId, at, kind: 'invoice_reminder', language: invoice.language, to, objectId: invoice.id },
    ...senderOf(invoice),
    ...letterOf(invoice, await payUrlOf(deps, merchantId, invoice), kind),
    attachments: [{ kind: PDF, ref: invoice.id }],
  })
  return true
}

/** Who a mail about an invoice comes from, and where answers go. */
function senderOf({ seller }: Invoice): { fromName: string; replyTo: string | null } {
  const replyTo = seller?.email !== undefined && isMailAddress(seller.email) ? seller.email : null
  return { fromName: seller?.trade_name ?? seller?.name ?? '', replyTo }
}

/** Where what is due can be paid online. */
async function payUrlOf(deps: Pick<InvoiceDeps, 'payUrlOf'>, merchantId: string, invoice: Invoice) {
  const isOwed = invoice.kind === 'invoice' && invoice.state === 'issued' && amountDue(invoice) > 0n
  return isOwed ? deps.payUrlOf(merchantId, invoice) : null
}

function letterOf(invoice: Invoice, payUrl: string | null, reminder?: ReminderKind): MailText {
  const { language, currency, seller, number, kind } = invoice
  const texts = TEXTS[language]
  const values = {
    number: number ?? '',
    seller: seller?.trade_name ?? seller?.name ?? '',
    day: invoice.due_on === null ? '' : dayText(language, invoice.due_on),
    corrects: invoice.corrects_number ?? '',
  }
  const due = amountDue(invoice)
  const isBill = kind === 'invoice'
  const reference =
    invoice.reference === null || invoice.reference_kind === null
      ? ''
      : printedReference(invoice.reference_kind, invoice.reference)
  const rows: [string, string][] = [
    [texts.toAccount, seller?.iban?.replaceAll(/(.{4})(?=.)/g, '$1 ') ?? ''],
    [texts.withReference, reference],
    [texts.before, values.day],
  ]
  return composeMail({
    language,
    from: values.seller,
    subject: fill(
      reminder ? texts.mail[`${reminder}Subject`] : isBill ? texts.mail.subject : texts.mail.creditSubject,
      values,
    ),
    ...(seller?.accent === undefined ? {} : { accent: seller.accent }),
    blocks: [
      {
        kind: 'paragraph',
        text: fill(reminder ? texts.mail[`${reminder}Lead`] : isBill ? texts.mail.lead : texts.mail.creditLead, values),
      },
      { kind: 'amount', text: amountText(language, isBill ? due : invoice.total, currency) },
      ...(isBill && due > 0n ? [{ kind: 'facts' as const, rows: rows.filter(([, value]) => value !== '') }] : []),
      ...(payUrl === null
        ? []
        : [
            {
              kind: 'button' as const,
              label: fill(texts.mail.pay, { amount: amountText(language, due, currency) }),
              url: payUrl,
            },
          ]),
      ...(isBill && due === 0n ? [{ kind: 'paragraph' as const, text: texts.nothingDue }] : []),
      ...(reminder ? [{ kind: 'small' as const, text: texts.mail.paidAlready }] : []),
      { kind: 'small', text: texts.mail.attached },
    ],
    footer: seller ? [`${seller.name}, ${seller.address.city}`] : [],
  })
}

/** Makes what mails about invoices bring along. */
export function invoiceAttachments(deps: Pick<InvoiceDeps, 'db' | 'payUrlOf'>): Record<string, MakeAttachment> {
  return {
    async [PDF](merchantId, id) {
      const invoice = await readInvoice(deps.db, merchantId, id)
      if (!invoice) return undefined
      return {
        filename: `${invoice.number ?? id}.pdf`,
        contentType: 'application/pdf',
        content: await pdfOf(deps, merchantId, invoice),
      }
    },
  }
}

/** The PDF of a document. */
export async function pdfOf(
  deps: Pick<InvoiceDeps, 'db' | 'payUrlOf'>,
  merchantId: string,
  invoice: Invoice,
): Promise<Buffer> {
  const lines = (await readLines(deps.db, merchantId, [invoice.id])).get(invoice.id) ?? []
  return renderPdf(invoice, lines, invoice.seller, await payUrlOf(deps, merchantId, invoice))
}

/** The invoice that stands for an order, newest first; null when it has none, or it was credited in full. */
export async function invoiceOfOrder(
  db: InvoiceDeps['db'],
  merchantId: string,
  orderId: string,
): Promise<Invoice | null> {
  const filter = { kind: 'invoice' as const, order_id: orderId }
  const found = await listInvoices(db, merchantId, filter, { limit: 20 })
  return found.find(({ state, total, amount_credited }) => state === 'issued' && amount_credited < total) ?? null
}
