// What checkout adds to the ground of the tests of every route.

import assert from 'node:assert/strict'
import type { ModuleObjects } from '../product.ts'

export const checkout: ModuleObjects = {
  async fill(_shop, api) {
    const settings = await api.call('PATCH', '/v1/checkout_settings', { allowed_origins: ['https://shop.example'] })
    assert.equal(settings.status, 200, settings.text)
    const session = await api.call<{ id: string }>('POST', '/v1/checkout_sessions', { amount: 4995, currency: 'EUR' })
    assert.equal(session.status, 201, session.text)
    // Brings the reader of payments up to date, so that a look later on writes nothing.
    assert.equal((await api.call('GET', `/v1/checkout_sessions/${session.body.id}`)).status, 200)
    return { session: session.body.id }
  },

  collections: (made) => ({ checkout_sessions: made['session'] }),

  bodies: (made) => ({
    'POST /v1/checkout_sessions': {
      amount: 4995,
      currency: 'EUR',
      customer_id: made['customer'],
      store_id: made['shopStore'],
      channel: 'web',
      capture: 'automatic',
      country: 'NL',
      language: 'nl',
      reference: 'R-1',
      description: 'A rope',
      lines: [{ name: 'Rope', quantity: 1, amount: 4995 }],
      methods: ['card'],
      success_url: 'https://shop.example/thanks',
      cancel_url: 'https://shop.example/cart',
      expires_in: 3600,
      metadata: { note: 'n' },
    },
    'POST /v1/checkout_sessions/{id}/cancel': {},
    'PATCH /v1/checkout_settings': {
      display_name: 'Kestrel & Pine',
      accent: '#0b6e4f',
      allowed_origins: ['https://shop.example'],
      terms_url: 'https://shop.example/terms',
      privacy_url: 'https://shop.example/privacy',
      support_email: 'help@shop.example',
    },
  }),
}
