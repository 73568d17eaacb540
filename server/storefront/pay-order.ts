// Sends whoever placed an order to a page where they pay what is due for it.

import { createSession, type Session } from '../checkout/index.ts'
import type { Language } from '../lib/language.ts'
import { orderPageUrl, readOrderView } from '../orders/index.ts'
import type { StorefrontDeps } from './deps.ts'

/** Long enough to look for one's card, short enough that the goods are not kept for nobody: unpaid orders end by themselves. */
const OPEN_FOR_S = 3_600

/**
 * A page for what the order owes now; it leads back to the order. Throws order-not-payable (nothing is due, it has ended, or a payment
 * of it is under way) and reference-not-found.
 */
export async function payPageOf(
  deps: StorefrontDeps,
  merchantId: string,
  orderId: string,
  { language, channel }: { language: Language; channel?: 'web' | 'app' },
): Promise<Session> {
  const [order, back] = await Promise.all([
    readOrderView(deps.orders, merchantId, orderId),
    orderPageUrl(deps.orders, merchantId, orderId),
  ])
  const isWhole = order !== null && order.amount_due === order.total
  return createSession(deps, merchantId, {
    order_id: orderId,
    channel: channel ?? 'web',
    language,
    success_url: back,
    cancel_url: back,
    expires_in: OPEN_FOR_S,
    ...(order === null ? {} : { country: order.country, reference: order.number }),
    ...(isWhole && order.lines.length <= 100
      ? {
          lines: order.lines
            .filter(({ quantity, quantity_cancelled }) => quantity > quantity_cancelled)
            .map(({ name, quantity, quantity_cancelled, unit, total }) => ({
              name: name.slice(0, 200),
              quantity: unit === 'piece' ? quantity - quantity_cancelled : 1,
              amount: total,
            })),
        }
      : {}),
  })
}
