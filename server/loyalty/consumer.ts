// Follows orders and returns: gift cards that were sold are issued, goods earn points, and what comes back or is cancelled takes
// both away. It reads the order as it stands, so that it does not matter which message tells it, how often, or in which order.

import type { Tx } from '../db/pool.ts'
import { unitAllocation } from '../lib/money.ts'
import { type Consumer, type ConsumerDeps, createConsumer } from '../notify/index.ts'
import { coveredBy } from '../payments/index.ts'
import type { LoyaltyDeps } from './deps.ts'
import { planEarning, planReversal, waitForWindow } from './earn.ts'
import { programmeOfSku } from './gift-card-store.ts'
import { planIssue, planVoidDownTo } from './issue-for-order.ts'
import type { EarningLine } from './points.ts'
import { readLoyaltyProgramme } from './programme-store.ts'
import { bookChanges, type Change } from './store.ts'

/** A line as it stands: `returned` and `cancelled` count units from the beginning. */
export interface FollowedLine extends EarningLine {
  returned: bigint
  cancelled: bigint
  /** Before discounts: the face value of gift cards. */
  list: bigint
  /** False while the money for it is not taken: no gift card and no points come into being for what is only held, or due. */
  is_paid: boolean
  /** Of a gift card: not 0 when it is a single-purpose voucher. */
  tax_rate_bp: number
  /** Says which programme a gift card follows. */
  sku: string | null
}

/** An order as this module sees it; wiring reads it from the module that keeps orders. */
export interface FollowedOrder {
  id: string
  customer_id: string | null
  /** When it was given to its customer, where that was after it was placed. */
  customer_attached_at: Date | null
  currency: string
  channel: string
  store_id: string | null
  /** Null until it is confirmed: nothing happens before. */
  confirmed_at: Date | null
  /** Until when its goods can be returned; null while something is still to be handed over. */
  returnable_until: Date | null
  lines: readonly FollowedLine[]
}

export interface FollowDeps extends LoyaltyDeps, ConsumerDeps {
  clock: ConsumerDeps['clock']
  /** The orders of some ids; unknown ones are absent. */
  ordersOf(tx: Tx, merchantId: string, ids: string[]): Promise<FollowedOrder[]>
  /** Those of these orders with a gift card in them: without points most orders have nothing to follow. */
  ordersWithCards(tx: Tx, merchantId: string, ids: string[]): Promise<string[]>
}

/** Of the steps of a fulfilment those after which it may be known how long the goods can be returned. */
const HANDED_OVER = ['fulfilment.collected', 'fulfilment.shipped', 'fulfilment.delivered']

/** The consumer `loyalty`: reads events of orders, fulfilments and returns, after whatever writes those. */
export function createLoyaltyConsumer(deps: FollowDeps): Consumer {
  return createConsumer(deps, {
    name: 'loyalty',
    families: ['order.', ...HANDED_OVER, 'return.'],
    // Nothing happens before it is confirmed.
    but: ['order.placed'],
    async handle(tx, merchantId, events) {
      const ids = [...new Set(events.flatMap((event) => orderIdOf(event.data) ?? []))].sort()
      // A programme that is switched off gives no more points, and still takes back what it gave.
      const hasPoints = (await readLoyaltyProgramme(tx, merchantId)) !== null
      const told = hasPoints ? ids : await deps.ordersWithCards(tx, merchantId, ids)
      if (told.length === 0) return
      const orders = (await deps.ordersOf(tx, merchantId, told)).filter((order) => order.confirmed_at !== null)
      const changes: Change[] = []
      for (const order of orders) {
        changes.push(...(await cardsFor(deps, tx, merchantId, order)))
        if (hasPoints) changes.push(...(await pointsFor(deps, tx, merchantId, order)))
      }
      // All at once and last: it locks the balances in order, and then the event counter.
      await bookChanges(tx, merchantId, changes)
    },
  })
}

function whereOf(deps: FollowDeps, { id, channel, store_id }: FollowedOrder) {
  return { order_id: id, channel, store_id, at: deps.clock.now() }
}

async function cardsFor(deps: FollowDeps, tx: Tx, merchantId: string, order: FollowedOrder): Promise<Change[]> {
  const changes: Change[] = []
  const { currency, customer_id } = order
  for (const line of order.lines.filter(({ kind }) => kind === 'gift_card')) {
    const { line_id, quantity, list, total, sku } = line
    const units = quantity - line.cancelled - line.returned
    const where = { ...whereOf(deps, order), line_id }
    const card = {
      ...{ ...where, quantity: units, currency, customer_id },
      face_value: (unit: bigint) => unitAllocation(list, quantity, unit),
      paid: (unit: bigint) => unitAllocation(total, quantity, unit),
      tax_rate_bp: line.tax_rate_bp,
      programme: sku === null ? null : await programmeOfSku(tx, merchantId, sku),
    }
    const issued = line.is_paid ? await planIssue(deps, tx, merchantId, card) : []
    changes.push(...issued)
    if (issued.length > 0 || units === quantity) continue
    const voided = await planVoidDownTo(deps, tx, merchantId, { ...where, units })
    changes.push(...voided.changes)
    if (voided.missing > 0) {
      deps.log.warn('gift cards of returned or cancelled units are spent and cannot be taken back', {
        merchant_id: merchantId,
        object_id: order.id,
        count: voided.missing,
      })
    }
  }
  return changes
}

async function pointsFor(deps: FollowDeps, tx: Tx, merchantId: string, order: FollowedOrder): Promise<Change[]> {
  const { id, confirmed_at, returnable_until, lines, currency } = order
  const { customer_id } = order
  if (customer_id === null || confirmed_at === null) return []
  const where = whereOf(deps, order)
  const paid_by_points = await coveredBy(tx, merchantId, { orderId: id, method: 'points' })
  const paid = new Set(lines.filter(({ is_paid }) => is_paid).map(({ line_id }) => line_id))
  const sale = { ...where, customer_id, confirmed_at, returnable_until, currency, paid_by_points, lines, paid }
  const earned = isTooLate(order) ? [] : await planEarning(deps, tx, merchantId, sale)
  await waitForWindow(tx, merchantId, { id, confirmed_at, returnable_until })
  return [...earned, ...(await planReversal(deps, tx, merchantId, { ...where, lines }))]
}

/** A guest's order that found its customer when its goods could no longer be returned is done with: it earns nothing. */
function isTooLate({ customer_attached_at, returnable_until }: FollowedOrder): boolean {
  return customer_attached_at !== null && returnable_until !== null && returnable_until <= customer_attached_at
}

function orderIdOf(data: unknown): string | undefined {
  const { order_id } = data as { order_id?: unknown }
  return typeof order_id === 'string' ? order_id : undefined
}
