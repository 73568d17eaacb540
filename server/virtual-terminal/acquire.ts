// Reads a card before there is anything to pay, so that the till may know whose it is. The terminal then holds it until a payment
// refers to it, or the till says that there will be none.

import { type CardAcquisitionResponse, type Message, type Requests, requestBody } from '../nexo/index.ts'
import { CUSTOMER_MS, formOf, type HeldCard, type Machine, newTransaction, stopped, success } from './operation.ts'
import { cardFacts, instrumentOf, presentedCard } from './pay.ts'
import { displayScreen } from './show.ts'
import { Stopped } from './stage.ts'

export async function acquire(machine: Machine, message: Message): Promise<CardAcquisitionResponse> {
  const asked = requestBody(message, 'CardAcquisition')
  const { SaleTransactionID, TokenRequestedType, SaleToAcquirerData } = asked.SaleData
  const form = formOf(SaleToAcquirerData)
  const transaction = newTransaction(machine)
  const name = { TransactionID: transaction.tender, TimeStamp: transaction.at }
  machine.held = null
  machine.stage.show({ kind: 'card', purpose: 'identify', due: null, tip: 0, note: null })
  try {
    const presented = await presentedCard(machine)
    const held: HeldCard = { transactionId: transaction.tender, presented, over: new AbortController() }
    machine.held = held
    machine.stage.show({ kind: 'wait' })
    void releaseLater(machine, held)
    return {
      Response: success([['tenderReference', transaction.tender], ...cardFacts(presented)], form),
      SaleData: { SaleTransactionID },
      POIData: { POITransactionID: name },
      PaymentBrand: [presented.card.brand],
      PaymentInstrumentData: instrumentOf(presented, TokenRequestedType),
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    if (error.why !== 'unplugged') {
      machine.stage.show({ kind: 'result', outcome: 'canceled', due: null, reason: null, removes_card: false })
      machine.settle()
    }
    return {
      Response: stopped(error.why, form),
      SaleData: { SaleTransactionID },
      POIData: { POITransactionID: name },
    }
  }
}

/** Nobody holds a card to a terminal for ever. */
async function releaseLater(machine: Machine, held: HeldCard): Promise<void> {
  await machine.clock.sleep(CUSTOMER_MS, held.over.signal)
  if (machine.held !== held) return
  machine.held = null
  machine.stage.show({ kind: 'idle' })
}

/** Ends what a card acquisition began, with the words of the till. */
export function endAcquisition(machine: Machine, asked: Requests['EnableService']): void {
  if (asked.TransactionAction !== 'AbortTransaction') return
  machine.held = null
  const output = asked.DisplayOutput
  machine.stage.show(
    output
      ? displayScreen(output)
      : { kind: 'result', outcome: 'canceled', due: null, reason: null, removes_card: false },
  )
  machine.settle()
}
