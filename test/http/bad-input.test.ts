// reliability.md §5.1 to §5.3, on every route of the product that takes the kind of field: each refusal has its code and
// pointer, leaves no row behind and calls no provider. What a route takes is read from its own description, so a route
// added later is tried too. (Framing and transport are tried once, in server/http, where they are the same for all.)

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import type { HttpMethod, Refusal, WireAnswer } from '../api.ts'
import type { Shop } from '../scenarios/shop.ts'
import { bodyFor, type Objects, openedWith, openProduct, pathFor, type Route, type Schema } from './product.ts'

let shop: Shop
let ours: Objects
let routes: Route[]
let count: () => Promise<Record<string, number>>
let withBody: Route[]
before(async () => {
  ;({ shop, ours, routes, count } = await openProduct())
  withBody = routes.filter((route) => route.body !== undefined && !route.isPublic)
})
after(() => shop.close())

let sent = 0

function send(method: HttpMethod, path: string, payload?: string | Buffer, headers: Record<string, string> = {}) {
  const all: Record<string, string | undefined> = {
    ...openedWith(path, ours, shop.keys.secret_key),
    'idempotency-key': `bad-input-${++sent}`,
    ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  }
  const given = Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== ''))
  return shop.send({ method, path, headers: given, payload })
}

/** Asserts the refusal, its form, and that nothing of a defect shows. */
function assertRefused(answer: WireAnswer, status: number, code: string, where: string, pointer?: string): void {
  const told = `${where}: ${answer.status} ${answer.text}`
  assert.equal(answer.status, status, told)
  assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/, told)
  const problem = JSON.parse(answer.text) as Refusal
  assert.equal(problem.code, code, told)
  assert.equal(problem.request_id, answer.headers['request-id'], told)
  if (pointer !== undefined)
    assert.ok(
      problem.errors.some((one) => one.pointer === pointer),
      told,
    )
  assert.doesNotMatch(answer.text, /\bat .*\.ts:|select |insert |node_modules/i, told)
}

/** Counting every row costs as much as a hundred refusals, so it is done once for so many routes. */
const ROUTES_A_COUNT = 20

let rows: Record<string, number>
const asked: string[] = []
beforeEach(async () => {
  rows = await count()
})
afterEach(nothingLeft)

/** Runs the requests of one route. That none of them did anything is asserted after some more, or when the test ends. */
async function withoutEffect(where: string, work: () => Promise<void>): Promise<void> {
  await work()
  asked.push(where)
  if (asked.length === ROUTES_A_COUNT) await nothingLeft()
}

async function nothingLeft(): Promise<void> {
  if (asked.length === 0) return
  const places = asked.splice(0)
  assert.deepEqual(await count(), rows, `one of these left something behind: ${places.join(', ')}`)
}

/** One place in a body: where it is and what the schema says about it. */
interface Field {
  pointer: string
  schema: Schema
}

/** All places of a body that is carried out, with the schema of each; of unions the branch that fits. */
function fieldsOf(schema: Schema, value: unknown, pointer = ''): Field[] {
  const plain = schema.anyOf?.find((branch) => branch.type !== 'null') ?? schema
  const own = pointer === '' ? [] : [{ pointer, schema: plain }]
  if (plain.properties === undefined || typeof value !== 'object' || value === null) return own
  const inner = Object.entries(plain.properties).flatMap(([name, property]) =>
    name in value ? fieldsOf(property, (value as Record<string, unknown>)[name], `${pointer}/${name}`) : [],
  )
  return [...own, ...inner]
}

/** The body as JSON with raw text in one place. */
function spoilt(body: object, pointer: string, text: string): string {
  const copy = structuredClone(body)
  const names = pointer.split('/').slice(1)
  const last = names.pop() as string
  const parent = names.reduce<Record<string, unknown>>((place, name) => place[name] as Record<string, unknown>, {
    ...copy,
  } as Record<string, unknown>)
  parent[last] = '\u0001here\u0001'
  const whole = names.length === 0 ? parent : copy
  return JSON.stringify(whole).replace('"\\u0001here\\u0001"', () => text)
}

async function eachField(what: (schema: Schema) => boolean, tries: [text: string, code: string, status?: number][]) {
  let places = 0
  for (const route of withBody) {
    const where = `${route.method} ${route.path}`
    const body = bodyFor(route, ours)
    assert.ok(body, `${where}: test/http/product.ts must say what a good request looks like`)
    const fields = fieldsOf(route.body as Schema, body).filter(({ schema }) => what(schema))
    places += fields.length
    await withoutEffect(where, async () => {
      for (const { pointer } of fields) {
        for (const [text, code, status = 422] of tries) {
          const answer = await send(route.method, pathFor(route, ours), spoilt(body, pointer, text))
          assertRefused(
            answer,
            status,
            code,
            `${where} ${pointer} = ${text}`,
            code.startsWith('invalid') ? undefined : pointer,
          )
        }
      }
    })
  }
  return places
}

