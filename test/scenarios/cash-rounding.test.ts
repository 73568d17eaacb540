// Cash where the small coins are gone: the drawer gets what can be paid in coins, the purchase counts as paid in full, and
// the books know the difference. Other tenders, and other countries, never notice.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { OrderView } from '../../server/orders/view.ts'
import type { PaymentInput, PaymentView } from '../../server/payments/payment.ts'
import { type CounterShop, counterShop, drawerOf } from './counter-shop.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
let floor: ReturnShop
let counter: CounterShop
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  counter = counterShop(shop)
  await floor.stocked('candle', '10.02', 1_000)
  await floor.stocked('soap', '3.34', 1_000)
})
after(() => shop.close())

const sale = (amount: number): PaymentInput => ({ amount, currency: 'EUR', channel: 'pos' })
const shown = ({ tenders }: PaymentView) => tenders.map(({ method, amount, rounding }) => [method, amount, rounding])
const given = ({ operations }: PaymentView) => (operations ?? []).map(({ amount, rounding }) => [amount, rounding])
const cashFor = (order: OrderView) =>
  shop.api.pay({ ...sale(order.total), order_id: order.id, tender: counter.inCash() })

test('10.02 at a till in the Netherlands is settled by 10.00, and nothing is left to pay', async () => {
  const order = await floor.bought({ candle: 1 }, async (placed) => {
    const paid = await shop.api.pay({ ...sale(placed.total), order_id: placed.id, tender: counter.inCash(2000) })
    assert.equal(paid.status, 201, paid.text)
    assert.deepEqual(
      [paid.body.status, paid.body.amount_captured, paid.body.amount_refundable],
      ['captured', 1002, 1002],
    )
    assert.deepEqual(shown(paid.body), [['cash', 1002, -2]])
    assert.deepEqual(paid.body.tenders[0]?.cash, { tendered: 2000, change: 1000 })
    assert.deepEqual(await shop.books(paid.body.id), ['sale_succeeded, cash +1000, rounding +2, sales_clearing -1002'])
  })
  assert.deepEqual([order.payment_status, order.total], ['paid', 1002])
})

test('up as well as down; 10.00 for 10.00 is not a rounding, and too little cash is none either', async () => {
  const up = await shop.api.pay({ ...sale(1003), tender: counter.inCash(1005) })
  assert.deepEqual(shown(up.body), [['cash', 1003, 2]])
  assert.deepEqual(await shop.books(up.body.id), ['sale_succeeded, cash +1005, rounding -2, sales_clearing -1003'])
  const even = await shop.api.pay({ ...sale(1000), tender: counter.inCash() })
  assert.deepEqual(shown(even.body), [['cash', 1000, 0]])
  assert.deepEqual(await shop.books(even.body.id), ['sale_succeeded, cash +1000, sales_clearing -1000'])
  const short = await shop.api.pay({ ...sale(1003), tender: counter.inCash(1004) })
  assert.deepEqual([short.status, short.body.errors[0]?.pointer], [422, '/tender/cash/tendered'])
  assert.equal(short.body.detail, 'tender/cash/tendered is less than what has to be paid in cash: at least 1005')
  const rest = await shop.api.pay(sale(1003))
  const later = await shop.api.tender(rest.body.id, counter.inCash(1004))
  assert.deepEqual(
    [later.status, later.body.errors[0]?.pointer],
    [422, '/cash/tendered'],
    'where the body is the tender',
  )
  assert.deepEqual((await shop.api.payment(rest.body.id)).tenders, [], 'nothing was begun')
  const none = await shop.api.tender(rest.body.id, counter.inCash())
  assert.deepEqual(
    none.body.tenders[0]?.cash,
    { tendered: 1005, change: 0 },
    'exactly what is due, unless more is told',
  )
  const less = await shop.api.pay({ ...sale(1002), tender: counter.inCash(1000) })
  assert.deepEqual([less.status, less.body.tenders[0]?.cash?.change], [201, 0])
})

test('a card pays to the cent, and of card and cash only the cash that settles the rest is rounded', async () => {
  const card = await shop.api.pay({ ...sale(1002), tender: { method: 'card', terminal_id: shop.terminal } })
  assert.deepEqual(shown(card.body), [['card', 1002, null]])
  const split = await shop.api.pay({
    ...sale(2003),
    tender: { method: 'card', amount: 1001, terminal_id: shop.terminal },
  })
  const rest = await shop.api.tender(split.body.id, counter.inCash())
  assert.equal(rest.body.status, 'captured')
  assert.deepEqual(shown(rest.body), [
    ['card', 1001, null],
    ['cash', 1002, -2],
  ])
  const first = await shop.api.pay({ ...sale(2003), tender: { ...counter.inCash(), amount: 1001 } })
  const second = await shop.api.tender(first.body.id, { method: 'card', terminal_id: shop.terminal })
  assert.equal(second.body.status, 'captured')
  assert.deepEqual(shown(second.body), [
    ['cash', 1001, null],
    ['card', 1002, null],
  ])
})

