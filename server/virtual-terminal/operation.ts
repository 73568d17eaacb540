// What every operation at the terminal stands on: the machine with its screen, memory and settings, the question that was asked,
// and the forms in which a terminal says no.

import type { Clock } from '../lib/clock.ts'
import { currencyOf } from '../lib/currency.ts'
import type { FillRandom } from '../lib/ids.ts'
import {
  bodyName,
  type Header,
  type Message,
  type PairsForm,
  type ProgressEvent,
  type Requests,
  type Response,
  readPairs,
  type TransactionId,
  type Wire,
  writeAdditional,
} from '../nexo/index.ts'
import type { Presented } from './cards.ts'
import type { Fault } from './faults.ts'
import type { Money } from './screen.ts'
import type { Stage, Stop } from './stage.ts'
import type { TerminalStore } from './store.ts'
import type { PaperSlip, Settings } from './view.ts'

/** A card that was read before the amount was known. */
export interface HeldCard {
  transactionId: string
  presented: Presented
  /** Aborted when the card is let go, so that nothing waits for it any longer. */
  over: AbortController
}

/** The terminal as operations see it. */
export interface Machine {
  poiId: string
  clock: Clock
  fill: FillRandom
  store: TerminalStore
  stage: Stage
  settings: Settings
  held: HeldCard | null
  /** Uses the fault up when it is the one that is set. */
  strikes(fault: Fault): boolean
  /** Puts a slip out. */
  print(slip: PaperSlip): void
  /** Tells whoever listens of a step. */
  step(event: ProgressEvent, asked: Header, transactionId: string): void
  /** Leaves the result on the screen for a while, and then the terminal is idle again. */
  settle(): void
  /** How often the power has gone so far. */
  readonly cuts: number
  /** The power goes. */
  unplug(): void
}

/** How long a customer may take, whichever way they are asked. A till gives up after some 150 s. */
export const CUSTOMER_MS = 100_000

export function money(amount: bigint, currency: string): Money {
  return { amount: Number(amount), currency, exponent: currencyOf(currency)?.exponent ?? 2 }
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/**
 * A new transaction of the terminal. Its host adds a reference of its own when it hears of it. Letters among the digits, so that
 * nobody takes it for a card number.
 */
export function newTransaction(machine: Machine): { tender: string; psp: string; at: string } {
  const now = machine.clock.now()
  const chars = (count: number) => {
    const bytes = new Uint8Array(count)
    machine.fill(bytes)
    return [...bytes].map((byte) => LETTERS[byte % LETTERS.length]).join('')
  }
  return {
    tender: `VT${now.getTime().toString(36).toUpperCase()}${chars(4)}`,
    psp: `P${chars(15)}`,
    at: now.toISOString(),
  }
}

/** In which form the till wrote to the host; the answer comes in the same. */
export function formOf(saleToAcquirerData: string | undefined): PairsForm {
  return readPairs(saleToAcquirerData).form
}

export function success(additional: Iterable<readonly [string, string]> = [], form: PairsForm = 'form'): Response {
  const text = writeAdditional(additional, form)
  return { Result: 'Success', ...(text === '' ? {} : { AdditionalResponse: text }) }
}

export function failure(
  condition: NonNullable<Response['ErrorCondition']>,
  message: string,
  more: Iterable<readonly [string, string]> = [],
  form: PairsForm = 'form',
): Response {
  const additional = writeAdditional([['message', message], ...more], form)
  return { Result: 'Failure', ErrorCondition: condition, AdditionalResponse: additional }
}

/** What a stop is on the wire. */
export function stopped(why: Stop, form: PairsForm = 'form'): Response {
  if (why === 'aborted') return failure('Aborted', '107 Transaction aborted by the sale system', [], form)
  if (why === 'timeout') return failure('Cancel', '109 Shopper did not respond in time', [], form)
  return failure('Cancel', '108 Shopper cancelled tx', [], form)
}

/** The answer to any question that says only how it went, in the form of the question's category. */
export function answerOf(message: Message, response: Response): Wire {
  const { header } = message
  const name = bodyName(header.MessageCategory, 'Response')
  const wrap = (body: object): Wire => ({
    SaleToPOIResponse: { MessageHeader: { ...header, MessageType: 'Response' }, [name]: body },
  })
  const body = message.body as Record<string, unknown> | undefined
  if (header.MessageCategory === 'Display')
    return wrap({ OutputResult: [{ Device: 'CustomerDisplay', InfoQualify: 'Display', Response: response }] })
  if (header.MessageCategory === 'Input')
    return wrap({ InputResult: { Device: 'CustomerInput', InfoQualify: 'Input', Response: response } })
  if (header.MessageCategory === 'Print') {
    const output = body?.['PrintOutput'] as { DocumentQualifier?: string } | undefined
    return wrap({ DocumentQualifier: output?.DocumentQualifier ?? 'Document', Response: response })
  }
  const transaction = saleTransactionOf(body)
  return wrap({ Response: response, ...(transaction ? { SaleData: { SaleTransactionID: transaction } } : {}) })
}

function saleTransactionOf(body: Record<string, unknown> | undefined): TransactionId | undefined {
  const sale = body?.['SaleData'] as Requests['Payment']['SaleData'] | undefined
  return sale?.SaleTransactionID
}
