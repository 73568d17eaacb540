// Payment links, for the tests that try every route.

import assert from 'node:assert/strict'
import type { ModuleObjects } from '../product.ts'

export const links: ModuleObjects = {
  async fill(_shop, api) {
    const make = async (amount: number) => {
      const answer = await api.call<{ id: string }>('POST', '/v1/payment_links', { amount, currency: 'EUR' })
      assert.equal(answer.status, 201, answer.text)
      return answer.body.id
    }
    const paused = await make(700)
    assert.equal((await api.call('POST', `/v1/payment_links/${paused}/pause`, {})).status, 200)
    return { link: await make(500), pausedLink: paused, linkToEnd: await make(600) }
  },
  collections: (made, { path }) => ({
    payment_links: path.endsWith('/resume')
      ? made['pausedLink']
      : path.endsWith('/cancel')
        ? made['linkToEnd']
        : made['link'],
  }),
  bodies: (made) => ({
    'POST /v1/payment_links': {
      amount: 1500,
      currency: 'EUR',
      usage: 'multi',
      max_uses: 5,
      channel: 'social',
      email: 'ada@example.com',
      reminders: [3, 7],
      customer_id: made['customer'],
      store_id: made['store'],
      country: 'NL',
      language: 'nl',
      description: 'Raffle',
      reference: 'R-77',
      methods: ['card'],
      expires_in: 86_400,
      metadata: { note: 'n' },
    },
    'PATCH /v1/payment_links/{id}': {
      amount: 550,
      email: 'grace@example.com',
      reminders: [2],
      language: 'fr',
      description: 'Raffle',
      reference: 'R-78',
      methods: ['card'],
      expires_in: 3600,
      metadata: { note: 'm' },
    },
    'POST /v1/payment_links/{id}/cancel': {},
    'POST /v1/payment_links/{id}/pause': {},
    'POST /v1/payment_links/{id}/resume': {},
  }),
}
