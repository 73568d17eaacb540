// A payment at the terminal, or a refund to a card that is presented: tip, card, proof of who holds it, the host's word, the
// slips. What happened to money goes into the journal before anybody is told.

import { type Language, languageOfTag } from '../lib/language.ts'
import {
  fromNexoAmount,
  type Message,
  MessageFormat,
  type PairsForm,
  type PaymentReceipt,
  type PaymentResponse,
  type Requests,
  readPairs,
  readSlips,
  requestBody,
  toNexoAmount,
} from '../nexo/index.ts'
import { cardOf, HOST_ENTRY, type Presented, presented as presentedOf, verificationFor, WIRE_ENTRY } from './cards.ts'
import { type Refusal, refusalFor } from './faults.ts'
import { CUSTOMER_MS, failure, formOf, type Machine, money, newTransaction, stopped, success } from './operation.ts'
import type { Money, Screen } from './screen.ts'
import { paymentSlips } from './slip.ts'
import { Stopped } from './stage.ts'
import { askTip } from './tip.ts'

/** How long a host takes, for people who watch. */
const HOST_MS = 1_200
const PIN_TRIES = 3
const PIN_DIGITS = 4

/** A payment while it goes on. */
interface Paying {
  machine: Machine
  message: Message
  asked: Requests['Payment']
  currency: string
  /** Asked for, with a tip that the till already knew. */
  due: bigint
  tip: bigint
  isRefund: boolean
  transaction: ReturnType<typeof newTransaction>
  form: PairsForm
}

/** Carries a payment out. Throws MessageFormat when the question cannot be understood. */
export async function pay(machine: Machine, message: Message): Promise<PaymentResponse> {
  const paying = readPaying(machine, message)
  machine.step('TENDER_CREATED', message.header, paying.transaction.tender)
  let presented: Presented | undefined
  try {
    if (wantsTip(paying)) await addTip(paying)
    presented = heldCard(paying) ?? (await readCard(paying))
    const verified = await verify(paying, presented)
    return await authorise(paying, presented, verified)
  } catch (error) {
    if (error instanceof WrongPin && presented) return declined(paying, presented, WRONG_PIN)
    if (!(error instanceof Stopped)) throw error
    if (error.why === 'aborted' && machine.strikes('approved_before_abort')) {
      const card = presented ?? cardInHand(machine)
      return authorise(paying, card, 'none')
    }
    return ended(paying, error)
  }
}

function readPaying(machine: Machine, message: Message): Paying {
  const asked = requestBody(message, 'Payment')
  const { AmountsReq } = asked.PaymentTransaction
  const minor = (value: unknown, field: string): bigint => {
    const amount = fromNexoAmount(value, AmountsReq.Currency)
    const path = `PaymentRequest.PaymentTransaction.AmountsReq.${field}`
    if (amount === undefined) throw new MessageFormat(path, `Invalid Data Element: ${path}`)
    return amount
  }
  const requested = minor(AmountsReq.RequestedAmount, 'RequestedAmount')
  if (requested === 0n) minor(undefined, 'RequestedAmount')
  const tip = AmountsReq.TipAmount === undefined ? 0n : minor(AmountsReq.TipAmount, 'TipAmount')
  return {
    machine,
    message,
    asked,
    currency: AmountsReq.Currency,
    due: requested,
    tip,
    isRefund: asked.PaymentData?.PaymentType === 'Refund',
    transaction: newTransaction(machine),
    form: formOf(asked.SaleData.SaleToAcquirerData),
  }
}

const total = ({ due, tip }: Paying): bigint => due + tip

function wantsTip({ asked, isRefund, tip }: Paying): boolean {
  const options = readPairs(asked.SaleData.SaleToAcquirerData).values.get('tenderOption') ?? ''
  return !isRefund && tip === 0n && options.split(',').some((option) => option.trim() === 'AskGratuity')
}

