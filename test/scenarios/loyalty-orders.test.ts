// The whole way: a cart becomes an order, its payment confirms it, points and gift cards follow, and a cancellation takes both
// back to the point and to the cent.

import assert from 'node:assert/strict'
import { after, before, describe, it, test } from 'node:test'
import { createLimit, type GiftCardView, revealGiftCard } from '../../server/loyalty/index.ts'
import { keyedHash } from '../../server/vault/index.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { type OrderShop, orderShop } from './order-shop.ts'
import { CARDS, DAY, openShop, type Shop } from './shop.ts'

let shop: Shop
let orders: OrderShop
before(async () => {
  shop = await openShop()
  orders = orderShop(shop)
  await orders.sells('kettle', '50.00')
  const card = { sku: 'GIFT', track: 'none', prices: [{ currency: 'EUR', unit_price: '25.00' }] }
  const made = await shop.api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
    name: 'Gift card',
    kind: 'gift_card',
    variants: [{ ...card, sku: 'GIFT-25' }],
  })
  assert.equal(made.status, 201, made.text)
  giftCard = made.body.variants[0]?.id as string
  await shop.api.call('PUT', '/v1/gift_card_programmes/shop', {
    name: 'Shop',
    voucher: 'multi_purpose',
    months_valid: 24,
    skus: ['GIFT-25'],
  })
  const programme = await shop.api.call('PUT', '/v1/loyalty/programme', {
    name: 'Friends',
    is_enabled: true,
    pending_days: 30,
    rates: [{ currency: 'EUR', earn: '1', point_value: '0.01' }],
    tiers: [],
    excluded_categories: [],
  })
  assert.equal(programme.status, 200, programme.text)
})
after(() => shop.close())

let giftCard: string
const points = async (customer: string) => {
  const { body } = await shop.api.get<{ points: number; pending: number }>(`/v1/customers/${customer}/loyalty`)
  return [body.points, body.pending]
}
const cardsOf = async (orderId: string) => {
  const { body } = await shop.api.get<{ data: GiftCardView[] }>('/v1/gift_cards?limit=100')
  return body.data.filter((card) => card.order_id === orderId)
}

test('an order paid with points and a card earns on what the card paid; a cancelled unit takes its share back', async () => {
  const customer = await shop.customer()
  const give = { points: 2_000, currency: 'EUR', reason: 'welcome' }
  await shop.api.command(`/v1/customers/${customer}/loyalty/adjustments`, give)
  const order = await orders.order({ kettle: 2 }, { customer_id: customer })
  const sale = {
    amount: order.total,
    currency: 'EUR',
    channel: 'web',
    order_id: order.id,
    customer_id: customer,
  } as const
  const first = await shop.api.pay({ ...sale, tender: { method: 'points', amount: 2_000 } })
  assert.equal(first.body.amount_captured, 2_000, first.text)
  assert.deepEqual(await points(customer), [0, 0])
  await shop.api.tender(first.body.id, { method: 'card', token: await shop.api.token(CARDS.approved) })
  await shop.settle()
  // 100.00 less 20.00 paid with points: 80 points.
  assert.deepEqual(await points(customer), [0, 80])
  const line = (await orders.read(order.id)).lines[0]
  const cancelled = await orders.cancel(order.id, { lines: [{ line_id: line?.id, quantity: 1 }], reason: 'customer' })
  assert.equal(cancelled.status < 300, true, cancelled.text)
  await shop.settle()
  assert.deepEqual((await points(customer))[1], 40)
  // The parcel leaves a month and more later: only then the days to return it begin.
  shop.clock.advance(40 * DAY)
  await shop.settle()
  assert.deepEqual((await points(customer))[1], 40)
  const parcels = fulfilmentShop(shop)
  for (const { id } of await parcels.fulfilments(order.id)) {
    await parcels.does(id, 'accept', 'pick', 'ready')
    assert.equal((await parcels.ship(id)).status, 200)
  }
  shop.clock.advance(29 * DAY)
  await shop.settle()
  assert.deepEqual((await points(customer))[1], 40)
  shop.clock.advance(DAY)
  await shop.settle()
  const [spendable, pending] = await points(customer)
  // The 2,000 that paid for the cancelled unit came back before; they are another story's.
  assert.deepEqual([(spendable ?? 0) % 1_000, pending], [40, 0])
})

test('what an edit adds gives its points once it is paid, and what was paid keeps its own', async () => {
  const customer = await shop.customer()
  const order = await orders.order({ kettle: 1 }, { customer_id: customer })
  const paid = await orders.pay(order, CARDS.approved, { customer_id: customer })
  await shop.settle()
  assert.deepEqual(await points(customer), [0, 50])
  const added = await orders.draft(order.id, { add: [{ variant_id: orders.variant('kettle'), quantity: 2 }] })
  assert.equal((await orders.confirm(order.id, added.body.id)).status, 200)
  await shop.settle()
  assert.deepEqual(await points(customer), [0, 50])
  await shop.api.tender(paid.body.id, { method: 'card', token: await shop.api.token(CARDS.approved) })
  await shop.settle()
  assert.deepEqual(await points(customer), [0, 150])
})

