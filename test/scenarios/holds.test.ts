// What is held on a card between authorisation and capture: raised, extended, ended by time, exceeded where allowed.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { CATALOGUE } from '../../server/merchants/catalogue.ts'
import type { Method } from '../../server/merchants/method.ts'
import { apply } from '../../server/payments/apply.ts'
import type { PaymentInput, PaymentView } from '../../server/payments/payment.ts'
import { CARDS, DAY, HOUR, openShop, type Shop } from './shop.ts'

const HELD: PaymentInput = { amount: 10_000, currency: 'EUR', channel: 'web', capture: 'manual' }

async function hold(shop: Shop): Promise<PaymentView> {
  const { api } = shop
  const { body } = await api.pay({ ...HELD, tender: { method: 'card', token: await api.token(CARDS.approved) } })
  assert.equal(body.status, 'authorized')
  return body
}

/** The provider shows that something took effect which was taken for declined. */
async function prove(shop: Shop, paymentId: string, operationId: string, amount: bigint): Promise<void> {
  const occurred_at = shop.clock.now().toISOString()
  await apply(shop.payments, {
    merchantId: shop.keys.merchant_id,
    paymentId,
    operationId,
    source: 'webhook',
    outcome: { outcome: 'succeeded', amount, psp_reference: `sim_${operationId}`, occurred_at },
    currency: 'EUR',
  })
}

