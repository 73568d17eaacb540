// The races of commerce, between two processes of the service: each with its lanes, its caches and its connections, on one
// database. Within one process a batch may hide what only two connections show.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import type { Answer, Api, Refusal } from '../api.ts'
import { counterShop } from '../scenarios/counter-shop.ts'
import { type ReturnShop, returnShop } from '../scenarios/return-shop.ts'
import { CARDS, MINUTE, openShop, type Shop } from '../scenarios/shop.ts'

/** So many at the same moment, half of them at each process. */
const MANY = 20
/** Races that are decided by who is a little earlier are run so often. */
const ROUNDS = 6

let shop: Shop
let floor: ReturnShop
let both: [Api, Api]
let expireThere: () => Promise<number>
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  const other = await shop.another()
  both = [shop.api, other]
  const expiry = other.program.commerce.workers.find(({ name }) => name === 'unpaid orders')
  expireThere = async () => (expiry ? expiry.tick() : assert.fail('there is a worker for unpaid orders'))
})
after(() => shop.close())

/** Everybody at once, the even ones here and the odd ones there. */
const together = <T>(count: number, act: (by: Api, i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => act(both[i % 2] as Api, i)))

const place = (by: Api, cart_id: string) => by.call<OrderView & Refusal>('POST', '/v1/orders', { cart_id })

/** How many were answered so: the status of what came about, the code of what was refused. */
function outcomes(answers: readonly Answer<unknown>[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status, body } of answers) {
    const outcome = status < 300 ? String(status) : (body as Refusal).code
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }
  return counts
}

const level = async (name: string) => {
  const row = await floor.onHand(name)
  return [row['on_hand'] ?? 0, row['reserved'] ?? 0]
}

/** Sent from the shop: nobody holds it in their hands. */
const cartOf = (name: string, more: object = {}) =>
  floor.cart(
    {},
    {
      lines: [
        { variant_id: floor.variant(name), quantity: 1, fulfilment: { mode: 'ship', store_id: floor.shopFloor } },
      ],
      ...more,
    },
  )

async function cartsOf(name: string, more: object = {}, count = MANY): Promise<string[]> {
  const carts: string[] = []
  for (let i = 0; i < count; i++) carts.push(await cartOf(name, more))
  return carts
}

test('the last unit, wanted at both processes, is one order’s, and one customer’s money', async () => {
  await floor.stocked('last lamp', '30.00', 1)
  const carts = await cartsOf('last lamp')
  const effects = shop.journal().length
  const answers = await together(MANY, async (by, i) => {
    const placed = await place(by, carts[i] as string)
    if (placed.status !== 201) return placed
    const token = await by.token(CARDS.approved)
    await by.pay({
      ...{ amount: 3000, currency: 'EUR', channel: 'web', order_id: placed.body.id },
      tender: { method: 'card', token },
    })
    return placed
  })
  assert.deepEqual(outcomes(answers), { 201: 1, 'out-of-stock': MANY - 1 })
  assert.deepEqual(shop.journal().slice(effects), ['captured 3000'])
  assert.deepEqual(await level('last lamp'), [1, 1])
})

test('the last euro of a gift card pays once', async () => {
  const counter = counterShop(shop)
  const card = await counter.giftCard(100)
  const answers = await together(MANY, (by) =>
    by.pay({ amount: 100, currency: 'EUR', channel: 'pos', tender: counter.withCard(card) }),
  )
  assert.deepEqual(outcomes(answers), { 201: MANY })
  const paid = answers.filter(({ body }) => body.status === 'captured')
  const declined = answers.filter(({ body }) => body.decline?.code === 'insufficient_balance')
  assert.deepEqual([paid.length, declined.length, await counter.balanceOf(card)], [1, MANY - 1, 0])
})

test('a coupon for one is used by one; the others keep their carts, and nothing is reserved for them', async () => {
  await floor.stocked('kettle', '40.00', MANY)
  const made = await shop.api.call<{ id: string }>('POST', '/v1/promotions', {
    ...{ name: 'Once', rule: { kind: 'percent_off', percent_bp: 5000, applies_to: 'lines' }, needs_code: true },
  })
  await shop.api.call('POST', `/v1/promotions/${made.body.id}/codes`, { codes: ['ONCE'], max_uses: 1 })
  const carts = await cartsOf('kettle', { codes: ['ONCE'] })
  const answers = await together(MANY, (by, i) => place(by, carts[i] as string))
  assert.deepEqual(outcomes(answers), { 201: 1, 'promotion-exhausted': MANY - 1 })
  assert.equal(answers.find(({ status }) => status === 201)?.body.total, 2000)
  assert.deepEqual(await level('kettle'), [MANY, 1])
})

