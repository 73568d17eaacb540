// One payment covered in several ways: two cards, a card and cash with change, a card that approves only a part.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PaymentInput, PaymentView } from '../../server/payments/payment.ts'
import { CARDS, openShop, type Shop } from './shop.ts'

const COUNTER: PaymentInput = { amount: 10_000, currency: 'EUR', channel: 'pos' }

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

/** Status, captured and refunded amount of each tender, in order. */
function tendersOf(payment: PaymentView) {
  return payment.tenders.map((tender) => [tender.method, tender.status, tender.amount_captured, tender.amount_refunded])
}

test('V1.1 after a first part of 1000 the rest is paid by a tender without an amount', async () => {
  const { api } = shop
  const sale: PaymentInput = { amount: 6500, currency: 'EUR', channel: 'web' }
  const first = await api.pay({
    ...sale,
    tender: { method: 'card', amount: 1000, token: await api.token(CARDS.approved) },
  })
  assert.deepEqual([first.body.status, first.body.amount_captured], ['partially_captured', 1000])
  const second = await api.tender(first.body.id, { method: 'card', token: await api.token(CARDS.mastercard) })
  assert.deepEqual([second.body.status, second.body.amount_captured], ['captured', 6500])
  assert.equal(second.body.tenders[1]?.amount, 5500)
  assert.deepEqual(shop.journal(first.body.id), ['captured 1000', 'captured 5500'])
})

test('a first part that is only held leaves the payment waiting for the rest', async () => {
  const { api } = shop
  const first = await api.pay({
    amount: 6500,
    currency: 'EUR',
    channel: 'web',
    capture: 'manual',
    tender: { method: 'card', amount: 1000, token: await api.token(CARDS.approved) },
  })
  assert.deepEqual([first.body.status, first.body.amount_capturable], ['requires_payment', 1000])
  const second = await api.tender(first.body.id, { method: 'card', token: await api.token(CARDS.mastercard) })
  assert.deepEqual([second.body.status, second.body.amount_capturable], ['authorized', 6500])
  // Captured over the tenders in their order: 1000 of the first, 2000 of the second; final gives back the other 3500.
  const captured = await api.capture(first.body.id, { amount: 3000, final: true })
  assert.deepEqual(tendersOf(captured.body), [
    ['card', 'captured', 1000, 0],
    ['card', 'captured', 2000, 0],
  ])
  assert.deepEqual(shop.journal(first.body.id), [
    'authorized 1000',
    'authorized 5500',
    'captured 1000',
    'captured 2000',
    'voided 3500',
  ])
})

test('a final capture within the first tender releases the second', async () => {
  const { api } = shop
  const first = await api.pay({
    amount: 6500,
    currency: 'EUR',
    channel: 'web',
    capture: 'manual',
    tender: { method: 'card', amount: 4000, token: await api.token(CARDS.approved) },
  })
  await api.tender(first.body.id, { method: 'card', token: await api.token(CARDS.mastercard) })
  const captured = await api.capture(first.body.id, { amount: 4000, final: true })
  assert.deepEqual([captured.body.status, captured.body.amount_capturable], ['partially_captured', 0])
  assert.deepEqual(tendersOf(captured.body), [
    ['card', 'captured', 4000, 0],
    ['card', 'canceled', 0, 0],
  ])
  assert.deepEqual(shop.journal(first.body.id), ['authorized 4000', 'authorized 2500', 'captured 4000', 'voided 2500'])
})

test('a card and cash pay together, and the customer gets change', async () => {
  const { api, till, terminal } = shop
  const card = await api.pay({ ...COUNTER, tender: { method: 'card', amount: 7500, terminal_id: terminal } })
  const cash = await api.tender(card.body.id, { method: 'cash', cash: { register_id: till, tendered: 5000 } })
  assert.equal(cash.body.status, 'captured')
  assert.deepEqual(cash.body.tenders[1]?.cash, { tendered: 5000, change: 2500 })
  assert.equal(cash.body.store_id, shop.keys.registers[0]?.store_id)
  assert.deepEqual(await shop.books(card.body.id), [
    'sale_succeeded, psp:A +7500, sales_clearing -7500',
    'sale_succeeded, cash +2500, sales_clearing -2500',
  ])
  assert.deepEqual(shop.journal(card.body.id), ['captured 7500'])
})

test('less cash than the amount is no payment, and cash needs its drawer', async () => {
  const { api, till } = shop
  const short = await api.pay({ ...COUNTER, tender: { method: 'cash', cash: { register_id: till, tendered: 9999 } } })
  assert.deepEqual(
    [short.status, short.body.code, short.body.errors[0]?.pointer],
    [422, 'validation-error', '/tender/cash/tendered'],
  )
  const nowhere = await api.pay({ ...COUNTER, tender: { method: 'cash' } })
  assert.deepEqual([nowhere.status, nowhere.body.errors[0]?.pointer], [422, '/tender/cash'])
})

