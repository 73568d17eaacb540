// The terminal's paper. Two slips for a payment, as card schemes want them: one that the shop keeps and one for the customer; and
// whatever the till asks to print.

import { amountText, type Language } from '../lib/language.ts'
import { type PaymentReceipt, slip } from '../nexo/index.ts'
import { HOST_ENTRY, type Presented } from './cards.ts'

export interface SlipFacts {
  poiId: string
  presented: Presented
  kind: 'payment' | 'refund'
  amount: bigint
  tip: bigint
  currency: string
  reference: string
  tender: string
  approvalCode: string | null
  refusal: string | null
  needsSignature: boolean
  /** In which amounts are written. */
  language: Language
  at: Date
}

/** Both slips of a payment, as they stand in the answer. */
export function paymentSlips(facts: SlipFacts): PaymentReceipt[] {
  return [
    slip('CashierReceipt', linesOf(facts, 'MERCHANT COPY', 'merchantTitle'), facts.needsSignature),
    slip('CustomerReceipt', linesOf(facts, 'CARDHOLDER COPY', 'cardholderHeader')),
  ]
}

type NewLine = Parameters<typeof slip>[1][number]

function linesOf(facts: SlipFacts, title: string, titleKey: string): NewLine[] {
  const { presented, currency, at } = facts
  const { card } = presented
  const filler: NewLine = { key: 'filler' }
  const amount = (minor: bigint) => amountText(facts.language, minor, currency)
  const [day, time] = [at.toISOString().slice(0, 10), at.toISOString().slice(11, 19)]
  return [
    { key: 'header1', isBold: true },
    { key: titleKey, name: title, isBold: true },
    filler,
    { key: 'txdate', name: 'Date', value: day },
    { key: 'txtime', name: 'Time', value: `${time} UTC` },
    filler,
    { key: 'pan', name: 'Card', value: `${'*'.repeat(12)}${presented.last4}` },
    { key: 'preferredName', name: 'Pref. name', value: card.name },
    { key: 'cardType', name: 'Card type', value: card.brand },
    { key: 'paymentMethod', name: 'Payment method', value: card.brand },
    { key: 'posEntryMode', name: 'Entry mode', value: HOST_ENTRY[presented.entry] },
    filler,
    { key: 'aid', name: 'AID', value: card.aid },
    { key: 'tid', name: 'TID', value: facts.poiId },
    { key: 'txRef', name: 'Tender', value: facts.tender },
    { key: 'mref', name: 'Reference', value: facts.reference },
    ...(facts.approvalCode ? [{ key: 'authCode', name: 'Auth. code', value: facts.approvalCode }] : []),
    filler,
    { key: 'txtype', name: 'Type', value: facts.kind === 'refund' ? 'REFUND' : 'GOODS_SERVICES' },
    ...(facts.tip > 0n ? [{ key: 'gratuityAmount', name: 'Tip', value: amount(facts.tip) }] : []),
    { key: 'totalAmount', name: 'TOTAL', value: amount(facts.amount), isBold: true },
    filler,
    facts.refusal === null
      ? { key: 'approved', name: 'APPROVED', isBold: true }
      : { key: 'declined', name: 'DECLINED', value: facts.refusal, isBold: true },
    ...(facts.needsSignature && titleKey === 'merchantTitle'
      ? [filler, { key: 'signature', name: 'Signature', value: '____________________' }]
      : []),
    filler,
    { key: 'retain', name: 'Please retain for your records' },
    { key: 'thanks', name: 'Thank you' },
  ]
}
