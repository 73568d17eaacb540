// The test cards. A number decides what the simulated issuer and network do; any other number with a right check digit
// is approved. docs/guides/simulator.md lists the same table for readers, and a test keeps the two equal.

import { createHmac } from 'node:crypto'
import { passesLuhn } from '../../lib/card-scan.ts'
import type { FaultName } from './faults.ts'

/** Why an issuer says no, and whether the same card may be tried again later. */
export interface Decline {
  code: string
  message: string
  is_retryable: boolean
}

/** What a test card does. `fault` is one of the fault plan's, struck by the card instead of by chance. */
export type CardBehaviour =
  | {
      does:
        | 'approve'
        | 'challenge'
        | 'frictionless'
        | 'dispute'
        | 'settle_later'
        | 'decline_later'
        | 'capture_fails'
        | 'refund_fails'
    }
  | { does: 'decline'; decline: Decline }
  | { does: 'fault'; fault: FaultName }

export interface TestCard {
  number: string
  behaviour: CardBehaviour
  /** What happens, for the guide. */
  text: string
}

export const DECLINES = {
  card_declined: { code: 'card_declined', message: 'The issuer declined the card.', is_retryable: false },
  insufficient_funds: { code: 'insufficient_funds', message: 'The account has too little money.', is_retryable: true },
  expired_card: { code: 'expired_card', message: 'The card has expired.', is_retryable: false },
  incorrect_cvc: { code: 'incorrect_cvc', message: 'The security code is wrong.', is_retryable: true },
  processing_error: {
    code: 'processing_error',
    message: 'The issuer could not process this. Try again.',
    is_retryable: true,
  },
  invalid_number: { code: 'invalid_number', message: 'The card number is not valid.', is_retryable: false },
  authentication_failed: {
    code: 'authentication_failed',
    message: 'The customer could not be authenticated.',
    is_retryable: true,
  },
  authentication_required: {
    code: 'authentication_required',
    message: 'The customer must be present to authenticate.',
    is_retryable: false,
  },
  code_invalid: { code: 'code_invalid', message: 'The bank knows no such code.', is_retryable: true },
  code_expired: { code: 'code_expired', message: 'The code is older than two minutes.', is_retryable: true },
  customer_declined: {
    code: 'customer_declined',
    message: 'The customer refused at their bank or wallet.',
    is_retryable: true,
  },
  customer_canceled: { code: 'customer_canceled', message: 'The customer left without paying.', is_retryable: true },
  action_expired: { code: 'action_expired', message: 'The customer did not act in time.', is_retryable: true },
} as const satisfies Record<string, Decline>

const approve = { does: 'approve' } as const
const declines = (decline: Decline): CardBehaviour => ({ does: 'decline', decline })
const strikes = (fault: FaultName): CardBehaviour => ({ does: 'fault', fault })