describe('a hold in time', () => {
  let shop: Shop
  before(async () => {
    shop = await openShop()
  })
  after(() => shop.close())

  test('an increment of 2500 raises what is owed and held to 12500, all of which can be captured', async () => {
    const { id } = await hold(shop)
    const raised = await shop.api.increment(id, 2500)
    assert.equal(raised.status, 201)
    assert.deepEqual(
      [raised.body.amount, raised.body.amount_authorized, raised.body.amount_capturable],
      [12_500, 12_500, 12_500],
    )
    const captured = await shop.api.capture(id)
    assert.deepEqual([captured.body.status, captured.body.amount_captured], ['captured', 12_500])
    assert.deepEqual(shop.journal(id), ['authorized 10000', 'authorized 2500', 'captured 12500'])
    assert.deepEqual(await shop.books(id), [
      'authorize_succeeded, auth_contra -10000, auth_hold +10000',
      'increment_succeeded, auth_contra -2500, auth_hold +2500',
      'capture_succeeded, auth_contra +12500, auth_hold -12500, psp:A +12500, sales_clearing -12500',
    ])
  })

  test('nothing can be raised that is not held', async () => {
    const { api } = shop
    const paid = await api.pay({
      ...HELD,
      capture: 'automatic',
      tender: { method: 'card', token: await api.token(CARDS.approved) },
    })
    const raised = await api.increment(paid.body.id, 100)
    assert.deepEqual([raised.status, raised.body.code], [409, 'invalid-state'])
  })

  test('an extension moves the end of the hold by the provider’s word', async () => {
    const { id, tenders } = await hold(shop)
    shop.clock.advance(5 * DAY)
    const extended = await shop.api.extend(id)
    assert.equal(extended.status, 201)
    const moved = Date.parse(extended.body.tenders[0]?.expires_at ?? '') - Date.parse(tenders[0]?.expires_at ?? '')
    assert.ok(moved >= 5 * DAY && moved < 5 * DAY + HOUR, `moved by ${moved} ms`)
    // Two days after the first end it is still held.
    shop.clock.advance(4 * DAY)
    await shop.news()
    await shop.expire()
    assert.equal((await shop.api.capture(id)).body.status, 'captured')
  })

  for (const verb of ['extend', 'increment'] as const) {
    test(`a hold does not end while nobody knows what became of its ${verb}`, async () => {
      const { id } = await hold(shop)
      shop.clock.advance(5 * DAY)
      shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb, fault: 'lost_after' }] }, shop.accounts.a)
      const lost = await (verb === 'extend' ? shop.api.extend(id) : shop.api.increment(id, 100))
      assert.equal(lost.status, 202, lost.text)
      shop.clock.advance(2 * DAY + HOUR)
      await shop.expire()
      const waiting = await shop.api.payment(id)
      assert.deepEqual([waiting.status, waiting.attention], ['authorized', 'unknown_outcome'])
      await shop.ask()
      await shop.expire()
      // The provider had moved the end with both.
      const known = await shop.api.payment(id)
      assert.deepEqual([known.status, known.attention], ['authorized', null])
    })
  }

  test('all that is owed is not taken while nobody knows whether more is owed, so that captured stays captured', async () => {
    const { id } = await hold(shop)
    shop.simulator.setFaults(
      { seed: 1, rates: {}, next: [{ verb: 'increment', fault: 'lost_after' }] },
      shop.accounts.a,
    )
    assert.equal((await shop.api.increment(id, 5000)).status, 202)
    for (const amount of [10_000, undefined]) {
      const all = await shop.api.capture(id, amount === undefined ? {} : { amount })
      assert.deepEqual([all.status, all.body.code], [409, 'operation-in-flight'])
    }
    // A parcel can leave.
    const part = await shop.api.capture(id, { amount: 4000 })
    assert.deepEqual([part.status, part.body.status], [201, 'partially_captured'])
    shop.clock.advance(HOUR)
    await shop.ask()
    const known = await shop.api.payment(id)
    assert.deepEqual([known.amount, known.amount_capturable, known.status], [15_000, 11_000, 'partially_captured'])
    assert.deepEqual((await shop.api.capture(id)).body.status, 'captured')
  })

  test('nor is more asked for while what takes all of it is on its way', async () => {
    const { id } = await hold(shop)
    shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'capture', fault: 'lost_after' }] }, shop.accounts.a)
    assert.equal((await shop.api.capture(id)).status, 202)
    const more = await shop.api.increment(id, 5000)
    assert.deepEqual([more.status, more.body.code], [409, 'operation-in-flight'])
    shop.clock.advance(HOUR)
    await shop.ask()
    assert.equal((await shop.api.payment(id)).status, 'captured')
  })

  test('an increment that was given up and is proven after all was taken leaves a paid payment paid, and is looked at', async () => {
    const { id } = await hold(shop)
    shop.simulator.setFaults(
      { seed: 1, rates: {}, next: [{ verb: 'increment', fault: 'lost_after' }] },
      shop.accounts.a,
    )
    const raised = await shop.api.increment(id, 5000)
    const operation = raised.body.operations?.[0]?.id as string
    await shop.api.command(`/v1/payments/${id}/operations/${operation}/resolution`, {
      outcome: 'declined',
      note: 'their portal shows nothing',
    })
    assert.equal((await shop.api.capture(id, { amount: 10_000 })).body.status, 'captured')
    await prove(shop, id, operation, 5000n)
    const late = await shop.api.payment(id)
    assert.deepEqual(
      [late.status, late.attention, late.amount, late.amount_capturable],
      ['captured', 'review', 10_000, 5000],
    )
    // What nobody waits for is let go.
    const canceled = await shop.api.cancel(id)
    assert.deepEqual([canceled.status, canceled.body.status, canceled.body.amount_capturable], [200, 'captured', 0])
  })

  test('an increment that is taken back takes back what it added to what is owed', async () => {
    const { id } = await hold(shop)
    const raised = await shop.api.increment(id, 2500)
    assert.ok(shop.simulator.reverse(shop.accounts.a, raised.body.operations?.[0]?.id as string))
    await shop.news()
    const back = await shop.api.payment(id)
    assert.deepEqual(
      [back.status, back.amount, back.amount_authorized, back.amount_capturable],
      ['authorized', 10_000, 10_000, 10_000],
    )
    assert.equal((await shop.api.capture(id)).body.status, 'captured')
  })

  test('a day before its end an uncaptured hold asks for attention, and after it nothing is held', async () => {
    const { id } = await hold(shop)
    shop.clock.advance(6 * DAY + HOUR)
    await shop.expire()
    const overdue = await shop.api.payment(id)
    assert.deepEqual([overdue.status, overdue.attention], ['authorized', 'capture_overdue'])
    shop.clock.advance(DAY)
    await shop.expire()
    await shop.news()
    const expired = await shop.api.payment(id)
    assert.deepEqual([expired.status, expired.attention, expired.amount_capturable], ['expired', null, 0])
    assert.deepEqual(await shop.books(id), [
      'authorize_succeeded, auth_contra -10000, auth_hold +10000',
      'authorize_expired, auth_contra +10000, auth_hold -10000',
    ])
    assert.deepEqual(shop.journal(id), ['authorized 10000', 'expired 10000'])

    const late = await shop.api.capture(id)
    assert.deepEqual([late.status, late.body.code], [409, 'invalid-state'])
    // The last parcel is charged by a new tender instead.
    const again = await shop.api.tender(id, { method: 'card', token: await shop.api.token(CARDS.mastercard) })
    assert.equal(again.body.status, 'authorized')
  })

  test('a capture that comes too late before we looked is declined by the provider and keeps the amount free', async () => {
    const { id } = await hold(shop)
    shop.clock.advance(8 * DAY)
    const late = await shop.api.capture(id)
    assert.equal(late.status, 201)
    assert.deepEqual(
      late.body.operations?.map(({ state, decline }) => [state, decline?.code]),
      [['declined', 'authorization_expired']],
    )
    assert.deepEqual([late.body.amount_captured, late.body.amount_in_flight], [0, 0])
    assert.deepEqual(shop.journal(id), ['authorized 10000', 'expired 10000'])
    await shop.expire()
    assert.equal((await shop.api.payment(id)).status, 'expired')
  })

  test('more than was authorised cannot be captured by a cent', async () => {
    const { id } = await hold(shop)
    const over = await shop.api.capture(id, { amount: 10_001 })
    assert.deepEqual([over.status, over.body.code], [422, 'amount-exceeds-capturable'])
    assert.deepEqual(shop.journal(id), ['authorized 10000'])
  })
})

