// The methods the simulated provider carries, and how a customer finishes each. The codes are those of the method
// catalogue (server/merchants/catalogue.ts), which connectors may not import; a test compares the two lists.

import type { InstrumentFacts } from '../connector.ts'

/**
 * How a charge with the method goes on after the request.
 * - card: decided at once by the card given (or presented at a terminal). - page: on a hosted page of ours.
 * - app: in the customer's own app, for which a page of ours stands in. - transfer: the money comes in later by itself.
 */
export type Finish = 'card' | 'page' | 'app' | 'transfer'

/** Methods whose customers type what their app shows, before they are asked in it. */
const TYPED_CODE: ReadonlySet<string> = new Set(['blik'])
/** Codes that misbehave; any other six digits are somebody's. */
const WRONG_CODE = '000000'
const OLD_CODE = '111111'

/** What the bank says of the code of a method that has one: whose it is, or why it is nobody's. */
export function judgeCode(method: string, code: string | undefined): 'none' | 'good' | 'invalid' | 'expired' {
  if (!TYPED_CODE.has(method)) return 'none'
  if (code === undefined || !/^\d{6}$/.test(code) || code === WRONG_CODE) return 'invalid'
  return code === OLD_CODE ? 'expired' : 'good'
}

interface SimulatedMethod {
  finish: Finish
  kind: InstrumentFacts['kind']
  label: string
}

const as = (
  finish: Finish,
  kind: InstrumentFacts['kind'],
  labels: Record<string, string>,
): [string, SimulatedMethod][] => Object.entries(labels).map(([code, label]) => [code, { finish, kind, label }])

const METHODS: ReadonlyMap<string, SimulatedMethod> = new Map([
  ...as('card', 'card', { card: 'Card', cartes_bancaires: 'CB', girocard: 'girocard', dankort: 'Dankort' }),
  ...as('card', 'wallet', {
    apple_pay: 'Apple Pay',
    google_pay: 'Google Pay',
    samsung_pay: 'Samsung Wallet',
    click_to_pay: 'Click to Pay',
    garmin_pay: 'Garmin Pay',
    swatch_pay: 'SwatchPAY!',
    iot_token: 'Connected device',
  }),
  ...as('page', 'bank', {
    ideal: 'iDEAL | Wero',
    wero: 'Wero',
    bancontact: 'Bancontact',
    kbc: 'KBC/CBC',
    belfius: 'Belfius',
    przelewy24: 'Przelewy24',
    payu: 'PayU',
    trustly: 'Trustly',
    eps: 'eps',
    bizum: 'Bizum',
    pay_by_bank: 'Pay by bank',
    klarna_pay_now: 'Klarna Pay now',
  }),
  ...as('page', 'wallet', {
    vipps: 'Vipps',
    mobilepay: 'MobilePay',
    twint: 'TWINT',
    satispay: 'Satispay',
    paypal: 'PayPal',
    amazon_pay: 'Amazon Pay',
  }),
  ...as('page', 'pay_later', {
    klarna_pay_later: 'Klarna Pay later',
    klarna_slice: 'Klarna Pay over time',
    riverty: 'Riverty',
    in3: 'in3',
    billink: 'Billink',
    alma: 'Alma',
    oney: 'Oney',
    paypo: 'PayPo',
    walley: 'Walley',
    qliro: 'Qliro',
    billie: 'Billie',
  }),
  ...as('page', 'other', { paysafecard: 'paysafecard', ancv_connect: 'Chèque-Vacances Connect' }),
  ...as('app', 'bank', { blik: 'BLIK', swish: 'Swish', multibanco: 'Multibanco' }),
  ...as('app', 'wallet', { mb_way: 'MB WAY', bancomat_pay: 'BANCOMAT Pay' }),
  ...as('app', 'bank', { sepa_transfer: 'Bank transfer', bankgiro: 'Bankgirot' }),
  ...as('app', 'pay_later', { invoice: 'Invoice' }),
  ...as('transfer', 'bank', { sepa_debit: 'SEPA Direct Debit' }),
  ...as('card', 'other', {
    vvv_gift_card: 'VVV Cadeaukaart',
    fashioncheque: 'fashioncheque',
    webshop_giftcard: 'Webshop Giftcard',
    edenred: 'Edenred',
    pluxee: 'Pluxee',
    swile: 'Swile',
    monizze: 'Monizze',
  }),
])

/** Codes of every method carried. */
export const METHOD_CODES: readonly string[] = [...METHODS.keys()]

/** How the simulator treats a method; undefined when it does not carry it. */
export function simulatedMethod(code: string): SimulatedMethod | undefined {
  return METHODS.get(code)
}

/** At a terminal the card decides, and methods of the phone that have no card in them are scanned there. */
export function finishAt(method: SimulatedMethod, isTerminal: boolean): Finish {
  return isTerminal ? 'card' : method.finish
}

export type { SimulatedMethod }
