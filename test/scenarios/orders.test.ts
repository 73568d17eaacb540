// Orders and the money for them: placed first, then paid, then confirmed, and never paid twice.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import pg from 'pg'
import { pay } from '../../server/payments/index.ts'
import { createApi } from '../api.ts'
import { ADDRESS, type OrderShop, orderShop } from './order-shop.ts'
import { CARDS, DAY, HOUR, MINUTE, openShop, SECOND, type Shop } from './shop.ts'

let shop: Shop
let orders: OrderShop
const opened: Shop[] = []
beforeEach(async () => {
  shop = await openShop()
  opened.push(shop)
  orders = orderShop(shop)
  await orders.sells('kettle', '49.95')
  await orders.sells('mug', '9.99')
})
after(async () => {
  for (const each of opened) await each.close()
})

const statesOf = ({
  state,
  payment_status,
  amount_due,
  amount_paid,
  amount_refunded,
}: Awaited<ReturnType<OrderShop['read']>>) => [state, payment_status, amount_due, amount_paid, amount_refunded]

test('an order is placed with what was agreed, confirmed when it is paid, and says so to everybody', async () => {
  const order = await orders.order({ kettle: 2, mug: 3 }, { email: 'ada@example.org', reference: 'web-17' })
  assert.deepEqual([order.state, order.number, order.payment_status], ['placed', '1001', 'none'])
  // 2 × 49.95 + 3 × 9.99 = 129.87, of which 21/121 is tax: 22.5395… → 22.54.
  assert.deepEqual([order.total, order.tax, order.net, order.amount_due], [12987, 2254, 10733, 12987])
  const paid = await orders.pay(order)
  assert.equal(paid.status, 201, paid.text)
  const read = await orders.read(order.id)
  assert.deepEqual(statesOf(read), ['confirmed', 'paid', 0, 12987, 0])
  assert.deepEqual([read.payments[0]?.id, read.payments[0]?.amount_captured], [paid.body.id, 12987])
  assert.deepEqual(await orders.history(order.id), ['order.placed', 'order.confirmed'])
  for (const query of [
    'email=ADA@example.org',
    'number=1001',
    `cart_id=${order.cart_id}`,
    'state=confirmed',
    'channel=web',
  ]) {
    const { body } = await shop.api.get<{ data: { id: string }[] }>(`/v1/orders?${query}`)
    assert.deepEqual(
      body.data.map(({ id }) => id),
      [order.id],
      query,
    )
  }
})

test('fifty completions of one cart at once make one order, and each is answered with it', async () => {
  const cart = await orders.cart({ kettle: 1 })
  const answers = await Promise.all(Array.from({ length: 50 }, () => orders.place(cart)))
  assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1)
  assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(49).fill(200), 201])
  const { rows } = await shop.database.db.query('select count(*)::int as n from sales_order')
  assert.deepEqual(rows, [{ n: 1 }])
  const placed = await shop.api.get<{ data: unknown[] }>('/v1/events?type=order.placed')
  assert.equal(placed.body.data.length, 1)
})

test('a lost answer is repeated: the same cart gives the same order, before and after it is paid', async () => {
  const cart = await orders.cart({ mug: 1 })
  const first = await orders.place(cart)
  const second = await orders.place(cart, { expected_total: 999 })
  await orders.pay(first.body)
  const third = await orders.place(cart)
  assert.deepEqual([second.status, third.status], [200, 200])
  assert.deepEqual([second.body.id, third.body.id], [first.body.id, first.body.id])
})

test('a row that was committed and whose answer was lost on the way is answered as placed when it is sent again', async () => {
  const { lanes } = shop.wired
  const commit = lanes.commit.bind(lanes)
  lanes.commit = async (fn, merchantId, row) => {
    if (fn === 'order_place') await commit(fn, merchantId, row)
    return commit(fn, merchantId, row)
  }
  const placed = await orders.place(await orders.cart({ kettle: 1 }))
  assert.deepEqual([placed.status, placed.body.number], [201, '1001'])
  assert.equal((await orders.read(placed.body.id)).total, 4995)
})

