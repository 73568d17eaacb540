// Story 11: what was paid with points, a gift card and cash is exchanged for something that costs more, or less. Each again
// with something going wrong.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type CounterShop, counterShop } from './counter-shop.ts'
import { type ExchangeShop, exchangeShop, type Visit } from './exchange-shop.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
let floor: ReturnShop
let counter: CounterShop
let broughtBack: ExchangeShop['broughtBack']
let wanted: ExchangeShop['wanted']
let exchange: ExchangeShop['exchange']
let readExchange: ExchangeShop['readExchange']
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  counter = counterShop(shop)
  ;({ broughtBack, wanted, exchange, readExchange } = exchangeShop(shop, floor, counter))
  await counter.rewards()
  await floor.stocked('jacket', '49.97', 50)
  await floor.stocked('coat', '79.99', 50)
  await floor.stocked('scarf', '19.98', 50)
})
after(() => shop.close({ hasAllVersions: true }))

test('for a coat that costs more, the jacket pays its worth and cash the rest, rounded', async () => {
  const change = await counter.changeOf(async () => {
    const visit = await broughtBack()
    const order = await wanted('coat', visit)
    const made = await exchange(visit.returned, order.id)
    assert.equal(made.status, 201, made.text)
    const { state, amount_returned, amount_credited, amount_due } = made.body
    assert.deepEqual(
      { state, amount_returned, amount_credited, amount_due },
      { state: 'awaiting_payment', amount_returned: 4997, amount_credited: 4997, amount_due: 3002 },
    )
    const paid = await shop.api.tender(made.body.payment_id, counter.inCash(5000))
    assert.deepEqual(
      [paid.body.status, paid.body.tenders[1]?.rounding, paid.body.tenders[1]?.cash?.change],
      ['captured', -2, 2000],
    )
    await shop.settle()
    assert.equal((await readExchange(made.body.id)).state, 'completed')
    assert.equal((await floor.read(order.id)).payment_status, 'paid')
    assert.equal((await floor.readReturn(visit.returned)).state, 'settled')
    assert.deepEqual([await counter.pointsOf(visit.customer), await counter.balanceOf(visit.card)], [[0, 79], 0])
  })
  // 24.95 and 30.00 for 54.99.
  assert.deepEqual(change, [5495, 4])
})

test('for a scarf that costs less, the rest goes back as it came: cash, gift card and points', async () => {
  const change = await counter.changeOf(async () => {
    const visit = await broughtBack()
    const order = await wanted('scarf', visit)
    const made = await exchange(visit.returned, order.id)
    assert.equal(made.status, 201, made.text)
    assert.deepEqual([made.body.state, made.body.amount_credited, made.body.amount_back], ['completed', 1998, 2999])
    const settled = await floor.readReturn(visit.returned)
    assert.equal(settled.state, 'settled')
    assert.deepEqual(
      settled.refunds.map(({ method, amount, to }) => [method, amount, to]),
      [
        ['gift_card', 1998, 'gift_card'],
        ['cash', 499, null],
        ['gift_card', 2000, null],
        ['points', 500, null],
      ],
    )
    assert.equal((await floor.read(order.id)).payment_status, 'paid')
    assert.deepEqual([await counter.pointsOf(visit.customer), await counter.balanceOf(visit.card)], [[500, 19], 2000])
  })
  // 24.95 came in for 24.97, and 5.00 went out for 4.99.
  assert.deepEqual(change, [1995, 3])
})

test('and when the scarf comes back as well, its worth does not vanish onto the card of the exchange', async () => {
  const visit = await broughtBack()
  const order = await wanted('scarf', visit)
  await exchange(visit.returned, order.id)
  await shop.settle()
  const asked = await floor.ask(await floor.read(order.id), { scarf: 1 })
  await floor.receive(asked.body.id, [{ no: 1, quantity: 1, disposition: 'restock' }])
  const nowhere = await floor.settle(asked.body.id)
  assert.deepEqual([nowhere.status, nowhere.body.code], [422, 'operation-unsupported'])
  const named = await floor.settle(asked.body.id, { to: { method: 'gift_card', gift_card_id: visit.card.id } })
  assert.equal(named.status, 200, named.text)
  const done = await floor.readReturn(asked.body.id)
  assert.deepEqual([done.state, done.amount_refunded], ['settled', 1998])
  assert.equal(await counter.balanceOf(visit.card), 2000 + 1998, 'the card that Ada holds')
})