async function addTip(paying: Paying): Promise<void> {
  const { machine, message, transaction } = paying
  machine.step('ASK_GRATUITY', message.header, transaction.tender)
  paying.tip = await askTip(machine, paying.due, paying.currency)
  machine.step('GRATUITY_ENTERED', message.header, transaction.tender)
}

/** The card that was read before this payment, when the payment refers to it. */
function heldCard({ machine, asked }: Paying): Presented | undefined {
  const reference = asked.PaymentData?.CardAcquisitionReference?.TransactionID
  const { held } = machine
  machine.held = null
  return reference !== undefined && held?.transactionId === reference ? held.presented : undefined
}

async function readCard(paying: Paying): Promise<Presented> {
  const { machine, message, asked, currency, transaction } = paying
  const { AllowedPaymentBrand, ForceEntryMode } = asked.PaymentTransaction.TransactionConditions ?? {}
  const due = money(total(paying), currency)
  const purpose = paying.isRefund ? 'refund' : 'payment'
  let note: Extract<Screen, { kind: 'card' }>['note'] = null
  for (;;) {
    machine.stage.show({ kind: 'card', purpose, due, tip: Number(paying.tip), note })
    const card = await presentedCard(machine)
    const { tender } = transaction
    if (card.entry === 'chip') machine.step('CARD_INSERTED', message.header, tender)
    else machine.step(card.entry === 'swipe' ? 'CARD_SWIPED' : 'CARD_PRESENTED', message.header, tender)
    const isBrandTaken = AllowedPaymentBrand === undefined || AllowedPaymentBrand.includes(card.card.brand)
    const isEntryTaken = ForceEntryMode === undefined || ForceEntryMode.includes(WIRE_ENTRY[card.entry])
    if (isBrandTaken && isEntryTaken) return card
    note = isBrandTaken ? 'entry_refused' : 'brand_refused'
    // One who acts by themselves has no other card.
    if (machine.settings.customer !== null) throw new Stopped('cancel')
  }
}

/** Waits until a card is held to the terminal, whatever is pressed besides. Throws Stopped, and the plug may go at this moment. */
export async function presentedCard(machine: Machine): Promise<Presented> {
  for (;;) {
    const touch = await machine.stage.next(CUSTOMER_MS)
    const card = touch.type === 'card' ? cardOf(touch.card) : undefined
    if (!card || touch.type !== 'card') continue
    if (machine.strikes('unplugged')) {
      machine.unplug()
      throw new Stopped('unplugged')
    }
    return presentedOf(card, touch.entry)
  }
}

function cardInHand({ settings }: Machine): Presented {
  const card = cardOf(settings.card)
  if (!card) throw new Error(`there is no card ${settings.card}`)
  return presentedOf(card, settings.entry)
}

class WrongPin extends Error {
  override name = 'WrongPin'
}

const WRONG_PIN: Refusal = { condition: 'WrongPIN', message: 'INVALID_PIN', reason: '129 Invalid PIN' }

type Verified = ReturnType<typeof verificationFor>

/** Asks for the PIN where one is needed. Throws WrongPin after the last try. */
async function verify(paying: Paying, presented: Presented): Promise<Verified> {
  const { machine, message, transaction, currency } = paying
  const how = paying.isRefund ? 'none' : verificationFor(presented.entry, total(paying), currency)
  if (how !== 'pin') return how
  machine.step('WAIT_FOR_PIN', message.header, transaction.tender)
  for (let tries = PIN_TRIES; tries > 0; tries--) {
    const pin = await enteredPin(paying, tries)
    if (pin === presented.card.pin) {
      machine.step('PIN_ENTERED', message.header, transaction.tender)
      return how
    }
  }
  throw new WrongPin()
}

