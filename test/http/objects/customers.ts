// What belongs to a customer, for the tests that try every route.

import assert from 'node:assert/strict'
import type { ModuleObjects } from '../product.ts'

const ADDRESS = { name: 'Ada', lines: ['Prinsengracht 1'], postal_code: '1015 DK', city: 'Amsterdam', country: 'NL' }

export const customers: ModuleObjects = {
  async fill(_shop, api, made) {
    const make = async (path: string, body: unknown) => {
      const answer = await api.call<{ id: string }>('POST', path, body)
      assert.equal(answer.status, 201, answer.text)
      return answer.body.id
    }
    const whole = `/v1/customers/${made['customer']}`
    await make(`${whole}/consents`, { purpose: 'browsing_history', is_granted: true, channel: 'web' })
    await api.call('POST', `${whole}/views`, { channel: 'web', views: [{ kind: 'search', query: 'kettle' }] })
    const twin = await make('/v1/customers', { name: 'Ada again' })
    return {
      identity: await make(`${whole}/identities`, { type: 'email', value: 'ada@example.org', is_verified: true }),
      address: await make(`${whole}/addresses`, ADDRESS),
      merge: await make(`${whole}/merges`, { from: twin }),
      stranger: await make('/v1/customers', { name: 'Somebody else' }),
    }
  },
  collections: (made) => ({ customer_merges: made['merge'] }),
  parameters: (made) => ({ identity_id: made['identity'], address_id: made['address'] }),
  bodies: (made) => ({
    'POST /v1/customers/{id}/identities': {
      type: 'loyalty_card',
      value: 'LC-1',
      source: 'till',
      is_verified: true,
    },
    'POST /v1/customers/recognise': { type: 'email', value: 'ada@example.org' },
    'POST /v1/customers/{id}/consents': {
      purpose: 'marketing_email',
      is_granted: true,
      channel: 'web',
      proof: 'form 3',
    },
    'POST /v1/customers/{id}/addresses': { ...ADDRESS, region: 'NH', phone: '+31201234567', is_default: false },
    'PUT /v1/customers/{id}/addresses/{address_id}': { ...ADDRESS, city: 'Utrecht' },
    'POST /v1/customers/{id}/views': {
      channel: 'web',
      views: [{ kind: 'search', query: 'lamp' }],
    },
    'POST /v1/customers/{id}/merges': { from: made['stranger'], reason: 'same person' },
    'POST /v1/customer_merges/{id}/undo': {},
    'POST /v1/customers': {
      name: 'Grace',
      reference: 'grace-1',
      email: 'grace@example.com',
      phone: '+31612345678',
      locale: 'nl-NL',
      groups: ['trade'],
    },
  }),
}
