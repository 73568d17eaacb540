// An order is edited to hold more after it was paid. What was paid leaves as ever; what the edit brought stays where it is until
// its money is there, however it is to leave.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { GiftCardView } from '../../server/loyalty/index.ts'
import type { OrderView } from '../../server/orders/view.ts'
import type { TenderInput } from '../../server/payments/payment.ts'
import { counterShop } from './counter-shop.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
let at: ReturnType<typeof fulfilmentShop>
const opened: Shop[] = []
beforeEach(async () => {
  shop = await openShop()
  opened.push(shop)
  at = fulfilmentShop(shop)
  for (const [name, price] of [
    ['lamp', '30.00'],
    ['bulb', '2.50'],
  ] as const) {
    await at.sells(name, price, { track: 'quantity' })
    await at.receive(name, at.web, 5n)
    await at.receive(name, at.till, 5n)
  }
})
after(async () => {
  for (const each of opened) await each.close()
})

/** A lamp, paid, that is to leave this way. */
async function lamp(mode: 'ship' | 'collect', more: object = {}, payment: object = {}): Promise<OrderView> {
  const fulfilment = mode === 'ship' ? { mode } : { mode, store_id: at.till }
  const lines = [{ variant_id: at.variant('lamp'), quantity: 1, fulfilment }]
  const placed = await at.place(await at.cart({}, { lines, ...more }))
  assert.equal(placed.status, 201, placed.text)
  const paid = await at.pay(placed.body, CARDS.approved, payment)
  assert.equal(paid.status, 201, paid.text)
  return at.read(placed.body.id)
}
async function add(order: OrderView, name: string, quantity = 1): Promise<OrderView> {
  const draft = await at.draft(order.id, { add: [{ variant_id: at.variant(name), quantity }] })
  assert.equal(draft.status, 201, draft.text)
  const confirmed = await at.confirm(order.id, draft.body.id)
  assert.equal(confirmed.status, 200, confirmed.text)
  return at.read(order.id)
}
/** The fulfilment of the order's line of that article. */
async function of(order: OrderView, name: string): Promise<string> {
  const line = order.lines.findLast(({ variant_id }) => variant_id === at.variant(name))?.id
  const found = (await at.fulfilments(order.id)).find(({ lines }) => lines.some(({ line_id }) => line_id === line))
  return found?.id as string
}
async function payRest(order: OrderView, tender?: TenderInput) {
  const used = tender ?? { method: 'card', token: await shop.api.token(CARDS.mastercard) }
  return shop.api.tender(order.payments[0]?.id as string, used)
}
const cash = (tendered: number) => ({ method: 'cash', cash: { register_id: shop.till, tendered } })
const ready = async (id: string) => (await at.does(id, 'accept', 'pick', 'ready')).code

test('the parcel of what was added waits for its money, the parcel of what was paid does not', async () => {
  const order = await add(await lamp('ship'), 'bulb', 2)
  assert.deepEqual([order.total, order.amount_due], [3500, 500])
  const [paid, added] = [await of(order, 'lamp'), await of(order, 'bulb')]
  await ready(paid)
  await ready(added)
  const before = await at.fulfilment(added)
  const early = await at.ship(added)
  assert.deepEqual([early.status, early.body.code], [409, 'order-not-paid'], early.text)
  assert.match(early.body.detail, /^500 EUR /)
  assert.deepEqual(await at.fulfilment(added), before, 'nothing was written')
  const stock = () => at.level('bulb', before.store_id as string)
  assert.deepEqual(await stock(), [5, 2])
  assert.equal((await at.ship(paid)).body.state, 'shipped')
  assert.equal((await at.ship(added)).status, 409)
  assert.equal((await payRest(order)).body.amount_captured, 3500)
  assert.equal((await at.ship(added)).body.state, 'shipped')
  assert.deepEqual(await stock(), [3, 0])
})

test('a part of the money lets a part of the units go', async () => {
  const order = await add(await lamp('ship'), 'bulb', 2)
  const added = await of(order, 'bulb')
  await payRest(order, { method: 'card', token: await shop.api.token(CARDS.mastercard), amount: 300 })
  const line_id = order.lines.at(-1)?.id as string
  const part = await shop.api.call<{ id: string }>('POST', `/v1/orders/${order.id}/fulfilments`, {
    ...{ fulfilment_id: added, lines: [{ line_id, quantity: 1 }] },
  })
  assert.equal(part.status, 201, part.text)
  await ready(added)
  await ready(part.body.id)
  assert.equal((await at.ship(added)).body.state, 'shipped', 'one of the two is paid')
  assert.equal((await at.ship(part.body.id)).body.code, 'order-not-paid', 'the other is not, whichever was first')
})

