// Quotes: what a cart costs, frozen and promised until a day. The quote never changes but in state; what somebody wants
// otherwise is another quote of another version of the cart. Accepting makes a cart that holds the promised prices.

import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvents, type NewEvent } from '../notify/index.ts'
import type { Cart, CartCaller, CartDeps, CartLine } from './cart.ts'
import { assertAlive, look, versionConflict } from './change.ts'
import type { Target } from './change-lines.ts'
import { newCart } from './create.ts'
import { type Evaluated, QUOTE_SOURCE } from './evaluate.ts'
import { invalid } from './lines.ts'
import { insertQuote, lockQuote, type Quote, type QuoteSnapshot, readQuote, updateQuote } from './quote-store.ts'
import { admit } from './secret.ts'
import { insertCartIn, lineRow, readCarts } from './store.ts'
import { seenNow, viewOf } from './view.ts'

/** Longer promises than a year are contracts. */
const LONGEST_MS = 366 * 86_400_000

/** `converted` is an accepted quote whose cart was ordered; `expired` also one that nobody has looked at since it ended. */
export type QuoteState = Quote['state'] | 'converted'

export interface QuoteView {
  id: string
  object: 'quote'
  state: QuoteState
  version: number
  cart_id: string
  cart_version: number
  customer_id: string | null
  valid_until: string
  /** The cart that holds the promised prices, once accepted. */
  accepted_cart_id: string | null
  order_id: string | null
  created_at: string
  /** The cart as it was quoted. */
  quoted: QuoteSnapshot['shown']
}

/** Freezes a cart as it is now. Throws not-found, cart-closed, version-conflict, validation-error, invalid-state. */
export async function quoteCart(
  deps: CartDeps,
  merchantId: string,
  target: Target,
  validUntil: Date,
): Promise<QuoteView> {
  const at = deps.clock.now()
  if (validUntil <= at) throw invalid('/valid_until', 'is not in the future')
  if (validUntil.getTime() > at.getTime() + LONGEST_MS) throw invalid('/valid_until', 'is more than a year away')
  const cart = await deps.carts.load(merchantId, target.id)
  admit(cart, target.caller)
  if (target.ifVersion !== undefined && target.ifVersion !== cart.version) throw versionConflict(cart.version)
  assertAlive(cart, at)
  if (cart.quote_id !== null)
    throw new Problem('invalid-state', { detail: 'The cart holds the prices of a quote already.' })
  const { evaluated, availability } = await look(deps, merchantId, cart)
  if (evaluated.gone.some(({ why }) => why === 'tax_unknown')) throw new Problem('tax-unknown')
  if (evaluated.priced.length === 0 || evaluated.gone.length > 0)
    throw new Problem('invalid-state', { detail: 'The cart is empty, or an article of it is no longer sold.' })
  const { changes: _changes, ...shown } = viewOf(evaluated, availability)
  const frozen = evaluated.priced.map((each) => ({
    ...lineRow({ ...each.line, ...seenNow(each, availability.get(each.line.id)) }),
    frozen_e4: String(each.unit_price_e4),
    frozen_discount: String(each.out.discount),
    // What promotions took off is the quote's from here on.
    seen_promotions: each.out.discount > 0n ? [QUOTE_SOURCE] : [],
  }))
  const quote: Quote = {
    id: deps.newId('quo'),
    cart_id: cart.id,
    cart_version: cart.version,
    state: 'draft',
    version: 1,
    valid_until: validUntil,
    snapshot: { shown, frozen },
    customer_id: cart.customer_id,
    accepted_cart_id: null,
    created_at: at,
  }
  await transact(deps.db, async (tx) => {
    await insertQuote(tx, merchantId, quote)
    await appendEvents(tx, merchantId, at, [quoteEvent(deps, 'quote.created', quote)])
  })
  return quoteView(quote, at, null)
}

/** Reads a quote. Open to whoever holds the cart it is of. */
export async function showQuote(
  deps: CartDeps,
  merchantId: string,
  input: { id: string; caller: CartCaller },
): Promise<QuoteView> {
  const quote = await readQuote(deps.db, merchantId, input.id)
  if (!quote) throw new Problem('not-found')
  const { cart_id, accepted_cart_id } = quote
  const carts = await readCarts(deps.db, merchantId, accepted_cart_id ? [cart_id, accepted_cart_id] : [cart_id])
  admit(carts.get(cart_id), input.caller)
  return quoteView(quote, deps.clock.now(), carts.get(accepted_cart_id ?? '') ?? null)
}

/** Notes that the customer has it: only then can it be accepted. A repeat changes nothing. */
export async function sendQuote(deps: CartDeps, merchantId: string, target: Target): Promise<QuoteView> {
  return moveQuote(deps, merchantId, target, { from: 'draft', to: 'sent', type: 'quote.sent' })
}

/** The customer does not want it. A repeat changes nothing. */
export async function declineQuote(deps: CartDeps, merchantId: string, target: Target): Promise<QuoteView> {
  return moveQuote(deps, merchantId, target, { from: 'sent', to: 'declined', type: 'quote.declined' })
}

/** Makes the cart with the promised prices. A repeat answers the same cart. Throws invalid-state for one that is over. */
export async function acceptQuote(deps: CartDeps, merchantId: string, target: Target): Promise<QuoteView> {
  return moveQuote(deps, merchantId, target, { from: 'sent', to: 'accepted', type: 'quote.accepted' })
}

interface Move {
  from: Quote['state']
  to: Quote['state']
  type: string
}