test('who has the small coins may pay exactly, where the law leaves it open', async () => {
  const exact = { method: 'cash', cash: { register_id: shop.till, tendered: 1002, exact: true } }
  const paid = await shop.api.pay({ ...sale(1002), tender: exact })
  assert.deepEqual([paid.status, ...shown(paid.body)], [201, ['cash', 1002, null]])
  const back = await shop.api.refund(paid.body.id)
  assert.deepEqual(given(back.body), [[1002, 0]])
  const belgium = await shop.neighbour({ country: 'BE' })
  const register_id = belgium.keys.registers[0]?.id as string
  const there = (more: object) =>
    belgium.api.pay({ ...sale(1002), tender: { method: 'cash', cash: { register_id, ...more } } })
  const refused = await there({ exact: true })
  assert.deepEqual([refused.status, refused.body.errors[0]?.pointer], [422, '/tender/cash/exact'])
  assert.deepEqual(shown((await there({})).body), [['cash', 1002, -2]])
})

test('a whole krona in Sweden, every grosz in Poland; a Swedish till rounds no euro', async () => {
  const abroad = async (country: string, currency: string, amount: number, paidIn = currency) => {
    const { api, keys } = await shop.neighbour({ country, currency })
    const register_id = keys.registers[0]?.id as string
    const paid = await api.pay({
      ...{ amount, currency: paidIn, channel: 'pos' },
      tender: { method: 'cash', cash: { register_id } },
    })
    assert.equal(paid.body.status, 'captured', paid.text)
    return [paid.body.tenders[0]?.rounding, (await drawerOf(api)).drawer]
  }
  assert.deepEqual(await abroad('SE', 'SEK', 10_049), [-49, 10_000])
  assert.deepEqual(await abroad('SE', 'SEK', 10_050), [50, 10_100])
  assert.deepEqual(await abroad('SE', 'SEK', 1_002, 'EUR'), [null, 1_002])
  assert.deepEqual(await abroad('PL', 'PLN', 1_002), [null, 1_002])
  assert.deepEqual(await abroad('FR', 'EUR', 1_002), [null, 1_002])
})

test('a merchant in the Netherlands that keeps its small coins says so once for a store; one in Belgium is not asked', async () => {
  for (const [country, rounding] of [
    ['NL', null],
    ['BE', -2],
  ] as const) {
    const { api, keys } = await shop.neighbour({ country })
    const [till] = keys.registers
    const rule = { increment: 5, mode: 'half_up', is_optional: country === 'NL' }
    const asked = await api.get(`/v1/stores/${till?.store_id}`)
    assert.deepEqual(asked.body['cash_rounding'], rule)
    const told = await api.call('PATCH', `/v1/stores/${till?.store_id}`, { rounds_cash: false })
    assert.deepEqual([told.status, told.body['rounds_cash']], [200, false])
    assert.deepEqual(told.body['cash_rounding'], rounding === null ? null : rule)
    const cash = { register_id: till?.id as string }
    const paid = await api.pay({ ...sale(1002), tender: { method: 'cash', cash } })
    assert.deepEqual(shown(paid.body), [['cash', 1002, rounding]])
    const back = await api.refund(paid.body.id)
    assert.deepEqual([back.body.amount_refunded, (await drawerOf(api)).drawer], [1002, 0])
  }
})

test('all that was bought in cash and comes back leaves drawer and rounding as they were', async () => {
  const change = await counter.changeOf(async () => {
    const order = await floor.bought({ candle: 1, soap: 2 }, cashFor)
    assert.equal(order.total, 1670)
    await floor.brought(order, { soap: 1 })
    await floor.brought(order, { soap: 1 })
    const last = await floor.brought(order, { candle: 1 })
    assert.deepEqual([last.state, last.amount_refunded], ['settled', 1002])
    assert.equal((await floor.read(order.id)).payment_status, 'refunded')
  })
  assert.deepEqual(change, [0, 0])
})

test('a part is given back by the same rule, and as one sum with the part before it', async () => {
  const paid = await shop.api.pay({ ...sale(1002), tender: counter.inCash() })
  const parts = []
  for (const amount of [333, 333, 336]) parts.push(given((await shop.api.refund(paid.body.id, { amount })).body)[0])
  // 3.35, 3.30 and 3.35: of 3.33 rounded, of 6.66 less what had gone, and the 10.00 that had come in.
  assert.deepEqual(parts, [
    [333, 2],
    [333, -3],
    [336, -1],
  ])
  const payment = await shop.api.payment(paid.body.id)
  assert.deepEqual([payment.amount_refunded, payment.amount_refundable], [1002, 0])
  assert.deepEqual((await shop.books(paid.body.id)).slice(1, 3), [
    'refund_sent, refunds_in_flight -333, sales_clearing +333',
    'refund_succeeded, cash -335, refunds_in_flight +333, rounding +2',
  ])
})