/** What was typed until the green key. The screen knows only how many digits. */
async function enteredPin({ machine, currency, ...paying }: Paying, tries: number): Promise<string> {
  let typed = ''
  const due = money(paying.due + paying.tip, currency)
  for (;;) {
    const is_wrong = tries < PIN_TRIES
    machine.stage.show({ kind: 'pin', due, typed: typed.length, tries_left: tries, is_wrong })
    const touch = await machine.stage.next(CUSTOMER_MS)
    if (touch.type !== 'key') continue
    if (touch.key === 'clear') typed = ''
    else if (touch.key !== 'confirm') typed = `${typed}${touch.key}`.slice(0, PIN_DIGITS)
    else if (typed.length === PIN_DIGITS) return typed
  }
}

/** From here on nothing stops a payment: an abort comes too late. */
async function authorise(paying: Paying, presented: Presented, verified: Verified): Promise<PaymentResponse> {
  const { machine, currency } = paying
  machine.stage.show({ kind: 'authorising', due: money(total(paying), currency) })
  const { cuts } = machine
  await machine.stage.pause(HOST_MS)
  // The host never heard of it.
  if (machine.cuts > cuts) throw new Stopped('unplugged')
  const offline = offlineOf(paying)
  if (offline && paying.asked.PaymentTransaction.TransactionConditions?.ForceOnlineFlag === true)
    return declined(paying, presented, UNREACHABLE)
  const refusal = paying.isRefund || offline ? undefined : refusalFor(total(paying))
  return refusal ? declined(paying, presented, refusal) : approved(paying, presented, verified, offline)
}

const UNREACHABLE: Refusal = {
  condition: 'UnreachableHost',
  message: 'HOST_UNREACHABLE',
  reason: 'Could not go online',
}

type Offline = 'offline_approved' | 'offline_declined' | undefined

/** What the host will say of it, when it cannot be reached now. */
function offlineOf({ machine, isRefund }: Paying): Offline {
  if (isRefund) return undefined
  return (['offline_approved', 'offline_declined'] as const).find((fault) => machine.strikes(fault))
}

function approved(paying: Paying, presented: Presented, verified: Verified, offline: Offline): PaymentResponse {
  const { machine, asked, transaction, currency, isRefund } = paying
  const isPartial = !isRefund && machine.strikes('partial')
  const isOffline = offline !== undefined
  const isMore = !isRefund && machine.strikes('wrong_amount')
  const amount = isPartial ? (total(paying) + 1n) / 2n : total(paying) + (isMore ? 1n : 0n)
  const approvalCode = approvalCodeOf(machine)
  record(paying, isRefund ? 'refunded' : 'approved', amount, presented)
  // What the host says when it hears of it; the till finds out by asking.
  if (offline === 'offline_declined') record(paying, 'declined_later', amount, presented)
  const needsSignature = verified === 'signature'
  const slips = paymentSlips({
    ...{ poiId: machine.poiId, presented, kind: isRefund ? 'refund' : 'payment', amount, tip: paying.tip, currency },
    ...{ reference: asked.SaleData.SaleTransactionID.TransactionID, tender: transaction.tender, approvalCode },
    ...{ refusal: null, needsSignature, language: languageOf(paying), at: machine.clock.now() },
  })
  printed(paying, slips, amount)
  const outcome = isRefund ? 'refunded' : isPartial ? 'partial' : 'approved'
  finish(paying, { outcome, due: money(amount, currency), reason: null, removes_card: presented.entry === 'chip' })
  const additional = [
    ...cardPairs(paying, presented),
    ['authCode', approvalCode],
    ['offline', String(isOffline)],
    ['posAuthAmountValue', String(amount)],
    ['posOriginalAmountValue', String(paying.due)],
    ...(paying.tip > 0n ? [['posAmountGratuityValue', String(paying.tip)] as const] : []),
    ['transactionType', isRefund ? 'REFUND' : 'GOODS_SERVICES'],
    ['refusalReasonRaw', 'APPROVED'],
  ] as [string, string][]
  const { POITransactionID, ...rest } = transactionPart(paying, isOffline)
  return {
    Response: { ...success(additional, paying.form), Result: isPartial ? 'Partial' : 'Success' },
    ...rest,
    POIData: { POITransactionID, POIReconciliationID: '1000' },
    PaymentResult: {
      PaymentType: asked.PaymentData?.PaymentType ?? 'Normal',
      OnlineFlag: !isOffline,
      AuthenticationMethod: [METHOD_OF[verified]],
      AmountsResp: {
        Currency: currency,
        AuthorizedAmount: toNexoAmount(amount, currency),
        ...(paying.tip > 0n ? { TipAmount: toNexoAmount(paying.tip, currency) } : {}),
      },
      PaymentAcquirerData: {
        AcquirerPOIID: machine.poiId,
        MerchantID: 'VirtualTerminal',
        ApprovalCode: approvalCode,
        ...(isOffline ? {} : { AcquirerTransactionID: { TransactionID: transaction.psp, TimeStamp: transaction.at } }),
      },
      PaymentInstrumentData: instrumentOf(presented, asked.SaleData.TokenRequestedType),
    },
    PaymentReceipt: slips,
  }
}

