// Payments the customer finishes elsewhere: on a bank's page, in an app, at a terminal. Where the browser goes decides
// nothing; the provider's word does.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PaymentView } from '../../server/payments/payment.ts'
import type { Api } from '../api.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

async function payWith(method: string, currency = 'EUR', country = 'NL'): Promise<PaymentView> {
  const { status, body } = await shop.api.pay({
    amount: 4995,
    currency,
    channel: 'web',
    country,
    return_url: 'https://shop.example/thanks?order=1',
    tender: { method },
  })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

function act(payment: PaymentView, what: 'approve' | 'decline' | 'abandon'): boolean {
  return shop.simulator.act(shop.accounts.a, payment.operations?.[0]?.id as string, what)
}

/** What the page at the address of a next_action answers to a button. */
async function press(url: string, button: string): Promise<number> {
  const answer = await shop.send({
    method: 'POST',
    path: new URL(url).pathname,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: `act=${button}`,
  })
  return answer.status
}

test('iDEAL sends the customer to the bank and is captured when the bank says so', async () => {
  const payment = await payWith('ideal')
  assert.deepEqual([payment.status, payment.amount_in_flight], ['requires_action', 4995])
  const action = payment.next_action as { type: string; url: string }
  assert.equal(action.type, 'redirect')
  const page = await shop.send({ method: 'GET', path: new URL(action.url).pathname, headers: {} })
  assert.equal(page.status, 200)
  assert.match(page.headers['content-type'] ?? '', /^text\/html/)

  const pressed = await press(action.url, 'approve')
  assert.ok(pressed === 200 || pressed === 303 || pressed === 302, `the page answered ${pressed}`)
  await shop.news()
  const paid = await shop.api.payment(payment.id)
  assert.deepEqual([paid.status, paid.amount_captured, paid.next_action], ['captured', 4995, null])
  assert.deepEqual(await shop.books(payment.id), ['sale_succeeded, psp:A +4995, sales_clearing -4995'])
  assert.deepEqual(await shop.fees(payment.id), { 'fees:gateway': 29, fees_accrued: -29 })
})

test('Swish waits for the customer’s phone, with something to show meanwhile', async () => {
  const payment = await payWith('swish', 'SEK', 'SE')
  assert.equal(payment.status, 'requires_action')
  const action = payment.next_action as { type: string; qr?: string; message?: string }
  assert.equal(action.type, 'wait')
  assert.ok(action.qr, 'a QR code to scan')
  assert.equal(action.message, 'Confirm in Swish.')
  act(payment, 'approve')
  await shop.news()
  assert.equal((await shop.api.payment(payment.id)).status, 'captured')
})

test('a customer who leaves the page has paid nothing and may choose another method', async () => {
  const payment = await payWith('ideal')
  act(payment, 'abandon')
  await shop.news()
  const left = await shop.api.payment(payment.id)
  assert.deepEqual([left.status, left.decline?.code, left.amount_in_flight], ['failed', 'customer_canceled', 0])
  assert.deepEqual(shop.journal(payment.id), [])
  const second = await shop.api.tender(payment.id, {
    method: 'card',
    token: await shop.api.token(CARDS.approved),
  })
  assert.equal(second.body.status, 'captured')
})

test('a page nobody acts on ends by itself after half an hour', async () => {
  const payment = await payWith('ideal')
  shop.clock.advance(31 * MINUTE)
  await shop.news()
  const over = await shop.api.payment(payment.id)
  assert.deepEqual([over.status, over.decline?.code], ['failed', 'action_expired'])
  assert.equal(act(payment, 'approve'), false, 'and cannot be approved afterwards')
})

test('the customer’s answer is found by asking when its webhook never comes', async () => {
  const payment = await payWith('ideal')
  act(payment, 'approve')
  // A minute after the charge the resolver asks for the first time.
  shop.clock.advance(MINUTE + 1)
  await shop.ask()
  assert.equal((await shop.api.payment(payment.id)).status, 'captured')
  await shop.news()
  assert.deepEqual(shop.journal(payment.id), ['captured 4995'])
  assert.deepEqual(await shop.books(payment.id), ['sale_succeeded, psp:A +4995, sales_clearing -4995'])
  assert.deepEqual((await shop.timeline(payment.id)).slice(-2), [
    'poll succeeded → succeed',
    'webhook succeeded → none:repeated',
  ])
})

test('cancelling while the customer is at the bank calls the charge off there', async () => {
  const payment = await payWith('ideal')
  const canceled = await shop.api.cancel(payment.id)
  assert.deepEqual([canceled.status, canceled.body.status, canceled.body.next_action], [200, 'canceled', null])
  assert.equal(act(payment, 'approve'), false)
  await shop.news()
  assert.equal((await shop.api.payment(payment.id)).status, 'canceled')
  assert.deepEqual(await shop.books(payment.id), [])
})

test('a return_url is a plain web address or nothing', async () => {
  for (const return_url of [
    'javascript:alert(1)',
    '//evil.example/back',
    '/\\evil.example',
    'https:evil.example',
    'java\tscript:alert(1)',
    'https://user:secret@shop.example/',
    'ftp://shop.example/file',
  ]) {
    const { status, body } = await shop.api.pay({
      amount: 4995,
      currency: 'EUR',
      channel: 'web',
      return_url,
      tender: { method: 'ideal' },
    })
    assert.equal(status, 422, return_url)
    assert.equal(body.code, 'url-not-allowed', return_url)
  }
})

async function backTo(api: Api, return_url: string): Promise<[number, string | undefined]> {
  const { status, body } = await api.pay({ amount: 4995, currency: 'EUR', channel: 'web', return_url })
  return [status, (body as { code?: string }).code]
}
const REFUSED = [422, 'url-not-allowed']

test('a customer of a test merchant goes back by https, or to the machine of the developer', async () => {
  const { api } = await shop.neighbour()
  assert.deepEqual(await backTo(api, 'https://shop.example/thanks'), [201, undefined])
  assert.deepEqual(await backTo(api, 'http://localhost:3000/thanks'), [201, undefined])
  assert.deepEqual(await backTo(api, 'http://shop.example/thanks'), REFUSED)
  // Once origins are named, they are those that count.
  await api.call('PATCH', '/v1/checkout_settings', { allowed_origins: ['https://shop.example'] })
  assert.deepEqual(await backTo(api, 'https://shop.example/thanks?order=1'), [201, undefined])
  assert.deepEqual(await backTo(api, 'https://shop.example:8443/'), REFUSED)
  assert.deepEqual(await backTo(api, 'https://shop.example.evil.example/'), REFUSED)
  assert.deepEqual(await backTo(api, 'http://127.0.0.1:3000/'), [201, undefined])
})

test('a customer of a live merchant goes back by https to origins that the merchant has named', async () => {
  const { api } = await shop.neighbour({ mode: 'live' })
  assert.deepEqual(await backTo(api, 'https://shop.example/thanks'), REFUSED)
  const origins = ['https://shop.example', 'http://plain.example', 'http://localhost:3000']
  await api.call('PATCH', '/v1/checkout_settings', { allowed_origins: origins })
  assert.deepEqual(await backTo(api, 'https://shop.example/thanks'), [201, undefined])
  assert.deepEqual(await backTo(api, 'http://plain.example/thanks'), REFUSED)
  assert.deepEqual(await backTo(api, 'http://localhost:3000/thanks'), REFUSED)
  // Our own pages lead nowhere else.
  assert.deepEqual(await backTo(api, 'http://127.0.0.1:4000/o/whatever'), [201, undefined])
})

test('a terminal that waits for a card asks to present one, and the card decides', async () => {
  const { api, simulator, accounts, terminal } = shop
  simulator.setTerminal(accounts.a, terminal, { waits: true })
  const waiting = await api.pay({
    amount: 1295,
    currency: 'EUR',
    channel: 'pos',
    tender: { method: 'card', terminal_id: terminal },
  })
  assert.deepEqual([waiting.body.status, waiting.body.next_action?.type], ['requires_action', 'present_card'])
  act(waiting.body, 'approve')
  await shop.news()
  const paid = await api.payment(waiting.body.id)
  assert.deepEqual([paid.status, paid.store_id], ['captured', shop.keys.terminals[0]?.store_id])
  simulator.setTerminal(accounts.a, terminal, null)
})

test('a terminal that loses the answer after approval is asked, not charged again', async () => {
  const { api, simulator, accounts, terminal, clock } = shop
  simulator.setTerminal(accounts.a, terminal, { fault: 'lost_after' })
  const sale = {
    amount: 1295,
    currency: 'EUR',
    channel: 'pos',
    tender: { method: 'card', terminal_id: terminal },
  } as const
  const lost = await api.pay(sale, { key: 'terminal-sale-1' })
  assert.deepEqual([lost.status, lost.body.status, lost.body.attention], [202, 'processing', 'unknown_outcome'])
  const repeated = await api.pay(sale, { key: 'terminal-sale-1' })
  assert.equal(repeated.status, 202)
  clock.advance(6_000)
  await shop.ask()
  assert.equal((await api.payment(lost.body.id)).status, 'captured')
  assert.deepEqual(shop.journal(lost.body.id), ['captured 1295'])
})
