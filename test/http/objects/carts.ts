// What carts add to the ground of the tests of every route.

import assert from 'node:assert/strict'
import type { ModuleObjects } from '../product.ts'

const CARTS_BY_LAST: Record<string, string> = {
  merge: 'otherCart',
  park: 'parkableCart',
  resume: 'parkableCart',
}

export const carts: ModuleObjects = {
  async fill(shop, api, made) {
    const make = async (more: object = {}) => {
      const answer = await api.call<{ id: string; lines: { id: string }[] }>('POST', '/v1/carts', {
        currency: 'EUR',
        channel: 'web',
        lines: [{ variant_id: made['variant'], quantity: 2 }],
        ...more,
      })
      assert.equal(answer.status, 201, answer.text)
      return answer.body
    }
    const cart = await make({ customer_id: made['customer'] })
    const other = await make()
    const parkable = await make({ channel: 'pos', store_id: made['shopStore'], register_id: made['register'] })
    const quote = await api.call<{ id: string }>('POST', `/v1/carts/${cart.id}/quotes`, {
      valid_until: new Date(shop.clock.now().getTime() + 86_400_000).toISOString(),
    })
    assert.equal(quote.status, 201, quote.text)
    assert.equal((await api.call('POST', `/v1/quotes/${quote.body.id}/send`, {})).status, 200)
    const handover = await api.call<{ code: string }>('POST', `/v1/carts/${other.id}/handover`, {})
    assert.equal(handover.status, 201, handover.text)
    return {
      cart: cart.id,
      cartLine: cart.lines[0]?.id as string,
      otherCart: other.id,
      parkableCart: parkable.id,
      quote: quote.body.id,
      code: handover.body.code,
    }
  },

  collections: (made, route) => ({
    carts: made[CARTS_BY_LAST[route.path.split('/').at(-1) as string] ?? 'cart'],
    quotes: made['quote'],
  }),

  parameters: (made) => ({ line_id: made['cartLine'] }),

  bodies: (made) => {
    const line = {
      variant_id: made['variant'],
      quantity: 3,
      fulfilment: { mode: 'collect', store_id: made['shopStore'] },
      unit_price: '19.95',
      reason: 'dented',
      note: 'a gift',
      consumption: 'eat_in',
    }
    return {
      'POST /v1/carts': {
        currency: 'EUR',
        channel: 'pos',
        store_id: made['shopStore'],
        register_id: made['register'],
        customer_id: made['customer'],
        country: 'NL',
        email: 'ada@example.org',
        shipping_address: { name: 'Ada', line1: 'Dam 1', postal_code: '1012 JS', city: 'Amsterdam', country: 'NL' },
        codes: ['SPRING'],
        lines: [line],
      },
      'PATCH /v1/carts/{id}': { channel: 'app', codes: ['SUMMER'] },
      'POST /v1/carts/{id}/lines': { lines: [line] },
      'PATCH /v1/carts/{id}/lines/{line_id}': { quantity: 4 },
      'POST /v1/carts/{id}/merge': { into: made['cart'], policy: 'ask' },
      'POST /v1/carts/{id}/handover': {},
      'POST /v1/carts/claim': {
        code: made['code'],
        channel: 'pos',
        store_id: made['shopStore'],
        register_id: made['register'],
      },
      'POST /v1/carts/{id}/park': { name: 'Ada, blue coat' },
      'POST /v1/carts/{id}/resume': { register_id: made['register'] },
      'POST /v1/carts/{id}/confirm': { expected_total: 4990 },
      'POST /v1/carts/{id}/quotes': { valid_until: '2027-01-31T00:00:00Z' },
    }
  },
}