test('of what an edit added and cancelled again before it was paid only the rest gives points, and none that is given up', async () => {
  const customer = await shop.customer()
  const order = await orders.order({ kettle: 1 }, { customer_id: customer })
  const paid = await orders.pay(order, CARDS.approved, { customer_id: customer })
  await shop.settle()
  const added = await orders.draft(order.id, { add: [{ variant_id: orders.variant('kettle'), quantity: 3 }] })
  assert.equal((await orders.confirm(order.id, added.body.id)).status, 200)
  await shop.settle()
  const line_id = (await orders.read(order.id)).lines[1]?.id
  const cancelled = await orders.cancel(order.id, { reason: 'fewer', lines: [{ line_id, quantity: 1 }] })
  assert.equal(cancelled.status, 200, cancelled.text)
  await shop.settle()
  assert.deepEqual(await points(customer), [0, 50])
  const half = { method: 'card', token: await shop.api.token(CARDS.approved), amount: 6_000 }
  await shop.api.tender(paid.body.id, half)
  await shop.settle()
  assert.deepEqual(await points(customer), [0, 50], 'a part of the money for the line is not the line')
  await shop.api.tender(paid.body.id, { method: 'card', token: await shop.api.token(CARDS.approved) })
  await shop.settle()
  assert.deepEqual(await points(customer), [0, 150])
  await orders.cancel(order.id, { reason: 'fewer', lines: [{ line_id, quantity: 1 }] })
  await shop.settle()
  assert.deepEqual(await points(customer), [0, 100])
  const again = await orders.draft(order.id, { add: [{ variant_id: orders.variant('kettle'), quantity: 1 }] })
  assert.equal((await orders.confirm(order.id, again.body.id)).status, 200)
  await orders.cancel(order.id, { reason: 'none' })
  await shop.settle()
  assert.deepEqual(await points(customer), [0, 0])
})

test('what is charged at the counter gives its points with the charge, and none while the card declines', async () => {
  const at = fulfilmentShop(shop)
  await at.sells('pan', '40.00', { track: 'quantity' })
  await at.receive('pan', at.till, 5n)
  async function toCollect(card: string) {
    const customer = await shop.customer()
    const fulfilment = { mode: 'collect', store_id: at.till }
    const cart = await at.cart({}, { lines: [{ variant_id: at.variant('pan'), quantity: 1, fulfilment }] })
    const token = await shop.api.token(card)
    const placed = await at.place(cart, { customer_id: customer, charge: 'on_collection', token })
    assert.equal(placed.status, 201, placed.text)
    await shop.settle()
    assert.deepEqual(await points(customer), [0, 0])
    const id = (await at.fulfilments(placed.body.id))[0]?.id as string
    const { code } = await at.does(id, 'accept', 'pick', 'ready')
    const { state } = (await at.collect(id, { code })).body.charge
    await shop.settle()
    return [state, ...(await points(customer))]
  }
  assert.deepEqual(await toCollect(CARDS.approved), ['charged', 0, 40])
  assert.deepEqual(await toCollect(CARDS.poor), ['declined', 0, 0])
})

test('gift cards in an order are issued when it is paid, earn nothing, and die with a cancellation', async () => {
  const customer = await shop.customer()
  const cart = await shop.api.call<{ id: string }>('POST', '/v1/carts', {
    currency: 'EUR',
    channel: 'web',
    // Collected, so that they are open to be cancelled: what is sent by mail counts as handed over at once.
    lines: [
      {
        variant_id: giftCard,
        quantity: 2,
        fulfilment: { mode: 'collect', store_id: shop.keys.registers[0]?.store_id },
      },
    ],
  })
  assert.equal(cart.status, 201, cart.text)
  const placed = await orders.place(cart.body.id, { customer_id: customer })
  assert.equal(placed.status, 201, placed.text)
  assert.equal(placed.body.total, 5_000)
  await shop.settle()
  assert.deepEqual(await cardsOf(placed.body.id), [])
  await orders.pay(placed.body)
  await shop.settle()
  await shop.settle()
  assert.deepEqual(
    (await cardsOf(placed.body.id)).map(({ balance, state, customer_id, programme }) => [
      balance,
      state,
      customer_id,
      programme,
    ]),
    [
      [2_500, 'active', customer, 'shop'],
      [2_500, 'active', customer, 'shop'],
    ],
  )
  assert.deepEqual(await points(customer), [0, 0])
  const [line] = placed.body.lines
  const cancelled = await orders.cancel(placed.body.id, {
    lines: [{ line_id: line?.id, quantity: 1 }],
    reason: 'customer',
  })
  assert.equal(cancelled.status < 300, true, cancelled.text)
  await shop.settle()
  assert.deepEqual((await cardsOf(placed.body.id)).map(({ balance, state }) => [balance, state]).sort(), [
    [0, 'blocked'],
    [2_500, 'active'],
  ])
})

