// Prices articles outside a cart, by the very code that prices carts: for what comes to an order after it was placed.

import type { Channel } from '../lib/channel.ts'
import { Problem } from '../lib/problem.ts'
import type { Address, CartDeps, CartLine, FulfilmentMode } from './cart.ts'
import { configOf, newCart, TAX_UNKNOWN } from './create.ts'
import { evaluate, type PricedLine } from './evaluate.ts'

/** Articles, and where, to whom and how they are sold. */
export interface ItemsToPrice {
  currency: string
  channel: Channel
  store_id: string | null
  customer_id: string | null
  country: string
  shipping_address: Address | null
  /** `no`: its place in what was asked for, which a refusal points at. */
  items: { no: number; variant_id: string; quantity: bigint; mode: FulfilmentMode; store_id: string | null }[]
}

/**
 * Prices and taxes the items as of now, in their order, without promotions: those are for whole baskets. Throws
 * reference-not-found (no such article), out-of-stock (it is not sold here, or has no price), tax-unknown.
 */
export async function priceItems(deps: CartDeps, merchantId: string, wanted: ItemsToPrice): Promise<PricedLine[]> {
  const { store_id, customer_id, country, shipping_address, currency, channel, items } = wanted
  const at = deps.clock.now()
  const lines = items.map(
    (item, i): CartLine => ({
      id: String(item.no),
      seq: i + 1,
      variant_id: item.variant_id,
      quantity: item.quantity,
      mode: item.mode,
      mode_store_id: item.store_id,
      consumption: null,
      note: null,
      override_e4: null,
      override_reason: null,
      frozen_e4: null,
      frozen_discount: null,
      seen_e4: null,
      seen_short: null,
      seen_promotions: null,
    }),
  )
  const input = {
    currency,
    channel,
    country,
    ...(store_id === null ? {} : { store_id }),
    ...(customer_id === null ? {} : { customer_id }),
    ...(shipping_address === null ? {} : { shipping_address }),
  }
  // A quote takes no promotions, and neither do these.
  const cart = newCart({
    id: 'items',
    input,
    lines,
    next_seq: lines.length + 1,
    secretHash: undefined,
    quoteId: 'items',
    at,
  })
  const { priced, gone } = await evaluate(deps, await configOf(deps, merchantId), cart, at)
  const [missing] = gone
  if (!missing) return priced
  const errors = [{ pointer: `/add/${missing.line.id}/variant_id`, detail: 'is not sold here' }]
  if (missing.why === 'tax_unknown')
    throw new Problem('tax-unknown', { errors: [{ pointer: `/add/${missing.line.id}`, detail: TAX_UNKNOWN }] })
  throw new Problem(missing.variant === null ? 'reference-not-found' : 'out-of-stock', { errors })
}