test('rows 1 to 16: an amount that is none is refused wherever one is taken', async () => {
  const places = await eachField(
    (schema) => schema['x-amount'] === true,
    [
      ['-1', 'amount-invalid'],
      ['0', 'amount-invalid'],
      ['-0', 'amount-invalid'],
      ['10.5', 'amount-invalid'],
      ['9007199254740993', 'amount-out-of-range'],
      ['9223372036854775808', 'amount-out-of-range'],
      ['1e400', 'amount-out-of-range'],
      ['1000000000000', 'amount-out-of-range'],
      ...['"NaN"', '"Infinity"', '"-Infinity"'].map((text): [string, string] => [text, 'amount-invalid']),
      ...['""', '" "', '"0x10"', '" 12 "', '"1_000"', '"10abc"', '"10"', '[5]', 'true', 'null', '{}'].map(
        (text): [string, string] => [text, 'validation-error'],
      ),
    ],
  )
  assert.ok(places >= 8, `only ${places} amounts were found`)
})

test('row 10: a bare NaN or Infinity is no JSON', async () => {
  for (const route of withBody) {
    const body = bodyFor(route, ours) as object
    for (const { pointer } of fieldsOf(route.body as Schema, body).filter(({ schema }) => schema['x-amount'])) {
      for (const text of ['NaN', 'Infinity', '-Infinity']) {
        const answer = await send(route.method, pathFor(route, ours), spoilt(body, pointer, text))
        assertRefused(answer, 400, 'malformed-json', `${route.path} ${pointer}`)
      }
    }
  }
})

test('rows 19, 20: a currency that is none is refused wherever one is taken', async () => {
  const places = await eachField(
    (schema) => schema.format === 'iso-4217',
    ['"uſd"', '"ıdr"', '"ZZZ"', '"XXX"', '"XTS"', '"XAU"', '"eur"', '""', '"EURO"'].map((text) => [
      text,
      'currency-unknown',
    ]),
  )
  assert.ok(places >= 4, `only ${places} currencies were found`)
})

test('row 65: a word that is not in the list is refused wherever there is one', async () => {
  const places = await eachField(
    (schema) => schema.enum !== undefined,
    ['"\'"', '""', '"__proto__"', '"toString"', '0', 'null', '[]'].map((text) => [text, 'validation-error']),
  )
  assert.ok(places >= 5, `only ${places} lists were found`)
})

test('an id of another kind or form is refused wherever one is taken', async () => {
  const places = await eachField(
    (schema) => /^\^[a-z]{3}_/.test(schema.pattern ?? ''),
    ['"1"', '""', '"../../etc"', '"%00"', '"pay_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S; drop"', 'null', '7', '{"$ne":null}'].map(
      (text) => [text, 'validation-error'],
    ),
  )
  assert.ok(places >= 10, `only ${places} ids were found`)
})

test('row 49: a NUL is refused in every text', async () => {
  const places = await eachField((schema) => schema.type === 'string', [['"a\\u0000b"', 'invalid-encoding']])
  assert.ok(places >= 25, `only ${places} texts were found`)
})

test('rows 160, 161, 215: a card number is refused in every text but those of the vault', async () => {
  const spellings = [
    '"4242424242424242"',
    '"4242 4242 4242 4242"',
    '"4242-4242-4242-4242"',
    '"４２４２４２４２４２４２４２４２"',
  ]
  for (const route of withBody.filter(({ path }) => path !== '/v1/tokens')) {
    const where = `${route.method} ${route.path}`
    const body = bodyFor(route, ours) as object
    await withoutEffect(where, async () => {
      for (const { pointer, schema } of fieldsOf(route.body as Schema, body)) {
        if (schema.type !== 'string') continue
        for (const text of spellings) {
          const answer = await send(route.method, pathFor(route, ours), spoilt(body, pointer, text))
          assertRefused(answer, 422, 'card-data-not-allowed', `${where} ${pointer} = ${text}`)
          // An id is random, and now and then has these digits by itself.
          const said = answer.text.replace(/"request_id":"\w+"/, '')
          assert.doesNotMatch(said, /4242/, 'the refusal does not repeat it')
        }
      }
    })
  }
})

test('rows 40, 41, 101: a member nobody asked for is refused, whatever it claims', async () => {
  const members = [
    '"status":"paid"',
    '"paid":true',
    '"role":"owner"',
    `"merchant_id":"${ours.merchant}"`,
    '"refunded":0',
    '"custom_price":1',
    '"amount_captured":1',
    '"mode":"live"',
    '"__proto__":{"admin":true}',
    '"constructor":{"prototype":{"admin":true}}',
  ]
  for (const route of withBody) {
    const where = `${route.method} ${route.path}`
    const body = JSON.stringify(bodyFor(route, ours))
    await withoutEffect(where, async () => {
      for (const member of members) {
        const payload = body === '{}' ? `{${member}}` : `${body.slice(0, -1)},${member}}`
        const name = /^"(\w+)"/.exec(member)?.[1]
        // A member the route takes says nothing about those it does not.
        if (name !== undefined && route.body?.properties?.[name]) continue
        assertRefused(await send(route.method, pathFor(route, ours), payload), 422, 'unknown-field', where, `/${name}`)
      }
    })
  }
  assert.equal(({} as { admin?: boolean }).admin, undefined)
})

