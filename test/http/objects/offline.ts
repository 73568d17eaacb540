// A till that sold while it was cut off, for the tests that try every route.

import assert from 'node:assert/strict'
import { offlineTill } from '../../scenarios/offline-shop.ts'
import { DAY, HOUR } from '../../scenarios/shop.ts'
import type { ModuleObjects } from '../product.ts'

export const offline: ModuleObjects = {
  async fill(shop, api, made) {
    const place = { api, send: shop.send, till: made['register'] as string, clock: shop.clock }
    const till = await offlineTill(place, { role: 'manager' })
    const sold = [{ variant_id: made['variant'] as string, price: 1210 }]
    const at = (ms: number) => new Date(shop.clock.now().getTime() + ms).toISOString()
    // Its clock is ahead, which is something to look at; the other is too old to be booked by itself.
    const good = till.sell(sold, { sold_at: at(HOUR) })
    const bad = till.sell(sold, { sold_at: at(-9 * DAY) })
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
  parameters: () => ({ review: 'clock_off' }),
  bodies: (made) => ({
    'PUT /v1/till/offline_state': { queue: 3, oldest_at: '2026-11-22T08:00:00Z' },
    'POST /v1/offline_sales/{id}/accept': { reason: 'it was in a drawer' },
    'POST /v1/offline_sales/{id}/reject': { reason: 'nobody knows of it' },
    'POST /v1/offline_sales/{id}/reviews/{review}/resolution': { note: 'its clock is set right now' },
    'PUT /v1/till/offline_key': { public_key: made['offlineKey'], algorithm: 'ES256' },
    'POST /v1/offline_sales': { documents: [JSON.parse(made['offlineNext'] as string)] },
  }),
}
