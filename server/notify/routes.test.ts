import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type App, type Caller, createApp } from '../http/app.ts'
import { silentLog } from '../lib/log.ts'
import { setUp, startReceiver } from './receiver.fixture.ts'
import { routes } from './routes.ts'
import { createEventStreams } from './stream.ts'

let world: Awaited<ReturnType<typeof setUp>>
let receiver: Awaited<ReturnType<typeof startReceiver>>
let app: App

before(async () => {
  world = await setUp()
  receiver = await startReceiver()
  world.allowedHosts.add(receiver.host)
  const caller = (merchantId: string, kind: Caller['kind'], scopes: string[] = []): Caller => ({
    merchantId,
    keyId: world.newId('key'),
    kind,
    scopes,
    mode: 'test',
  })
  const callers = new Map([
    ['sk_ours', caller(world.merchantId, 'secret')],
    ['rk_events', caller(world.merchantId, 'restricted', ['events:read'])],
    ['pk_ours', caller(world.merchantId, 'publishable')],
    ['sk_theirs', caller(world.newId('mer'), 'secret')],
  ])
  app = await createApp({
    authenticate: (bearer) => callers.get(bearer) ?? null,
    log: silentLog,
    clock: world.clock,
    newId: world.newId,
    isReady: async () => ({ ok: true, checks: {} }),
    isDraining: () => false,
  })
  routes(app, { ...world.deps, eventStreams: createEventStreams(world.deps) })
  await app.ready()
})
after(async () => {
  await app.close()
  await receiver.close()
  await world.close()
})

interface Body {
  id: string
  code: string
  secret: string
  state: string
  version: number
  sequence: number
  is_enabled: boolean
  data: Body[]
  next_cursor: string | null
}

