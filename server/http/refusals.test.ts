// The rows of reliability.md §5.1 to §5.3 (numbers in the titles) that HTTP answers by itself, and their neighbours. Each case
// also shows that the handler was not reached.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type DemoApp, demoApp } from './app.fixture.ts'

let demo: DemoApp
before(async () => {
  demo = await demoApp()
})
after(() => demo.app.close())

const VALID = { amount: 1000, currency: 'EUR', channel: 'web' }
const HEADERS = {
  authorization: 'Bearer sk_test_demo',
  'content-type': 'application/json',
  'idempotency-key': 'key-12345678',
}

interface Send {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'HEAD'
  url?: string
  headers?: Record<string, string | undefined>
  body?: string | Buffer | object
}

async function send({ method = 'POST', url = '/v1/demo_payments', headers = {}, body }: Send) {
  const payload = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined ? body : JSON.stringify(body)
  const merged = Object.fromEntries(
    Object.entries({ ...HEADERS, ...headers }).filter(([, value]) => value !== undefined),
  )
  return demo.app.inject({ method, url, headers: merged as Record<string, string>, payload })
}

type Row = [title: string, request: Send, status: number, code: string, pointer?: string]
const paying = (fields: object): Send => ({ body: { ...VALID, ...fields } })
const raw = (amount: string): Send => ({ body: `{"amount":${amount},"currency":"EUR","channel":"web"}` })
const listing = (query: string): Send => ({ method: 'GET', url: `/v1/demo_payments?${query}` })
const keyed = (key: string | undefined): Send => ({ headers: { 'idempotency-key': key }, body: VALID })

