import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type DemoApp, demoApp } from './app.fixture.ts'

let demo: DemoApp
before(async () => {
  demo = await demoApp()
})
after(() => demo.app.close())

const ORIGINS = ['https://shop.example', 'null', undefined]
const ID = 'pay_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S'

function ask(
  method: 'OPTIONS' | 'POST' | 'GET',
  url: string,
  headers: Record<string, string | undefined> = {},
  payload?: string,
) {
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
  return demo.app.inject({
    method,
    url,
    headers: given as Record<string, string>,
    ...(payload === undefined ? {} : { payload }),
  })
}

/** The headers of the CORS protocol in an answer. */
function corsOf(headers: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')))
}

test('a page of any origin may ask first where a publishable key opens the route', async () => {
  for (const origin of ORIGINS) {
    const answer = await ask('OPTIONS', '/v1/demo_tokens', { origin, 'access-control-request-method': 'POST' })
    assert.equal(answer.statusCode, 204)
    assert.equal(answer.body, '')
    assert.deepEqual(corsOf(answer.headers), {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers':
        'Authorization, Content-Type, Idempotency-Key, If-Match, Cart-Secret, Customer-Session, Last-Event-ID',
      'access-control-max-age': '86400',
    })
  }
})

test('it may read the answers of such a route, refusals of every kind included', async () => {
  const json = { authorization: 'Bearer pk_test_demo', 'content-type': 'application/json' }
  const card = '{"number":"4242424242424242"}'
  const requests: [status: number, headers: Record<string, string | undefined>, body: string, query?: string][] = [
    [200, json, card],
    [401, { ...json, authorization: undefined }, card],
    [403, { ...json, authorization: 'Bearer sk_test_demo' }, card],
    [415, { ...json, 'content-type': 'text/plain' }, card],
    [400, json, '{'],
    [422, json, '{}'],
    [413, json, ' '.repeat(1024 * 1024 + 1)],
    [421, { ...json, host: 'evil.example' }, card],
    [422, json, card, '?number=4242424242424242'],
  ]
  for (const [status, headers, body, query = ''] of requests) {
    for (const origin of ORIGINS) {
      const answer = await ask('POST', `/v1/demo_tokens${query}`, { ...headers, origin }, body)
      assert.equal(answer.statusCode, status, answer.body)
      assert.deepEqual(corsOf(answer.headers), { 'access-control-allow-origin': '*' }, String(status))
    }
  }
})

test('no other route opens to pages, whatever it answers', async () => {
  const secret = { authorization: 'Bearer sk_test_demo' }
  for (const origin of ORIGINS) {
    for (const url of [`/v1/demo_payments/${ID}`, '/v1/demo_payments', '/health/live', '/openapi.json', '/nowhere']) {
      const preflight = await ask('OPTIONS', url, { origin, 'access-control-request-method': 'GET' })
      assert.deepEqual([preflight.statusCode, corsOf(preflight.headers)], [url === '/nowhere' ? 404 : 405, {}], url)
      for (const headers of [secret, {}]) {
        assert.deepEqual(corsOf((await ask('GET', url, { ...headers, origin })).headers), {}, url)
      }
    }
    assert.deepEqual(corsOf((await ask('GET', '/v1/demo_tokens', { ...secret, origin })).headers), {})
  }
})
