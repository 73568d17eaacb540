// What a signed-in customer sees of what is theirs: less than the merchant sees, and always under all their profiles.

import { personOf, readProfile } from '../customers/index.ts'
import { Problem } from '../lib/problem.ts'
import { loyaltyOf, storeCreditOf, storeCreditView } from '../loyalty/index.ts'
import {
  fulfilmentStatus,
  lineNow,
  listOrders,
  type Order,
  type OrderLine,
  orderFigures,
  orderPageUrl,
  paymentStatus,
  readOrder,
  readOrderLines,
  readOrders,
  returnStatus,
} from '../orders/index.ts'
import { returnsOfPerson } from '../returns/index.ts'
import type { SignedIn } from '../signin/index.ts'
import { type InstrumentView, listInstruments, revokeInstrument } from '../vault/index.ts'
import type { AccountDeps } from './deps.ts'

/** More cards than this nobody keeps. */
const MOST_INSTRUMENTS = 100

export async function accountView(deps: AccountDeps, who: SignedIn) {
  const profile = await readProfile(deps.db, who.merchantId, who.customerId)
  if (!profile) throw new Problem('not-found')
  const { name, email, phone, locale, created_at } = profile
  return {
    object: 'account' as const,
    customer_id: who.customerId,
    ...{ name, email, phone, locale },
    signed_in_at: who.since.toISOString(),
    created_at: created_at.toISOString(),
  }
}

/** Newest first, one more than `limit`. */
export async function ownOrders(deps: AccountDeps, who: SignedIn, page: { limit: number; cursor?: string }) {
  await deps.profiles.timeline.catchUp(who.merchantId)
  await deps.orders.consumer.catchUp(who.merchantId)
  const customer_ids = await personOf(deps.db, who.merchantId, who.customerId)
  const orders = await listOrders(deps.db, who.merchantId, { customer_ids }, page)
  const ids = orders.map(({ id }) => id)
  const lines = Map.groupBy(await readOrderLines(deps.db, who.merchantId, ids), ({ order_id }) => order_id)
  return Promise.all(orders.map((order) => ownOrder(deps, who, order, lines.get(order.id) ?? [])))
}

/** Throws not-found, for another customer's order as for one that does not exist. */
export async function ownOrderById(deps: AccountDeps, who: SignedIn, id: string) {
  await deps.profiles.timeline.catchUp(who.merchantId)
  await deps.orders.consumer.catchUp(who.merchantId)
  const order = await readOrder(deps.db, who.merchantId, id)
  const person = await personOf(deps.db, who.merchantId, who.customerId)
  if (!order || order.customer_id === null || !person.includes(order.customer_id)) throw new Problem('not-found')
  return ownOrder(deps, who, order, await readOrderLines(deps.db, who.merchantId, id))
}

async function ownOrder(deps: AccountDeps, who: SignedIn, order: Order, lines: OrderLine[]) {
  const { due, paid, refunded } = orderFigures(order)
  return {
    id: order.id,
    object: 'own_order' as const,
    number: String(order.number),
    state: order.state,
    channel: order.channel,
    currency: order.currency,
    total: Number(order.total),
    amount_due: order.state === 'cancelled' ? 0 : Number(due),
    amount_paid: Number(paid),
    amount_refunded: Number(refunded),
    payment_status: paymentStatus(order),
    fulfilment_status: fulfilmentStatus(lines),
    return_status: returnStatus(lines),
    lines: lines.map((line) => ({
      id: line.id,
      variant_id: line.variant_id,
      name: line.name,
      kind: line.kind,
      quantity: Number(line.quantity - line.cancelled),
      total: Number(lineNow(line, order.prices_include_tax).total),
    })),
    page_url: await orderPageUrl(deps.orders, who.merchantId, order.id),
    placed_at: order.placed_at.toISOString(),
  }
}

/** Newest first, one more than `limit`. */
export async function ownReturns(deps: AccountDeps, who: SignedIn, page: { limit: number; cursor?: string }) {
  const person = await personOf(deps.db, who.merchantId, who.customerId)
  const returns = await returnsOfPerson(deps.db, who.merchantId, person, page)
  const ids = returns.flatMap(({ order_id }) => (order_id === null ? [] : [order_id]))
  const orders = await readOrders(deps.db, who.merchantId, ids)
  return Promise.all(
    returns.map(async (one) => ({
      id: one.id,
      object: 'own_return' as const,
      order_id: one.order_id,
      order_number: orders.has(one.order_id ?? '') ? String(orders.get(one.order_id ?? '')?.number) : null,
      page_url: one.order_id === null ? null : await orderPageUrl(deps.orders, who.merchantId, one.order_id),
      state: one.state,
      currency: one.currency,
      amount_refund: one.amount_refund,
      amount_refunded: one.amount_refunded,
      lines: one.lines.map(({ name, requested, received }) => ({ name, requested, received })),
      created_at: one.created_at,
    })),
  )
}

/** Saved cards, newest first. */
export async function ownInstruments(deps: AccountDeps, who: SignedIn): Promise<InstrumentView[]> {
  const page = { before: null, limit: MOST_INSTRUMENTS }
  return (await listInstruments(deps.vault, who.merchantId, who.customerId, page)) ?? []
}

/** Throws not-found. */
export async function removeInstrument(deps: AccountDeps, who: SignedIn, id: string): Promise<void> {
  const isOwn = await revokeInstrument(deps.vault, who.merchantId, { id, customerId: who.customerId })
  if (!isOwn) throw new Problem('not-found')
}

/** Points and store credit. */
export async function ownBalances(deps: AccountDeps, who: SignedIn) {
  await deps.loyalty.catchUp(who.merchantId)
  const points = await loyaltyOf(deps.loyalty, who.merchantId, who.customerId)
  const credit = await storeCreditOf(deps.loyalty, who.merchantId, who.customerId)
  return {
    object: 'balances' as const,
    points: {
      available: points.available,
      pending: points.pending,
      tier: points.tier,
      next_tier: points.next_tier,
      next_to_end: points.next_to_end,
      worth: points.worth,
    },
    store_credit: credit
      .map(storeCreditView)
      .map(({ currency, balance, available }) => ({ currency, balance, available })),
  }
}
