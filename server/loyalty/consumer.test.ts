// Following orders through the event log: the order as it stands decides, however it is told.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openShop, type Shop } from '../../test/scenarios/shop.ts'
import { transact } from '../db/pool.ts'
import { silentLog } from '../lib/log.ts'
import { appendEvents } from '../notify/index.ts'
import { keyedHash } from '../vault/index.ts'
import { createLoyaltyConsumer, type FollowedOrder } from './consumer.ts'
import { createLimit } from './limit.ts'
import { loyaltyOf } from './loyalty.ts'

let shop: Shop
before(async () => {
  shop = await openShop()
  await shop.api.call('PUT', '/v1/loyalty/programme', {
    name: 'Friends',
    is_enabled: true,
    pending_days: 14,
    rates: [{ currency: 'EUR', earn: '1', point_value: '0.01' }],
    tiers: [],
    excluded_categories: [],
  })
})
after(() => shop.close())

test('an order paid in part with points earns on the rest, once, and its return takes that back', async () => {
  const { clock, payments } = shop
  const merchantId = shop.keys.merchant_id
  const customer = await shop.customer()
  const give = { points: 1_000, currency: 'EUR', reason: 'welcome' }
  await shop.api.command(`/v1/customers/${customer}/loyalty/adjustments`, give)
  const sale = { amount: 5_000, currency: 'EUR', channel: 'web', order_id: 'order-1', customer_id: customer } as const
  const paid = await shop.api.pay({ ...sale, tender: { method: 'points', amount: 1_000 } })
  assert.equal(paid.body.amount_captured, 1_000, paid.text)

  const line = {
    line_id: 'l1',
    kind: 'goods',
    quantity: 2n,
    total: 5_000n,
    categories: [],
    returned: 0n,
    cancelled: 0n,
    list: 5_000n,
    is_paid: true,
    tax_rate_bp: 0,
    sku: null,
  }
  let order: FollowedOrder = {
    id: 'order-1',
    customer_id: customer,
    customer_attached_at: null,
    currency: 'EUR',
    channel: 'web',
    store_id: null,
    confirmed_at: null,
    returnable_until: null,
    lines: [line],
  }
  const limit = createLimit(clock, { windowMs: 1, perCaller: 1, perMerchant: 1 })
  const deps = {
    db: shop.database.db,
    clock,
    newId: payments.newId,
    log: silentLog,
    hints: shop.wired.hints,
    keyedHash: (merchant: string, of: { purpose: string; text: string }) => keyedHash(payments, merchant, of),
    limits: { checks: limit, misses: limit },
  }
  const consumer = createLoyaltyConsumer({
    ...deps,
    ordersOf: async (_tx, _merchant, ids) => (ids.includes('order-1') ? [order] : []),
    ordersWithCards: async () => [],
  })
  const tell = async (type: string) => {
    const event = { id: payments.newId('evt'), type, object_type: 'order', object_id: 'order-1', object_version: 1 }
    const data = { order_id: 'order-1', customer_id: customer }
    await transact(shop.database.db, (tx) => appendEvents(tx, merchantId, clock.now(), [{ ...event, data }]))
    await consumer.catchUp(merchantId)
    const { points, pending } = await loyaltyOf(deps, merchantId, customer)
    return [points, pending]
  }

  assert.deepEqual(await tell('order.placed'), [0, 0])
  order = { ...order, confirmed_at: clock.now() }
  assert.deepEqual(await tell('order.confirmed'), [0, 40])
  assert.deepEqual(await tell('order.payment_changed'), [0, 40])
  order = { ...order, lines: [{ ...line, returned: 1n }] }
  assert.deepEqual(await tell('return.settled'), [0, 20])
  // The points that paid come back with the tender's refund, all of them.
  await shop.api.refund(paid.body.id)
  order = { ...order, lines: [{ ...line, returned: 2n }] }
  assert.deepEqual(await tell('return.settled'), [1_000, 0])
})
