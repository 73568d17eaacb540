// A customer who has signed in by themselves, for the tests that try every route.

import assert from 'node:assert/strict'
import { createDevice } from '../../../server/signin/authenticator.fixture.ts'
import type { ModuleObjects } from '../product.ts'

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
    return { customerSession: token, passkey: passkey.id, signIn: begun.id, passkeyRequest: (await request()).id }
  },
  collections: (made) => ({ passkeys: made['passkey'] }),
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
      'POST /v1/account/passkey_requests': {},
      'POST /v1/account/passkeys': {
        id: made['passkeyRequest'],
        name: 'Phone',
        response: device.create({ challenge: 'AAAA', rp: { id: 'localhost' } }),
      },
    }
  },
}
