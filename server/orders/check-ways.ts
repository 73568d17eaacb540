// How the lines of a cart leave, against how they are paid for and who asks: what leaves at once must be paid at once.

import type { CartCaller, CartForOrder } from '../carts/index.ts'
import { Problem } from '../lib/problem.ts'
import { isHandedOver } from './figures.ts'
import type { ChargeMode } from './order.ts'

type Way = Pick<CartForOrder, 'lines'>

/**
 * Refuses a cart whose lines cannot leave in the way they are to. Throws validation-error: something of a charge on collection is
 * not collected, or a gift card, which is money the moment it is issued, is to be charged later.
 */
export function checkWays(cart: Way, order: { caller: CartCaller; charge: ChargeMode }): void {
  const { charge } = order
  const goods = cart.lines.filter(({ variant }) => isHandedOver(variant))
  if (charge === 'now') return
  if (goods.some(({ variant }) => variant.kind === 'gift_card'))
    throw atCharge('A gift card of this cart is paid when it is ordered.')
  if (charge === 'on_shipment') return
  if (goods.some(({ mode }) => mode === 'ship')) throw atCharge('Something of this cart is shipped, not collected.')
  if (goods.some(({ mode }) => mode === 'take_away' || mode === 'digital'))
    throw atCharge('Something of this cart leaves at once, and is paid when it is ordered.')
}

function atCharge(detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer: '/charge', detail }] })
}
