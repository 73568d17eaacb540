// How a whole cart is handed over, said in one step: who it is for, where it goes, and the article that delivery is charged with. A
// checkout page changes all of it at once, so that no look ever sees the half of it.

import { isDeepStrictEqual } from 'node:util'
import type { SellableVariant } from '../catalog/index.ts'
import type { Address, Cart, CartDeps, CartLine } from './cart.ts'
import { type CartChange, changeCart, look, showChanged } from './change.ts'
import type { Target } from './change-lines.ts'
import { modeOf } from './place.ts'
import { type CartView, viewOf } from './view.ts'

/** What is left out stays as it is. */
export interface Arrangement {
  email?: string | null
  country?: string | null
  shipping_address?: Address | null
  /** Of everything that is not sent by mail. */
  hand_over?: { mode: 'ship' } | { mode: 'collect'; store_id: string }
  /** The one way of delivery; null: none. `unit_price_e4` null: as the price lists have it. */
  delivery?: { variant_id: string; unit_price_e4: bigint | null } | null
}

const DELIVERY_REASON = 'Delivery option of the checkout'

/** Arranges the cart. Nothing is written, and no version made, where it is so already. Throws as every change of a cart does. */
export async function arrangeCart(
  deps: CartDeps,
  merchantId: string,
  target: Target,
  arrangement: Arrangement,
): Promise<CartView> {
  const known = await deps.carts.load(merchantId, target.id)
  const variants = await variantsOf(deps, merchantId, known, arrangement)
  const cart = await changeCart(deps, merchantId, { ...target, type: 'cart.updated' }, (before) =>
    arranged(before, variants, arrangement, () => deps.newId('cln')),
  )
  return showChanged(deps, merchantId, cart)
}

/** What the cart would be, arranged so; nothing is written. */
export async function previewArranged(
  deps: CartDeps,
  merchantId: string,
  cart: Cart,
  arrangement: Arrangement,
): Promise<CartView> {
  const variants = await variantsOf(deps, merchantId, cart, arrangement)
  const change = arranged(cart, variants, arrangement, () => deps.newId('cln'))
  const hoped = change === null ? cart : appliedTo(cart, change)
  const { evaluated, availability } = await look(deps, merchantId, hoped)
  return viewOf(evaluated, availability)
}

/** Whether the cart is arranged so. */
export async function isArranged(
  deps: CartDeps,
  merchantId: string,
  cart: Cart,
  arrangement: Arrangement,
): Promise<boolean> {
  const variants = await variantsOf(deps, merchantId, cart, arrangement)
  return arranged(cart, variants, arrangement, () => '') === null
}

async function variantsOf(
  deps: CartDeps,
  merchantId: string,
  cart: Cart | null | undefined,
  { delivery }: Arrangement,
): Promise<Map<string, SellableVariant>> {
  const ids = [...(cart?.lines ?? []).map(({ variant_id }) => variant_id), ...(delivery ? [delivery.variant_id] : [])]
  return deps.goods.loadVariants(merchantId, [...new Set(ids)])
}

function arranged(
  cart: Cart,
  variants: ReadonlyMap<string, SellableVariant>,
  { hand_over, delivery, ...fields }: Arrangement,
  newLineId: () => string,
): CartChange | null {
  const isFee = (line: CartLine) => variants.get(line.variant_id)?.kind === 'shipping'
  const put: CartLine[] = []
  const drop: string[] = []
  let next_seq = cart.next_seq
  if (hand_over) {
    const store = hand_over.mode === 'collect' ? hand_over.store_id : null
    for (const line of cart.lines) {
      const mode = modeOf(cart, line, variants.get(line.variant_id))
      if (isFee(line) || mode === 'digital') continue
      if (mode === hand_over.mode && line.mode_store_id === store) continue
      // What it costs was seen; what is there depends on where it is asked for.
      put.push({ ...line, mode: hand_over.mode, mode_store_id: store, seen_short: null, seen_promotions: null })
    }
  }
  if (delivery !== undefined) {
    const isIt = (line: CartLine) =>
      line.variant_id === delivery?.variant_id && line.override_e4 === delivery.unit_price_e4 && line.quantity === 1n
    const fees = cart.lines.filter(isFee)
    const kept = fees.find(isIt)
    drop.push(...fees.filter((line) => line !== kept).map(({ id }) => id))
    if (delivery && !kept) put.push({ ...feeLine(delivery), id: newLineId(), seq: next_seq++ })
  }
  const changed = Object.entries(fields).filter(
    ([name, value]) => value !== undefined && !isDeepStrictEqual(cart[name as keyof Cart], value),
  )
  if (put.length === 0 && drop.length === 0 && changed.length === 0) return null
  return {
    cart: { ...Object.fromEntries(changed), next_seq },
    put,
    drop,
    says: { fields: changed.map(([name]) => name).sort(), changed: put.map(({ id }) => ({ line_id: id })) },
  }
}

function feeLine({ variant_id, unit_price_e4 }: NonNullable<Arrangement['delivery']>): Omit<CartLine, 'id' | 'seq'> {
  return {
    ...{ variant_id, quantity: 1n, mode: null, mode_store_id: null, consumption: null, note: null },
    override_e4: unit_price_e4,
    override_reason: unit_price_e4 === null ? null : DELIVERY_REASON,
    ...{ frozen_e4: null, frozen_discount: null, seen_e4: null, seen_short: null, seen_promotions: null },
  }
}

function appliedTo(cart: Cart, { cart: fields = {}, put = [], drop = [] }: CartChange): Cart {
  const kept = cart.lines.filter(({ id }) => !drop.includes(id))
  const known = new Set(cart.lines.map(({ id }) => id))
  return {
    ...cart,
    ...fields,
    lines: [
      ...kept.map((line) => put.find(({ id }) => id === line.id) ?? line),
      ...put.filter(({ id }) => !known.has(id)),
    ],
  }
}
