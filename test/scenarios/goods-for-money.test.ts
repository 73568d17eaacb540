// What leaves at once is paid at once: gift cards come into being for money that is taken, and nothing is given away by how a line
// says it is handed over.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { GiftCardView } from '../../server/loyalty/index.ts'
import type { OrderView } from '../../server/orders/view.ts'
import { type Answer, type Api, createApi, type Refusal } from '../api.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { CARDS, openShop, type Shop } from './shop.ts'

let shop: Shop
let at: ReturnType<typeof fulfilmentShop>
let card: string
let page: Api
const opened: Shop[] = []
beforeEach(async () => {
  shop = await openShop()
  opened.push(shop)
  at = fulfilmentShop(shop)
  page = createApi(shop.send, shop.keys.publishable_key, 'page')
  await at.sells('lamp', '30.00', { track: 'quantity' })
  await at.receive('lamp', at.web, 5n)
  await at.receive('lamp', at.till, 5n)
  const made = await shop.api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
    ...{ name: 'Gift card', kind: 'gift_card' },
    variants: [{ sku: 'GIFT-50', track: 'none', prices: [{ currency: 'EUR', unit_price: '50.00' }] }],
  })
  card = made.body.variants[0]?.id as string
})
after(async () => {
  for (const each of opened) await each.close()
})

/** What a page sends: a cart of its own with the publishable key, and the order of it. */
async function ofAPage(cart: object, order: object) {
  const made = await page.call<{ id: string; secret: string }>('POST', '/v1/carts', {
    ...{ currency: 'EUR', channel: 'web', ...cart },
  })
  if (made.status !== 201) return made as unknown as Answer<OrderView & Refusal>
  const headers = { 'cart-secret': made.body.secret }
  return page.call<OrderView & Refusal>('POST', '/v1/orders', { cart_id: made.body.id, ...order }, { headers })
}

/** Balances of the cards that the order brought. */
async function cardsOf(order: string): Promise<number[]> {
  await shop.settle()
  const { body } = await shop.api.get<{ data: GiftCardView[] }>('/v1/gift_cards')
  return body.data.filter(({ order_id }) => order_id === order).map(({ balance }) => balance)
}

const isRefusedAt = (answer: { status: number; text: string; body: Refusal }, pointer: string) => {
  assert.deepEqual([answer.status, answer.body.code], [422, 'validation-error'], answer.text)
  assert.equal(answer.body.errors?.[0]?.pointer, pointer, answer.text)
}

for (const also of [[], ['lamp']]) {
  test(`gift cards are not ordered for a card that is charged later${also.map((name) => `, with a ${name}`)}`, async () => {
    const collected = { mode: 'collect', store_id: at.till }
    const lines = [
      { variant_id: card, quantity: 20 },
      ...also.map((name) => ({ variant_id: at.variant(name), quantity: 1, fulfilment: collected })),
    ]
    const token = await shop.api.token(CARDS.declined)
    isRefusedAt(await ofAPage({ lines }, { charge: 'on_collection', token }), '/charge')
    isRefusedAt(await at.place(await at.cart({}, { lines }), { charge: 'on_shipment' }), '/charge')
    const { body } = await shop.api.get<{ data: GiftCardView[] }>('/v1/gift_cards')
    assert.deepEqual(body.data, [])
  })
}

test('what is delivered or taken along at once is not charged on collection either', async () => {
  await at.sells('song', '2.00')
  const song = { variant_id: at.variant('song'), quantity: 1, fulfilment: { mode: 'digital' } }
  const token = await shop.api.token(CARDS.declined)
  isRefusedAt(await ofAPage({ lines: [song] }, { charge: 'on_collection', token }), '/charge')
  const cart = await at.cart({ lamp: 1 }, { channel: 'pos', store_id: at.till })
  isRefusedAt(await at.place(cart, { charge: 'on_collection', token }), '/charge')
  assert.deepEqual(await at.level('lamp', at.till), [5, 0])
})

/** Two gift cards and a lamp that is sent, paid by a hold. */
async function held(quantity = 2): Promise<OrderView> {
  const lines = [
    { variant_id: card, quantity },
    { variant_id: at.variant('lamp'), quantity: 1, fulfilment: { mode: 'ship' } },
  ]
  const placed = await at.place(await at.cart({}, { lines }))
  assert.equal(placed.status, 201, placed.text)
  assert.equal((await at.pay(placed.body, CARDS.approved, { capture: 'manual' })).status, 201)
  return at.read(placed.body.id)
}

test('a hold that is let go leaves no gift card behind', async () => {
  const order = await held()
  assert.deepEqual([order.state, order.payment_status, await cardsOf(order.id)], ['confirmed', 'authorized', []])
  await shop.api.command(`/v1/payments/${order.payments[0]?.id}/cancel`, {})
  assert.deepEqual(await cardsOf(order.id), [])
  assert.equal((await at.read(order.id)).lines[0]?.quantity_fulfilled, 0)
})

