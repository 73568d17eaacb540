// Checkout sessions through the API, and their pages without a browser: what is refused, what is told, and that the books alone
// decide what is paid.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Api, createApi, sendOverHttp } from '../api.ts'
import { type ServedShop, servedShop } from '../served-shop.ts'

let shop: ServedShop
let api: Api
before(async () => {
  shop = await servedShop()
  api = createApi(sendOverHttp(shop.url), shop.demo.secret_key, `sessions-${Date.now()}`)
})
after(() => shop.close())

interface Session {
  id: string
  url: string
  state: string
  amount: number
  payment_id: string | null
  code?: string
}

const make = (input: object) => api.call<Session>('POST', '/v1/checkout_sessions', input)
const made = async (input: object = {}): Promise<Session> => {
  const { status, body, text } = await make({ amount: 4995, currency: 'EUR', country: 'NL', ...input })
  assert.equal(status, 201, text)
  return body
}
const tokenOf = ({ url }: Session) => url.slice(url.lastIndexOf('/') + 1)

/** What a page's script sends. */
async function onPage(session: Session, step: string, body: object, headers: Record<string, string> = {}) {
  const answer = await fetch(`${session.url}${step}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return {
    status: answer.status,
    body: (await answer.json()) as Record<string, unknown> & { notice: unknown; phase: string },
  }
}

test('what cannot be a session is refused, and nothing is written', async () => {
  const before = await api.call<{ data: unknown[] }>('GET', '/v1/checkout_sessions')
  const refusals: [object, number, string][] = [
    [{}, 422, 'validation-error'],
    [{ amount: 100 }, 422, 'validation-error'],
    [{ amount: -1, currency: 'EUR' }, 422, 'amount-invalid'],
    [{ amount: 100, currency: 'XXX' }, 422, 'currency-unknown'],
    [{ amount: 100, currency: 'EUR', lines: [{ name: 'x', quantity: 1, amount: 99 }] }, 422, 'totals-mismatch'],
    [{ amount: 100, currency: 'EUR', customer_id: 'cus_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S' }, 422, 'reference-not-found'],
    [{ order_id: 'ord_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S' }, 422, 'reference-not-found'],
    [{ amount: 100, currency: 'EUR', success_url: 'javascript:alert(1)' }, 422, 'url-not-allowed'],
    [{ amount: 100, currency: 'EUR', success_url: 'https://elsewhere.example/x' }, 422, 'url-not-allowed'],
    [{ amount: 100, currency: 'EUR', cancel_url: 'https://user:pw@shop.example/' }, 422, 'url-not-allowed'],
    [{ amount: 100, currency: 'EUR', success_url: 'https://shop.example\\@evil.example' }, 422, 'url-not-allowed'],
    [{ amount: 100, currency: 'EUR', description: 'two\nlines' }, 422, 'validation-error'],
    [{ amount: 100, currency: 'EUR', description: 'x'.repeat(1_000_000) }, 413, 'body-too-large'],
    [{ amount: 100, currency: 'EUR', price: 1 }, 422, 'unknown-field'],
  ]
  for (const [input, status, code] of refusals) {
    const answer = await make(input)
    const what = JSON.stringify(input).slice(0, 90)
    assert.ok(
      answer.status === status || (status === 413 && answer.status === 422),
      `${what}: ${answer.text.slice(0, 300)}`,
    )
    if (answer.status === status) assert.equal(answer.body.code, code, what)
  }
  const afterwards = await api.call<{ data: unknown[] }>('GET', '/v1/checkout_sessions')
  assert.equal(afterwards.body.data.length, before.body.data.length)
})

test('a customer is sent back to allowed origins only, with the session named', async () => {
  const set = await api.call('PATCH', '/v1/checkout_settings', {
    allowed_origins: ['https://shop.example'],
    accent: '#ffee00',
  })
  assert.equal(set.status, 200, set.text)
  const session = await made({ success_url: 'https://shop.example/thanks?o=1' })
  const token = await api.call<{ id: string }>('POST', '/v1/tokens', {
    card: { number: '4242424242424242', exp_month: 12, exp_year: 2030, cvc: '123' },
  })
  const paid = await onPage(session, '/pay', { attempt: 'attempt-1', method: 'card', token: token.body.id })
  assert.equal(paid.body.phase, 'paid')
  assert.equal(paid.body['success_url'], `https://shop.example/thanks?o=1&checkout_session=${session.id}`)
  const page = await fetch(session.url)
  const policy = page.headers.get('content-security-policy') ?? ''
  assert.match(policy, /frame-ancestors https:\/\/shop\.example(;|$)/)
  // Yellow cannot carry white words, nor stand out from a white card: it is made darker, and its words dark.
  const html = await page.text()
  assert.match(html, /--brand-light:#[0-9a-f]{6}/)
  assert.ok(!html.includes('--brand-light:#ffee00'))
  assert.match(html, /<meta name="referrer" content="no-referrer">/, 'no other site learns the address')
})

test('the events of a session are in order, and tell nobody its address', async () => {
  const session = await made()
  const token = await api.call<{ id: string }>('POST', '/v1/tokens', {
    card: { number: '4242424242424242', exp_month: 12, exp_year: 2030, cvc: '123' },
  })
  await onPage(session, '/pay', { attempt: 'attempt-1', method: 'card', token: token.body.id })
  assert.equal((await api.call<Session>('GET', `/v1/checkout_sessions/${session.id}`)).body.state, 'complete')
  const { body, text } = await api.call<{ data: { type: string; object_version: number }[] }>(
    'GET',
    `/v1/events?object_id=${session.id}`,
  )
  assert.deepEqual(
    body.data.map(({ type, object_version }) => [type, object_version]),
    [
      ['checkout_session.created', 1],
      ['checkout_session.completed', 2],
    ],
  )
  assert.ok(!text.includes(tokenOf(session)))
})

test('the same try sent many times at once is one charge', async () => {
  const session = await made()
  const token = await api.call<{ id: string }>('POST', '/v1/tokens', {
    card: { number: '4242424242424242', exp_month: 12, exp_year: 2030, cvc: '123' },
  })
  const one = { attempt: 'the-same-try', method: 'card', token: token.body.id, seen: 4995 }
  const answers = await Promise.all(Array.from({ length: 20 }, () => onPage(session, '/pay', one)))
  assert.ok(answers.every(({ status }) => status === 200))
  const { body } = await api.call<Session>('GET', `/v1/checkout_sessions/${session.id}`)
  const payment = await api.call<{ amount_captured: number; tenders: unknown[] }>(
    'GET',
    `/v1/payments/${body.payment_id}`,
  )
  assert.deepEqual([payment.body.amount_captured, payment.body.tenders.length], [4995, 1])
})

test('the same try of a method that leads away is begun once, and never takes itself back', async () => {
  for (let round = 0; round < 5; round++) {
    const session = await made()
    const one = { attempt: `leads-away-${round}`, method: 'ideal', seen: 4995 }
    await Promise.all(Array.from({ length: 8 }, () => onPage(session, '/pay', one)))
    const last = await onPage(session, '/pay', one)
    assert.equal(last.body.phase, 'action')
    const { body } = await api.call<Session>('GET', `/v1/checkout_sessions/${session.id}`)
    const payment = await api.call<{ tenders: { status: string }[] }>('GET', `/v1/payments/${body.payment_id}`)
    assert.deepEqual(
      payment.body.tenders.map(({ status }) => status),
      ['requires_action'],
    )
  }
})

test('a session for some methods takes no saved card when cards are none of them', async () => {
  const customer = await api.call<{ id: string }>('POST', '/v1/customers', { name: 'Ada' })
  const token = await api.call<{ id: string }>('POST', '/v1/tokens', {
    card: { number: '4242424242424242', exp_month: 12, exp_year: 2030, cvc: '123' },
  })
  const instrument = await api.call<{ id: string }>('POST', `/v1/customers/${customer.body.id}/instruments`, {
    token: token.body.id,
  })
  assert.equal(instrument.status, 201, instrument.text)
  const session = await made({ customer_id: customer.body.id, methods: ['ideal'] })
  const tried = await onPage(session, '/pay', { attempt: 'with-a-saved-one', method: instrument.body.id })
  assert.deepEqual(tried.body.notice, { code: 'method_unavailable', kind: 'bad' })
  assert.equal((await api.call<Session>('GET', `/v1/checkout_sessions/${session.id}`)).body.payment_id, null)
})

test('a lost answer of the provider is shown as unknown, and paying again is not offered', async () => {
  const session = await made()
  const token = await api.call<{ id: string }>('POST', '/v1/tokens', {
    card: { number: '4000007700000208', exp_month: 12, exp_year: 2030, cvc: '123' },
  })
  const first = await onPage(session, '/pay', { attempt: 'attempt-1', method: 'card', token: token.body.id })
  assert.equal(first.body.phase, 'unknown')
  assert.deepEqual(first.body['methods'], [])
  const again = await onPage(session, '/pay', { attempt: 'attempt-2', method: 'ideal' })
  assert.equal(again.body.phase, 'unknown')
})

test('another merchant’s session is a 404, and a page’s token opens nothing but the vault', async () => {
  const session = await made()
  const page = createApi(sendOverHttp(shop.url), tokenOf(session), 'page')
  assert.equal((await page.call('GET', '/v1/payments')).status, 403)
  assert.equal((await page.call('GET', `/v1/checkout_sessions/${session.id}`)).status, 403)
  const token = await page.call('POST', '/v1/tokens', {
    card: { number: '4242424242424242', exp_month: 12, exp_year: 2030, cvc: '123' },
  })
  assert.equal(token.status, 201, token.text)
  await api.call('POST', `/v1/checkout_sessions/${session.id}/cancel`, {})
  assert.equal((await page.call('GET', '/v1/payments')).status, 401)
  const unknown = createApi(sendOverHttp(shop.url), `cs_${'x'.repeat(32)}`, 'page')
  assert.equal((await unknown.call('POST', '/v1/tokens', {})).status, 401)
})

test('a page of another site cannot press the button', async () => {
  const session = await made()
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  const answer = await onPage(session, '/pay', { attempt: 'attempt-1', method: 'ideal' }, foreign)
  assert.equal(answer.status, 403)
  assert.equal((await api.call<Session>('GET', `/v1/checkout_sessions/${session.id}`)).body.payment_id, null)
})

test('a session is paid within its time only', async () => {
  const session = await made({ expires_in: 300 })
  await shop.database.db.query(`update checkout_session set expires_at = now() - interval '1 minute' where id = $1`, [
    session.id,
  ])
  assert.equal((await api.call<Session>('GET', `/v1/checkout_sessions/${session.id}`)).body.state, 'expired')
  const late = await onPage(session, '/pay', { attempt: 'attempt-1', method: 'ideal' })
  assert.equal(late.body.phase, 'expired')
  assert.equal((await fetch(session.url)).status, 410)
})

test('the page is within its budget, and its scripts are those of the inventory', async () => {
  const session = await made()
  const html = await (await fetch(session.url)).text()
  const inventory = (await (await fetch(`${shop.url}/assets/inventory.json`)).json()) as {
    faces: Record<string, { scripts: string[] }>
    files: Record<string, { bytes: number; gzip: number; integrity: string }>
  }
  const loaded = [...html.matchAll(/(?:src|href)="\/assets\/([^"]+)"[^>]*integrity="([^"]+)"/g)]
  assert.ok(loaded.length >= 2)
  for (const [, name = '', integrity] of loaded) {
    assert.equal(inventory.files[name]?.integrity, integrity, name)
    const file = await fetch(`${shop.url}/assets/${name}`)
    assert.match(file.headers.get('cache-control') ?? '', /immutable/)
  }
  const scripts = loaded.map(([, name = '']) => name).filter((name) => name.endsWith('.js'))
  const weight = scripts.reduce((sum, name) => sum + (inventory.files[name]?.gzip ?? 0), 0)
  assert.ok(weight > 0 && weight <= 30_000, `${weight} bytes of JavaScript`)
  // Nothing inline but data, nothing from elsewhere.
  assert.equal([...html.matchAll(/<script(?![^>]*(src=|application\/json))/g)].length, 0)
  assert.equal([...html.matchAll(/(src|href)="(https?:)?\/\//g)].length, 0)
  assert.equal((await fetch(`${shop.url}/assets/..%2f..%2fpackage.json`)).status, 404)
  assert.ok(readFileSync(join(import.meta.dirname, '../../web/dist/manifest.json'), 'utf8').includes('checkout'))
})

test('the order of the ways to pay is explained, and so is what is not there', async () => {
  const session = await made({
    country: 'SE',
    currency: 'SEK',
    methods: ['swish', 'card', 'klarna_pay_later', 'trustly'],
  })
  const { body, status, text } = await api.call<{
    methods: { rank: number; code: string; why: string }[]
    left_out: { code: string; why: string }[]
  }>('GET', `/v1/checkout_sessions/${session.id}/methods`)
  assert.equal(status, 200, text)
  assert.deepEqual(
    body.methods.map(({ rank, code, why }) => `${rank} ${code} ${why}`),
    ['1 swish expected', '2 trustly expected', '3 card card', '4 klarna_pay_later expected_later'],
  )
  const why = new Map(body.left_out.map((each) => [each.code, each.why]))
  assert.deepEqual(
    ['ideal', 'in3', 'apple_pay', 'store_credit', 'cash', 'blik'].map((code) => why.get(code)),
    ['currency', 'currency', 'not_of_session', 'not_of_session', 'channel', 'currency'],
  )
  const known = await api.call<{ id: string }>('POST', '/v1/customers', { name: 'Ada' })
  assert.equal(known.status, 201, known.text)
  const recognised = await made({ customer_id: known.body.id })
  const own = await api.call<typeof body>('GET', `/v1/checkout_sessions/${recognised.id}/methods`)
  assert.equal(own.status, 200, own.text)
  assert.equal(own.body.left_out.find(({ code }) => code === 'store_credit')?.why, 'empty')
})

test('settings of the page take no address, colour, picture or origin that could do anything there', async () => {
  const before = (await api.call<object>('GET', '/v1/checkout_settings')).body
  const hostile: [string, unknown][] = [
    ...[
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      'data:text/html,<script>',
      '//evil.example',
      'https://a b',
      ' https://a.example',
    ].flatMap((url): [string, unknown][] => [
      ['terms_url', url],
      ['privacy_url', url],
    ]),
    ['support_email', 'a@example.org\r\nBcc: b@example.org'],
    ['support_email', 'a@example.org?bcc=b@example.org'],
    ['accent', 'red;}body{display:none'],
    ['accent', '#12345'],
    ['display_name', 'Shop\r\nX: 1'],
    ['display_name', 'x'.repeat(81)],
    ['logo', 'https://evil.example/x.png'],
    ['logo', 'data:text/html;base64,PHNjcmlwdD4='],
    ['logo', 'data:image/png;base64,AAAA" onerror="alert(1)'],
    ...[
      '*',
      'null',
      'javascript:',
      "https://a.example' 'unsafe-inline",
      'https://a.example/path',
      'https://*.example',
    ].map((origin): [string, unknown] => ['allowed_origins', [origin]]),
  ]
  for (const [name, value] of hostile) {
    const { status } = await api.call('PATCH', '/v1/checkout_settings', { [name]: value })
    assert.equal(status, 422, `${name} ${JSON.stringify(value)}`)
  }
  assert.deepEqual((await api.call<object>('GET', '/v1/checkout_settings')).body, before)
})
