// The payment of an offline sale: its tenders one after the other, each under a key made of the order, which is the document's own. A
// tender that was taken before is answered as before. It calls connectors, so no transaction is open.

import { addTender, pay, paymentsOfOrder, type TenderInput } from '../payments/index.ts'
import type { What } from './book.ts'
import type { OfflineDeps } from './deps.ts'
import { type DocumentTender, isCash, roundingOf } from './document.ts'
import { hashOf } from './key.ts'

/**
 * Takes every tender as the document says. Answers the payment when all of it is in the books, null while something of it is under way.
 * The trigger that stamps what is done at registers knows these keys (migration 0054).
 */
export async function payDocument(
  deps: OfflineDeps,
  merchantId: string,
  { document, store, orderId, sale }: What,
): Promise<string | null> {
  const payments = { ...deps.payments, registerId: document.register_id }
  const rounded = new Map(roundingOf(document).map(({ tender, rounding }) => [tender, rounding]))
  let paymentId: string | null = null
  for (const [i, tender] of document.tenders.entries()) {
    const key = `onetill:${orderId}:offline:${i + 1}`
    const idempotency = { key, fingerprint: hashOf(`${sale.id} ${key}`) }
    const input = inputOf(tender, document.register_id)
    const told = { rounding: isCash(tender) ? (rounded.get(tender) ?? 0n) : 0n }
    const { body }: { body: string } =
      paymentId === null
        ? await pay(
            payments,
            merchantId,
            idempotency,
            {
              ...{ amount: document.total, currency: document.currency, channel: 'pos', store_id: store.id },
              ...{ order_id: orderId, reference: document.receipt_code, tender: input },
            },
            { told },
          )
        : await addTender(payments, merchantId, idempotency, paymentId, input, { told })
    paymentId = (JSON.parse(body) as { id: string }).id
  }
  const paid = (await paymentsOfOrder(deps.db, merchantId, orderId)).find(({ id }) => id === paymentId)
  return paid && paid.amount_captured >= BigInt(document.total) ? paid.id : null
}

function inputOf(tender: DocumentTender, registerId: string): TenderInput {
  const { method, amount } = tender
  if (isCash(tender)) return { method, amount, cash: { register_id: registerId, tendered: tender.tendered } }
  const { terminal_id, authorisation_code, last4 } = tender
  return {
    ...{ method, amount, terminal_id },
    manual: { approval_code: authorisation_code, ...(last4 === null ? {} : { last4 }) },
  }
}
