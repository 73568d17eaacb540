// Returns, for the tests that try every route. The goods were handed over by hand: what fulfilments do is not the matter here.

import assert from 'node:assert/strict'
import type { ModuleObjects } from '../product.ts'

export const returns: ModuleObjects = {
  async fill(shop, api, made) {
    const make = async (path: string, body: object) => {
      const answer = await api.call<{ id: string }>('POST', path, body)
      assert.equal(answer.status, 201, answer.text)
      return answer.body.id
    }
    const blind = () =>
      make('/v1/returns', {
        ...{ customer_id: made['customer'], channel: 'pos', store_id: made['shopStore'], reason: 'a present' },
        lines: [{ variant_id: made['variant'], quantity: 1 }],
      })
    const rules = (await api.get<{ rules: { blind: object } }>('/v1/return_policy')).body.rules
    const blindRules = {
      is_allowed: true,
      per_month: 1000,
      amount_per_month: { EUR: 9_000_000 },
      per_day_and_key: 1000,
    }
    const put = await api.call('PUT', '/v1/return_policy', { ...rules, blind: blindRules })
    assert.equal(put.status, 200, put.text)
    const received = await blind()
    const lines = [{ no: 1, quantity: 1, disposition: 'restock' }]
    await api.call('POST', `/v1/returns/${received}/receive`, { store_id: made['shopStore'], lines })
    const exchanged = await blind()
    await api.call('POST', `/v1/returns/${exchanged}/receive`, { store_id: made['shopStore'], lines })
    const order = async () => {
      const cart = await make('/v1/carts', {
        ...{ currency: 'EUR', channel: 'pos', store_id: made['shopStore'] },
        lines: [{ variant_id: made['variant'], quantity: 1 }],
      })
      return make('/v1/orders', { cart_id: cart })
    }
    const exchange = await api.command('/v1/exchanges', { return_id: exchanged, order_id: await order() })
    assert.equal(exchange.status, 201, exchange.text)
    assert.ok(shop)
    return {
      return: await blind(),
      returnReceived: received,
      exchange: (exchange.body as unknown as { id: string }).id,
      exchangeOrder: await order(),
    }
  },
  collections: (made, { path }) => ({
    returns: path.endsWith('/settle') ? made['returnReceived'] : made['return'],
    exchanges: made['exchange'],
  }),
  queries: (made) => ({ 'GET /v1/returns/lookup': `order_id=${made['exchangeOrder']}` }),
  bodies: (made) => ({
    'PUT /v1/return_policy': {
      ...{ window_days: 14, excluded_categories: ['food'], alternatives: ['store_credit'], cash_limit: { EUR: 100 } },
      ...{ refunds_delivery: true, shipping_fee: { EUR: 495 }, needs_approval: true },
      blind: { is_allowed: true, per_month: 3, amount_per_month: { EUR: 5000 }, per_day_and_key: 9 },
    },
    'POST /v1/returns': {
      ...{ customer_id: made['customer'], channel: 'pos', store_id: made['shopStore'], reason: 'a present', note: 'n' },
      lines: [{ variant_id: made['variant'], quantity: 1 }],
    },
    'POST /v1/returns/{id}/approve': {},
    'POST /v1/returns/{id}/reject': { reason: 'worn' },
    'POST /v1/returns/{id}/send': { tracking: { carrier: 'PostNL', number: '3SABC' } },
    'POST /v1/returns/{id}/cancel': {},
    'PUT /v1/returns/{id}/shipping_fee': { fee: 300 },
    'POST /v1/returns/{id}/receive': {
      store_id: made['shopStore'],
      lines: [{ no: 1, quantity: 1, disposition: 'damaged' }],
    },
    'POST /v1/returns/{id}/settle': { to: { method: 'store_credit', customer_id: made['customer'] }, all_to: true },
    'POST /v1/exchanges': { return_id: made['returnReceived'], order_id: made['exchangeOrder'], all_to: false },
  }),
}
