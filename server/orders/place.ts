// Places an order: the order first, with its stock reserved, and the money after it. Everything is read and worked out before;
// what must hold at that very moment is decided by order_place (0019), many orders in one call.
//
// A cart becomes one order, so the cart is the key: sent twice, or by two devices at once, both are answered with that order.

import { type CartCaller, type CartForOrder, readCartForOrder } from '../carts/index.ts'
import { currentProfile, hasCustomer } from '../customers/index.ts'
import type { LaneRow } from '../db/lanes.ts'
import { type FieldProblem, Problem } from '../lib/problem.ts'
import { getInstrument, getToken } from '../vault/index.ts'
import { checkWays, mustLeave, waysOf } from './check-ways.ts'
import type { OrderDeps } from './deps.ts'
import { unpaidFor } from './expire.ts'
import { keepCard } from './keep-card.ts'
import type { Order, OrderLine } from './order.ts'
import { readOrderView } from './read.ts'
import { reservationsOf } from './reservation.ts'
import type { NewOrder } from './schema.ts'
import { freshLine, snapshotOf } from './snapshot.ts'
import { type PlannedGroup, planGroups, type Wanted } from './source.ts'
import { type OrderView, orderView } from './view.ts'

export interface Placed {
  /** False when the cart had become this order before. */
  isNew: boolean
  view: OrderView
}

/**
 * A cart that changes while it is being placed is read again this often, and so often is another store looked for when somebody was
 * faster at the chosen one; then somebody must look at it.
 */
const MOST_TRIES = 3

/**
 * Makes the cart an order. Throws not-found (no such cart for this caller), cart-closed, invalid-state (the cart's quote is over),
 * version-conflict, price-changed, out-of-stock, promotion-exhausted, reference-not-found, token-used, validation-error; then
 * nothing is left behind. `signedIn` is the customer whose session came with a publishable key.
 */
export async function placeOrder(
  deps: OrderDeps,
  merchantId: string,
  { caller, by, signedIn }: { caller: CartCaller; by: string; signedIn?: string },
  asked: NewOrder,
): Promise<Placed> {
  // A page names nobody, but whoever is signed in there has proved who they are.
  const input = signedIn === undefined ? asked : { ...asked, customer_id: signedIn }
  const expectedTotal = input.expected_total === undefined ? undefined : BigInt(input.expected_total)
  for (let round = 1; ; round++) {
    const named = { caller, expectedTotal, address: input.shipping_address }
    const read = await readCartForOrder(deps.carts, merchantId, input.cart_id, named)
    if (read.order_id !== null) return existing(deps, merchantId, read.order_id, input)
    const { cart } = read
    if (caller.kind === 'holder') refuseOfHolder(asked)
    if (input.cart_version !== undefined && input.cart_version !== cart.version) throw new Problem('version-conflict')
    await checkReferences(deps, merchantId, cart, input)
    const ways = waysOf(cart)
    const charge = input.charge ?? 'now'
    checkWays(ways, { caller, channel: cart.channel, charge })
    mustLeave(ways, charge)
    const draft = await draftOrder(deps, merchantId, cart, input)
    const answer = (await deps.lanes.commit(
      'order_place',
      merchantId,
      rowOf(deps, cart, draft, by),
    )) as unknown as PlaceAnswer
    if (answer.outcome === 'ok') return { isNew: true, view: await placed(deps, merchantId, draft, answer.number) }
    if (answer.outcome === 'existing') return existing(deps, merchantId, answer.order_id, input)
    const mayBeElse =
      answer.outcome === 'out_of_stock'
        ? draft.groups.some(isChosen)
        : answer.outcome === 'cart_changed' && input.cart_version === undefined
    if (!mayBeElse || round === MOST_TRIES) throw refusal(answer, draft)
  }
}

/** Another store may have what this one has not any more. */
function isChosen({ mode, score }: PlannedGroup): boolean {
  return score !== null || mode === 'collect' || mode === 'ship_to_store'
}

interface PlaceAnswer {
  outcome: 'ok' | 'existing' | 'cart_changed' | 'cart_closed' | 'not_found' | 'out_of_stock' | 'promotion_exhausted'
  order_id: string
  number: bigint
  detail: unknown
}

interface Draft {
  order: Order
  lines: OrderLine[]
  groups: PlannedGroup[]
}