test('at the counter the difference is paid as the goods are handed over', async () => {
  const order = await add(await lamp('collect'), 'bulb')
  const added = await of(order, 'bulb')
  const code = await ready(added)
  assert.equal((await at.collect(added, { code })).body.code, 'order-not-paid')
  const staff = await at.collect(added, { staff_override_reason: 'knows the customer' })
  assert.equal(staff.body.code, 'order-not-paid', 'that is about the code, not about the money')
  const declined = await at.collect(added, {
    ...{ code, tender: { method: 'card', token: await shop.api.token(CARDS.declined) } },
  })
  assert.deepEqual([declined.body.state, declined.body.charge.state], ['ready', 'declined'], declined.text)
  const tender = { method: 'card', token: await shop.api.token(CARDS.mastercard) }
  const done = await at.collect(added, { code, tender })
  assert.deepEqual([done.status, done.body.state, done.body.charge.amount], [200, 'collected', 250], done.text)
  const { amount_due, amount_paid } = await at.read(order.id)
  assert.deepEqual([amount_due, amount_paid], [0, 3250])
})

test('two tills take the difference at once: one hands over, and it is paid once', async () => {
  const order = await add(await lamp('collect'), 'bulb')
  const added = await of(order, 'bulb')
  const code = await ready(added)
  const tender = async () => ({ method: 'card', token: await shop.api.token(CARDS.mastercard) })
  const tenders = [await tender(), await tender()]
  const answers = await Promise.all(tenders.map((each) => at.collect(added, { code, tender: each })))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409], answers.map(({ text }) => text).join())
  assert.equal((await at.read(order.id)).amount_paid, 3250)
})

test('the difference is paid on the web and at the counter at once: it is taken once, and the goods leave once', async () => {
  const order = await add(await lamp('collect'), 'bulb')
  const added = await of(order, 'bulb')
  const code = await ready(added)
  const tender = { method: 'card', token: await shop.api.token(CARDS.approved) }
  const [, collected] = await Promise.all([payRest(order), at.collect(added, { code, tender })])
  const after = await at.fulfilment(added)
  assert.equal((await at.read(order.id)).amount_paid, 3250)
  // The counter's tender came second: nothing was due any more, and the goods lie there for who has paid.
  if (after.state !== 'collected') {
    assert.notEqual(collected.body.state, 'collected')
    const again = await at.collect(added, { code })
    assert.equal(again.body.state, 'collected', again.text)
  }
  assert.deepEqual(await at.level('bulb', at.till), [4, 0])
})

test('what is taken along at the till counts as handed over when it is paid', async () => {
  const till = { channel: 'pos', store_id: at.till }
  const placed = await at.place(await at.cart({ lamp: 1 }, till))
  await shop.api.pay({
    ...{ amount: 3000, currency: 'EUR', channel: 'pos', order_id: placed.body.id, tender: cash(3000) },
  })
  const order = await add(await at.read(placed.body.id), 'bulb')
  await shop.settle()
  const bulb = async () => (await at.read(order.id)).lines.at(-1)?.quantity_fulfilled
  assert.deepEqual([await bulb(), await at.level('bulb', at.till)], [0, [5, 1]])
  await payRest(order, cash(250))
  assert.deepEqual([await bulb(), await at.level('bulb', at.till)], [1, [4, 0]])
})

test('and when it is given up instead, its stock is free', async () => {
  const till = { channel: 'pos', store_id: at.till }
  const placed = await at.place(await at.cart({ lamp: 1 }, till))
  await shop.api.pay({
    ...{ amount: 3000, currency: 'EUR', channel: 'pos', order_id: placed.body.id, tender: cash(3000) },
  })
  const order = await add(await at.read(placed.body.id), 'bulb')
  const lines = [{ line_id: order.lines.at(-1)?.id, quantity: 1 }]
  const cancelled = await at.cancel(order.id, { reason: 'no money', lines })
  assert.deepEqual([cancelled.status, cancelled.body.amount_due, cancelled.body.total], [200, 0, 3000], cancelled.text)
  await shop.settle()
  assert.deepEqual(await at.level('bulb', at.till), [5, 0])
})

