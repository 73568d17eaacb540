// A session whose cart is not an order yet, and how it becomes one.

import { transact } from '../db/pool.ts'
import type { Language } from '../lib/language.ts'
import { appendEvents } from '../notify/index.ts'
import type { BagInput, BagView } from './bag-view.ts'
import type { CheckoutDeps } from './deps.ts'
import { sessionEvent } from './event.ts'
import type { NoticeCode, Phase, TryInput } from './page-view.ts'
import { type Session, seenBy, stateOf } from './session.ts'
import { completeFree, putOrder, readSession } from './store.ts'

/** The session with the order its cart has become, here or elsewhere; as it was where there is none. */
export async function withOrder(deps: CheckoutDeps, session: Session): Promise<Session> {
  if (session.cart_id === null || session.order_id !== null || !deps.bags) return session
  const order = await deps.bags.orderOf(session)
  if (order === null) return session
  const { page_url, ...placed } = order
  const reference = session.reference ?? placed.reference
  await putOrder(deps.db, session, { ...placed, reference, success_url: session.success_url ?? page_url })
  const noted = (await readSession(deps.db, session.merchant_id, session.id)) ?? session
  return seenBy(noted.amount === 0n && noted.state === 'open' ? await completed(deps, noted) : noted, session.signed_in)
}

/** An order that costs nothing is confirmed as it is placed: there is no payment to wait for. */
async function completed(deps: CheckoutDeps, session: Session): Promise<Session> {
  const { merchant_id } = session
  const at = deps.clock.now()
  const ended = await transact(deps.db, async (tx) => {
    const done = await completeFree(tx, session, at)
    if (done) await appendEvents(tx, merchant_id, at, [sessionEvent(deps, 'checkout_session.completed', done)])
    return done
  })
  return ended ?? (await readSession(deps.db, merchant_id, session.id)) ?? session
}

/** What the page shows of the cart; null where there is none, or none any more. */
export async function bagOf(deps: CheckoutDeps, session: Session, language: Language): Promise<BagView | null> {
  if (session.cart_id === null || session.order_id !== null || !deps.bags) return null
  return deps.bags.view(session, language)
}

/** Where a customer stands whose cart is not an order yet. */
export function bagPhase(session: Session, bag: BagView, now: Date): Phase {
  const state = stateOf(session, now)
  if (state !== 'open') return state === 'complete' ? 'paid' : state
  if (bag.state !== 'open') return `bag_${bag.state}`
  return bag.is_ready ? 'pay' : 'details'
}

/** The session as an order, or why the cart is none. Pressed twice, or in two tabs, it is one order. */
export async function placed(
  deps: CheckoutDeps,
  session: Session,
  { seen, bag_version }: Pick<TryInput, 'seen' | 'bag_version'>,
): Promise<{ session: Session; notice: NoticeCode | null }> {
  const now = await withOrder(deps, session)
  if (now.cart_id === null || now.order_id !== null || !deps.bags) return { session: now, notice: null }
  if (seen === undefined || bag_version === undefined) return { session: now, notice: 'details_missing' }
  const notice = await deps.bags.place(now, { total: seen, version: bag_version })
  return { session: await withOrder(deps, now), notice }
}

/** One step before paying; on a page that is over, or whose cart is an order by now, nothing. */
export async function bagStepHere(deps: CheckoutDeps, known: Session, input: BagInput): Promise<NoticeCode | null> {
  const session = await withOrder(deps, known)
  if (session.cart_id === null || session.order_id !== null || !deps.bags) return null
  if (stateOf(session, deps.clock.now()) !== 'open') return null
  return deps.bags.step(session, input)
}
