// How a cart ends or waits: parked, expired, locked, ordered, quoted.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createApi } from '../api.ts'
import { type CartAnswer, type CartShop, openCartShop } from './cart-shop.ts'
import { DAY, MINUTE } from './shop.ts'

let shop: CartShop
let axe: string
let rope: string
before(async () => {
  shop = await openCartShop()
  axe = await shop.article('49.95')
  rope = await shop.article('9.50')
})
after(() => shop.close())

const add = (variant_id: string, quantity = 1, more: object = {}) => ({ lines: [{ variant_id, quantity, ...more }] })

const HOME = { shipping_address: { line1: 'Dam 1', postal_code: '1012 JS', city: 'Amsterdam', country: 'NL' } }

/** Places the order of a cart; its id. */
async function placeOrder(cart: CartAnswer): Promise<string> {
  const answer = await shop.api.call<{ id: string }>('POST', '/v1/orders', {
    cart_id: cart.id,
    cart_version: cart.version,
    expected_total: cart.total,
  })
  assert.equal(answer.status, 201, answer.text)
  return answer.body.id
}

describe('a cart set aside', () => {
  it('is seen on every register of its store, and taken up on another', async () => {
    const cart = await shop.cart({ [axe]: 1 }, { channel: 'pos', store_id: shop.store })
    assert.equal((await shop.till('POST', `/v1/carts/${cart.id}/park`, { name: 'blue coat' })).status, 200)
    const list = async () =>
      (await shop.api.get<{ data: { id: string; name: string }[] }>(`/v1/carts?state=parked&store_id=${shop.store}`))
        .body.data
    assert.deepEqual(
      (await list()).map(({ id, name }) => [id, name]),
      [[cart.id, 'blue coat']],
    )
    const changed = await shop.till('POST', `/v1/carts/${cart.id}/lines`, add(axe))
    assert.deepEqual([changed.status, changed.body.code], [409, 'invalid-state'])
    const resumed = await shop.till('POST', `/v1/carts/${cart.id}/resume`, { register_id: shop.till_id })
    assert.deepEqual([resumed.body.state, resumed.body.register_id], ['open', shop.till_id])
    assert.deepEqual(await list(), [])
    assert.equal((await shop.till('POST', `/v1/carts/${cart.id}/lines`, add(axe))).status, 200)
  })

  it('by a customer is found by staff through the customer', async () => {
    const customer_id = await shop.customer()
    const cart = await shop.cart({ [axe]: 1 }, { customer_id })
    const { body } = await shop.api.get<{ data: { id: string; line_count: number }[] }>(
      `/v1/carts?customer_id=${customer_id}`,
    )
    assert.deepEqual(
      body.data.map(({ id, line_count }) => [id, line_count]),
      [[cart.id, 1]],
    )
  })

  it('is given up after a week when parked, after a season when open', async () => {
    const parked = await shop.cart({ [axe]: 1 }, { channel: 'pos', store_id: shop.store })
    await shop.till('POST', `/v1/carts/${parked.id}/park`, {})
    const open = await shop.cart({ [axe]: 1 })
    const [expiry] = shop.wired.commerce.workers.filter(({ name }) => name === 'expiring carts')
    const states = async () => [(await shop.read(parked.id)).state, (await shop.read(open.id)).state]
    shop.clock.advance(7 * DAY - MINUTE)
    await expiry?.tick()
    assert.deepEqual(await states(), ['parked', 'open'])
    shop.clock.advance(MINUTE)
    await expiry?.tick()
    assert.deepEqual(await states(), ['expired', 'open'])
    shop.clock.advance(83 * DAY)
    const late = await shop.till('POST', `/v1/carts/${open.id}/lines`, add(axe))
    assert.deepEqual([late.status, late.body.code], [409, 'cart-closed'], 'with or without the worker')
    await expiry?.tick()
    assert.deepEqual(await states(), ['expired', 'expired'])
    assert.deepEqual((await shop.events(open.id)).at(-1), 'cart.expired')
  })
})

