// Cards as tokens and saved instruments: used once, kept for a customer or an order, charged with and without the customer.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PaymentInput } from '../../server/payments/payment.ts'
import { CARDS, openShop, type Shop } from './shop.ts'

const SALE: PaymentInput = { amount: 2500, currency: 'EUR', channel: 'web' }

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

/** A card saved for a new customer by paying with it, and the payment that did so. */
async function savedByPaying(card: string = CARDS.approved) {
  const { api } = shop
  const customer_id = await shop.customer()
  const { body } = await api.pay({
    ...SALE,
    customer_id,
    tender: { method: 'card', token: await api.token(card), save: 'customer' },
  })
  return { customer_id, payment: body, instrument_id: body.tenders[0]?.instrument_id as string }
}

test('a token pays once, and a second payment with it reaches no provider', async () => {
  const { api } = shop
  const token = await api.token(CARDS.approved)
  const first = await api.pay({ ...SALE, tender: { method: 'card', token } })
  assert.equal(first.body.status, 'captured')
  const before = shop.journal().length
  const second = await api.pay({ ...SALE, tender: { method: 'card', token } })
  assert.deepEqual([second.status, second.body.code], [422, 'token-used'])
  assert.equal(shop.journal().length, before)
})

test('of two payments that race for one token exactly one charges the card', async () => {
  const { api } = shop
  const token = await api.token(CARDS.approved)
  const before = shop.journal().length
  const both = await Promise.all([1, 2].map(() => api.pay({ ...SALE, tender: { method: 'card', token } })))
  assert.deepEqual(both.map(({ status }) => status).sort(), [201, 422])
  assert.equal(shop.journal().length, before + 1)
})

test('a token that was declined is used up', async () => {
  const { api } = shop
  const token = await api.token(CARDS.declined)
  const declined = await api.pay({ ...SALE, tender: { method: 'card', token } })
  assert.equal(declined.body.status, 'failed')
  const again = await api.tender(declined.body.id, { method: 'card', token })
  assert.deepEqual([again.status, again.body.code], [422, 'token-used'])
})

test('a token is good for minutes, not for days', async () => {
  const { api, clock } = shop
  const token = await api.token(CARDS.approved)
  clock.advance(24 * 60 * 60_000)
  const late = await api.pay({ ...SALE, tender: { method: 'card', token } })
  assert.deepEqual([late.status, late.body.code], [422, 'token-used'])
})

test('a card saved while paying is charged again by its customer, without the card', async () => {
  const { customer_id, instrument_id } = await savedByPaying()
  assert.match(instrument_id, /^ins_/)
  const again = await shop.api.pay({ ...SALE, customer_id, channel: 'app', tender: { method: 'card', instrument_id } })
  assert.equal(again.body.status, 'captured')
  assert.equal(again.body.tenders[0]?.instrument_id, instrument_id)
  const { body } = await shop.api.get<{ data: { id: string }[] }>(`/v1/customers/${customer_id}/instruments`)
  assert.deepEqual(
    body.data.map(({ id }) => id),
    [instrument_id],
  )
})

test('the same card is recognised in every channel by its fingerprint', async () => {
  const { api } = shop
  const cards = await Promise.all(
    [1, 2].map(async () => {
      const token = await api.token(CARDS.mastercard)
      return (await api.get<{ card: { fingerprint: string } }>(`/v1/tokens/${token}`)).body.card.fingerprint
    }),
  )
  assert.equal(cards[0], cards[1])
  const other = await shop.neighbour()
  const token = await other.api.token(CARDS.mastercard)
  const foreign = await other.api.get<{ card: { fingerprint: string } }>(`/v1/tokens/${token}`)
  assert.notEqual(foreign.body.card.fingerprint, cards[0], 'another merchant’s fingerprint of it says nothing')
})

test('a card that was declined is not kept', async () => {
  const { customer_id, payment } = await savedByPaying(CARDS.declined)
  assert.equal(payment.tenders[0]?.instrument_id, null)
  const { body } = await shop.api.get<{ data: unknown[] }>(`/v1/customers/${customer_id}/instruments`)
  assert.deepEqual(body.data, [])
})

test('the merchant charges a saved card on its own with the network’s reference of the first charge', async () => {
  const { api, simulator, accounts } = shop
  // This card asks for the customer unless the charge refers to one at which the customer was present.
  const customer_id = await shop.customer()
  const first = await api.pay({
    ...SALE,
    customer_id,
    tender: { method: 'card', token: await api.token(CARDS.challenge), save: 'customer' },
  })
  simulator.act(accounts.a, first.body.operations?.[0]?.id as string, 'approve')
  await shop.news()
  const instrument_id = (await api.payment(first.body.id)).tenders[0]?.instrument_id as string
  const renewal = await api.pay({
    ...SALE,
    customer_id,
    channel: 'subscription',
    tender: { method: 'card', instrument_id, initiator: 'merchant' },
  })
  assert.equal(renewal.body.status, 'captured')
})