test('an order is not placed at another total, of another version, of an empty or a strange cart', async () => {
  const cart = await orders.cart({ mug: 1 })
  const cases = [
    [{ expected_total: 998 }, 409, 'price-changed'],
    [{ cart_version: 7 }, 412, 'version-conflict'],
    [{ charge: 'on_collection' }, 422, 'validation-error'],
    [{ token: await shop.api.token(CARDS.approved) }, 422, 'validation-error'],
    [{ customer_id: 'cus_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S' }, 422, 'reference-not-found'],
  ] as const
  for (const [more, status, code] of cases) {
    const refused = await orders.place(cart, more)
    assert.deepEqual([refused.status, refused.body.code], [status, code])
  }
  assert.equal((await orders.place(await orders.cart({}))).body.code, 'validation-error')
  assert.equal((await orders.place('crt_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S')).status, 404)
  assert.equal((await orders.place(cart, { expected_total: 999 })).status, 201, 'nothing of that stood in the way')
})

test('card, link and till pay at the same moment: one takes the money, the others are told', async () => {
  const order = await orders.order({ kettle: 1 })
  const till = { method: 'cash', cash: { register_id: shop.till, tendered: 5000 } } as const
  const answers = await Promise.all([
    orders.pay(order),
    orders.pay(order, CARDS.mastercard, { channel: 'link' }),
    orders.pay(order, CARDS.approved, { channel: 'pos', tender: till }),
    orders.pay(order),
  ])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409, 409])
  assert.ok(answers.every(({ status, body }) => status === 201 || body.code === 'order-already-paid'))
  assert.deepEqual(statesOf(await orders.read(order.id)), ['confirmed', 'paid', 0, 4995, 0])
})

test('a payment is for the whole order: less, more or another currency is refused before anybody is asked', async () => {
  const order = await orders.order({ kettle: 1 })
  const codes: (string | undefined)[] = []
  for (const more of [{ amount: 4994 }, { amount: 4996 }, { currency: 'SEK' }])
    codes.push((await orders.pay(order, CARDS.approved, more)).body.code)
  assert.deepEqual(codes, ['totals-mismatch', 'amount-exceeds-due', 'currency-mismatch'])
  assert.deepEqual(shop.journal(), [])
})

test('an unpaid order expires, and cannot be paid afterwards', async () => {
  const order = await orders.order({ kettle: 1 })
  shop.clock.advance(14 * MINUTE)
  await shop.settle()
  assert.equal((await orders.read(order.id)).state, 'placed')
  shop.clock.advance(MINUTE)
  await shop.settle()
  const read = await orders.read(order.id)
  assert.deepEqual([read.state, read.cancel_reason], ['cancelled', 'expired'])
  assert.equal((await orders.pay(order)).body.code, 'order-not-payable')
  assert.deepEqual(await orders.history(order.id), ['order.placed', 'order.expired'])
})

test('an order by invoice waits three days', async () => {
  const cart = await orders.cart({ kettle: 1 }, { channel: 'invoice' })
  const { body: order } = await orders.place(cart)
  shop.clock.advance(3 * DAY - MINUTE)
  await shop.settle()
  assert.equal((await orders.read(order.id)).state, 'placed')
  shop.clock.advance(MINUTE)
  await shop.settle()
  assert.equal((await orders.read(order.id)).state, 'cancelled')
})

test('an unknown outcome keeps the order waiting past its time, and confirms it when the answer is found', async () => {
  const order = await orders.order({ kettle: 1 })
  assert.equal((await orders.pay(order, CARDS.lost_after)).status, 202)
  shop.clock.advance(HOUR)
  await shop.settle()
  assert.deepEqual(statesOf(await orders.read(order.id)), ['placed', 'none', 4995, 0, 0])
  await shop.ask()
  assert.deepEqual(statesOf(await orders.read(order.id)), ['confirmed', 'paid', 0, 4995, 0])
})

test('a declined card leaves the order to be paid another way, on the same payment', async () => {
  const order = await orders.order({ kettle: 1 })
  const declined = await orders.pay(order, CARDS.declined)
  assert.equal(declined.body.status, 'failed')
  const again = await shop.api.tender(declined.body.id, { method: 'card', token: await shop.api.token(CARDS.approved) })
  assert.equal(again.status, 201, again.text)
  assert.equal((await orders.read(order.id)).state, 'confirmed')
})

test('a part paid keeps an order for a while; then the part is given back, told, and the order expires', async () => {
  const order = await orders.order({ kettle: 1 })
  const token = await shop.api.token(CARDS.approved)
  const part = await orders.pay(order, CARDS.approved, { tender: { method: 'card', token, amount: 1000 } })
  assert.equal(part.body.amount_captured, 1000)
  assert.deepEqual(statesOf(await orders.read(order.id)), ['placed', 'partly_paid', 3995, 1000, 0])
  shop.clock.advance(16 * MINUTE)
  await shop.settle()
  shop.clock.advance(MINUTE)
  await shop.settle()
  assert.deepEqual(statesOf(await orders.read(order.id)), ['cancelled', 'refunded', 0, 1000, 1000])
  assert.deepEqual(await orders.tasks(order.id), ['payment_returned'])
})

