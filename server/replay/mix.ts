// How the trade is spread over channels, stores and methods. A retailer's file says what was sold, not how it was paid;
// this makes it up, by chance that is the same every time: drawn from the seed and the invoice number alone, so neither
// the order of work nor a second run changes it.

import { createHash } from 'node:crypto'

export interface Register {
  id: string
  storeId: string
}

export interface Terminal extends Register {
  registerId: string | null
}

/** Where this merchant sells, read from the API. */
export interface Places {
  channels: ReadonlySet<string>
  /** The store that sales away from a counter belong to; undefined when there is none. */
  webStoreId: string | undefined
  registers: readonly Register[]
  terminals: readonly Terminal[]
}

/** A payment method as GET /v1/payment_methods shows it. */
export interface OfferedMethod {
  code: string
  kind: string
  flow: string
  requires: string[]
  can: { authorize: boolean; refund: boolean; partial_refund: boolean }
}

/** How one part is paid. `card` is the number of a test card in the wallet; register and terminal say where. */
export interface TenderChoice {
  method: string
  card?: string
  registerId?: string
  terminalId?: string
}

export interface SaleChoice {
  capture: 'automatic' | 'manual'
  /** The shop whose counter the customer stands at; undefined away from one. */
  storeId?: string
  tenders: { choice: TenderChoice; amount: bigint }[]
}

/** A card that always pays: for second attempts and credits. */
export const SURE_CARD = '4242424242424242'
const CARDS: readonly [card: string, weight: number][] = [
  [SURE_CARD, 50],
  ['5555555555554444', 30],
  ['4000056655665556', 10],
  ['378282246310005', 4],
  // Asks for 3-D Secure on the bank's page.
  ['4000002500003155', 4],
  // Too little on the account: the customer takes another card.
  ['4000000000009995', 2],
]
/** The numbers of all cards that a replay pays with. */
export const CARD_NUMBERS: readonly string[] = CARDS.map(([number]) => number)
const HOME: readonly [string, number][] = [
  ['web', 40],
  ['pos', 30],
  ['app', 14],
  ['phone', 6],
  ['link', 5],
  ['invoice', 5],
]
/** Customers abroad do not walk in. */
const ABROAD: readonly [string, number][] = HOME.filter(([channel]) => channel !== 'pos')
const CHANCE = { cash: 0.25, otherMethod: 0.45, manual: 0.15, split: 0.06, cashRefund: 0.5, collect: 0.15 }
/** Below this a split makes no sense at a till. */
const LEAST_SPLIT = 500n

/** Numbers from 0 to below 1, the same for the same words. At most 16. */
export type Draws = () => number

/** The draws that belong to a seed and an invoice. */
export function drawsFor(seed: number, invoice: string): Draws {
  const bytes = createHash('sha512').update(`${seed} ${invoice}`).digest()
  let used = 0
  return () => {
    if (used + 4 > bytes.length) throw new RangeError('more draws than the digest holds')
    used += 4
    return bytes.readUInt32BE(used - 4) / 2 ** 32
  }
}

/** The channel of an invoice, among those that are switched on. Shops need a drawer or a terminal. */
export function chooseChannel(draw: Draws, places: Places, country: string | undefined): string {
  const weights = country === undefined || country === 'GB' ? HOME : ABROAD
  const hasCounter = places.registers.length > 0 || places.terminals.length > 0
  const open = weights.filter(([name]) => places.channels.has(name) && (name !== 'pos' || hasCounter))
  if (open.length === 0)
    throw new Error(`None of the channels ${weights.map(([name]) => name).join(', ')} is switched on.`)
  return weighted(draw, open)
}

