// The EPC code of an invoice.

import { epcPayload } from './epc.ts'
import { amountDue, type Invoice } from './invoice.ts'
import { printedReference, referenceOf } from './reference.ts'

/**
 * What a banking app reads to pay what is due now; null where it could not: another currency than the euro, no account, nothing due,
 * or more than a transfer carries.
 */
export function epcOf(invoice: Invoice): string | null {
  const { seller, currency, reference_kind, reference_base, reference } = invoice
  const amount = amountDue(invoice)
  const isDue = invoice.kind === 'invoice' && invoice.state === 'issued' && amount > 0n
  if (!isDue || currency !== 'EUR' || !seller?.iban || !reference_kind || !reference || reference_base === null)
    return null
  if (amount > 99_999_999_999n) return null
  const { iban, bic } = seller
  const transfer = { name: seller.name, iban, amount, ...(bic === undefined ? {} : { bic }) }
  // The element for references takes those of ISO 11649 only; apps hand others on as text, and that is found as well.
  if (reference_kind === 'rf') return epcPayload({ ...transfer, reference: referenceOf('rf', reference_base) })
  return epcPayload({ ...transfer, text: printedReference(reference_kind, reference) })
}