test('gift cards come into being when their money is taken, and only as many as it pays', async () => {
  const order = await held()
  const payment = order.payments[0]?.id as string
  const capture = (amount: number) => shop.api.command(`/v1/payments/${payment}/captures`, { amount })
  assert.equal((await capture(9_999)).status, 201)
  assert.deepEqual(await cardsOf(order.id), [])
  assert.equal((await capture(1)).status, 201)
  assert.deepEqual(await cardsOf(order.id), [5_000, 5_000])
  const [cards, lamp] = (await at.read(order.id)).lines
  assert.deepEqual([cards?.quantity_fulfilled, lamp?.quantity_fulfilled], [2, 0])
})

test('goods are taken along where staff sell them, with a secret key', async () => {
  const lines = [{ variant_id: at.variant('lamp'), quantity: 1, fulfilment: { mode: 'take_away', store_id: at.till } }]
  const token = await shop.api.token(CARDS.declined)
  const mode = '/lines/0/fulfilment/mode'
  isRefusedAt(await ofAPage({ lines, store_id: at.till }, { charge: 'on_collection', token }), mode)
  isRefusedAt(await ofAPage({ lines, store_id: at.till }, {}), mode)
  // At a kiosk it is the usual way, which need not be named.
  const usual = lines.map(({ fulfilment: _, ...line }) => line)
  isRefusedAt(await ofAPage({ lines: usual, channel: 'kiosk', store_id: at.till }, {}), '/cart_id')
  for (const channel of ['web', 'app', 'pos', 'kiosk']) {
    const isRemote = channel === 'web' || channel === 'app'
    // A cart that staff began, and the customer ordered from afar.
    const cart = await at.cart({}, { lines, channel: isRemote ? 'pos' : channel, store_id: at.till })
    if (isRemote) assert.equal((await shop.api.call('PATCH', `/v1/carts/${cart}`, { channel })).status, 200)
    const placed = await at.place(cart)
    if (isRemote) isRefusedAt(placed, '/cart_id')
    else assert.equal(placed.status, 201, placed.text)
  }
  assert.deepEqual(await at.level('lamp', at.till), [5, 2])
})

test('what lies in stock is not delivered as if it were digital, nor is a kit of it, and no edit makes it so', async () => {
  await at.sells('set', '55.00', { components: [{ variant_id: at.variant('lamp'), quantity: 2 }] })
  await at.sells('song', '2.00')
  const line = (variant_id: string) => ({ variant_id, quantity: 1, fulfilment: { mode: 'digital' } })
  for (const name of ['lamp', 'set']) {
    const lines = [line(at.variant(name))]
    isRefusedAt(await ofAPage({ lines }, {}), '/lines/0/fulfilment/mode')
    const cart = { currency: 'EUR', channel: 'web', lines }
    isRefusedAt(await shop.api.call('POST', '/v1/carts', cart), '/lines/0/fulfilment/mode')
  }
  // An article that is counted only since it was put into the cart.
  const record = await at.sells('record', '4.00')
  const cart = await at.cart({}, { lines: [line(record)] })
  assert.equal((await shop.api.call('PATCH', `/v1/variants/${record}`, { track: 'quantity' })).status, 200)
  isRefusedAt(await at.place(cart), '/cart_id')
  const placed = await at.place(await at.cart({}, { lines: [line(at.variant('song'))] }))
  assert.equal(placed.status, 201, placed.text)
  isRefusedAt(
    await at.draft(placed.body.id, { add: [{ variant_id: at.variant('lamp'), quantity: 1 }] }),
    '/add/0/variant_id',
  )
  const more = await at.draft(placed.body.id, { add: [{ variant_id: at.variant('song'), quantity: 1 }] })
  assert.equal(more.status, 201, more.text)
})

test('fees and shipping alone are paid when they are ordered: no counter and no parcel would charge them', async () => {
  for (const kind of ['fee', 'shipping']) {
    const made = await shop.api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
      ...{ name: `A ${kind}`, kind },
      variants: [{ sku: `ALONE-${kind}`, track: 'none', prices: [{ currency: 'EUR', unit_price: '4.95' }] }],
    })
    const cart = { lines: [{ variant_id: made.body.variants[0]?.id, quantity: 1 }] }
    for (const charge of ['on_collection', 'on_shipment']) {
      const token = charge === 'on_collection' ? { token: await shop.api.token(CARDS.poor) } : {}
      const refused = await ofAPage(cart, { charge, ...token })
      assert.deepEqual([refused.status, refused.body.code], [422, 'validation-error'], refused.text)
      assert.equal(refused.body.errors[0]?.pointer, '/charge')
    }
    const placed = await ofAPage(cart, {})
    assert.deepEqual([placed.status, placed.body.state], [201, 'placed'], placed.text)
  }
})