/** Puts both slips out. */
function printed(paying: Paying, receipts: PaymentReceipt[], amount: bigint): void {
  const { machine, message, transaction, currency, tip } = paying
  const moneyOf: Record<string, Money> = {
    totalAmount: money(amount, currency),
    gratuityAmount: money(tip, currency),
  }
  machine.step('PRINT_RECEIPT', message.header, transaction.tender)
  for (const [i, { lines, needsSignature }] of readSlips(receipts).entries())
    machine.print({
      id: 0,
      title: i === 0 ? 'cashier' : 'customer',
      lines: lines.map((line) => ({ ...line, ...(moneyOf[line.key] && { money: moneyOf[line.key] }) })),
      needs_signature: needsSignature,
      barcode: null,
    })
  machine.step('RECEIPT_PRINTED', message.header, transaction.tender)
}

/** The language the till told of its customer; English where it told none of ours. */
function languageOf({ asked }: Paying): Language {
  return languageOfTag(asked.PaymentTransaction.TransactionConditions?.CustomerLanguage) ?? 'en'
}

/** Six digits, as an issuer gives. */
function approvalCodeOf({ fill }: Machine): string {
  const bytes = new Uint8Array(6)
  fill(bytes)
  return [...bytes].map((byte) => byte % 10).join('')
}

function declined(paying: Paying, presented: Presented, refusal: Refusal): PaymentResponse {
  const { machine, asked, transaction, currency } = paying
  record(paying, 'declined', total(paying), presented)
  const slips = paymentSlips({
    ...{ poiId: machine.poiId, presented, kind: 'payment', amount: total(paying), tip: paying.tip, currency },
    ...{ reference: asked.SaleData.SaleTransactionID.TransactionID, tender: transaction.tender, approvalCode: null },
    ...{ refusal: refusal.reason, needsSignature: false, language: languageOf(paying), at: machine.clock.now() },
  })
  printed(paying, slips, total(paying))
  const isInserted = presented.entry === 'chip'
  const due = money(total(paying), currency)
  finish(paying, { outcome: 'declined', due, reason: refusal.reason.replace(/^\d+ /, ''), removes_card: isInserted })
  const { POITransactionID, ...rest } = transactionPart(paying, false)
  const more = [['refusalReason', refusal.reason], ...cardPairs(paying, presented)] as [string, string][]
  return {
    Response: failure(refusal.condition, refusal.message, more, paying.form),
    ...rest,
    POIData: { POITransactionID },
    PaymentResult: {
      PaymentType: asked.PaymentData?.PaymentType ?? 'Normal',
      OnlineFlag: true,
      PaymentInstrumentData: instrumentOf(presented, asked.SaleData.TokenRequestedType),
    },
    PaymentReceipt: slips,
  }
}

/** Nothing was charged: somebody or something stopped it first. */
function ended(paying: Paying, { why }: Stopped): PaymentResponse {
  record(paying, 'canceled', total(paying), undefined)
  if (why !== 'unplugged') finish(paying, { outcome: 'canceled', due: null, reason: null, removes_card: false })
  const { POITransactionID, ...rest } = transactionPart(paying, true)
  return { Response: stopped(why, paying.form), ...rest, POIData: { POITransactionID } }
}

