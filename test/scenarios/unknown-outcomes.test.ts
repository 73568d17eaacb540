// Answers that never came. The amount stays reserved, nobody else is asked to charge, and the truth is found by asking, by
// webhook, or by a person. It is never guessed.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { Db } from '../../server/db/pool.ts'
import { apply } from '../../server/payments/apply.ts'
import type { PaymentInput, PaymentView } from '../../server/payments/payment.ts'
import { repeat } from '../../server/payments/repeat.ts'
import { CARDS, HOUR, MINUTE, openShop, SECOND, type Shop } from './shop.ts'

const SALE: PaymentInput = { amount: 6500, currency: 'EUR', channel: 'web' }

// Asking is about everything that is due, so each story has its own shop.
let shop: Shop
const opened: Shop[] = []
beforeEach(async () => {
  shop = await openShop()
  opened.push(shop)
})
after(async () => {
  for (const each of opened) await each.close()
})

async function pay(card: string, input: PaymentInput = SALE, key?: string) {
  const { api } = shop
  return api.pay({ ...input, tender: { method: 'card', token: await api.token(card) } }, { key })
}

function state(payment: PaymentView) {
  return [payment.status, payment.attention, payment.amount_captured, payment.amount_in_flight]
}

/** The next instruction of that kind to account A goes wrong in that way. */
function next(
  verb: string,
  fault: 'decline' | 'lost_after' | 'lost_before' | 'http5xx_after' | 'http5xx_before',
): void {
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb, fault }] }, shop.accounts.a)
}

/** A person decides what became of the only instruction of a payment. */
function decide(payment: PaymentView, outcome: 'succeeded' | 'declined', note = 'seen in the provider’s portal') {
  const operation = payment.operations?.[0]?.id as string
  return shop.api.call<PaymentView & { code?: string }>(
    'POST',
    `/v1/payments/${payment.id}/operations/${operation}/resolution`,
    { outcome, note },
  )
}

test('a charge whose answer is lost is a 202 that reserves its amount and asks for attention', async () => {
  const lost = await pay(CARDS.lost_after)
  assert.equal(lost.status, 202)
  assert.deepEqual(state(lost.body), ['processing', 'unknown_outcome', 0, 6500])
  assert.deepEqual(lost.body.actions, [])
  assert.deepEqual(await shop.books(lost.body.id), [], 'nothing is booked that nobody knows')

  const again = await shop.api.tender(lost.body.id, {
    method: 'card',
    token: await shop.api.token(CARDS.approved),
  })
  assert.deepEqual([again.status, again.body.code], [409, 'invalid-state'])
  const cancel = await shop.api.cancel(lost.body.id)
  assert.deepEqual([cancel.status, cancel.body.code], [409, 'operation-in-flight'])
  const listed = await shop.api.get<{ data: PaymentView[] }>('/v1/payments?attention=unknown_outcome')
  assert.deepEqual(
    listed.body.data.map(({ id }) => id),
    [lost.body.id],
  )
})

test('five seconds later the provider is asked, and what it took is booked once', async () => {
  const lost = await pay(CARDS.lost_after)
  shop.clock.advance(4 * SECOND)
  assert.equal(await shop.ask(), 0, 'not before its time')
  shop.clock.advance(2 * SECOND)
  assert.equal(await shop.ask(), 1)
  assert.deepEqual(state(await shop.api.payment(lost.body.id)), ['captured', null, 6500, 0])
  assert.deepEqual(await shop.books(lost.body.id), ['sale_succeeded, psp:A +6500, sales_clearing -6500'])
  assert.deepEqual(await shop.timeline(lost.body.id), [
    'sale succeeded',
    'reply unknown → unknown',
    'poll succeeded → succeed',
  ])
  shop.clock.advance(HOUR)
  assert.equal(await shop.ask(), 0, 'what is final is not asked about')
  assert.deepEqual(shop.journal(), ['captured 6500'])
})

