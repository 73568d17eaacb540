// Ada buys without an account, in the web shop and in the store, and leaves her e-mail address. Later she makes an account and
// proves the address: what she bought is hers. Nobody gets an order for an address that they only typed.

import assert from 'node:assert/strict'
import { after, before, describe, it, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import type { Api } from '../api.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { CARDS, DAY, openShop, type Shop } from './shop.ts'

let shop: Shop
let floor: ReturnShop
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  await floor.stocked('kettle', '30.00', 100)
  const programme = await shop.api.call('PUT', '/v1/loyalty/programme', {
    ...{ name: 'Friends', is_enabled: true, pending_days: 7, tiers: [], excluded_categories: [] },
    rates: [{ currency: 'EUR', earn: '1', point_value: '0.01' }],
  })
  assert.equal(programme.status, 200, programme.text)
})
after(() => shop.close())

const inStore = (order: OrderView) => floor.pay(order, CARDS.approved, { channel: 'pos', store_id: floor.shopFloor })
/** Bought in the store and taken along, with the address for the receipt. */
const boughtBy = (email: string, more: object = {}) => floor.bought({ kettle: 1 }, inStore, { email, ...more })
const identify = (customer: string, value: string, more: object = {}, api: Api = shop.api) =>
  api.call<{ id: string }>('POST', `/v1/customers/${customer}/identities`, {
    ...{ type: 'email', value, source: 'sign-in', is_verified: true, ...more },
  })
const ordersOf = async (customer: string) => {
  const { body } = await shop.api.get<{ data: OrderView[] }>(`/v1/orders?customer_id=${customer}`)
  return body.data.map(({ id }) => id)
}
const timeline = async (customer: string) => {
  const path = `/v1/customers/${customer}/timeline?limit=100`
  const { body } = await shop.api.get<{ data: { type: string; order_id: string | null }[] }>(path)
  return body.data.filter(({ type }) => type === 'order.customer_attached').map(({ order_id }) => order_id)
}
const points = async (customer: string) => {
  const { body } = await shop.api.get<{ points: number; pending: number }>(`/v1/customers/${customer}/loyalty`)
  return [body.points, body.pending]
}
const attached = async (order: string) =>
  (await floor.history(order)).filter((type) => type === 'order.customer_attached').length

test('Ada buys on the web and in the store as a guest; the moment she proves her address both orders are hers', async () => {
  const web = await floor.order({ kettle: 2 }, { email: 'Ada@Example.org' })
  await floor.pay(web)
  const store = await boughtBy('ada@example.ORG')
  const others = await boughtBy('adam@example.org')
  const nameless = await floor.bought({ kettle: 1 }, inStore)
  const ada = await shop.customer()
  const before = await floor.read(web.id)
  assert.deepEqual([before.customer_id, await ordersOf(ada)], [null, []])

  assert.equal((await identify(ada, ' ada@example.org ')).status, 201)

  assert.deepEqual(await timeline(ada), [store.id, web.id], 'the timeline is read first, and shows them')
  assert.deepEqual(await ordersOf(ada), [store.id, web.id])
  const after = await floor.read(web.id)
  assert.deepEqual([after.customer_id, after.version], [ada, before.version + 1])
  for (const { id } of [others, nameless]) assert.equal((await floor.read(id)).customer_id, null)
  const history = await shop.api.get<{ data: { type: string; by: string | null; data: object }[] }>(
    `/v1/orders/${web.id}/history?limit=100`,
  )
  const entry = history.body.data.at(-1)
  assert.deepEqual([entry?.type, entry?.by], ['order.customer_attached', null])
  const told = entry?.data as { before: object; after: object; order_id: string }
  assert.deepEqual([told.before, told.after, told.order_id], [{ customer_id: null }, { customer_id: ada }, web.id])
})

test('the list of her orders is right at once too, when nothing else was read before', async () => {
  const order = await boughtBy('first@example.org')
  const ada = await shop.customer()
  await identify(ada, 'first@example.org')
  assert.deepEqual(await ordersOf(ada), [order.id])
})

test('her points are those of an order of her own, once, however often it is looked at', async () => {
  await boughtBy('points@example.org')
  const ada = await shop.customer()
  assert.deepEqual(await points(ada), [0, 0])
  await identify(ada, 'points@example.org')
  assert.deepEqual(await points(ada), [0, 30])
  await identify(ada, 'points@example.org')
  await shop.settle()
  assert.deepEqual(await points(ada), [0, 30])
  shop.clock.advance(40 * DAY)
  await shop.settle()
  assert.deepEqual(await points(ada), [30, 0], 'its goods can no longer be returned')
})

test('half of it went back before she proved the address: she has the points of the other half', async () => {
  const order = await floor.bought({ kettle: 2 }, inStore, { email: 'half@example.org' })
  await floor.brought(order, { kettle: 1 })
  const ada = await shop.customer()
  await identify(ada, 'half@example.org')
  assert.deepEqual(await points(ada), [0, 30])
})

