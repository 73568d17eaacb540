// What fulfilments add to the ground of the tests of every route.

import assert from 'node:assert/strict'
import type { ModuleObjects } from '../product.ts'

export const fulfilments: ModuleObjects = {
  async fill(shop, api, made) {
    const cart = await api.call<{ id: string }>('POST', '/v1/carts', {
      currency: 'EUR',
      channel: 'pos',
      store_id: made['shopStore'],
      lines: [
        {
          variant_id: made['variant'],
          quantity: 2,
          fulfilment: { mode: 'collect', store_id: made['shopStore'] },
        },
      ],
    })
    assert.equal(cart.status, 201, cart.text)
    const order = await api.call<{ id: string; total: number; lines: { id: string }[] }>('POST', '/v1/orders', {
      cart_id: cart.body.id,
    })
    assert.equal(order.status, 201, order.text)
    const { total, id } = order.body
    const tender = { method: 'cash', amount: total, cash: { register_id: made['register'] as string, tendered: total } }
    const paid = await api.pay({ amount: total, currency: 'EUR', channel: 'pos', order_id: id, tender })
    assert.equal(paid.status, 201, paid.text)
    const { body, text } = await api.get<{ data: { id: string }[] }>(`/v1/orders/${id}/fulfilments`)
    assert.ok(body.data[0] && shop, text)
    return {
      fulfilmentOrder: id,
      fulfilment: body.data[0].id,
      fulfilmentLine: order.body.lines[0]?.id as string,
    }
  },

  collections: (made, { path }) => ({
    fulfilments: made['fulfilment'],
    ...(path.endsWith('/fulfilments') ? { orders: made['fulfilmentOrder'] } : {}),
  }),

  bodies: (made) => ({
    'POST /v1/orders/{id}/fulfilments': {
      fulfilment_id: made['fulfilment'],
      lines: [{ line_id: made['fulfilmentLine'], quantity: 1 }],
    },
    'POST /v1/fulfilments/{id}/accept': {},
    'POST /v1/fulfilments/{id}/pick': {},
    'POST /v1/fulfilments/{id}/ready': {},
    'POST /v1/fulfilments/{id}/arrive': {},
    'POST /v1/fulfilments/{id}/deliver': { outcome: 'delivered' },
    'POST /v1/fulfilments/{id}/reject': { reason: 'no_capacity' },
    'POST /v1/fulfilments/{id}/reroute': { store_id: made['store'] },
    'POST /v1/fulfilments/{id}/cancel': { reason: 'broken' },
    'POST /v1/fulfilments/{id}/ship': {
      tracking: { carrier: 'PostNL', number: '3SABCD', url: 'https://example.org/3SABCD' },
    },
    'POST /v1/fulfilments/{id}/collect': {
      code: 'ABC123',
      staff_override_reason: 'showed a passport',
      lines: [{ line_id: made['fulfilmentLine'], quantity: 1 }],
      refuse: [{ line_id: made['fulfilmentLine'], quantity: 1, reason: 'another colour' }],
      tender: { method: 'cash', cash: { register_id: made['register'], tendered: 10_000 } },
    },
  }),
}
