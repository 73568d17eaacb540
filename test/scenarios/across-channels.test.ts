// Purchases that begin in one channel and end in another, as customers live them. Each story again with something going wrong.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import type { PaymentView } from '../../server/payments/payment.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
let floor: ReturnShop
let stock: ReturnType<typeof fulfilmentShop>
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  stock = fulfilmentShop(shop)
  await floor.stocked('tent', '189.00', 50)
  await floor.stocked('cup', '12.50', 50)
})
after(() => shop.close())

const back = (quantity: number) => [{ no: 1, quantity, disposition: 'restock' }]

/** Ordered on the web, paid by iDEAL at the customer's bank, sent by the shop. */
async function orderedByIdeal(): Promise<{ order: OrderView; payment: PaymentView }> {
  const order = await floor.order({ tent: 1 }, {})
  const paid = await shop.api.pay({
    ...{ amount: order.total, currency: 'EUR', channel: 'web', order_id: order.id, country: 'NL' },
    ...{ return_url: 'https://shop.example/thanks', tender: { method: 'ideal' } },
  })
  assert.equal(paid.body.status, 'requires_action', paid.text)
  assert.ok(shop.simulator.act(shop.accounts.a, paid.body.operations?.[0]?.id as string, 'approve'))
  return { order, payment: paid.body }
}

async function sent(order: OrderView): Promise<void> {
  await shop.settle()
  for (const { id } of await stock.fulfilments(order.id)) {
    await stock.does(id, 'accept', 'pick', 'ready')
    const shipped = await stock.ship(id)
    assert.equal(shipped.status, 200, shipped.text)
  }
}

const refunded = (payment: string) => shop.journal(payment).filter((row) => row.startsWith('refunded'))

test('bought online with iDEAL, brought to the shop: the money goes back by reference, the tent stands in that shop', async () => {
  const { order, payment } = await orderedByIdeal()
  await shop.news()
  await sent(order)
  const before = await floor.onHand('tent')
  const settled = await floor.brought(await floor.read(order.id), { tent: 1 })
  await shop.news()
  const done = await floor.readReturn(settled.id)
  assert.deepEqual([done.state, done.amount_refunded, done.refunds[0]?.to], ['settled', 18900, null])
  assert.deepEqual(refunded(payment.id), ['refunded 18900'])
  assert.equal((await floor.onHand('tent'))['on_hand'], (before['on_hand'] ?? 0) + 1)
  assert.equal((await floor.read(order.id)).payment_status, 'refunded')
})

test('and when the bank’s answer to the refund is lost, it is asked for and goes back once', async () => {
  const { order, payment } = await orderedByIdeal()
  await shop.news()
  await sent(order)
  const asked = await floor.ask(await floor.read(order.id), { tent: 1 })
  await floor.receive(asked.body.id, back(1))
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'refund', fault: 'lost_after' }] }, shop.accounts.a)
  const [first, second] = await Promise.all([floor.settle(asked.body.id), floor.settle(asked.body.id)])
  assert.ok([first.status, second.status].includes(200))
  shop.clock.advance(MINUTE)
  await shop.ask()
  await shop.news()
  assert.equal((await floor.readReturn(asked.body.id)).state, 'settled')
  assert.deepEqual(refunded(payment.id), ['refunded 18900'])
})

test('bought in the shop by card, sent back by post: refunded without the card, into the web shop’s stock', async () => {
  const byCard = (order: OrderView) =>
    shop.api.pay({
      ...{ amount: order.total, currency: 'EUR', channel: 'pos', order_id: order.id },
      tender: { method: 'card', terminal_id: shop.terminal },
    })
  const order = await floor.bought({ cup: 2 }, byCard)
  const web = shop.keys.stores.find(({ id }) => id !== floor.shopFloor)?.id as string
  const asked = await floor.ask(order, { cup: 1 }, { channel: 'web', store_id: undefined })
  const onTheWay = await shop.api.call('POST', `/v1/returns/${asked.body.id}/send`, {
    tracking: { carrier: 'PostNL', number: '3SKAB0001' },
  })
  assert.equal(onTheWay.status, 200)
  await floor.receive(asked.body.id, back(1), web)
  const settled = await floor.settle(asked.body.id)
  assert.deepEqual([settled.body.state, settled.body.refunds[0]?.method], ['settled', 'card'])
  assert.equal(settled.body.amount_refunded, 1250)
  assert.equal((await floor.onHand('cup', web))['on_hand'], 1)
})

