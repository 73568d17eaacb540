// A customer in their own account: all of theirs, and nothing of anybody else's.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type ReturnShop, returnShop } from '../../test/scenarios/return-shop.ts'
import { CARDS, openShop, type Shop } from '../../test/scenarios/shop.ts'
import type { OrderView } from '../orders/view.ts'
import { openPage } from '../signin/page.fixture.ts'

let shop: Shop
let floor: ReturnShop
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  await floor.stocked('kettle', '30.00', 100)
})
after(() => shop.close())

const { as, call: page, signIn } = openPage(() => shop)
const HOME = { name: 'Ada', line1: 'Prinsengracht 1', postal_code: '1015 DK', city: 'Amsterdam', country: 'NL' }
const inStore = (order: OrderView) => floor.pay(order, CARDS.approved, { channel: 'pos', store_id: floor.shopFloor })
let people = 0
async function somebody(name = 'Ada') {
  const email = `own-${++people}@example.org`
  const who = await signIn(email)
  const call = as(who.token)
  await call('PATCH', '/v1/account', { name })
  return { ...who, email, call }
}

describe('an account', () => {
  it('shows its owner and lets them change name, phone and language', async () => {
    const ada = await somebody()
    const changed = await ada.call('PATCH', '/v1/account', {
      name: 'Ada <b>L</b>',
      phone: '+31612345678',
      locale: 'fr',
    })
    assert.equal(changed.status, 200, changed.text)
    const { body } = await ada.call('GET', '/v1/account')
    assert.deepEqual(
      [body['name'], body['phone'], body['locale'], body['email']],
      ['Ada <b>L</b>', '+31612345678', 'fr', ada.email],
    )
  })

  it('lists orders of every channel with the address of their page, also those of a merged profile', async () => {
    const ada = await somebody()
    const web = await floor.order({ kettle: 1 }, { email: ada.email })
    await signIn(ada.email)
    const elsewhere = await shop.customer('Ada at the till')
    const till = await floor.order({ kettle: 2 }, { customer_id: elsewhere })
    await shop.api.call('POST', `/v1/customers/${ada.customer}/merges`, { from: elsewhere })
    const { body } = await ada.call('GET', '/v1/account/orders')
    assert.deepEqual(
      body.data.map(({ id }) => id),
      [till.id, web.id],
    )
    const first = body.data[0] as { page_url: string; lines: { name: string; quantity: number }[]; total: number }
    assert.match(first.page_url, /^http:\/\/127\.0\.0\.1:4000\/o\/[\w-]{67}$/)
    assert.deepEqual([first.total, first.lines[0]?.quantity], [6000, 2])
    const one = await ada.call('GET', `/v1/account/orders/${till.id}`)
    assert.equal(one.body['number'], till.number)
  })

  it('shows no order, card, address or passkey of another customer: each is a 404', async () => {
    const ada = await somebody()
    const eve = await somebody('Eve')
    const order = await floor.order({ kettle: 1 }, { customer_id: ada.customer })
    const token = await shop.api.token(CARDS.approved)
    const card = await shop.api.call<{ id: string }>('POST', `/v1/customers/${ada.customer}/instruments`, { token })
    const address = await ada.call('POST', '/v1/account/addresses', ADDRESS)
    const paths = [
      ['GET', `/v1/account/orders/${order.id}`],
      ['DELETE', `/v1/account/instruments/${card.body.id}`],
      ['DELETE', `/v1/account/addresses/${String(address.body['id'])}`],
    ] as const
    for (const [method, path] of paths) {
      const refused = await eve.call(method, path)
      assert.deepEqual([refused.status, refused.body['code']], [404, 'not-found'], path)
    }
    const put = await eve.call('PUT', `/v1/account/addresses/${String(address.body['id'])}`, ADDRESS)
    assert.equal(put.status, 404)
    for (const list of ['orders', 'returns', 'instruments', 'addresses', 'views'])
      assert.deepEqual((await eve.call('GET', `/v1/account/${list}`)).body.data, [], list)
    assert.equal((await ada.call('GET', `/v1/account/orders/${order.id}`)).status, 200)
    assert.equal((await ada.call('GET', '/v1/account/instruments')).body.data.length, 1)
  })

  it('is where an order goes that its owner places while signed in, and nobody else’s', async () => {
    const ada = await somebody()
    // Her address was proved before the orders below.
    await shop.settle()
    const variant_id = await floor.stocked(`mug ${people}`, '5.00', 10)
    const place = async (session: Record<string, string>, body: object = {}) => {
      const cart = await page('POST', '/v1/carts', {
        ...{ currency: 'EUR', channel: 'web', lines: [{ variant_id, quantity: 1 }] },
      })
      const order = { cart_id: cart.body['id'], email: ada.email, shipping_address: HOME, ...body }
      return page('POST', '/v1/orders', order, { 'cart-secret': String(cart.body['secret']), ...session })
    }
    const own = { 'customer-session': ada.token }
    const placed = await place(own)
    assert.equal(placed.status, 201, placed.text)
    assert.equal(placed.body['customer_id'], ada.customer)
    assert.equal((await place({})).body['customer_id'], null, 'her address alone proves nothing')
    assert.equal((await place({ 'customer-session': 'cst_old' })).body['code'], 'sign-in-required')
    const eve = await somebody('Eve')
    const named = await place({ 'customer-session': eve.token }, { customer_id: ada.customer })
    assert.equal(named.body['code'], 'scope-missing')
    const { body } = await ada.call('GET', '/v1/account/orders')
    assert.deepEqual(
      body.data.map(({ id }) => id),
      [placed.body['id']],
    )
  })

  it('forgets a saved card when its owner says so', async () => {
    const ada = await somebody()
    const token = await shop.api.token(CARDS.approved)
    const card = await shop.api.call<{ id: string }>('POST', `/v1/customers/${ada.customer}/instruments`, { token })
    assert.equal((await ada.call('DELETE', `/v1/account/instruments/${card.body.id}`)).status, 204)
    assert.deepEqual((await ada.call('GET', '/v1/account/instruments')).body.data, [])
    assert.equal((await ada.call('DELETE', `/v1/account/instruments/${card.body.id}`)).status, 404)
  })

  it('shows returns with the page of their order', async () => {
    const ada = await somebody()
    const order = await floor.bought({ kettle: 2 }, inStore, { customer_id: ada.customer })
    const asked = await shop.api.call('POST', '/v1/returns', {
      order_id: order.id,
      channel: 'web',
      reason: 'changed_mind',
      lines: [{ line_id: order.lines[0]?.id, quantity: 1 }],
    })
    assert.equal(asked.status, 201, asked.text)
    const { body } = await ada.call('GET', '/v1/account/returns')
    assert.equal(body.data[0]?.['order_number'], order.number)
    assert.deepEqual(body.data[0]?.['lines'], [{ name: 'kettle', requested: 1, received: 0 }])
  })

  it('shows points and store credit', async () => {
    const ada = await somebody()
    await credit(ada.customer, 1250)
    const { body } = await ada.call('GET', '/v1/account/balances')
    assert.deepEqual(body['store_credit'], [{ currency: 'EUR', balance: 1250, available: 1250 }])
    assert.equal((body['points'] as { available: number }).available, 0)
  })

  it('keeps consents with where they were given, and what was looked at only with one', async () => {
    const ada = await somebody()
    const look = () => ada.call('POST', '/v1/account/views', { views: [{ kind: 'search', query: 'kettle' }] })
    assert.equal((await look()).body['recorded'], 0)
    const said = await ada.call('POST', '/v1/account/consents', { purpose: 'browsing_history', is_granted: true })
    assert.equal(said.status, 201, said.text)
    assert.equal(said.body['channel'], 'web')
    assert.equal((await look()).body['recorded'], 1)
    assert.equal((await ada.call('GET', '/v1/account/views')).body.data.length, 1)
    await ada.call('POST', '/v1/account/consents', { purpose: 'browsing_history', is_granted: false })
    assert.deepEqual((await ada.call('GET', '/v1/account/views')).body.data, [])
  })
})

const ADDRESS = { name: 'Ada', lines: ['Prinsengracht 1'], postal_code: '1015 DK', city: 'Amsterdam', country: 'NL' }

async function credit(customer: string, amount: number): Promise<void> {
  const given = await shop.api.command(`/v1/customers/${customer}/store_credit/adjustments`, {
    ...{ currency: 'EUR', amount, reason: 'sorry' },
  })
  assert.equal(given.status, 201, given.text)
}
