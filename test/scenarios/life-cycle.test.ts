// The life of a payment from nothing to paid or given up. H1.x are the facts of Hyperswitch's public test suite
// (Apache-2.0), with its amounts, in our states. Fees of the simulated provider for a card: 0.25 % interchange, 0.12 %
// scheme, 0.40 % markup, each rounded half-up, and 10 cents.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PaymentInput, PaymentView } from '../../server/payments/payment.ts'
import { CARDS, DAY, openShop, type Shop } from './shop.ts'

const SALE: PaymentInput = { amount: 6500, currency: 'EUR', channel: 'web' }
const MANUAL: PaymentInput = { ...SALE, capture: 'manual' }

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

/** The figures of a payment that its status is about. */
function figures(payment: PaymentView) {
  const { status, amount, amount_authorized, amount_capturable, amount_captured, amount_in_flight } = payment
  return {
    status,
    amount,
    authorized: amount_authorized,
    capturable: amount_capturable,
    captured: amount_captured,
    in_flight: amount_in_flight,
  }
}

async function pay(input: PaymentInput, card: string) {
  const { api } = shop
  return api.pay({ ...input, tender: { method: 'card', token: await api.token(card) } })
}

test('H1.1 a payment without a tender waits for one and moves no money', async () => {
  const { status, body } = await shop.api.pay(SALE)
  assert.equal(status, 201)
  assert.deepEqual(figures(body), {
    status: 'requires_payment',
    amount: 6500,
    authorized: 0,
    capturable: 0,
    captured: 0,
    in_flight: 0,
  })
  assert.deepEqual(body.actions, ['tenders', 'cancel'])
  assert.deepEqual(await shop.books(body.id), [])
  assert.deepEqual(shop.journal(body.id), [])
})

test('H1.2 a payment of 6500 that gets a card is captured at once and booked with its fees', async () => {
  const { api } = shop
  const created = await api.pay(SALE)
  const paid = await api.tender(created.body.id, { method: 'card', token: await api.token(CARDS.approved) })
  assert.equal(paid.status, 201)
  assert.deepEqual(figures(paid.body), {
    status: 'captured',
    amount: 6500,
    authorized: 6500,
    capturable: 0,
    captured: 6500,
    in_flight: 0,
  })
  assert.equal(paid.body.amount_refundable, 6500)
  assert.deepEqual(paid.body.tenders[0]?.instrument && { ...paid.body.tenders[0].instrument }.last4, '4242')
  assert.deepEqual(shop.journal(created.body.id), ['captured 6500'])
  assert.deepEqual(await shop.books(created.body.id), ['sale_succeeded, psp:A +6500, sales_clearing -6500'])
  // 16.25 → 16, 7.8 → 8, 26, 10: 60 together.
  assert.deepEqual(await shop.fees(created.body.id), {
    'fees:interchange': 16,
    'fees:scheme': 8,
    'fees:markup': 26,
    'fees:gateway': 10,
    fees_accrued: -60,
  })
})

test('H1.3 with manual capture the 6500 are held and nothing is received', async () => {
  const { body } = await pay(MANUAL, CARDS.approved)
  assert.deepEqual(figures(body), {
    status: 'authorized',
    amount: 6500,
    authorized: 6500,
    capturable: 6500,
    captured: 0,
    in_flight: 0,
  })
  assert.deepEqual(body.actions, ['captures', 'increments', 'extensions', 'cancel'])
  assert.deepEqual(await shop.books(body.id), ['authorize_succeeded, auth_contra -6500, auth_hold +6500'])
  assert.deepEqual(await shop.fees(body.id), {})
})

test('H1.4 capturing the 6500 that are held receives 6500', async () => {
  const held = await pay(MANUAL, CARDS.approved)
  const captured = await shop.api.capture(held.body.id, { amount: 6500 })
  assert.equal(captured.status, 201)
  assert.deepEqual(figures(captured.body), {
    status: 'captured',
    amount: 6500,
    authorized: 6500,
    capturable: 0,
    captured: 6500,
    in_flight: 0,
  })
  assert.deepEqual(shop.journal(held.body.id), ['authorized 6500', 'captured 6500'])
  assert.deepEqual(await shop.books(held.body.id), [
    'authorize_succeeded, auth_contra -6500, auth_hold +6500',
    'capture_succeeded, auth_contra +6500, auth_hold -6500, psp:A +6500, sales_clearing -6500',
  ])
})

