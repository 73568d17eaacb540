// Chargebacks: the provider takes the money back while it asks, and gives it back or keeps it at the end.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { applyInbound } from '../../server/payments/index.ts'
import type { PaymentView } from '../../server/payments/payment.ts'
import { storeInboundEvent } from '../../server/payments/store.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

interface Dispute {
  id: string
  status: string
  amount: number
  reason: string
  respond_by: string | null
  closed_at: string | null
  payment_id: string
}

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

async function pay(card: string = CARDS.approved): Promise<PaymentView> {
  const { api } = shop
  const { body } = await api.pay({
    amount: 8000,
    currency: 'EUR',
    channel: 'web',
    tender: { method: 'card', token: await api.token(card) },
  })
  return body
}

async function disputesOf(payment: PaymentView): Promise<Dispute[]> {
  return (await shop.api.get<{ data: Dispute[] }>(`/v1/disputes?payment_id=${payment.id}`)).body.data
}

/** The provider moves the dispute of a charge on, and tells. */
async function stage(payment: PaymentView, what: 'opened' | 'won' | 'lost'): Promise<void> {
  assert.ok(shop.simulator.dispute(shop.accounts.a, payment.operations?.[0]?.id as string, what))
  await shop.news()
}

const SOLD = 'sale_succeeded, psp:A +8000, sales_clearing -8000'
const OPENED = 'dispute_opened, dispute_receivable +8000, psp:A -8000'

test('a dispute takes the amount from what the provider owes, and says until when to answer', async () => {
  const payment = await pay('4000000000000259') // Approved, disputed a minute later.
  shop.clock.advance(MINUTE)
  await shop.news()
  const [dispute] = await disputesOf(payment)
  assert.ok(dispute)
  assert.deepEqual(
    [dispute.status, dispute.amount, dispute.reason, dispute.closed_at],
    ['open', 8000, 'fraudulent', null],
  )
  assert.ok(Date.parse(dispute.respond_by ?? '') > shop.clock.now().getTime())
  assert.deepEqual(await shop.books(payment.id), [SOLD, OPENED])
  assert.equal((await shop.api.payment(payment.id)).status, 'captured', 'the sale itself stands')
  assert.deepEqual((await shop.api.get(`/v1/disputes/${dispute.id}`)).body['payment_id'], payment.id)
  const open = await shop.api.get<{ data: Dispute[] }>('/v1/disputes?status=open')
  assert.ok(open.body.data.some(({ id }) => id === dispute.id))
})

test('a dispute that is won puts the money back', async () => {
  const payment = await pay()
  await stage(payment, 'opened')
  await stage(payment, 'won')
  const [dispute] = await disputesOf(payment)
  assert.equal(dispute?.status, 'won')
  assert.notEqual(dispute?.closed_at, null)
  assert.deepEqual(await shop.books(payment.id), [SOLD, OPENED, 'dispute_won, dispute_receivable -8000, psp:A +8000'])
})

test('a dispute that is lost is a loss', async () => {
  const payment = await pay()
  await stage(payment, 'opened')
  await stage(payment, 'lost')
  assert.deepEqual(await shop.books(payment.id), [
    SOLD,
    OPENED,
    'dispute_lost, chargeback_loss +8000, dispute_receivable -8000',
  ])
  assert.deepEqual(
    (await disputesOf(payment)).map(({ status }) => status),
    ['lost'],
  )
})

test('a dispute heard of only at its end is booked whole, and its late opening changes nothing', async () => {
  const payment = await pay()
  await stage(payment, 'lost')
  await stage(payment, 'opened')
  assert.deepEqual(await shop.books(payment.id), [SOLD, 'dispute_lost, chargeback_loss +8000, psp:A -8000'])
  assert.deepEqual(
    (await disputesOf(payment)).map(({ status }) => status),
    ['lost'],
  )
})

test('the same news twice is booked once', async () => {
  const payment = await pay()
  await stage(payment, 'opened')
  await stage(payment, 'opened')
  await stage(payment, 'won')
  await stage(payment, 'won')
  assert.equal((await disputesOf(payment)).length, 1)
  assert.equal((await shop.books(payment.id)).length, 3)
})

test('another merchant sees nothing of it', async () => {
  const payment = await pay()
  await stage(payment, 'opened')
  const [dispute] = await disputesOf(payment)
  const { api } = await shop.neighbour()
  assert.equal((await api.get(`/v1/disputes/${dispute?.id}`)).status, 404)
  assert.deepEqual((await api.get<{ data: unknown[] }>('/v1/disputes')).body.data, [])
})

// ---- What cannot be right -------------------------------------------------------------------------------------------

let told = 0
/** A notification as it lies in the store, already verified. */
async function hear(account: string, payment: PaymentView, what: object): Promise<void> {
  const at = shop.clock.now()
  const event = {
    ...{ type: 'dispute', psp_event_id: `told-${++told}`, dispute_reference: `dp-${payment.id}`, stage: 'opened' },
    ...{ operation_id: payment.operations?.[0]?.id, amount: 8000, currency: 'EUR', reason: 'fraudulent' },
    ...{ occurred_at: at.toISOString(), ...what },
  }
  await storeInboundEvent(shop.database.db, shop.keys.merchant_id, {
    ...{ account_id: account, event_id: `told-${told}`, event: JSON.stringify(event), at, is_done: false },
  })
  await applyInbound(shop.payments)
}

