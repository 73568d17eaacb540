// I-16: merchants are isolated. On every route, path and filter another merchant's id is answered like one that never
// existed, byte for byte but for the request id; and a key opens only what it is for.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createApi, type HttpMethod } from '../api.ts'
import type { Shop } from '../scenarios/shop.ts'
import { bodyFor, fill, type Objects, openedWith, openProduct, pathFor, queryFor, type Route } from './product.ts'

let shop: Shop
let ours: Objects
let theirs: Objects
let routes: Route[]
let count: () => Promise<Record<string, number>>
before(async () => {
  ;({ shop, ours, routes, count } = await openProduct())
  const neighbour = await shop.neighbour()
  theirs = await fill(shop, neighbour.api, neighbour.keys)
})
after(() => shop.close())

/** An id of the same kind and form that names nothing. */
function unknownLike(id: string): string {
  return `${id.slice(0, 4)}${'0'.repeat(26)}`
}

/** What everybody may see who can open the web shop. */
const SHOP_WINDOW = [
  'GET /v1/products',
  'GET /v1/products/{id}',
  'GET /v1/variants',
  'GET /v1/variants/{id}',
  'GET /v1/variants/{id}/price',
  'GET /v1/catalog/search',
  'GET /v1/catalog/scan',
  'GET /v1/catalog/prices',
  'GET /v1/pickup_stores',
  'GET /v1/stock/availability',
]

let sent = 0

