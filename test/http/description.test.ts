// The API description is the contract: it is free of errors, tells of every route what it does and how it refuses, and
// what is really answered has the form it promises.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { OperationView, PAYMENT_STATUSES, PaymentView, TenderView } from '../../server/payments/payment.ts'
import { lintOpenApi } from '../openapi-lint.ts'
import { CARDS, DAY, openShop, type Shop } from '../scenarios/shop.ts'
import { type Route, readDescription, routesOf } from './product.ts'

let shop: Shop
let routes: Route[]
before(async () => {
  shop = await openShop()
  routes = routesOf(await readDescription(shop))
})
after(() => shop.close())

test('the description of the whole product has no lint error', async () => {
  assert.deepEqual(await lintOpenApi(await readDescription(shop)), [])
})

test('every route has a summary and documents its problems', () => {
  assert.ok(routes.length > 40, `only ${routes.length} routes are described`)
  for (const { method, path, summary, responses } of routes) {
    assert.ok(summary && summary.length > 5, `${method} ${path} has no summary`)
    for (const range of ['4XX', '5XX']) {
      const problem = responses[range]?.content?.['application/problem+json']?.schema?.$ref
      assert.equal(problem, '#/components/schemas/Problem', `${method} ${path} ${range}`)
    }
    const successes = Object.keys(responses).filter((status) => status.startsWith('2'))
    assert.ok(successes.length > 0, `${method} ${path} never succeeds`)
  }
})

test('exactly the routes that can move money, or bill it, ask for an Idempotency-Key', () => {
  const keyed = routes
    .filter(({ parameters }) => parameters.some((one) => one.in === 'header' && one.name === 'Idempotency-Key'))
    .map(({ method, path }) => `${method} ${path}`)
  assert.deepEqual(keyed.sort(), [
    'POST /v1/credits',
    'POST /v1/customers/{id}/loyalty/adjustments',
    'POST /v1/customers/{id}/store_credit/adjustments',
    'POST /v1/exchanges',
    'POST /v1/fulfilments/{id}/collect',
    'POST /v1/fulfilments/{id}/ship',
    'POST /v1/gift_cards',
    'POST /v1/gift_cards/{id}/load',
    'POST /v1/gift_cards/{id}/transfer',
    'POST /v1/invoices',
    'POST /v1/invoices/{id}/credit',
    'POST /v1/invoices/{id}/send',
    'POST /v1/orders/{id}/cancel',
    'POST /v1/orders/{id}/changes/{change_id}/confirm',
    'POST /v1/payments',
    'POST /v1/payments/{id}/cancel',
    'POST /v1/payments/{id}/captures',
    'POST /v1/payments/{id}/extensions',
    'POST /v1/payments/{id}/increments',
    'POST /v1/payments/{id}/refunds',
    'POST /v1/payments/{id}/tenders',
    'POST /v1/payments/{id}/tenders/{tender_id}/cancel',
    'POST /v1/returns/{id}/settle',
  ])
})

test('only health, providers’ webhooks, pairing a till and the pages for readers are open without a key', () => {
  const open = new Set(routes.filter(({ isPublic }) => isPublic).map(({ path }) => path))
  assert.deepEqual([...open].sort(), [
    '/health/live',
    '/health/ready',
    '/hooks/{merchant_id}/{account_id}',
    '/v1/till/demo',
    '/v1/till/pair',
  ])
})

test('payments in every status are answered in the form the description promises', async () => {
  const { api, simulator, accounts, terminal, till } = shop
  const sale = { amount: 6500, currency: 'EUR', channel: 'web' } as const
  const card = async (number: string) => ({ method: 'card', token: await api.token(number) }) as const
  const pay = async (number: string, more: object = {}) => api.pay({ ...sale, ...more, tender: await card(number) })
  const held = () => pay(CARDS.approved, { capture: 'manual', metadata: { a: 'b' }, reference: 'R-1' })

  const expired = await held()
  shop.clock.advance(8 * DAY)
  await shop.expire()
  simulator.setTerminal(accounts.a, terminal, { waits: true })
  const partly = await held()
  const canceled = await held()
  const answers = [
    await api.pay(sale),
    await pay(CARDS.approved, { customer_id: await shop.customer(), order_id: 'form-1' }),
    await pay(CARDS.declined),
    await pay(CARDS.challenge),
    await pay(CARDS.settles_later),
    await pay(CARDS.lost_after),
    await held(),
    await api.capture(partly.body.id, { amount: 100 }),
    await api.refund(partly.body.id, { amount: 50 }),
    await api.cancel(canceled.body.id),
    await api.pay({ ...sale, country: 'NL', tender: { method: 'ideal' } }),
    await api.pay({ ...sale, currency: 'SEK', country: 'SE', tender: { method: 'swish' } }),
    await api.pay({ ...sale, channel: 'pos', tender: { method: 'card', terminal_id: terminal } }),
    await api.pay({ ...sale, channel: 'pos', tender: { method: 'cash', cash: { register_id: till, tendered: 7000 } } }),
    await api.credit({ ...sale, to: await card(CARDS.approved) }),
    await api.call<PaymentView>('GET', `/v1/payments/${expired.body.id}`),
  ]
  const payment = Compile(PaymentView)
  const seen = new Set<string>()
  for (const { status, body, text } of answers) {
    assert.ok(status >= 200 && status < 300, text)
    const errors = payment.Errors(body).map((error) => `${error.instancePath} ${error.message}`)
    assert.deepEqual(errors, [], text)
    // Neither more nor less than is described.
    assertMembers(PaymentView, body)
    for (const tender of body.tenders) assertMembers(TenderView, tender)
    for (const operation of body.operations ?? []) assertMembers(OperationView, operation)
    seen.add(body.status)
  }
  assert.deepEqual([...seen].sort(), [...PAYMENT_STATUSES].sort(), 'every status was there')
})

function assertMembers(schema: TSchema & { properties: object }, value: object): void {
  assert.deepEqual(Object.keys(value).sort(), Object.keys(schema.properties).sort())
}