test('H1.5 a final capture of 100 of 6500 releases the other 6400', async () => {
  const held = await pay(MANUAL, CARDS.approved)
  const captured = await shop.api.capture(held.body.id, { amount: 100, final: true })
  assert.deepEqual(figures(captured.body), {
    status: 'partially_captured',
    amount: 6500,
    authorized: 6500,
    capturable: 0,
    captured: 100,
    in_flight: 0,
  })
  assert.deepEqual(shop.journal(held.body.id), ['authorized 6500', 'captured 100', 'voided 6400'])
  assert.deepEqual(await shop.books(held.body.id), [
    'authorize_succeeded, auth_contra -6500, auth_hold +6500',
    'capture_succeeded, auth_contra +6500, auth_hold -6500, psp:A +100, sales_clearing -100',
  ])
  const more = await shop.api.capture(held.body.id, { amount: 100 })
  assert.deepEqual([more.status, more.body.code], [409, 'invalid-state'])
})

test('three captures of one authorisation add up to the cent and no fourth is taken', async () => {
  const held = await pay(MANUAL, CARDS.approved)
  const first = await shop.api.capture(held.body.id, { amount: 2167 })
  assert.deepEqual(figures(first.body), {
    status: 'partially_captured',
    amount: 6500,
    authorized: 6500,
    capturable: 4333,
    captured: 2167,
    in_flight: 0,
  })
  const tooMuch = await shop.api.capture(held.body.id, { amount: 4334 })
  assert.deepEqual([tooMuch.status, tooMuch.body.code], [422, 'amount-exceeds-capturable'])
  await shop.api.capture(held.body.id, { amount: 2167 })
  const last = await shop.api.capture(held.body.id)
  assert.equal(last.body.status, 'captured')
  assert.deepEqual(shop.journal(held.body.id), ['authorized 6500', 'captured 2167', 'captured 2167', 'captured 2166'])
  assert.deepEqual(await shop.books(held.body.id), [
    'authorize_succeeded, auth_contra -6500, auth_hold +6500',
    'capture_succeeded, auth_contra +2167, auth_hold -2167, psp:A +2167, sales_clearing -2167',
    'capture_succeeded, auth_contra +2167, auth_hold -2167, psp:A +2167, sales_clearing -2167',
    'capture_succeeded, auth_contra +2166, auth_hold -2166, psp:A +2166, sales_clearing -2166',
  ])
  const fourth = await shop.api.capture(held.body.id, { amount: 1 })
  assert.deepEqual([fourth.status, fourth.body.code], [409, 'invalid-state'])
})

