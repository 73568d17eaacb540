// Credit notes: the only way to take something back from an invoice. Whole, or lines, or some units of lines; with the VAT of the
// invoice, whatever the rates are by now; numbered in a series of their own. What they come to is no longer owed.

import type { Tx } from '../db/pool.ts'
import { oneLine } from '../lib/inert-text.ts'
import { parseMajor } from '../lib/money.ts'
import { Problem } from '../lib/problem.ts'
import { holdPayments, paymentsOfOrder, setPaymentAmounts } from '../payments/index.ts'
import { unitsWorth } from '../totals/index.ts'
import type { InvoiceDeps } from './deps.ts'
import { tellInvoices } from './event.ts'
import { amountDue, type Invoice, type InvoiceLine } from './invoice.ts'
import { giveNumber, mustHaveSettings } from './issue.ts'
import { sumOf } from './lines.ts'
import { creditedQuantities, insertDraft, lockInvoice, readInvoice, readLines, writeState } from './store.ts'

export interface CreditInput {
  /** Default: all that is left of every line. */
  lines?: { no: number; quantity?: string }[]
  reason?: string
}

/**
 * Issues a credit note. Throws not-found, invalid-state (a draft, or a credit note), validation-error, quantity-exceeds-available
 * (nothing, or less, is left of a line), invoice-incomplete. Appends events.
 */
export async function creditInvoice(
  deps: InvoiceDeps,
  tx: Tx,
  merchantId: string,
  of: { id: string; input: CreditInput; creditId: string },
): Promise<Invoice> {
  if (!(await lockInvoice(tx, merchantId, of.id))) throw new Problem('not-found')
  const original = (await readInvoice(tx, merchantId, of.id)) as Invoice
  if (original.kind !== 'invoice' || original.state !== 'issued')
    throw new Problem('invalid-state', { detail: 'Only an invoice that was issued can be credited.' })
  const lines = await creditLines(tx, merchantId, original, of.input)
  const note = await writeCreditNote(deps, tx, merchantId, original, { ...of, lines })
  const amount_credited = original.amount_credited + note.total
  const now = { ...original, amount_credited }
  const version = await writeState(tx, merchantId, of.id, {
    amount_credited,
    is_open: amountDue(now) > 0n,
    is_ended: amount_credited >= original.total,
    is_told: true,
  })
  if (original.pays_as === original.id) await lowerWhatIsOwed(deps, tx, merchantId, { ...now, version })
  const told = { type: 'invoice.credited' as const, invoice: { ...now, version }, more: { credit_note_id: note.id } }
  await tellInvoices(deps, tx, merchantId, deps.clock.now(), [{ type: 'invoice.issued', invoice: note }, told])
  return note
}

async function creditLines(tx: Tx, merchantId: string, original: Invoice, input: CreditInput): Promise<InvoiceLine[]> {
  const billed = (await readLines(tx, merchantId, [original.id])).get(original.id) ?? []
  const credited = await creditedQuantities(tx, merchantId, original.id)
  const leftOf = (line: InvoiceLine) => line.quantity_e3 - (credited.get(line.no) ?? 0n)
  const wanted = input.lines
    ? wantedOf(input.lines, billed, leftOf)
    : billed.flatMap((line) => (leftOf(line) > 0n ? [{ line, quantity: leftOf(line) }] : []))
  if (wanted.length === 0) throw new Problem('quantity-exceeds-available', { detail: 'All of it is credited.' })
  return wanted.map(({ line, quantity }, i) => partOf(line, credited.get(line.no) ?? 0n, quantity, i + 1))
}

function wantedOf(
  asked: NonNullable<CreditInput['lines']>,
  billed: readonly InvoiceLine[],
  leftOf: (line: InvoiceLine) => bigint,
): { line: InvoiceLine; quantity: bigint }[] {
  const seen = new Set<number>()
  return asked.map(({ no, quantity }, i) => {
    const refuse = (code: 'validation-error' | 'quantity-exceeds-available', field: string, detail: string): never => {
      throw new Problem(code, { errors: [{ pointer: `/lines/${i}/${field}`, detail }] })
    }
    const line = billed.find((each) => each.no === no)
    if (!line || seen.has(no))
      return refuse('validation-error', 'no', line ? 'is named twice' : 'is no line of the invoice')
    seen.add(no)
    const units = quantity === undefined ? leftOf(line) : (parseMajor(quantity, 3) ?? 0n)
    if (quantity !== undefined && units <= 0n)
      return refuse('validation-error', 'quantity', 'must be above 0, with at most three decimals')
    if (units <= 0n || units > leftOf(line))
      return refuse('quantity-exceeds-available', 'quantity', 'is more than is left of the line')
    return { line, quantity: units }
  })
}

/** Parts in whatever portions add up to the line: each is what its units are worth after those credited before. */
function partOf(line: InvoiceLine, before: bigint, quantity_e3: bigint, no: number): InvoiceLine {
  const worth = (amount: bigint) => unitsWorth(amount, line.quantity_e3, before, before + quantity_e3)
  const tax = worth(line.tax)
  const total = worth(line.total)
  const net = total - tax
  return { ...line, no, corrects_no: line.no, quantity_e3, discount: worth(line.discount), net, tax, total }
}

async function writeCreditNote(
  deps: InvoiceDeps,
  tx: Tx,
  merchantId: string,
  original: Invoice,
  of: { input: CreditInput; creditId: string; lines: readonly InvoiceLine[] },
): Promise<Invoice> {
  const settings = await mustHaveSettings(tx, merchantId)
  const sum = sumOf(of.lines)
  if (sum.total === 0n) throw new Problem('amount-invalid', { detail: 'What is to be credited is worth nothing.' })
  await insertDraft(
    tx,
    merchantId,
    {
      ...original,
      ...sum,
      ...{
        id: of.creditId,
        kind: 'credit_note',
        corrects_id: original.id,
        order_revision: null,
        terms: null,
        due_days: 0,
      },
      note: of.input.reason === undefined ? null : oneLine(of.input.reason, 500) || null,
      created_at: deps.clock.now(),
      pays_as: of.creditId,
    },
    of.lines,
  )
  const draft = (await readInvoice(tx, merchantId, of.creditId)) as Invoice
  const seller = original.seller ?? settings.seller
  await giveNumber(deps, tx, merchantId, draft, { settings, series: settings.credit_prefix, seller })
  return (await readInvoice(tx, merchantId, of.creditId)) as Invoice
}

/** Payments of the invoice itself are for what is still owed; those of an order follow the order. */
async function lowerWhatIsOwed(deps: InvoiceDeps, tx: Tx, merchantId: string, invoice: Invoice): Promise<void> {
  const { id: orderId, version: revision } = invoice
  await holdPayments(tx, merchantId, { orderId, revision, waits: false })
  const payments = await paymentsOfOrder(tx, merchantId, orderId)
  const total = invoice.total - invoice.amount_credited
  const eventIds = payments.map(() => deps.newId('evt'))
  const change = { orderId, total, givenBack: 0n, isConfirmed: true, at: deps.clock.now(), eventIds }
  await setPaymentAmounts(tx, merchantId, change)
}