const open = async (payment: PaymentView) =>
  (
    await shop.api.get<{ data: { kind: string }[] }>(`/v1/payment_tasks?payment_id=${payment.id}&state=open`)
  ).body.data.map(({ kind }) => kind)

test('a dispute that another provider tells of is about nothing we know', async () => {
  const payment = await pay()
  await hear(shop.accounts.b, payment, {})
  assert.deepEqual([await disputesOf(payment), await shop.books(payment.id)], [[], [SOLD]])
  assert.equal((await shop.api.payment(payment.id)).amount_refundable, 8000)
})

for (const [what, wrong] of [
  ['in another currency', { currency: 'JPY' }],
  ['about more than was ever charged', { amount: 8001 }],
] as const) {
  test(`a dispute ${what} books nothing, and a person looks at it`, async () => {
    const payment = await pay()
    await hear(shop.accounts.a, payment, wrong)
    assert.deepEqual([await disputesOf(payment), await shop.books(payment.id)], [[], [SOLD]])
    assert.deepEqual(await open(payment), ['dispute_mismatch'])
    assert.equal((await shop.api.payment(payment.id)).attention, 'amount_mismatch')
  })
}

test('a dispute that was lost and is told to be won books nothing by itself, and a person looks at it', async () => {
  const payment = await pay()
  await hear(shop.accounts.a, payment, { stage: 'lost' })
  await hear(shop.accounts.a, payment, { stage: 'won' })
  await hear(shop.accounts.a, payment, { stage: 'won' })
  assert.equal((await shop.books(payment.id)).length, 2)
  assert.deepEqual(await open(payment), ['dispute_contradicted'])
  assert.equal((await shop.api.payment(payment.id)).attention, 'review')
})

test('of two disputes of one charge, the one that is won gives back only what the other does not hold', async () => {
  const payment = await pay()
  await hear(shop.accounts.a, payment, { dispute_reference: 'dp-one', amount: 6000 })
  await hear(shop.accounts.a, payment, { dispute_reference: 'dp-two', amount: 6000 })
  assert.equal((await shop.api.payment(payment.id)).amount_refundable, 0)
  await hear(shop.accounts.a, payment, { dispute_reference: 'dp-one', amount: 6000, stage: 'won' })
  assert.equal((await shop.api.payment(payment.id)).amount_refundable, 2000)
})

for (const order of ['the dispute first', 'the refund first'] as const) {
  test(`money that goes back by a refund and by a dispute too leaves a task, until it is won: ${order}`, async () => {
    const payment = await pay()
    const refundIt = () => shop.api.refund(payment.id, { amount: 5000 })
    if (order === 'the dispute first') {
      shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'refund', fault: 'lost_after' }] }, shop.accounts.a)
      assert.equal((await refundIt()).status, 202)
      await hear(shop.accounts.a, payment, {})
      assert.deepEqual(await open(payment), [], 'nobody knows of the refund yet')
      shop.clock.advance(MINUTE)
      await shop.ask()
    } else {
      assert.equal((await refundIt()).status, 201)
      await hear(shop.accounts.a, payment, {})
    }
    assert.deepEqual(await open(payment), ['given_twice'])
    const twice = await shop.api.payment(payment.id)
    assert.deepEqual(
      [twice.attention, twice.amount_refunded, twice.amount_disputed, twice.amount_refundable],
      ['review', 5000, 8000, 0],
    )
    await hear(shop.accounts.a, payment, { stage: 'won' })
    const won = await shop.api.payment(payment.id)
    assert.deepEqual([await open(payment), won.attention, won.amount_refundable], [[], null, 3000])
  })
}

test('a refund and a dispute of different parts of a charge are nobody’s business', async () => {
  const payment = await pay()
  await shop.api.refund(payment.id, { amount: 5000 })
  await hear(shop.accounts.a, payment, { amount: 3000 })
  assert.deepEqual([await open(payment), (await shop.api.payment(payment.id)).attention], [[], null])
})

test('a charge whose dispute is heard of before its own answer has nothing to be refunded once it is known', async () => {
  const { api } = shop
  const token = await api.token(CARDS.settles_later)
  const { body } = await api.pay({ amount: 8000, currency: 'EUR', channel: 'web', tender: { method: 'card', token } })
  await hear(shop.accounts.a, body, {})
  assert.equal((await api.payment(body.id)).amount_disputed, 0)
  shop.clock.advance(30 * MINUTE)
  await shop.news()
  const known = await api.payment(body.id)
  assert.deepEqual([known.status, known.amount_disputed, known.amount_refundable], ['captured', 8000, 0])
})

test('news that the books refuse for what it says comes up later and later, and other news is applied beside it', async () => {
  const payment = await pay()
  await hear(shop.accounts.a, payment, { amount: 0 })
  for (let round = 0; round < 4; round++) {
    shop.clock.advance(MINUTE)
    await applyInbound(shop.payments)
  }
  const { rows } = await shop.database.db.query<{ attempt: number; wait_s: number }>(
    'select attempt, extract(epoch from next_attempt_at - $1)::int as wait_s from inbound_event where psp_event_id = $2',
    [shop.clock.now(), `told-${told}`],
  )
  const [left] = rows
  // The fourth try was followed by five minutes, of which one is over.
  assert.deepEqual([left?.attempt, (left?.wait_s ?? 0) > 230], [4, true])
  await stage(await pay(), 'opened')
})
