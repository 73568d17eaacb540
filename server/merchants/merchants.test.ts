import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type MerchantApp, merchantApp } from '../../test/merchant-app.ts'
import { type NewMerchant, type NewMerchantKeys, seedDemo } from './index.ts'

let world: MerchantApp
let mine: NewMerchantKeys
let theirs: NewMerchantKeys

before(async () => {
  world = await merchantApp()
  mine = await world.makeMerchant()
  theirs = await world.makeMerchant()
})
after(() => world.close())

const first = <T>(list: readonly T[]): T => list[0] as T

describe('a new merchant', () => {
  it('can sell at once: a web shop, a shop with register and terminal, two simulators, a drawer and its own books', async () => {
    const config = await world.cache.get(mine.merchant_id)
    const stores = [...(config?.stores.values() ?? [])].map(
      ({ kind, country, timeZone }) => `${kind} ${country} ${timeZone}`,
    )
    assert.deepEqual(stores.sort(), ['shop NL Europe/Amsterdam', 'web NL Europe/Amsterdam'])
    assert.equal(config?.registers.size, 1)
    assert.equal(config?.terminals.get(first(mine.terminals).id)?.registerId, first(mine.registers).id)
    assert.deepEqual(config?.accounts.map(({ name, priority }) => [name, priority]).sort(), [
      ['Cash drawer', 1],
      ['Simulator A', 1],
      ['Simulator B', 2],
      ['Stored value', 1],
    ])
    assert.equal(config?.channels.size, 11)
  })

  it('gives its connectors their settings unsealed, and keeps them sealed', async () => {
    const config = await world.cache.get(mine.merchant_id)
    const simulator = config?.accounts.find((account) => account.name === 'Simulator B')
    assert.equal(simulator?.config['simulator'], 'B')
    const secret = simulator?.config['webhook_secret'] ?? ''
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
    const { rows } = await world.database.db.query<{ sealed_config: Buffer }>(
      'select sealed_config from connector_account where merchant_id = $1',
      [mine.merchant_id],
    )
    for (const { sealed_config } of rows) assert.ok(!sealed_config.includes(secret))
  })

  it('that is live has a drawer and its own books, and a test twin with simulators', async () => {
    const live = await world.makeMerchant({ mode: 'live' })
    assert.match(live.secret_key, /^sk_live_/)
    assert.match(live.test_twin?.secret_key ?? '', /^sk_test_/)
    assert.deepEqual((await world.cache.get(live.merchant_id))?.accounts.map(({ connector }) => connector).sort(), [
      'cash',
      'stored_value',
    ])
    const account = { connector: 'simulator', name: 'Sim', config: {} }
    assert.equal((await world.call(live.secret_key, 'POST', '/v1/connector_accounts', account)).status, 422)
    const { rows } = await world.database.db.query('select twin_of from merchant where merchant_id = $1', [
      live.test_twin?.merchant_id,
    ])
    assert.deepEqual(rows, [{ twin_of: live.merchant_id }])
  })

  it('cannot have a currency that does not exist', async () => {
    await assert.rejects(world.makeMerchant({ currency: 'XYZ' }), /currency-unknown/)
    await assert.rejects(world.makeMerchant({ currency: 'XTS', country: 'NL' }), /currency-unknown/)
  })

  it('taxes parcels across borders at home only where it is established in the EU', async () => {
    const choose = async (merchant: Partial<NewMerchant>) => {
      const { secret_key } = await world.makeMerchant(merchant)
      const { status, body } = await world.call(secret_key, 'PATCH', '/v1/merchant', { distance_sales: 'origin' })
      const { body: now } = await world.call(secret_key, 'GET', '/v1/merchant')
      return [status, body['code'] ?? null, now['distance_sales']]
    }
    assert.deepEqual(await choose({}), [200, null, 'origin'])
    assert.deepEqual(await choose({ currency: 'GBP' }), [422, 'validation-error', 'destination'])
  })
})