test('cancelled while the provider does not answer: what is found later is given back at once, and told', async () => {
  for (const [card, capture, wanted] of [
    [CARDS.lost_after, 'automatic', ['captured 4995', 'refunded 4995']],
    [CARDS.lost_after, 'manual', ['authorized 4995', 'voided 4995']],
  ] as const) {
    const order = await orders.order({ kettle: 1 })
    const lost = await orders.pay(order, card, { capture })
    assert.equal(lost.status, 202)
    const cancelled = await orders.cancel(order.id, { reason: 'waited too long' })
    assert.equal(cancelled.body.state, 'cancelled', cancelled.text)
    shop.clock.advance(6 * SECOND)
    await shop.ask()
    await shop.settle()
    shop.clock.advance(MINUTE)
    await shop.settle()
    assert.deepEqual(shop.journal(lost.body.id), wanted)
    assert.ok((await orders.history(order.id)).includes('order.payment_returned'))
    assert.equal((await orders.read(order.id)).amount_held, 0)
  }
})

test('a success that comes in after the order expired is given back', async () => {
  shop.simulator.setFaults({ seed: 1, rates: {}, webhooks: 'all' })
  const order = await orders.order({ kettle: 1 })
  const lost = await orders.pay(order, CARDS.lost_after)
  // A person looks into the portal and is wrong; the provider says so by webhook, when the order is gone.
  const operation = lost.body.operations?.[0]?.id as string
  const decided = { outcome: 'declined', note: 'not in the portal' }
  await shop.api.call('POST', `/v1/payments/${lost.body.id}/operations/${operation}/resolution`, decided)
  shop.clock.advance(16 * MINUTE)
  await shop.settle()
  assert.equal((await orders.read(order.id)).cancel_reason, 'expired')
  await shop.news()
  await shop.giveBack()
  await shop.settle()
  assert.deepEqual(shop.journal(), ['captured 4995', 'refunded 4995'])
  assert.deepEqual(statesOf(await orders.read(order.id)), ['cancelled', 'refunded', 0, 4995, 4995])
})

test('a payment of another amount than the order’s confirms nothing, and somebody is told (I-10)', async () => {
  const order = await orders.order({ kettle: 1 })
  const unaware = { ...shop.payments, orders: undefined }
  const tender = { method: 'card', token: await shop.api.token(CARDS.approved) }
  const input = { amount: 5000, currency: 'EUR', channel: 'web' as const, order_id: order.id, tender }
  const reply = await pay(unaware, shop.keys.merchant_id, { key: 'mismatch-1', fingerprint: 'x' }, input)
  assert.equal(reply.status, 201)
  assert.equal((await orders.read(order.id)).state, 'placed')
  assert.deepEqual(await orders.tasks(order.id), ['payment_mismatch'])
  assert.ok((await orders.history(order.id)).includes('order.payment_mismatch'))
  shop.clock.advance(17 * MINUTE)
  await shop.settle()
  shop.clock.advance(MINUTE)
  await shop.settle()
  assert.deepEqual(statesOf(await orders.read(order.id)), ['cancelled', 'refunded', 0, 5000, 5000])
})

test('on collection the card is kept and nothing is charged; a crash before it was kept is taken up by a repeat', async () => {
  const lines = [
    {
      variant_id: orders.variant('kettle'),
      quantity: 1,
      fulfilment: { mode: 'collect', store_id: shop.keys.registers[0]?.store_id },
    },
  ]
  const token = await shop.api.token(CARDS.approved)
  const cart = await orders.cart({}, { lines })
  const placed = await orders.place(cart, { charge: 'on_collection', token })
  assert.equal(placed.status, 201, placed.text)
  assert.deepEqual([placed.body.state, placed.body.payment_status], ['confirmed', 'none'])
  assert.match(String(placed.body.instrument_id), /^ins_/)
  assert.deepEqual(shop.journal(), [], 'nothing was charged')

  // The process died after the order was placed and the card kept, before the order learned of it.
  await shop.database.db.query(
    `update sales_order set state = 'placed', instrument_id = null, token_id = $1, confirmed_at = null where id = $2`,
    [token, placed.body.id],
  )
  const again = await orders.place(cart, { charge: 'on_collection', token })
  assert.deepEqual([again.status, again.body.state], [200, 'confirmed'])
  assert.equal(again.body.instrument_id, placed.body.instrument_id)

  const charged = await orders.pay(placed.body, CARDS.approved, {
    tender: { method: 'card', instrument_id: placed.body.instrument_id as string, initiator: 'merchant' },
  })
  assert.equal(charged.status, 201, charged.text)
  assert.equal((await orders.read(placed.body.id)).payment_status, 'paid')
})

