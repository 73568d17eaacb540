// What a payment method is, how a merchant's own word changes the catalogue's, and which methods can be used for one
// purchase. All of it is pure: the rows come in, the answer goes out.

import type { ConnectorAccount } from '../connectors/connector.ts'
import { CHANNELS, type Channel } from '../lib/channel.ts'
import { CATALOGUE } from './catalogue.ts'

export { CHANNELS, type Channel }

/** The channels in which the customer stands at our device, so that a card is presented and not typed. */
export const COUNTER_CHANNELS: ReadonlySet<Channel> = new Set(['pos', 'kiosk'])

export const METHOD_KINDS = ['card', 'wallet', 'bank', 'pay_later', 'stored_value', 'cash', 'voucher'] as const
export type MethodKind = (typeof METHOD_KINDS)[number]

/**
 * How the customer pays with it.
 * - direct: data comes with the request (a card or wallet token); at most an authentication step follows.
 * - redirect: on a page of the method's own.
 * - wait: in the customer's own app or bank, while we wait (a code, a QR, a transfer).
 * - terminal: on a card terminal. - cash: in the drawer. - stored_value: from a balance we keep.
 */
export const METHOD_FLOWS = ['direct', 'redirect', 'wait', 'terminal', 'cash', 'stored_value'] as const
export type MethodFlow = (typeof METHOD_FLOWS)[number]

/** What a scheme allows. The connector may allow less: an instruction needs both. Names are those of the API. */
export interface MethodAbilities {
  /** Reserve now, capture later. Without it there is only the sale. */
  authorize: boolean
  partial_capture: boolean
  multi_capture: boolean
  refund: boolean
  partial_refund: boolean
  /** Days after the capture in which a refund is taken; null = no limit known. */
  refund_window_days: number | null
  /** The customer pays in parts; the merchant is paid at once. */
  instalments: boolean
  /** The merchant may charge again later without the customer present. */
  recurring: boolean
}

/** Smallest and largest amount of one payment, in minor units, both inclusive. */
export interface AmountLimit {
  min?: bigint
  max?: bigint
}

/** One payment method as it holds for one merchant. Empty lists mean "all". */
export interface Method {
  code: string
  name: string
  kind: MethodKind
  /** Away from the counter. */
  flow: MethodFlow
  /** In COUNTER_CHANNELS: the same card is typed on the web and presented in the shop. */
  counter_flow: MethodFlow
  /** Where the customer must be, ISO 3166-1. */
  countries: readonly string[]
  /** Where customers expect to see it first. */
  home_countries: readonly string[]
  currencies: readonly string[]
  channels: readonly Channel[]
  can: Readonly<MethodAbilities>
  /** By currency; a currency that is not named has no limit. */
  limits: Readonly<Record<string, AmountLimit>>
}

/** What a merchant may say about a method: any field of it. Stored as JSON, so limits are numbers of minor units. */
export interface MethodOverride {
  name?: string
  kind?: MethodKind
  flow?: MethodFlow
  counter_flow?: MethodFlow
  countries?: string[]
  home_countries?: string[]
  currencies?: string[]
  channels?: Channel[]
  can?: Partial<MethodAbilities>
  limits?: Record<string, { min?: number; max?: number }>
}

/** A row of `merchant_method`. */
export interface MethodRow {
  code: string
  is_enabled: boolean
  override: MethodOverride
}

/** True when an override can stand alone, as a method that the catalogue does not know must. */
export function isComplete(override: MethodOverride): boolean {
  return override.name !== undefined && override.kind !== undefined && override.flow !== undefined
}

/**
 * The methods of one merchant by code: the catalogue, changed, added to and switched off by the merchant's rows.
 * The order of the map is the catalogue's and then, for the merchant's own, the order of the codes: it is the last rank.
 */
export function effectiveMethods(rows: readonly MethodRow[]): Map<string, Method> {
  const methods = new Map(CATALOGUE.map((method) => [method.code, method]))
  for (const row of rows.toSorted((a, b) => (a.code < b.code ? -1 : 1))) {
    const base = methods.get(row.code) ?? blankMethod(row)
    if (row.is_enabled && base) methods.set(row.code, merge(base, row.override))
    else methods.delete(row.code)
  }
  return methods
}