async function existing(deps: OrderDeps, merchantId: string, orderId: string, input: NewOrder): Promise<Placed> {
  // A first request may have died, or failed, between placing and keeping the card.
  await keepCard(deps, merchantId, orderId, input.token)
  const view = await readOrderView(deps, merchantId, orderId)
  if (!view) throw new Problem('not-found')
  return { isNew: false, view }
}

async function placed(
  deps: OrderDeps,
  merchantId: string,
  { order, lines }: Draft,
  number: bigint,
): Promise<OrderView> {
  if (order.token_id === null) return orderView({ ...order, number }, lines, [])
  await keepCard(deps, merchantId, order.id, order.token_id)
  return (await readOrderView(deps, merchantId, order.id)) as OrderView
}

// ---- What is checked beforehand ------------------------------------------------------------------------------------

/** A publishable key is for all to read: it names no customer and charges no card on file. */
function refuseOfHolder({ customer_id, instrument_id }: NewOrder): void {
  if (customer_id !== undefined || instrument_id !== undefined)
    throw new Problem('scope-missing', { detail: 'A customer or a saved card is named with a secret key.' })
}

async function checkReferences(
  deps: OrderDeps,
  merchantId: string,
  cart: CartForOrder,
  input: NewOrder,
): Promise<void> {
  const { charge = 'now', token, instrument_id, customer_id } = input
  const keepsCard = token !== undefined || instrument_id !== undefined
  if (charge === 'on_collection' && !keepsCard) throw invalid('/token', 'Needed for a charge on collection.')
  if (charge !== 'on_collection' && keepsCard)
    throw invalid(
      token === undefined ? '/instrument_id' : '/token',
      'Only for a charge on collection; pay with POST /v1/payments.',
    )
  if (token !== undefined && instrument_id !== undefined)
    throw invalid('/instrument_id', 'A token or an instrument, not both.')
  if (cart.lines.some(({ mode }) => mode === 'ship') && !input.shipping_address && !cart.shipping_address)
    throw invalid('/shipping_address', 'Something of this cart is shipped.')
  if (
    customer_id !== undefined &&
    customer_id !== cart.customer_id &&
    !(await hasCustomer(deps.db, merchantId, customer_id))
  )
    throw unknown('/customer_id')
  if (token !== undefined) {
    const known = await getToken(deps, merchantId, token)
    if (!known) throw unknown('/token')
    if (known.used) throw new Problem('token-used')
  }
  if (instrument_id !== undefined) {
    const instrument = await getInstrument(deps, merchantId, instrument_id)
    const named = customer_id ?? cart.customer_id
    // A card is charged only for the customer that keeps it, under whichever of their profiles.
    if (!instrument || named === null || instrument.customer_id !== (await currentProfile(deps.db, merchantId, named)))
      throw unknown('/instrument_id')
  }
}

// ---- The order to be -----------------------------------------------------------------------------------------------

async function draftOrder(deps: OrderDeps, merchantId: string, cart: CartForOrder, input: NewOrder): Promise<Draft> {
  const id = deps.newId('ord')
  const at = deps.clock.now()
  const lines = cart.lines.map((priced, i) => freshLine(id, snapshotOf(deps, priced, i + 1)))
  const address = input.shipping_address ?? cart.shipping_address ?? null
  const groups = await planGroups(deps, merchantId, { ...cart, address }, wantedOf(cart, lines))
  const { list, discount, net, tax, total } = cart.totals
  // Nothing to pay, or a card of the customer's that is on file: there is nothing to wait for.
  const isConfirmed = total === 0n || input.instrument_id !== undefined
  const order: Order = {
    id,
    number: 0n,
    cart_id: cart.cart_id,
    state: isConfirmed ? 'confirmed' : 'placed',
    cancel_reason: null,
    charge: input.charge ?? 'now',
    channel: cart.channel,
    store_id: cart.store_id,
    register_id: cart.register_id,
    country: address?.country ?? cart.country ?? (await countryOf(deps, merchantId, cart.store_id)),
    currency: cart.currency,
    prices_include_tax: cart.prices_include_tax,
    tax_rounding: cart.totals_in.tax_rounding,
    customer_id: input.customer_id ?? cart.customer_id,
    customer_attached_at: null,
    email: input.email ?? cart.email,
    reference: input.reference ?? null,
    shipping_address: address === null ? null : { ...address },
    billing_address: input.billing_address ?? null,
    metadata: input.metadata ?? null,
    token_id: isConfirmed ? null : (input.token ?? null),
    instrument_id: input.instrument_id ?? null,
    list,
    discount,
    net,
    tax,
    total,
    payment_id: null,
    amount_held: 0n,
    amount_captured: 0n,
    amount_refunded: 0n,
    amount_in_flight: 0n,
    amount_to_refund: 0n,
    expires_at: isConfirmed ? null : new Date(at.getTime() + unpaidFor(cart.channel)),
    revision: 1,
    version: isConfirmed ? 2 : 1,
    placed_at: at,
    confirmed_at: isConfirmed ? at : null,
    fulfilled_at: null,
    ended_at: null,
    updated_at: at,
  }
  return { order, lines, groups }
}

