// How the lines of a cart leave, against how they are paid for and who asks: what leaves at once must be paid at once, and only what
// somebody can hand over is taken along.

import type { CartCaller, CartForOrder } from '../carts/index.ts'
import { Problem } from '../lib/problem.ts'
import { isHandedOver } from './figures.ts'
import type { ChargeMode } from './order.ts'

/** Channels in which staff sell, and can have the goods in hand: what was agreed in a chat may be taken along at the counter. */
const STAFFED: ReadonlySet<string> = new Set(['pos', 'kiosk', 'chat', 'phone'])

type Way = Pick<CartForOrder, 'lines' | 'channel'>

/**
 * Refuses a cart whose lines cannot leave in the way they are to. Throws validation-error: something is taken along where nobody of
 * the merchant's stands beside it; something that lies in stock is to be delivered without leaving it; something of a charge on
 * collection is not collected; a gift card, which is money the moment it is issued, is to be charged later.
 */
export function checkWays(cart: Way, order: { caller: CartCaller; charge: ChargeMode }): void {
  const { caller, charge } = order
  const goods = cart.lines.filter(({ variant }) => isHandedOver(variant))
  const isAttended = caller.kind === 'merchant' && STAFFED.has(cart.channel)
  if (!isAttended) {
    const i = cart.lines.findIndex(({ mode, variant }) => mode === 'take_away' && isHandedOver(variant))
    if (i >= 0) throw atLine(i, 'is taken along, which staff alone can say: with a secret key, and not on the web')
  }
  const counted = cart.lines.findIndex(({ mode, variant }) => mode === 'digital' && isCounted(variant))
  if (counted >= 0) throw atLine(counted, 'lies in stock, so it is no digital article')
  if (charge === 'now') return
  if (goods.some(({ variant }) => variant.kind === 'gift_card'))
    throw atCharge('A gift card of this cart is paid when it is ordered.')
  if (charge === 'on_shipment') return
  if (goods.some(({ mode }) => mode === 'ship')) throw atCharge('Something of this cart is shipped, not collected.')
  if (goods.some(({ mode }) => mode === 'take_away' || mode === 'digital'))
    throw atCharge('Something of this cart leaves at once, and is paid when it is ordered.')
}

/** Something lies in stock for it: a kit is counted by what is in it. */
function isCounted({ components, track }: Way['lines'][number]['variant']): boolean {
  return (components.length > 0 ? components : [{ track }]).some((part) => part.track === 'quantity')
}

function atCharge(detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer: '/charge', detail }] })
}

function atLine(i: number, what: string): Problem {
  return new Problem('validation-error', {
    errors: [{ pointer: '/cart_id', detail: `Line ${i + 1} of the cart ${what}.` }],
  })
}