describe('isolation', () => {
  const unknownOf = (id: string) => `${id.slice(0, 4)}01KAMR4Z8Q5T6Y7V8J9Z0P1A2S`
  const withoutRequestId = (text: string) => text.replace(/"request_id":"[^"]*"/, '')

  it("answers another merchant's id exactly as an unknown one, on every path", async () => {
    const account = first((await world.call(theirs.secret_key, 'GET', '/v1/connector_accounts')).body.data)
    const key = first((await world.call(theirs.secret_key, 'GET', '/v1/api_keys')).body.data)
    const customer = (await world.call(theirs.secret_key, 'POST', '/v1/customers', { name: 'Ada' })).body
    const calls: ['GET' | 'PATCH' | 'DELETE' | 'POST', string, string, unknown?][] = [
      ['GET', '/v1/stores/', first(theirs.stores).id],
      ['GET', '/v1/registers/', first(theirs.registers).id],
      ['GET', '/v1/terminals/', first(theirs.terminals).id],
      ['GET', '/v1/connector_accounts/', String(account['id'])],
      ['PATCH', '/v1/connector_accounts/', String(account['id']), { is_enabled: false }],
      ['GET', '/v1/api_keys/', String(key['id'])],
      ['DELETE', '/v1/api_keys/', String(key['id'])],
      ['GET', '/v1/customers/', String(customer['id'])],
      ['PATCH', '/v1/customers/', String(customer['id']), { name: 'Eve' }],
      ['GET', '/v1/payment_methods?amount=100&currency=EUR&customer_id=', String(customer['id'])],
    ]
    for (const [method, path, id, body] of calls) {
      const foreign = await world.call(mine.secret_key, method, path + id, body)
      const unknown = await world.call(mine.secret_key, method, path + unknownOf(id), body)
      assert.equal(foreign.status, 404, `${method} ${path}`)
      assert.equal(withoutRequestId(foreign.text), withoutRequestId(unknown.text))
    }
    const roll = `/v1/api_keys/${String(key['id'])}/roll`
    assert.equal((await world.call(mine.secret_key, 'POST', roll, {})).status, 404)
    assert.equal((await world.call(theirs.secret_key, 'GET', '/v1/merchant')).status, 200)
  })

  it("refuses another merchant's id inside a body as a reference that is not found", async () => {
    const account = first((await world.call(mine.secret_key, 'GET', '/v1/connector_accounts')).body.data)
    const terminal = { store_id: first(mine.stores).id, connector_account_id: account['id'], name: 'T', serial: 'S-1' }
    const bodies: [string, unknown][] = [
      ['/v1/registers', { store_id: first(theirs.stores).id, name: 'R' }],
      ['/v1/terminals', { ...terminal, store_id: first(theirs.stores).id }],
      ['/v1/terminals', { ...terminal, register_id: first(theirs.registers).id }],
    ]
    for (const [path, body] of bodies) {
      const answer = await world.call(mine.secret_key, 'POST', path, body)
      assert.equal(answer.status, 422)
      assert.equal(answer.body['code'], 'reference-not-found')
    }
  })

  it('lists only what is mine', async () => {
    const listed = (await world.call(mine.secret_key, 'GET', '/v1/stores')).body.data.map((store) => store['id'])
    assert.deepEqual(listed.sort(), mine.stores.map((store) => store.id).sort())
  })
})