test('rows 37 to 50: a body that is no JSON object in UTF-8 is refused by every route that takes one', async () => {
  for (const route of withBody) {
    const where = `${route.method} ${route.path}`
    const path = pathFor(route, ours)
    const good = JSON.stringify(bodyFor(route, ours))
    const cut = good === '{}' ? '{' : good.slice(0, -1)
    await withoutEffect(where, async () => {
      const refused = async (payload: string | Buffer, status: number, code: string, headers = {}) =>
        assertRefused(
          await send(route.method, path, payload, headers),
          status,
          code,
          `${where} ${payload.slice(0, 60)}`,
        )
      for (const text of [
        cut,
        `${cut},}`,
        `${good} // x`,
        good.replaceAll('"', "'").replace(/^\{\}$/, "{'a':1}"),
        '',
      ]) {
        await refused(text, 400, 'malformed-json')
      }
      await refused(`\ufeff${good}`, 400, 'malformed-json')
      await refused(Buffer.from(good, 'utf16le'), 400, 'invalid-encoding')
      await refused(Buffer.concat([Buffer.from(cut), Buffer.from([0xc0, 0xaf])]), 400, 'invalid-encoding')
      await refused('[]', 422, 'validation-error')
      await refused(`{"lines":[${'0,'.repeat(100_000)}0]}`, 422, 'too-many-items')
      await refused(Buffer.alloc(1024 * 1024 + 1, 0x20), 413, 'body-too-large')
      await refused(good, 415, 'unsupported-media-type', { 'content-type': 'text/plain' })
      await refused(good, 415, 'unsupported-media-type', { 'content-type': 'application/x-www-form-urlencoded' })
    })
  }
})

test('rows 73, 74: a route that can move money wants a proper Idempotency-Key', async () => {
  const keyed = withBody.filter(({ parameters }) => parameters.some(({ name }) => name === 'Idempotency-Key'))
  assert.equal(keyed.length, 23)
  for (const route of keyed) {
    const where = `${route.method} ${route.path}`
    const payload = JSON.stringify(bodyFor(route, ours))
    await withoutEffect(where, async () => {
      const missing = await send(route.method, pathFor(route, ours), payload, { 'idempotency-key': '' })
      assertRefused(missing, 400, 'idempotency-key-missing', where)
      for (const key of ['a', 'a'.repeat(7), 'a'.repeat(256), 'with some spaces', 'tab\there-123']) {
        const answer = await send(route.method, pathFor(route, ours), payload, { 'idempotency-key': key })
        assertRefused(answer, 400, 'idempotency-key-invalid', `${where} ${key}`)
      }
    })
  }
})

test('rows 62 to 65: a query that is not in the description is refused', async () => {
  for (const route of routes.filter(({ method, isPublic }) => method === 'GET' && !isPublic)) {
    const path = pathFor(route, ours)
    const queries = route.parameters.filter(({ in: place }) => place === 'query')
    const names = new Set(queries.map(({ name }) => name))
    const refused = async (query: string, code: string, status = 422) =>
      assertRefused(await send('GET', `${path}?${query}`), status, code, `${path}?${query}`)
    if (names.has('limit')) {
      const most = queries.find(({ name }) => name === 'limit')?.schema.maximum ?? Number.NaN
      for (const limit of ['-1', '0', String(most + 1), '1e9', 'abc', '', '1.5', '0x10'])
        await refused(`limit=${limit}`, 'validation-error')
      await refused('limit=1&limit=2', 'validation-error')
    }
    await refused('sort=amount;drop%20table%20payment', 'unknown-field')
    await refused('filter[__proto__]=1', 'validation-error')
    await refused('__proto__=1', 'unknown-field')
    await refused('expand=customer.payments.customer', 'unknown-field')
    await refused('cursor=%zz', 'malformed-request', 400)
    for (const { name, schema } of queries) {
      for (const text of ["'", "' or '1'='1", '../..', '']) {
        const fits =
          schema.enum === undefined && (schema.pattern === undefined || new RegExp(schema.pattern).test(text))
        if (!fits) await refused(`${name}=${encodeURIComponent(text)}`, 'validation-error')
      }
      if (schema.format === 'iso-4217') await refused(`${name}=ZZZ`, 'currency-unknown')
      await refused(`${name}=%00`, 'invalid-encoding')
    }
  }
})

test('an unknown method on a known path is 405 and says which are known', async () => {
  for (const path of new Set(routes.filter(({ isPublic }) => !isPublic).map(({ path }) => path))) {
    const known = routes.filter((route) => route.path === path).map(({ method }) => method)
    const other = (['DELETE', 'PUT', 'PATCH'] as const).find((method) => !known.includes(method))
    assert.ok(other)
    const answer = await send(other, pathFor({ method: other, path }, ours), '{}')
    assertRefused(answer, 405, 'method-not-allowed', `${other} ${path}`)
    for (const method of known)
      assert.ok(answer.headers['allow']?.split(', ').includes(method), answer.headers['allow'])
  }
})
