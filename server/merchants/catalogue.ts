// The payment methods we know, one line each. A method is data: adding one is a row here, or a row in `merchant_method`
// for one merchant alone. What a method may do in a given contract is the smaller of this and what the connector declares.
//
// Facts are those of the schemes and of the usual European contracts as of 2026. Refund windows and amount limits are set
// by contract more than by scheme; the figures are the common ones, meant to be overridden per merchant.
// Read for this table: docs.mollie.com/docs/cards (cards: refunds for 365 days), docs.adyen.com/payment-methods/twint (one
// partial capture), docs.multisafepay.com/docs/mb-way (full and partial refunds), 2026-11. Dead schemes (giropay,
// Sofort, Payconiq) are left out on purpose.

import type { AmountLimit, Channel, Method, MethodAbilities, MethodFlow, MethodKind } from './method.ts'

/** Where a method works, by name. */
const PLACES = {
  /** The customer has a screen of their own. Phone is missing: a card can be read out, a bank app cannot. */
  online: ['web', 'app', 'link', 'invoice', 'chat', 'social', 'kiosk'],
  /** Online, plus in the shop by QR code or phone number. */
  phone_app: ['web', 'app', 'pos', 'link', 'invoice', 'chat', 'social', 'kiosk'],
  /** Online, plus charges by mandate. */
  mandate: ['web', 'app', 'link', 'invoice', 'chat', 'social', 'subscription', 'kiosk'],
  everywhere: ['web', 'app', 'pos', 'link', 'invoice', 'phone', 'chat', 'social', 'subscription', 'kiosk', 'iot'],
  /** Contactless in the shop, a button online; no reading out, and renewals run on the card behind it. */
  device: ['web', 'app', 'pos', 'link', 'invoice', 'chat', 'social', 'subscription', 'kiosk'],
  counter: ['pos', 'kiosk'],
  wearable: ['pos', 'kiosk', 'iot'],
  shop_and_web: ['web', 'app', 'pos', 'link', 'kiosk'],
  billed: ['web', 'app', 'invoice', 'phone', 'link', 'subscription'],
} as const satisfies Record<string, readonly Channel[]>

/**
 * `[code, name, kind, flow, countries, currencies, places, abilities, refund window in days, limits]`
 * - flow: `a/b` means a away from the counter and b at it.
 * - countries: of the customer; a star marks those in which customers expect the method, where it ranks first; empty = all.
 * - abilities: hold = authorise, with partial capture; refund = in full or in part; order = both, with several captures, as
 *   an order in parts needs; parts = instalments; again = later charges without the customer.
 * - limits: per currency, `[min, max]` in minor units.
 */
type Row = [
  code: string,
  name: string,
  kind: MethodKind,
  flow: MethodFlow | `${MethodFlow}/${MethodFlow}`,
  countries: string,
  currencies: string,
  places: keyof typeof PLACES,
  abilities: string,
  refundWindowDays?: number | null,
  limits?: Record<string, [min: bigint, max: bigint]>,
]

const EURO = 'AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK'
const SEPA = `${EURO} CH CZ DK GB HU IS LI MC NO PL RO SE SM`
const NORDIC = 'SE* NO FI DK'
const TRUSTLY = 'SE* FI* EE LT LV DE DK ES GB NL NO PL'
const AMAZON = 'DE AT ES FR GB IT BE NL LU PT IE'
const RIVERTY = 'NL* BE DE AT CH SE NO FI DK'
const RIVERTY_MONEY = 'EUR SEK NOK DKK CHF'
const ALMA = 'FR* BE ES IT DE NL LU PT'
const PAYSAFE = 'DE AT PL FR NL BE SE ES IT'
/** Klarna's own list is longer and differs per product; these are its European markets. */
const KLARNA = 'SE* DE* AT* FI* NO* DK* NL BE CH ES FR GB GR IE IT PL PT'
const KLARNA_MONEY = 'EUR SEK NOK DKK PLN CHF GBP'