/** What a purchase is, as far as the choice of methods goes. */
export interface Purchase {
  /** Minor units, > 0. */
  amount: bigint
  currency: string
  channel: Channel
  /** Where the customer is. Without it no method is left out by country, and the merchant's own country ranks. */
  country?: string
  /** Codes this customer has used or saved, latest first: they rank before all others. */
  familiar?: readonly string[]
}

/** The part of a merchant's configuration that decides on methods. */
export interface MethodChoice {
  country: string
  channels: ReadonlySet<Channel>
  methods: ReadonlyMap<string, Method>
  accounts: readonly (Pick<ConnectorAccount, 'connector'> & { methods: readonly string[]; isEnabled: boolean })[]
}

/** What a connector carries: at all, or where there are terminals, or where there are none. */
export type MethodsOf = (connector: string, hasTerminals?: boolean) => readonly string[]

/**
 * The methods with which a purchase can be paid, best first: those the customer knows, then those expected in the
 * country, cards and the phone's wallets, pay later as expected in the country, then the rest, each group in catalogue order. A method is there only if an enabled connector account
 * carries it; `methodsOf` tells what a connector carries at all. Pure and deterministic.
 */
export function availableMethods(merchant: MethodChoice, methodsOf: MethodsOf, purchase: Purchase): Method[] {
  if (!merchant.channels.has(purchase.channel)) return []
  const carried = carriedMethods(merchant, methodsOf, purchase.channel)
  const home = purchase.country ?? merchant.country
  const familiar = purchase.familiar ?? []
  const rank = (method: Method): number => {
    const group = groupOf(method, home, familiar)
    return group === 'familiar' ? familiar.indexOf(method.code) : familiar.length + METHOD_GROUPS.indexOf(group)
  }
  return [...merchant.methods.values()]
    .filter((method) => carried.has(method.code) && takes(method, purchase))
    .sort((a, b) => rank(a) - rank(b))
}

/**
 * Why a method stands where it stands, best first.
 * - familiar: the customer has used or saved it. - expected: people of the country look for it. - card: nearly everybody has one, in the
 * purse or in the phone. - expected_later: pay later, as people of the country know it. - other.
 */
export const METHOD_GROUPS = ['familiar', 'expected', 'card', 'expected_later', 'other'] as const
export type MethodGroup = (typeof METHOD_GROUPS)[number]

/** The group of a method for a customer in `country`. */
export function groupOf(method: Method, country: string, familiar: readonly string[]): MethodGroup {
  if (familiar.includes(method.code)) return 'familiar'
  const isHome = method.home_countries.includes(country)
  if (method.kind === 'pay_later') return isHome ? 'expected_later' : 'other'
  if (isHome) return 'expected'
  return method.flow === 'direct' && (method.kind === 'card' || method.kind === 'wallet') ? 'card' : 'other'
}

/** Why a method cannot be used for a purchase; null when it can. The first reason that applies, from the merchant's own to the purchase's. */
export function whyNot(
  merchant: MethodChoice,
  methodsOf: MethodsOf,
  purchase: Purchase,
  method: Method,
): 'no_account' | 'channel' | 'currency' | 'country' | 'amount' | null {
  if (!carriedMethods(merchant, methodsOf, purchase.channel).has(method.code)) return 'no_account'
  const { channel, currency, country } = purchase
  if (!merchant.channels.has(channel) || !method.channels.includes(channel)) return 'channel'
  if (method.currencies.length > 0 && !method.currencies.includes(currency)) return 'currency'
  if (country !== undefined && method.countries.length > 0 && !method.countries.includes(country)) return 'country'
  return takes(method, purchase) ? null : 'amount'
}

/** How the customer pays with `method` in `channel`. */
export function flowIn(method: Method, channel: Channel): MethodFlow {
  return COUNTER_CHANNELS.has(channel) ? method.counter_flow : method.flow
}