test('a refund goes to the newest tender first, and on to the one before it', async () => {
  const { api, till, terminal } = shop
  const card = await api.pay({ ...COUNTER, tender: { method: 'card', amount: 7500, terminal_id: terminal } })
  await api.tender(card.body.id, { method: 'cash', cash: { register_id: till } })
  const first = await api.refund(card.body.id, { amount: 2000 })
  assert.deepEqual(tendersOf(first.body), [
    ['card', 'captured', 7500, 0],
    ['cash', 'captured', 2500, 2000],
  ])
  const second = await api.refund(card.body.id, { amount: 3000 })
  assert.deepEqual(tendersOf(second.body), [
    ['card', 'captured', 7500, 2500],
    ['cash', 'captured', 2500, 2500],
  ])
  assert.deepEqual([second.body.amount_refunded, second.body.amount_refundable], [5000, 5000])
  assert.deepEqual((await shop.books(card.body.id)).slice(2), [
    'refund_sent, refunds_in_flight -2000, sales_clearing +2000',
    'refund_succeeded, cash -2000, refunds_in_flight +2000',
    'refund_sent, refunds_in_flight -500, sales_clearing +500',
    'refund_sent, refunds_in_flight -2500, sales_clearing +2500',
    'refund_succeeded, cash -500, refunds_in_flight +500',
    'refund_succeeded, psp:A -2500, refunds_in_flight +2500',
  ])
})

test('a refund of a chosen tender goes to that one and never beyond what it took', async () => {
  const { api } = shop
  const first = await api.pay({
    amount: 10_000,
    currency: 'EUR',
    channel: 'web',
    tender: { method: 'card', amount: 6000, token: await api.token(CARDS.approved) },
  })
  const paid = await api.tender(first.body.id, { method: 'card', token: await api.token(CARDS.mastercard) })
  const tender_id = paid.body.tenders[0]?.id as string
  const refund = await api.refund(first.body.id, { amount: 5000, tender_id })
  assert.deepEqual(tendersOf(refund.body), [
    ['card', 'captured', 6000, 5000],
    ['card', 'captured', 4000, 0],
  ])
  const tooMuch = await api.refund(first.body.id, { amount: 1001, tender_id })
  assert.deepEqual([tooMuch.status, tooMuch.body.code], [422, 'amount-exceeds-refundable'])
})

test('a card that approves only half is topped up with cash, and the refund mirrors both', async () => {
  const { api, till } = shop
  const half = await api.pay({ ...COUNTER, tender: { method: 'card', token: await api.token(CARDS.partial) } })
  assert.equal(half.status, 201)
  assert.deepEqual(
    [half.body.status, half.body.amount_captured, half.body.amount_in_flight],
    ['partially_captured', 5000, 0],
  )
  assert.ok(half.body.actions.includes('tenders'), 'the rest can be paid in another way')
  const whole = await api.tender(half.body.id, { method: 'cash', cash: { register_id: till, tendered: 5000 } })
  assert.deepEqual([whole.body.status, whole.body.amount_captured], ['captured', 10_000])
  assert.deepEqual(await shop.books(half.body.id), [
    'sale_succeeded, psp:A +5000, sales_clearing -5000',
    'sale_succeeded, cash +5000, sales_clearing -5000',
  ])
  const back = await api.refund(half.body.id)
  assert.deepEqual(tendersOf(back.body), [
    ['card', 'captured', 5000, 5000],
    ['cash', 'captured', 5000, 5000],
  ])
})

test('a tender larger than what is still due is refused, counting what is in flight', async () => {
  const { api, till } = shop
  const waiting = await api.pay({
    ...COUNTER,
    tender: { method: 'card', amount: 8000, token: await api.token(CARDS.settles_later) },
  })
  assert.equal(waiting.body.amount_in_flight, 8000)
  const tooMuch = await api.tender(waiting.body.id, { method: 'cash', amount: 2001, cash: { register_id: till } })
  assert.deepEqual([tooMuch.status, tooMuch.body.code], [422, 'amount-exceeds-due'])
  const fits = await api.tender(waiting.body.id, { method: 'cash', amount: 2000, cash: { register_id: till } })
  assert.equal(fits.status, 201)
  shop.clock.advance(31_000)
  await shop.news()
  assert.deepEqual((await api.payment(waiting.body.id)).status, 'captured')
})
