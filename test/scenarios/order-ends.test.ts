// How orders end by themselves: closed when everything was handed over and paid, and nothing of it can be returned any more.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { DAY, openShop, type Shop } from './shop.ts'

let shop: Shop
let returns: ReturnShop
const opened: Shop[] = []
beforeEach(async () => {
  shop = await openShop()
  opened.push(shop)
  returns = returnShop(shop)
  await returns.sells('mug', '9.99')
})
after(async () => {
  for (const each of opened) await each.close()
})

const bought = () => returns.bought({ mug: 2 }, (order) => returns.pay(order, undefined, { channel: 'pos' }))

async function passes(days: number): Promise<void> {
  shop.clock.advance(days * DAY)
  await shop.settle()
}

/** The parcels of an order leave. */
async function ship(order: OrderView): Promise<void> {
  const parcels = fulfilmentShop(shop)
  for (const { id } of await parcels.fulfilments(order.id)) {
    await parcels.does(id, 'accept', 'pick', 'ready')
    const sent = await parcels.ship(id)
    assert.equal(sent.status, 200, sent.text)
  }
}

test('goods taken along can be returned for thirty days, and then the order is closed by itself', async () => {
  const order = await bought()
  assert.equal(order.fulfilment_status, 'fulfilled')
  await passes(29)
  assert.equal((await returns.read(order.id)).state, 'confirmed')
  await passes(1)
  assert.equal((await returns.read(order.id)).state, 'closed')
  const { body } = await shop.api.get<{ data: { type: string; by: string | null; data: { after?: object } }[] }>(
    `/v1/orders/${order.id}/history`,
  )
  const last = body.data.at(-1)
  assert.deepEqual([last?.type, last?.by, last?.data.after], ['order.closed', null, { state: 'closed' }])
})

test('the days to return begin with the last hand-over, and closing does not begin them anew', async () => {
  const order = await returns.order({ mug: 1 })
  await returns.pay(order)
  await shop.settle()
  await passes(40)
  assert.equal((await returns.read(order.id)).state, 'confirmed', 'it was not sent yet')
  await ship(order)
  await passes(29)
  const asked = await returns.ask(order, { mug: 1 })
  assert.equal(asked.status, 201, asked.text)
  await passes(5)
  assert.equal((await returns.read(order.id)).state, 'confirmed', 'a return is on its way')
  assert.equal((await returns.step(asked.body.id, 'cancel')).status, 200)
  await passes(1)
  assert.equal((await returns.read(order.id)).state, 'closed')
  const late = await returns.ask(order, { mug: 1 })
  assert.deepEqual([late.status, late.body.code], [422, 'not-returnable'])
})

test('a merchant that takes goods back for two days has its orders closed after two', async () => {
  const policy = await shop.api.get<{ rules: object }>('/v1/return_policy')
  const set = await shop.api.call('PUT', '/v1/return_policy', { ...policy.body.rules, window_days: 2 })
  assert.equal(set.status, 200, set.text)
  const order = await bought()
  await passes(1)
  assert.equal((await returns.read(order.id)).state, 'confirmed')
  await passes(1)
  assert.equal((await returns.read(order.id)).state, 'closed')
})

test('an order with a task for a person stays open until that is dealt with', async () => {
  const order = await bought()
  await shop.database.db.query(
    `insert into order_task (merchant_id, id, order_id, kind, detail, created_at) values ($1, 'tsk_1', $2, 'refund_failed', 'look', now())`,
    [shop.keys.merchant_id, order.id],
  )
  await passes(31)
  assert.equal((await returns.read(order.id)).state, 'confirmed')
  await shop.database.db.query(`update order_task set closed_at = now() where id = 'tsk_1'`)
  await passes(1)
  assert.equal((await returns.read(order.id)).state, 'closed')
})
