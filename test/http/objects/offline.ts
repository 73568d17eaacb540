// A till that sold while it was cut off, for the tests that try every route.

import assert from 'node:assert/strict'
import { offlineTill } from '../../scenarios/offline-shop.ts'
import type { ModuleObjects } from '../product.ts'

export const offline: ModuleObjects = {
  async fill(shop, api, made) {
    const place = { api, send: shop.send, till: made['register'] as string, clock: shop.clock }
    const till = await offlineTill(place, { role: 'manager' })
    const sold = [{ variant_id: made['variant'] as string, price: 1210 }]
    const good = till.sell(sold)
    const bad = till.sell(sold, { total: 1211 })
    const { results } = await till.send([good, bad])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['accepted', 'quarantined'],
    )
    return {
      offlineToken: till.token,
      offlineKey: till.publicKey,
      offlineSale: results[0]?.id as string,
      offlineSaleApart: results[1]?.id as string,
      offlineNext: JSON.stringify(till.sell(sold)),
    }
  },
  collections: (made, { path }) => ({
    offline_sales: /\/(accept|reject)$/.test(path) ? made['offlineSaleApart'] : made['offlineSale'],
  }),
  bodies: (made) => ({
    'PUT /v1/till/offline_key': { public_key: made['offlineKey'], algorithm: 'ES256' },
    'POST /v1/offline_sales': { documents: [JSON.parse(made['offlineNext'] as string)] },
  }),
}
