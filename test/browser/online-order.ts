// Orders that come to a till from elsewhere: made through the API as a web shop makes them.

import assert from 'node:assert/strict'
import type { Shopping } from './shopper.ts'
import type { KnownFulfilment, KnownOrder } from './shopping.ts'
import { fulfilmentsOf } from './shopping.ts'

export interface OnlineOrder extends KnownOrder {
  fulfilment: KnownFulfilment
}

/** Articles by SKU, to be collected in a store; the card is kept and charged when they are, or with `isPaid` now. */
export async function orderToCollect(
  world: Shopping,
  of: {
    storeId: string
    articles: Record<string, number>
    name: string
    email: string
    card?: string
    isPaid?: boolean
  },
): Promise<OnlineOrder> {
  const { api } = world
  const lines = await Promise.all(
    Object.entries(of.articles).map(async ([sku, quantity]) => {
      const { body } = await api.call<{ data: { id: string }[] }>('GET', `/v1/variants?sku=${sku}`)
      await stocked(world, of.storeId, body.data[0]?.id ?? '', quantity)
      return { variant_id: body.data[0]?.id, quantity, fulfilment: { mode: 'collect', store_id: of.storeId } }
    }),
  )
  const shipping_address = { name: of.name, line1: 'Prinsengracht 1', city: 'Amsterdam', country: 'NL' }
  const cart = await api.call<{ id: string }>('POST', '/v1/carts', {
    ...{ currency: 'EUR', channel: 'web', email: of.email, shipping_address, lines },
  })
  assert.equal(cart.status, 201, cart.text)
  const token = await api.token(of.card ?? '4111111111111111')
  const placed = await api.call<KnownOrder>('POST', '/v1/orders', {
    cart_id: cart.body.id,
    ...(of.isPaid ? {} : { charge: 'on_collection', token }),
  })
  assert.equal(placed.status, 201, placed.text)
  if (of.isPaid) {
    const { total: amount, id: order_id } = placed.body
    const paid = await api.pay({ amount, currency: 'EUR', channel: 'web', order_id, tender: { method: 'card', token } })
    assert.equal(paid.status, 201, paid.text)
  }
  const [fulfilment] = await fulfilmentsOf(world, placed.body.id)
  assert.ok(fulfilment)
  return { ...placed.body, fulfilment }
}

/** So many more come in: what one test takes is not missing in another. */
async function stocked(world: Shopping, store_id: string, variant_id: string, quantity: number): Promise<void> {
  const { status, text } = await world.api.call('POST', '/v1/stock/adjustments', {
    ...{ store_id, lines: [{ variant_id, quantity, reason: 'received' }] },
  })
  assert.equal(status, 201, text)
}
