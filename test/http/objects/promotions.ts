// What the promotions module adds to the ground of this folder.

import assert from 'node:assert/strict'
import type { ModuleObjects } from '../product.ts'

const RULE = { kind: 'percent_off', percent_bp: 1000, applies_to: 'lines' }

export const promotions: ModuleObjects<{ promotion: string }> = {
  async fill(_shop, api, made) {
    const promotion = await api.call<{ id: string }>('POST', '/v1/promotions', {
      name: 'A tenth off',
      rule: RULE,
      needs_code: true,
    })
    assert.equal(promotion.status, 201, promotion.text)
    const { id } = promotion.body
    const codes = await api.call('POST', `/v1/promotions/${id}/codes`, {
      codes: [`TENTH-${made['merchant']}`],
      max_uses: null,
    })
    assert.equal(codes.status, 201, codes.text)
    return { promotion: id }
  },
  collections: (made) => ({ promotions: made['promotion'] }),
  bodies: (made) => ({
    'POST /v1/promotions': {
      name: 'A fifth off',
      rule: RULE,
      conditions: { channels: ['web'], store_ids: [made['store']], min_quantity: 2 },
      priority: 10,
      is_exclusive: false,
      stacks_with: 'none',
      currency: 'EUR',
      needs_code: true,
      starts_at: '2026-01-01T00:00:00Z',
      ends_at: '2027-01-01T00:00:00Z',
      max_uses: 100,
      max_uses_per_customer: 1,
      is_active: true,
    },
    'PATCH /v1/promotions/{id}': { name: 'A tenth off all', priority: 20 },
    'POST /v1/promotions/{id}/codes': { codes: ['SPRING-1'], max_uses: 1 },
    'POST /v1/promotions/preview': {
      currency: 'EUR',
      channel: 'web',
      lines: [
        {
          variant_id: 'var_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S',
          product_id: 'prd_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S',
          quantity: 1,
          unit_price: '10.00',
        },
      ],
      store_id: made['store'],
      customer_id: made['customer'],
      codes: ['SPRING-1'],
    },
  }),
}