test('without a first charge the merchant alone is refused by the issuer', async () => {
  const { api } = shop
  const customer_id = await shop.customer()
  const saved = await api.call<{ id: string }>('POST', `/v1/customers/${customer_id}/instruments`, {
    token: await api.token(CARDS.challenge),
  })
  assert.equal(saved.status, 201)
  const charge = await api.pay({
    ...SALE,
    customer_id,
    channel: 'subscription',
    tender: { method: 'card', instrument_id: saved.body.id, initiator: 'merchant' },
  })
  assert.deepEqual([charge.body.status, charge.body.decline?.code], ['failed', 'authentication_required'])
})

test('a merchant-initiated charge needs an instrument, not a token', async () => {
  const { api } = shop
  const token = await api.token(CARDS.approved)
  const refused = await api.pay({ ...SALE, tender: { method: 'card', token, initiator: 'merchant' } })
  assert.deepEqual([refused.status, refused.body.errors[0]?.pointer], [422, '/tender/instrument_id'])
})

test('another customer’s saved card answers like one that does not exist', async () => {
  const { api } = shop
  const { instrument_id } = await savedByPaying()
  const stranger = await shop.customer('Mallory')
  const before = shop.journal().length
  const refuse = async (id: string, customer_id?: string) => {
    const { status, body } = await api.pay({
      ...SALE,
      customer_id,
      tender: { method: 'card', instrument_id: id },
    })
    const { request_id: _, ...problem } = body
    return { status, problem }
  }
  const foreign = await refuse(instrument_id, stranger)
  const unknown = await refuse('ins_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S', stranger)
  assert.deepEqual(foreign, unknown)
  assert.deepEqual([foreign.status, foreign.problem.code], [422, 'reference-not-found'])
  assert.deepEqual(await refuse(instrument_id), unknown, 'nor may it be charged without any customer')
  assert.equal(shop.journal().length, before)
})

test('click and collect: a card kept for an order is charged when the order is collected, and for no other order', async () => {
  const { api } = shop
  const kept = await api.call<{ id: string }>('POST', '/v1/instruments', {
    token: await api.token(CARDS.approved),
    order_id: 'collect-1',
  })
  assert.equal(kept.status, 201)
  const tender = { method: 'card', instrument_id: kept.body.id } as const
  const other = await api.pay({ ...SALE, order_id: 'collect-2', tender })
  assert.deepEqual([other.status, other.body.code], [422, 'reference-not-found'])
  const collected = await api.pay({ ...SALE, amount: 1800, order_id: 'collect-1', channel: 'pos', tender })
  assert.deepEqual([collected.body.status, collected.body.amount_captured], ['captured', 1800])
})

test('a revoked card can no longer be charged', async () => {
  const { api } = shop
  const { customer_id, instrument_id } = await savedByPaying()
  const revoked = await api.call('DELETE', `/v1/customers/${customer_id}/instruments/${instrument_id}`)
  assert.equal(revoked.status, 204)
  const refused = await api.pay({ ...SALE, customer_id, tender: { method: 'card', instrument_id } })
  assert.deepEqual([refused.status, refused.body.code], [422, 'reference-not-found'])
})

test('a token is used up by a payout as by a payment', async () => {
  const { api } = shop
  const payout = async (token: string) => api.credit({ ...SALE, to: { method: 'card', token } })
  const token = await api.token(CARDS.approved)
  assert.equal((await payout(token)).status, 201)
  const before = shop.journal().length
  const again = await payout(token)
  assert.deepEqual([again.status, again.body.code], [422, 'token-used'])
  const charge = await api.pay({ ...SALE, tender: { method: 'card', token } })
  assert.deepEqual([charge.status, charge.body.code], [422, 'token-used'])
  assert.equal(shop.journal().length, before)
})

test('a token that a refund went to is used up too, also when two refunds race for it', async () => {
  const { api } = shop
  const paid = await api.pay({ ...SALE, tender: { method: 'card', token: await api.token(CARDS.approved) } })
  const token = await api.token(CARDS.mastercard)
  const both = await Promise.all(
    [100, 200].map((amount) => api.refund(paid.body.id, { amount, to: { method: 'card', token } })),
  )
  assert.deepEqual(both.map(({ status }) => status).sort(), [201, 422])
  assert.equal(both.find(({ status }) => status === 422)?.body.code, 'token-used')
})

test('money is paid out to a saved card only for the customer who keeps it', async () => {
  const { api } = shop
  const { customer_id, instrument_id } = await savedByPaying()
  const to = { method: 'card', instrument_id }
  const stranger = await shop.customer('Mallory')
  const before = shop.journal().length
  for (const payer of [stranger, undefined]) {
    const { status, body } = await api.credit({ ...SALE, customer_id: payer, to })
    assert.deepEqual([status, body.code, body.errors[0]?.pointer], [422, 'reference-not-found', '/to/instrument_id'])
  }
  const paid = await api.pay({
    ...SALE,
    customer_id: stranger,
    tender: { method: 'card', token: await api.token(CARDS.approved) },
  })
  const refund = await api.refund(paid.body.id, { to })
  assert.deepEqual([refund.status, refund.body.code], [422, 'reference-not-found'])
  assert.equal(shop.journal().length, before + 1)
  assert.equal((await api.credit({ ...SALE, customer_id, to })).status, 201)
})
