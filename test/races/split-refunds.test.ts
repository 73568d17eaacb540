// Instructions that meet on a payment of several tenders. Each is planned without a lock, so one of two is planned on
// amounts that have moved; it must then be planned anew, not refused for money that is there.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CARDS, openShop, type Shop } from '../scenarios/shop.ts'

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

/** 650 over two cards of 325 each. */
async function splitSale(capture: 'automatic' | 'manual'): Promise<string> {
  const { api } = shop
  const sale = { amount: 650, currency: 'EUR', channel: 'web', capture } as const
  const tender = { method: 'card', amount: 325, token: await api.token(CARDS.approved) }
  const first = await api.pay({ ...sale, tender })
  await api.tender(first.body.id, { method: 'card', token: await api.token(CARDS.mastercard) })
  return first.body.id
}

test('two refunds at once take from both tenders what neither of them has alone', async () => {
  const id = await splitSale('automatic')
  const answers = await Promise.all([shop.api.refund(id, { amount: 255 }), shop.api.refund(id, { amount: 255 })])
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201],
  )
  const payment = await shop.api.payment(id)
  assert.deepEqual([payment.amount_refunded, payment.amount_refundable], [510, 140])
})

test('two captures at once take from both tenders what neither of them has alone', async () => {
  const id = await splitSale('manual')
  const answers = await Promise.all([shop.api.capture(id, { amount: 255 }), shop.api.capture(id, { amount: 255 })])
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201],
  )
  const payment = await shop.api.payment(id)
  assert.deepEqual([payment.amount_captured, payment.amount_capturable], [510, 140])
})

test('of ten refunds of 100 at once six are carried out and four are refused', async () => {
  const id = await splitSale('automatic')
  const answers = await Promise.all(Array.from({ length: 10 }, () => shop.api.refund(id, { amount: 100 })))
  const statuses = answers.map(({ status, body }) => (status === 201 ? 'refunded' : body.code)).sort()
  assert.deepEqual(statuses, [...Array(4).fill('amount-exceeds-refundable'), ...Array(6).fill('refunded')])
  assert.equal((await shop.api.payment(id)).amount_refunded, 600)
})