describe('a cart that is being paid', () => {
  it('cannot be changed from any device until it is unlocked or the lock has lapsed', async () => {
    const cart = await shop.cart({ [axe]: 1 }, {}, shop.page)
    const device = shop.device(cart.secret)
    const tryIt = async () => (await device.call('POST', `/v1/carts/${cart.id}/lines`, add(axe))).status
    assert.equal((await shop.till('POST', `/v1/carts/${cart.id}/lock`)).body.state, 'locked')
    assert.equal(await tryIt(), 409)
    await shop.till('POST', `/v1/carts/${cart.id}/unlock`)
    assert.equal(await tryIt(), 200)
    await shop.till('POST', `/v1/carts/${cart.id}/lock`)
    shop.clock.advance(15 * MINUTE)
    assert.equal(await tryIt(), 200)
  })

  it('forgets who it was for once it is an order, which knows, and keeps where its tax was due', async () => {
    const shipping_address = { line1: 'Rynek 1', city: 'Kraków', country: 'PL' }
    const cart = await shop.cart({ [axe]: 1 }, { email: 'ada@example.org', shipping_address })
    await placeOrder(cart)
    const { email, shipping_address: address, total, lines } = await shop.read(cart.id)
    assert.deepEqual([email, address, total, lines[0]?.tax_code], [null, null, 4995, 'PL standard 2300'])
  })

  it('becomes no order at another price than was agreed to, with an article that is gone, or empty', async () => {
    const lamp = await shop.article('20.00')
    const cart = await shop.cart({ [lamp]: 1 })
    const order = (more: object = {}) => shop.till('POST', '/v1/orders', { cart_id: cart.id, ...more })
    await shop.setPrice(lamp, '25.00')
    const dearer = await order({ expected_total: 2000 })
    assert.deepEqual([dearer.status, dearer.body.code], [409, 'price-changed'])
    await shop.withdraw(lamp)
    const gone = await order()
    assert.deepEqual([gone.status, gone.body.code], [409, 'out-of-stock'])
    await shop.till('DELETE', `/v1/carts/${cart.id}/lines/${cart.lines[0]?.id}`)
    assert.equal((await order()).status, 422)
    assert.equal((await shop.read(cart.id)).state, 'open')
  })

  it('becomes one order of many that are placed at once from all devices', async () => {
    const cart = await shop.cart({ [axe]: 1 }, HOME, shop.page)
    const place = (i: number) =>
      (i % 2 ? shop.till : shop.device(cart.secret).call)('POST', '/v1/orders', { cart_id: cart.id })
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => place(i)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array.from({ length: 9 }, () => 200), 201])
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1)
  })

  it('becomes an order from exactly the version that was worked out, and is closed then', async () => {
    const cart = await shop.cart({ [axe]: 1 }, HOME)
    const order = await placeOrder(cart)
    const read = await shop.read(cart.id)
    assert.deepEqual([read.state, read.moved_to, read.version], ['converted', order, 2])
    const late = await shop.till('POST', `/v1/carts/${cart.id}/lines`, add(axe))
    assert.deepEqual([late.status, late.body.code], [409, 'cart-closed'])
    assert.ok(late.body.detail.includes(order))
    const again = await shop.api.call<{ id: string }>('POST', '/v1/orders', { cart_id: cart.id })
    assert.deepEqual([again.status, again.body.id], [200, order])
  })
})

