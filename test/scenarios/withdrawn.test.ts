// A tender that waits for the customer, taken back or cancelled: when the provider does it, when it cannot be reached, and when the
// customer was faster.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PaymentView } from '../../server/payments/payment.ts'
import { CARDS, openShop, type Shop } from './shop.ts'

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

const sale = { amount: 3000, currency: 'EUR', channel: 'web' } as const

async function waiting(order: string): Promise<PaymentView> {
  const { body, text } = await shop.api.pay({ ...sale, order_id: order, tender: { method: 'ideal' } })
  assert.equal(body.status, 'requires_action', text)
  return body
}

const accountOf = ({ tenders }: PaymentView) => tenders[0]?.connector_account as string
const chargeOf = ({ operations }: PaymentView) => operations?.[0]?.id as string
const cancel = ({ id }: PaymentView, key?: string) =>
  shop.api.call<PaymentView>('POST', `/v1/payments/${id}/cancel`, {}, { key: key ?? `cancel-${id}-${++tries}` })
const takeBack = ({ id, tenders }: PaymentView) =>
  shop.api.call<PaymentView>(
    'POST',
    `/v1/payments/${id}/tenders/${tenders[0]?.id}/cancel`,
    {},
    { key: `back-${id}-${++tries}` },
  )
let tries = 0

test('what is taken back was never tried: the payment is open again, and is paid another way', async () => {
  const payment = await waiting('order-back')
  const { status, body } = await takeBack(payment)
  assert.equal(status, 200)
  assert.deepEqual([body.status, body.decline, body.tenders[0]?.status], ['requires_payment', null, 'canceled'])
  assert.ok(body.actions.includes('tenders'))
  const tender = { method: 'card', token: await shop.api.token(CARDS.approved) }
  const paid = await shop.api.call<PaymentView>('POST', `/v1/payments/${payment.id}/tenders`, tender, {
    key: 'paid-after-back',
  })
  assert.deepEqual([paid.body.status, paid.body.amount_captured], ['captured', 3000])
})

test('a cancel that the provider never got sends nobody on to pay, and taking the tender back ends it', async () => {
  const payment = await waiting('order-down')
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'void', fault: 'down' }] }, accountOf(payment))
  const first = await cancel(payment)
  assert.equal(first.body.operations?.[0]?.state, 'no_effect')
  assert.equal(first.body.status, 'requires_action')
  assert.equal(first.body.next_action, null)
  const second = await takeBack(payment)
  assert.deepEqual([second.status, second.body.status], [200, 'canceled'])
  const another = await shop.api.pay({ ...sale, order_id: 'order-down', tender: { method: 'ideal' } })
  assert.equal(another.status, 201, another.text)
})

test('a customer who was faster than the cancel gets their money back, and nobody is sent to pay any more', async () => {
  const payment = await waiting('order-raced')
  assert.ok(shop.simulator.act(accountOf(payment), chargeOf(payment), 'approve'))
  const { body } = await cancel(payment)
  assert.equal(body.operations?.[0]?.state, 'declined')
  assert.equal(body.next_action, null)
  await shop.news()
  await shop.giveBack()
  await shop.news()
  const now = await shop.api.call<PaymentView>('GET', `/v1/payments/${payment.id}`)
  assert.equal(now.body.amount_captured, now.body.amount_refunded)
})
