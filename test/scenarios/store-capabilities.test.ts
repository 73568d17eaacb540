// What a store can is what it is asked for: it sells at its till, hands out orders, sends parcels, takes goods back and sells what lies
// elsewhere as far as it says so, and it promises no more orders for an hour than it can get ready in one.

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import { createApi, type Refusal } from '../api.ts'
import { ADDRESS } from './order-shop.ts'
import { openShop, type Shop } from './shop.ts'
import { type TransferShop, transferShop } from './transfer-shop.ts'

let shop: Shop
let at: TransferShop
let stories = 0
before(async () => {
  shop = await openShop()
  at = transferShop(shop)
})
// Each story has a lamp of its own: none is in any store.
beforeEach(async () => {
  await at.sells('lamp', '30.00', { track: 'quantity', sku: `LAMP-${++stories}` })
})
after(() => shop.close())

/** A store with five lamps that can do what is said, or what its kind usually can. */
async function store(more: object = {}, kind = 'shop'): Promise<string> {
  const made = await shop.api.call<{ id: string }>('POST', '/v1/stores', {
    ...{ name: `Store ${kind}`, country: 'NL', currency: 'EUR', kind },
  })
  assert.equal(made.status, 201, made.text)
  const { id } = made.body
  if (Object.keys(more).length > 0) assert.equal((await shop.api.call('PATCH', `/v1/stores/${id}`, more)).status, 200)
  await at.receive('lamp', id, 5n)
  return id
}

const lamp = (fulfilment?: object, quantity = 1) => ({
  lines: [{ variant_id: at.variant('lamp'), quantity, ...(fulfilment === undefined ? {} : { fulfilment }) }],
})
const order = async (cart: object) => at.place(await at.cart({}, cart))
const atTill = (store_id: string, more: object = {}) => ({ channel: 'pos', store_id, ...more })

function isRefused(answer: { status: number; text: string; body: Refusal }, why: RegExp, pointer = '/cart_id') {
  assert.deepEqual([answer.status, answer.body.code], [422, 'validation-error'], answer.text)
  assert.equal(answer.body.errors[0]?.pointer, pointer, answer.text)
  assert.match(answer.body.errors[0]?.detail ?? '', why)
}

test('orders are collected where orders are collected, and nowhere else', async () => {
  const shelf = await store({ capabilities: ['sell'] })
  for (const mode of ['collect', 'ship_to_store']) {
    isRefused(await order(lamp({ mode, store_id: shelf })), /no orders are collected/)
    // A kind of store has its usual abilities.
    isRefused(await order(lamp({ mode, store_id: await store({}, 'warehouse') })), /no orders are collected/)
  }
  assert.equal((await order({ ...atTill(shelf), ...lamp() })).status, 201, 'it sells')
  assert.equal((await shop.api.call('PATCH', `/v1/stores/${shelf}`, { capabilities: null })).status, 200)
  assert.equal((await order(lamp({ mode: 'collect', store_id: shelf }))).status, 201)
})

test('a store that only hands out orders sells nothing at a till, and lets nobody take goods along', async () => {
  const counter = await store({ capabilities: ['pickup'] })
  isRefused(await order({ ...atTill(counter), ...lamp() }), /does not sell/)
  isRefused(await order({ ...atTill(counter), ...lamp({ mode: 'collect', store_id: counter }) }), /does not sell/)
  isRefused(await order({ ...atTill(at.till), ...lamp({ mode: 'take_away', store_id: counter }) }), /does not sell/)
  assert.equal((await order(lamp({ mode: 'collect', store_id: counter }))).status, 201)
})

test('a till without the endless aisle sells what is in its store, and nothing that has to come from elsewhere', async () => {
  const sells = ['sell', 'pickup', 'ship_from']
  const here = await store({ capabilities: sells })
  const there = await store()
  const at_there = { mode: 'collect', store_id: there }
  isRefused(await order({ ...atTill(here), ...lamp(at_there) }), /only what is there/)
  isRefused(await order({ ...atTill(here), ...lamp({ mode: 'ship', store_id: there }) }), /only what is there/)
  // It sends and hands out its own five, though another store would have six.
  for (const mode of ['ship', 'collect']) {
    const own = { mode, ...(mode === 'collect' ? { store_id: here } : {}) }
    const short = await order({ ...atTill(here), ...lamp(own, 6) })
    assert.deepEqual([short.status, short.body.code], [409, 'out-of-stock'], short.text)
  }
  const sent = await order({ ...atTill(here), ...lamp({ mode: 'ship' }, 5) })
  assert.equal(sent.status, 201, sent.text)
  assert.deepEqual(
    [await at.level('lamp', here), await at.level('lamp', there)],
    [
      [5, 5],
      [5, 0],
    ],
  )
  // And with it, everything.
  const change = { capabilities: [...sells, 'endless_aisle'] }
  assert.equal((await shop.api.call('PATCH', `/v1/stores/${here}`, change)).status, 200)
  assert.equal((await order({ ...atTill(here), ...lamp(at_there) })).status, 201)
  assert.equal((await order({ ...atTill(here), ...lamp({ mode: 'ship' }) })).status, 201)
})

test('goods are taken back where goods are taken back', async () => {
  const quiet = await store({ capabilities: ['sell'] })
  const placed = await order({ ...atTill(at.till), ...lamp() })
  await at.pay(placed.body, undefined, { channel: 'pos' })
  await shop.settle()
  const [line] = (await at.read(placed.body.id)).lines
  const asked = await shop.api.call<{ id: string; lines: { no: number }[] }>('POST', '/v1/returns', {
    ...{ order_id: placed.body.id, channel: 'pos', store_id: at.till, reason: 'too bright' },
    lines: [{ line_id: line?.id, quantity: 1 }],
  })
  assert.equal(asked.status, 201, asked.text)
  const lines = [{ no: asked.body.lines[0]?.no, quantity: 1, disposition: 'restock' }]
  const bring = (store_id: string) =>
    shop.api.call<Refusal>('POST', `/v1/returns/${asked.body.id}/receive`, { store_id, lines })
  isRefused(await bring(quiet), /takes nothing back/, '/store_id')
  // What comes by post arrives where parcels leave.
  assert.equal((await bring(await store({}, 'warehouse'))).status, 200)
})

