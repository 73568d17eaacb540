// Story 18: when provider account A does not take a charge, account B does; when A may have taken it, B is never asked. And
// what arrives twice or too late is given back.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { FaultName } from '../../server/connectors/simulator/index.ts'
import type { PaymentInput } from '../../server/payments/payment.ts'
import { CARDS, MINUTE, openShop, SECOND, type Shop } from './shop.ts'

const SALE: PaymentInput = { amount: 6500, currency: 'EUR', channel: 'web' }

let shop: Shop
const opened: Shop[] = []
beforeEach(async () => {
  shop = await openShop()
  opened.push(shop)
})
after(async () => {
  for (const each of opened) await each.close()
})

async function pay(input: PaymentInput = SALE, card: string = CARDS.approved) {
  const { api } = shop
  return api.pay({ ...input, tender: { method: 'card', token: await api.token(card) } })
}

function strikeA(verb: string, fault: FaultName): void {
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb, fault }] }, shop.accounts.a)
}

/** Where charges really went, by account. */
function went(): string[] {
  const names = { [shop.accounts.a]: 'A', [shop.accounts.b]: 'B' }
  return shop.simulator.journal().map((row) => `${names[row.account]} ${row.effect} ${row.amount}`)
}

test('A is down: the same request is carried by B, and the timeline tells both', async () => {
  strikeA('sale', 'down')
  const { status, body } = await pay()
  assert.deepEqual([status, body.status, body.tenders[0]?.connector_account], [201, 'captured', shop.accounts.b])
  assert.deepEqual(went(), ['B captured 6500'])
  assert.deepEqual(await shop.books(body.id), ['sale_succeeded, psp:B +6500, sales_clearing -6500'])
  assert.deepEqual((await shop.timeline(body.id)).sort(), [
    'reply no_effect → fail',
    'reply succeeded → succeed',
    'sale no_effect',
    'sale succeeded',
  ])
  const refund = await shop.api.refund(body.id)
  assert.equal(refund.body.amount_refunded, 6500)
  assert.deepEqual(went(), ['B captured 6500', 'B refunded 6500'], 'and refunded where it was charged')
})

test('A stays away for half a minute: B carries on, and afterwards A is first again', async () => {
  strikeA('sale', 'account_down')
  await pay()
  await pay()
  shop.clock.advance(31 * SECOND)
  await pay()
  assert.deepEqual(went(), ['B captured 6500', 'B captured 6500', 'A captured 6500'])
})

test('an unknown outcome at A is not retried at B', async () => {
  strikeA('sale', 'lost_after')
  const { status, body } = await pay()
  assert.deepEqual([status, body.attention, body.amount_in_flight], [202, 'unknown_outcome', 6500])
  assert.equal(body.operations?.length, 1)
  assert.deepEqual(went(), ['A captured 6500'])
  // The next customer is not kept waiting by it.
  assert.equal((await pay()).body.status, 'captured')
  shop.clock.advance(6 * SECOND)
  await shop.ask()
  assert.deepEqual(went(), ['A captured 6500', 'A captured 6500'])
})

test('an error before anything happened is unknown to us, so B is not asked either', async () => {
  strikeA('sale', 'http5xx_before')
  const { status } = await pay()
  assert.equal(status, 202)
  assert.deepEqual(went(), [])
})

test('a decline at A is the issuer’s word and is not tried at B', async () => {
  const { status, body } = await pay(SALE, CARDS.declined)
  assert.deepEqual([status, body.status, body.operations?.length], [201, 'failed', 1])
})

test('nobody answers: the payment failed, nothing is reserved, and a new tender may be tried', async () => {
  const { status, body } = await pay(SALE, CARDS.down)
  assert.equal(status, 201)
  assert.deepEqual([body.status, body.decline?.code, body.decline?.retryable], ['failed', 'no_effect', true])
  assert.equal(body.amount_in_flight, 0)
  assert.deepEqual(went(), [])
  assert.deepEqual(await shop.books(body.id), [])
})

test('an account that is switched off takes no charges, but its refunds still go there', async () => {
  const paid = await pay()
  const off = await shop.api.call('PATCH', `/v1/connector_accounts/${shop.accounts.a}`, { is_enabled: false })
  assert.equal(off.status, 200)
  await pay()
  await shop.api.refund(paid.body.id)
  assert.deepEqual(went(), ['A captured 6500', 'B captured 6500', 'A refunded 6500'])
})

test('an order is paid once: while a payment of it has or may have the money, another is refused', async () => {
  const order: PaymentInput = { ...SALE, order_id: 'order-1' }
  strikeA('sale', 'lost_after')
  const unknown = await pay(order)
  assert.equal(unknown.status, 202)
  const second = await pay(order)
  assert.deepEqual([second.status, second.body.code], [409, 'order-already-paid'])
  shop.clock.advance(6 * SECOND)
  await shop.ask()
  const third = await pay(order)
  assert.deepEqual([third.status, third.body.code], [409, 'order-already-paid'])
  assert.deepEqual(went(), ['A captured 6500'])
})

test('a declined payment leaves its order free for another one', async () => {
  const order: PaymentInput = { ...SALE, order_id: 'order-2' }
  assert.equal((await pay(order, CARDS.declined)).body.status, 'failed')
  assert.equal((await pay(order)).body.status, 'captured')
})

test('a link paid at the counter instead is dead afterwards', async () => {
  const { api, simulator, accounts, terminal } = shop
  const order_id = 'order-3'
  const link = await api.pay({
    amount: 6500,
    currency: 'EUR',
    channel: 'link',
    country: 'NL',
    order_id,
    tender: { method: 'ideal' },
  })
  const counter = {
    amount: 6500,
    currency: 'EUR',
    channel: 'pos',
    order_id,
    tender: { method: 'card', terminal_id: terminal },
  } as const
  assert.equal((await api.pay(counter)).body.code, 'order-already-paid', 'the customer may be at the bank’s page now')
  await api.cancel(link.body.id)
  assert.equal((await api.pay(counter)).body.status, 'captured')
  assert.equal(simulator.act(accounts.a, link.body.operations?.[0]?.id as string, 'approve'), false)
  assert.deepEqual(went(), ['A captured 6500'])
})

test('a customer who pays in the moment of cancelling gets the money back', async () => {
  const { api, simulator, accounts } = shop
  const payment = await api.pay({
    ...SALE,
    country: 'NL',
    tender: { method: 'ideal' },
  })
  simulator.act(accounts.a, payment.body.operations?.[0]?.id as string, 'approve')
  // The bank has taken the money; we do not know it yet, and the void is refused.
  const canceled = await api.cancel(payment.body.id)
  assert.equal(canceled.status, 200)
  await shop.news()
  const late = await api.payment(payment.body.id)
  assert.deepEqual([late.attention, late.amount_captured], ['review', 6500])
  assert.equal(await shop.giveBack(), 1)
  const settled = await api.payment(payment.body.id)
  assert.deepEqual([settled.attention, settled.amount_refunded], [null, 6500])
  assert.deepEqual(went(), ['A captured 6500', 'A refunded 6500'])
  assert.deepEqual(await shop.books(payment.body.id), [
    'sale_succeeded, psp:A +6500, sales_clearing -6500',
    'refund_sent, refunds_in_flight -6500, sales_clearing +6500',
    'refund_succeeded, psp:A -6500, refunds_in_flight +6500',
  ])
  shop.clock.advance(MINUTE)
  assert.equal(await shop.giveBack(), 0)
})