test('an order whose goods could no longer be returned by then is hers, and earns nothing any more', async () => {
  const order = await boughtBy('late@example.org')
  shop.clock.advance(40 * DAY)
  await shop.settle()
  const ada = await shop.customer()
  await identify(ada, 'late@example.org')
  assert.deepEqual([await ordersOf(ada), await points(ada)], [[order.id], [0, 0]])
  shop.clock.advance(40 * DAY)
  await shop.settle()
  assert.deepEqual(await points(ada), [0, 0])
})

test('an order that is paid after it found her earns as any other', async () => {
  const order = await floor.order({ kettle: 1 }, { email: 'unpaid@example.org' })
  const ada = await shop.customer()
  await identify(ada, 'unpaid@example.org')
  assert.deepEqual([await ordersOf(ada), await points(ada)], [[order.id], [0, 0]])
  await floor.pay(order)
  await shop.settle()
  assert.deepEqual(await points(ada), [0, 30])
})

describe('an order stays as it is', () => {
  it('while the address is only typed', async () => {
    const order = await boughtBy('typed@example.org')
    const eve = await shop.customer('Eve')
    await identify(eve, 'typed@example.org', { is_verified: false })
    assert.deepEqual([await ordersOf(eve), (await floor.read(order.id)).customer_id], [[], null])
    const ada = await shop.customer()
    await identify(ada, 'typed@example.org')
    assert.deepEqual([await ordersOf(eve), await ordersOf(ada)], [[], [order.id]])
  })

  it('when another kind of value was proved', async () => {
    const order = await boughtBy('0612345678@example.org')
    const ada = await shop.customer()
    await identify(ada, '0612345678@example.org', { type: 'external' })
    assert.deepEqual([await ordersOf(ada), await attached(order.id)], [[], 0])
  })

  it('when it has a customer, whatever address it carries', async () => {
    const [ada, bob] = [await shop.customer(), await shop.customer('Bob')]
    const order = await boughtBy('shared@example.org', { customer_id: bob })
    await identify(ada, 'shared@example.org')
    assert.deepEqual([await ordersOf(ada), await ordersOf(bob), await attached(order.id)], [[], [order.id], 0])
  })

  it('when the address is proved again, by her or by somebody who has it now', async () => {
    const order = await boughtBy('passed-on@example.org')
    const [ada, bob] = [await shop.customer(), await shop.customer('Bob')]
    const link = await identify(ada, 'passed-on@example.org')
    assert.deepEqual(await ordersOf(ada), [order.id])
    assert.equal((await identify(ada, 'passed-on@example.org')).status, 200)
    await shop.api.call('DELETE', `/v1/customers/${ada}/identities/${link.body.id}`)
    assert.equal((await identify(bob, 'passed-on@example.org')).status, 201)
    assert.deepEqual([await ordersOf(ada), await ordersOf(bob), await attached(order.id)], [[order.id], [], 1])
    const later = await boughtBy('passed-on@example.org')
    assert.equal((await floor.read(later.id)).customer_id, null, 'typed at a till is not proved')
  })

  it('when the proof was taken back before anybody looked', async () => {
    const order = await boughtBy('taken-back@example.org')
    const ada = await shop.customer()
    const link = await identify(ada, 'taken-back@example.org')
    await shop.api.call('DELETE', `/v1/customers/${ada}/identities/${link.body.id}`)
    assert.deepEqual([await ordersOf(ada), (await floor.read(order.id)).customer_id], [[], null])
  })

  it('when the customer is another merchant’s', async () => {
    const order = await boughtBy('next-door@example.org')
    const next = await shop.neighbour()
    const theirs = await next.api.call<{ id: string }>('POST', '/v1/customers', { name: 'Ada' })
    await identify(theirs.body.id, 'next-door@example.org', {}, next.api)
    const { body } = await next.api.get<{ data: OrderView[] }>(`/v1/orders?customer_id=${theirs.body.id}`)
    assert.deepEqual([body.data, (await floor.read(order.id)).customer_id], [[], null])
  })
})

test('two profiles become one: the orders of both are found, and proving an address on the one that remains brings more', async () => {
  const [first, second] = [await boughtBy('old@example.org'), await boughtBy('new@example.org')]
  const [ada, old] = [await shop.customer(), await shop.customer()]
  await identify(old, 'old@example.org')
  const merge = await shop.api.call<{ id: string }>('POST', `/v1/customers/${ada}/merges`, { from: old })
  assert.equal(merge.status, 201, merge.text)
  await identify(ada, 'new@example.org')
  assert.deepEqual(await ordersOf(ada), [second.id, first.id])
  assert.deepEqual(await timeline(ada), [second.id, first.id])
  assert.deepEqual((await points(ada))[1], 60, 'the points of both, on one account')
  await shop.api.call('POST', `/v1/customer_merges/${merge.body.id}/undo`, {})
  assert.deepEqual([await ordersOf(ada), await ordersOf(old)].flat().sort(), [first.id, second.id].sort())
})
