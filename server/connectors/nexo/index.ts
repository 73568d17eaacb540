// Card terminals that speak nexo as JSON (Adyen's Terminal API), as a connector. It has no memory: a terminal knows an operation by
// the last ten characters of its id, and by those it is asked what became of it. It must never take silence for a no, nor a
// terminal that does not know a message for one that did nothing.

import type { Clock } from '../../lib/clock.ts'
import type { FillRandom } from '../../lib/ids.ts'
import {
  type Requests,
  readMessage,
  readProgress,
  readStatusAnswer,
  toNexoAmount,
  writePairs,
} from '../../nexo/index.ts'
import {
  type ChargeInstruction,
  type Connector,
  type ConnectorAccount,
  type ConnectorEvent,
  type ConnectorFacts,
  type CreditInstruction,
  type FollowUpInstruction,
  inDoubt,
  type Lookup,
  type LookupInstruction,
  type NextAction,
  NotSent,
  type Outcome,
  type TerminalOfInstruction,
} from '../connector.ts'
import { type Converse, createConverse, type Said, serviceIdOf } from './converse.ts'
import { createDriver } from './driver.ts'
import { nameIn, outcomeOfPayment, outcomeOfReversal, Repeated } from './outcome.ts'
import { progressOf, receive } from './receive.ts'
import { createCarry, type VirtualTerminals } from './transport.ts'

export type { VirtualTerminals } from './transport.ts'

export interface NexoOptions {
  clock: Clock
  fill?: FillRandom
  /** Terminals on a page, for development; without them accounts that name them can do nothing. */
  virtual?: VirtualTerminals
  /** Hears the steps of what goes on at a virtual terminal. */
  tell?: (account: ConnectorAccount, event: Extract<ConnectorEvent, { type: 'progress' }>) => void
}

const facts: ConnectorFacts = {
  multi_capture: false,
  over_capture_bp: 0,
  // A terminal that was switched off forgets, and a message may still be on its way to it.
  lookup_by_our_reference: false,
  // The first message of an id counts; a second one is answered with what became of the first, as long as the terminal remembers.
  idempotent: false,
  only_at_terminal: true,
  one_at_a_time: true,
  may_approve_offline: true,
  methods: [
    ...['card', 'girocard', 'cartes_bancaires', 'dankort', 'bancontact', 'apple_pay', 'google_pay', 'samsung_pay'],
    ...['garmin_pay', 'swatch_pay'],
  ],
}

export function createNexo(options: NexoOptions): Connector {
  const { clock, fill, virtual, tell } = options
  const carry = createCarry({
    ...(virtual && { virtual }),
    tell: (account, wire) => {
      const { header, body } = readMessage(wire)
      const progress = header.MessageCategory === 'Display' ? readProgress(body) : undefined
      if (progress) tell?.(account, progressOf(header.POIID, progress.event, clock.now()))
    },
  })
  const converse = createConverse(carry, clock, fill)

  async function pay(instruction: ChargeInstruction | CreditInstruction, body: Requests['Payment']): Promise<Outcome> {
    const said = await converse('Payment', body, talkOf(instruction))
    try {
      return paymentOutcome(said, instruction)
    } catch (error) {
      if (!(error instanceof Repeated)) throw error
      return believed(await inDoubt(status(converse, { ...instruction, kind: 'sale' })))
    }
  }

  return {
    name: 'nexo',
    facts,
    sale: async (instruction) => pay(instruction, paymentOf(instruction, clock.now())),
    credit: async (instruction) => pay(instruction, refundOf(instruction, clock.now())),
    async refund(instruction) {
      const { amount, tip = 0n, currency } = instruction
      const said = await converse('Reversal', reversalOf(instruction, clock.now()), talkOf(instruction))
      if (said.kind !== 'body') return { outcome: 'unknown', reason: 'an empty answer' }
      try {
        return outcomeOfReversal(said.body, { amount, tip, currency })
      } catch (error) {
        if (!(error instanceof Repeated)) throw error
        return believed(await inDoubt(status(converse, { ...instruction, kind: 'refund' })))
      }
    },
    lookup: (instruction) => status(converse, instruction),
    receive,
    terminal: createDriver(converse, clock),
  }
}

function talkOf({
  account,
  terminal,
  operation_id,
  signal,
}: Pick<FollowUpInstruction, 'account' | 'terminal' | 'operation_id' | 'signal'>) {
  return { account, terminal, signal, serviceId: serviceIdOf(operation_id) }
}

function paymentOutcome(
  said: Said,
  { currency, operation_id, terminal }: Pick<ChargeInstruction, 'currency' | 'operation_id' | 'terminal'>,
): Outcome {
  // Taken by the provider, which tells the result by a notification.
  if (said.kind === 'accepted') return { outcome: 'pending', psp_reference: operation_id, ...presentAt(terminal) }
  if (said.kind === 'empty') return { outcome: 'unknown', reason: 'an empty answer' }
  return outcomeOfPayment(said.body, currency)
}

