// How orders end by themselves: closed when everything was handed over and paid, and nothing of it can be returned any more.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import pg from 'pg'
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

test('what settling asks of each order is found by index, also with a plan that is kept from when the tables were small', async () => {
  const order = await returns.order({ mug: 1 })
  const admin = new pg.Client({ connectionString: shop.database.adminUrl })
  const plans: string[] = []
  admin.on('notice', ({ message }) => plans.push(message ?? ''))
  await admin.connect()
  try {
    const orders = await admin.query<{ merchant_id: string }>('select merchant_id from sales_order')
    // Many orders and next to no refunds and tasks: the planner thinks a hash of all of those the cheapest.
    await admin.query(`begin; set local session_replication_role = replica; insert into sales_order
      select (jsonb_populate_record(o, jsonb_build_object('id', 'ord_' || i, 'number', 1000000 + i, 'cart_id', 'crt_' || i))).*
      from sales_order o, generate_series(1, 1000) i; analyze sales_order;
      load 'auto_explain'; set auto_explain.log_nested_statements = on; set auto_explain.log_min_duration = 0; set client_min_messages = log`)
    await admin.query('select * from order_settle($1, $2, now(), now())', [
      orders.rows[0]?.merchant_id,
      JSON.stringify([{ order_id: order.id, event_id: 'evt_1', task_id: 'otk_1', mismatch_event_id: 'evt_2' }]),
    ])
  } finally {
    await admin.query('rollback')
    await admin.end()
  }
  const asked = plans.join('\n').match(/->.* on order_(?:refund|task) \w+ .*\n.*Cond: .*/g) ?? []
  assert.ok(asked.length >= 2, 'both were planned')
  for (const plan of asked) assert.match(plan, /Cond: .*order_id\)?(?:::text)? = /)
})
