// Stock, for the tests that try every route.

import assert from 'node:assert/strict'
import type { ModuleObjects } from '../product.ts'

export const stock: ModuleObjects = {
  async fill(shop, api, made) {
    const make = async (path: string, body: unknown) => {
      const answer = await api.call<{ id: string }>('POST', path, body)
      assert.equal(answer.status, 201, answer.text)
      return answer.body.id
    }
    const lines = [{ variant_id: made['variant'], quantity: 20, reason: 'initial' }]
    await make('/v1/stock/adjustments', { store_id: made['shopStore'], lines })
    const between = { from_store_id: made['shopStore'], to_store_id: made['store'] }
    const transfer = (quantity: number) =>
      make('/v1/transfers', { ...between, lines: [{ variant_id: made['variant'], quantity }] })
    const sent = await transfer(2)
    assert.equal((await api.call('POST', `/v1/transfers/${sent}/ship`)).status, 200)
    // A task is opened by what happens: an article that never arrives.
    const lost = await transfer(1)
    await api.call('POST', `/v1/transfers/${lost}/ship`)
    await api.call('POST', `/v1/transfers/${lost}/receive`, { lines: [], final: true })
    const tasks = await api.get<{ data: { id: string }[] }>('/v1/stock/tasks')
    assert.ok(shop)
    return {
      transfer: await transfer(3),
      transferSent: sent,
      count: await make('/v1/stock/counts', { store_id: made['shopStore'], name: 'Shelf 3' }),
      stockTask: tasks.body.data[0]?.id as string,
    }
  },
  collections: (made, { path }) => ({
    transfers: path.endsWith('/receive') ? made['transferSent'] : made['transfer'],
    counts: made['count'],
    tasks: made['stockTask'],
  }),
  queries: (made) => ({
    'GET /v1/stock/availability': `variant_id=${made['variant']}`,
    'GET /v1/stock/pools': 'channel=web',
  }),
  bodies: (made) => ({
    'POST /v1/stock/adjustments': {
      store_id: made['shopStore'],
      lines: [{ variant_id: made['variant'], quantity: 5, reason: 'received' }],
      reference: 'delivery-7',
      note: 'two boxes',
    },
    'PUT /v1/stock/safety': {
      store_id: made['shopStore'],
      channel: 'web',
      variant_id: made['variant'],
      quantity: 2,
    },
    'PUT /v1/stock/pools': { channel: 'chat', store_ids: [made['shopStore']] },
    'POST /v1/stock/tasks/{id}/close': { note: 'it stood behind the shelf' },
    'POST /v1/transfers': {
      from_store_id: made['shopStore'],
      to_store_id: made['store'],
      lines: [{ variant_id: made['variant'], quantity: 1 }],
      reference: 'T-9',
    },
    'POST /v1/transfers/{id}/receive': {
      lines: [{ variant_id: made['variant'], received: 1, damaged: 1 }],
      final: true,
    },
    'POST /v1/stock/counts': { store_id: made['shopStore'], name: 'Shelf 4' },
    'PUT /v1/stock/counts/{id}/lines': { lines: [{ variant_id: made['variant'], counted: 11 }] },
    'POST /v1/sourcing/simulate': {
      channel: 'web',
      country: 'NL',
      latitude: 52.1,
      longitude: 5.1,
      lines: [{ variant_id: made['variant'], quantity: 1 }],
      weights: { distance: 2, depth: 1, load: 1, cost: 1, parcel: 5 },
    },
  }),
}
