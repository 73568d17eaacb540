// What a terminal's answer says, in our words: amounts in minor units, both halves of a transaction's name, the card without its
// number. These readers never throw; a driver decides what an absent field means.

import { readAdditional } from './additional.ts'
import { fromNexoAmount } from './amount.ts'
import { asList, asObject, asText } from './reading.ts'
import { readSlips, type Slip } from './receipt.ts'

/** The name of a transaction at the terminal; both parts are needed to refund it. */
export interface TransactionName {
  id: string
  at: string
}

/** How it went. */
export interface AnswerResult {
  /** `Success`, `Partial`, `Failure`, or undefined when the answer does not say. */
  result: string | undefined
  condition: string | undefined
  /** Names and values of `AdditionalResponse`. */
  additional: ReadonlyMap<string, string>
  message: string | undefined
  refusalReason: string | undefined
}

export interface CardFacts {
  brand: string | undefined
  last4: string | undefined
  bin: string | undefined
  /** Of this card at this provider. */
  alias: string | undefined
  /** Payment account reference: of the account behind the card, whichever device carries it. */
  par: string | undefined
  /** Of a token that can be charged later. */
  token: string | undefined
  entry: string | undefined
  verification: string[]
  country: string | undefined
  expiry: { month: number; year: number } | undefined
}

export interface PaymentAnswer extends AnswerResult {
  /** Minor units; undefined when absent or not readable. */
  authorized: bigint | undefined
  tip: bigint
  cashback: bigint
  currency: string | undefined
  poiTransaction: TransactionName | undefined
  saleTransaction: TransactionName | undefined
  pspReference: string | undefined
  acquirerReference: string | undefined
  approvalCode: string | undefined
  isOffline: boolean
  card: CardFacts | undefined
  slips: Slip[]
}

/** Reads the `Response` of any answer. */
export function readResult(body: unknown): AnswerResult {
  const { Result, ErrorCondition, AdditionalResponse } = asObject(asObject(body)['Response'])
  const additional = readAdditional(AdditionalResponse).values
  return {
    result: asText(Result),
    condition: asText(ErrorCondition),
    additional,
    message: additional.get('message'),
    refusalReason: additional.get('refusalReason'),
  }
}

/** Reads a `PaymentResponse`. `currency` is the one that was asked for, in case the answer names none. */
export function readPaymentAnswer(body: unknown, currency?: string): PaymentAnswer {
  const answer = asObject(body)
  const result = readResult(body)
  const payment = asObject(answer['PaymentResult'])
  const amounts = asObject(payment['AmountsResp'])
  const acquirer = asObject(payment['PaymentAcquirerData'])
  const code = asText(amounts['Currency']) ?? currency
  const minor = (value: unknown) => (code === undefined ? undefined : fromNexoAmount(value, code))
  const poiTransaction = nameOf(asObject(answer['POIData'])['POITransactionID'])
  return {
    ...result,
    authorized: minor(amounts['AuthorizedAmount']),
    tip: minor(amounts['TipAmount']) ?? 0n,
    cashback: minor(amounts['CashBackAmount']) ?? 0n,
    currency: code,
    poiTransaction,
    saleTransaction: nameOf(asObject(answer['SaleData'])['SaleTransactionID']),
    pspReference: result.additional.get('pspReference') ?? poiTransaction?.id.split('.')[1],
    acquirerReference: asText(asObject(acquirer['AcquirerTransactionID'])['TransactionID']),
    approvalCode: asText(acquirer['ApprovalCode']) ?? result.additional.get('authCode'),
    isOffline: payment['OnlineFlag'] === false || result.additional.get('offline') === 'true',
    card: readCard(payment['PaymentInstrumentData'], payment['AuthenticationMethod'], result.additional),
    slips: readSlips(answer['PaymentReceipt']),
  }
}

export interface CardAcquisitionAnswer extends AnswerResult {
  /** What the payment that follows refers to. */
  poiTransaction: TransactionName | undefined
  card: CardFacts | undefined
  shopperReference: string | undefined
  shopperEmail: string | undefined
}

/** Reads a `CardAcquisitionResponse`: whose card it is. */
export function readCardAcquisitionAnswer(body: unknown): CardAcquisitionAnswer {
  const answer = asObject(body)
  const result = readResult(body)
  return {
    ...result,
    poiTransaction: nameOf(asObject(answer['POIData'])['POITransactionID']),
    card: readCard(answer['PaymentInstrumentData'], undefined, result.additional),
    shopperReference: result.additional.get('shopperReference'),
    shopperEmail: result.additional.get('shopperEmail'),
  }
}

export interface ReversalAnswer extends AnswerResult {
  poiTransaction: TransactionName | undefined
  pspReference: string | undefined
  /** Minor units, when the answer says. */
  reversed: bigint | undefined
  slips: Slip[]
}

/** Reads a `ReversalResponse`. Success means that it was accepted. */
export function readReversalAnswer(body: unknown, currency: string): ReversalAnswer {
  const answer = asObject(body)
  const result = readResult(body)
  const poiTransaction = nameOf(asObject(answer['POIData'])['POITransactionID'])
  return {
    ...result,
    poiTransaction,
    pspReference: result.additional.get('pspReference') ?? poiTransaction?.id.split('.')[1],
    reversed: fromNexoAmount(answer['ReversedAmount'], currency),
    slips: readSlips(answer['PaymentReceipt']),
  }
}