/**
 * Order values of the pay-later providers, as commonly contracted. They are approximations, not read from a contract: the
 * provider's own refusal decides, and a merchant overrides them with the figures agreed on.
 */
const IN3_LIMIT: Row[9] = { EUR: [5_000n, 500_000n] }
const ALMA_LIMIT: Row[9] = { EUR: [5_000n, 200_000n] }
const RIVERTY_LIMIT: Row[9] = { EUR: [500n, 150_000n] }
const BILLINK_LIMIT: Row[9] = { EUR: [100n, 150_000n] }
const ONEY_LIMIT: Row[9] = { EUR: [10_000n, 300_000n] }
const PAYPO_LIMIT: Row[9] = { PLN: [1_000n, 200_000n] }
/** A Multibanco reference carries the amount in a field that ends at 99,999.99. */
const MULTIBANCO_LIMIT: Row[9] = { EUR: [1n, 9_999_999n] }
/** Electronic-money rules keep an anonymous voucher small; the issuer takes up to 1,000 per payment. */
const PAYSAFE_LIMIT: Row[9] = { EUR: [1n, 100_000n], PLN: [1n, 400_000n], SEK: [1n, 1_000_000n] }

const ROWS: Row[] = [
  // Local bank methods and wallets. They stand first, because where they are at home customers look for them first.
  ['ideal', 'iDEAL | Wero', 'bank', 'redirect/wait', 'NL*', 'EUR', 'phone_app', 'refund', 365],
  ['wero', 'Wero', 'bank', 'redirect', 'DE* BE FR LU NL', 'EUR', 'online', 'refund', 365],
  ['bancontact', 'Bancontact', 'bank', 'redirect/terminal', 'BE*', 'EUR', 'phone_app', 'refund', 365],
  ['kbc', 'KBC/CBC Payment Button', 'bank', 'redirect', 'BE*', 'EUR', 'online', 'refund', 365],
  ['belfius', 'Belfius Direct Net', 'bank', 'redirect', 'BE*', 'EUR', 'online', 'refund', 365],
  ['blik', 'BLIK', 'bank', 'wait', 'PL*', 'PLN', 'phone_app', 'refund', 180],
  ['przelewy24', 'Przelewy24', 'bank', 'redirect', 'PL*', 'PLN EUR', 'online', 'refund', 180],
  ['payu', 'PayU', 'bank', 'redirect', 'PL*', 'PLN', 'online', 'refund', 365],
  ['swish', 'Swish', 'bank', 'wait', 'SE*', 'SEK', 'phone_app', 'refund', 365],
  ['trustly', 'Trustly', 'bank', 'redirect', TRUSTLY, 'EUR SEK DKK NOK PLN GBP', 'online', 'refund', 365],
  ['vipps', 'Vipps', 'wallet', 'redirect/wait', 'NO*', 'NOK', 'phone_app', 'order again', 365],
  ['mobilepay', 'MobilePay', 'wallet', 'redirect/wait', 'DK* FI*', 'DKK EUR', 'phone_app', 'order again', 365],
  ['twint', 'TWINT', 'wallet', 'redirect/wait', 'CH*', 'CHF', 'phone_app', 'hold refund again', 365],
  ['eps', 'eps-Überweisung', 'bank', 'redirect', 'AT*', 'EUR', 'online', 'refund', 365],
  ['multibanco', 'Multibanco', 'bank', 'wait', 'PT*', 'EUR', 'online', '', null, MULTIBANCO_LIMIT],
  ['mb_way', 'MB WAY', 'wallet', 'wait', 'PT*', 'EUR', 'phone_app', 'refund', 365],
  ['bizum', 'Bizum', 'bank', 'redirect', 'ES*', 'EUR', 'online', 'refund', 365],
  ['satispay', 'Satispay', 'wallet', 'redirect/wait', 'IT* FR LU DE', 'EUR', 'phone_app', 'refund', 365],
  ['bancomat_pay', 'BANCOMAT Pay', 'wallet', 'wait', 'IT*', 'EUR', 'phone_app', 'refund', 365],
  ['pay_by_bank', 'Pay by bank', 'bank', 'redirect', 'GB*', 'GBP', 'online', 'refund', 365],

  // Cards, and the same cards from a phone, a watch or a thing.
  ['cartes_bancaires', 'CB', 'card', 'direct/terminal', 'FR*', 'EUR', 'everywhere', 'order again', 365],
  ['girocard', 'girocard', 'card', 'terminal', 'DE*', 'EUR', 'counter', 'refund', 365],
  ['dankort', 'Dankort', 'card', 'direct/terminal', 'DK*', 'DKK', 'everywhere', 'hold refund again', 365],
  ['card', 'Card', 'card', 'direct/terminal', '', '', 'everywhere', 'order again', 365],
  ['apple_pay', 'Apple Pay', 'wallet', 'direct/terminal', '', '', 'device', 'order again', 365],
  ['google_pay', 'Google Pay', 'wallet', 'direct/terminal', '', '', 'device', 'order again', 365],
  ['samsung_pay', 'Samsung Wallet', 'wallet', 'direct/terminal', '', '', 'device', 'order', 365],
  ['click_to_pay', 'Click to Pay', 'wallet', 'direct', '', '', 'online', 'order', 365],
  ['garmin_pay', 'Garmin Pay', 'wallet', 'terminal', '', '', 'wearable', 'hold refund', 365],
  ['swatch_pay', 'SwatchPAY!', 'wallet', 'terminal', '', '', 'wearable', 'hold refund', 365],
  ['iot_token', 'Connected device', 'wallet', 'direct/terminal', '', '', 'wearable', 'order again', 365],

  // Accounts with a wallet company.
  ['paypal', 'PayPal', 'wallet', 'redirect', '', '', 'mandate', 'order again', 180],
  ['amazon_pay', 'Amazon Pay', 'wallet', 'redirect', AMAZON, 'EUR GBP', 'mandate', 'order again', 365],

  // Pay later: the provider pays us and carries the risk. Capture when the goods leave.
  ['klarna_pay_later', 'Klarna Pay later', 'pay_later', 'redirect', KLARNA, KLARNA_MONEY, 'online', 'order'],
  ['klarna_slice', 'Klarna Pay over time', 'pay_later', 'redirect', KLARNA, KLARNA_MONEY, 'online', 'order parts'],
  ['klarna_pay_now', 'Klarna Pay now', 'bank', 'redirect', KLARNA, KLARNA_MONEY, 'online', 'order'],
  ['riverty', 'Riverty', 'pay_later', 'redirect', RIVERTY, RIVERTY_MONEY, 'online', 'order', null, RIVERTY_LIMIT],
  ['in3', 'in3', 'pay_later', 'redirect', 'NL*', 'EUR', 'online', 'refund parts', 365, IN3_LIMIT],
  ['billink', 'Billink', 'pay_later', 'redirect', 'NL* BE', 'EUR', 'online', 'hold refund', null, BILLINK_LIMIT],
  ['alma', 'Alma', 'pay_later', 'redirect/wait', ALMA, 'EUR', 'phone_app', 'refund parts', 365, ALMA_LIMIT],
  ['oney', 'Oney', 'pay_later', 'redirect', 'FR* ES PT BE IT', 'EUR', 'online', 'hold refund parts', 365, ONEY_LIMIT],
  ['paypo', 'PayPo', 'pay_later', 'redirect', 'PL*', 'PLN', 'online', 'refund', 365, PAYPO_LIMIT],
  ['walley', 'Walley', 'pay_later', 'redirect', NORDIC, 'SEK NOK EUR DKK', 'online', 'order'],
  ['qliro', 'Qliro', 'pay_later', 'redirect', NORDIC, 'SEK NOK EUR DKK', 'online', 'order'],
  ['billie', 'Billie (business)', 'pay_later', 'redirect', 'DE AT NL FR SE GB', 'EUR SEK GBP', 'online', 'order'],

  // Bank transfers and mandates.
  ['sepa_debit', 'SEPA Direct Debit', 'bank', 'direct', SEPA, 'EUR', 'mandate', 'refund again', 365],
  ['sepa_transfer', 'SEPA bank transfer', 'bank', 'wait', SEPA, 'EUR', 'billed', 'refund', 365],
  ['bankgiro', 'Bankgirot', 'bank', 'wait', 'SE', 'SEK', 'billed', ''],
  ['invoice', 'Our own invoice', 'pay_later', 'wait', '', '', 'billed', 'refund'],

  // Vouchers and meal cards. Their issuers take nothing back, so a return goes to store credit.
  ['vvv_gift_card', 'VVV Cadeaukaart', 'voucher', 'direct/terminal', 'NL', 'EUR', 'shop_and_web', ''],
  ['fashioncheque', 'fashioncheque', 'voucher', 'direct/terminal', 'NL BE DE', 'EUR', 'shop_and_web', ''],
  ['webshop_giftcard', 'Webshop Giftcard', 'voucher', 'direct', 'NL BE', 'EUR', 'online', ''],
  ['paysafecard', 'paysafecard', 'voucher', 'redirect', PAYSAFE, 'EUR PLN SEK', 'online', '', null, PAYSAFE_LIMIT],
  ['edenred', 'Edenred', 'voucher', 'direct/terminal', 'BE FR', 'EUR', 'shop_and_web', ''],
  ['pluxee', 'Pluxee', 'voucher', 'direct/terminal', 'BE FR', 'EUR', 'shop_and_web', ''],
  ['swile', 'Swile', 'voucher', 'direct/terminal', 'FR', 'EUR', 'shop_and_web', ''],
  ['monizze', 'Monizze', 'voucher', 'direct/terminal', 'BE', 'EUR', 'shop_and_web', ''],
  ['ancv_connect', 'Chèque-Vacances Connect', 'voucher', 'redirect', 'FR', 'EUR', 'online', ''],

  // What we keep ourselves, and cash.
  ['gift_card', 'Gift card', 'stored_value', 'stored_value', '', '', 'everywhere', 'order'],
  ['store_credit', 'Store credit', 'stored_value', 'stored_value', '', '', 'everywhere', 'order'],
  ['points', 'Loyalty points', 'stored_value', 'stored_value', '', '', 'everywhere', 'order'],
  ['cash', 'Cash', 'cash', 'cash', '', '', 'counter', 'refund'],
]