describe('places', () => {
  it('opens a store, a register and a terminal there, and the next sale knows them', async () => {
    await world.cache.get(mine.merchant_id)
    const lyon = { name: 'Lyon', country: 'FR', currency: 'EUR', kind: 'shop' }
    const store = (await world.call(mine.secret_key, 'POST', '/v1/stores', lyon)).body
    assert.equal(store['time_zone'], 'Europe/Paris')
    const register = (
      await world.call(mine.secret_key, 'POST', '/v1/registers', { store_id: store['id'], name: 'Kassa 1' })
    ).body
    const account = first((await world.call(mine.secret_key, 'GET', '/v1/connector_accounts')).body.data)
    const terminal = {
      store_id: store['id'],
      register_id: register['id'],
      connector_account_id: account['id'],
      name: 'Lane 1',
      serial: 'P400-77',
    }
    const made = await world.call(mine.secret_key, 'POST', '/v1/terminals', terminal)
    assert.equal(made.status, 201, made.text)
    assert.equal(
      (await world.call(mine.secret_key, 'POST', '/v1/terminals', terminal)).status,
      422,
      'the serial is taken',
    )
    assert.ok((await world.cache.get(mine.merchant_id))?.terminals.has(String(made.body['id'])))
  })

  it('refuses a time zone that does not exist, or that knows no summer time', async () => {
    for (const time_zone of ['Europe/Atlantis', '+01:00']) {
      const store = { name: 'X', country: 'NL', currency: 'EUR', kind: 'shop', time_zone }
      assert.equal((await world.call(mine.secret_key, 'POST', '/v1/stores', store)).status, 422)
    }
  })

  it('never shows the credentials of an account', async () => {
    const account = { connector: 'simulator', name: 'Third', methods: ['card'], config: { api_key: 'psp-very-secret' } }
    const made = await world.call(mine.secret_key, 'POST', '/v1/connector_accounts', account)
    assert.equal(made.status, 201)
    const list = await world.call(mine.secret_key, 'GET', '/v1/connector_accounts')
    for (const answer of [made, list]) assert.ok(!/very-secret|config/.test(answer.text))
  })

  it('takes no setting the simulator does not have, and no secret or key it could not use', async () => {
    for (const config of [
      { foo: 'bar' },
      { webhook_secret: 'abc' },
      { webhook_secret: '' },
      { webhook_secret: 'whsec_!!!' },
      { webhook_secret: `whsec_${Buffer.alloc(23).toString('base64')}` },
      { webhook_secret_previous: 'whsec_' },
      { api_key: 'a\r\nX: y' },
      { api_key: '' },
    ]) {
      const account = { connector: 'simulator', name: 'Odd', config }
      const made = await world.call(mine.secret_key, 'POST', '/v1/connector_accounts', account)
      assert.equal(made.status, 422, JSON.stringify(config))
    }
    const config = { webhook_secret: `whsec_${Buffer.alloc(24, 1).toString('base64')}` }
    const account = { connector: 'simulator', name: 'Even', config }
    assert.equal((await world.call(mine.secret_key, 'POST', '/v1/connector_accounts', account)).status, 201)
  })

  it('sends cards to a simulator on this machine or an allowed one, at its root, and to nothing else', async () => {
    const add = (url: string) =>
      world.call(mine.secret_key, 'POST', '/v1/connector_accounts', {
        connector: 'simulator',
        name: 'Apart',
        config: { url },
      })
    for (const url of [
      'http://127.0.0.1:4100',
      'http://localhost:4100/',
      'http://[::1]:4100',
      'http://simulator.test:8080',
    ])
      assert.equal((await add(url)).status, 201, url)
    for (const url of [
      ...[
        'notaurl',
        'ftp://127.0.0.1',
        'file:///etc/passwd',
        'http://user:pw@127.0.0.1:4100',
        'http://127.0.0.1:4100/admin?x=',
      ],
      ...['http://127.0.0.1:4100#', 'http://10.0.0.7:4100', 'https://example.org', 'http://simulator.test:8081'],
      ...['http://169.254.169.254', ' http://127.0.0.1:4100', 'http://0x7f.1:4100', ''],
    ]) {
      const answer = await add(url)
      assert.deepEqual([answer.status, answer.body['code']], [422, 'url-not-allowed'], url)
    }
  })

  it('walks a list page by page', async () => {
    const pageOne = await world.call(mine.secret_key, 'GET', '/v1/connector_accounts?limit=1')
    const pageTwo = await world.call(
      mine.secret_key,
      'GET',
      `/v1/connector_accounts?limit=100&cursor=${String(pageOne.body['next_cursor'])}`,
    )
    const ids = [...pageOne.body.data, ...pageTwo.body.data].map((row) => row['id'])
    assert.equal(new Set(ids).size, ids.length)
    assert.equal(pageTwo.body['next_cursor'], null)
  })
})