async function call(key: string, method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: unknown) {
  const answer = await app.inject({
    method,
    url,
    headers: {
      authorization: `Bearer ${key}`,
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
  })
  const body = (answer.body === '' ? {} : JSON.parse(answer.body)) as Body
  return { status: answer.statusCode, text: answer.body, body }
}

test('an endpoint lives from its creation, with its secret shown once, to its removal', async () => {
  const made = await call('sk_ours', 'POST', '/v1/webhook_endpoints', { url: receiver.url, event_types: ['payment.*'] })
  assert.equal(made.status, 201, made.text)
  assert.match(made.body.secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  const path = `/v1/webhook_endpoints/${made.body.id}`

  const read = await call('sk_ours', 'GET', path)
  assert.equal(read.status, 200, read.text)
  assert.ok(!read.text.includes('secret":'), read.text)
  assert.equal((await call('sk_ours', 'GET', '/v1/webhook_endpoints')).body.data.length, 1)

  const off = await call('sk_ours', 'PATCH', path, { is_enabled: false })
  assert.deepEqual([off.status, off.body.is_enabled, off.body.version], [200, false, 2])
  await world.append('pay_missed')
  await call('sk_ours', 'PATCH', path, { is_enabled: true })

  const rolled = await call('sk_ours', 'POST', `${path}/roll_secret`, {})
  assert.equal(rolled.status, 200, rolled.text)
  assert.notEqual(rolled.body.secret, made.body.secret)

  await world.run()
  const deliveries = await call('sk_ours', 'GET', `${path}/deliveries?state=delivered`)
  assert.equal(deliveries.body.data.length, 1, deliveries.text)
  const again = await call('sk_ours', 'POST', `/v1/webhook_deliveries/${deliveries.body.data[0]?.id}/redeliver`)
  assert.deepEqual([again.status, again.body.state], [202, 'pending'])

  assert.equal((await call('sk_ours', 'DELETE', path)).status, 204)
  assert.equal((await call('sk_ours', 'GET', path)).status, 404)
})

test('a URL on this machine or network is refused with 422 url-not-allowed, at creation and at change', async () => {
  const made = await call('sk_ours', 'POST', '/v1/webhook_endpoints', { url: receiver.url })
  for (const url of [
    'http://shop.example/',
    'https://127.1/',
    'https://metadata.google.internal/',
    'https://shop.example:6379/',
  ]) {
    const created = await call('sk_ours', 'POST', '/v1/webhook_endpoints', { url })
    assert.deepEqual([created.status, created.body.code], [422, 'url-not-allowed'], url)
    const changed = await call('sk_ours', 'PATCH', `/v1/webhook_endpoints/${made.body.id}`, { url })
    assert.deepEqual([changed.status, changed.body.code], [422, 'url-not-allowed'], url)
  }
  await call('sk_ours', 'DELETE', `/v1/webhook_endpoints/${made.body.id}`)
})

test('events are read in order, page by page, by family and by object, and each by its id', async () => {
  const ids = await world.append('pay_x', 'pay_y', 'pay_x')
  const all = await call('rk_events', 'GET', '/v1/events?type=payment.*&object_id=pay_x&limit=1')
  assert.equal(all.status, 200, all.text)
  assert.deepEqual(
    all.body.data.map((event) => event.id),
    [ids[0]],
  )
  const rest = await call('rk_events', 'GET', `/v1/events?object_id=pay_x&cursor=${all.body.next_cursor}`)
  assert.deepEqual([rest.body.data.map((event) => event.id), rest.body.next_cursor], [[ids[2]], null])
  const behind = await call('rk_events', 'GET', `/v1/events?after=${all.body.next_cursor}`)
  assert.deepEqual(
    behind.body.data.map((event) => event.id),
    [ids[1], ids[2]],
  )
  assert.equal((await call('rk_events', 'GET', `/v1/events/${ids[1]}`)).body.id, ids[1])
})

test('a query that is not understood is refused, not guessed', async () => {
  for (const query of [
    'after=-1',
    'after=x',
    'after=1&cursor=1',
    'cursor=pay_01',
    'type=%25',
    'type=*',
    'limit=0',
    'limit=101',
    'sort=id',
  ]) {
    assert.equal((await call('sk_ours', 'GET', `/v1/events?${query}`)).status, 422, query)
  }
})

test('another merchant’s endpoint, delivery and event answer like unknown ones', async () => {
  const made = await call('sk_ours', 'POST', '/v1/webhook_endpoints', { url: receiver.url })
  const [eventId] = await world.append('pay_z')
  await world.run()
  const deliveries = await call('sk_ours', 'GET', `/v1/webhook_endpoints/${made.body.id}/deliveries`)
  const theirs: [string, 'GET' | 'POST' | 'PATCH' | 'DELETE', unknown?][] = [
    [`/v1/webhook_endpoints/${made.body.id}`, 'GET'],
    [`/v1/webhook_endpoints/${made.body.id}`, 'PATCH', { is_enabled: false }],
    [`/v1/webhook_endpoints/${made.body.id}`, 'DELETE'],
    [`/v1/webhook_endpoints/${made.body.id}/roll_secret`, 'POST', {}],
    [`/v1/webhook_endpoints/${made.body.id}/deliveries`, 'GET'],
    [`/v1/webhook_deliveries/${deliveries.body.data[0]?.id}/redeliver`, 'POST'],
    [`/v1/events/${eventId}`, 'GET'],
  ]
  for (const [url, method, payload] of theirs) {
    const answer = await call('sk_theirs', method, url, payload)
    assert.deepEqual([answer.status, answer.body.code], [404, 'not-found'], `${method} ${url}`)
  }
  assert.equal((await call('sk_theirs', 'GET', '/v1/events')).body.data.length, 0)
  await call('sk_ours', 'DELETE', `/v1/webhook_endpoints/${made.body.id}`)
})

test('a publishable key, and a restricted one without the scope, are refused', async () => {
  assert.equal((await call('pk_ours', 'GET', '/v1/events')).status, 403)
  assert.equal((await call('pk_ours', 'GET', '/v1/events/stream')).status, 403)
  assert.equal((await call('rk_events', 'POST', '/v1/webhook_endpoints', { url: receiver.url })).status, 403)
})

test('a stream over HTTP begins behind Last-Event-ID and carries the event', async () => {
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const all = await call('sk_ours', 'GET', '/v1/events?limit=2')
  const [first, second] = all.body.data
  const controller = new AbortController()
  const answer = await fetch(`${address}/v1/events/stream`, {
    headers: { authorization: 'Bearer sk_ours', 'last-event-id': String(first?.sequence) },
    signal: controller.signal,
  })
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  const reader = (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('data:')) text += (await reader.read()).value ?? ''
  assert.ok(text.includes(`id: ${second?.sequence}\n`), text)
  controller.abort()
})