test('of 500 buyers of the last tent through web, link and till one has it, and nobody else is charged', async () => {
  await floor.stocked('last one', '99.00', 1)
  const charges = shop.journal().length
  const carts = await Promise.all(
    Array.from({ length: 500 }, (_, i) => {
      const channel = (['web', 'link', 'pos'] as const)[i % 3]
      const lines = [
        {
          variant_id: floor.variant('last one'),
          quantity: 1,
          // At the till the article is sent too: nobody holds it in their hands.
          fulfilment: { mode: 'ship', store_id: floor.shopFloor },
        },
      ]
      return floor.cart({}, { channel, lines, ...(channel === 'pos' ? { store_id: floor.shopFloor } : {}) })
    }),
  )
  const orders = await Promise.all(carts.map((cart) => floor.place(cart)))
  const placed = orders.filter(({ status }) => status === 201)
  assert.equal(placed.length, 1)
  assert.ok(orders.every(({ status, body }) => status === 201 || body.code === 'out-of-stock'))
  const winner = placed[0]?.body as OrderView
  await floor.pay(winner)
  assert.equal(shop.journal().length, charges + 1)
  assert.deepEqual((await floor.onHand('last one'))['reserved'], 1)
})

test('a payment link sent by chat and paid at the counter instead is dead', async () => {
  const order = (await floor.place(await floor.cart({ cup: 1 }, { channel: 'chat' }))).body as OrderView
  const link = await shop.api.pay({ amount: order.total, currency: 'EUR', channel: 'link', order_id: order.id })
  const counter = await shop.api.pay({
    ...{ amount: order.total, currency: 'EUR', channel: 'pos', order_id: order.id },
    tender: { method: 'cash', cash: { register_id: shop.till, tendered: 2000 } },
  })
  assert.equal(counter.body.status, 'captured')
  const late = await shop.api.tender(link.body.id, { method: 'card', token: await shop.api.token(CARDS.approved) })
  assert.deepEqual([late.status, (late.body as unknown as { code: string }).code], [409, 'order-already-paid'])
  await shop.settle()
  assert.equal((await floor.read(order.id)).payment_status, 'paid')
})

test('card, link and till at the very same moment: one takes the money, the others are refused', async () => {
  const order = (await floor.place(await floor.cart({ cup: 1 }, { channel: 'chat' }))).body as OrderView
  const tokens = [await shop.api.token(CARDS.approved), await shop.api.token(CARDS.approved)]
  const sale = { amount: order.total, currency: 'EUR', order_id: order.id } as const
  const answers = await Promise.all([
    shop.api.pay({ ...sale, channel: 'web', tender: { method: 'card', token: tokens[0] } }),
    shop.api.pay({ ...sale, channel: 'link', tender: { method: 'card', token: tokens[1] } }),
    shop.api.pay({ ...sale, channel: 'pos', tender: { method: 'cash', cash: { register_id: shop.till } } }),
  ])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409])
  await shop.settle()
  const read = await floor.read(order.id)
  assert.deepEqual(
    [read.payment_status, read.payments.filter(({ amount_captured }) => amount_captured > 0).length],
    ['paid', 1],
  )
})