/** The coat is to be sent instead of taken along: 49.97 of it is the jacket's worth, 30.02 is paid in cash. */
async function coatToBeSent(visit: Visit, customer_id?: string) {
  const lines = [
    { variant_id: floor.variant('coat'), quantity: 1, fulfilment: { mode: 'ship', store_id: floor.shopFloor } },
  ]
  const cart = await floor.cart({}, { channel: 'pos', store_id: floor.shopFloor, customer_id, lines })
  const order = (await floor.place(cart)).body
  const made = await exchange(visit.returned, order.id)
  await shop.api.tender(made.body.payment_id, counter.inCash())
  await shop.settle()
  return { order, payment: made.body.payment_id }
}
/** What the first task of an order says. */
const told = async (order: string) => {
  const { body } = await shop.api.get<{ data: { detail: string }[] }>(`/v1/order_tasks?order_id=${order}`)
  return body.data[0]?.detail ?? ''
}
const creditOf = async (customer: string) => {
  const path = `/v1/customers/${customer}/store_credit`
  const { body } = await shop.api.get<{ data: { balance: number }[] }>(path)
  return body.data[0]?.balance ?? 0
}

test('and when a coat of nobody known is to be sent and is cancelled instead, somebody is told that its worth has nowhere to go', async () => {
  const visit = await broughtBack()
  const { order, payment } = await coatToBeSent(visit)
  const handedOut = await counter.changeOf(async () => {
    const cancelled = await floor.cancel(order.id, { reason: 'customer' })
    assert.equal(cancelled.status, 200, cancelled.text)
    await shop.settle()
  })
  assert.deepEqual([handedOut, await floor.tasks(order.id)], [[-3000, -2], ['refund_failed']], 'the cash goes back')
  assert.match(await told(order.id), /4997/)
  const [worth] = (await shop.api.payment(payment)).tenders.map(({ id }) => id)
  const to = { method: 'gift_card', gift_card_id: visit.card.id }
  await shop.api.refund(payment, { tender_id: worth, to })
  assert.equal((await shop.api.payment(payment)).amount_refundable, 0)
  assert.equal(await counter.balanceOf(visit.card), 4997)
})

for (const dies of [false, true]) {
  test(`what a guest paid by card for the coat goes back to the card${dies ? ', once, although the server dies booking it' : ''}`, async () => {
    const visit = await broughtBack()
    const lines = [
      { variant_id: floor.variant('coat'), quantity: 1, fulfilment: { mode: 'ship', store_id: floor.shopFloor } },
    ]
    const order = (await floor.place(await floor.cart({}, { channel: 'pos', store_id: floor.shopFloor, lines }))).body
    const made = await exchange(visit.returned, order.id)
    const token = await shop.api.token(CARDS.approved)
    assert.equal((await shop.api.tender(made.body.payment_id, { method: 'card', token })).body.status, 'captured')
    await shop.settle()
    if (dies) counter.diesBooking()
    await floor.cancel(order.id, { reason: 'customer' })
    for (let round = 0; round < 2; round++) {
      shop.clock.advance(5 * MINUTE)
      await shop.ask()
      await shop.settle()
    }
    const refunds = (await shop.api.payment(made.body.payment_id)).tenders.map(({ amount_refunded }) => amount_refunded)
    assert.deepEqual([refunds, await floor.tasks(order.id)], [[0, 3002], ['refund_failed']])
    assert.match(await told(order.id), /4997/)
    const history = await floor.history(order.id)
    assert.deepEqual(history.filter((type) => type === 'order.refund_failed').length, 1, history.join())
  })
}

test('when the coat is Ada’s, its worth becomes her store credit and the cash goes back as it came', async () => {
  const visit = await broughtBack()
  const { order, payment } = await coatToBeSent(visit, visit.customer)
  const handedOut = await counter.changeOf(async () => {
    const cancelled = await floor.cancel(order.id, { reason: 'customer' })
    assert.equal(cancelled.status, 200, cancelled.text)
  })
  assert.deepEqual(handedOut, [-3000, -2])
  await shop.settle()
  assert.deepEqual([await creditOf(visit.customer), await floor.tasks(order.id)], [4997, []])
  assert.equal((await shop.api.payment(payment)).amount_refundable, 0)
  const { state, payment_status } = await floor.read(order.id)
  assert.deepEqual([state, payment_status], ['cancelled', 'refunded'])
})

