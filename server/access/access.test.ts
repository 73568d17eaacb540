import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type MerchantApp, merchantApp } from '../../test/merchant-app.ts'
import type { NewMerchantKeys } from '../merchants/index.ts'

let world: MerchantApp
let mine: NewMerchantKeys

before(async () => {
  world = await merchantApp()
  mine = await world.makeMerchant()
})
after(() => world.close())

const make = async (body: unknown, key = mine.secret_key) => world.call(key, 'POST', '/v1/api_keys', body)
const statusOf = async (key: string | undefined) => (await world.call(key, 'GET', '/v1/merchant')).status
const idOf = (answer: { body: Record<string, unknown> }) => String(answer.body['id'])
const keyOf = (answer: { body: Record<string, unknown> }) => String(answer.body['key'])

describe('an API key', () => {
  it('says its kind and mode, and carries 200 bits of secret', () => {
    assert.match(mine.secret_key, /^sk_test_[0-9A-Z]{16}_[0-9a-z]{40}$/)
    assert.match(mine.publishable_key, /^pk_test_[0-9A-Z]{16}_[0-9a-z]{40}$/)
  })

  it('is kept as a hash only, and shown once', async () => {
    const made = await make({ kind: 'secret', name: 'Second' })
    assert.equal(made.status, 201)
    const text = keyOf(made)
    const { rows } = await world.database.db.query<{ row: string }>('select row_to_json(k)::text as row from api_key k')
    const secret = text.split('_')[3] as string
    for (const { row } of rows) assert.ok(!row.includes(secret))
    for (const path of ['/v1/api_keys', `/v1/api_keys/${idOf(made)}`]) {
      assert.ok(!(await world.call(mine.secret_key, 'GET', path)).text.includes(secret))
    }
  })

  it('that is missing, malformed, unknown or revoked gets one and the same 401', async () => {
    const revoked = await make({ kind: 'secret', name: 'Short-lived' })
    await world.call(mine.secret_key, 'DELETE', `/v1/api_keys/${idOf(revoked)}`)
    const wrong = `${mine.secret_key.slice(0, -1)}${mine.secret_key.endsWith('0') ? '1' : '0'}`
    const answers = await Promise.all(
      [undefined, 'nonsense', wrong, keyOf(revoked)].map((key) => world.call(key, 'GET', '/v1/merchant')),
    )
    const bodies = new Set(answers.map(({ text }) => text.replace(/"request_id":"[^"]*"/, '')))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [401, 401, 401, 401],
    )
    assert.equal(bodies.size, 1)
  })

  it('works until the moment it is revoked, and not after', async () => {
    const made = await make({ kind: 'secret', name: 'To be revoked' })
    assert.equal(await statusOf(keyOf(made)), 200)
    assert.equal((await world.call(mine.secret_key, 'DELETE', `/v1/api_keys/${idOf(made)}`)).status, 200)
    assert.equal(await statusOf(keyOf(made)), 401)
  })

  it('that another process revoked stops within a second', async () => {
    const made = await make({ kind: 'secret', name: 'Revoked elsewhere' })
    assert.equal(await statusOf(keyOf(made)), 200)
    await world.database.db.query('update api_key set revoked_at = $2 where id = $1', [idOf(made), world.clock.now()])
    world.clock.advance(1000)
    assert.equal(await statusOf(keyOf(made)), 401)
  })

  it('ends on its last day', async () => {
    const made = await make({ kind: 'secret', name: 'For a day', expires_in_days: 1 })
    world.clock.advance(86_399_999)
    assert.equal(await statusOf(keyOf(made)), 200)
    world.clock.advance(1)
    assert.equal(await statusOf(keyOf(made)), 401)
  })

  it('notes its use at most once a minute', async () => {
    const made = await make({ kind: 'secret', name: 'Watched' })
    const lastUse = async () => {
      const answer = await world.call(mine.secret_key, 'GET', `/v1/api_keys/${idOf(made)}`)
      return answer.body['last_used_at']
    }
    await statusOf(keyOf(made))
    // The note is written behind the request, so it is looked for a few times.
    for (let tries = 0; (await lastUse()) === null && tries < 100; tries++) await world.clock.sleep(5)
    const noted = await lastUse()
    assert.equal(noted, world.clock.now().toISOString())
    world.clock.advance(59_000)
    await statusOf(keyOf(made))
    assert.equal(await lastUse(), noted)
  })
})

describe('what a key may do', () => {
  it('keeps a publishable key to tokens and methods', async () => {
    assert.equal(await statusOf(mine.publishable_key), 403)
    const methods = await world.call(mine.publishable_key, 'GET', '/v1/payment_methods?amount=1&currency=EUR')
    assert.equal(methods.status, 200)
  })

  it('keeps a restricted key to its scopes', async () => {
    const made = await make({ kind: 'restricted', name: 'Reader', scopes: ['stores:read'] })
    assert.match(keyOf(made), /^rk_test_/)
    assert.equal(await statusOf(keyOf(made)), 200)
    const store = { name: 'X', country: 'NL', currency: 'EUR', kind: 'shop' }
    const refused = await world.call(keyOf(made), 'POST', '/v1/stores', store)
    assert.deepEqual([refused.status, refused.body['code']], [403, 'scope-missing'])
  })

  it('lets nobody hand out more than they have', async () => {
    const made = await make({
      kind: 'restricted',
      name: 'Key maker',
      scopes: ['keys:write', 'keys:read', 'stores:read'],
    })
    const maker = keyOf(made)
    assert.equal((await make({ kind: 'secret', name: 'Up' }, maker)).status, 403)
    assert.equal((await make({ kind: 'restricted', name: 'Up', scopes: ['refunds:write'] }, maker)).status, 403)
    assert.equal((await make({ kind: 'restricted', name: 'Same', scopes: ['stores:read'] }, maker)).status, 201)
    const keys = (await world.call(maker, 'GET', '/v1/api_keys')).body.data
    const secret = keys.find((key) => key['kind'] === 'secret')
    assert.equal((await world.call(maker, 'POST', `/v1/api_keys/${String(secret?.['id'])}/roll`, {})).status, 403)
  })

  it('asks a restricted key for scopes, and lets no other choose', async () => {
    assert.equal((await make({ kind: 'restricted', name: 'None' })).status, 422)
    assert.equal((await make({ kind: 'secret', name: 'Chosen', scopes: ['stores:read'] })).status, 422)
  })
})

describe('rolling a key', () => {
  it('lets both work for the overlap, then the new one alone', async () => {
    const old = await make({ kind: 'restricted', name: 'Shop', scopes: ['stores:read'] })
    const rolled = await world.call(mine.secret_key, 'POST', `/v1/api_keys/${idOf(old)}/roll`, { overlap_hours: 2 })
    assert.equal(rolled.status, 201)
    assert.deepEqual(rolled.body['scopes'], ['stores:read'])
    world.clock.advance(2 * 3_600_000 - 1)
    assert.deepEqual([await statusOf(keyOf(old)), await statusOf(keyOf(rolled))], [200, 200])
    world.clock.advance(1)
    assert.deepEqual([await statusOf(keyOf(old)), await statusOf(keyOf(rolled))], [401, 200])
  })

  it('without overlap ends the old one at once', async () => {
    const old = await make({ kind: 'secret', name: 'Leaked' })
    assert.equal(await statusOf(keyOf(old)), 200)
    await world.call(mine.secret_key, 'POST', `/v1/api_keys/${idOf(old)}/roll`, { overlap_hours: 0 })
    assert.equal(await statusOf(keyOf(old)), 401)
  })

  it('is the way out for the last secret key, which cannot be revoked', async () => {
    const other = await world.makeMerchant()
    const keys = (await world.call(other.secret_key, 'GET', '/v1/api_keys')).body.data
    const last = String(keys.find((key) => key['kind'] === 'secret')?.['id'])
    const refused = await world.call(other.secret_key, 'DELETE', `/v1/api_keys/${last}`)
    assert.deepEqual([refused.status, refused.body['code']], [409, 'invalid-state'])
    const rolled = await world.call(other.secret_key, 'POST', `/v1/api_keys/${last}/roll`, { overlap_hours: 0 })
    assert.deepEqual([await statusOf(other.secret_key), await statusOf(keyOf(rolled))], [401, 200])
  })
})