function finish(paying: Paying, result: Omit<Extract<Screen, { kind: 'result' }>, 'kind'>): void {
  const { machine, message, transaction } = paying
  machine.stage.show({ kind: 'result', ...result })
  machine.step('TENDER_FINAL', message.header, transaction.tender)
  machine.settle()
}

function transactionPart({ asked, transaction }: Paying, isOffline: boolean) {
  const { SaleTransactionID, SaleReferenceID, SaleToPOIData } = asked.SaleData
  return {
    SaleData: {
      SaleTransactionID,
      ...(SaleReferenceID === undefined ? {} : { SaleReferenceID }),
      ...(SaleToPOIData === undefined ? {} : { SaleToPOIData }),
    },
    POITransactionID: {
      TransactionID: isOffline ? transaction.tender : `${transaction.tender}.${transaction.psp}`,
      TimeStamp: transaction.at,
    },
  }
}

const METHOD_OF = {
  none: 'Bypass',
  pin: 'OnlinePIN',
  device: 'SecuredChannel',
  signature: 'PaperSignature',
} as const

/** A card as it stands in an answer. */
export function instrumentOf(presented: Presented, token: string | undefined) {
  const { card, entry, alias, last4 } = presented
  return {
    PaymentInstrumentType: 'Card' as const,
    CardData: {
      PaymentBrand: card.brand,
      MaskedPan: `${card.bin} **** ${last4}`,
      CardCountryCode: card.country.number,
      EntryMode: [WIRE_ENTRY[entry]],
      SensitiveCardData: { ExpiryDate: card.expiry },
      ...(token === undefined ? {} : { PaymentToken: { TokenRequestedType: token, TokenValue: alias } }),
    },
  }
}

/** What the host adds about a card. */
export function cardFacts({ card, entry, alias, par, last4 }: Presented): [string, string][] {
  return [
    ['alias', alias],
    ['aliasType', 'Default'],
    ['PaymentAccountReference', par],
    ['cardBin', card.bin],
    ['cardSummary', last4],
    ['cardScheme', card.brand],
    ['paymentMethod', card.brand],
    ['paymentMethodVariant', wallet(entry) ? `${card.brand}_${wallet(entry)}` : card.brand],
    ['posEntryMode', HOST_ENTRY[entry]],
    ['issuerCountry', card.country.code],
    ['fundingSource', card.funding.toUpperCase()],
    ['giftcardIndicator', 'false'],
  ]
}

function wallet(entry: Presented['entry']): string | undefined {
  return entry === 'wallet' ? 'applepay' : entry === 'watch' ? 'googlepay' : undefined
}

function cardPairs({ asked, transaction }: Paying, presented: Presented): [string, string][] {
  const shopper = readPairs(asked.SaleData.SaleToAcquirerData).values.get('shopperReference')
  return [
    ['pspReference', transaction.psp],
    ['tenderReference', transaction.tender],
    ['merchantReference', asked.SaleData.SaleTransactionID.TransactionID],
    ...cardFacts(presented),
    ['iso8601TxDate', transaction.at],
    ...(shopper === undefined ? [] : ([['shopperReference', shopper]] as [string, string][])),
  ]
}

function record(
  { machine, message, asked, transaction, currency, tip }: Paying,
  what: 'approved' | 'declined' | 'canceled' | 'refunded' | 'declined_later',
  amount: bigint,
  presented: Presented | undefined,
): void {
  machine.store.record({
    at: machine.clock.now().toISOString(),
    poi_id: machine.poiId,
    what,
    service_id: message.header.ServiceID ?? '',
    sale_id: asked.SaleData.SaleTransactionID.TransactionID,
    transaction_id: transaction.tender,
    amount: Number(amount),
    tip: Number(tip),
    currency,
    brand: presented?.card.brand ?? '',
  })
}