describe('a connector that declares 15 % over-capture', () => {
  let shop: Shop
  before(async () => {
    shop = await openShop({ connector: { over_capture_bp: 1500 } })
  })
  after(() => shop.close())

  test('captures up to 11500 of an authorisation of 10000', async () => {
    const { id } = await hold(shop)
    const captured = await shop.api.capture(id, { amount: 11_500 })
    assert.equal(captured.status, 201)
    assert.deepEqual([captured.body.status, captured.body.amount_captured], ['captured', 11_500])
    assert.deepEqual(shop.journal(id), ['authorized 10000', 'captured 11500'])
    assert.deepEqual(await shop.books(id), [
      'authorize_succeeded, auth_contra -10000, auth_hold +10000',
      'capture_succeeded, auth_contra +10000, auth_hold -10000, psp:A +11500, sales_clearing -11500',
    ])
    const refund = await shop.api.refund(id)
    assert.equal(refund.body.amount_refunded, 11_500)
  })

  test('and refuses 11501, whole or in parts', async () => {
    const whole = await hold(shop)
    const over = await shop.api.capture(whole.id, { amount: 11_501 })
    assert.deepEqual([over.status, over.body.code], [422, 'amount-exceeds-capturable'])
    const parts = await hold(shop)
    await shop.api.capture(parts.id, { amount: 9000 })
    const rest = await shop.api.capture(parts.id, { amount: 2501 })
    assert.deepEqual([rest.status, rest.body.code], [422, 'amount-exceeds-capturable'])
    assert.equal((await shop.api.capture(parts.id, { amount: 2500 })).body.amount_captured, 11_500)
  })
})

describe('a connector with one capture per authorisation', () => {
  let shop: Shop
  before(async () => {
    shop = await openShop({ connector: { multi_capture: false } })
  })
  after(() => shop.close())

  test('releases the rest with the first capture', async () => {
    const { id } = await hold(shop)
    const captured = await shop.api.capture(id, { amount: 4000 })
    assert.deepEqual([captured.body.status, captured.body.amount_capturable], ['partially_captured', 0])
    assert.deepEqual(shop.journal(id), ['authorized 10000', 'captured 4000', 'voided 6000'])
    const second = await shop.api.capture(id, { amount: 1 })
    assert.deepEqual([second.status, second.body.code], [409, 'invalid-state'])
  })
})

describe('what cannot be held', () => {
  let shop: Shop
  before(async () => {
    shop = await openShop()
  })
  after(() => shop.close())

  const unheld = CATALOGUE.filter(({ can }) => !can.authorize)
  const purchaseOf = ({ currencies: [currency = 'EUR'], countries: [country = 'NL'], channels, flow }: Method) =>
    ({
      currency,
      country,
      channel: flow === 'cash' ? 'pos' : (channels[0] ?? 'web'),
      capture: 'manual',
      amount: 10_000,
    }) as const

  test('is refused with manual capture instead of taken at once, cash and every bank method alike', async () => {
    assert.ok(unheld.some(({ code }) => code === 'cash') && unheld.some(({ code }) => code === 'ideal'))
    for (const method of unheld) {
      const cash = method.code === 'cash' ? { cash: { register_id: shop.till, tendered: 10_000 } } : {}
      const { status, body } = await shop.api.pay({ ...purchaseOf(method), tender: { method: method.code, ...cash } })
      assert.deepEqual([status, body.code], [422, 'operation-unsupported'], method.code)
    }
    const { rows } = await shop.database.db.query('select 1 from payment')
    assert.equal(rows.length, 0)
  })

  test('is refused as a further tender too, and what was held stays held', async () => {
    const { api, till, terminal } = shop
    const tender = { method: 'card', amount: 6000, terminal_id: terminal }
    const held = await api.pay({ ...HELD, channel: 'pos', tender })
    const cash = await api.tender(held.body.id, { method: 'cash', cash: { register_id: till } })
    assert.deepEqual([cash.status, cash.body.code], [422, 'operation-unsupported'])
    const { body } = await api.get<PaymentView>(`/v1/payments/${held.body.id}`)
    assert.deepEqual([body.amount_authorized, body.amount_captured, body.tenders.length], [6000, 0, 1])
  })
})
