// Makes a cart, with lines if there are any. On the hot path of a purchase: reads are shared and cached, and the carts of
// many callers are written in one call (SQL `cart_create`).

import type { Channel } from '../lib/channel.ts'
import { Problem } from '../lib/problem.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import { type Address, type Cart, type CartCaller, type CartDeps, type CartLine, OPEN_FOR_MS } from './cart.ts'
import { type Evaluated, evaluate } from './evaluate.ts'
import {
  checkVariants,
  draftLine,
  invalid,
  type NewLine,
  placeLines,
  referenceNotFound,
  refuseCountedAsDigital,
} from './lines.ts'
import { newCartSecret } from './secret.ts'
import { availabilityOf } from './shortage.ts'
import { cartRow } from './store.ts'
import { type CartView, seenNow, viewOf } from './view.ts'

/** The set-based functions of carts that take rows of several merchants in one call. */
export const MIXED_FUNCTIONS: ReadonlySet<string> = new Set(['cart_create'])

/** What may be said about a cart as a whole. */
export interface CartInput {
  currency: string
  channel: Channel
  store_id?: string
  register_id?: string
  customer_id?: string
  country?: string
  email?: string
  shipping_address?: Address
  codes?: string[]
  lines?: NewLine[]
}

/**
 * Makes a cart and answers its view; for callers without the merchant's key with the `secret` that opens it, shown this
 * once. Throws reference-not-found, validation-error, scope-missing, too-many-items.
 */
export async function createCart(
  deps: CartDeps,
  merchantId: string,
  caller: CartCaller,
  asked: CartInput,
): Promise<CartView & { secret?: string }> {
  const at = deps.clock.now()
  const config = await configOf(deps, merchantId)
  await checkPlaceAndCustomer(deps, config, caller, asked)
  const input = inItsStore(config, asked)
  const drafts = (input.lines ?? []).map((line, i) =>
    draftLine(line, {
      id: deps.newId('cln'),
      currency: input.currency,
      channel: input.channel,
      store_id: input.store_id ?? null,
      caller,
      config,
      pointer: `/lines/${i}`,
    }),
  )
  const variants = await deps.goods.loadVariants(merchantId, [...new Set(drafts.map((line) => line.variant_id))])
  checkVariants(drafts, variants, (i) => `/lines/${i}`)
  refuseCountedAsDigital(drafts, variants, (i) => `/lines/${i}`)
  const { changed: lines, next_seq } = placeLines({ lines: [], next_seq: 1 }, drafts, variants)
  const secret = caller.kind === 'holder' ? newCartSecret() : undefined
  const cart = newCart({ id: deps.newId('crt'), input, lines, next_seq, secretHash: secret?.hash, quoteId: null, at })
  const evaluated = await evaluate(deps, config, cart, at)
  checkPriced(evaluated, drafts)
  const shown = await insertCart(deps, merchantId, evaluated)
  return secret ? { ...shown, secret: secret.secret } : shown
}

/** A cart of today, in memory. */
export function newCart(from: {
  id: string
  input: Omit<CartInput, 'lines'>
  lines: CartLine[]
  next_seq: number
  secretHash: string | undefined
  quoteId: string | null
  at: Date
}): Cart {
  const { id, input, lines, next_seq, secretHash, quoteId, at } = from
  return {
    id,
    state: 'open',
    version: 1,
    currency: input.currency,
    channel: input.channel,
    channels_seen: [input.channel],
    store_id: input.store_id ?? null,
    register_id: input.register_id ?? null,
    customer_id: input.customer_id ?? null,
    email: input.email ?? null,
    country: input.country ?? null,
    shipping_address: input.shipping_address ?? null,
    codes: [...new Set(input.codes ?? [])],
    secret_hashes: secretHash === undefined ? [] : [secretHash],
    next_seq,
    locked_until: null,
    parked_name: null,
    quote_id: quoteId,
    moved_to: null,
    created_at: at,
    updated_at: at,
    expires_at: new Date(at.getTime() + OPEN_FOR_MS),
    lines,
  }
}

