// Whether there is enough of what a cart holds. Soft: it promises nothing. The reservation is made when the order is placed.

import type { CartDeps } from './cart.ts'
import type { Evaluated, PricedLine } from './evaluate.ts'

export interface LineAvailability {
  is_enough: boolean
  /** Whole units of the line's article that could be had, of a kit whole kits; null for what is not counted. */
  available: bigint | null
  /** Of the line's units, how many the store where it is collected has to get first; null where nothing is brought. */
  by_transfer: bigint | null
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
  // What is handed over in a store comes from that store; what is collected there too, and the rest of it from wherever the channel
  // sells, as does what is sent.
  const places = Map.groupBy(priced, (each) =>
    each.mode === 'take_away' || isBrought(each) ? (each.store_id ?? '') : '',
  )
  const found = new Map<string, LineAvailability>()
  for (const [place, lines] of places) {
    const ids = [...new Set(lines.flatMap((line) => needs(line).map(({ variant_id }) => variant_id)))]
    const ask = async (where: { store_ids?: string[]; without?: string }) =>
      ids.length === 0
        ? new Map<string, bigint>()
        : new Map(await deps.goods.available(merchantId, { variant_ids: ids, channel: cart.channel, ...where }))
    const left = await ask(place === '' ? {} : { store_ids: [place] })
    const here = new Map(lines.map((each) => [each.line.id, serve(each.line.quantity, needs(each), left)]))
    const isShort = place !== '' && lines.some((each) => isBrought(each) && !here.get(each.line.id)?.is_enough)
    const elsewhere = isShort ? await ask({ without: place }) : new Map<string, bigint>()
    for (const each of lines) {
      const served = here.get(each.line.id) as LineAvailability
      found.set(
        each.line.id,
        isBrought(each) && place !== '' ? bring(each.line.quantity, needs(each), served, elsewhere) : served,
      )
    }
  }
  return found
}

/** Collected in a store, which may have to get it first. */
function isBrought({ mode }: PricedLine): boolean {
  return mode === 'collect' || mode === 'ship_to_store'
}

/** The same with what other stores have; takes what is brought out of `left`. */
function bring(
  quantity: bigint,
  needs: { variant_id: string; quantity: bigint }[],
  here: LineAvailability,
  left: Map<string, bigint>,
): LineAvailability {
  if (here.available === null || here.is_enough) return { ...here, by_transfer: 0n }
  const rest = quantity - here.available
  const scaled = needs.map((need) => ({ ...need, quantity: (need.quantity / quantity) * rest }))
  const { available, is_enough } = serve(rest, scaled, left)
  const more = available ?? 0n
  return { is_enough, available: here.available + more, by_transfer: more < rest ? more : rest }
}

/** What there is for one line of `quantity`; takes what it gets out of `left`. */
function serve(
  quantity: bigint,
  needs: { variant_id: string; quantity: bigint }[],
  left: Map<string, bigint>,
): LineAvailability {
  if (needs.length === 0) return { is_enough: true, available: null, by_transfer: null }
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
  return { is_enough: available >= quantity, available, by_transfer: null }
}
