import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { lintOpenApi } from '../../test/openapi-lint.ts'
import { type LogFields, silentLog } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'
import { type DemoApp, demoApp } from './app.fixture.ts'

let demo: DemoApp
before(async () => {
  demo = await demoApp()
})
after(() => demo.app.close())

const HEADERS = {
  authorization: 'Bearer sk_test_demo',
  'content-type': 'application/json',
  'idempotency-key': 'key-12345678',
}
const VALID = {
  amount: 1000,
  currency: 'EUR',
  channel: 'web',
  metadata: { cashier: 'Ann' },
  due_at: '2028-02-29T23:59:59.5+02:00',
}

const pay = (app: DemoApp, headers: Record<string, string> = {}) =>
  app.app.inject({ method: 'POST', url: '/v1/demo_payments', headers: { ...HEADERS, ...headers }, payload: VALID })

test('a route that does not say who may call it cannot be registered', async () => {
  const { app } = await demoApp()
  assert.throws(() => app.get('/v1/open', () => 'oops'), /config\.access is missing/)
  const nobody = { access: { keys: [], scope: 'a:b' } } as const
  assert.throws(() => app.get('/v1/open', { config: nobody }, () => 'oops'), /opens it to nobody/)
  await app.close()
})

test('a secret key is taken as bearer and as the user of Basic, and a restricted key within its scope', async () => {
  const basic = `Basic ${Buffer.from('sk_test_demo:').toString('base64')}`
  for (const authorization of ['Bearer sk_test_demo', 'bearer sk_test_demo', basic, 'Bearer rk_test_payer']) {
    const answer = await pay(demo, { authorization })
    assert.deepEqual(
      [answer.statusCode, answer.json().merchant_id],
      [201, 'mer_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S'],
      authorization,
    )
  }
})

test('JSON with parameters in its content type is JSON', async () => {
  for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset="utf-8"']) {
    assert.equal((await pay(demo, { 'content-type': type })).statusCode, 201, type)
  }
})

test('the vault route takes a card number, and a raw route any bytes of any type', async () => {
  const headers = { ...HEADERS, authorization: 'Bearer pk_test_demo' }
  const token = await demo.app.inject({
    method: 'POST',
    url: '/v1/demo_tokens',
    headers,
    payload: { number: '4242424242424242' },
  })
  assert.deepEqual(token.json(), { length: 16 })
  for (const type of ['application/json', 'text/xml', 'application/x-www-form-urlencoded']) {
    const answer = await demo.app.inject({
      method: 'POST',
      url: '/v1/demo_webhooks',
      headers: { 'content-type': type },
      payload: '{"a":1,,',
    })
    assert.deepEqual(answer.json(), { bytes: 8 }, type)
  }
  const long = await demo.app.inject({
    method: 'POST',
    url: '/v1/demo_webhooks',
    headers: { 'content-type': 'text/xml' },
    payload: 'x'.repeat(1024 * 1024 + 1),
  })
  assert.equal(long.statusCode, 413)
})

test('a route without a body takes none, an empty one or {}', async () => {
  const url = '/v1/demo_payments/pay_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S/cancel'
  const { 'content-type': _, ...withoutType } = HEADERS
  for (const request of [
    { headers: withoutType },
    { headers: HEADERS, payload: '' },
    { headers: HEADERS, payload: '{}' },
  ]) {
    assert.equal((await demo.app.inject({ method: 'POST', url, ...request })).statusCode, 200)
  }
})

test('every answer carries a request id and forbids sniffing, framing and caching', async () => {
  for (const url of ['/health/live', '/nowhere', '/v1/demo_payments', '/v1/demo_payments/%zz']) {
    const { headers } = await demo.app.inject({ url })
    assert.match(String(headers['request-id']), /^req_/, url)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['cache-control'], 'no-store')
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/)
    assert.equal(headers['strict-transport-security'], undefined)
  }
})

test('behind https browsers are told to stay there, and the public host is served', async () => {
  const secure = await demoApp({ publicUrl: 'https://pay.shop.example' })
  const answer = await secure.app.inject({ url: '/health/live', headers: { host: 'PAY.shop.example' } })
  assert.deepEqual(
    [answer.statusCode, answer.headers['strict-transport-security']],
    [200, 'max-age=31536000; includeSubDomains'],
  )
  await secure.app.close()
})

test('lists have 20 rows unless asked otherwise, and a cursor while there are more', async () => {
  const list = async (query: string) =>
    (await demo.app.inject({ url: `/v1/demo_payments${query}`, headers: HEADERS })).json()
  assert.deepEqual(await list(''), { data: ['a', 'b', 'c'], next_cursor: null })
  assert.deepEqual(await list('?limit=2&state=open'), { data: ['a', 'b'], next_cursor: 'b' })
})

test('while it drains new work is refused with advice to repeat, and health goes on answering', async () => {
  const stopping = await demoApp()
  stopping.drain()
  const answer = await pay(stopping)
  assert.deepEqual([answer.statusCode, answer.json().code, answer.json().retry], [503, 'shutting-down', 'same-key'])
  assert.equal(answer.headers['retry-after'], '2')
  assert.equal(answer.headers['connection'], 'close')
  assert.equal((await stopping.app.inject('/health/live')).statusCode, 200)
  const ready = await stopping.app.inject('/health/ready')
  assert.deepEqual([ready.statusCode, ready.json().status], [503, 'stopping'])
  await stopping.app.close()
})

