// A gift card is brought back. Unused it comes back as goods do, and is dead; used it stays, whoever says otherwise.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { GiftCardView } from '../../server/loyalty/index.ts'
import type { OrderView } from '../../server/orders/view.ts'
import { type CounterShop, counterShop, type IssuedCard } from './counter-shop.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { DAY, openShop, type Shop } from './shop.ts'

let shop: Shop
let floor: ReturnShop
let counter: CounterShop
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  counter = counterShop(shop)
  for (const [name, is_returnable] of [
    ['card', false],
    ['returnable', true],
  ] as const) {
    const made = await shop.api.call('POST', '/v1/products', {
      ...{ name, kind: 'gift_card', is_returnable },
      variants: [{ sku: name.toUpperCase(), track: 'none', prices: [{ currency: 'EUR', unit_price: '25.00' }] }],
    })
    assert.equal(made.status, 201, made.text)
  }
})
after(() => shop.close())

async function bought(sku: string, quantity: number): Promise<{ order: OrderView; cards: IssuedCard[] }> {
  const found = await shop.api.get<{ data: { variants: { id: string; sku: string }[] }[] }>('/v1/products')
  const variant = found.body.data.flatMap(({ variants }) => variants).find((each) => each.sku === sku.toUpperCase())
  const lines = [{ variant_id: variant?.id, quantity }]
  const order = await floor.bought({}, (placed) => floor.pay(placed, undefined, { channel: 'pos' }), { lines })
  await shop.settle()
  const { body } = await shop.api.get<{ data: GiftCardView[] }>('/v1/gift_cards?limit=100')
  const cards = body.data.filter(({ order_id }) => order_id === order.id)
  assert.equal(cards.length, quantity)
  const reveal = async (card: GiftCardView) => ({ ...card, code: await counter.codeOf(card) })
  return { order, cards: await Promise.all(cards.map(reveal)) }
}
const use = (card: IssuedCard, amount: number) =>
  shop.api.pay({ amount, currency: 'EUR', channel: 'pos', tender: counter.withCard(card) })
async function ask(order: OrderView, quantity: number, more: object = { override_reason: 'a good customer' }) {
  const lines = [{ line_id: order.lines[0]?.id, quantity }]
  const asked = await floor.ask(order, {}, { lines, ...more })
  return { ...asked, receive: () => floor.receive(asked.body.id, [{ no: 1, quantity, disposition: 'discard' }]) }
}
const stateOf = async (card: IssuedCard) => {
  const { state, balance } = (await shop.api.get<GiftCardView>(`/v1/gift_cards/${card.id}`)).body
  return [state, balance]
}

test('unused it is taken back by staff, is dead from that moment on, and its money goes back', async () => {
  const { order, cards } = await bought('card', 1)
  assert.equal((await ask(order, 1, {})).body.code, 'not-returnable')
  const back = await ask(order, 1)
  assert.equal((await back.receive()).status, 200)
  assert.deepEqual(await stateOf(cards[0] as IssuedCard), ['blocked', 0])
  assert.equal((await floor.settle(back.body.id)).body.amount_refunded, 2500)
})

test('used in part or whole it is refused, and nothing has moved', async () => {
  for (const amount of [1, 2500]) {
    const { order, cards } = await bought('card', 1)
    const [card] = cards as [IssuedCard]
    await use(card, amount)
    const back = await ask(order, 1)
    const refused = await back.receive()
    assert.deepEqual([refused.status, refused.body.code], [422, 'balance-insufficient'], refused.text)
    assert.deepEqual((await stateOf(card))[1], 2500 - amount)
    assert.equal((await floor.settle(back.body.id)).status, 409, 'nothing was received')
    const line = (await floor.read(order.id)).lines[0]
    assert.equal(line?.quantity_returned, 0)
  }
})

test('of two the unused one comes back, the other does not', async () => {
  const { order, cards } = await bought('returnable', 2)
  await use(cards[0] as IssuedCard, 100)
  assert.equal((await (await ask(order, 2, {})).receive()).body.code, 'balance-insufficient')
  shop.clock.advance(DAY)
  const all = (await shop.api.get<{ data: { id: string }[] }>(`/v1/returns?order_id=${order.id}`)).body.data
  for (const { id } of all) await floor.step(id, 'cancel')
  const one = await ask(order, 1, {})
  assert.equal((await one.receive()).status, 200)
  assert.deepEqual(
    [await stateOf(cards[0] as IssuedCard), await stateOf(cards[1] as IssuedCard)],
    [
      ['active', 2400],
      ['blocked', 0],
    ],
  )
  assert.equal((await (await ask(order, 1, {})).receive()).body.code, 'balance-insufficient')
})

test('used at one till and brought back at another in the same moment, it is one or the other', async () => {
  for (let round = 0; round < 4; round++) {
    const { order, cards } = await bought('card', 1)
    const [card] = cards as [IssuedCard]
    const back = await ask(order, 1)
    const [used, received] = await Promise.all([use(card, 2500), back.receive()])
    const isUsed = used.body.status === 'captured'
    assert.equal(received.status, isUsed ? 422 : 200, `${used.text} ${received.text}`)
    assert.deepEqual((await stateOf(card))[1], 0)
  }
})

