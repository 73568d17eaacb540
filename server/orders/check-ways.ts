// How lines leave, against how they are paid for and who asks: what leaves at once must be paid at once, and only what somebody can
// hand over is taken along. The same for the lines of a cart that is ordered and for those that come to an order by an edit.

import { type CartCaller, type CartForOrder, isAttended, isCounted } from '../carts/index.ts'
import { Problem } from '../lib/problem.ts'
import { isHandedOver } from './figures.ts'
import type { ChargeMode, GroupMode, OrderLine } from './order.ts'

/** A line, the way it is to leave, and what a refusal calls it and points at. */
export interface Way {
  mode: GroupMode
  kind: OrderLine['kind']
  /** Something lies in stock for it. */
  isCounted: boolean
  name: string
  /** For the way itself, for its article, and for what does not go with how the order is charged. */
  pointers: { way: string; article: string; charge: string }
}

/** The lines of a cart. */
export function waysOf(cart: Pick<CartForOrder, 'lines'>): Way[] {
  return cart.lines.map(({ mode, variant }, i) => ({
    ...{ mode, kind: variant.kind as OrderLine['kind'], isCounted: isCounted(variant) },
    name: `Line ${i + 1} of the cart`,
    pointers: { way: '/cart_id', article: '/cart_id', charge: '/charge' },
  }))
}

/**
 * Refuses lines that cannot leave in the way they are to. Throws validation-error: something is taken along where nobody of the
 * merchant's stands beside it; something that lies in stock is to be delivered without leaving it; something of a charge on
 * collection is not collected; a gift card, which is money the moment it is issued, is to be charged later.
 */
export function checkWays(
  ways: readonly Way[],
  order: { caller: Pick<CartCaller, 'kind'>; channel: string; charge: ChargeMode },
): void {
  const { caller, channel, charge } = order
  const isStaffed = isAttended(caller, channel)
  for (const way of ways) {
    if (way.mode === 'take_away' && isHandedOver(way) && !isStaffed)
      throw refused(
        way,
        way.pointers.way,
        'is taken along, which staff alone can say: with a secret key, and not on the web',
      )
    if (way.mode === 'digital' && way.isCounted)
      throw refused(way, way.pointers.article, 'lies in stock, so it is no digital article')
  }
  if (charge === 'now') return
  const goods = ways.filter(isHandedOver)
  const card = goods.find(({ kind }) => kind === 'gift_card')
  if (card) throw refused(card, card.pointers.charge, 'is a gift card, which is paid when it is ordered')
  if (charge === 'on_shipment') return
  for (const way of goods) {
    if (way.mode === 'ship') throw refused(way, way.pointers.charge, 'is shipped, not collected')
    if (way.mode === 'take_away' || way.mode === 'digital')
      throw refused(way, way.pointers.charge, 'leaves at once, and is paid when it is ordered')
  }
}

/**
 * Refuses an order that is charged later of which nothing is handed over: no parcel and no counter would ever charge it. Throws
 * validation-error.
 */
export function mustLeave(ways: readonly Way[], charge: ChargeMode): void {
  if (charge === 'now' || ways.some(isHandedOver)) return
  throw new Problem('validation-error', {
    errors: [{ pointer: '/charge', detail: 'nothing of the order is handed over, so it is charged now' }],
  })
}

function refused({ name }: Way, pointer: string, what: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer, detail: `${name} ${what}.` }] })
}