test('readiness names each check and is 503 when one fails', async () => {
  const broken = await demoApp({ isReady: async () => ({ ok: false, checks: { database: 'ok', fsync: 'off' } }) })
  const answer = await broken.app.inject('/health/ready')
  assert.deepEqual(
    [answer.statusCode, answer.json()],
    [503, { status: 'not-ready', checks: { database: 'ok', fsync: 'off' } }],
  )
  await broken.app.close()
})

test('a defect is a 500 that says nothing but a request id, which the log has too', async () => {
  const lines: LogFields[] = []
  const failing = await demoApp({ log: { ...silentLog, error: (_message, fields = {}) => lines.push(fields) } })
  failing.breakWith(new Error('relation "secret_table" does not exist'))
  const answer = await pay(failing)
  assert.deepEqual([answer.statusCode, answer.json().code], [500, 'internal'])
  assert.ok(!answer.body.includes('secret_table'))
  assert.deepEqual(
    [lines.length, lines[0]?.request_id, lines[0]?.route],
    [1, answer.json().request_id, '/v1/demo_payments'],
  )
  await failing.app.close()
})

const FAILURES: [title: string, error: unknown, status: number, code: string][] = [
  [
    'a refused connection',
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' }),
    503,
    'storage-unavailable',
  ],
  [
    'a server that stops',
    Object.assign(new Error('terminating connection'), { code: '57P01' }),
    503,
    'storage-unavailable',
  ],
  ['a deadlock', Object.assign(new Error('deadlock detected'), { code: '40P01' }), 503, 'storage-unavailable'],
  ['a full disk', Object.assign(new Error('could not extend file'), { code: '53100' }), 503, 'storage-unavailable'],
  ['a lost connection', new Error('Connection terminated unexpectedly'), 503, 'storage-unavailable'],
  ['an empty pool', new Error('timeout exceeded when trying to connect'), 503, 'storage-unavailable'],
  [
    'a number too large for a column',
    Object.assign(new Error('bigint out of range'), { code: '22003' }),
    500,
    'internal',
  ],
  ['a thrown text', 'oops', 500, 'internal'],
  [
    'an error that calls itself a 404',
    Object.assign(new Error('no'), { statusCode: 404, code: 'ENOENT' }),
    500,
    'internal',
  ],
  ['a refusal', new Problem('order-already-paid'), 409, 'order-already-paid'],
]

for (const [title, error, status, code] of FAILURES) {
  test(`${title} is answered ${status} ${code}`, async () => {
    const failing = await demoApp()
    failing.breakWith(error)
    const answer = await pay(failing)
    assert.deepEqual([answer.statusCode, answer.json().code], [status, code])
    assert.equal(answer.headers['retry-after'], status === 503 ? '2' : undefined)
    await failing.app.close()
  })
}

test('an authentication that cannot read its table is 503, not 401', async () => {
  const failing = await demoApp({ authenticate: () => Promise.reject(new Error('Connection terminated unexpectedly')) })
  assert.equal((await pay(failing)).statusCode, 503)
  await failing.app.close()
})

test('metrics count answers by route and status, and their buckets add up', async () => {
  const fresh = await demoApp()
  await pay(fresh)
  await pay(fresh)
  await pay(fresh, { authorization: 'Bearer nobody' })
  await fresh.app.inject('/nowhere')
  const { body } = await fresh.app.inject('/metrics')
  assert.match(body, /http_requests_total\{method="POST",route="\/v1\/demo_payments",status="201"\} 2\n/)
  assert.match(body, /http_requests_total\{method="POST",route="\/v1\/demo_payments",status="401"\} 1\n/)
  assert.match(body, /http_requests_total\{method="ANY",route="unknown",status="404"\} 1\n/)
  assert.match(body, /http_request_duration_seconds_bucket\{method="POST",route="\/v1\/demo_payments",le="\+Inf"\} 3\n/)
  assert.match(body, /^process_resident_memory_bytes \d+/m)
  await fresh.app.close()
})

test('the API description has no lint error and shows keys, the Idempotency-Key and the problems', async () => {
  const document = (await demo.app.inject('/openapi.json')).json()
  assert.deepEqual(await lintOpenApi(document), [])
  assert.equal(document.openapi, '3.1.0')
  const operation = document.paths['/v1/demo_payments'].post
  assert.deepEqual(operation.security, [{ bearer: [] }, { basic: [] }])
  assert.equal(operation.parameters[0].name, 'Idempotency-Key')
  assert.deepEqual(operation.responses['4XX'].content, {
    'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
  })
  assert.equal(document.paths['/v1/demo_payments/{id}/cancel'].post.requestBody, undefined)
})

test('the reference page fetches nothing from elsewhere', async () => {
  const page = await demo.app.inject('/docs')
  assert.match(String(page.headers['content-type']), /^text\/html/)
  assert.doesNotMatch(page.body, /https?:\/\//)
  const policy = String(page.headers['content-security-policy'])
  assert.match(policy, /default-src 'none'/)
  assert.doesNotMatch(policy, /https?:|\*/)
  const script = await demo.app.inject('/docs/reference.js')
  assert.deepEqual([script.statusCode, script.headers['content-encoding']], [200, 'gzip'])
})

test('the address in a problem leads to its explanation', async () => {
  const { type } = (await demo.app.inject('/nowhere')).json()
  const [path, anchor] = type.split('#')
  const page = await demo.app.inject(path)
  assert.equal(page.statusCode, 200)
  assert.ok(page.body.includes(`id="${anchor}"`))
})
