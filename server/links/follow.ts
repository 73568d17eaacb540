// Links follow payments and orders by the event log: what the browser does or says is never asked.

import { linkedSessions } from '../checkout/index.ts'
import type { Tx } from '../db/pool.ts'
import { isId } from '../lib/ids.ts'
import { appendEvents, type Consumer, type ConsumerDeps, createConsumer, type EventRow } from '../notify/index.ts'
import { type PaymentView, paymentsOfOrder } from '../payments/index.ts'
import type { LinkDeps } from './deps.ts'
import { linkEvent } from './event.ts'
import type { Link, LinkReason } from './link.ts'
import { settle } from './settle.ts'
import { lockLink, openLinksOfOrders, setState } from './store.ts'

type FollowDeps = Pick<LinkDeps, 'clock' | 'newId' | 'payments'> & ConsumerDeps

/** Reads `payment.`, `order.` and `invoice.` events: an invoice is paid as an order is. */
export function createLinkConsumer(deps: FollowDeps): Consumer {
  return createConsumer(deps, {
    name: 'payment_links',
    families: ['payment.', 'order.', 'invoice.'],
    // Nothing is paid by these yet, nor given up.
    but: ['payment.created', 'order.placed'],
    async handle(tx, merchantId, events) {
      await followPayments(deps, tx, merchantId, events)
      await followOrders(deps, tx, merchantId, events)
    },
  })
}

async function followPayments(
  deps: FollowDeps,
  tx: Tx,
  merchantId: string,
  events: readonly EventRow[],
): Promise<void> {
  // The last event of each payment says all that those before it did.
  const latest = new Map(events.map(({ object_id, data }) => [object_id, data as PaymentView | null]))
  const ids = [...latest.keys()].filter((id) => isId('pay', id))
  const sessions = ids.length === 0 ? [] : await linkedSessions(tx, merchantId, ids)
  const byLink = Map.groupBy(sessions, ({ payment_link_id }) => payment_link_id)
  // In one order everywhere, so that two who lock many never wait for each other.
  for (const linkId of [...byLink.keys()].sort()) {
    const link = await lockLink(tx, merchantId, linkId)
    const news = (byLink.get(linkId) ?? []).flatMap(({ id, payment_id }) => {
      const payment = latest.get(payment_id)
      return payment?.object === 'payment' ? [{ session_id: id, payment }] : []
    })
    if (link && news.length > 0) await settle(deps, tx, link, news)
  }
}

/** An order that was paid another way, or will not be, ends its links. */
async function followOrders(deps: FollowDeps, tx: Tx, merchantId: string, events: readonly EventRow[]): Promise<void> {
  const named = events.map(
    ({ object_id, data }) => (data as { order_id?: string | null } | null)?.order_id ?? object_id,
  )
  const orderIds = [...new Set(named)].filter((id) => isId('ord', id) || isId('inv', id))
  const links = orderIds.length === 0 ? [] : await openLinksOfOrders(tx, merchantId, orderIds)
  for (const { id } of links.sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const link = await lockLink(tx, merchantId, id)
    if (!link || link.state === 'canceled' || link.uses > 0) continue
    const reason = await whyOver(deps, tx, link)
    if (reason === null) continue
    const at = deps.clock.now()
    const ended = await setState(tx, link, { state: 'canceled', reason, at })
    await appendEvents(tx, merchantId, at, [linkEvent(deps, 'payment_link.canceled', ended)])
  }
}

/** Why there is nothing left to pay for the link's order; null while there is. Money that may still come back ends nothing. */
async function whyOver(deps: FollowDeps, tx: Tx, link: Link): Promise<LinkReason | null> {
  const { merchant_id } = link
  const orderId = link.order_id as string
  const order = await deps.payments.orders?.due(merchant_id, orderId)
  const payments = (await paymentsOfOrder(tx, merchant_id, orderId)).filter(({ direction }) => direction === 'charge')
  const own = await linkedSessions(
    tx,
    merchant_id,
    payments.map(({ id }) => id),
  )
  const ours = new Set(own.filter(({ payment_link_id }) => payment_link_id === link.id).map((s) => s.payment_id))
  const elsewhere = payments
    .filter(({ id }) => !ours.has(id))
    .reduce((sum, p) => sum + p.amount_captured - p.amount_refunded + p.amount_capturable, 0n)
  if (order && order.limit > 0n && elsewhere >= order.limit) return 'order_paid_elsewhere'
  return order?.isPayable ? null : 'order_canceled'
}