/** Every known method, in the order in which equals are ranked. */
export const CATALOGUE: readonly Method[] = ROWS.map(toMethod)

function toMethod(row: Row): Method {
  const [code, name, kind, flows, countries, currencies, places, abilities, refundWindowDays, limits] = row
  const [flow, counterFlow] = flows.split('/') as [MethodFlow, MethodFlow | undefined]
  const starred = words(countries)
  return {
    code,
    name,
    kind,
    flow,
    counter_flow: counterFlow ?? flow,
    countries: starred.map((country) => country.replace('*', '')),
    home_countries: starred.filter((country) => country.endsWith('*')).map((country) => country.slice(0, -1)),
    currencies: words(currencies),
    channels: PLACES[places],
    can: toAbilities(words(abilities), refundWindowDays ?? null),
    limits: Object.fromEntries(
      Object.entries(limits ?? {}).map(([currency, [min, max]]): [string, AmountLimit] => [currency, { min, max }]),
    ),
  }
}

function toAbilities(names: readonly string[], refundWindowDays: number | null): MethodAbilities {
  const order = names.includes('order')
  const hold = order || names.includes('hold')
  const refund = order || names.includes('refund')
  return {
    authorize: hold,
    partial_capture: hold,
    multi_capture: order,
    refund,
    partial_refund: refund,
    refund_window_days: refundWindowDays,
    instalments: names.includes('parts'),
    recurring: names.includes('again'),
  }
}

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '')
}
