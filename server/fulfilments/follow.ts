// What fulfilments learn from the event log, and what they do in the background: the consumer makes them of confirmed orders and
// lets them follow cancellations and transfers; workers charge, release and expire.

import { createWorker, type Worker } from '../jobs/index.ts'
import { isId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import { type Consumer, type ConsumerDeps, createConsumer, type EventRow } from '../notify/index.ts'
import { isHandedOver, readOrder, readOrderLines } from '../orders/index.ts'
import { cancel, paymentsOfOrder } from '../payments/index.ts'
import { revokeOrderInstrument } from '../vault/index.ts'
import { carryOutCharge, LEASE_MS } from './charge.ts'
import type { FulfilmentDeps } from './deps.ts'
import { expireFulfilments } from './drop.ts'
import { findMissing } from './find-missing.ts'
import { follow } from './follow-orders.ts'
import type { Fulfilment } from './fulfilment.ts'
import {
  claimDue,
  merchantsDue,
  ordersCharged,
  ordersCharging,
  postpone,
  readOfOrders,
  readOfTransfers,
} from './store.ts'
import { tellUntaken } from './untaken.ts'

/** These change nothing that is handed over. */
const IGNORED = [
  'order.placed',
  'order.payment_returned',
  'order.customer_attached',
  'order.closed',
  // What comes of the payment is told by its next event.
  'payment.created',
]

/** The goods are there, or will not come. */
const ENDS_OF_TRANSFERS = new Set(['transfer.received', 'transfer.called_back', 'transfer.cancelled'])

/** Money that was taken has been taken back. */
const TAKEN_BACK = new Set(['payment.sale_reversed', 'payment.capture_reversed'])

/** The consumer `fulfilments`: reads events of orders, payments and transfers. `wake` is called when a charge may be due, or goods missing. */
export function createFulfilmentsConsumer(
  deps: ConsumerDeps & Omit<FulfilmentDeps, 'consumer'>,
  wake: () => void,
): Consumer {
  return createConsumer(deps, {
    name: 'fulfilments',
    families: ['order.', 'payment.', 'transfer.'],
    but: IGNORED,
    async handle(tx, merchantId, events) {
      const ended = events.filter(({ type }) => ENDS_OF_TRANSFERS.has(type)).map(({ object_id }) => object_id)
      const paid = idsOf(events.filter(({ type }) => type.startsWith('payment.')))
      const failed = idsOf(events.filter(({ type }) => type === 'payment.capture_failed'))
      await tellUntaken(deps, tx, merchantId, failed, deps.clock.now())
      const back = idsOf(events.filter(({ type }) => TAKEN_BACK.has(type)))
      await follow(deps, tx, merchantId, {
        changed: idsOf(events.filter((event) => event.type.startsWith('order.') && isTelling(event))),
        charging: paid.length === 0 ? [] : await ordersCharging(tx, merchantId, paid),
        reversed: back.length === 0 ? [] : await ordersCharged(tx, merchantId, back),
        arrived: ended.length === 0 ? [] : await readOfTransfers(tx, merchantId, ended),
      })
    },
    afterwards: wake,
  })
}

/** Money that comes later lets go what an edit brought, and gift cards, which wait until it is taken. */
function isTelling({ type, data }: EventRow): boolean {
  if (type !== 'order.payment_changed') return true
  const { revision = 1, amount_captured = 0 } = (data ?? {}) as { revision?: number; amount_captured?: number }
  return revision > 1 || amount_captured > 0
}

function idsOf(events: readonly EventRow[]): string[] {
  const ids = events.map((event) => (event.data as { order_id?: unknown } | null)?.order_id)
  return [...new Set(ids.filter((id): id is string => typeof id === 'string' && isId('ord', id)))]
}

// ---- Workers -------------------------------------------------------------------------------------------------------

/** A charge that a request left behind is taken up after its lease; one that follows an order waits this long at most. */
const CHARGE_EVERY_MS = 2_000
const EXPIRE_EVERY_MS = 30_000
/** It is woken when a transfer ends; this is for what another process left behind. */
const MISSING_EVERY_MS = 10_000
const MERCHANTS = 20
const BATCH = 10
const AGAIN_MS = 10_000

/** Background work of fulfilments. */
export function createFulfilmentWorkers(deps: FulfilmentDeps): { charges: Worker; missing: Worker; expiry: Worker } {
  const { clock, log } = deps
  return {
    charges: createWorker({
      ...{ name: 'fulfilment charges', clock, log, everyMs: CHARGE_EVERY_MS },
      tick: async () => (await chargeDue(deps)) + (await releaseDue(deps)),
    }),
    missing: createWorker({
      ...{ name: 'goods that did not come', clock, log, everyMs: MISSING_EVERY_MS },
      tick: () => findMissing(deps),
    }),
    expiry: createWorker({
      ...{ name: 'uncollected fulfilments', clock, log, everyMs: EXPIRE_EVERY_MS },
      tick: () => expireFulfilments(deps),
    }),
  }
}

/** Carries out charges that are due. Answers how many were brought to an end. */
export async function chargeDue(deps: FulfilmentDeps): Promise<number> {
  const now = deps.clock.now()
  let ended = 0
  for (const merchantId of await merchantsDue(deps.db, 'charge_due_at', now, MERCHANTS * BATCH)) {
    const claim = { now, until: new Date(now.getTime() + LEASE_MS), limit: BATCH }
    for (const f of await claimDue(deps.db, merchantId, 'charge_due_at', claim)) {
      const after = await carryOutCharge(deps, merchantId, f)
      if (after.charge_state !== 'unknown' && after.charge_state !== 'intent') ended++
    }
  }
  return ended
}

/** Releases what is held for orders of which nothing is open any more, and revokes their cards. */
export async function releaseDue(deps: FulfilmentDeps): Promise<number> {
  const now = deps.clock.now()
  let done = 0
  for (const merchantId of await merchantsDue(deps.db, 'release_at', now, MERCHANTS * BATCH)) {
    const claim = { now, until: new Date(now.getTime() + LEASE_MS), limit: BATCH }
    for (const f of await claimDue(deps.db, merchantId, 'release_at', claim)) {
      const isDone = await release(deps, merchantId, f)
      const again = isDone ? null : new Date(now.getTime() + AGAIN_MS)
      await postpone(deps.db, merchantId, f.id, 'release_at', again)
      if (isDone) done++
    }
  }
  return done
}

/** False when a charge of the order is still open. */
async function release(deps: FulfilmentDeps, merchantId: string, f: Fulfilment): Promise<boolean> {
  const order = await readOrder(deps.db, merchantId, f.order_id)
  const lines = await readOrderLines(deps.db, merchantId, f.order_id)
  const siblings = await readOfOrders(deps.db, merchantId, [f.order_id])
  const isOpen = lines.filter(isHandedOver).some((line) => line.cancelled + line.fulfilled < line.quantity)
  // Something of it is still to come: whatever ends that looks again.
  if (!order || (isOpen && order.state === 'confirmed')) return true
  if (siblings.some(({ charge_state }) => charge_state === 'intent' || charge_state === 'unknown')) return false
  if (order.instrument_id !== null)
    await revokeOrderInstrument(deps, merchantId, { id: order.instrument_id, orderId: order.id })
  // An order that was cancelled as a whole gives everything back itself.
  if (order.state !== 'confirmed') return true
  for (const payment of await paymentsOfOrder(deps.db, merchantId, order.id)) {
    if (payment.direction !== 'charge' || payment.amount_capturable === 0n) continue
    const text = `onetill:${f.id}:release:${payment.id}`
    try {
      await cancel(deps.payments, merchantId, { key: text, fingerprint: text }, payment.id)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      deps.log.info('a hold of an order will be released later', { merchant_id: merchantId, code: error.code })
      return false
    }
  }
  return true
}
