// Passkeys: made by their owner, good for a session each time they sign, and for nothing else.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { MINUTE, openShop, type Shop } from '../../test/scenarios/shop.ts'
import { createDevice, type Lies } from './authenticator.fixture.ts'
import { openPage } from './page.fixture.ts'

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

const { call, as, signIn } = openPage(() => shop)
/** Of the shop’s public address, on a developer's machine. */
const SITE = 'http://localhost:4000'
type Device = ReturnType<typeof createDevice>
type Made = Parameters<Device['create']>[0]
type Wanted = Parameters<Device['get']>[0]

/** Somebody signed in, with a passkey on a device of theirs. */
async function withPasskey(email: string) {
  const device = createDevice(SITE)
  const who = await signIn(email)
  const added = await add(who.token, device)
  assert.equal(added.status, 201, added.text)
  return { ...who, device, passkey: added.body['id'] as string }
}

async function add(token: string, device: Device, lies: Lies = {}) {
  const begun = await as(token)('POST', '/v1/account/passkey_requests')
  assert.equal(begun.status, 201, begun.text)
  const response = device.create(begun.body['options'] as Made, lies)
  return as(token)('POST', '/v1/account/passkeys', { id: begun.body['id'], name: 'Phone <b>', response })
}

async function begin(key = shop.keys.publishable_key) {
  const { body } = await call('POST', '/v1/sign_in/passkey', undefined, { key })
  return { id: body['id'] as string, options: body['options'] as Wanted }
}

async function enter(device: Device, lies: Lies = {}) {
  const { id, options } = await begin()
  return call('POST', '/v1/sign_in/passkey/confirm', { id, response: device.get(options, lies) })
}

describe('a passkey', () => {
  it('signs its owner in, again and again, and counts', async () => {
    const { device, customer, token } = await withPasskey('pass@example.org')
    for (const n of [1, 2]) {
      const opened = await enter(device)
      assert.equal(opened.status, 201, `time ${n}: ${opened.text}`)
      assert.equal(opened.body['customer_id'], customer)
      const list = await as(opened.body['token'] as string)('GET', '/v1/account/passkeys')
      assert.equal(list.body.data.length, 1)
    }
    const { body } = await as(token)('GET', '/v1/account/passkeys')
    assert.equal(body.data[0]?.['name'], 'Phone <b>')
    assert.notEqual(body.data[0]?.['last_used_at'], null)
  })

  it('is made for the public host, with a finger or a PIN', async () => {
    const { token } = await signIn('options@example.org')
    const { body } = await as(token)('POST', '/v1/account/passkey_requests')
    const { rp, authenticatorSelection, attestation } = body['options'] as {
      rp: object
      authenticatorSelection: Record<string, unknown>
      attestation: string
    }
    assert.deepEqual(rp, { name: 'Story Retail', id: 'localhost' })
    assert.equal(authenticatorSelection['userVerification'], 'required')
    assert.equal(attestation, 'none')
  })

  const LIES: [string, Lies][] = [
    ['for another site', { origin: 'https://evil.example' }],
    ['for another host', { rpId: 'evil.example' }],
    ['over another challenge', { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['without finger or PIN', { isUnverified: true }],
  ]
  for (const [what, lies] of LIES) {
    it(`${what} opens nothing, and is not kept`, async () => {
      const { device } = await withPasskey(`lies-${LIES.findIndex(([name]) => name === what)}@example.org`)
      const refused = await enter(device, lies)
      assert.deepEqual([refused.status, refused.body['code']], [422, 'passkey-invalid'])
      const { token } = await signIn('liar@example.org')
      shop.clock.advance(16 * MINUTE)
      assert.equal((await add(token, createDevice(SITE), lies)).body['code'], 'passkey-invalid')
      assert.deepEqual((await as(token)('GET', '/v1/account/passkeys')).body.data, [])
    })
  }

  it('that was copied shows by its counter', async () => {
    const { device } = await withPasskey('copied@example.org')
    assert.equal((await enter(device, { counter: 7 })).status, 201)
    assert.equal((await enter(device, { counter: 7 })).body['code'], 'passkey-invalid')
    assert.equal((await enter(device, { counter: 8 })).status, 201)
  })

  it('signs each challenge once, for five minutes, for one merchant', async () => {
    const { device } = await withPasskey('once@example.org')
    const { id, options } = await begin()
    const answer = { id, response: device.get(options) }
    const both = await Promise.all([1, 2].map(() => call('POST', '/v1/sign_in/passkey/confirm', answer)))
    assert.deepEqual(both.map(({ status }) => status).sort(), [201, 422])

    const old = await begin()
    shop.clock.advance(5 * MINUTE)
    const late = { id: old.id, response: device.get(old.options) }
    assert.equal((await call('POST', '/v1/sign_in/passkey/confirm', late)).body['code'], 'passkey-invalid')

    const { keys } = await shop.neighbour()
    const there = await begin(keys.publishable_key)
    const response = device.get(there.options)
    const key = keys.publishable_key
    const elsewhere = await call('POST', '/v1/sign_in/passkey/confirm', { id: there.id, response }, { key })
    assert.equal(elsewhere.body['code'], 'passkey-invalid')
  })

  it('is made in one’s own account, and removed there alone', async () => {
    const ada = await withPasskey('ada@example.org')
    const eve = await signIn('eve@example.org')
    const begun = await as(ada.token)('POST', '/v1/account/passkey_requests')
    const response = createDevice(SITE).create(begun.body['options'] as Made)
    const taken = await as(eve.token)('POST', '/v1/account/passkeys', { id: begun.body['id'], name: 'Mine', response })
    assert.equal(taken.body['code'], 'passkey-invalid', 'a challenge of Ada’s')
    assert.equal((await add(eve.token, ada.device)).body['code'], 'passkey-invalid', 'a credential of Ada’s')
    assert.equal((await as(eve.token)('DELETE', `/v1/account/passkeys/${ada.passkey}`)).status, 404)
    assert.equal((await as(ada.token)('DELETE', `/v1/account/passkeys/${ada.passkey}`)).status, 204)
    assert.equal((await enter(ada.device)).body['code'], 'passkey-invalid')
  })

  it('cannot be made with the key alone', async () => {
    for (const [method, path] of [
      ['POST', '/v1/account/passkey_requests'],
      ['GET', '/v1/account/passkeys'],
    ] as const) {
      assert.equal((await call(method, path)).body['code'], 'sign-in-required')
    }
  })
})
