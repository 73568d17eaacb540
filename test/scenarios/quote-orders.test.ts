// What a quote promised and what it did not: its discounts are counted like anybody's, and its prices end with it.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { type CartShop, openCartShop } from './cart-shop.ts'
import { ADDRESS } from './order-shop.ts'
import { DAY } from './shop.ts'

let shop: CartShop
let axe: string
before(async () => {
  shop = await openCartShop()
  axe = await shop.article('50.00')
})
after(() => shop.close())

const TENTH = { kind: 'percent_off', percent_bp: 1000, applies_to: 'order' }

const place = (cart_id: string) =>
  shop.api.call<{ id: string; code: string; total: number; detail: string }>('POST', '/v1/orders', { cart_id })

/** The cart that holds the prices of a quote over an axe, accepted. */
async function accepted(codes: string[], days = 30): Promise<string> {
  const cart = await shop.cart({ [axe]: 1 }, { codes, shipping_address: ADDRESS })
  const post = (path: string, body = {}) => shop.api.call<{ id: string; accepted_cart_id: string }>('POST', path, body)
  const valid_until = new Date(shop.clock.now().getTime() + days * DAY).toISOString()
  const quote = await post(`/v1/carts/${cart.id}/quotes`, { valid_until })
  assert.equal(quote.status, 201, quote.text)
  await post(`/v1/quotes/${quote.body.id}/send`)
  const answer = await post(`/v1/quotes/${quote.body.id}/accept`)
  assert.equal(answer.status, 200, answer.text)
  return answer.body.accepted_cart_id
}

async function usesOf(promotion: string): Promise<number> {
  const { body } = await shop.api.get<{ uses: number }>(`/v1/promotions/${promotion}`)
  return body.uses
}

it('an order of a quote uses the promotions whose discounts it has, no more often than they may be used', async () => {
  const once = await shop.offer('ONCE', TENTH, { max_uses: 1 })
  const [first, second] = [await accepted(['ONCE']), await accepted(['ONCE'])]
  const ordered = await place(first)
  assert.deepEqual([ordered.status, ordered.body.total], [201, 4500], ordered.text)
  assert.equal(await usesOf(once), 1)
  const refused = await place(second)
  assert.deepEqual([refused.status, refused.body.code], [409, 'promotion-exhausted'], refused.text)
  const other = await shop.cart({ [axe]: 1 }, { codes: ['ONCE'], shipping_address: ADDRESS })
  assert.equal(other.total, 5000, 'nobody else has it either')

  const cancelled = await shop.api.command(`/v1/orders/${ordered.body.id}/cancel`, { reason: 'changed my mind' })
  assert.equal(cancelled.status, 200, cancelled.text)
  assert.equal(await usesOf(once), 0, 'given back with the order')
  const later = await place(second)
  assert.deepEqual([later.status, later.body.total], [201, 4500], later.text)
  assert.equal(await usesOf(once), 1)
})

it('is ordered until its last moment, and not after it', async () => {
  const [early, late] = [await accepted([], 2), await accepted([], 2)]
  shop.clock.advance(DAY)
  assert.equal((await place(early)).status, 201)
  shop.clock.advance(DAY)
  const refused = await place(late)
  assert.deepEqual([refused.status, refused.body.code], [409, 'invalid-state'], refused.text)
  assert.match(refused.body.detail, /valid until/)
  assert.equal((await place(early)).status, 200, 'what was ordered in time is answered for ever')
})
