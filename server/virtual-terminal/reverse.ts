// Takes a payment back, wholly or in part, by the name the terminal gave it. No card is needed, and any terminal of the shop may.

import { fromNexoAmount, type Message, type ReversalResponse, requestBody, toNexoAmount } from '../nexo/index.ts'
import { failure, formOf, type Machine, newTransaction, success } from './operation.ts'

export function reverse(machine: Machine, message: Message): ReversalResponse {
  const asked = requestBody(message, 'Reversal')
  const original = asked.OriginalPOITransaction
  const form = formOf(asked.SaleData?.SaleToAcquirerData)
  // The part before the point is the terminal's own; the host's comes behind it once it has heard.
  const tender = original.POITransactionID.TransactionID.split('.')[0] ?? ''
  const charged = machine.store.charged(tender)
  const refused = (condition: 'NotFound' | 'NotAllowed' | 'MessageFormat', text: string): ReversalResponse => ({
    Response: failure(condition, text, [], form),
    OriginalPOITransaction: original,
  })
  if (!charged) return refused('NotFound', 'Original transaction not found')
  const left = BigInt(charged.amount - charged.reversed)
  const amount = asked.ReversedAmount === undefined ? left : fromNexoAmount(asked.ReversedAmount, charged.currency)
  if (amount === undefined || amount <= 0n)
    return refused(left === 0n ? 'NotAllowed' : 'MessageFormat', 'Invalid Data Element: ReversalRequest.ReversedAmount')
  if (amount > left) return refused('NotAllowed', 'More than what is left of the original')
  const transaction = newTransaction(machine)
  machine.store.record({
    at: machine.clock.now().toISOString(),
    poi_id: machine.poiId,
    what: 'reversed',
    service_id: message.header.ServiceID ?? '',
    sale_id: asked.SaleData?.SaleTransactionID.TransactionID ?? '',
    transaction_id: tender,
    amount: Number(amount),
    tip: 0,
    currency: charged.currency,
    brand: charged.brand,
  })
  return {
    Response: success(
      [
        ['pspReference', transaction.psp],
        ['tenderReference', transaction.tender],
        ['currency', charged.currency],
      ],
      form,
    ),
    POIData: {
      POITransactionID: { TransactionID: `${transaction.tender}.${transaction.psp}`, TimeStamp: transaction.at },
    },
    OriginalPOITransaction: original,
    ReversedAmount: toNexoAmount(amount, charged.currency),
  }
}