test('a webhook tells sooner than the resolver asks', async () => {
  shop.simulator.setFaults({ seed: 1, rates: {}, webhooks: 'all' })
  const lost = await pay(CARDS.lost_after)
  await shop.news()
  assert.deepEqual(state(await shop.api.payment(lost.body.id)), ['captured', null, 6500, 0])
  shop.clock.advance(MINUTE)
  assert.equal(await shop.ask(), 0)
})

test('a charge the provider answered with an error after taking the money is found like a lost one', async () => {
  next('sale', 'http5xx_after')
  const lost = await pay(CARDS.approved)
  assert.equal(lost.status, 202)
  shop.clock.advance(6 * SECOND)
  await shop.ask()
  assert.equal((await shop.api.payment(lost.body.id)).status, 'captured')
})

test('“not found” is not believed at once: a charge found only after a minute is booked once and never sent again', async () => {
  const lost = await pay(CARDS.found_late)
  shop.clock.advance(6 * SECOND)
  await shop.ask()
  assert.deepEqual(state(await shop.api.payment(lost.body.id)), ['processing', 'unknown_outcome', 0, 6500])
  shop.clock.advance(20 * SECOND)
  await shop.ask()
  assert.equal((await shop.api.payment(lost.body.id)).status, 'processing')
  shop.clock.advance(2 * MINUTE)
  await shop.ask()
  assert.deepEqual(state(await shop.api.payment(lost.body.id)), ['captured', null, 6500, 0])
  assert.deepEqual(shop.journal(), ['captured 6500'])
})

test('a charge that never arrived is given up only after a quarter of an hour of “not found”, and can then be retried', async () => {
  const lost = await pay(CARDS.lost_before)
  assert.equal(lost.status, 202)
  for (const wait of [6 * SECOND, 20 * SECOND, 2 * MINUTE, 6 * MINUTE]) {
    shop.clock.advance(wait)
    await shop.ask()
    assert.deepEqual(state(await shop.api.payment(lost.body.id)), ['processing', 'unknown_outcome', 0, 6500])
  }
  shop.clock.advance(16 * MINUTE)
  await shop.ask()
  const failed = await shop.api.payment(lost.body.id)
  assert.deepEqual(state(failed), ['failed', null, 0, 0])
  assert.deepEqual(failed.decline, {
    code: 'no_effect',
    message: 'The provider did not process it',
    retryable: true,
  })
  const paid = await shop.api.tender(lost.body.id, {
    method: 'card',
    token: await shop.api.token(CARDS.approved),
  })
  assert.equal(paid.body.status, 'captured')
  assert.deepEqual(shop.journal(), ['captured 6500'])
})

test('a person who saw the money at the provider settles it, and the note is kept', async () => {
  const lost = await pay(CARDS.lost_after)
  const decided = await decide(lost.body, 'succeeded', 'statement of 22 November')
  assert.equal(decided.status, 201)
  assert.deepEqual(state(decided.body), ['captured', null, 6500, 0])
  const { body } = await shop.api.get<{ data: { source?: string; details: { note?: string } }[] }>(
    `/v1/payments/${lost.body.id}/timeline`,
  )
  assert.equal(body.data.find((row) => row.source === 'operator')?.details.note, 'statement of 22 November')
  const twice = await decide(lost.body, 'declined')
  assert.deepEqual([twice.status, twice.body.code], [409, 'invalid-state'])
  // The provider agrees later: nothing is booked a second time.
  shop.simulator.setFaults({ seed: 1, rates: {}, webhooks: 'all' })
  shop.clock.advance(MINUTE)
  await shop.ask()
  await shop.news()
  assert.deepEqual(await shop.books(lost.body.id), ['sale_succeeded, psp:A +6500, sales_clearing -6500'])
})