test('an order partly paid with points gives exactly those points back when all of it returns', async () => {
  const programme = await shop.api.call('PUT', '/v1/loyalty/programme', {
    ...{ name: 'Friends', is_enabled: true, pending_days: 30, tiers: [], excluded_categories: [] },
    rates: [{ currency: 'EUR', earn: '1', point_value: '0.01' }],
  })
  assert.equal(programme.status, 200, programme.text)
  const customer = await shop.customer()
  await shop.api.command(`/v1/customers/${customer}/loyalty/adjustments`, {
    ...{ points: 500, currency: 'EUR', reason: 'welcome' },
  })
  const points = async () => {
    await shop.settle()
    const { body } = await shop.api.get<{ points: number; pending: number }>(`/v1/customers/${customer}/loyalty`)
    return [body.points, body.pending]
  }
  const order = await floor.bought(
    { cup: 2 },
    async (placed) => {
      const first = await shop.api.pay({
        ...{ amount: placed.total, currency: 'EUR', channel: 'pos', order_id: placed.id, customer_id: customer },
        tender: { method: 'points', amount: 500 },
      })
      await shop.api.tender(first.body.id, { method: 'card', token: await shop.api.token(CARDS.approved) })
    },
    { customer_id: customer },
  )
  // 25.00, of which 5.00 by points: 20 points earned on what the card paid.
  assert.deepEqual(await points(), [0, 20])
  const settled = await floor.brought(order, { cup: 2 })
  assert.deepEqual(
    settled.refunds.map(({ method, amount }) => [method, amount]),
    [
      ['card', 2000],
      ['points', 500],
    ],
  )
  assert.deepEqual(await points(), [500, 0])
})

test('a card held to the terminal tells staff who it is before paying, and a stranger’s tells nothing', async () => {
  const customer = await shop.customer('Ada')
  const paid = await shop.api.pay({
    ...{ amount: 1250, currency: 'EUR', channel: 'pos', customer_id: customer },
    tender: { method: 'card', token: await shop.api.token(CARDS.approved) },
  })
  const alias = (paid.body.tenders[0]?.instrument as { alias?: string } | null)?.alias as string
  const tap = async () => {
    const { body } = await shop.api.call<{ customer: { id: string } | null }>('POST', '/v1/customers/recognise', {
      ...{ type: 'card_alias', value: alias },
    })
    return body.customer?.id ?? null
  }
  assert.equal(await tap(), null, 'an unknown card')
  const enrol = () =>
    shop.api.call('POST', `/v1/customers/${customer}/identities`, {
      ...{ type: 'card_alias', value: alias, is_verified: true, source: 'terminal' },
    })
  assert.equal((await enrol()).status, 409, 'nobody is recognised who has not agreed')
  const say = { purpose: 'card_recognition', is_granted: true, channel: 'pos', proof: 'asked at the till' }
  await shop.api.call('POST', `/v1/customers/${customer}/consents`, say)
  assert.equal((await enrol()).status, 201)
  assert.equal(await tap(), customer)
  const { body } = await shop.api.get<{ data: { type: string }[] }>(`/v1/customers/${customer}/timeline`)
  assert.ok(body.data.some(({ type }) => type === 'payment.captured'))
})

test('while provider A is down the next order is paid at B; an answer that A has lost is never tried at B', async () => {
  const accountOf = (payment: PaymentView) => payment.tenders[0]?.connector_account
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'sale', fault: 'down' }] }, shop.accounts.a)
  const first = await floor.order({ cup: 1 })
  const atB = await floor.pay(first)
  assert.deepEqual([atB.body.status, accountOf(atB.body)], ['captured', shop.accounts.b])
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'sale', fault: 'lost_after' }] }, shop.accounts.a)
  const second = await floor.order({ cup: 1 })
  const lost = await floor.pay(second)
  assert.deepEqual([lost.status, lost.body.attention, accountOf(lost.body)], [202, 'unknown_outcome', shop.accounts.a])
  await shop.settle()
  assert.equal((await floor.read(second.id)).state, 'placed', 'waits, with its cup reserved')
  shop.clock.advance(20 * MINUTE)
  await shop.settle()
  assert.equal((await floor.read(second.id)).state, 'placed', 'an unknown outcome keeps the order from expiring')
  await shop.ask()
  await shop.settle()
  assert.equal((await floor.read(second.id)).state, 'confirmed')
  assert.equal(shop.journal(lost.body.id).length, 1)
})