test('without a receipt no gift card is taken back', async () => {
  const customer_id = await shop.customer()
  const { rules } = (await shop.api.get<{ rules: { blind: object } }>('/v1/return_policy')).body
  await shop.api.call('PUT', '/v1/return_policy', { ...rules, blind: { ...rules.blind, is_allowed: true } })
  const found = await shop.api.get<{ data: { variants: { id: string; sku: string }[] }[] }>('/v1/products')
  const variant = found.body.data.flatMap(({ variants }) => variants).find(({ sku }) => sku === 'RETURNABLE')
  const refused = await shop.api.call<{ code: string }>('POST', '/v1/returns', {
    ...{ customer_id, store_id: floor.shopFloor, channel: 'pos', reason: 'a present' },
    lines: [{ variant_id: variant?.id, quantity: 1 }],
  })
  assert.deepEqual([refused.status, refused.body.code], [422, 'not-returnable'], refused.text)
})

// ---- By mail, loaded, and refunded by hand -------------------------------------------------------------------------

/** An order of the web whose gift cards were sent by mail; `lamp` goods beside them. */
async function mailed(quantity: number, basket: Record<string, number> = {}) {
  const found = await shop.api.get<{ data: { variants: { id: string; sku: string }[] }[] }>('/v1/products')
  const variant = found.body.data.flatMap(({ variants }) => variants).find(({ sku }) => sku === 'CARD')
  const goods = Object.entries(basket).map(([name, count]) => ({ variant_id: floor.variant(name), quantity: count }))
  const lines = [{ variant_id: variant?.id, quantity, fulfilment: { mode: 'digital' } }, ...goods]
  const placed = await floor.place(await floor.cart({}, { lines }))
  const paid = await floor.pay(placed.body)
  await shop.settle()
  const { body } = await shop.api.get<{ data: GiftCardView[] }>('/v1/gift_cards?limit=100')
  const cards = body.data.filter(({ order_id }) => order_id === placed.body.id) as IssuedCard[]
  assert.equal(cards.length, quantity)
  const refund = (amount?: number) =>
    shop.api.command(`/v1/payments/${paid.body.id}/refunds`, { reason: 'by hand', ...(amount && { amount }) })
  return { order: await floor.read(placed.body.id), cards, refund }
}

test('loaded and never spent it is cancelled: its value leaves it, and what was paid goes back', async () => {
  const { order, cards } = await mailed(1)
  const [card] = cards as [IssuedCard]
  const loaded = await shop.api.command(`/v1/gift_cards/${card.id}/load`, { amount: 500, reason: 'a birthday' })
  assert.equal(loaded.status, 201, loaded.text)
  assert.deepEqual(await stateOf(card), ['active', 3000])
  const lines = [{ line_id: order.lines[0]?.id, quantity: 1 }]
  const cancelled = await floor.cancel(order.id, { reason: 'a mistake', lines })
  assert.equal(cancelled.status, 200, cancelled.text)
  await shop.settle()
  assert.deepEqual(await stateOf(card), ['blocked', 0])
  assert.equal((await floor.read(order.id)).amount_refunded, 2500)
})

test('loaded and spent for no more than the load it stays', async () => {
  const { order, cards } = await mailed(1)
  const [card] = cards as [IssuedCard]
  await shop.api.command(`/v1/gift_cards/${card.id}/load`, { amount: 500, reason: 'a birthday' })
  await use({ ...card, code: await counter.codeOf(card) }, 100)
  const lines = [{ line_id: order.lines[0]?.id, quantity: 1 }]
  assert.equal((await floor.cancel(order.id, { reason: 'a mistake', lines })).body.code, 'balance-insufficient')
  assert.deepEqual(await stateOf(card), ['active', 2900])
})

test('money that a card was sold for goes back with the card only', async () => {
  await floor.sells('lamp', '30.00')
  const { order, cards, refund } = await mailed(1, { lamp: 1 })
  const all = await refund()
  assert.deepEqual([all.status, all.body.code], [422, 'amount-exceeds-refundable'])
  assert.equal((await refund(3001)).body.code, 'amount-exceeds-refundable')
  assert.equal((await refund(1000)).status, 201)
  assert.equal((await refund(2001)).body.code, 'amount-exceeds-refundable')
  assert.deepEqual(await stateOf(cards[0] as IssuedCard), ['active', 2500])
  const line = order.lines.find(({ kind }) => kind === 'gift_card')
  const cancelled = await floor.cancel(order.id, { reason: 'a mistake', lines: [{ line_id: line?.id, quantity: 1 }] })
  assert.equal(cancelled.status, 200, cancelled.text)
  await shop.settle()
  assert.deepEqual(await stateOf(cards[0] as IssuedCard), ['blocked', 0])
  assert.equal((await floor.read(order.id)).amount_refunded, 3500)
  assert.equal((await refund(2000)).status, 201)
})

test('refunds by hand at two processes leave together what a card was sold for', async () => {
  const there = await shop.another()
  for (let i = 0; i < 8; i++) {
    const { order } = await mailed(1, { lamp: 1 })
    const body = { amount: 2000, reason: 'by hand' }
    const path = `/v1/payments/${order.payments[0]?.id}/refunds`
    const answers = await Promise.all([shop.api.command(path, body), there.command(path, body)])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 422], answers.map(({ text }) => text).join('\n'))
  }
})