function wantedOf(cart: CartForOrder, lines: readonly OrderLine[]): Wanted[] {
  return cart.lines.map(({ mode, store_id }, i): Wanted => {
    const named = { name: `Line ${i + 1} of the cart`, way: '/cart_id', stock: `/lines/${i}` }
    return { line: lines[i] as OrderLine, mode, store_id, named }
  })
}

async function countryOf(deps: OrderDeps, merchantId: string, storeId: string | null): Promise<string> {
  const merchant = await deps.merchantCache.get(merchantId)
  if (!merchant) throw new Error('an order of a merchant that does not exist')
  return (storeId === null ? undefined : merchant.stores.get(storeId)?.country) ?? merchant.country
}

function rowOf(deps: OrderDeps, cart: CartForOrder, { order, lines, groups }: Draft, by: string): LaneRow {
  const promotions = cart.promotions.used.map(({ promotion_id, code, amount }) => ({ promotion_id, code, amount }))
  const row = {
    ...order,
    at: order.placed_at,
    order_id: order.id,
    cart_version: cart.version,
    reservations: reservationsOf(order, lines, groups),
    promotions: promotions.length === 0 ? null : promotions,
    lines: lines.map(
      ({ order_id: _, cancelled: _c, fulfilled: _f, return_requested: _q, returned: _r, ...line }) => line,
    ),
    groups: groups.map((group, i) => ({ ...group, no: i + 1 })),
    placed_by: by,
    event_id: deps.newId('evt'),
    confirmed_event_id: deps.newId('evt'),
    cart_event_id: deps.newId('evt'),
  }
  return plain(row) as LaneRow
}

/** For rows of SQL functions: as JSON has it, but without members that are null: what is absent is null to the function, and every member costs it time. */
export function plain(value: unknown): unknown {
  // Amounts and quantities stay below 2^53 (MAX_AMOUNT).
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value))
    if (member !== null && member !== undefined) copy[name] = plain(member)
  return copy
}

// ---- Refusals ------------------------------------------------------------------------------------------------------

function refusal(answer: PlaceAnswer, draft: Draft): Problem {
  switch (answer.outcome) {
    case 'out_of_stock':
      return new Problem('out-of-stock', { errors: shortLines(answer.detail, draft.lines) })
    case 'promotion_exhausted':
      return new Problem('promotion-exhausted')
    case 'cart_changed':
      return new Problem('version-conflict', { detail: 'The cart changed while it was being ordered. Read it again.' })
    case 'cart_closed':
      return new Problem('cart-closed')
    default:
      return new Problem('not-found')
  }
}

/** Points at each line that takes of a short article, its own or as a part. */
function shortLines(detail: unknown, lines: readonly OrderLine[]): FieldProblem[] {
  const short = new Map((detail as { variant_id: string; available: number }[]).map((each) => [each.variant_id, each]))
  return lines.flatMap((line, i) => {
    const part = line.components.find(({ variant_id }) => short.has(variant_id))
    if (!part) return []
    const available = Math.max(0, short.get(part.variant_id)?.available ?? 0)
    return [{ pointer: `/lines/${i}`, detail: `${line.sku ?? line.name}: ${available} left` }]
  })
}

function invalid(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer, detail }] })
}

function unknown(pointer: string): Problem {
  return new Problem('reference-not-found', { errors: [{ pointer, detail: 'names nothing of yours' }] })
}
