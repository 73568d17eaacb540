// Terminals that are known by their provider's own number alone: what becomes of a payment whose process, answer or customer is gone.

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import {
  type FakePay,
  fakePay,
  PASSWORD,
  SERVICE,
  TERMINAL,
  USER,
} from '../../server/connectors/pay-terminal/fake-cloud.fixture.ts'
import { applyInbound } from '../../server/payments/index.ts'
import { openShop, type Shop } from './shop.ts'
import { SALE, type TerminalState, until } from './terminal-shop.ts'

let shop: Shop
let pay: FakePay
let account: string
let tender: { method: string; terminal_id: string }

before(async () => {
  pay = await fakePay()
  shop = await openShop({ naps: true })
  const config = { transport: 'cloud', service_id: SERVICE, user: USER, password: PASSWORD, environment: 'test' }
  const made = await shop.api.call<{ id: string }>('POST', '/v1/connector_accounts', {
    ...{ connector: 'pay_terminal', name: 'Pay.', config: { ...config, url: pay.url } },
  })
  assert.equal(made.status, 201, made.text)
  account = made.body.id
  const terminal = await shop.api.call<{ id: string }>('POST', '/v1/terminals', {
    ...{ store_id: shop.keys.terminals[0]?.store_id, register_id: shop.till, connector_account_id: account },
    ...{ name: 'Counter', serial: TERMINAL },
  })
  assert.equal(terminal.status, 201, terminal.text)
  tender = { method: 'card', terminal_id: terminal.body.id }
})
after(async () => {
  await shop.close()
  await pay.close()
})
beforeEach(() => {
  Object.assign(pay, { customer: 'pays', spoils: undefined })
  pay.orders.length = 0
})

const terminalNow = async () => (await shop.api.get<TerminalState>(`/v1/terminals/${tender.terminal_id}`)).body

test('a payment at the terminal is booked, and given back at its provider', async () => {
  const paid = await shop.api.pay({ ...SALE, tender })
  assert.deepEqual([paid.body.status, paid.body.amount_captured], ['captured', 1099])
  const back = await shop.api.refund(paid.body.id, { amount: 99 })
  assert.deepEqual([back.status, back.body.amount_refunded, pay.orders[0]?.refunded], [201, 99, 99])
})

test('who gives up a payment that is under way reaches it by the number its provider gave it', async () => {
  pay.customer = null
  const paying = shop.api.pay({ ...SALE, tender })
  await until(async () => (await terminalNow()).current?.can_abort === true && pay.orders.length === 1)
  const aborted = async () => (await shop.api.call('POST', `/v1/terminals/${tender.terminal_id}/abort`)).status === 200
  // Busy until the number is kept, which is a moment after the order is made.
  await until(aborted)
  const ended = await paying
  assert.deepEqual([ended.body.status, ended.body.tenders[0]?.status], ['requires_payment', 'canceled'])
  assert.equal((await terminalNow()).state, 'idle')
})

test('a process that dies while the customer stands there leaves the number, and the next one asks by it', async () => {
  pay.customer = null
  const paying = shop.api.pay({ ...SALE, tender })
  await until(async () => (await named()) !== null)
  const [reference, payment] = (await named()) as [string, string]
  shop.door.dieBehind(1)
  await shop.customer().catch(() => undefined)
  pay.customer = 'pays'
  pay.act()
  await paying.catch(() => undefined)
  await shop.restart()
  assert.equal(reference, pay.orders[0]?.orderId)
  assert.equal((await shop.api.payment(payment)).status, 'processing')
  shop.clock.advance(600_000)
  await shop.ask()
  const known = await shop.api.payment(payment)
  assert.deepEqual([known.status, known.amount_captured], ['captured', 1099])
})

async function named(): Promise<[string, string] | null> {
  const { rows } = await shop.database.db.query<{ psp_reference: string; payment_id: string }>(
    `select psp_reference, payment_id from operation
     where connector_account_id = $1 and state = 'dispatched' and psp_reference is not null`,
    [account],
  )
  return rows[0] ? [rows[0].psp_reference, rows[0].payment_id] : null
}

test('an order whose number was lost with the answer is known by its exchange, which is answered as Pay. wants it', async () => {
  pay.spoils = { path: '/orders', how: 'lost' }
  const lost = await shop.api.pay({ ...SALE, tender })
  assert.deepEqual([lost.status, lost.body.attention], [202, 'unknown_outcome'])
  shop.clock.advance(5_000)
  await shop.ask()
  assert.equal((await shop.api.payment(lost.body.id)).attention, 'unknown_outcome', 'nobody can be asked')
  const { headers, body } = pay.exchange(pay.orders[0]?.reference ?? '')
  const path = `/hooks/${shop.keys.merchant_id}/${account}`
  assert.equal(pay.orders[0]?.exchangeUrl, `http://127.0.0.1:4000${path}`)
  const answer = await shop.send({ method: 'POST', path, headers, payload: body.toString('utf8') })
  assert.deepEqual([answer.status, JSON.parse(answer.text)], [200, { received: 1, result: true }])
  await applyInbound(shop.payments)
  const known = await shop.api.payment(lost.body.id)
  assert.deepEqual([known.status, known.attention, known.amount_captured], ['captured', null, 1099])
})

const LOCATION = { transport: 'local', service_id: SERVICE, user: SERVICE, password: 'x', environment: 'test' }
const configs: [connector: string, config: Record<string, string>, refused: string | undefined][] = [
  ['pay_terminal', {}, '/config/transport'],
  ['pay_terminal', { ...LOCATION, endpoints: 'TH-1=127.0.0.1:8888', extra: '1' }, '/config/extra'],
  ['pay_terminal', { ...LOCATION, endpoints: 'TH-1=10.0.0.5:8888' }, '/config/endpoints'],
  ['pay_terminal', { ...LOCATION, endpoints: '127.0.0.1:8888' }, '/config/endpoints'],
  ['pay_terminal', { ...LOCATION, environment: 'live', endpoints: 'TH-1=127.0.0.1:8888' }, '/config/environment'],
  ['pay_terminal', { ...LOCATION, endpoints: 'TH-1=127.0.0.1:8888', url: 'http://example.org' }, '/config/url'],
  ['pay_terminal', { ...LOCATION, endpoints: 'TH-1=127.0.0.1:8888' }, undefined],
  ['concert', {}, '/config/endpoints'],
  ['concert', { endpoints: 'T1=127.0.0.1:8888', till: '1' }, '/config/till'],
  ['concert', { endpoints: 'T1=169.254.169.254:80' }, '/config/endpoints'],
  ['concert', { endpoints: 'T1=127.0.0.1:8888 T2=[::1]:8888', till: '02' }, undefined],
  ['buckaroo_terminal', { website_key: 'Website1', environment: 'test' }, '/config/secret_key'],
  ['buckaroo_terminal', { website_key: 'Website1', secret_key: 'x', environment: 'live' }, '/config/environment'],
  ['buckaroo_terminal', { website_key: 'Website1', secret_key: 'x', environment: 'test' }, undefined],
]
for (const [connector, config, refused] of configs) {
  test(`an account of ${connector} with ${Object.values(config).join(' ')} is ${refused ?? 'made'}`, async () => {
    const made = await shop.api.call('POST', '/v1/connector_accounts', { connector, name: 'T', config })
    const [error] = (made.body['errors'] as { pointer: string }[] | undefined) ?? []
    assert.deepEqual([made.status, error?.pointer], [refused === undefined ? 201 : 422, refused], made.text)
  })
}