test('H1.6 a card that asks for 3-D Secure waits for the customer and is captured after the challenge', async () => {
  const { api, simulator, accounts } = shop
  const { status, body } = await api.pay({
    ...SALE,
    return_url: 'https://shop.example/back',
    tender: { method: 'card', token: await api.token(CARDS.challenge) },
  })
  assert.equal(status, 201)
  assert.deepEqual(figures(body), {
    status: 'requires_action',
    amount: 6500,
    authorized: 0,
    capturable: 0,
    captured: 0,
    in_flight: 6500,
  })
  assert.equal(body.next_action?.type, 'redirect')
  assert.match((body.next_action as { type: string; url: string }).url, /^http:\/\/127\.0\.0\.1:4000\/simulator\/pay\//)
  assert.deepEqual(await shop.books(body.id), [])

  simulator.act(accounts.a, body.operations?.[0]?.id as string, 'approve')
  // The customer's browser decides nothing: until the provider tells, nothing has happened.
  assert.equal((await api.payment(body.id)).status, 'requires_action')
  await shop.news()
  const paid = await api.payment(body.id)
  assert.deepEqual(figures(paid), {
    status: 'captured',
    amount: 6500,
    authorized: 6500,
    capturable: 0,
    captured: 6500,
    in_flight: 0,
  })
  assert.equal(paid.next_action, null)
  assert.equal(paid.tenders[0]?.authentication, 'challenge')
  assert.deepEqual(await shop.books(body.id), ['sale_succeeded, psp:A +6500, sales_clearing -6500'])
  assert.deepEqual(await shop.timeline(body.id), [
    'sale succeeded',
    'reply pending → pend',
    'webhook succeeded → succeed',
  ])
})

test('a frictionless 3-D Secure card is captured at once and says how it was authenticated', async () => {
  const { body } = await pay(SALE, CARDS.frictionless)
  assert.equal(body.status, 'captured')
  assert.equal(body.tenders[0]?.authentication, 'frictionless')
})

test('a customer who fails the 3-D Secure challenge has paid nothing and can try another card', async () => {
  const { api, simulator, accounts } = shop
  const first = await pay(SALE, CARDS.challenge)
  simulator.act(accounts.a, first.body.operations?.[0]?.id as string, 'fail_authentication')
  await shop.news()
  const failed = await api.payment(first.body.id)
  assert.equal(failed.status, 'failed')
  assert.equal(failed.decline?.code, 'authentication_failed')
  const second = await api.tender(first.body.id, { method: 'card', token: await api.token(CARDS.approved) })
  assert.equal(second.body.status, 'captured')
  assert.deepEqual(shop.journal(first.body.id), ['captured 6500'])
})

test('H1.7 a payment that was never paid can be cancelled, once', async () => {
  const created = await shop.api.pay(SALE)
  const canceled = await shop.api.cancel(created.body.id)
  assert.equal(canceled.status, 200)
  assert.equal(canceled.body.status, 'canceled')
  assert.deepEqual(canceled.body.actions, [])
  const again = await shop.api.cancel(created.body.id)
  assert.deepEqual([again.status, again.body.code], [409, 'invalid-state'])
  const late = await shop.api.tender(created.body.id, {
    method: 'card',
    token: await shop.api.token(CARDS.approved),
  })
  assert.deepEqual([late.status, late.body.code], [409, 'invalid-state'])
})

test('H1.8 cancelling an authorised payment releases the hold and leaves manual capture as it was', async () => {
  const held = await pay(MANUAL, CARDS.approved)
  const canceled = await shop.api.cancel(held.body.id)
  assert.equal(canceled.status, 200)
  assert.deepEqual(figures(canceled.body), {
    status: 'canceled',
    amount: 6500,
    authorized: 6500,
    capturable: 0,
    captured: 0,
    in_flight: 0,
  })
  assert.equal(canceled.body.capture, 'manual')
  assert.deepEqual(shop.journal(held.body.id), ['authorized 6500', 'voided 6500'])
  assert.deepEqual(await shop.books(held.body.id), [
    'authorize_succeeded, auth_contra -6500, auth_hold +6500',
    'void_succeeded, auth_contra +6500, auth_hold -6500',
  ])
  const late = await shop.api.capture(held.body.id)
  assert.deepEqual([late.status, late.body.code], [409, 'invalid-state'])
})

test('cancelling what is partly captured keeps what was captured', async () => {
  const held = await pay(MANUAL, CARDS.approved)
  await shop.api.capture(held.body.id, { amount: 2500 })
  const canceled = await shop.api.cancel(held.body.id)
  assert.deepEqual(figures(canceled.body), {
    status: 'partially_captured',
    amount: 6500,
    authorized: 6500,
    capturable: 0,
    captured: 2500,
    in_flight: 0,
  })
  assert.deepEqual(shop.journal(held.body.id), ['authorized 6500', 'captured 2500', 'voided 4000'])
})

test('H1.9 reading a payment after each step shows what the step answered', async () => {
  const { api } = shop
  const created = await api.pay(MANUAL)
  const { id } = created.body
  const token = await api.token(CARDS.approved)
  const steps: [() => ReturnType<typeof api.pay>, [string, number, number, number]][] = [
    [async () => created, ['requires_payment', 0, 0, 0]],
    [() => api.tender(id, { method: 'card', token }), ['authorized', 6500, 0, 0]],
    [() => api.capture(id, { amount: 4000 }), ['partially_captured', 2500, 4000, 0]],
    [() => api.refund(id, { amount: 1500 }), ['partially_captured', 2500, 4000, 1500]],
    [() => api.cancel(id), ['partially_captured', 0, 4000, 1500]],
  ]
  for (const [step, expected] of steps) {
    const { operations: instructed, ...answered } = (await step()).body
    const { operations, ...read } = await api.payment(id)
    assert.deepEqual(read, answered)
    assert.equal(operations, null, 'a read answers no command')
    assert.deepEqual([read.status, read.amount_capturable, read.amount_captured, read.amount_refunded], expected)
    assert.ok(instructed === null || instructed.length === 1)
  }
})

test('H1.10 creating and paying in one call ends as in two', async () => {
  const { api } = shop
  for (const capture of ['automatic', 'manual'] as const) {
    for (const card of [CARDS.approved, CARDS.declined, CARDS.challenge, CARDS.settles_later]) {
      const one = await pay({ ...SALE, capture }, card)
      const created = await api.pay({ ...SALE, capture })
      const two = await api.tender(created.body.id, { method: 'card', token: await api.token(card) })
      assert.equal(one.status, 201)
      assert.deepEqual(figures(two.body), figures(one.body), `${card} ${capture}`)
      assert.equal(two.status, one.status)
    }
  }
})

test('a decline is a 201 with its reason, and the payment is paid by a second card', async () => {
  const { api } = shop
  const declined = await pay(SALE, CARDS.poor)
  assert.equal(declined.status, 201)
  assert.equal(declined.body.status, 'failed')
  assert.deepEqual(declined.body.decline, {
    code: 'insufficient_funds',
    message: 'The account has too little money.',
    retryable: true,
  })
  assert.deepEqual(declined.body.actions, ['tenders', 'cancel'])
  assert.equal(declined.body.amount_in_flight, 0)
  const paid = await api.tender(declined.body.id, { method: 'card', token: await api.token(CARDS.mastercard) })
  assert.equal(paid.body.status, 'captured')
  assert.deepEqual(
    paid.body.tenders.map((tender) => [tender.status, tender.amount_captured]),
    [
      ['failed', 0],
      ['captured', 6500],
    ],
  )
  assert.deepEqual(await shop.books(declined.body.id), ['sale_succeeded, psp:A +6500, sales_clearing -6500'])
})

test('a debit that is decided later is in flight until the provider says yes, or no', async () => {
  const { api, clock } = shop
  const yes = await pay(SALE, CARDS.settles_later)
  const no = await pay(SALE, CARDS.declined_later)
  for (const { body } of [yes, no]) assert.deepEqual([body.status, body.amount_in_flight], ['processing', 6500])
  clock.advance(31_000)
  await shop.news()
  assert.equal((await api.payment(yes.body.id)).status, 'captured')
  const refused = await api.payment(no.body.id)
  assert.deepEqual([refused.status, refused.decline?.code, refused.amount_in_flight], ['failed', 'card_declined', 0])
  assert.deepEqual(await shop.books(no.body.id), [])
})

test('a sale that was given back in part and then taken back whole is owed once more, not more than once', async () => {
  const paid = await pay(SALE, CARDS.approved)
  await shop.api.refund(paid.body.id, { amount: 4000 })
  assert.ok(shop.simulator.reverse(shop.accounts.a, paid.body.operations?.[0]?.id as string))
  await shop.news()
  const again = await shop.api.tender(paid.body.id, { method: 'card', token: await shop.api.token(CARDS.approved) })
  assert.equal(again.status, 201, again.text)
  assert.equal(again.body.tenders[1]?.amount, 6500)
})

test('money goes back the way it came for as long as its method allows, and after that another way', async () => {
  const paid = await pay(SALE, CARDS.approved)
  shop.clock.advance(364 * DAY)
  assert.equal((await shop.api.refund(paid.body.id, { amount: 1000 })).status, 201)
  shop.clock.advance(2 * DAY)
  const late = await shop.api.refund(paid.body.id, { amount: 1000 })
  assert.deepEqual([late.status, late.body.code], [422, 'operation-unsupported'])
  const credit = await shop.api.refund(paid.body.id, { amount: 1000, to: { method: 'cash', register_id: shop.till } })
  assert.equal(credit.status, 201, credit.text)
})
