// Where a line is supplied, and on which day: what decides its tax.

import type { SellableVariant } from '../catalog/index.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import type { Cart, CartLine, FulfilmentMode } from './cart.ts'

/** Channels where the customer stands in front of the goods. */
const AT_THE_COUNTER: ReadonlySet<string> = new Set(['pos', 'kiosk'])
/** Kinds that are never carried anywhere. */
const NOTHING_TO_CARRY: ReadonlySet<string> = new Set(['gift_card', 'fee', 'shipping'])

/** How a line is handed over: as was chosen, else taken along at a till, sent in every other channel. */
export function modeOf(
  cart: Pick<Cart, 'channel'>,
  line: Pick<CartLine, 'mode'>,
  variant: SellableVariant | undefined,
): FulfilmentMode {
  if (line.mode) return line.mode
  if (AT_THE_COUNTER.has(cart.channel)) return 'take_away'
  return variant && NOTHING_TO_CARRY.has(variant.kind) ? 'digital' : 'ship'
}

/** The store that hands a line over, or null where the cart has none. */
export function handOverStore(cart: Pick<Cart, 'store_id'>, line: Pick<CartLine, 'mode_store_id'>): string | null {
  return line.mode_store_id ?? cart.store_id
}

/**
 * The country whose tax a line bears: the store's for what is handed over there, where it is sent to for the rest. Without
 * an address the country that was named counts, then the store's, then the merchant's.
 */
export function countryOf(cart: Cart, line: CartLine, mode: FulfilmentMode, config: MerchantConfig): string {
  const store = handOverStore(cart, line)
  const atStore = (store !== null && config.stores.get(store)?.country) || null
  if (mode === 'take_away' || mode === 'collect' || mode === 'ship_to_store') return atStore ?? config.country
  return cart.shipping_address?.country ?? cart.country ?? atStore ?? config.country
}