const ROWS: Row[] = [
  ['1: a negative amount', paying({ amount: -1 }), 422, 'amount-invalid', '/amount'],
  ['1: a negative line', paying({ lines: [{ amount: 0 }, { amount: -1 }] }), 422, 'amount-invalid', '/lines/1/amount'],
  ['2: zero where money must move', paying({ amount: 0 }), 422, 'amount-invalid', '/amount'],
  ['4: a fraction', raw('10.5'), 422, 'amount-invalid', '/amount'],
  ['7: above 2^53', raw('9007199254740993'), 422, 'amount-out-of-range', '/amount'],
  ['8: above 2^63', raw('9223372036854775808'), 422, 'amount-out-of-range', '/amount'],
  ['8: beyond all numbers', raw('1e400'), 422, 'amount-out-of-range', '/amount'],
  ['8: one above the limit', raw('1000000000000'), 422, 'amount-out-of-range', '/amount'],
  ['10: a bare NaN', raw('NaN'), 400, 'malformed-json'],
  ['10: a bare Infinity', raw('Infinity'), 400, 'malformed-json'],
  ...['NaN', 'Infinity', '-Infinity'].map(
    (text): Row => [`11: "${text}"`, paying({ amount: text }), 422, 'amount-invalid', '/amount'],
  ),
  ...['', ' ', '0x10', ' 12 ', '1_000', '10abc', '10'].map(
    (text): Row => [`13, 14: the text "${text}"`, paying({ amount: text }), 422, 'validation-error', '/amount'],
  ),
  ...['[5]', 'true', 'null', '{}'].map((json): Row => [`16: ${json}`, raw(json), 422, 'validation-error', '/amount']),
  ['16: no amount', { body: { currency: 'EUR', channel: 'web' } }, 422, 'validation-error', '/amount'],
  ...['uſd', 'ıdr', 'ZZZ', 'XXX', 'XTS', 'XAU', 'eur', ''].map(
    (code): Row => [`19, 20: the currency "${code}"`, paying({ currency: code }), 422, 'currency-unknown', '/currency'],
  ),
  ['20: a currency that is no text', paying({ currency: 978 }), 422, 'validation-error', '/currency'],
  ['37: truncated', { body: '{"amount":1' }, 400, 'malformed-json'],
  ['37: a trailing comma', { body: '{"amount":1,}' }, 400, 'malformed-json'],
  ['37: a comment', { body: '{} // x' }, 400, 'malformed-json'],
  ['38: an empty body', { body: '' }, 400, 'malformed-json'],
  ['38: no body at all', { headers: { 'content-type': undefined } }, 400, 'malformed-json'],
  ['38: a body of null', { body: 'null' }, 422, 'validation-error'],
  ['38: a list for an object', { body: '[]' }, 422, 'validation-error'],
  ['40: __proto__', { body: '{"__proto__":{"admin":true}}' }, 422, 'unknown-field', '/__proto__'],
  ['40: constructor.prototype', { body: '{"constructor":{"prototype":{}}}' }, 422, 'unknown-field', '/constructor'],
  ['41: an unknown member', paying({ status: 'paid' }), 422, 'unknown-field', '/status'],
  [
    '41: an unknown member further in',
    paying({ lines: [{ amount: 1, paid: true }] }),
    422,
    'unknown-field',
    '/lines/0/paid',
  ],
  [
    '41: a body where none is taken',
    { url: '/v1/demo_payments/pay_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S/cancel', body: { force: true } },
    422,
    'unknown-field',
    '/force',
  ],
  [
    '43: 100,000 members',
    { body: `{${Array.from({ length: 100_000 }, (_, i) => `"a${i}":0`).join(',')}}` },
    422,
    'too-many-items',
  ],
  ['43: 100,000 lines', paying({ lines: Array.from({ length: 100_000 }, () => 0) }), 422, 'too-many-items', '/lines'],
  [
    '43: 101 lines where 100 are taken',
    paying({ lines: Array.from({ length: 101 }, () => ({ amount: 1 })) }),
    422,
    'too-many-items',
    '/lines',
  ],
  [
    '43: 51 notes',
    paying({ metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v'])) }),
    422,
    'too-many-items',
    '/metadata',
  ],
  [
    '43: a note of 501 characters',
    paying({ metadata: { k: 'x'.repeat(501) } }),
    422,
    'validation-error',
    '/metadata/k',
  ],
  ['43: a note whose name has 41 characters', paying({ metadata: { ['k'.repeat(41)]: 'v' } }), 422, 'validation-error'],
  ['43: a note that is no text', paying({ metadata: { 'a\nb': 1 } }), 422, 'validation-error'],
  ['44: one byte too many', { body: Buffer.alloc(1024 * 1024 + 1, 32) }, 413, 'body-too-large'],
  ['46: a byte order mark', { body: '\ufeff{}' }, 400, 'malformed-json'],
  ['47: invalid UTF-8', { body: Buffer.from([0x7b, 0xff, 0x7d]) }, 400, 'invalid-encoding'],
  ['47: UTF-16', { body: Buffer.from('{"a":1}', 'utf16le') }, 400, 'invalid-encoding'],
  ['49: NUL in a note', { body: '{"metadata":{"a":"\\u0000"}}' }, 422, 'invalid-encoding'],
  ['49: NUL in the name of a note', { body: '{"metadata":{"\\u0000":"a"}}' }, 422, 'invalid-encoding'],
  ['50: a compressed body', { headers: { 'content-encoding': 'gzip' }, body: VALID }, 415, 'unsupported-media-type'],
  ['50: text/plain', { headers: { 'content-type': 'text/plain' }, body: VALID }, 415, 'unsupported-media-type'],
  ...[
    'charset=iso-8859-1',
    'charset="utf-16"',
    'charset=utf-8; charset=latin1',
    'Charset=',
    'v=1;charset = us-ascii',
  ].map(
    (parameter): Row => [
      `50: JSON with ${parameter}`,
      { headers: { 'content-type': `application/json; ${parameter}` }, body: VALID },
      415,
      'unsupported-media-type',
    ],
  ),
  [
    '50: a form',
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'amount=1' },
    415,
    'unsupported-media-type',
  ],
  ['50: almost JSON', { headers: { 'content-type': 'application/jsonx' }, body: VALID }, 415, 'unsupported-media-type'],
  [
    '50: no content type on a body',
    { headers: { 'content-type': undefined }, body: JSON.stringify(VALID) },
    415,
    'unsupported-media-type',
  ],
  ...[
    'limit=-1',
    'limit=0',
    'limit=1e9',
    'limit=1000000000',
    'limit=abc',
    'limit=',
    'limit=1.0',
    'limit=01',
    'limit=+1',
    'limit=101',
  ].map((query): Row => [`62: ?${query}`, listing(query), 422, 'validation-error', '?limit']),
  ['62: ?limit twice', listing('limit=1&limit=2'), 422, 'validation-error', '?limit'],
  ['62: a negative amount in the query', listing('amount=-1'), 422, 'amount-invalid', '?amount'],
  ['64: sorting by what is no column', listing('sort=amount;drop%20table'), 422, 'unknown-field', '?sort'],
  ['64: filter[__proto__]', listing('filter[__proto__]=1'), 422, 'validation-error'],
  ['64: __proto__', listing('__proto__=1'), 422, 'unknown-field', '?__proto__'],
  ['65: an enum from the query', listing("state='"), 422, 'validation-error', '?state'],
  ['65: a broken escape', listing('state=%zz'), 400, 'malformed-request'],
  ['65: NUL in the query', listing('state=%00'), 422, 'invalid-encoding'],
  [
    '65: a parameter where none is taken',
    { url: '/v1/demo_payments?dry_run=1', body: VALID },
    422,
    'unknown-field',
    '?dry_run',
  ],
  ['67: a foreign host', { headers: { host: 'evil.example' }, body: VALID }, 421, 'misdirected-request'],
  [
    '67: a foreign host that begins like ours',
    { headers: { host: 'localhost.evil.example' }, body: VALID },
    421,
    'misdirected-request',
  ],
  [
    '67: user info in the host',
    { headers: { host: 'localhost@evil.example' }, body: VALID },
    421,
    'misdirected-request',
  ],
  ...[
    '2026-02-30T10:00:00Z',
    '+294277-01-01T00:00:00Z',
    '294277-01-01T00:00:00Z',
    'infinity',
    '2026-02-20T10:00:00',
    '2026-02-20',
    '2026-13-01T00:00:00Z',
    '2026-02-20T24:00:00Z',
    '2026-02-20T10:00:60Z',
    '2026-02-20 10:00:00Z',
  ].map((text): Row => [`71: the time ${text}`, paying({ due_at: text }), 422, 'validation-error', '/due_at']),
  ['71: a country that is none', paying({ country: 'UK' }), 422, 'validation-error', '/country'],
  ['71: a channel that is none', paying({ channel: 'fax' }), 422, 'validation-error', '/channel'],
  ['73: no key', keyed(undefined), 400, 'idempotency-key-missing'],
  ...['', 'a', 'a'.repeat(7), 'a'.repeat(256), 'with some spaces', 'emoji-👍-12345', 'tab\there-123'].map(
    (key): Row => [`74: the key "${key.slice(0, 20)}"`, keyed(key), 400, 'idempotency-key-invalid'],
  ),
  ['92: no API key', { headers: { authorization: undefined }, body: VALID }, 401, 'unauthenticated'],
  [
    '92: an unknown API key',
    { headers: { authorization: 'Bearer sk_test_nobody' }, body: VALID },
    401,
    'unauthenticated',
  ],
  ['92: another scheme', { headers: { authorization: 'Digest sk_test_demo' }, body: VALID }, 401, 'unauthenticated'],
  [
    '92: an API key in another place',
    { headers: { authorization: undefined, 'x-api-key': 'sk_test_demo' }, body: VALID },
    401,
    'unauthenticated',
  ],
  ['95: a publishable key', { headers: { authorization: 'Bearer pk_test_demo' }, body: VALID }, 403, 'scope-missing'],
  [
    '95: a restricted key of another scope',
    { headers: { authorization: 'Bearer rk_test_reader' }, body: VALID },
    403,
    'scope-missing',
  ],
  [
    '95: a secret key where only a publishable one is meant',
    { url: '/v1/demo_tokens', body: { number: '1' } },
    403,
    'scope-missing',
  ],
  ['97: an id of another form', { method: 'GET', url: '/v1/demo_payments/1' }, 404, 'not-found'],
  [
    '97: an id of another kind',
    { method: 'GET', url: '/v1/demo_payments/cus_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S' },
    404,
    'not-found',
  ],
  ['97: an id that climbs', { method: 'GET', url: '/v1/demo_payments/..%2f..%2fetc' }, 404, 'not-found'],
  ['97: a very long id', { method: 'GET', url: `/v1/demo_payments/${'x'.repeat(4000)}` }, 404, 'not-found'],
  ...['%00', 'a%0Ab', '%1f', '%7F', '%C3%A9%00?limit=1'].map(
    (id): Row => [`97: the id ${id}`, { method: 'GET', url: `/v1/demo_payments/${id}` }, 404, 'not-found'],
  ),
  [
    '97: a control character without a key',
    { url: '/hooks/%00/%00', headers: { authorization: undefined } },
    404,
    'not-found',
  ],
  ['97: an unknown path', { method: 'GET', url: '/v2/nothing' }, 404, 'not-found'],
  ['97: an unknown path with a broken body', { url: '/v2/nothing', body: '{' }, 404, 'not-found'],
  ['97: a broken path', { method: 'GET', url: '/v1/demo_payments/%zz' }, 400, 'malformed-request'],
  ['61: another method on a known path', { method: 'DELETE', body: VALID }, 405, 'method-not-allowed'],
  [
    '61: another method on a path with an id',
    { method: 'PUT', url: '/v1/demo_payments/pay_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S', body: VALID },
    405,
    'method-not-allowed',
  ],
  [
    '160: a card number in a note',
    paying({ metadata: { note: '4242424242424242' } }),
    422,
    'card-data-not-allowed',
    '/metadata/note',
  ],
  [
    '160: a card number in an unknown member',
    paying({ pan: '4242 4242 4242 4242' }),
    422,
    'card-data-not-allowed',
    '/pan',
  ],
  [
    '160: a card number in the path',
    { method: 'GET', url: '/v1/demo_payments/4242424242424242' },
    422,
    'card-data-not-allowed',
  ],
  ['160: a card number in the query', listing('cursor=4242%204242%204242%204242'), 422, 'card-data-not-allowed'],
  ['160: a card number as key', keyed('4242424242424242'), 422, 'card-data-not-allowed'],
  [
    '161: a card number in full-width digits',
    paying({ reference: '４２４２-４２４２-４２４２-４２４２' }),
    422,
    'card-data-not-allowed',
    '/reference',
  ],
]

for (const [title, request, status, code, pointer] of ROWS) {
  test(`row ${title} answers ${status} ${code}`, async () => {
    const before = demo.calls()
    const answer = await send(request)
    const problem = answer.json()
    assert.deepEqual([answer.statusCode, problem.code, problem.status], [status, code, status], answer.body)
    assert.equal(answer.headers['content-type'], 'application/problem+json')
    assert.equal(answer.headers['request-id'], problem.request_id)
    assert.match(problem.request_id, /^req_[0-9A-Z]{26}$/)
    if (pointer !== undefined)
      assert.ok(
        problem.errors.some((field: { pointer: string }) => field.pointer === pointer),
        answer.body,
      )
    assert.ok(!answer.body.includes('4242'), 'repeats card data')
    assert.equal(demo.calls(), before, 'the handler was reached')
  })
}

test('a wrong form is told in words, not as a regular expression or the name of a format', async () => {
  const detailOf = async (request: Send) => (await send(request)).json().errors[0].detail
  assert.equal(
    await detailOf(listing('cursor=1x')),
    'Does not have the form of this field: next_cursor of the page before.',
  )
  assert.match(await detailOf(paying({ country: 'UK' })), /ISO 3166-1 alpha-2 country code in capitals/)
  assert.match(await detailOf(paying({ due_at: '2026-02-30T10:00:00Z' })), /time that exists/)
})

test('row 5: 10, 10.0 and 1e1 are taken as one amount, with one fingerprint, in any member order', async () => {
  const bodies = ['10', '10.0', '1e1'].map((amount) => `{"amount":${amount},"currency":"EUR","channel":"web"}`)
  bodies.push('{ "channel": "web", "currency": "EUR", "amount": 10 }')
  const answers = await Promise.all(bodies.map((body) => send({ body })))
  assert.deepEqual(
    answers.map((answer) => answer.statusCode),
    [201, 201, 201, 201],
  )
  assert.equal(new Set(answers.map((answer) => answer.json().fingerprint)).size, 1)
})

test('rows 76, 77: another body has another fingerprint', async () => {
  const [first, second] = await Promise.all([send({ body: VALID }), send(paying({ amount: 1001 }))])
  assert.notEqual(first.json().fingerprint, second.json().fingerprint)
})

test('row 53: an Accept header of 10,000 variants changes nothing', async () => {
  const accept = Array.from({ length: 1500 }, (_, i) => `a/b${i}`).join(',')
  const answer = await send({ headers: { accept }, body: VALID })
  assert.equal(answer.statusCode, 201)
})

test('row 92: every failed authentication has the same body but for the request id', async () => {
  const causes = [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer sk_test_nobody',
    'Basic !!!',
    `Bearer ${'x'.repeat(5000)}`,
    'Bearer sk_test_demo extra',
  ]
  const bodies = await Promise.all(
    causes.map(async (authorization) => ({
      ...(await send({ headers: { authorization }, body: VALID })).json(),
      request_id: '',
    })),
  )
  for (const body of bodies) assert.deepEqual(body, bodies[0])
  assert.equal(bodies[0].status, 401)
})

test('row 115: headers that claim an identity are not read', async () => {
  const answer = await send({
    headers: { authorization: undefined, 'x-user-id': '1', 'x-role': 'admin', 'x-merchant-id': 'mer_1' },
    body: VALID,
  })
  assert.equal(answer.statusCode, 401)
})

test('several faults are all listed, and the code is that of the money', async () => {
  const problem = (await send({ body: { amount: -1, currency: 'EUR', channel: 'fax', extra: 1 } })).json()
  assert.equal(problem.code, 'amount-invalid')
  assert.deepEqual(problem.errors.map((field: { pointer: string }) => field.pointer).sort(), [
    '/amount',
    '/channel',
    '/extra',
  ])
})