describe('a quote', () => {
  const until = (days: number) => ({ valid_until: new Date(shop.clock.now().getTime() + days * DAY).toISOString() })
  interface QuoteAnswer {
    id: string
    state: string
    code: string
    accepted_cart_id: string
    quoted: CartAnswer
  }
  const quotes = (path: string, body?: object) => shop.api.call<QuoteAnswer>('POST', path, body)

  it('holds its prices in the cart that it becomes, whatever prices do', async () => {
    const lamp = await shop.article('20.00')
    const cart = await shop.cart({ [lamp]: 3 }, HOME)
    const quote = await quotes(`/v1/carts/${cart.id}/quotes`, until(30))
    assert.deepEqual([quote.status, quote.body.state, quote.body.quoted.total], [201, 'draft', 6000])
    const early = await quotes(`/v1/quotes/${quote.body.id}/accept`)
    assert.deepEqual([early.status, early.body.code], [409, 'invalid-state'])
    await quotes(`/v1/quotes/${quote.body.id}/send`)
    await shop.setPrice(lamp, '99.00')

    const accepted = await Promise.all([1, 2, 3].map(() => quotes(`/v1/quotes/${quote.body.id}/accept`)))
    const ids = new Set(accepted.map(({ body }) => body.accepted_cart_id))
    assert.equal(ids.size, 1, 'accepted three times, one cart')
    const held = await shop.read([...ids][0] as string)
    assert.deepEqual([held.total, held.changes, held.quote_id], [6000, [], quote.body.id])
    const more = await shop.till('POST', `/v1/carts/${held.id}/lines`, add(rope))
    assert.deepEqual([more.status, more.body.code], [409, 'invalid-state'])

    await placeOrder(held)
    const { body } = await shop.api.get<QuoteAnswer>(`/v1/quotes/${quote.body.id}`)
    assert.equal(body.state, 'converted')
    assert.equal((await shop.read(cart.id)).total, 29_700, 'the cart it was of has the prices of now')
  })

  it('holds what was taken off with it, to the cent, when the offer has ended', async () => {
    const [bread, wine] = [await shop.article('2.19', { tax_category: 'food' }), await shop.article('7.77')]
    const ends_at = new Date(shop.clock.now().getTime() + MINUTE).toISOString()
    await shop.offer('ODD', { kind: 'percent_off', percent_bp: 3333, applies_to: 'order' }, { ends_at })
    const cart = await shop.cart({ [bread]: 7, [wine]: 3 }, { codes: ['ODD'] })
    const quote = await quotes(`/v1/carts/${cart.id}/quotes`, until(3))
    await quotes(`/v1/quotes/${quote.body.id}/send`)
    shop.clock.advance(DAY)
    const held = await shop.read((await quotes(`/v1/quotes/${quote.body.id}/accept`)).body.accepted_cart_id)
    const figures = (of: CartAnswer) => [of.list, of.discount, of.net, of.tax, of.total, of.taxes]
    assert.ok(cart.discount > 0)
    assert.deepEqual(figures(held), figures(cart))
    assert.deepEqual(held.changes, [])
  })

  it('is over when its day has come, or when it is declined', async () => {
    const cart = await shop.cart({ [axe]: 1 })
    const late = await quotes(`/v1/carts/${cart.id}/quotes`, until(2))
    await quotes(`/v1/quotes/${late.body.id}/send`)
    shop.clock.advance(2 * DAY)
    assert.equal((await quotes(`/v1/quotes/${late.body.id}/accept`)).status, 409)
    const { body } = await shop.api.get<QuoteAnswer>(`/v1/quotes/${late.body.id}`)
    assert.equal(body.state, 'expired')
    const unwanted = await quotes(`/v1/carts/${cart.id}/quotes`, until(2))
    await quotes(`/v1/quotes/${unwanted.body.id}/send`)
    assert.equal((await quotes(`/v1/quotes/${unwanted.body.id}/decline`)).body.state, 'declined')
    assert.equal((await quotes(`/v1/quotes/${unwanted.body.id}/accept`)).status, 409)
  })

  it('is open to whoever holds the cart, and to nobody else', async () => {
    const cart = await shop.cart({ [axe]: 1 }, {}, shop.page)
    const quote = await quotes(`/v1/carts/${cart.id}/quotes`, until(2))
    await quotes(`/v1/quotes/${quote.body.id}/send`)
    const accepted = await shop.device(cart.secret).call('POST', `/v1/quotes/${quote.body.id}/accept`)
    const held = (accepted.body as unknown as QuoteAnswer).accepted_cart_id
    assert.equal((await shop.device(cart.secret).call('GET', `/v1/carts/${held}`)).status, 200)
    assert.equal((await shop.device('cs_other').call('GET', `/v1/quotes/${quote.body.id}`)).status, 404)
    const neighbour = createApi(shop.send, (await shop.neighbour()).keys.secret_key)
    assert.equal((await neighbour.call('GET', `/v1/quotes/${quote.body.id}`)).status, 404)
  })
})
