// Whether there is enough of what a cart holds. Soft: it promises nothing. The reservation is made when the order is placed.

import type { CartDeps } from './cart.ts'
import type { Evaluated, PricedLine } from './evaluate.ts'

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
  const { available } = deps.goods
  if (!available) return new Map()
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
            await available(merchantId, {
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