for (const nth of [1, 2]) {
  test(`the server dies booking answer ${nth} of that: it goes on where it was, and nothing goes back twice`, async () => {
    const visit = await broughtBack()
    const { order, payment } = await coatToBeSent(visit, visit.customer)
    const handedOut = await counter.changeOf(async () => {
      counter.diesBooking(nth)
      await floor.cancel(order.id, { reason: 'customer' })
      shop.clock.advance(5 * MINUTE)
      await shop.ask()
      await shop.settle()
      shop.clock.advance(5 * MINUTE)
      await shop.settle()
    })
    assert.deepEqual([handedOut, await creditOf(visit.customer)], [[-3000, -2], 4997])
    assert.equal((await shop.api.payment(payment)).amount_refunded, 7999)
  })
}

test('of two coats one is cancelled: cash first, the rest of it as store credit, to the cent', async () => {
  const visit = await broughtBack()
  const lines = [
    { variant_id: floor.variant('coat'), quantity: 2, fulfilment: { mode: 'ship', store_id: floor.shopFloor } },
  ]
  const more = { channel: 'pos', store_id: floor.shopFloor, customer_id: visit.customer, lines }
  const order = (await floor.place(await floor.cart({}, more))).body
  const made = await exchange(visit.returned, order.id)
  // 159.98 less 49.97: of the 110.01, 40.00 in cash and the rest by card.
  await shop.api.tender(made.body.payment_id, {
    method: 'card',
    token: await shop.api.token(CARDS.approved),
    amount: 7001,
  })
  const paid = await shop.api.tender(made.body.payment_id, { ...counter.inCash(4000), amount: 4000 })
  assert.equal(paid.body.status, 'captured', paid.text)
  await shop.settle()
  const handedOut = await counter.changeOf(async () => {
    const line_id = order.lines[0]?.id
    const cancelled = await floor.cancel(order.id, { reason: 'one will do', lines: [{ line_id, quantity: 1 }] })
    assert.equal(cancelled.status, 200, cancelled.text)
    await shop.settle()
  })
  const refunds = (await shop.api.payment(made.body.payment_id)).tenders.map(({ amount_refunded }) => amount_refunded)
  assert.deepEqual([refunds, handedOut[0], await creditOf(visit.customer)], [[0, 3999, 4000], -4000, 0])
  const rest = await floor.cancel(order.id, { reason: 'none at all' })
  assert.equal(rest.status, 200, rest.text)
  await shop.settle()
  assert.deepEqual([await creditOf(visit.customer), await floor.tasks(order.id)], [4997, []])
  assert.equal((await shop.api.payment(made.body.payment_id)).amount_refundable, 0)
})

test('a coat that is never paid for in full is given up, and what the jacket was worth is Ada’s', async () => {
  const visit = await broughtBack()
  const order = await wanted('coat', visit)
  assert.equal((await exchange(visit.returned, order.id)).body.state, 'awaiting_payment')
  for (let round = 0; round < 3; round++) {
    shop.clock.advance(20 * MINUTE)
    await shop.settle()
  }
  assert.deepEqual([(await floor.read(order.id)).state, await creditOf(visit.customer)], ['cancelled', 4997])
})

test('a coat that a guest never pays for in full is given up once, its stock is free, and a person is told once', async () => {
  const order = await floor.bought({ jacket: 1 }, (placed) => floor.pay(placed, undefined, { channel: 'pos' }))
  const { body } = await floor.ask(order, { jacket: 1 })
  await floor.receive(body.id, [{ no: 1, quantity: 1, disposition: 'restock' }])
  const before = await floor.onHand('coat')
  const lines = [
    { variant_id: floor.variant('coat'), quantity: 1, fulfilment: { mode: 'ship', store_id: floor.shopFloor } },
  ]
  const cart = await floor.cart({}, { channel: 'pos', store_id: floor.shopFloor, lines })
  const coat = (await floor.place(cart)).body
  assert.equal((await exchange(body.id, coat.id)).body.state, 'awaiting_payment')
  for (let round = 0; round < 4; round++) {
    shop.clock.advance(20 * MINUTE)
    await shop.settle()
  }
  const { state, expires_at, payments } = await floor.read(coat.id)
  assert.deepEqual([state, expires_at, await floor.tasks(coat.id)], ['cancelled', null, ['refund_failed']])
  const history = await floor.history(coat.id)
  assert.equal(history.filter((type) => type === 'order.refund_failed').length, 1, history.join())
  assert.equal(history.at(0) === 'order.expired' || history.at(-1) === 'order.expired', true, history.join())
  assert.deepEqual(await floor.onHand('coat'), before)
  // The person gives it to Bo, who has come for it.
  const to = { method: 'store_credit', customer_id: await shop.customer('Bo') }
  const given = await shop.api.command(`/v1/payments/${payments[0]?.id}/refunds`, {
    amount: 4997,
    to,
    reason: 'came for it',
  })
  assert.equal(given.status, 201, given.text)
  await shop.settle()
  assert.equal((await floor.read(coat.id)).payment_status, 'refunded')
})

