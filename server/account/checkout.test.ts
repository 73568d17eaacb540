// A checkout page opened by whoever is signed in: it is theirs, with their cards and address; without their session it is a guest's.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { type ReturnShop, returnShop } from '../../test/scenarios/return-shop.ts'
import { CARDS, openShop, type Shop } from '../../test/scenarios/shop.ts'
import { openPage } from '../signin/page.fixture.ts'

let shop: Shop
let floor: ReturnShop
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
})
after(() => shop.close())

const { call, as, signIn } = openPage(() => shop)
const HOME = { name: 'Ada', lines: ['Prinsengracht 1'], postal_code: '1015 DK', city: 'Amsterdam', country: 'NL' }

it('a page opened with a session is its customer’s, and with the cart’s secret alone a guest’s', async () => {
  const variant_id = await floor.stocked('kettle', '30.00', 10)
  const ada = await signIn('pays@example.org')
  const token = await shop.api.token(CARDS.approved)
  await shop.api.call('POST', `/v1/customers/${ada.customer}/instruments`, { token })
  assert.equal((await as(ada.token)('POST', '/v1/account/addresses', HOME)).status, 201)
  const open = async (session: Record<string, string>) => {
    const cart = await call('POST', '/v1/carts', {
      ...{ currency: 'EUR', channel: 'web', lines: [{ variant_id, quantity: 1 }] },
    })
    const headers = { 'cart-secret': String(cart.body['secret']), ...session }
    return call('POST', '/v1/checkout_sessions', { cart_id: cart.body['id'] }, headers)
  }
  const pageOf = async (url: unknown) =>
    (await shop.send({ method: 'GET', path: new URL(String(url)).pathname, headers: { host: '127.0.0.1' } })).text

  const own = await open({ 'customer-session': ada.token })
  assert.equal(own.status, 201, own.text)
  assert.equal(own.body['customer_id'], ada.customer)
  const ownPage = await pageOf(own.body['url'])
  for (const known of ['pays@example.org', 'Prinsengracht 1']) assert.ok(ownPage.includes(known), known)

  // Paid in one go with the card on top.
  const offer = await shop.api.get<{ offered?: { saved?: unknown }[] }>(
    `/v1/checkout_sessions/${String(own.body['id'])}/methods`,
  )
  assert.match(offer.text, /ins_[0-9A-Z]{26}/)

  const guest = await open({})
  assert.equal(guest.body['customer_id'], null)
  const guestPage = await pageOf(guest.body['url'])
  for (const known of ['pays@example.org', 'Prinsengracht 1']) assert.ok(!guestPage.includes(known), known)

  const ended = await open({ 'customer-session': `cst_${'A'.repeat(32)}` })
  assert.equal(ended.body['code'], 'sign-in-required')
})