test('a person was wrong: the customer paid again, and the first charge that turns up later is given back', async () => {
  shop.simulator.setFaults({ seed: 1, rates: {}, webhooks: 'all' })
  const lost = await pay(CARDS.lost_after)
  await decide(lost.body, 'declined', 'not in the portal')
  const again = await shop.api.tender(lost.body.id, {
    method: 'card',
    token: await shop.api.token(CARDS.mastercard),
  })
  assert.equal(again.body.status, 'captured')

  await shop.news()
  const twice = await shop.api.payment(lost.body.id)
  assert.deepEqual(state(twice), ['captured', 'review', 13_000, 0])
  assert.equal(await shop.giveBack(), 1)
  const settled = await shop.api.payment(lost.body.id)
  assert.deepEqual([settled.attention, settled.amount_captured, settled.amount_refunded], [null, 13_000, 6500])
  assert.deepEqual(
    settled.tenders.map((tender) => tender.amount_refunded),
    [6500, 0],
  )
  assert.deepEqual(shop.journal(), ['captured 6500', 'captured 6500', 'refunded 6500'])
  assert.equal(await shop.giveBack(), 0, 'once')
})

test('a refund whose answer is lost counts as refunded until the truth is known', async () => {
  const { body } = await pay(CARDS.approved)
  next('refund', 'lost_after')
  const lost = await shop.api.refund(body.id, { amount: 4000 }, { key: 'refund-lost-1' })
  assert.equal(lost.status, 202)
  assert.deepEqual(
    [lost.body.attention, lost.body.amount_refunded, lost.body.amount_refundable, lost.body.amount_in_flight],
    ['unknown_outcome', 0, 2500, 4000],
  )
  assert.deepEqual((await shop.books(body.id)).slice(1), ['refund_sent, refunds_in_flight -4000, sales_clearing +4000'])
  const tooMuch = await shop.api.refund(body.id, { amount: 2501 })
  assert.deepEqual([tooMuch.status, tooMuch.body.code], [422, 'amount-exceeds-refundable'])
  const repeated = await shop.api.refund(body.id, { amount: 4000 }, { key: 'refund-lost-1' })
  assert.equal(repeated.status, 202, 'the same key tells how it stands')

  shop.clock.advance(6 * SECOND)
  await shop.ask()
  const known = await shop.api.payment(body.id)
  assert.deepEqual([known.attention, known.amount_refunded, known.amount_refundable], [null, 4000, 2500])
  assert.deepEqual(shop.journal(), ['captured 6500', 'refunded 4000'])
  const replay = await shop.api.refund(body.id, { amount: 4000 }, { key: 'refund-lost-1' })
  assert.deepEqual([replay.status, replay.body.amount_refunded], [201, 4000])
})

test('a refund that never reached the provider frees its amount when that is certain', async () => {
  const { body } = await pay(CARDS.approved)
  next('refund', 'lost_before')
  await shop.api.refund(body.id, { amount: 4000 })
  for (const wait of [6 * SECOND, 20 * SECOND, 2 * MINUTE, 16 * MINUTE]) {
    shop.clock.advance(wait)
    await shop.ask()
  }
  const known = await shop.api.payment(body.id)
  assert.deepEqual([known.attention, known.amount_refunded, known.amount_refundable], [null, 0, 6500])
  assert.deepEqual(await shop.books(body.id), [
    'sale_succeeded, psp:A +6500, sales_clearing -6500',
    'refund_sent, refunds_in_flight -4000, sales_clearing +4000',
    'refund_failed, refunds_in_flight +4000, sales_clearing -4000',
  ])
  assert.equal((await shop.api.refund(body.id, { amount: 6500 })).body.amount_refunded, 6500)
})

test('a capture whose answer is lost blocks cancelling and a second capture of the same money', async () => {
  const held = await pay(CARDS.approved, { ...SALE, capture: 'manual' })
  next('capture', 'lost_after')
  const lost = await shop.api.capture(held.body.id, { amount: 5000 })
  assert.equal(lost.status, 202)
  assert.deepEqual([lost.body.amount_capturable, lost.body.amount_in_flight], [1500, 5000])
  const second = await shop.api.capture(held.body.id, { amount: 1501 })
  assert.deepEqual([second.status, second.body.code], [422, 'amount-exceeds-capturable'])
  const cancel = await shop.api.cancel(held.body.id)
  assert.deepEqual([cancel.status, cancel.body.code], [409, 'operation-in-flight'])
  shop.clock.advance(6 * SECOND)
  await shop.ask()
  const known = await shop.api.payment(held.body.id)
  assert.deepEqual([known.status, known.amount_captured, known.amount_capturable], ['partially_captured', 5000, 1500])
  assert.deepEqual(shop.journal(), ['authorized 6500', 'captured 5000'])
})