test('a cap of ten holds under fifty redemptions at once: ten orders have it, forty are told and charged nothing', async () => {
  await floor.stocked('pan', '40.00', 50)
  const made = await shop.api.call<{ id: string }>('POST', '/v1/promotions', {
    ...{ name: 'First ten', rule: { kind: 'percent_off', percent_bp: 5000, applies_to: 'lines' }, needs_code: true },
    max_uses: 10,
  })
  assert.equal(made.status, 201, made.text)
  const codes = await shop.api.call('POST', `/v1/promotions/${made.body.id}/codes`, {
    codes: ['FIRST10'],
    max_uses: null,
  })
  assert.equal(codes.status, 201, codes.text)
  const carts = await cartsOf('pan', { codes: ['FIRST10'] }, 50)
  const answers = await together(50, (by, i) => place(by, carts[i] as string))
  assert.deepEqual(outcomes(answers), { 201: 10, 'promotion-exhausted': 40 })
  assert.deepEqual(
    answers.flatMap(({ status, body }) => (status === 201 ? [body.total] : [])),
    Array.from({ length: 10 }, () => 2000),
  )
  assert.deepEqual(await level('pan'), [50, 10])
})

test('one cart that is completed at both processes is one order, whoever asks', async () => {
  await floor.stocked('axe', '49.95', 5)
  const cart = await cartOf('axe')
  const answers = await together(MANY, (by) => place(by, cart))
  assert.ok(answers.every(({ status }) => status === 200 || status === 201))
  assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1)
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  assert.deepEqual(await level('axe'), [5, 1])
})

test('an order that ends while it is being paid is paid and kept, or ended and not charged, never both', async () => {
  await floor.stocked('tent', '189.00', ROUNDS * 2)
  const ends = new Set<string>()
  let reserved = 0
  for (let round = 0; round < ROUNDS; round++) {
    const { body: order } = await place(shop.api, await cartOf('tent'))
    const token = await shop.api.token(CARDS.approved)
    shop.clock.advance(16 * MINUTE)
    const pay = () =>
      shop.api.pay({
        ...{ amount: 18900, currency: 'EUR', channel: 'web', order_id: order.id },
        tender: { method: 'card', token },
      })
    // Each is the earlier one in half of the rounds.
    const [paid] =
      round % 2 === 0
        ? await Promise.all([pay(), expireThere()])
        : await Promise.all([expireThere().then(pay), expireThere()])
    await shop.settle()
    const { state, payment_status } = await floor.read(order.id)
    ends.add(state)
    if (state === 'confirmed') {
      reserved++
      assert.deepEqual([paid?.status, payment_status], [201, 'paid'], `round ${round}`)
      assert.deepEqual(shop.journal(paid?.body.id), ['captured 18900'])
    } else {
      assert.deepEqual(
        [state, paid?.status, paid?.body.code],
        ['cancelled', 409, 'order-not-payable'],
        `round ${round}`,
      )
    }
    assert.deepEqual(await level('tent'), [ROUNDS * 2, reserved], `round ${round}`)
  }
  assert.ok(ends.has('cancelled'), 'whoever comes after the end is told')
})

test('what is reserved stays so while a payment’s outcome is unknown, at whichever process time is up', async () => {
  await floor.stocked('sled', '59.00', 1)
  const { body: order } = await place(shop.api, await cartOf('sled'))
  const token = await shop.api.token(CARDS.approved)
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'sale', fault: 'lost_after' }] }, shop.accounts.a)
  const lost = await shop.api.pay({
    ...{ amount: 5900, currency: 'EUR', channel: 'web', order_id: order.id },
    tender: { method: 'card', token },
  })
  assert.deepEqual([lost.status, lost.body.attention], [202, 'unknown_outcome'])
  shop.clock.advance(16 * MINUTE)
  await Promise.all([shop.settle(), expireThere(), shop.ask()])
  await shop.settle()
  assert.deepEqual([(await floor.read(order.id)).state, await level('sled')], ['confirmed', [1, 1]])
  assert.deepEqual(shop.journal(lost.body.id), ['captured 5900'])
})

test('a cart whose code is claimed while another is made for it goes over once at most, and nobody waits for ever', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const cart = await cartOf('last lamp')
    const made = await shop.api.call<{ code: string }>('POST', `/v1/carts/${cart}/handover`)
    assert.equal(made.status, 201, made.text)
    const claim = { code: made.body.code, channel: 'pos', store_id: floor.shopFloor }
    const answers = await together(MANY, async (by, i) =>
      i % 4 < 2 ? by.call('POST', '/v1/carts/claim', claim) : by.call('POST', `/v1/carts/${cart}/handover`),
    )
    assert.ok(
      answers.every(({ status }) => status < 500),
      JSON.stringify(answers.map(({ text }) => text.slice(0, 120))),
    )
    const claimed = answers.filter(({ status }, i) => i % 4 < 2 && status < 300)
    assert.ok(claimed.length <= 1, `${claimed.length} took the cart over`)
  }
})