export const TEST_CARDS: readonly TestCard[] = [
  { number: '4242424242424242', behaviour: approve, text: 'Approved (Visa credit)' },
  { number: '4000056655665556', behaviour: approve, text: 'Approved (Visa debit)' },
  { number: '5555555555554444', behaviour: approve, text: 'Approved (Mastercard)' },
  { number: '2223003122003222', behaviour: approve, text: 'Approved (Mastercard, 2-series)' },
  { number: '378282246310005', behaviour: approve, text: 'Approved (American Express)' },
  { number: '6759649826438453', behaviour: approve, text: 'Approved (Maestro)' },
  { number: '4000000000000002', behaviour: declines(DECLINES.card_declined), text: 'Declined: card_declined' },
  {
    number: '4000000000009995',
    behaviour: declines(DECLINES.insufficient_funds),
    text: 'Declined: insufficient_funds',
  },
  { number: '4000000000000069', behaviour: declines(DECLINES.expired_card), text: 'Declined: expired_card' },
  { number: '4000000000000127', behaviour: declines(DECLINES.incorrect_cvc), text: 'Declined: incorrect_cvc' },
  {
    number: '4000000000000119',
    behaviour: declines(DECLINES.processing_error),
    text: 'Declined: processing_error (may be retried)',
  },
  { number: '4000002500003155', behaviour: { does: 'challenge' }, text: '3-D Secure challenge on the bank’s page' },
  { number: '4000000000003055', behaviour: { does: 'frictionless' }, text: 'Approved with frictionless 3-D Secure' },
  { number: '4000000000000259', behaviour: { does: 'dispute' }, text: 'Approved, disputed a minute later' },
  {
    number: '4000007700000109',
    behaviour: strikes('lost_before'),
    text: 'The connection breaks before anything happens',
  },
  { number: '4000007700000208', behaviour: strikes('lost_after'), text: 'Approved, and the answer is lost' },
  { number: '4000007700000307', behaviour: strikes('slow'), text: 'Approved, and the answer comes after 30 seconds' },
  { number: '4000007700000406', behaviour: strikes('http5xx_before'), text: 'HTTP 500 before anything happens' },
  { number: '4000007700000505', behaviour: strikes('http5xx_after'), text: 'Approved, and answered with HTTP 500' },
  { number: '4000007700000604', behaviour: strikes('partial_approval'), text: 'Approved for half the amount' },
  { number: '4000007700000703', behaviour: strikes('duplicate_webhook'), text: 'Approved, its webhook comes twice' },
  { number: '4000007700000802', behaviour: strikes('late_webhook'), text: 'Approved, its webhook comes a minute late' },
  {
    number: '4000007700000901',
    behaviour: strikes('reordered_webhook'),
    text: 'Approved, later webhooks overtake its own',
  },
  {
    number: '4000007700001008',
    behaviour: strikes('wrong_amount_webhook'),
    text: 'Approved, its webhook names one minor unit too many',
  },
  {
    number: '4000007700001107',
    behaviour: { does: 'capture_fails' },
    text: 'Approved, the capture fails half a minute later',
  },
  {
    number: '4000007700001206',
    behaviour: { does: 'refund_fails' },
    text: 'Approved, a refund succeeds and fails half a minute later',
  },
  {
    number: '4000007700001305',
    behaviour: strikes('not_found_then_found'),
    text: 'Approved, the answer is lost and a lookup finds it only after a minute',
  },
  {
    number: '4000007700001404',
    behaviour: { does: 'settle_later' },
    text: 'Pending, approved by webhook half a minute later',
  },
  {
    number: '4000007700001503',
    behaviour: { does: 'decline_later' },
    text: 'Pending, declined by webhook half a minute later',
  },
  {
    number: '4000007700001602',
    behaviour: strikes('down'),
    text: 'Nobody answers this request; nothing happened, another account may be tried',
  },
  {
    number: '4000007700001701',
    behaviour: strikes('account_down'),
    text: 'The provider goes down for this account for 30 seconds',
  },
]

const BY_NUMBER = new Map(TEST_CARDS.map((card) => [card.number, card.behaviour]))

/** What the simulated issuer does with a number. */
export function behaviourOf(number: string): CardBehaviour {
  const known = BY_NUMBER.get(number)
  if (known) return known
  return passesLuhn(number) ? approve : declines(DECLINES.invalid_number)
}

/** The card scheme by the number's opening digits, as far as the test numbers need it. */
export function brandOf(number: string): string {
  const two = Number(number.slice(0, 2))
  const four = Number(number.slice(0, 4))
  if (number.startsWith('4')) return 'visa'
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return 'mastercard'
  if (two === 34 || two === 37) return 'amex'
  if (four === 6011 || two === 65) return 'discover'
  if (two === 62) return 'unionpay'
  if (two === 35) return 'jcb'
  if (two === 36 || two === 38 || four === 3056) return 'diners'
  if (two === 50 || (two >= 56 && two <= 69)) return 'maestro'
  return 'other'
}

/** Hashing costs as much as the rest of a sale and tests use few cards; the bound keeps a stranger's numbers from piling up. */
const MAX_ALIASES = 1024

/**
 * The provider's stable names of cards: the same number gives the same alias, and without the key, which stays with the provider, no
 * alias gives a number (a plain hash would: there are few numbers to try).
 */
export function createAliases(key: string): (number: string) => string {
  const aliases = new Map<string, string>()
  return (number) => {
    const known = aliases.get(number)
    if (known) return known
    const alias = `simcard_${createHmac('sha256', key).update(number).digest('hex').slice(0, 24)}`
    if (aliases.size >= MAX_ALIASES) aliases.clear()
    aliases.set(number, alias)
    return alias
  }
}
