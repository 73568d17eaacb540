// A promotion on its way through the product: offered over HTTP, opened by a code, seen in a cart.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ADDRESS } from './order-shop.ts'
import { openShop, type Shop } from './shop.ts'

let shop: Shop
let variant: string
before(async () => {
  shop = await openShop()
  const product = await shop.api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
    name: 'Rope',
    categories: ['ropes'],
    variants: [{ sku: 'ROPE-1', track: 'none', prices: [{ currency: 'EUR', unit_price: '24.95' }] }],
  })
  assert.equal(product.status, 201, product.text)
  variant = product.body.variants[0]?.id as string
})
after(() => shop.close())

interface CartBody {
  list: number
  discount: number
  tax: number
  total: number
}

async function cartWith(codes: string[]): Promise<CartBody> {
  const lines = [{ variant_id: variant, quantity: 3 }]
  const cart = await shop.api.call<CartBody>('POST', '/v1/carts', { currency: 'EUR', channel: 'web', codes, lines })
  assert.equal(cart.status, 201, cart.text)
  return cart.body
}

test('a code takes a third off three ropes at once, and the VAT follows what is paid', async () => {
  const promotion = await shop.api.call<{ id: string }>('POST', '/v1/promotions', {
    name: '3 for 2',
    rule: { kind: 'x_for_y', take: 3, pay: 2 },
    conditions: { categories: ['ropes'] },
    needs_code: true,
  })
  assert.equal(promotion.status, 201, promotion.text)
  const codes = { codes: ['ROPES'], max_uses: null }
  assert.equal((await shop.api.call('POST', `/v1/promotions/${promotion.body.id}/codes`, codes)).status, 201)

  const plain = await cartWith([])
  const reduced = await cartWith(['ropes'])
  // 3 × 24.95 = 74.85, of which 21 / 121 is 12.99; 2 × 24.95 = 49.90, of which 8.66.
  assert.deepEqual([plain.list, plain.discount, plain.tax, plain.total], [7485, 0, 1299, 7485])
  assert.deepEqual([reduced.list, reduced.discount, reduced.tax, reduced.total], [7485, 2495, 866, 4990])
})

test('whoever comes when a code has just been used up is told so, as those who came at the same moment: no order at another price', async () => {
  const promotion = await shop.api.call<{ id: string }>('POST', '/v1/promotions', {
    ...{ name: 'First two', rule: { kind: 'percent_off', percent_bp: 1000, applies_to: 'order' }, needs_code: true },
    max_uses: 2,
  })
  const codes = { codes: ['FIRST2'], max_uses: null }
  assert.equal((await shop.api.call('POST', `/v1/promotions/${promotion.body.id}/codes`, codes)).status, 201)
  type Placed = { id: string; code: string; total: number }
  const place = (cart_id: string, more: object = {}) =>
    shop.api.call<Placed>('POST', '/v1/orders', { cart_id, shipping_address: ADDRESS, ...more })
  const carts = await Promise.all([1, 2, 3].map(async () => (await cartWith(['FIRST2'])) as CartBody & { id: string }))
  const [first, second, third] = carts.map(({ id }) => id) as [string, string, string]
  assert.deepEqual([(await place(first)).status, (await place(second)).status], [201, 201])
  // Completed twice, it is the order that it became.
  assert.equal((await place(second)).status, 200)
  const late = await place(third)
  assert.deepEqual([late.status, late.body.code], [409, 'promotion-exhausted'], late.text)
  const seen = await shop.api.get<CartBody>(`/v1/carts/${third}`)
  assert.deepEqual([seen.body.discount, seen.body.total], [0, 7485])
  const agreed = await place(third, { expected_total: 7485 })
  assert.deepEqual([agreed.status, agreed.body.total], [201, 7485], agreed.text)
})