test('a void whose answer is lost is found out too, and nothing is captured meanwhile', async () => {
  const held = await pay(CARDS.approved, { ...SALE, capture: 'manual' })
  next('void', 'lost_after')
  const lost = await shop.api.cancel(held.body.id)
  assert.equal(lost.status, 202)
  const capture = await shop.api.capture(held.body.id)
  assert.deepEqual([capture.status, capture.body.code], [409, 'invalid-state'])
  shop.clock.advance(6 * SECOND)
  await shop.ask()
  assert.deepEqual(state(await shop.api.payment(held.body.id)), ['canceled', null, 0, 0])
  assert.deepEqual(shop.journal(), ['authorized 6500', 'voided 6500'])
})

test('a notification with a wrong amount decides nothing and makes us ask', async () => {
  const card = '4000007700001008' // Approved; its webhook names one minor unit too many.
  next('sale', 'lost_after')
  const lost = await pay(card)
  assert.equal(lost.status, 202)
  await shop.news()
  const doubtful = await shop.api.payment(lost.body.id)
  assert.deepEqual(
    [doubtful.status, doubtful.attention, doubtful.amount_captured],
    ['processing', 'amount_mismatch', 0],
  )
  assert.equal(await shop.ask(), 1, 'at once')
  assert.deepEqual(state(await shop.api.payment(lost.body.id)), ['captured', null, 6500, 0])
})

test('a repeat that meets the settling of its charge at any step never calls final what a later repeat words otherwise', async () => {
  const { id: merchantId } = (await shop.api.get<{ id: string }>('/v1/merchant')).body
  let step = 1
  for (let isReached = true; isReached; step++) {
    const key = `settled-at-${step}`
    assert.equal((await pay(CARDS.lost_after, SALE, key)).status, 202)
    shop.clock.advance(6 * SECOND)
    const { rows } = await shop.database.db.query<{ fingerprint: string }>(
      'select fingerprint from idempotency_key where key = $1',
      [key],
    )
    const idempotency = { key, fingerprint: rows[0]?.fingerprint as string }
    let statements = 0
    const { db } = shop.payments
    const watched = new Proxy(db, {
      get(target, name) {
        const value = Reflect.get(target, name)
        if (name !== 'query') return typeof value === 'function' ? value.bind(target) : value
        return async (...args: Parameters<Db['query']>) => {
          if (++statements === step) assert.equal(await shop.ask(), 1)
          return target.query(...args)
        }
      },
    })
    const told = await repeat({ ...shop.payments, db: watched }, merchantId, idempotency)
    isReached = statements >= step
    if (!isReached) assert.equal(await shop.ask(), 1)
    const kept = await repeat(shop.payments, merchantId, idempotency)
    assert.equal(kept.status, 201)
    if (told.status !== 202) assert.deepEqual(told, kept, `settled before statement ${step}`)
  }
  assert.ok(step > 5, `${step - 2} statements only`)
})

test('two people who decide at once: one of them does, the other is told that it is decided', async () => {
  const lost = await pay(CARDS.lost_before)
  const both = await Promise.all([decide(lost.body, 'declined'), decide(lost.body, 'succeeded')])
  assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409])
  const timeline = await shop.timeline(lost.body.id)
  assert.equal(timeline.filter((row) => /^operator .* → (succeed|fail|late|reverse)/.test(row)).length, 1)
})

