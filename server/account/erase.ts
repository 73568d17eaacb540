// Deletes an account: nothing is left that says who it was. What the books need (orders, payments, invoices) stays under an id; while
// something of it is still under way it is refused, because the goods or the money would find nobody.

import { forgetTypedOn } from '../bags/index.ts'
import { forgetShoppers } from '../carts/index.ts'
import { sessionsOf } from '../checkout/index.ts'
import { booksKeptYears } from '../countries/index.ts'
import { forgetPerson, lockLeaving, personOf } from '../customers/index.ts'
import { type Queryable, transact } from '../db/pool.ts'
import { forgetAddresses } from '../fulfilments/index.ts'
import { type FieldProblem, Problem } from '../lib/problem.ts'
import { forgetAddressee } from '../links/index.ts'
import { loyaltyOf, storeCreditOf } from '../loyalty/index.ts'
import { deleteMailTo } from '../mail/index.ts'
import { forgetInEvents } from '../notify/index.ts'
import { forgetBuyers, fulfilmentStatus, listOrders, type Order, readOrderLines } from '../orders/index.ts'
import { returnsOfPerson } from '../returns/index.ts'
import { forgetSignIns, type SignedIn } from '../signin/index.ts'
import { revokeAllOf } from '../vault/index.ts'
import type { AccountDeps } from './deps.ts'

/** What stands in the way of deleting an account. */
export type Blocker =
  | { kind: 'order'; id: string; number: string }
  | { kind: 'return'; id: string }
  | { kind: 'store_credit'; currency: string; amount: number }
  | { kind: 'points'; points: number }

const OVER = new Set(['settled', 'rejected', 'cancelled'])
/** Where a customer has more open orders than this, the first ones are reason enough. */
const MOST = 100

/** What is kept without a name, and why: for the page that asks. */
export const KEPT = ['orders', 'payments', 'returns', 'invoices', 'consents'] as const

export async function deletionView(deps: AccountDeps, who: SignedIn) {
  const money = await moneyLeft(deps, who)
  const customerIds = await personOf(deps.db, who.merchantId, who.customerId)
  const blockers = [...(await underWay(deps.db, who.merchantId, customerIds)), ...money]
  const country = (await deps.orders.merchantCache.get(who.merchantId))?.country ?? ''
  return {
    object: 'account_deletion' as const,
    ...{ blockers, kept: [...KEPT], kept_years: booksKeptYears(country), country },
  }
}

/** Deletes it. Throws account-in-use with what stands in the way. */
export async function deleteAccount(
  deps: AccountDeps,
  who: SignedIn,
  input: { gives_up_balances: boolean },
): Promise<void> {
  const { merchantId } = who
  const at = deps.clock.now()
  const money = input.gives_up_balances ? [] : await moneyLeft(deps, who)
  await transact(deps.db, async (tx) => {
    const leaving = await lockLeaving(tx, merchantId, who.customerId)
    const { customerIds, emails } = leaving
    const blockers = [...(await underWay(tx, merchantId, customerIds)), ...money]
    if (blockers.length > 0) throw new Problem('account-in-use', { errors: blockers.map(told) })
    const orderIds = await forgetBuyers(tx, merchantId, customerIds)
    await forgetAddresses(tx, merchantId, orderIds)
    await forgetAddressee(tx, merchantId, { customerIds, emails })
    await forgetInEvents(tx, merchantId, orderIds)
    await forgetTypedOn(tx, merchantId, await sessionsOf(tx, merchantId, { customerIds, orderIds }))
    await forgetShoppers(tx, merchantId, customerIds)
    await revokeAllOf(tx, merchantId, { customerIds, at })
    await deleteMailTo(tx, merchantId, emails)
    await forgetSignIns(deps, tx, merchantId, { customerIds, emails, at })
    await forgetPerson(deps, tx, merchantId, { ...leaving, at })
  })
}

/** What the shop owes them. */
async function moneyLeft(deps: AccountDeps, who: SignedIn): Promise<Blocker[]> {
  await deps.orders.consumer.catchUp(who.merchantId)
  await deps.loyalty.catchUp(who.merchantId)
  const { points } = await loyaltyOf(deps.loyalty, who.merchantId, who.customerId)
  const credit = await storeCreditOf(deps.loyalty, who.merchantId, who.customerId)
  return [
    ...credit
      .filter(({ balance }) => balance > 0n)
      .map((one): Blocker => ({ kind: 'store_credit', currency: one.currency ?? '', amount: Number(one.balance) })),
    ...(points > 0 ? [{ kind: 'points', points } as const] : []),
  ]
}

/** Goods and returns that are still on their way, in either direction. */
async function underWay(db: Queryable, merchantId: string, customerIds: string[]): Promise<Blocker[]> {
  const orders = await openOrders(db, merchantId, customerIds)
  const returns = await returnsOfPerson(db, merchantId, customerIds, { limit: MOST })
  return [
    ...orders.map(({ id, number }): Blocker => ({ kind: 'order', id, number: String(number) })),
    ...returns.filter(({ state }) => !OVER.has(state)).map(({ id }): Blocker => ({ kind: 'return', id })),
  ]
}

/** Orders of which goods are still to come or money is still under way. One that is handed over may be returned by its receipt. */
async function openOrders(db: Queryable, merchantId: string, customer_ids: string[]): Promise<Order[]> {
  const placed = await listOrders(db, merchantId, { customer_ids, state: 'placed' }, { limit: MOST })
  const confirmed = await listOrders(db, merchantId, { customer_ids, state: 'confirmed' }, { limit: MOST })
  const ids = confirmed.map(({ id }) => id)
  const lines = Map.groupBy(await readOrderLines(db, merchantId, ids), ({ order_id }) => order_id)
  const isOver = (order: Order) =>
    order.amount_in_flight === 0n && ['fulfilled', 'cancelled'].includes(fulfilmentStatus(lines.get(order.id) ?? []))
  return [...placed, ...confirmed.filter((order) => !isOver(order))]
}

function told(blocker: Blocker): FieldProblem {
  switch (blocker.kind) {
    case 'order':
      return { pointer: `/orders/${blocker.id}`, detail: `order ${blocker.number} is open` }
    case 'return':
      return { pointer: `/returns/${blocker.id}`, detail: 'is under way' }
    case 'store_credit':
      return {
        pointer: '/balances/store_credit',
        detail: `${blocker.amount} ${blocker.currency} in minor units are left`,
      }
    case 'points':
      return { pointer: '/balances/points', detail: `${blocker.points} points are left` }
  }
}