/** Tenders and capture of a sale, from the methods that are offered for it. Methods that cannot be refunded are left out. */
export function chooseSale(
  draw: Draws,
  sale: { channel: string; amount: bigint },
  everywhere: Places,
  offered: readonly OfferedMethod[],
): SaleChoice {
  // One payment happens in one shop, however many tenders it has.
  const places = sale.channel === 'pos' ? inOneShop(draw, everywhere) : everywhere
  const storeId = sale.channel === 'pos' ? (places.registers[0] ?? places.terminals[0])?.storeId : undefined
  const methods = offered.filter(
    (method) => method.kind !== 'stored_value' && method.can.refund && method.can.partial_refund,
  )
  const first = chooseTender(draw, sale.channel, places, methods)
  const { can } = methods.find((method) => method.code === first.method) as OfferedMethod
  const wantsManual = draw() < CHANCE.manual
  const wantsSplit = draw() < CHANCE.split
  const share = draw()
  const capture = wantsManual && can.authorize ? 'manual' : 'automatic'
  if (!wantsSplit || sale.amount < LEAST_SPLIT || capture === 'manual')
    return { capture, storeId, tenders: [{ choice: first, amount: sale.amount }] }
  // Between a tenth and nine tenths, in whole pence; the second tender takes the rest.
  const amount = (sale.amount * BigInt(100 + Math.floor(share * 800))) / 1000n
  const second = { choice: chooseTender(draw, sale.channel, places, methods), amount: sale.amount - amount }
  return { capture, storeId, tenders: [{ choice: first, amount }, second] }
}

function inOneShop(draw: Draws, places: Places): Places {
  const stores = [...new Set([...places.registers, ...places.terminals].map(({ storeId }) => storeId))]
  const store = one(draw, stores)
  return {
    ...places,
    registers: places.registers.filter(({ storeId }) => storeId === store),
    terminals: places.terminals.filter(({ storeId }) => storeId === store),
  }
}

/** The shop where an order waits for its customer; undefined for one that is taken along or sent, and for customers abroad. */
export function chooseShop(
  draw: Draws,
  channel: string,
  country: string | undefined,
  places: Places,
): string | undefined {
  const shops = [...new Set([...places.registers, ...places.terminals].map(({ storeId }) => storeId))]
  const isHome = country === undefined || country === 'GB'
  const wantsToCollect = draw() < CHANCE.collect
  return channel !== 'pos' && isHome && wantsToCollect && shops.length > 0 ? one(draw, shops) : undefined
}

/** Where a credit goes: at a counter into the customer's hand or onto the card presented, elsewhere onto a card. */
export function chooseCredit(draw: Draws, channel: string, places: Places): TenderChoice {
  const wantsCash = draw() < CHANCE.cashRefund
  if (channel === 'pos' && wantsCash && places.registers.length > 0) {
    return { method: 'cash', registerId: one(draw, places.registers).id }
  }
  if (channel === 'pos' && places.terminals.length > 0)
    return { method: 'card', terminalId: one(draw, places.terminals).id }
  return { method: 'card', card: SURE_CARD }
}

function chooseTender(draw: Draws, channel: string, places: Places, methods: readonly OfferedMethod[]): TenderChoice {
  const pickKind = draw()
  const atCounter = channel === 'pos'
  const usable = methods.filter((method) => isUsable(method, atCounter, places))
  const cash = usable.find((method) => method.flow === 'cash')
  const card = usable.find((method) => method.code === 'card')
  const others = usable.filter((method) => method !== cash && method !== card)
  if (cash && (pickKind < CHANCE.cash || (!card && others.length === 0))) {
    return { method: cash.code, registerId: one(draw, places.registers).id }
  }
  const isOther = others.length > 0 && (!card || pickKind >= 1 - CHANCE.otherMethod)
  const method = isOther ? one(draw, others) : card
  if (!method) throw new Error(`No payment method is offered in the channel ${channel}. See GET /v1/payment_methods.`)
  if (method.flow === 'terminal') return { method: method.code, terminalId: one(draw, places.terminals).id }
  if (method.code === 'card') return { method: 'card', card: weighted(draw, CARDS) }
  return method.requires.includes('token') ? { method: method.code, card: SURE_CARD } : { method: method.code }
}

/** Cards away from the counter, and those that wallets stand for, come from the customer's; a replay has no vouchers and accounts. */
function isUsable(method: OfferedMethod, atCounter: boolean, places: Places): boolean {
  if (method.flow === 'cash') return atCounter && places.registers.length > 0
  if (method.flow === 'terminal') return atCounter && places.terminals.length > 0
  if (method.requires.some((need) => need !== 'token')) return false
  return method.kind !== 'card' || method.code === 'card'
}

function weighted<T>(draw: Draws, choices: readonly (readonly [T, number])[]): T {
  let rest = draw() * choices.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [choice, weight] of choices) {
    rest -= weight
    if (rest < 0) return choice
  }
  return (choices.at(-1) as readonly [T, number])[0]
}

function one<T>(draw: Draws, choices: readonly T[]): T {
  return choices[Math.floor(draw() * choices.length)] as T
}
