// A customer who has signed in by themselves, for the tests that try every route.

import assert from 'node:assert/strict'
import { createDevice } from '../../../server/signin/authenticator.fixture.ts'
import { CARDS } from '../../scenarios/shop.ts'
import type { ModuleObjects } from '../product.ts'

const ADDRESS = { name: 'Ada', lines: ['Prinsengracht 1'], postal_code: '1015 DK', city: 'Amsterdam', country: 'NL' }
const HOME = { name: 'Ada', line1: 'Prinsengracht 1', postal_code: '1015 DK', city: 'Amsterdam', country: 'NL' }
const SITE = 'http://localhost:4000'
type Begun = { id: string; options: Parameters<ReturnType<typeof createDevice>['create']>[0] }

export const account: ModuleObjects = {
  async fill(shop, api, made) {
    const email = 'account@example.org'
    const key = { authorization: `Bearer ${made['publishableKey']}` }
    const post = async <T>(path: string, body: unknown, more: Record<string, string> = {}) => {
      const answer = await api.call<T>('POST', path, body, { headers: { ...key, ...more } })
      assert.ok(answer.status < 300, answer.text)
      return answer.body
    }
    const { id } = await post<{ id: string }>('/v1/sign_in', { email })
    const { rows } = await shop.database.db.query<{ text: string }>('select text from mail where object_id = $1', [id])
    const code = /\b(\d{6})\b/.exec(rows[0]?.text ?? '')?.[1]
    const { token } = await post<{ token: string }>('/v1/sign_in/confirm', { id, code })
    const own = { 'customer-session': token }
    const request = async () => post<Begun>('/v1/account/passkey_requests', {}, own)
    const first = await request()
    const response = createDevice(SITE).create(first.options)
    const passkey = await post<{ id: string }>('/v1/account/passkeys', { id: first.id, name: 'Phone', response }, own)
    const begun = await post<{ id: string }>('/v1/sign_in', { email })
    const me = await api.call<{ customer_id: string }>('GET', '/v1/account', undefined, { headers: { ...key, ...own } })
    const address = await post<{ id: string }>('/v1/account/addresses', ADDRESS, own)
    const card = await api.call<{ id: string }>('POST', `/v1/customers/${me.body.customer_id}/instruments`, {
      token: await api.token(CARDS.approved),
    })
    assert.equal(card.status, 201, card.text)
    const cart = await post<{ id: string; secret: string }>('/v1/carts', {
      ...{ currency: 'EUR', channel: 'web', lines: [{ variant_id: made['variant'], quantity: 1 }] },
    })
    const order = await api.call<{ id: string }>('POST', '/v1/orders', {
      ...{ cart_id: cart.id, customer_id: me.body.customer_id, shipping_address: HOME },
    })
    assert.equal(order.status, 201, order.text)
    return {
      ownAddress: address.id,
      ownCard: card.body.id,
      ownOrder: order.body.id,
      customerSession: token,
      passkey: passkey.id,
      signIn: begun.id,
      passkeyRequest: (await request()).id,
    }
  },
  collections: (made, { path }) => ({
    passkeys: made['passkey'],
    ...(path.startsWith('/v1/account/')
      ? { orders: made['ownOrder'], instruments: made['ownCard'], addresses: made['ownAddress'] }
      : {}),
  }),
  bodies: (made) => {
    const device = createDevice(SITE)
    return {
      'POST /v1/sign_in': { email: 'ada@example.org', language: 'nl' },
      'POST /v1/sign_in/confirm': { id: made['signIn'], code: '123456' },
      'POST /v1/sign_in/passkey': {},
      'POST /v1/sign_in/passkey/confirm': {
        id: made['passkeyRequest'],
        response: device.get({ challenge: 'AAAA', rpId: 'localhost' }),
      },
      'PATCH /v1/account': { name: 'Ada', phone: '+31612345678', locale: 'nl' },
      'POST /v1/account/addresses': ADDRESS,
      'PUT /v1/account/addresses/{id}': { ...ADDRESS, city: 'Utrecht' },
      'POST /v1/account/consents': { purpose: 'marketing_email', is_granted: true },
      'POST /v1/account/views': { views: [{ kind: 'search', query: 'lamp' }] },
      'POST /v1/account/deletion': { gives_up_balances: false },
      'POST /v1/account/passkey_requests': {},
      'POST /v1/account/passkeys': {
        id: made['passkeyRequest'],
        name: 'Phone',
        response: device.create({ challenge: 'AAAA', rp: { id: 'localhost' } }),
      },
    }
  },
}