/** Writes a new cart as it was worked out, and answers it. What the answer shows is what was seen of it. */
export async function insertCart(deps: CartDeps, merchantId: string, evaluated: Evaluated): Promise<CartView> {
  const { cart } = evaluated
  const availability = await availabilityOf(deps, merchantId, evaluated)
  const seen = new Map(evaluated.priced.map((each) => [each.line.id, seenNow(each, availability.get(each.line.id))]))
  const lines = cart.lines.map((line) => ({ ...line, ...seen.get(line.id) }))
  await deps.lanes.commit('cart_create', merchantId, cartRow({ ...cart, lines }, deps.newId('evt')))
  return viewOf(evaluated, availability)
}

/** The merchant's configuration; there is always one for a caller whose key was accepted. */
export async function configOf(deps: CartDeps, merchantId: string): Promise<MerchantConfig> {
  const config = await deps.merchantCache.get(merchantId)
  if (!config) throw new Problem('not-found')
  return config
}

/** A register stands in one store, so naming it names the store. */
function inItsStore(config: MerchantConfig, input: CartInput): CartInput {
  const store_id = input.store_id ?? (input.register_id && config.registers.get(input.register_id)?.storeId)
  return store_id ? { ...input, store_id } : input
}

/** Channels in which staff act for the customer: a page cannot claim to be one. */
const STAFF_CHANNELS: ReadonlySet<Channel> = new Set(['pos', 'phone', 'invoice'])

/** Throws unless the store, register and customer exist, and the caller may name them. */
export async function checkPlaceAndCustomer(
  deps: CartDeps,
  config: MerchantConfig,
  caller: CartCaller,
  input: {
    channel?: Channel | undefined
    store_id?: string | null | undefined
    register_id?: string | null | undefined
    customer_id?: string | null | undefined
  },
): Promise<void> {
  const { channel, store_id, register_id, customer_id } = input
  if (caller.kind !== 'merchant') {
    // A publishable key is for all to read, so it proves nobody's identity. The merchant's own server says who signed in.
    if (customer_id != null) throw new Problem('scope-missing', { detail: 'A customer is named with a secret key.' })
    if (channel !== undefined && STAFF_CHANNELS.has(channel))
      throw new Problem('scope-missing', { detail: `The channel ${channel} is for staff.` })
  }
  if (store_id != null && !config.stores.has(store_id)) throw referenceNotFound('/store_id', 'names no store')
  if (register_id != null) {
    const register = config.registers.get(register_id)
    if (!register) throw referenceNotFound('/register_id', 'names no register')
    if (store_id != null && register.storeId !== store_id) throw invalid('/register_id', 'stands in another store')
  }
  if (customer_id != null && !(await deps.groups.load(config.id, customer_id)))
    throw referenceNotFound('/customer_id', 'names no customer')
}

/** What is said of a line that is supplied where no rate of VAT is known. */
export const TAX_UNKNOWN = 'is supplied in a country whose VAT rates are not known here'

/**
 * What is put into a cart must have a price there, and a sum that can be paid. What is in it already may lose its price, and is
 * then shown as gone. `asked` are the lines of the request, in its order.
 */
export function checkPriced(evaluated: Evaluated, asked: { variant_id: string }[]): void {
  const goneNow = new Map(evaluated.gone.map((each) => [each.line.variant_id, each.why]))
  const pointed = (why: string, detail: string) =>
    asked.flatMap(({ variant_id }, i) =>
      goneNow.get(variant_id) === why ? [{ pointer: `/lines/${i}/variant_id`, detail }] : [],
    )
  const unpriced = pointed('not_sold', `has no price in ${evaluated.cart.currency} here`)
  if (unpriced.length > 0) throw new Problem('validation-error', { errors: unpriced })
  const tooMuch = pointed('too_much', 'makes the cart cost more than can be paid')
  if (tooMuch.length > 0) throw new Problem('amount-out-of-range', { errors: tooMuch })
  const untaxed = pointed('tax_unknown', TAX_UNKNOWN)
  if (untaxed.length > 0) throw new Problem('tax-unknown', { errors: untaxed })
}
