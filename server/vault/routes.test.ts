import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type App, type Caller, createApp } from '../http/app.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { silentLog } from '../lib/log.ts'
import { routes } from './routes.ts'
import { cardNumber, type VaultFixture, vaultFixture } from './vault.fixture.ts'

let fixture: VaultFixture
let app: App

before(async () => {
  fixture = await vaultFixture()
  const caller = (merchant: 0 | 1, kind: Caller['kind']): Caller => ({
    merchantId: fixture.merchants[merchant],
    keyId: fixture.deps.newId('key'),
    kind,
    scopes: [],
    mode: 'test',
  })
  const callers = new Map([
    ['sk_ours', caller(0, 'secret')],
    ['pk_ours', caller(0, 'publishable')],
    ['sk_theirs', caller(1, 'secret')],
  ])
  app = await createApp({
    authenticate: (bearer) => callers.get(bearer) ?? null,
    log: silentLog,
    clock: systemClock,
    newId: createIds(systemClock),
    isReady: async () => ({ ok: true, checks: {} }),
    isDraining: () => false,
  })
  routes(app, fixture.deps)
  await app.ready()
})
after(async () => {
  await app.close()
  await fixture.close()
})

interface Answer {
  status: number
  text: string
  body: {
    id: string
    code: string
    card: { last4: string }
    errors: { pointer: string }[]
    data: { id: string }[]
    next_cursor: string | null
  }
}

async function call(key: string, method: 'GET' | 'POST' | 'DELETE', url: string, payload?: unknown): Promise<Answer> {
  const answer = await app.inject({
    method,
    url,
    headers: {
      authorization: `Bearer ${key}`,
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
  })
  const body = answer.body === '' ? {} : JSON.parse(answer.body)
  return { status: answer.statusCode, text: answer.body, body }
}

const card = (n: number) => ({ number: cardNumber(n), exp_month: 12, exp_year: 2030, cvc: '737' })

async function token(n: number, key = 'pk_ours'): Promise<string> {
  const answer = await call(key, 'POST', '/v1/tokens', { card: card(n) })
  assert.equal(answer.status, 201, answer.text)
  return answer.body.id
}

test('a publishable key makes a token and may not read it; the answer never holds the number or the CVC', async () => {
  const made = await call('pk_ours', 'POST', '/v1/tokens', { card: card(1) })
  assert.equal(made.status, 201)
  assert.equal(made.body.card.last4, cardNumber(1).slice(-4))
  assert.doesNotMatch(made.text, new RegExp(`${cardNumber(1)}|"737"`))
  assert.equal((await call('pk_ours', 'GET', `/v1/tokens/${made.body.id}`)).status, 403)
  const read = await call('sk_ours', 'GET', `/v1/tokens/${made.body.id}`)
  assert.deepEqual([read.status, read.body.id], [200, made.body.id])
  assert.doesNotMatch(read.text, new RegExp(cardNumber(1)))
})

test('each refusal of a card has its code and repeats nothing of it', async () => {
  const number = cardNumber(2)
  const refused: [object, number, string][] = [
    [{ ...card(2), number: `${number.slice(0, -1)}${(Number(number.at(-1)) + 1) % 10}` }, 422, 'card-invalid'],
    [{ ...card(2), exp_month: 13, exp_year: 99 }, 422, 'card-invalid'],
    [{ ...card(2), exp_month: '1/30' }, 422, 'card-invalid'],
    [{ ...card(2), exp_year: 2020 }, 422, 'card-expired'],
    [{ ...card(2), cvc: '7373' }, 422, 'card-invalid'],
    [{ ...card(2), number: Number(number) }, 422, 'validation-error'],
    [{ ...card(2), pin: number }, 422, 'unknown-field'],
  ]
  for (const [input, status, code] of refused) {
    const answer = await call('pk_ours', 'POST', '/v1/tokens', { card: input })
    assert.deepEqual([answer.status, answer.body.code], [status, code])
    assert.doesNotMatch(answer.text, new RegExp(number.slice(0, 12)))
  }
})

test('a customer’s card is saved, listed by page, read and removed', async () => {
  const path = `/v1/customers/${fixture.customers[0]}/instruments`
  const first = await call('sk_ours', 'POST', path, { token: await token(3) })
  const second = await call('sk_ours', 'POST', '/v1/instruments', {
    token: await token(4),
    customer_id: fixture.customers[0],
  })
  assert.deepEqual([first.status, second.status], [201, 201])
  const page = await call('sk_ours', 'GET', `${path}?limit=1`)
  assert.deepEqual(
    page.body.data.map(({ id }) => id),
    [second.body.id],
  )
  const rest = await call('sk_ours', 'GET', `${path}?limit=1&cursor=${page.body.next_cursor}`)
  assert.deepEqual([rest.body.data[0]?.id, rest.body.next_cursor], [first.body.id, null])
  assert.equal((await call('sk_ours', 'GET', `/v1/instruments/${first.body.id}`)).status, 200)
  assert.equal((await call('sk_ours', 'DELETE', `${path}/${first.body.id}`)).status, 204)
  assert.equal((await call('sk_ours', 'DELETE', `${path}/${first.body.id}`)).status, 404)
  assert.equal((await call('sk_ours', 'GET', `/v1/instruments/${first.body.id}`)).status, 404)
})

test('what is unknown in the path is 404 and in the body 422, and a used token says so', async () => {
  const used = await token(5)
  assert.equal((await call('sk_ours', 'POST', '/v1/instruments', { token: used, order_id: 'order-1' })).status, 201)
  const unknownCustomer = fixture.deps.newId('cus')
  const fresh = await token(6)
  const refused: [string, object, number, string, string | undefined][] = [
    [`/v1/customers/${unknownCustomer}/instruments`, { token: fresh }, 404, 'not-found', undefined],
    [`/v1/customers/${fixture.customers[1]}/instruments`, { token: fresh }, 404, 'not-found', undefined],
    ['/v1/instruments', { token: fresh, customer_id: unknownCustomer }, 422, 'reference-not-found', '/customer_id'],
    ['/v1/instruments', { token: fixture.deps.newId('tok'), order_id: 'o' }, 422, 'reference-not-found', '/token'],
    ['/v1/instruments', { token: used, order_id: 'order-2' }, 422, 'token-used', '/token'],
    ['/v1/instruments', { token: fresh }, 422, 'validation-error', '/customer_id'],
    [
      '/v1/instruments',
      { token: fresh, order_id: 'o', customer_id: fixture.customers[0] },
      422,
      'validation-error',
      '/customer_id',
    ],
  ]
  for (const [url, body, status, code, pointer] of refused) {
    const answer = await call('sk_ours', 'POST', url, body)
    assert.deepEqual([answer.status, answer.body.code, answer.body.errors[0]?.pointer], [status, code, pointer])
  }
})

test('another merchant’s ids answer exactly as unknown ones', async () => {
  const saved = await call('sk_ours', 'POST', '/v1/instruments', { token: await token(7), order_id: 'order-3' })
  const paths = [
    `/v1/tokens/${await token(8)}`,
    `/v1/instruments/${saved.body.id}`,
    `/v1/customers/${fixture.customers[0]}/instruments`,
  ]
  for (const path of paths) assert.equal((await call('sk_theirs', 'GET', path)).status, 404)
})
