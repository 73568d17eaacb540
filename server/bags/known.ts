// Everything that is known of a cart on a checkout page: the cart as it is, what was typed, and what can be chosen.

import { type Cart, type CartCaller, type CartView, readCart } from '../carts/index.ts'
import { listShipping } from '../catalog/index.ts'
import type { DeliveryOption, Session, Typed } from '../checkout/index.ts'
import { PROFILES, postalCode } from '../countries/index.ts'
import { Problem } from '../lib/problem.ts'
import type { MerchantConfig, Store } from '../merchants/index.ts'
import type { BagDeps } from './deps.ts'
import { type Bag, readBag } from './store.ts'

/** The page acts for whoever holds its address; it asks for nothing that a shopper may not do. */
export const PAGE: CartCaller = { kind: 'merchant' }

/** A way of delivery that can be chosen. */
export interface Offer {
  id: string
  name: string
  variant_id: string
  /** Null: as the price lists have it. */
  unit_price_e4: bigint | null
  /** Null: everywhere. */
  countries: string[] | null
  days: [number, number] | null
}

export interface Known {
  session: Session
  bag: Bag
  cart: Cart
  view: CartView
  config: MerchantConfig
  /** Null: the merchant has none, and delivery costs nothing. */
  offers: Offer[] | null
  /** Where it can be collected. */
  stores: Store[]
  choice: Choice
}

/** What was chosen, or is until something else is. */
export interface Choice {
  needsWay: boolean
  ways: ('ship' | 'collect')[]
  way: 'ship' | 'collect'
  country: string
  countries: string[]
  /** Those that go to the country. */
  offers: Offer[]
  offer: Offer | null
  store: Store | null
  /** As the post writes it; null where it is missing or cannot be one. */
  postalCode: string | null
}

export async function knownOf(deps: BagDeps, session: Session): Promise<Known> {
  const bag = await readBag(deps.db, session)
  if (!bag) throw new Problem('not-found')
  const { merchant_id, signed_in } = session
  // Somebody who has signed in here need not type what is known of them. It is kept when they go on with it, not before: until then it
  // is for their browser alone.
  const typed =
    bag.is_sent || signed_in === undefined ? bag.typed : withKnown(bag.typed, await deps.toldBy(merchant_id, signed_in))
  return { session, ...(await knownWith(deps, merchant_id, { ...bag, typed })) }
}

/** What the cart says goes before what is known of its owner; an address is taken whole or not at all. */
export function withKnown(said: Typed, known: Typed): Typed {
  const hasAddress = said.line1 !== undefined || said.city !== undefined || said.postal_code !== undefined
  // In another country than the cart is priced for, the usual address is no help.
  const fits = !hasAddress && (said.country === undefined || said.country === known.country)
  return fits ? { ...known, ...said } : { email: known.email, ...said }
}

/** The same before there is a session. */
export async function knownWith(deps: BagDeps, merchantId: string, bag: Bag): Promise<Omit<Known, 'session'>> {
  const [cart, view, config] = await Promise.all([
    deps.carts.carts.load(merchantId, bag.cart_id),
    readCart(deps.carts, merchantId, { id: bag.cart_id, caller: PAGE }),
    deps.merchantCache.get(merchantId),
  ])
  if (!cart || !config) throw new Problem('not-found')
  const offers = await offersOf(deps, merchantId, bag.delivery_options)
  const stores = pickupStores(config, cart.currency)
  return {
    bag,
    cart,
    view,
    config,
    offers,
    stores,
    choice: choiceOf({ bag, cart, view, config, offers, stores }),
  }
}

/** Something that is carried: neither a way of delivery nor what goes by mail. */
export function isThing({ kind, fulfilment }: CartView['lines'][number]): boolean {
  return kind !== 'shipping' && fulfilment.mode !== 'digital'
}

function choiceOf({ bag, cart, view, config, offers, stores }: Omit<Known, 'session' | 'choice'>): Choice {
  const { typed } = bag
  const things = view.lines.filter((line) => isThing(line) && !line.is_gone)
  const ways: Choice['ways'] = [
    ...(offers === null || offers.length > 0 ? ['ship' as const] : []),
    ...(stores.length > 0 ? ['collect' as const] : []),
  ]
  const isCollected = things.length > 0 && things.every(({ fulfilment }) => fulfilment.mode === 'collect')
  const way =
    ways.find((each) => each === typed.way) ?? ways.find((each) => each === (isCollected ? 'collect' : 'ship'))
  const countries = countriesOf(offers)
  const wanted = typed.country ?? cart.shipping_address?.country ?? cart.country ?? config.country
  const country = countries.includes(wanted) ? wanted : (countries[0] ?? config.country)
  const there = (offers ?? []).filter((offer) => offer.countries === null || offer.countries.includes(country))
  const fees = new Set(view.lines.filter(({ kind }) => kind === 'shipping').map(({ variant_id }) => variant_id))
  const offer =
    there.find(({ id }) => id === typed.option) ??
    there.find(({ variant_id }) => fees.has(variant_id)) ??
    there[0] ??
    null
  const inCart = isCollected ? things[0]?.fulfilment.store_id : null
  return {
    needsWay: things.length > 0,
    ways,
    way: way ?? ways[0] ?? 'ship',
    country,
    countries,
    offers: there,
    offer,
    store: stores.find(({ id }) => id === (typed.store ?? inCart)) ?? null,
    postalCode: postalCode(country, typed.postal_code ?? ''),
  }
}

/** Where parcels can go: where VAT is known, and a way of delivery leads. */
function countriesOf(offers: Offer[] | null): string[] {
  const all = PROFILES.map(({ country }) => country)
  if (offers === null || offers.some(({ countries }) => countries === null)) return all
  return all.filter((country) => offers.some(({ countries }) => countries?.includes(country)))
}

function pickupStores(config: MerchantConfig, currency: string): Store[] {
  return [...config.stores.values()].filter(
    (store) => store.currency === currency && store.capabilities.includes('pickup'),
  )
}

/** Unit prices carry four decimals below the minor unit. */
const E4 = 10_000n

/** Null: the merchant has no way of delivery, and what is sent costs nothing more. */
export async function offersOf(
  deps: Pick<BagDeps, 'db'>,
  merchantId: string,
  given: DeliveryOption[] | null,
): Promise<Offer[] | null> {
  const catalogue = await listShipping(deps.db, merchantId)
  if (given === null) {
    if (catalogue.length === 0) return null
    return catalogue.map(({ id, name }) => ({
      id,
      name,
      variant_id: id,
      unit_price_e4: null,
      countries: null,
      days: null,
    }))
  }
  return given.flatMap(({ id, name, variant_id = catalogue[0]?.id, amount, countries, days }): Offer[] => {
    if (variant_id === undefined) return []
    const unit_price_e4 = amount === undefined ? null : BigInt(amount) * E4
    const span: Offer['days'] = days ? [days.min, days.max] : null
    return [{ id, name, variant_id, unit_price_e4, countries: countries ?? null, days: span }]
  })
}

/** What the cart says of its buyer, as the first thing in the fields. */
export function typedOf({ email, shipping_address: to, country }: Cart): Typed {
  const { name, line1, line2, postal_code, city, phone } = to ?? {}
  const at = to?.country ?? country ?? undefined
  const fields = { email: email ?? undefined, name, line1, line2, postal_code, city, phone, country: at }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Typed
}
