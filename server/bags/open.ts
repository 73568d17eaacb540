// Begins a checkout page for a cart.

import { admit, arrangeCart, CART_SECRET_HEADER, cartCaller, readCart } from '../carts/index.ts'
import type { BagCaller, DeliveryOption, OpenedBag } from '../checkout/index.ts'
import { PAGE_CHANNELS } from '../checkout/index.ts'
import { countryProfile } from '../countries/index.ts'
import { Problem } from '../lib/problem.ts'
import type { BagDeps } from './deps.ts'
import { knownWith, offersOf, PAGE, typedOf, withKnown } from './known.ts'
import { arrangementOf } from './plan.ts'
import { type Bag, insertBag } from './store.ts'

/**
 * What the page begins with. Throws not-found (no such cart for this caller), cart-closed, invalid-state (a quote's cart, whose lines
 * are fixed), validation-error (empty, a till's, or options that lead nowhere), reference-not-found.
 */
export async function openBag(
  deps: BagDeps,
  merchantId: string,
  asked: { cart_id: string; caller: BagCaller; delivery_options: DeliveryOption[] | undefined },
): Promise<OpenedBag> {
  const cart = await deps.carts.carts.load(merchantId, asked.cart_id)
  const holder = cartCaller(asked.caller.kind, asked.caller.headers[CART_SECRET_HEADER])
  admit(cart, holder)
  if (!['open', 'locked', 'parked'].includes(cart.state)) throw new Problem('cart-closed')
  if (cart.quote_id !== null)
    throw new Problem('invalid-state', { detail: 'The lines of a quote are fixed. Order it, and check out the order.' })
  if (!(PAGE_CHANNELS as readonly string[]).includes(cart.channel))
    throw invalid('/cart_id', `is a cart of the channel ${cart.channel}: claim it for a page first`)
  const lines = await readCart(deps.carts, merchantId, { id: cart.id, caller: PAGE })
  if (lines.lines.every(({ kind }) => kind === 'shipping')) throw invalid('/cart_id', 'has no lines')
  await checkOptions(deps, merchantId, asked.delivery_options)
  const { signedIn } = asked.caller
  const typed = withKnown(typedOf(cart), signedIn === undefined ? {} : await deps.toldBy(merchantId, signedIn))
  const bag: Bag = {
    ...{ cart_id: cart.id, delivery_options: asked.delivery_options ?? null, typed, is_sent: false },
  }
  return {
    amount: await firstTotal(deps, merchantId, bag, lines.total),
    currency: cart.currency,
    channel: cart.channel,
    // The secret of a cart is no proof of who somebody is.
    customer_id: holder.kind === 'merchant' ? cart.customer_id : null,
    country: cart.shipping_address?.country ?? cart.country,
    save: (tx, session) => insertBag(tx, session, bag, deps.clock.now()),
  }
}

/** What it costs as it is to be delivered until something else is chosen: nobody is to be surprised by that later. */
async function firstTotal(deps: BagDeps, merchantId: string, bag: Bag, total: number): Promise<bigint> {
  const arrangement = arrangementOf(await knownWith(deps, merchantId, bag))
  const target = { id: bag.cart_id, caller: PAGE, ifVersion: undefined }
  try {
    return BigInt((await arrangeCart(deps.carts, merchantId, target, arrangement)).total)
  } catch (error) {
    // Somebody has it in hand at this moment: the page waits for them.
    if (error instanceof Problem && error.status < 500) return BigInt(total)
    throw error
  }
}

async function checkOptions(deps: BagDeps, merchantId: string, options: DeliveryOption[] | undefined): Promise<void> {
  if (!options) return
  const known = await deps.carts.goods.loadVariants(
    merchantId,
    options.flatMap(({ variant_id }) => (variant_id === undefined ? [] : [variant_id])),
  )
  const catalogue = (await offersOf(deps, merchantId, null)) ?? []
  options.forEach(({ id, variant_id, countries, days }, i) => {
    const at = `/delivery_options/${i}`
    if (options.findIndex((each) => each.id === id) !== i) throw invalid(`${at}/id`, 'stands there twice')
    const variant = variant_id === undefined ? undefined : known.get(variant_id)
    if (variant_id !== undefined && !variant?.is_sellable)
      throw new Problem('reference-not-found', {
        errors: [{ pointer: `${at}/variant_id`, detail: 'names no article on sale' }],
      })
    if (variant && variant.kind !== 'shipping')
      throw invalid(`${at}/variant_id`, 'must be an article of the kind shipping')
    if (!variant && catalogue.length === 0)
      throw invalid(
        `${at}/variant_id`,
        'is needed: the catalogue has no article of the kind shipping, whose tax it would bear',
      )
    const strange = (countries ?? []).find((country) => countryProfile(country) === null)
    if (strange !== undefined) throw invalid(`${at}/countries`, `${strange}: no VAT is known there`)
    if (days && days.max < days.min) throw invalid(`${at}/days`, 'max must not be below min')
  })
}

function invalid(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer, detail }] })
}
