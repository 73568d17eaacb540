// Where a line is supplied, and on which day: what decides its tax.

import type { SellableVariant } from '../catalog/index.ts'
import { isMemberState, type Place } from '../countries/index.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import type { Cart, CartCaller, CartLine, FulfilmentMode } from './cart.ts'

/** Channels where the customer stands in front of the goods. */
const AT_THE_COUNTER: ReadonlySet<string> = new Set(['pos', 'kiosk'])
/** Channels in which staff sell, and can have the goods in hand: what was agreed in a chat may be taken along at the counter. */
const STAFFED: ReadonlySet<string> = new Set([...AT_THE_COUNTER, 'chat', 'phone'])
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
  // A card of plastic is counted, and carried like goods.
  return variant && NOTHING_TO_CARRY.has(variant.kind) && variant.track === 'none' ? 'digital' : 'ship'
}

/** Whether somebody of the merchant's stands beside the goods, and can say that they are taken along. */
export function isAttended(caller: Pick<CartCaller, 'kind'>, channel: string): boolean {
  return caller.kind === 'merchant' && STAFFED.has(channel)
}

/** Something lies in stock for it: a kit is counted by what is in it. */
export function isCounted({ components, track }: Pick<SellableVariant, 'components' | 'track'>): boolean {
  return (components.length > 0 ? components : [{ track }]).some((part) => part.track === 'quantity')
}

/** The store that hands a line over, or null where the cart has none. */
export function handOverStore(cart: Pick<Cart, 'store_id'>, line: Pick<CartLine, 'mode_store_id'>): string | null {
  return line.mode_store_id ?? cart.store_id
}

/**
 * Where a line leaves and where it is supplied: both the store for what is handed over there; for the rest it goes to where it is
 * sent. Without an address the country that was named counts, then the store's, then the merchant's.
 */
export function journeyOf(
  cart: Pick<Cart, 'store_id' | 'shipping_address' | 'country'>,
  line: Pick<CartLine, 'mode_store_id'>,
  mode: FulfilmentMode,
  config: Pick<MerchantConfig, 'stores' | 'country'>,
): { from: Place; to: Place } {
  const store = config.stores.get(handOverStore(cart, line) ?? '')
  const from = store ? { country: store.country, postal_code: store.address?.postal_code } : { country: config.country }
  if (mode === 'take_away' || mode === 'collect' || mode === 'ship_to_store') return { from, to: from }
  return { from, to: cart.shipping_address ?? (cart.country === null ? from : { country: cart.country }) }
}

/**
 * Whether parcels to other member states are taxed at home: where the merchant chose it, and is established in one member state
 * alone. That its sales stay below the threshold is for the merchant to watch.
 */
export function staysAtHome(config: Pick<MerchantConfig, 'distanceSales' | 'country' | 'stores'>): boolean {
  if (config.distanceSales === 'destination') return false
  return [...config.stores.values()].every(({ country }) => country === config.country || !isMemberState(country))
}