describe('GET /v1/payment_methods', () => {
  const ask = async (query: string, key = mine.publishable_key) =>
    world.call(key, 'GET', `/v1/payment_methods?${query}`)
  const codesOf = (rows: Record<string, unknown>[]) => rows.map((row) => row['code'])

  it('answers a publishable key, best first, without saying which account', async () => {
    const { status, text, body } = await ask('amount=2500&currency=EUR&country=NL&channel=web')
    assert.equal(status, 200)
    assert.equal(first(body.data)['code'], 'ideal')
    assert.ok(!text.includes('cac_'))
  })

  it('puts first what the customer has used', async () => {
    const customer = (await world.call(mine.secret_key, 'POST', '/v1/customers', {})).body
    const { body } = await ask(`amount=2500&currency=EUR&customer_id=${String(customer['id'])}`)
    assert.equal(first(body.data)['code'], 'bancontact')
  })

  it('refuses each bad parameter with its own code', async () => {
    const table: [string, string][] = [
      ['currency=EUR', 'validation-error'],
      ['amount=0&currency=EUR', 'amount-invalid'],
      ['amount=-1&currency=EUR', 'amount-invalid'],
      ['amount=1000000000000&currency=EUR', 'amount-out-of-range'],
      ['amount=abc&currency=EUR', 'validation-error'],
      ['amount=1&amount=2&currency=EUR', 'validation-error'],
      ['amount=100&currency=eur', 'currency-unknown'],
      ['amount=100&currency=ZZZ', 'currency-unknown'],
      ['amount=100&currency=EUR&country=ZZ', 'validation-error'],
      ['amount=100&currency=EUR&channel=fax', 'validation-error'],
      ['amount=100&currency=EUR&customer_id=1', 'validation-error'],
      ['amount=100&currency=EUR&languageCode=%27', 'unknown-field'],
    ]
    for (const [query, code] of table) {
      const answer = await ask(query)
      assert.deepEqual([answer.status, answer.body['code']], [422, code], query)
    }
  })

  it('offers a method that is only a row of the merchant', async () => {
    const row = {
      is_enabled: true,
      name: 'Tikkie',
      kind: 'bank',
      flow: 'redirect',
      countries: ['NL'],
      can: { refund: true },
    }
    assert.equal((await world.call(mine.secret_key, 'PUT', '/v1/payment_methods/tikkie', row)).status, 200)
    const { body } = await ask('amount=2500&currency=EUR&country=NL')
    assert.ok(codesOf(body.data).includes('tikkie'))
    const elsewhere = await ask('amount=2500&currency=EUR&country=NL', theirs.publishable_key)
    assert.ok(!codesOf(elsewhere.body.data).includes('tikkie'))
  })

  it('no longer offers a method that was switched off', async () => {
    assert.equal(
      (await world.call(mine.secret_key, 'PUT', '/v1/payment_methods/paypal', { is_enabled: false })).status,
      200,
    )
    assert.ok(!codesOf((await ask('amount=2500&currency=EUR')).body.data).includes('paypal'))
  })

  it('takes no half-described method, and no limits upside down', async () => {
    const refused: [string, unknown][] = [
      ['nothing_known', { is_enabled: true }],
      ['Ideal!', { is_enabled: true }],
      ['ideal', { is_enabled: true, limits: { EUR: { min: 2, max: 1 } } }],
      ['ideal', { is_enabled: true, limits: { ZZZ: { min: 2 } } }],
      ['ideal', { is_enabled: true, paid: true }],
    ]
    for (const [code, body] of refused) {
      const answer = await world.call(mine.secret_key, 'PUT', `/v1/payment_methods/${code}`, body)
      assert.equal(answer.status, 422, answer.text)
    }
  })
})

describe('the kept configuration', () => {
  it('is read once for all who ask at once, and again after a second', async () => {
    world.cache.forget(mine.merchant_id)
    const [a, b] = await Promise.all([world.cache.get(mine.merchant_id), world.cache.get(mine.merchant_id)])
    assert.equal(a, b)
    world.clock.advance(999)
    assert.equal(await world.cache.get(mine.merchant_id), a)
    world.clock.advance(1)
    assert.notEqual(await world.cache.get(mine.merchant_id), a)
  })

  it('is null for a merchant that does not exist', async () => {
    assert.equal(await world.cache.get('mer_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S'), null)
  })
})

describe('the demo retailer', () => {
  it('has shops in four countries and a web shop, is made once, and its file is for its owner only', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'onetill-demo-'))
    try {
      const path = join(folder, 'demo.json')
      const made = await seedDemo(world.deps, path)
      assert.deepEqual(
        made.stores.map(({ name, country, currency }) => `${name} ${country} ${currency}`),
        ['Amsterdam NL EUR', 'Stockholm SE SEK', 'Warsaw PL PLN', 'Paris FR EUR', 'Web shop NL EUR'],
      )
      assert.equal(made.registers.length, made.terminals.length)
      assert.equal((await stat(path)).mode & 0o777, 0o600)
      assert.deepEqual(JSON.parse(await readFile(path, 'utf8')), made)
      assert.deepEqual(await seedDemo(world.deps, path), made)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