test('cash for what a card had paid is rounded too, and so is cash without an earlier charge', async () => {
  const card = await shop.api.pay({
    ...sale(1002),
    tender: { method: 'card', token: await shop.api.token(CARDS.approved) },
  })
  const to = { method: 'cash', register_id: shop.till }
  assert.deepEqual(await counter.changeOf(() => shop.api.refund(card.body.id, { amount: 502, to })), [-500, -2])
  assert.deepEqual(await counter.changeOf(() => shop.api.refund(card.body.id, { to })), [-500, 0])
  assert.deepEqual(await counter.changeOf(() => shop.api.credit({ ...sale(1003), to })), [-1005, 2])
})

test('a double click, a lost answer and a repeated command put 10.00 into the drawer once', async () => {
  const order = (await floor.place(await floor.cart({ candle: 1 }, { channel: 'pos', store_id: floor.shopFloor }))).body
  const pay = (key: string) =>
    shop.api.pay({ ...sale(order.total), order_id: order.id, tender: counter.inCash(2000) }, { key })
  const change = await counter.changeOf(async () => {
    await Promise.all([pay('clicked-twice'), pay('clicked-twice')])
    const again = await pay('clicked-twice')
    assert.deepEqual([again.status, again.body.tenders[0]?.cash?.change], [201, 1000])
    const other = await pay('another-device')
    assert.deepEqual([other.status, other.body.code], [409, 'order-already-paid'])
  })
  assert.deepEqual(change, [1000, 2])
})

test('when the server dies before it has booked the cash, the books catch up by themselves, rounded', async () => {
  const change = await counter.changeOf(async () => {
    const paying = { ...sale(1002), tender: counter.inCash(2000) }
    counter.diesBooking()
    assert.equal((await shop.api.pay(paying, { key: 'died-selling' })).status, 500)
    shop.clock.advance(MINUTE)
    await shop.ask()
    const paid = await shop.api.pay(paying, { key: 'died-selling' })
    assert.deepEqual([paid.status, paid.body.status, ...shown(paid.body)], [201, 'captured', ['cash', 1002, -2]])
    counter.diesBooking()
    assert.equal((await shop.api.refund(paid.body.id, { amount: 501 }, { key: 'died-giving-back' })).status, 500)
    shop.clock.advance(MINUTE)
    await shop.ask()
    assert.deepEqual(given((await shop.api.refund(paid.body.id, {}, { key: 'all-given-back' })).body), [[501, -1]])
  })
  assert.deepEqual(change, [0, 0])
})

test('two tills that give back at once round as one after the other', async () => {
  const paid = await shop.api.pay({ ...sale(1002), tender: counter.inCash() })
  const answers = await Promise.all([333, 333, 336].map((amount) => shop.api.refund(paid.body.id, { amount })))
  const roundings = answers.map(({ body }) => body.operations?.[0]?.rounding as number)
  assert.equal(
    roundings.reduce((sum, rounding) => sum + rounding, 0),
    -2,
  )
})

test('whatever is due and however it comes back, nothing is rounded by more than half a coin, and sums agree', async () => {
  const parts = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3_000 }), parts, fc.boolean(), async (amount, weights, isExact) => {
      const cash = { register_id: shop.till, exact: isExact }
      const { body } = await shop.api.pay({ ...sale(amount), tender: { method: 'cash', cash } })
      assert.ok(Math.abs(body.tenders[0]?.rounding ?? 0) <= 2)
      const received = amount + (body.tenders[0]?.rounding ?? 0)
      let left = amount
      let gone = 0
      for (const weight of weights) {
        const part = Math.floor((left * weight) / 101)
        if (part === 0) continue
        const back = (await shop.api.refund(body.id, { amount: part })).body
        left -= part
        const [amountBack, rounding] = given(back)[0] as [number, number]
        assert.ok(amountBack + rounding >= 0)
        gone += amountBack + rounding
        assert.ok(Math.abs(gone - (amount - left)) <= 2, 'in all at most half a coin')
        assert.equal(gone % 5, 0, 'in coins that there are')
      }
      const last = given((await shop.api.refund(body.id)).body)[0] as [number, number]
      assert.equal(last[0], left)
      // Only where the last cents had been rounded up before is there nothing left to take back.
      const before = gone
      gone += last[0] + last[1]
      assert.equal(gone, Math.max(received, before))
      assert.equal((await shop.api.payment(body.id)).amount_refundable, 0)
    }),
    { numRuns: 40 },
  )
})
