// Story 13: a gift card, a bank card that approves only a part, and cash for the rest, rounded; what goes back mirrors it.
// Each again with something going wrong.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import type { PaymentView } from '../../server/payments/payment.ts'
import { type CounterShop, counterShop, type IssuedCard } from './counter-shop.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
let floor: ReturnShop
let counter: CounterShop
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  counter = counterShop(shop)
  await floor.stocked('pan', '40.02', 50)
  await floor.stocked('lid', '20.01', 50)
})
after(() => shop.close())

/** Method, amount, rounding and what has gone back of each tender, in order. */
const tendersOf = ({ tenders }: PaymentView) =>
  tenders.map(({ method, amount_captured, rounding, amount_refunded }) => [
    ...[method, amount_captured, rounding, amount_refunded],
  ])
const PAID = [
  ['gift_card', 1000, null, 0],
  ['card', 2501, null, 0],
  ['cash', 2502, -2, 0],
]
const GONE = [
  ['gift_card', 1000, null, 1000],
  ['card', 2501, null, 2501],
  ['cash', 2502, -2, 2502],
]

async function placed(): Promise<OrderView> {
  const cart = await floor.cart({ pan: 1, lid: 1 }, { channel: 'pos', store_id: floor.shopFloor })
  return (await floor.place(cart)).body
}

/** 10.00 of 60.03 from a gift card. */
async function byGiftCard(order: OrderView): Promise<{ card: IssuedCard; payment: string }> {
  const card = await counter.giftCard(1000)
  const first = await shop.api.pay({
    ...{ amount: order.total, currency: 'EUR', channel: 'pos', order_id: order.id },
    tender: { ...counter.withCard(card), amount: 1000 },
  })
  assert.equal(first.body.amount_captured, 1000, first.text)
  return { card, payment: first.body.id }
}

/** The bank approves half of what it is asked for. */
const half = async () => ({ method: 'card', token: await shop.api.token(CARDS.partial) })

async function bought(): Promise<{ order: OrderView; card: IssuedCard; payment: string }> {
  const order = await placed()
  const { card, payment } = await byGiftCard(order)
  await shop.api.tender(payment, await half())
  await shop.api.tender(payment, counter.inCash(3000))
  await shop.settle()
  return { order: await floor.read(order.id), card, payment }
}

test('10.00 by gift card, 25.01 by a card that was asked for 50.03, and 25.00 in cash pay 60.03', async () => {
  const change = await counter.changeOf(async () => {
    const order = await placed()
    assert.equal(order.total, 6003)
    const { payment } = await byGiftCard(order)
    const partly = await shop.api.tender(payment, await half())
    assert.deepEqual([partly.body.status, partly.body.amount_captured], ['partially_captured', 3501])
    const paid = await shop.api.tender(payment, counter.inCash(3000))
    assert.equal(paid.body.status, 'captured', paid.text)
    assert.deepEqual(tendersOf(paid.body), PAID)
    assert.deepEqual(paid.body.tenders[2]?.cash, { tendered: 3000, change: 500 })
    await shop.settle()
    assert.equal((await floor.read(order.id)).payment_status, 'paid')
    assert.deepEqual(await shop.books(payment), [
      'sale_succeeded, gift_card_liability +1000, sales_clearing -1000',
      'sale_succeeded, psp:A +2501, sales_clearing -2501',
      'sale_succeeded, cash +2500, rounding +2, sales_clearing -2502',
    ])
  })
  assert.deepEqual(change, [2500, 2])
})

test('all of it brought back goes back the way it came, and leaves drawer and rounding as they were', async () => {
  const change = await counter.changeOf(async () => {
    const { order, card, payment } = await bought()
    const settled = await floor.brought(order, { pan: 1, lid: 1 })
    assert.deepEqual(
      settled.refunds.map(({ method, amount, to }) => [method, amount, to]),
      [
        ['cash', 2502, null],
        ['card', 2501, null],
        ['gift_card', 1000, null],
      ],
    )
    assert.deepEqual(tendersOf(await shop.api.payment(payment)), GONE)
    assert.equal(await counter.balanceOf(card), 1000)
    assert.deepEqual(shop.journal(payment), ['captured 2501', 'refunded 2501'])
    assert.equal((await floor.read(order.id)).payment_status, 'refunded')
  })
  assert.deepEqual(change, [0, 0])
})

test('the lid today and the pan tomorrow: two roundings that add up to the one', async () => {
  const change = await counter.changeOf(async () => {
    const { order, card, payment } = await bought()
    const today = await counter.changeOf(() => floor.brought(order, { lid: 1 }))
    assert.deepEqual(today, [-2000, -1], '20.00 for 20.01')
    const tomorrow = await counter.changeOf(() => floor.brought(order, { pan: 1 }))
    assert.deepEqual(tomorrow, [-500, -1], '5.00 for 5.01')
    assert.deepEqual(tendersOf(await shop.api.payment(payment)), GONE)
    assert.equal(await counter.balanceOf(card), 1000)
  })
  assert.deepEqual(change, [0, 0])
})