async function ask(method: HttpMethod, path: string, body?: object, key?: string) {
  const answer = await shop.send({
    method,
    path,
    headers: {
      ...(key === undefined ? openedWith(path, ours, shop.keys.secret_key) : { authorization: `Bearer ${key}` }),
      'idempotency-key': `isolation-${++sent}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    payload: body === undefined ? undefined : JSON.stringify(body),
  })
  const isProblem = (answer.headers['content-type'] ?? '').includes('problem')
  const requestId = isProblem ? (JSON.parse(answer.text) as { request_id: string }).request_id : ''
  const { date: _date, 'request-id': _id, ...headers } = answer.headers
  return { status: answer.status, headers, text: isProblem ? answer.text.replaceAll(requestId, '') : answer.text }
}

/** All ways to put an id of another merchant, or an unknown one, into a path: one of several, or all of them. */
function foreignPaths(route: Route): [foreign: string, unknown: string][] {
  const mine = pathFor(route, ours).split('/')
  const other = pathFor(route, theirs).split('/')
  const places = mine.flatMap((part, i) => (part !== other[i] ? [i] : []))
  const choices = places.length > 1 ? [...places.map((place) => [place]), places] : [places]
  return choices.map((chosen) => {
    const put = (idAt: (place: number) => string) =>
      mine.map((part, i) => (chosen.includes(i) ? idAt(i) : part)).join('/')
    return [put((i) => other[i] as string), put((i) => unknownLike(other[i] as string))]
  })
}

test('another merchant’s id in a path is a 404, equal to that of an id nobody has', async () => {
  const rows = await count()
  let tried = 0
  for (const route of routes.filter(
    ({ path, isPublic }) => path.includes('_id}') || (path.includes('{id}') && !isPublic),
  )) {
    if (route.isPublic) continue
    const body = bodyFor(route, ours)
    for (const [foreign, unknown] of foreignPaths(route)) {
      const answers = [await ask(route.method, foreign, body), await ask(route.method, unknown, body)]
      const where = `${route.method} ${foreign}: ${answers[0]?.text}`
      if (foreign.endsWith('/instruments') && route.method === 'GET') assert.equal(answers[0]?.status, 404, where)
      assert.equal(answers[0]?.status, 404, where)
      assert.deepEqual(answers[0], answers[1], where)
      tried++
    }
  }
  assert.ok(tried >= 30, `only ${tried} paths were tried`)
  assert.deepEqual(await count(), rows, 'and leaves nothing behind, with nobody')
})

test('another merchant’s id in a filter finds what an id nobody has finds: nothing', async () => {
  const idOf: Record<string, string> = {
    customer_id: theirs.customer,
    store_id: theirs.store,
    payment_id: theirs.paid,
    object_id: theirs.paid,
    cursor: theirs.paid,
  }
  let tried = 0
  for (const route of routes.filter(({ method, isPublic }) => method === 'GET' && !isPublic)) {
    for (const { name } of route.parameters.filter(({ in: place, name }) => place === 'query' && name in idOf)) {
      if (route.path.endsWith('/stream')) continue
      const path = `${pathFor(route, ours)}?${new URLSearchParams([...new URLSearchParams(queryFor(route, ours)), [name, '']])}`
      const foreign = await ask('GET', `${path}${idOf[name]}`)
      if (name === 'cursor') {
        assert.ok(!foreign.text.includes(theirs.paid), `${path}: ${foreign.text}`)
      } else {
        assert.deepEqual(foreign, await ask('GET', `${path}${unknownLike(idOf[name] as string)}`), path)
      }
      tried++
    }
  }
  assert.ok(tried >= 10, `only ${tried} filters were tried`)
})

test('row 98: another merchant’s id inside a body is refused like one nobody has, and nothing is written', async () => {
  const names: Record<string, string> = {
    store_id: theirs.shopStore,
    register_id: theirs.register,
    connector_account_id: theirs.account,
    terminal_id: theirs.terminal,
    customer_id: theirs.customer,
    token: theirs.token,
    instrument_id: theirs.instrument,
    tender_id: theirs.heldTender,
  }
  const rows = await count()
  let tried = 0
  for (const route of routes.filter(({ method, isPublic }) => method === 'POST' && !isPublic)) {
    const good = bodyFor(route, ours)
    if (!good) continue
    for (const place of placesOf(good)) {
      const id = names[place.at(-1) as string]
      if (id === undefined) continue
      const path = pathFor(route, ours)
      const foreign = await ask('POST', path, put(good, place, id))
      const unknown = await ask('POST', path, put(good, place, unknownLike(id)))
      const where = `POST ${route.path} /${place.join('/')}: ${foreign.text}`
      assert.equal(foreign.status, 422, where)
      assert.equal(JSON.parse(foreign.text).code, 'reference-not-found', where)
      assert.deepEqual(foreign, unknown, where)
      tried++
    }
  }
  assert.ok(tried >= 12, `only ${tried} ids were tried`)
  assert.deepEqual(await count(), rows)
})

/** Where text stands in a body, as lists of names. */
function placesOf(body: Record<string, unknown>): string[][] {
  return Object.entries(body).flatMap(([name, value]) =>
    typeof value === 'string'
      ? [[name]]
      : typeof value === 'object' && value !== null && !Array.isArray(value)
        ? placesOf(value as Record<string, unknown>).map((rest) => [name, ...rest])
        : [],
  )
}

function put(body: Record<string, unknown>, [name, ...rest]: string[], value: string): Record<string, unknown> {
  const inner = body[name as string] as Record<string, unknown>
  return { ...body, [name as string]: rest.length === 0 ? value : put(inner, rest, value) }
}

test('lists and sums hold nothing of another merchant', async () => {
  const secrets = Object.values(theirs).filter((id): id is string => typeof id === 'string')
  for (const route of routes.filter(
    ({ method, path, isPublic }) => method === 'GET' && !path.includes('{') && !isPublic,
  )) {
    if (route.path.endsWith('/stream')) continue
    const { status, text } = await ask('GET', `${route.path}?${queryFor(route, ours)}`)
    assert.equal(status, 200, `${route.path}: ${text}`)
    for (const id of secrets) assert.ok(!text.includes(id), `${route.path} shows ${id}`)
  }
})

test('the same order number and the same key belong to each merchant alone', async () => {
  const neighbour = await shop.neighbour()
  const input = { amount: 100, currency: 'EUR', channel: 'web', order_id: 'shared-order' } as const
  const [a, b] = [shop.api, neighbour.api]
  const pay = async (api: typeof a) =>
    api.pay(
      { ...input, tender: { method: 'card', token: await api.token('4242424242424242') } },
      { key: 'shared-key-9' },
    )
  assert.deepEqual([(await pay(a)).status, (await pay(b)).status], [201, 201])
})

test('a provider’s webhook is for the account and merchant in its address, and no other pair exists', async () => {
  const unknown = await ask('POST', `/hooks/${ours.merchant}/${unknownLike(ours.account)}`, {})
  assert.equal(unknown.status, 404)
  assert.deepEqual(await ask('POST', `/hooks/${ours.merchant}/${theirs.account}`, {}), unknown)
  assert.deepEqual(await ask('POST', `/hooks/${unknownLike(ours.merchant)}/${ours.account}`, {}), unknown)
  assert.equal((await ask('POST', `/hooks/${ours.merchant}/${ours.account}`, {})).status, 401, 'ours, but not signed')
})

/** What a page does with a cart: one of its own it may make; every other it opens with that cart's secret. */
const MAKES_A_CART = ['POST /v1/carts', 'POST /v1/carts/claim']
const NEEDS_THE_SECRET = [
  'GET /v1/carts/{id}',
  'PATCH /v1/carts/{id}',
  'GET /v1/carts/{id}/stream',
  'POST /v1/carts/{id}/lines',
  'PATCH /v1/carts/{id}/lines/{line_id}',
  'DELETE /v1/carts/{id}/lines/{line_id}',
  'POST /v1/carts/{id}/handover',
  'POST /v1/carts/{id}/lock',
  'POST /v1/carts/{id}/unlock',
  'POST /v1/carts/{id}/confirm',
  'GET /v1/quotes/{id}',
  'POST /v1/quotes/{id}/accept',
  'POST /v1/quotes/{id}/decline',
  'POST /v1/orders',
  'POST /v1/orders/{id}/checkout',
]

test('a publishable key finds no cart without the cart’s own secret, whatever it asks of it', async () => {
  const rows = await count()
  for (const name of NEEDS_THE_SECRET) {
    const route = routes.find(({ method, path }) => `${method} ${path}` === name)
    assert.ok(route, name)
    const path = pathFor(route, ours)
    const answer = await ask(route.method, path, bodyFor(route, ours), shop.keys.publishable_key)
    const unknown = path.replaceAll(/(crt|quo|ord)_\w+/g, (id) => unknownLike(id))
    assert.equal(answer.status, 404, `${name}: ${answer.text}`)
    assert.deepEqual(answer, await ask(route.method, unknown, bodyFor(route, ours), shop.keys.publishable_key))
  }
  assert.deepEqual(await count(), rows)
})

/** How somebody proves who they are. All that is theirs asks for the session that comes of it. */
const SIGNS_IN = [
  'POST /v1/sign_in',
  'POST /v1/sign_in/confirm',
  'POST /v1/sign_in/passkey',
  'POST /v1/sign_in/passkey/confirm',
]

test('a publishable key opens nothing of a customer’s without their session, and a session nothing of another’s', async () => {
  const own = routes.filter(({ path }) => path.startsWith('/v1/account'))
  assert.ok(own.length >= 6)
  const rows = await count()
  for (const route of own) {
    const path = pathFor(route, ours)
    const alone = await ask(route.method, path, bodyFor(route, ours), shop.keys.publishable_key)
    assert.equal(alone.status, 401, `${route.method} ${route.path}: ${alone.text}`)
    assert.equal(JSON.parse(alone.text).code, 'sign-in-required')
    const merchant = await ask(route.method, path, bodyFor(route, ours), shop.keys.secret_key)
    assert.equal(JSON.parse(merchant.text).code, 'scope-missing', 'a secret key has /v1/customers')
  }
  assert.deepEqual(await count(), rows)
})

test('row 95: a publishable key opens nothing but tokens, the methods on offer, the shop window and its own cart', async () => {
  const rows = await count()
  const offered = new Set([
    'POST /v1/tokens',
    'GET /v1/payment_methods',
    ...SHOP_WINDOW,
    ...MAKES_A_CART,
    ...NEEDS_THE_SECRET,
    ...SIGNS_IN,
  ])
  for (const route of routes.filter(({ isPublic }) => !isPublic)) {
    if (offered.has(`${route.method} ${route.path}`) || route.path.startsWith('/v1/account')) continue
    const answer = await ask(route.method, pathFor(route, ours), bodyFor(route, ours), shop.keys.publishable_key)
    assert.equal(answer.status, 403, `${route.method} ${route.path}: ${answer.text}`)
    assert.equal(JSON.parse(answer.text).code, 'scope-missing')
  }
  assert.deepEqual(await count(), rows)
  const till = createApi(shop.send, shop.keys.publishable_key)
  assert.match(await till.token('4242424242424242'), /^tok_/)
})

test('a restricted key opens only what its scopes name', async () => {
  const made = await shop.api.call<{ key: string }>('POST', '/v1/api_keys', {
    kind: 'restricted',
    name: 'reader',
    scopes: ['payments:read'],
  })
  const rows = await count()
  const opened: string[] = []
  for (const route of routes.filter(({ isPublic, path }) => !isPublic && !path.endsWith('/stream'))) {
    const answer = await ask(route.method, pathFor(route, ours), bodyFor(route, ours), made.body.key)
    if (answer.status !== 403) opened.push(`${route.method} ${route.path}`)
  }
  assert.deepEqual(opened.sort(), [
    'GET /v1/disputes',
    'GET /v1/disputes/{id}',
    'GET /v1/payment_tasks',
    'GET /v1/payments',
    'GET /v1/payments/{id}',
    'GET /v1/payments/{id}/timeline',
  ])
  assert.deepEqual(await count(), rows)
})

test('row 92: without a valid key every route answers the same 401', async () => {
  const seen = new Set<string>()
  for (const route of routes.filter(({ isPublic }) => !isPublic)) {
    for (const key of ['', 'sk_test_nobody', 'x'.repeat(300), shop.keys.secret_key.slice(0, -1), 'ключ']) {
      const answer = await ask(route.method, pathFor(route, ours), bodyFor(route, ours), encodeURIComponent(key))
      seen.add(JSON.stringify([answer.status, answer.text]))
    }
  }
  assert.equal(seen.size, 1, [...seen].join('\n'))
  assert.match([...seen][0] as string, /^\[401,.*unauthenticated/)
})