async function moveQuote(deps: CartDeps, merchantId: string, target: Target, move: Move): Promise<QuoteView> {
  const at = deps.clock.now()
  const moved = await transact(deps.db, async (tx) => {
    const before = await lockQuote(tx, merchantId, target.id)
    if (!before) throw new Problem('not-found')
    const source = (await readCarts(tx, merchantId, [before.cart_id])).get(before.cart_id)
    admit(source, target.caller)
    if (before.state === move.to) return { quote: before, cart: await acceptedCart(tx, merchantId, before) }
    if (target.ifVersion !== undefined && target.ifVersion !== before.version) throw versionConflict(before.version)
    if (before.state !== move.from || before.valid_until <= at)
      throw new Problem('invalid-state', { detail: `The quote is ${stateOf(before, at, null)}.` })
    const cart = move.to === 'accepted' ? frozenCart(deps, before, source, at) : null
    const quote = { ...before, state: move.to, version: before.version + 1, accepted_cart_id: cart?.id ?? null }
    await updateQuote(tx, merchantId, quote)
    if (cart) await insertCartIn(tx, merchantId, cart, deps.newId('evt'))
    await appendEvents(tx, merchantId, at, [quoteEvent(deps, move.type, quote)])
    return { quote, cart }
  })
  return quoteView(moved.quote, at, moved.cart)
}

/**
 * What a cart that holds a quote's prices was promised: the uses of the promotions whose discounts are in those prices, which count
 * like anybody's when it is ordered. Throws invalid-state once the quote's last moment has come.
 */
export async function promiseOf(
  deps: Pick<CartDeps, 'db'>,
  merchantId: string,
  { quoteId, at }: { quoteId: string; at: Date },
): Promise<Evaluated['promotions']['used']> {
  const quote = await readQuote(deps.db, merchantId, quoteId)
  if (!quote) throw new Error('a cart holds the prices of a quote that does not exist')
  if (quote.valid_until <= at)
    throw new Problem('invalid-state', { detail: `The quote was valid until ${quote.valid_until.toISOString()}.` })
  return quote.snapshot.shown.promotions.applied.map((use) => ({ ...use, amount: BigInt(use.amount) }))
}

async function acceptedCart(tx: Tx, merchantId: string, quote: Quote): Promise<Cart | null> {
  if (quote.accepted_cart_id === null) return null
  return (await readCarts(tx, merchantId, [quote.accepted_cart_id])).get(quote.accepted_cart_id) ?? null
}

/** The cart as it was quoted, with its prices held. Whoever held the quoted cart holds this one. */
function frozenCart(deps: CartDeps, quote: Quote, source: Cart, at: Date): Cart {
  const { shown, frozen } = quote.snapshot
  const lines = frozen.map((row, i) => ({
    ...(row as unknown as CartLine),
    id: deps.newId('cln'),
    seq: i + 1,
  }))
  const cart = newCart({
    id: deps.newId('crt'),
    input: {
      currency: shown.currency,
      channel: shown.channel,
      ...optional('store_id', shown.store_id),
      ...optional('register_id', shown.register_id),
      ...optional('customer_id', quote.customer_id),
      ...optional('country', shown.country),
      ...optional('email', shown.email),
      ...optional('shipping_address', shown.shipping_address),
      codes: shown.codes,
    },
    lines: lines.map(withBigints),
    next_seq: lines.length + 1,
    secretHash: undefined,
    quoteId: quote.id,
    at,
  })
  return { ...cart, secret_hashes: source.secret_hashes, expires_at: latest(cart.expires_at, quote.valid_until) }
}

function optional<K extends string, V>(name: K, value: V | null): { [P in K]?: V } {
  return (value === null ? {} : { [name]: value }) as { [P in K]?: V }
}

function latest(a: Date, b: Date): Date {
  return a > b ? a : b
}

function withBigints(line: CartLine): CartLine {
  const big = (value: unknown) => (value === null || value === undefined ? null : BigInt(value as string))
  return {
    ...line,
    quantity: BigInt(line.quantity),
    override_e4: big(line.override_e4),
    frozen_e4: big(line.frozen_e4),
    frozen_discount: big(line.frozen_discount),
    seen_e4: big(line.seen_e4),
  }
}

function stateOf(quote: Quote, at: Date, accepted: Cart | null): QuoteState {
  if (quote.state === 'accepted' && accepted?.state === 'converted') return 'converted'
  if ((quote.state === 'draft' || quote.state === 'sent') && quote.valid_until <= at) return 'expired'
  return quote.state
}

function quoteView(quote: Quote, at: Date, accepted: Cart | null): QuoteView {
  const state = stateOf(quote, at, accepted)
  return {
    id: quote.id,
    object: 'quote',
    state,
    version: quote.version,
    cart_id: quote.cart_id,
    cart_version: quote.cart_version,
    customer_id: quote.customer_id,
    valid_until: quote.valid_until.toISOString(),
    accepted_cart_id: quote.accepted_cart_id,
    order_id: state === 'converted' ? (accepted?.moved_to ?? null) : null,
    created_at: quote.created_at.toISOString(),
    quoted: quote.snapshot.shown,
  }
}

/** What others learn of a quote: not its lines, which the quote itself shows. */
export function quoteEvent(deps: Pick<CartDeps, 'newId'>, type: string, quote: Quote): NewEvent {
  const { shown } = quote.snapshot
  return {
    id: deps.newId('evt'),
    type,
    object_type: 'quote',
    object_id: quote.id,
    object_version: quote.version,
    data: {
      id: quote.id,
      state: quote.state,
      version: quote.version,
      cart_id: quote.cart_id,
      cart_version: quote.cart_version,
      accepted_cart_id: quote.accepted_cart_id,
      customer_id: quote.customer_id,
      channel: shown.channel,
      store_id: shown.store_id,
      order_id: null,
      total: shown.total,
      currency: shown.currency,
      valid_until: quote.valid_until.toISOString(),
    },
  }
}