test('a part refunded before the news of the payment was read leaves the order paid and confirmed', async () => {
  const order = await orders.order({ kettle: 1 })
  const paid = await shop.api.pay({
    ...{ amount: order.total, currency: 'EUR', channel: 'web', order_id: order.id },
    tender: { method: 'card', token: await shop.api.token(CARDS.approved) },
  })
  const back = await shop.api.command(`/v1/payments/${paid.body.id}/refunds`, { amount: 400 })
  assert.equal(back.status, 201, back.text)
  const seen = await orders.read(order.id)
  assert.deepEqual(
    [seen.state, seen.amount_paid, seen.amount_refunded, seen.expires_at],
    ['confirmed', order.total, 400, null],
  )
})

test('an order that costs nothing is confirmed as it is placed', async () => {
  await orders.sells('sample', '0')
  const order = await orders.order({ sample: 1 })
  assert.deepEqual([order.state, order.payment_status, order.total], ['confirmed', 'paid', 0])
  assert.equal((await orders.read(order.id)).state, 'confirmed')
})

test('a shopper’s device orders its own cart with the cart’s secret, and no other', async () => {
  const page = createApi(shop.send, shop.keys.publishable_key, 'page')
  const made = await page.call<{ id: string; secret: string }>('POST', '/v1/carts', {
    currency: 'EUR',
    channel: 'web',
    shipping_address: ADDRESS,
    lines: [{ variant_id: orders.variant('mug'), quantity: 1 }],
  })
  const body = { cart_id: made.body.id }
  const secret = { headers: { 'cart-secret': made.body.secret } }
  assert.equal((await page.call('POST', '/v1/orders', body)).status, 404)
  assert.equal((await page.call('POST', '/v1/orders', { cart_id: await orders.cart({ mug: 1 }) }, secret)).status, 404)
  const named = await page.call('POST', '/v1/orders', { ...body, customer_id: await shop.customer() }, secret)
  assert.equal(named.status, 403)
  const placed = await page.call<{ id: string }>('POST', '/v1/orders', body, secret)
  assert.equal(placed.status, 201, placed.text)
  assert.equal((await page.get(`/v1/orders/${placed.body.id}`)).status, 403)
})

test('a whole order is closed only when nothing is open and nothing is due', async () => {
  const order = await orders.order({ mug: 1 })
  const close = () => shop.api.call<{ state: string; code?: string }>('POST', `/v1/orders/${order.id}/close`, {})
  assert.equal((await close()).body.code, 'invalid-state')
  await orders.pay(order)
  assert.equal((await close()).body.code, 'invalid-state', 'it was not handed over')
})

test('an order that cannot be confirmed makes no read fail, holds up no other, and is confirmed once it can be', async () => {
  const [bad, good] = [await orders.order({ mug: 1 }), await orders.order({ kettle: 1 })]
  await asOwner(`create function break_it() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
    create trigger break_it before update on sales_order for each row
      when (new.state = 'confirmed' and new.id = '${bad.id}') execute function break_it()`)
  for (const order of [bad, good]) assert.equal((await orders.pay(order)).status, 201)
  assert.equal((await orders.read(bad.id)).state, 'placed')
  assert.equal((await orders.read(good.id)).state, 'confirmed')
  const listed = await shop.api.get<{ data: { state: string }[] }>('/v1/orders')
  assert.deepEqual(listed.body.data.map(({ state }) => state).sort(), ['confirmed', 'placed'])
  const metrics = async () => {
    const { text } = await shop.api.get('/metrics')
    return text.split('\n').filter((line) => /^event_consumer_\w+\{consumer="orders"\}/.test(line))
  }
  assert.deepEqual(await metrics(), [
    'event_consumer_behind{consumer="orders"} 0',
    'event_consumer_failing{consumer="orders"} 1',
  ])
  await asOwner('drop trigger break_it on sales_order')
  shop.clock.advance(MINUTE)
  await shop.settle()
  assert.equal((await orders.read(bad.id)).state, 'confirmed')
  assert.equal((await metrics()).at(-1), 'event_consumer_failing{consumer="orders"} 0')
})

/** Does to the database what no program may. */
async function asOwner(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: shop.database.adminUrl })
  await client.connect()
  await client.query(sql)
  await client.end()
}
