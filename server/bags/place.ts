// From the cart to its order: exactly what was shown, or nothing.

import type { BagOrder, NoticeCode, Session } from '../checkout/index.ts'
import { Problem } from '../lib/problem.ts'
import { orderPageUrl, placeOrder, readOrderView } from '../orders/index.ts'
import type { BagDeps } from './deps.ts'
import { type Known, knownOf, PAGE } from './known.ts'
import { errorsOf } from './plan.ts'
import { forgetTyped, readBag } from './store.ts'
import { slotsOf } from './stores.ts'
import { isSettledOf } from './view.ts'

/** The order that the cart of a session has become, on this page, in another tab or at a till; null while it is a cart. */
export async function orderOfBag(deps: BagDeps, session: Session): Promise<BagOrder | null> {
  const bag = await readBag(deps.db, session)
  const cart = bag && (await deps.carts.carts.load(session.merchant_id, bag.cart_id))
  if (cart?.state !== 'converted' || !cart.moved_to?.startsWith('ord_')) return null
  const [order, page_url] = await Promise.all([
    readOrderView(deps.orders, session.merchant_id, cart.moved_to),
    orderPageUrl(deps.orders, session.merchant_id, cart.moved_to),
  ])
  if (!order) return null
  await forgetTyped(deps.db, session, deps.clock.now())
  return {
    order_id: order.id,
    amount: BigInt(order.total),
    reference: order.number,
    country: order.country,
    lines: order.lines
      .slice(0, 100)
      .filter(({ quantity, quantity_cancelled }) => quantity > quantity_cancelled)
      .map(({ name, quantity, quantity_cancelled, unit, total }) => ({
        name: name.slice(0, 200),
        quantity: unit === 'piece' ? quantity - quantity_cancelled : 1,
        amount: total,
      })),
    page_url,
  }
}

/** Places the order. A notice tells why not; then nothing is reserved, and the page shows the cart as it is now. */
export async function placeBag(
  deps: BagDeps,
  session: Session,
  seen: { total: number; version: number },
): Promise<NoticeCode | null> {
  const known = await knownOf(deps, session)
  const { view, bag, choice } = known
  if (view.state === 'converted') return null
  if (view.version !== seen.version) return 'bag_changed'
  if (view.total !== seen.total) return 'amount_changed'
  if (view.changes.some(({ what }) => what === 'price')) return 'bag_changed'
  const errors = errorsOf(known, slotsOf(choice.store, deps.clock.now()))
  if (!bag.is_sent || Object.keys(errors).length > 0) return 'details_missing'
  if (!(await isSettledOf(deps, known))) return 'bag_changed'
  try {
    await placeOrder(
      deps.orders,
      session.merchant_id,
      { caller: PAGE, by: session.id },
      {
        cart_id: view.id,
        cart_version: seen.version,
        expected_total: seen.total,
        email: bag.typed.email as string,
        metadata: { ...session.metadata, ...noted(known) },
        ...(session.customer_id === null ? {} : { customer_id: session.customer_id }),
        ...(session.reference === null ? {} : { reference: session.reference }),
      },
    )
    return null
  } catch (error) {
    const notice = error instanceof Problem ? NOTICES[error.code] : undefined
    if (notice === undefined) throw error
    return notice
  }
}

const NOTICES: Partial<Record<string, NoticeCode>> = {
  'out-of-stock': 'sold_out',
  'promotion-exhausted': 'code_refused',
  'price-changed': 'bag_changed',
  'version-conflict': 'bag_changed',
  'cart-closed': 'bag_changed',
  'not-found': 'bag_changed',
  'tax-unknown': 'not_delivered_there',
  'validation-error': 'details_missing',
  'reference-not-found': 'details_missing',
}

/** What an order has no field for, in its metadata: who collects it and when. */
function noted({ bag: { typed }, choice }: Known): Record<string, string> {
  if (!choice.needsWay || choice.way !== 'collect') return { contact_name: typed.name ?? '' }
  const slot = typed.slot ?? ''
  return { contact_name: typed.name ?? '', ...(slot === '' ? {} : { collect_from: slot }) }
}