/** Members of a tender that a method may need. */
export const METHOD_NEEDS = [
  'token',
  'voucher',
  'bank_account',
  'one_time_code',
  'terminal_id',
  'cash',
  'gift_card',
  'customer',
] as const
export type MethodNeed = (typeof METHOD_NEEDS)[number]

const DIRECT_NEEDS: Partial<Record<MethodKind, MethodNeed>> = {
  card: 'token',
  // What the customer's device hands over stands for a card, and is tokenised like one.
  wallet: 'token',
  voucher: 'voucher',
  bank: 'bank_account',
}

/** The customer's app shows a code first, and asks there once it was typed here. */
const TYPED_CODE: ReadonlySet<string> = new Set(['blik'])

/** Without what a tender of the method would take nobody's money; undefined where the customer is led elsewhere to pay. */
export function needOf({ code, kind }: Pick<Method, 'code' | 'kind'>, flow: MethodFlow): MethodNeed | undefined {
  switch (flow) {
    case 'direct':
      return DIRECT_NEEDS[kind]
    case 'terminal':
      return 'terminal_id'
    case 'cash':
      return 'cash'
    case 'wait':
      return TYPED_CODE.has(code) ? 'one_time_code' : undefined
    case 'stored_value':
      return code === 'gift_card' ? 'gift_card' : 'customer'
    default:
      return undefined
  }
}

/** True when the method itself allows the purchase; whether an account carries it is another question. */
export function takes(method: Method, purchase: Purchase): boolean {
  const { amount, currency, country, channel } = purchase
  if (!method.channels.includes(channel)) return false
  if (method.currencies.length > 0 && !method.currencies.includes(currency)) return false
  if (country !== undefined && method.countries.length > 0 && !method.countries.includes(country)) return false
  const limit = Object.hasOwn(method.limits, currency) ? method.limits[currency] : undefined
  if (limit?.min !== undefined && amount < limit.min) return false
  return limit?.max === undefined || amount <= limit.max
}

/** True when the account is switched on and carries the method, by its connector and by its own narrower list. */
export function carries(account: MethodChoice['accounts'][number], methodsOf: MethodsOf, code: string): boolean {
  if (!account.isEnabled || !methodsOf(account.connector).includes(code)) return false
  return account.methods.length === 0 || account.methods.includes(code)
}

/** By accounts that can be used there: a provider of terminals alone carries nothing to a web shop. */
function carriedMethods(merchant: MethodChoice, methodsOf: MethodsOf, channel: Channel): Set<string> {
  const here: MethodsOf = (connector) => methodsOf(connector, COUNTER_CHANNELS.has(channel))
  const codes = new Set<string>()
  for (const account of merchant.accounts) {
    for (const code of here(account.connector)) if (carries(account, here, code)) codes.add(code)
  }
  return codes
}

/** Abilities are all "no" until the merchant says otherwise: claiming one that is not there would promise money back. */
function blankMethod(row: MethodRow): Method | undefined {
  const { name, kind, flow } = row.override
  if (name === undefined || kind === undefined || flow === undefined) return undefined
  return {
    code: row.code,
    name,
    kind,
    flow,
    counter_flow: flow,
    countries: [],
    home_countries: [],
    currencies: [],
    channels: CHANNELS,
    can: {
      authorize: false,
      partial_capture: false,
      multi_capture: false,
      refund: false,
      partial_refund: false,
      refund_window_days: null,
      instalments: false,
      recurring: false,
    },
    limits: {},
  }
}

function merge(base: Method, override: MethodOverride): Method {
  const { can, limits, ...fields } = override
  return {
    ...base,
    ...fields,
    can: { ...base.can, ...can },
    limits: limits === undefined ? base.limits : Object.fromEntries(Object.entries(limits).map(minorUnits)),
  }
}

function minorUnits([currency, limit]: [string, { min?: number; max?: number }]): [string, AmountLimit] {
  const { min, max } = limit
  return [
    currency,
    {
      ...(min === undefined ? {} : { min: BigInt(min) }),
      ...(max === undefined ? {} : { max: BigInt(max) }),
    },
  ]
}