test('a parcel leaves from a store of the channel’s pool that can send, whoever names it, and safety stock stays', async () => {
  const sender = await store()
  const outside = await store()
  const mute = await store({ capabilities: ['sell', 'pickup'] })
  const pool = await shop.api.call('PUT', '/v1/stock/pools', { channel: 'app', store_ids: [sender, mute] })
  assert.equal(pool.status, 200, pool.text)
  const safe = { store_id: sender, channel: 'app', variant_id: at.variant('lamp'), quantity: 4 }
  assert.equal((await shop.api.call('PUT', '/v1/stock/safety', safe)).status, 200)
  const page = createApi(shop.send, shop.keys.publishable_key, 'page')
  async function ofAPage(store_id: string | undefined, quantity = 1) {
    const fulfilment = { mode: 'ship', ...(store_id === undefined ? {} : { store_id }) }
    const cart = { currency: 'EUR', channel: 'app', shipping_address: ADDRESS, ...lamp(fulfilment, quantity) }
    const made = await page.call<{ id: string; secret: string }>('POST', '/v1/carts', cart)
    assert.equal(made.status, 201, made.text)
    const headers = { 'cart-secret': made.body.secret }
    return page.call<OrderView & Refusal>('POST', '/v1/orders', { cart_id: made.body.id }, { headers })
  }
  isRefused(await ofAPage(outside), /sends nothing/)
  isRefused(await ofAPage(mute), /sends nothing/)
  for (const named of [sender, undefined])
    assert.equal((await ofAPage(named, 2)).body.code, 'out-of-stock', 'four of five are kept back')
  assert.equal((await ofAPage(sender)).status, 201)
  assert.deepEqual(
    [await at.level('lamp', sender), await at.level('lamp', outside)],
    [
      [5, 1],
      [5, 0],
    ],
  )
})

const HOUR = 3_600_000
/** Full hours from the first one on. */
const hoursOf = (times: (string | null)[]) => {
  const hours = times.map((time) => Math.floor(Date.parse(time as string) / HOUR))
  return hours.map((hour) => hour - Math.min(...hours)).sort()
}

test('three orders at once at a store that gets one ready in an hour are promised for three hours', async () => {
  const slow = await store({ pickup_capacity: 1 })
  const other = await shop.another()
  const orders = await Promise.all([1, 2, 3].map(() => order(lamp({ mode: 'collect', store_id: slow }))))
  const paid = await Promise.all(
    orders.map(async ({ body }, i) => {
      const tender = { method: 'card', token: await shop.api.token('4242424242424242') }
      const payment = { amount: body.total, currency: 'EUR', channel: 'web', order_id: body.id, tender } as const
      return (i === 0 ? other : shop.api).pay(payment)
    }),
  )
  assert.ok(paid.every(({ status }) => status === 201))
  const promised = async () =>
    Promise.all(orders.map(async ({ body }) => (await at.fulfilments(body.id))[0]?.promised_at ?? null))
  const before = await promised()
  assert.deepEqual(hoursOf(before), [0, 1, 2])
  // What is given up makes room for the next.
  const first = before.indexOf([...before].sort()[0] as string)
  assert.equal((await at.cancel(orders[first]?.body.id as string, { reason: 'changed their mind' })).status, 200)
  const next = await order(lamp({ mode: 'collect', store_id: slow }))
  await at.pay(next.body)
  const [fourth] = await at.fulfilments(next.body.id)
  assert.equal(
    Math.floor(Date.parse(fourth?.promised_at as string) / HOUR),
    Math.floor(Date.parse(before[first] as string) / HOUR),
  )
})

test('two connections that promise at the same moment do not both take the last place of an hour', async () => {
  const slow = await store({ pickup_capacity: 1 })
  const made = await Promise.all(
    [1, 2].map(async () => {
      const placed = await order(lamp({ mode: 'collect', store_id: slow }))
      await at.pay(placed.body)
      return (await at.fulfilments(placed.body.id))[0]?.id as string
    }),
  )
  const { db } = shop.database
  await db.query('update fulfilment set promised_at = null where id = any ($1)', [made])
  const times = [0, 1].map((hour) => new Date(Date.parse('2026-11-23T10:15:00Z') + hour * HOUR))
  const ask = (id: string, order_id: string) => JSON.stringify([{ id, order_id, store_id: slow, capacity: 1, times }])
  const orderOf = async (id: string) => (await at.fulfilment(id)).order_id
  const [one, two] = [await db.connect(), await db.connect()]
  try {
    await one.query('begin')
    await two.query('begin')
    const call = 'select promised_at from fulfilment_promise($1, $2)'
    const [a, b] = [
      ask(made[0] as string, await orderOf(made[0] as string)),
      ask(made[1] as string, await orderOf(made[1] as string)),
    ]
    const first = await one.query<{ promised_at: Date }>(call, [shop.keys.merchant_id, a])
    const waiting = two.query<{ promised_at: Date }>(call, [shop.keys.merchant_id, b])
    await one.query('commit')
    const second = await waiting
    await two.query('commit')
    assert.deepEqual([first.rows[0]?.promised_at, second.rows[0]?.promised_at], times)
  } finally {
    one.release()
    two.release()
  }
})
