// What orders add to the ground of the tests of every route.

import assert from 'node:assert/strict'
import type { ModuleObjects } from '../product.ts'

const ADDRESS = {
  name: 'Ada',
  line1: 'Prinsengracht 1',
  line2: 'Back door',
  postal_code: '1015 DK',
  city: 'Amsterdam',
  region: 'NH',
  country: 'NL',
  phone: '+31201234567',
}

export const orders: ModuleObjects = {
  async fill(shop, api, made) {
    const cartOf = async () => {
      const cart = await api.call<{ id: string }>('POST', '/v1/carts', {
        currency: 'EUR',
        channel: 'pos',
        store_id: made['shopStore'],
        lines: [{ variant_id: made['variant'], quantity: 2 }],
      })
      assert.equal(cart.status, 201, cart.text)
      return cart.body.id
    }
    const place = async (more: object = {}) => {
      const body = { cart_id: await cartOf(), ...more }
      const order = await api.call<{ id: string; total: number; lines: { id: string }[] }>('POST', '/v1/orders', body)
      assert.equal(order.status, 201, order.text)
      return order.body
    }
    // Its money was a part only and was given back unasked, which leaves a task.
    const lost = await place()
    await api.pay({
      amount: lost.total,
      currency: 'EUR',
      channel: 'pos',
      order_id: lost.id,
      tender: cashOf(made, lost, 100),
    })
    await shop.settle()
    shop.clock.advance(20 * 60_000)
    await shop.settle()
    const tasks = await api.get<{ data: { id: string }[] }>(`/v1/order_tasks?order_id=${lost.id}`)
    const open = await place()
    const openChange = await api.call<{ id: string }>('POST', `/v1/orders/${open.id}/changes`, {
      quantities: [{ line_id: open.lines[0]?.id, quantity: 1 }],
    })
    return {
      order: open.id,
      orderLine: open.lines[0]?.id as string,
      orderChange: openChange.body.id,
      orderTask: tasks.body.data[0]?.id as string,
      orderCart: await cartOf(),
    }
  },

  collections: (made) => ({ orders: made['order'], order_tasks: made['orderTask'] }),

  parameters: (made) => ({ change_id: made['orderChange'] }),

  bodies: (made) => ({
    'PUT /v1/letter_settings': { off: ['shipped'] },
    'POST /v1/orders': {
      cart_id: made['orderCart'],
      cart_version: 1,
      charge: 'now',
      email: 'ada@example.org',
      customer_id: made['customer'],
      shipping_address: ADDRESS,
      billing_address: ADDRESS,
      reference: 'web-17',
      metadata: { note: 'n' },
    },
    'POST /v1/orders/{id}/cancel': { reason: 'late', lines: [{ line_id: made['orderLine'], quantity: 1 }] },
    'POST /v1/orders/{id}/changes': {
      reason: 'one more',
      add: [{ variant_id: made['otherVariant'], quantity: 1 }],
      quantities: [{ line_id: made['orderLine'], quantity: 3 }],
    },
    'POST /v1/orders/{id}/changes/{change_id}/confirm': {},
    'POST /v1/orders/{id}/changes/{change_id}/decline': {},
    'POST /v1/orders/{id}/checkout': { language: 'nl', channel: 'web' },
    'POST /v1/orders/{id}/close': {},
    'POST /v1/order_tasks/{id}/close': {},
  }),
}

/** Cash for all of an order, or a part of it. */
function cashOf(made: Record<string, string>, order: { total: number }, amount = order.total) {
  return { method: 'cash', amount, cash: { register_id: made['register'] as string, tendered: amount } }
}