/** What a terminal remembers of an earlier message. */
export type StatusAnswer =
  | { state: 'found'; name: string; serviceId: string | undefined; poiId: string | undefined; body: unknown }
  | { state: 'in_progress' }
  | { state: 'not_found' }
  | { state: 'failed'; result: AnswerResult }

/** Reads a `TransactionStatusResponse`. The outer success means only that the message was found; its own outcome is inside. */
export function readStatusAnswer(body: unknown): StatusAnswer {
  const result = readResult(body)
  if (result.condition === 'InProgress') return { state: 'in_progress' }
  if (result.condition === 'NotFound') return { state: 'not_found' }
  const repeated = asObject(asObject(body)['RepeatedMessageResponse'])
  const [first] = Object.entries(asObject(repeated['RepeatedResponseMessageBody']))
  if (result.result !== 'Success' || !first) return { state: 'failed', result }
  const header = asObject(repeated['MessageHeader'])
  const [serviceId, poiId] = [asText(header['ServiceID']), asText(header['POIID'])]
  return { state: 'found', name: first[0], serviceId, poiId, body: first[1] }
}

/** What a customer entered. */
export interface InputAnswer extends AnswerResult {
  confirmed: boolean | undefined
  text: string | undefined
  digits: string | undefined
  /** Of the entries of a menu, counted from 0. */
  chosen: number[]
}

/** Reads an `InputResponse`. Menus answer with a flag for each entry. */
export function readInputAnswer(body: unknown): InputAnswer {
  const outcome = asObject(asObject(body)['InputResult'])
  const input = asObject(outcome['Input'])
  const { ConfirmedFlag } = input
  return {
    ...readResult(outcome),
    confirmed: typeof ConfirmedFlag === 'boolean' ? ConfirmedFlag : undefined,
    text: asText(input['TextInput']),
    digits: asText(input['DigitInput']),
    chosen: asList(input['MenuEntryNumber']).flatMap((flag, index) => (Number(flag) === 1 ? [index] : [])),
  }
}

/** What a terminal tells of by itself, or instead of an answer. */
export interface EventAnswer {
  event: string
  at: string | undefined
  details: ReadonlyMap<string, string>
  /** The message that was refused, as it was sent. */
  rejected: string | undefined
}

/** Reads an `EventNotification`. */
export function readEvent(body: unknown): EventAnswer {
  const { EventToNotify, TimeStamp, EventDetails, RejectedMessage } = asObject(body)
  const rejected = asText(RejectedMessage)
  return {
    event: asText(EventToNotify) ?? '',
    at: asText(TimeStamp),
    details: readAdditional(EventDetails).values,
    rejected: rejected === undefined ? undefined : Buffer.from(rejected, 'base64').toString('utf8'),
  }
}

/** The step of a payment that a display notification tells of, with the transaction's name. */
export function readProgress(body: unknown): { event: string; transactionId: string | undefined } | undefined {
  for (const output of asList(asObject(body)['DisplayOutput'])) {
    const { ReferenceID } = asObject(asObject(asObject(output)['OutputContent'])['PredefinedContent'])
    const fields = new URLSearchParams(asText(ReferenceID) ?? '')
    const event = fields.get('event')
    if (event) return { event, transactionId: fields.get('TransactionID') ?? undefined }
  }
  return undefined
}

function nameOf(value: unknown): TransactionName | undefined {
  const { TransactionID, TimeStamp } = asObject(value)
  const [id, at] = [asText(TransactionID), asText(TimeStamp)]
  return id === undefined || at === undefined ? undefined : { id, at }
}

function readCard(
  instrument: unknown,
  methods: unknown,
  additional: ReadonlyMap<string, string>,
): CardFacts | undefined {
  const card = asObject(asObject(instrument)['CardData'])
  const facts: CardFacts = {
    brand: asText(card['PaymentBrand']) ?? additional.get('cardScheme') ?? additional.get('paymentMethod'),
    // The masked number of a wallet may be another than that of the card, so the host's own word counts first.
    last4: additional.get('cardSummary') ?? /(\d{4})\D*$/.exec(asText(card['MaskedPan']) ?? '')?.[1],
    bin: additional.get('cardBin'),
    alias: asText(asObject(card['PaymentToken'])['TokenValue']) ?? additional.get('alias'),
    par: additional.get('PaymentAccountReference'),
    token: additional.get('recurring.recurringDetailReference') ?? additional.get('tokenization.storedPaymentMethodId'),
    entry: asText(asList(card['EntryMode'])[0]),
    verification: asList(methods).flatMap((method) => asText(method) ?? []),
    country: additional.get('issuerCountry') ?? additional.get('shopperCountry'),
    expiry: expiryOf(asText(asObject(card['SensitiveCardData'])['ExpiryDate'])),
  }
  return facts.brand === undefined && facts.last4 === undefined && facts.alias === undefined ? undefined : facts
}

/** `MMYY`, of which typings make a number without its leading zero. */
function expiryOf(text: string | undefined): CardFacts['expiry'] {
  const match = /^(\d{2})(\d{2})$/.exec((text ?? '').padStart(4, '0'))
  const month = Number(match?.[1])
  if (!match || month < 1 || month > 12) return undefined
  return { month, year: 2000 + Number(match[2]) }
}