test('where the rules give no store credit, a person decides for Ada too', async () => {
  const { rules } = (await shop.api.get<{ rules: object }>('/v1/return_policy')).body
  await shop.api.call('PUT', '/v1/return_policy', { ...rules, alternatives: ['gift_card'] })
  const visit = await broughtBack()
  const { order } = await coatToBeSent(visit, visit.customer)
  await floor.cancel(order.id, { reason: 'customer' })
  await shop.settle()
  await shop.api.call('PUT', '/v1/return_policy', rules)
  assert.deepEqual([await floor.tasks(order.id), await creditOf(visit.customer)], [['refund_failed'], 0])
})

test('clicked twice, and sent by two tills for two coats, the jacket pays for one of them once', async () => {
  const visit = await broughtBack()
  const [one, other] = [await wanted('coat', visit), await wanted('coat', visit)]
  const answers = await Promise.all([
    exchange(visit.returned, one.id),
    exchange(visit.returned, one.id),
    exchange(visit.returned, other.id),
  ])
  await shop.settle()
  const made = answers.filter(({ status }) => status === 201)
  assert.ok(made.length > 0)
  assert.equal(new Set(made.map(({ body }) => body.id)).size, 1)
  const orders = [await floor.read(one.id), await floor.read(other.id)]
  const received = orders.map(({ payments }) => payments.reduce((sum, { amount_captured }) => sum + amount_captured, 0))
  assert.deepEqual(received.sort(), [0, 4997])
  assert.equal((await floor.readReturn(visit.returned)).amount_refunded, 4997)
})

for (const nth of [1, 2, 3, 4]) {
  test(`the server dies booking answer ${nth} of the exchange: sent again, it goes on where it was`, async () => {
    const change = await counter.changeOf(async () => {
      const visit = await broughtBack()
      const order = await wanted('coat', visit)
      counter.diesBooking(nth)
      const died = await exchange(visit.returned, order.id)
      // What was given back is asked for and booked; then the till sends the exchange once more.
      shop.clock.advance(2 * MINUTE)
      await shop.ask()
      await shop.settle()
      const made = await exchange(visit.returned, order.id)
      assert.deepEqual([made.status, made.body.state, made.body.amount_due], [201, 'awaiting_payment', 3002], died.text)
      await shop.api.tender(made.body.payment_id, counter.inCash())
      await shop.settle()
      assert.equal((await readExchange(made.body.id)).state, 'completed')
      const back = await floor.readReturn(visit.returned)
      assert.deepEqual([back.state, back.amount_refunded], ['settled', 4997])
      assert.equal((await floor.read(order.id)).payment_status, 'paid')
      assert.deepEqual([await counter.pointsOf(visit.customer), await counter.balanceOf(visit.card)], [[0, 79], 0])
    })
    assert.deepEqual(change, [5495, 4])
  })
}

test('the cash for the difference is handed over and the answer is lost: taken once, and the exchange is complete', async () => {
  const change = await counter.changeOf(async () => {
    const visit = await broughtBack()
    const order = await wanted('coat', visit)
    const made = await exchange(visit.returned, order.id)
    const pays = () => shop.api.tender(made.body.payment_id, counter.inCash(5000), { key: 'coat-difference' })
    counter.diesBooking()
    assert.equal((await pays()).status, 500)
    shop.clock.advance(MINUTE)
    const [again, clicked] = await Promise.all([pays(), pays()])
    assert.ok([again.status, clicked.status].includes(201), again.text)
    const paid = await shop.api.payment(made.body.payment_id)
    assert.deepEqual([paid.status, paid.tenders.length, paid.tenders[1]?.cash?.change], ['captured', 2, 2000])
    await shop.settle()
    assert.equal((await readExchange(made.body.id)).state, 'completed')
  })
  assert.deepEqual(change, [5495, 4])
})
