// What a terminal's answer means for money. The amount is the one of the answer; what the answer does not say clearly is unknown.

import {
  type AnswerResult,
  type CardFacts,
  type PaymentAnswer,
  readPaymentAnswer,
  readReversalAnswer,
  type TransactionName,
} from '../../nexo/index.ts'
import type { InstrumentFacts, Outcome } from '../connector.ts'

/** The terminal has seen this ServiceID before: the first message counts, and must be asked about. */
export class Repeated extends Error {
  override name = 'Repeated'
}

/** Of a payment, or of a refund to a card that was presented. Throws Repeated. */
export function outcomeOfPayment(body: unknown, currency: string): Outcome {
  const answer = readPaymentAnswer(body, currency)
  if (answer.result === 'Failure') return refusal(answer)
  if (answer.result !== 'Success' && answer.result !== 'Partial')
    return { outcome: 'unknown', reason: 'the answer does not say how it went' }
  if (answer.authorized === undefined) return { outcome: 'unknown', reason: 'approved, without an amount' }
  if (answer.currency !== currency) return { outcome: 'unknown', reason: `approved in ${answer.currency}` }
  const tip = answer.tip
  const name = answer.poiTransaction
  return {
    outcome: 'succeeded',
    amount: answer.authorized - tip - answer.cashback,
    ...(tip > 0n && { tip }),
    psp_reference: name ? referenceOf(name) : (answer.pspReference ?? ''),
    ...(name && isMoment(name.at) && { occurred_at: new Date(name.at).toISOString() }),
    ...(answer.card && { instrument: instrumentOf(answer.card, answer.approvalCode) }),
    ...(answer.isOffline && { is_provisional: true }),
    detail: detailOf(answer),
  }
}

/** Of a reversal. Accepted counts as given back: a host that changes its mind later tells so by its settlement. */
export function outcomeOfReversal(body: unknown, asked: { amount: bigint; tip: bigint; currency: string }): Outcome {
  const answer = readReversalAnswer(body, asked.currency)
  if (answer.result === 'Failure') return refusal(answer)
  if (answer.result !== 'Success') return { outcome: 'unknown', reason: 'the answer does not say how it went' }
  const reversed = answer.reversed ?? asked.amount + asked.tip
  const name = answer.poiTransaction
  return {
    outcome: 'succeeded',
    amount: reversed - asked.tip,
    psp_reference: name ? referenceOf(name) : (answer.pspReference ?? ''),
    ...(name && isMoment(name.at) && { occurred_at: new Date(name.at).toISOString() }),
    detail: { slips: answer.slips, psp_reference: answer.pspReference },
  }
}

/** Both halves of a transaction's name in one text, because a refund needs both. */
export function referenceOf({ id, at }: TransactionName): string {
  return `${id} ${at}`
}

/** The halves again; undefined for what is no such name. */
export function nameIn(reference: string): TransactionName | undefined {
  const at = reference.lastIndexOf(' ')
  return at <= 0 ? undefined : { id: reference.slice(0, at), at: reference.slice(at + 1) }
}

function isMoment(text: string): boolean {
  return !Number.isNaN(Date.parse(text))
}

const ENTRIES: Record<string, string> = {
  ...{ Contactless: 'contactless', Tapped: 'contactless', RFID: 'contactless', Mobile: 'wallet' },
  ...{ ICC: 'chip', SynchronousICC: 'chip', MagStripe: 'swipe', Keyed: 'keyed', Manual: 'keyed', Scanned: 'scanned' },
}

/** The card in our words. */
export function instrumentOf(card: CardFacts, approvalCode?: string): InstrumentFacts {
  return {
    kind: 'card',
    ...(card.brand !== undefined && { brand: card.brand }),
    ...(card.last4 !== undefined && /^\d{4}$/.test(card.last4) && { last4: card.last4 }),
    ...(card.bin !== undefined && /^\d{6,8}$/.test(card.bin) && { bin: card.bin }),
    ...(card.expiry && { exp_month: card.expiry.month, exp_year: card.expiry.year }),
    ...(card.alias !== undefined && { alias: card.alias }),
    ...(card.entry !== undefined && { entry: ENTRIES[card.entry] ?? card.entry.toLowerCase() }),
    ...(approvalCode !== undefined && { approval_code: approvalCode }),
  }
}

function detailOf({ slips, isOffline, pspReference, acquirerReference, card }: PaymentAnswer): object {
  return {
    psp_reference: pspReference,
    acquirer_reference: acquirerReference,
    is_offline: isOffline,
    verified_by: card?.verification ?? [],
    ...(card?.par !== undefined && { par: card.par }),
    slips,
  }
}

/** The host's own words for why, and ours. */
const BY_MESSAGE: Record<string, [code: string, message: string, isRetryable: boolean]> = {
  NOT_ENOUGH_BALANCE: ['insufficient_funds', 'The account has too little money.', true],
  BLOCK_CARD: ['card_blocked', 'The card is blocked.', false],
  CARD_EXPIRED: ['expired_card', 'The card has expired.', false],
  INVALID_AMOUNT: ['card_declined', 'The issuer declined the amount.', false],
  INVALID_CARD: ['invalid_card', 'The card cannot be used.', false],
  INVALID_PIN: ['wrong_pin', 'The PIN was wrong.', true],
}
const BY_CONDITION: Record<string, [code: string, message: string, isRetryable: boolean]> = {
  Aborted: ['canceled', 'Given up before the card was charged.', true],
  Cancel: ['canceled', 'Canceled on the terminal.', true],
  Busy: ['terminal_busy', 'The terminal is doing something else.', true],
  DeviceOut: ['terminal_unavailable', 'The terminal cannot do it now.', true],
  UnavailableDevice: ['terminal_unavailable', 'The terminal cannot do it now.', true],
  UnavailableService: ['terminal_unavailable', 'The terminal cannot do it now.', true],
  LoggedOut: ['terminal_unavailable', 'The terminal is logged out.', true],
  InsertedCard: ['card_left_in', 'A card was left in the reader.', true],
  InvalidCard: ['invalid_card', 'The card cannot be used.', false],
  WrongPIN: ['wrong_pin', 'The PIN was wrong.', true],
  NotAllowed: ['not_allowed', 'The terminal may not do this.', false],
  PaymentRestriction: ['not_allowed', 'This card is not taken here.', false],
  UnreachableHost: ['host_unreachable', 'The terminal could not reach its host.', true],
  NotFound: ['not_found', 'The terminal does not know the transaction.', false],
}

/** A clear no. A message that the terminal took for a repeated one, or for one that goes on, is no answer to ours. */
function refusal(answer: AnswerResult): Outcome {
  const { condition = '', message = '', refusalReason } = answer
  if (condition === 'MessageFormat' && /repeated/i.test(`${message} ${refusalReason ?? ''}`))
    throw new Repeated(message)
  if (condition === 'InProgress') return { outcome: 'unknown', reason: 'the terminal is still at it' }
  const [code, text, isRetryable] = BY_MESSAGE[message] ??
    BY_CONDITION[condition] ?? [
      condition === 'Refusal' ? 'card_declined' : 'terminal_refused',
      refusalReason ?? (message || condition || 'The terminal refused it.'),
      condition === 'Refusal',
    ]
  return { outcome: 'declined', code, message: text, is_retryable: isRetryable }
}
