// Where an order goes decides its tax, so an address named with the order must come to what the cart showed.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ADDRESS, type OrderShop, orderShop } from './order-shop.ts'
import { openShop, type Shop } from './shop.ts'

let shop: Shop
let orders: OrderShop
let card: string
before(async () => {
  shop = await openShop()
  orders = orderShop(shop)
  await orders.sells('lamp', '121.00')
  const made = await shop.api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
    name: 'Gift card',
    kind: 'gift_card',
    variants: [{ sku: 'GIFT', track: 'none', prices: [{ currency: 'EUR', unit_price: '50.00' }] }],
  })
  card = made.body.variants[0]?.id as string
})
after(() => shop.close())

const to = (country: string, postal_code = '10115') => ({ line1: 'Street 1', city: 'Town', postal_code, country })

const MAINLAND = to('ES', '28001')
const CANARY_ISLANDS = to('ES', '35001')
const UNITED_STATES = to('US', '10001')

describe('an address that is named with the order', () => {
  for (const [name, ofCart, ofOrder] of [
    ['home from an export', UNITED_STATES, ADDRESS],
    ['an export from home', ADDRESS, UNITED_STATES],
    ['another member state', ADDRESS, to('DE')],
    ['a member state where the cart named none', undefined, to('HU', '1011')],
    ['mainland from an island outside its VAT', CANARY_ISLANDS, MAINLAND],
    ['an island outside the VAT from mainland', MAINLAND, CANARY_ISLANDS],
  ] as const)
    it(`is refused for another tax: ${name}`, async () => {
      const cart = await orders.cart({ lamp: 1 }, { shipping_address: ofCart })
      const refused = await orders.place(cart, { shipping_address: ofOrder })
      assert.deepEqual(
        [refused.status, refused.body.code, refused.body.errors?.[0]?.pointer],
        [422, 'validation-error', '/shipping_address'],
        refused.text,
      )
      // Set on the cart it is shown with its tax, and can be ordered.
      const moved = await shop.api.call<{ total: number; tax: number }>('PATCH', `/v1/carts/${cart}`, {
        shipping_address: ofOrder,
      })
      assert.equal(moved.status, 200, moved.text)
      const placed = await orders.place(cart, { shipping_address: ofOrder })
      assert.equal(placed.status, 201, placed.text)
      assert.deepEqual([placed.body.total, placed.body.tax], [moved.body.total, moved.body.tax])
    })

  it('is taken where prices and tax are the same', async () => {
    for (const [ofCart, ofOrder] of [
      [undefined, ADDRESS],
      [ADDRESS, { ...ADDRESS, line1: 'Dam 1', postal_code: '1012 JS' }],
      [UNITED_STATES, to('CA', 'K1A 0B1')],
    ]) {
      const cart = await orders.cart({ lamp: 1 }, { shipping_address: ofCart })
      const placed = await orders.place(cart, { shipping_address: ofOrder })
      assert.equal(placed.status, 201, placed.text)
      assert.deepEqual(placed.body.shipping_address, { ...ofOrder })
    }
  })

  it('changes nothing about gift cards, which bear no tax', async () => {
    const cart = await orders.cart({}, { lines: [{ variant_id: card, quantity: 1 }] })
    const placed = await orders.place(cart, { shipping_address: UNITED_STATES })
    assert.deepEqual([placed.status, placed.body.total, placed.body.tax], [201, 5000, 0], placed.text)
  })

  it('is held against what a quote promised too', async () => {
    const cart = await orders.cart({ lamp: 1 }, { shipping_address: UNITED_STATES })
    const valid_until = new Date(shop.clock.now().getTime() + 86_400_000).toISOString()
    const post = (path: string, body = {}) =>
      shop.api.call<{ id: string; accepted_cart_id: string }>('POST', path, body)
    const quote = await post(`/v1/carts/${cart}/quotes`, { valid_until })
    await post(`/v1/quotes/${quote.body.id}/send`)
    const accepted = await post(`/v1/quotes/${quote.body.id}/accept`)
    const refused = await orders.place(accepted.body.accepted_cart_id, { shipping_address: to('DE') })
    assert.deepEqual([refused.status, refused.body.errors?.[0]?.pointer], [422, '/shipping_address'], refused.text)
    assert.equal((await orders.place(accepted.body.accepted_cart_id)).status, 201)
  })
})