test('the bank’s answer is lost: cash cannot be taken for what may be paid, and closes the rest when it is known', async () => {
  const change = await counter.changeOf(async () => {
    const order = await placed()
    const { payment } = await byGiftCard(order)
    shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'sale', fault: 'lost_after' }] }, shop.accounts.a)
    const lost = await shop.api.tender(payment, await half())
    assert.deepEqual([lost.status, lost.body.attention], [202, 'unknown_outcome'])
    const tooSoon = await shop.api.tender(payment, counter.inCash(6000))
    assert.equal(tooSoon.status, 409, tooSoon.text)
    shop.clock.advance(MINUTE)
    await shop.ask()
    assert.equal((await shop.api.payment(payment)).amount_captured, 3501)
    const paid = await shop.api.tender(payment, counter.inCash(3000))
    assert.deepEqual(tendersOf(paid.body), PAID)
    await shop.settle()
    assert.equal((await floor.read(order.id)).payment_status, 'paid')
    assert.deepEqual(shop.journal(payment), ['captured 2501'])
  })
  assert.deepEqual(change, [2500, 2])
})

test('clicked twice and paid at two tills at once, each part is taken once', async () => {
  const change = await counter.changeOf(async () => {
    const order = await placed()
    const { payment } = await byGiftCard(order)
    const card = await half()
    await Promise.all([1, 2].map(() => shop.api.tender(payment, card, { key: `half-of-${order.id}` })))
    const tills = await Promise.all([
      shop.api.tender(payment, counter.inCash(3000), { key: `till-1-${order.id}` }),
      shop.api.tender(payment, counter.inCash(3000), { key: `till-1-${order.id}` }),
      shop.api.tender(payment, counter.inCash(3000), { key: `till-2-${order.id}` }),
    ])
    assert.ok(tills.every(({ status }) => [201, 409, 422].includes(status)))
    assert.deepEqual(tendersOf(await shop.api.payment(payment)), PAID)
  })
  assert.deepEqual(change, [2500, 2])
})

test('lid and pan are taken back at two counters at the same moment: neither takes what the other gives back', async () => {
  const change = await counter.changeOf(async () => {
    const { order, card, payment } = await bought()
    const returns: string[] = []
    for (const name of ['lid', 'pan']) {
      const asked = await floor.ask(order, { [name]: 1 })
      await floor.receive(asked.body.id, [{ no: 1, quantity: 1, disposition: 'restock' }])
      returns.push(asked.body.id)
    }
    const settled = await Promise.all(returns.map((id) => floor.settle(id)))
    assert.deepEqual(
      settled.map(({ body }) => [body.state, body.amount_refunded]),
      [
        ['settled', 2001],
        ['settled', 4002],
      ],
      settled.map(({ text }) => text).join(),
    )
    assert.deepEqual(tendersOf(await shop.api.payment(payment)), GONE)
    assert.equal(await counter.balanceOf(card), 1000)
  })
  assert.deepEqual(change, [0, 0])
})

for (const nth of [1, 2, 3]) {
  test(`the server dies booking refund ${nth} of the three: what is open is carried out, nothing goes back twice`, async () => {
    const change = await counter.changeOf(async () => {
      const { order, card, payment } = await bought()
      const asked = await floor.ask(order, { pan: 1, lid: 1 })
      const lines = asked.body.lines.map(({ no }) => ({ no, quantity: 1, disposition: 'restock' }))
      await floor.receive(asked.body.id, lines)
      counter.diesBooking(nth)
      await floor.settle(asked.body.id)
      shop.clock.advance(2 * MINUTE)
      await shop.ask()
      // Two devices, one of which had the answer that was lost.
      await Promise.all([floor.settle(asked.body.id), floor.settle(asked.body.id)])
      const done = await floor.readReturn(asked.body.id)
      assert.deepEqual([done.state, done.amount_refunded], ['settled', 6003])
      assert.deepEqual(tendersOf(await shop.api.payment(payment)), GONE)
      assert.equal(await counter.balanceOf(card), 1000)
      assert.deepEqual(shop.journal(payment), ['captured 2501', 'refunded 2501'])
    })
    assert.deepEqual(change, [0, 0])
  })
}

test('the bank refuses the refund: cash and gift card have gone back, and the card’s part goes where it is told', async () => {
  const change = await counter.changeOf(async () => {
    const { order, card, payment } = await bought()
    const asked = await floor.ask(order, { pan: 1, lid: 1 })
    const lines = asked.body.lines.map(({ no }) => ({ no, quantity: 1, disposition: 'restock' }))
    await floor.receive(asked.body.id, lines)
    shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'refund', fault: 'decline' }] }, shop.accounts.a)
    const first = await floor.settle(asked.body.id)
    assert.deepEqual(
      first.body.refunds.map(({ method, state }) => [method, state]),
      [
        ['cash', 'done'],
        ['card', 'failed'],
        ['gift_card', 'done'],
      ],
    )
    const to = { method: 'gift_card', gift_card_id: card.id }
    await floor.settle(asked.body.id, { to, all_to: true })
    const done = await floor.readReturn(asked.body.id)
    assert.deepEqual([done.state, done.amount_refunded], ['settled', 6003])
    assert.equal(await counter.balanceOf(card), 1000 + 2501)
    assert.deepEqual(tendersOf(await shop.api.payment(payment)), GONE)
  })
  assert.deepEqual(change, [0, 0])
})
