// Whether there is enough of what a cart holds. Soft: it promises nothing. The reservation is made when the order is placed.

import { createLoader } from '../db/load-many.ts'
import type { CartDeps } from './cart.ts'
import type { Evaluated, PricedLine } from './evaluate.ts'
import type { Goods } from './goods.ts'

export interface LineAvailability {
  is_enough: boolean
  /** Whole units of the line's article that could be had, of a kit whole kits; null for what is not counted. */
  available: bigint | null
}

/** By line id. Lines that share an article share its stock: the first in the cart is served first. */
export async function availabilityOf(
  deps: CartDeps,
  merchantId: string,
  evaluated: Evaluated,
): Promise<Map<string, LineAvailability>> {
  const { cart, priced } = evaluated
  const variants = new Map(priced.map(({ variant }) => [variant.id, variant]))
  const needs = (line: PricedLine) =>
    deps.goods.explodeKits(variants, [{ variant_id: line.variant.id, quantity: line.line.quantity }])
  // What is handed over in a store comes from that store; the rest from wherever the channel sells.
  const places = new Map<string, PricedLine[]>()
  for (const each of priced) {
    const place = each.mode === 'take_away' || each.mode === 'collect' ? (each.store_id ?? '') : ''
    places.set(place, [...(places.get(place) ?? []), each])
  }
  const found = new Map<string, LineAvailability>()
  for (const [place, lines] of places) {
    const ids = [...new Set(lines.flatMap((line) => needs(line).map(({ variant_id }) => variant_id)))]
    const left =
      ids.length === 0
        ? new Map<string, bigint>()
        : new Map(
            await deps.goods.available(merchantId, {
              variant_ids: ids,
              channel: cart.channel,
              ...(place === '' ? {} : { store_ids: [place] }),
            }),
          )
    for (const each of lines) found.set(each.line.id, serve(each.line.quantity, needs(each), left))
  }
  return found
}

/** What there is for one line of `quantity`; takes what it gets out of `left`. */
function serve(
  quantity: bigint,
  needs: { variant_id: string; quantity: bigint }[],
  left: Map<string, bigint>,
): LineAvailability {
  if (needs.length === 0) return { is_enough: true, available: null }
  // Parts per whole: needs are for all of the quantity, and each is a multiple of it.
  const wholes = needs.map(({ variant_id, quantity: need }) => {
    const here = left.get(variant_id) ?? 0n
    return here <= 0n ? 0n : here / (need / quantity)
  })
  const available = wholes.reduce((least, each) => (each < least ? each : least))
  const taken = available < quantity ? available : quantity
  for (const { variant_id, quantity: need } of needs) {
    left.set(variant_id, (left.get(variant_id) ?? 0n) - taken * (need / quantity))
  }
  return { is_enough: available >= quantity, available }
}

/** Asks for many carts at once: those of one merchant, channel and place share a look. */
export function inBatches(available: Goods['available']): Goods['available'] {
  const loader = createLoader<bigint>((scope, variant_ids) => {
    const { merchantId, ...where } = JSON.parse(scope) as { merchantId: string; channel: string; store_ids?: string[] }
    return available(merchantId, { ...where, variant_ids })
  })
  return async (merchantId, { variant_ids, channel, store_ids }) => {
    const scope = JSON.stringify({ merchantId, channel, ...(store_ids === undefined ? {} : { store_ids }) })
    const found = await Promise.all(variant_ids.map(async (id) => [id, await loader.load(scope, id)] as const))
    return new Map(found.map(([id, units]) => [id, units ?? 0n]))
  }
}