test('a gift card by mail comes into being when it is paid', async () => {
  const made = await shop.api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
    ...{ name: 'Gift card', kind: 'gift_card' },
    variants: [{ sku: 'GIFT-25', track: 'none', prices: [{ currency: 'EUR', unit_price: '25.00' }] }],
  })
  const variant_id = made.body.variants[0]?.id
  const placed = await at.place(await at.cart({}, { lines: [{ variant_id, quantity: 1 }] }))
  await at.pay(placed.body)
  const cards = async () => {
    await shop.settle()
    const { body } = await shop.api.get<{ data: GiftCardView[] }>('/v1/gift_cards')
    return body.data.filter(({ order_id }) => order_id === placed.body.id).map(({ balance }) => balance)
  }
  assert.deepEqual(await cards(), [2500])
  const order = await at.read(placed.body.id)
  const draft = await at.draft(order.id, { add: [{ variant_id, quantity: 1 }] })
  assert.equal((await at.confirm(order.id, draft.body.id)).status, 200)
  assert.deepEqual(await cards(), [2500])
  await payRest(await at.read(order.id))
  assert.deepEqual(await cards(), [2500, 2500])
  assert.deepEqual((await at.read(order.id)).fulfilment_status, 'fulfilled')
})

test('bought on invoice, what was added leaves before it is paid', async () => {
  const order = await add(await lamp('ship', { channel: 'invoice' }, { channel: 'invoice' }), 'bulb')
  assert.equal(order.amount_due, 250)
  const added = await of(order, 'bulb')
  await ready(added)
  assert.equal((await at.ship(added)).body.state, 'shipped')
})

/** A lamp held on a card that is kept for the order, charged as it leaves; and a bulb that was added and is not held. */
async function held(card: string = CARDS.approved): Promise<OrderView> {
  const lines = [{ variant_id: at.variant('lamp'), quantity: 1 }]
  const placed = await at.place(await at.cart({}, { lines }), { charge: 'on_shipment' })
  const tender = { method: 'card', token: await shop.api.token(card), save: 'order' as const }
  assert.equal((await at.pay(placed.body, card, { capture: 'manual', tender })).status, 201)
  return add(await at.read(placed.body.id), 'bulb')
}

for (const names of [
  ['lamp', 'bulb'],
  ['bulb', 'lamp'],
]) {
  test(`charged with each parcel, ${names.join(' before ')}: what is held is captured and the kept card pays the rest`, async () => {
    const order = await held()
    for (const name of names) {
      const id = await of(order, name)
      await ready(id)
      const sent = await at.ship(id)
      assert.deepEqual([sent.body.state, sent.body.charge.state], ['shipped', 'charged'], sent.text)
    }
    const { amount_paid, amount_due, amount_held } = await at.read(order.id)
    assert.deepEqual([amount_paid, amount_due, amount_held], [3250, 0, 0])
    const rest = names[0] === 'bulb' ? ['captured 250', 'captured 2750'] : ['captured 3000']
    assert.deepEqual(shop.journal(), ['authorized 3000', ...rest, 'authorized 250', 'captured 250'])
  })
}

test('and when the kept card declines the rest, the parcel stays, and the next try takes the rest only', async () => {
  const order = await held()
  const [bulb, lamp] = [await of(order, 'bulb'), await of(order, 'lamp')]
  await ready(bulb)
  await ready(lamp)
  await at.ship(bulb)
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'authorize', fault: 'decline' }] } as never)
  const declined = await at.ship(lamp)
  assert.deepEqual([declined.body.state, declined.body.charge.state], ['packed', 'declined'], declined.text)
  assert.equal((await at.read(order.id)).amount_paid, 3000)
  const sent = await at.ship(lamp)
  assert.deepEqual([sent.body.state, sent.body.charge.amount], ['shipped', 250], sent.text)
  assert.equal((await at.read(order.id)).amount_paid, 3250)
})

for (const nth of [1, 2, 3]) {
  test(`and when the server dies booking answer ${nth} of it, the worker brings it to its end, once`, async () => {
    const order = await held()
    const [bulb, lamp] = [await of(order, 'bulb'), await of(order, 'lamp')]
    await ready(bulb)
    await ready(lamp)
    await at.ship(bulb)
    counterShop(shop).diesBooking(nth)
    assert.equal((await at.ship(lamp)).status, 500)
    for (let round = 0; round < 3; round++) {
      shop.clock.advance(5 * MINUTE)
      await shop.ask()
      await shop.settle()
    }
    assert.equal((await at.fulfilment(lamp)).state, 'shipped')
    const { amount_paid, amount_held } = await at.read(order.id)
    assert.deepEqual([amount_paid, amount_held], [3250, 0])
    assert.deepEqual(shop.journal().sort(), [
      ...['authorized 250', 'authorized 3000', 'captured 250', 'captured 250', 'captured 2750'],
    ])
  })
}

test('money that was held and let go again holds the goods back too', async () => {
  const order = await lamp('ship', {}, { capture: 'manual' })
  const id = await of(order, 'lamp')
  await ready(id)
  const released = await shop.api.command(`/v1/payments/${order.payments[0]?.id}/cancel`, {})
  assert.ok(released.status < 300, released.text)
  assert.deepEqual([(await at.ship(id)).body.code, await at.level('lamp', at.web)], ['order-not-paid', [5, 1]])
})