describe('a gift card that was sent by mail', () => {
  /** An order of so many, paid; each card is told in the answer. */
  async function sent(quantity: number, more: { variant_id: string; quantity: number }[] = []) {
    const lines = [{ variant_id: giftCard, quantity }, ...more]
    const placed = await orders.place(await orders.cart({}, { lines }))
    assert.equal(placed.status, 201, placed.text)
    await orders.pay(placed.body)
    await shop.settle()
    const order = await orders.read(placed.body.id)
    const line = order.lines.find(({ kind }) => kind === 'gift_card')
    assert.equal(line?.quantity_fulfilled, quantity)
    return { order, line_id: line?.id as string, cards: await cardsOf(order.id) }
  }
  async function payWith(card: GiftCardView | undefined, amount: number) {
    assert.ok(card)
    const limit = createLimit(shop.clock, { windowMs: 1, perCaller: 1, perMerchant: 1 })
    const deps = {
      ...{ db: shop.database.db, clock: shop.clock, newId: shop.payments.newId },
      keyedHash: (merchantId: string, of: { purpose: string; text: string }) =>
        keyedHash(shop.payments, merchantId, of),
      limits: { checks: limit, misses: limit },
    }
    const { code } = await revealGiftCard(deps, shop.keys.merchant_id, card)
    return shop.api.pay({
      amount,
      currency: 'EUR',
      channel: 'web',
      tender: { method: 'gift_card', gift_card: { code } },
    })
  }
  const cancel = (order: string, line_id: string, quantity: number) =>
    orders.cancel(order, { lines: [{ line_id, quantity }], reason: 'customer' })

  it('is cancelled while nobody has used it: the card is dead, and its money goes back', async () => {
    const { order, line_id } = await sent(1)
    const cancelled = await cancel(order.id, line_id, 1)
    assert.equal(cancelled.status, 200, cancelled.text)
    const { state, amount_refunded } = await orders.read(order.id)
    assert.deepEqual([state, amount_refunded], ['cancelled', 2_500])
    assert.deepEqual(
      (await cardsOf(order.id)).map(({ balance, state: card }) => [balance, card]),
      [[0, 'blocked']],
    )
    const [fulfilment] = await fulfilmentShop(shop).fulfilments(order.id)
    assert.equal(fulfilment?.state, 'cancelled')
    await shop.settle()
    assert.equal((await cardsOf(order.id)).length, 1, 'none is issued again')
  })

  it('and another one: one of them is cancelled, beside goods that stay', async () => {
    const { order, line_id } = await sent(2, [{ variant_id: orders.variant('kettle'), quantity: 1 }])
    const key = shop.api.nextKey()
    const body = { lines: [{ line_id, quantity: 1 }], reason: 'customer' }
    const cancelled = await orders.cancel(order.id, body, { key })
    assert.equal(cancelled.status, 200, cancelled.text)
    assert.equal((await orders.cancel(order.id, body, { key })).text, cancelled.text)
    const { state, total, amount_refunded } = await orders.read(order.id)
    assert.deepEqual([state, total, amount_refunded], ['confirmed', 7_500, 2_500])
    assert.deepEqual((await cardsOf(order.id)).map(({ balance }) => balance).sort(), [0, 2_500])
  })

  it('stays when it was used, and of two the unused one goes', async () => {
    const { order, line_id, cards } = await sent(2)
    const paid = await payWith(cards[0], 100)
    assert.equal(paid.body.status, 'captured', paid.text)
    const both = await cancel(order.id, line_id, 2)
    assert.deepEqual([both.status, both.body.code], [422, 'balance-insufficient'])
    assert.equal((await orders.read(order.id)).amount_refunded, 0)
    const one = await cancel(order.id, line_id, 1)
    assert.equal(one.status, 200, one.text)
    assert.deepEqual((await cardsOf(order.id)).map(({ balance }) => balance).sort(), [0, 2_400])
    const last = await cancel(order.id, line_id, 1)
    assert.deepEqual([last.status, last.body.code], [422, 'balance-insufficient'])
    assert.equal((await orders.read(order.id)).amount_refunded, 2_500)
  })

  it('paid with and cancelled at once ends one way or the other, never both', async () => {
    const { order, line_id, cards } = await sent(1)
    const [paid, cancelled] = await Promise.all([payWith(cards[0], 2_500), cancel(order.id, line_id, 1)])
    const isPaid = paid.body.status === 'captured'
    assert.equal(cancelled.status, isPaid ? 422 : 200, `${paid.text} ${cancelled.text}`)
    const balance = (await cardsOf(order.id))[0]?.balance
    assert.deepEqual([balance, (await orders.read(order.id)).amount_refunded], [0, isPaid ? 0 : 2_500])
  })
})
