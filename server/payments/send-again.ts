// Builds the call of an operation that is in the books but may never have left, from the books alone, and makes it again
// under the same operation id. The CVC is gone with the process that had it; everything else was written by `begin`.

import type { ClearCard, Outcome } from '../connectors/connector.ts'
import { type Method, merchantConfig, needOf } from '../merchants/index.ts'
import { resolveCard } from '../vault/index.ts'
import type { NewOperation, NewPayment } from './begin.ts'
import type { Candidate } from './choose.ts'
import type { PaymentDeps } from './deps.ts'
import { followUp } from './instruct.ts'
import { call, withoutNulls } from './pay.ts'
import { type OpenOperation, type PaymentRow, readPayment, type TenderRow } from './store.ts'

/**
 * Sends the instruction again. Undefined for what cannot be repeated without a person or from the books: a card presented
 * on a terminal, a voucher, a bank account or a code, whose number is not kept, and a payout, whose destination is not.
 */
export async function sendAgain(
  deps: PaymentDeps,
  merchantId: string,
  operation: OpenOperation,
  candidate: Candidate,
): Promise<Outcome | undefined> {
  const merchant = await merchantConfig(deps, merchantId)
  const payment = await readPayment(deps.db, merchantId, operation.payment_id)
  const tender = payment?.tenders.find(({ id }) => id === operation.tender_id)
  if (!merchant || !payment || !tender) return undefined
  switch (operation.kind) {
    case 'sale':
    case 'authorize':
      return tender.terminal_id === null && !isTyped(merchant.methods.get(tender.method))
        ? chargeAgain(deps, merchantId, payment, tender, operation, candidate)
        : undefined
    case 'credit':
      return undefined
    default:
      return followUp(deps, { merchant, payment }, tender, operation.kind, operation.amount, {
        operation_id: operation.id,
        is_final: operation.is_final,
        reason: operation.reason ?? undefined,
        tip: operation.tip ?? undefined,
      }).call()
  }
}

/** Paid with a number that somebody typed in and that is gone with the request. */
function isTyped(method: Method | undefined): boolean {
  if (method && needOf(method, method.flow) === 'one_time_code') return true
  return (method?.kind === 'voucher' || method?.kind === 'bank') && method.flow === 'direct'
}

async function chargeAgain(
  deps: PaymentDeps,
  merchantId: string,
  row: PaymentRow,
  tenderRow: TenderRow,
  { id, kind, amount }: OpenOperation,
  candidate: Candidate,
): Promise<Outcome | undefined> {
  const card = await cardOf(deps, merchantId, tenderRow)
  // The card can no longer be had (its instrument was revoked): nothing may be sent in its place.
  if (card === undefined && tenderRow.card_id !== null) return undefined
  const payment: NewPayment = { ...withoutNulls(row), payment_id: row.id }
  const tender = { ...withoutNulls(tenderRow), tender_id: tenderRow.id, can: [] }
  const operation: NewOperation = {
    operation_id: id,
    kind,
    tender_id: tenderRow.id,
    amount,
    connector_account_id: candidate.account.id,
    method: tenderRow.method,
  }
  const openCard = card && ((): ClearCard => card.open())
  return call(deps, payment, { tender, operation, openCard, networkReference: card?.network_reference }, candidate, id)
}

function cardOf(deps: PaymentDeps, merchantId: string, tender: TenderRow) {
  if (tender.token_id !== null)
    return resolveCard(deps, merchantId, { token_id: tender.token_id }).then((card) => card ?? undefined)
  if (tender.instrument_id !== null) {
    return resolveCard(deps, merchantId, { instrument_id: tender.instrument_id }).then((card) => card ?? undefined)
  }
  return undefined
}