function presentAt(terminal: TerminalOfInstruction | undefined): { next_action?: NextAction } {
  return terminal ? { next_action: { type: 'present_card', terminal_id: terminal.id } } : {}
}

/** A terminal that cannot say what became of a message it has seen leaves it unknown. */
function believed(found: Lookup): Outcome {
  return found.outcome === 'not_found' ? { outcome: 'unknown', reason: 'seen, and not remembered' } : found
}

/** What the terminal remembers of an operation, by its original ServiceID. */
async function status(converse: Converse, asked: LookupInstruction): Promise<Lookup> {
  const { account, terminal, signal, operation_id, kind, currency = '', amount = 0n, tip = 0n } = asked
  const isReversal = kind === 'refund'
  const serviceId = serviceIdOf(operation_id)
  const said = await converse(
    'TransactionStatus',
    {
      MessageReference: {
        MessageCategory: isReversal ? 'Reversal' : 'Payment',
        ServiceID: serviceId,
        ...(terminal && { SaleID: terminal.id }),
      },
      ReceiptReprintFlag: true,
      DocumentQualifier: ['CashierReceipt', 'CustomerReceipt'],
    },
    { account, terminal, signal, isNow: true },
  )
  if (said.kind !== 'body') return { outcome: 'unknown', reason: 'an empty answer' }
  const found = readStatusAnswer(said.body)
  if (found.state === 'not_found') return { outcome: 'not_found' }
  if (found.state === 'in_progress') return { outcome: 'unknown', reason: 'the terminal is still at it' }
  if (found.state === 'failed')
    return { outcome: 'unknown', reason: `the terminal did not say: ${found.result.condition ?? 'no reason'}` }
  if (found.serviceId !== serviceId || (found.poiId !== undefined && found.poiId !== terminal?.serial))
    return { outcome: 'unknown', reason: `the terminal told of another message: ${found.serviceId}` }
  if (found.name === 'PaymentResponse') return outcomeOfPayment(found.body, currency)
  if (found.name === 'ReversalResponse') return outcomeOfReversal(found.body, { amount, tip, currency })
  return { outcome: 'unknown', reason: `the terminal told of a ${found.name}` }
}

function paymentOf(instruction: ChargeInstruction, now: Date): Requests['Payment'] {
  const { operation_id, amount, currency, reference, asks_tip, held_card, may_go_offline } = instruction
  const options: [string, string][] = [
    ['tenderOption', asks_tip ? 'AskGratuity' : 'ReceiptHandler'],
    ...(reference === undefined ? [] : [['metadata.reference', reference] as [string, string]]),
  ]
  return {
    SaleData: {
      SaleTransactionID: { TransactionID: operation_id, TimeStamp: now.toISOString() },
      TokenRequestedType: 'Customer',
      SaleToAcquirerData: writePairs(options, 'form'),
    },
    PaymentTransaction: {
      AmountsReq: { Currency: currency, RequestedAmount: onTheWire(amount, currency) },
      ...(!may_go_offline && { TransactionConditions: { ForceOnlineFlag: true } }),
    },
    PaymentData: {
      PaymentType: 'Normal',
      ...(held_card && {
        CardAcquisitionReference: {
          TransactionID: held_card['transaction_id'] ?? '',
          TimeStamp: held_card['time_stamp'] ?? '',
        },
      }),
    },
  }
}

/** Throws NotSent for what no terminal can be asked for. */
function onTheWire(amount: bigint, currency: string): number {
  try {
    return toNexoAmount(amount, currency)
  } catch (error) {
    throw new NotSent(error instanceof Error ? error.message : 'no amount for a terminal')
  }
}

/** Money to a card that is presented, without an earlier payment. */
function refundOf({ operation_id, amount, currency }: CreditInstruction, now: Date): Requests['Payment'] {
  return {
    SaleData: { SaleTransactionID: { TransactionID: operation_id, TimeStamp: now.toISOString() } },
    PaymentTransaction: { AmountsReq: { Currency: currency, RequestedAmount: onTheWire(amount, currency) } },
    PaymentData: { PaymentType: 'Refund' },
  }
}

function reversalOf(instruction: FollowUpInstruction, now: Date): Requests['Reversal'] {
  const { operation_id, amount, tip = 0n, currency, original } = instruction
  const name = nameIn(original.psp_reference)
  if (!name) throw new NotSent('the payment has no name at the terminal')
  return {
    OriginalPOITransaction: { POITransactionID: { TransactionID: name.id, TimeStamp: name.at } },
    ReversedAmount: onTheWire(amount + tip, currency),
    ReversalReason: 'MerchantCancel',
    SaleData: {
      SaleTransactionID: { TransactionID: operation_id, TimeStamp: now.toISOString() },
      SaleToAcquirerData: writePairs([['currency', currency]], 'form'),
    },
  }
}