test('a person’s word that comes a moment after the provider’s proof takes no money back', async () => {
  const lost = await pay(CARDS.lost_after)
  shop.clock.advance(6 * SECOND)
  await shop.ask()
  // As a process says it that looked before the proof came.
  const late = await apply(shop.payments, {
    ...{ merchantId: shop.keys.merchant_id, paymentId: lost.body.id, source: 'operator' },
    operationId: lost.body.operations?.[0]?.id as string,
    outcome: { outcome: 'declined', code: 'operator_decision', message: 'Decided by a person', is_retryable: true },
  })
  assert.equal(late.effect, 'none:settled')
  assert.deepEqual(state(await shop.api.payment(lost.body.id)), ['captured', null, 6500, 0])
  const again = await decide(lost.body, 'declined')
  assert.deepEqual([again.status, again.body.code], [409, 'invalid-state'])
})

test('a cancel that never arrived opens the payment again, and whoever was told otherwise is told', async () => {
  const { api } = shop
  const { id } = (await pay(CARDS.approved, { ...SALE, capture: 'manual' })).body
  next('void', 'lost_before')
  const key = api.nextKey()
  const lost = await api.cancel(id, { key })
  assert.deepEqual([lost.status, ...state(lost.body)], [202, 'canceled', 'unknown_outcome', 0, 0])
  for (let round = 0; round < 6; round++) {
    shop.clock.advance(10 * MINUTE)
    await shop.ask()
  }
  const again = await api.payment(id)
  assert.deepEqual([again.status, again.attention, again.amount_capturable], ['authorized', 'review', 6500])
  const tasks = async () =>
    (await api.get<{ data: { kind: string }[] }>(`/v1/payment_tasks?payment_id=${id}&state=open`)).body.data.map(
      ({ kind }) => kind,
    )
  assert.deepEqual(await tasks(), ['cancel_failed'])
  assert.ok((await shop.timeline(id)).includes('poll no_effect → fail'))
  const told = await api.get<{ data: { data: { status: string; attention: string } }[] }>(
    `/v1/events?object_id=${id}&type=payment.void_failed`,
  )
  assert.deepEqual(
    told.body.data.map(({ data }) => [data.status, data.attention]),
    [['authorized', 'review']],
  )
  // Whoever repeats the command reads what became of it.
  const repeated = await api.cancel(id, { key })
  assert.deepEqual(
    [repeated.status, repeated.body.status, repeated.body.operations?.map(({ state }) => state)],
    [200, 'authorized', ['no_effect']],
  )
  const canceled = await api.cancel(id)
  assert.deepEqual([canceled.body.status, canceled.body.attention, await tasks()], ['canceled', null, []])
})

test('a cancel that the provider declines at once says so in its answer, and leaves no task', async () => {
  const { id } = (await pay(CARDS.approved, { ...SALE, capture: 'manual' })).body
  next('void', 'decline')
  const refused = await shop.api.cancel(id)
  assert.deepEqual([refused.status, ...state(refused.body)], [200, 'authorized', null, 0, 0])
  assert.deepEqual(
    refused.body.operations?.map(({ state }) => state),
    ['declined'],
  )
})

test('what waits for an outcome is not offered: no cancel while nobody knows of a capture', async () => {
  const { id, actions } = (await pay(CARDS.approved, { ...SALE, capture: 'manual' })).body
  assert.deepEqual(actions, ['captures', 'increments', 'extensions', 'cancel'])
  next('capture', 'lost_after')
  const lost = await shop.api.capture(id, { amount: 1500 })
  assert.deepEqual(lost.body.actions, ['captures', 'increments', 'extensions'])
  shop.clock.advance(MINUTE)
  await shop.ask()
  next('increment', 'lost_after')
  const raising = await shop.api.increment(id, 100)
  assert.deepEqual(raising.body.actions, ['captures', 'extensions', 'refunds'])
  shop.clock.advance(MINUTE)
  await shop.ask()
  next('void', 'lost_after')
  assert.deepEqual((await shop.api.cancel(id)).body.actions, ['refunds'])
})
