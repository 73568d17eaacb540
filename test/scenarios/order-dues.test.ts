// What a payment of an order may take is what the order has due: after returns, after edits, and whatever moves beside it.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import { verifyBooks } from '../../server/verify/index.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { CARDS, openShop, type Shop } from './shop.ts'

let shop: Shop
let floor: ReturnShop
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  await floor.stocked('vase', '10.00', 1000)
})
after(() => shop.close())

const ROUNDS = 15

const money = ({ total, amount_due, amount_paid, amount_refunded, payment_status }: OrderView) => [
  ...[total, amount_due, amount_paid, amount_refunded, payment_status],
]

const bought = () => floor.bought({ vase: 2 }, (order) => floor.pay(order))

async function edits(id: string, body: object): Promise<OrderView> {
  const draft = await floor.draft(id, body)
  const confirmed = await floor.confirm(id, draft.body.id)
  assert.equal(confirmed.status, 200, draft.text + confirmed.text)
  const order = await floor.read(id)
  assert.equal(order.amount_due, draft.body.preview.amount_to_pay)
  return order
}

const another = () => ({ add: [{ variant_id: floor.variant('vase'), quantity: 1 }] })

const tender = async (order: OrderView, more: object = {}) =>
  shop.api.tender(order.payments[0]?.id as string, {
    method: 'card',
    token: await shop.api.token(CARDS.mastercard),
    ...more,
  })

test('a further tender takes what the order has due, not what came back', async () => {
  const order = await bought()
  await floor.brought(order, { vase: 1 })
  await shop.settle()
  assert.deepEqual(money(await edits(order.id, another())), [3000, 1000, 2000, 1000, 'partly_refunded'])
  assert.equal((await tender(order, { amount: 1001 })).body.code, 'amount-exceeds-due')
  const answers = await Promise.all([tender(order), tender(order)])
  assert.equal(answers.filter(({ status }) => status === 201).length, 1, 'of two at once one pays')
  await shop.settle()
  assert.deepEqual(money(await floor.read(order.id)), [3000, 0, 3000, 1000, 'partly_refunded'])
  assert.equal((await tender(order)).body.code, 'invalid-state')
})

test('after all came back a new payment is for what is due since', async () => {
  const order = await bought()
  await floor.brought(order, { vase: 2 })
  await shop.settle()
  const due = await edits(order.id, another())
  assert.deepEqual(money(due), [3000, 1000, 2000, 2000, 'refunded'])
  assert.equal((await floor.pay(due, CARDS.approved, { amount: 3000 })).body.code, 'amount-exceeds-due')
  assert.equal((await floor.pay(due, CARDS.approved, { amount: 999 })).body.code, 'totals-mismatch')
  const answers = await Promise.all([
    floor.pay(due, CARDS.approved, { amount: 1000 }),
    floor.pay(due, CARDS.mastercard, { amount: 1000 }),
    tender(order),
  ])
  assert.equal(answers.filter(({ status }) => status === 201).length, 1, answers.map(({ text }) => text).join('\n'))
  await shop.settle()
  assert.deepEqual(money(await floor.read(order.id)), [3000, 0, 3000, 2000, 'partly_refunded'])
})

test('an order paid in part and edited below that takes no more', async () => {
  const order = await bought()
  await edits(order.id, another())
  const added = (await floor.read(order.id)).lines.at(-1)?.id as string
  await edits(order.id, { remove: [added] })
  assert.equal((await tender(order)).body.code, 'invalid-state')
  const again = await edits(order.id, another())
  assert.deepEqual(money(again), [3000, 1000, 2000, 0, 'partly_paid'])
  assert.equal((await tender(order)).status, 201)
  await shop.settle()
  assert.deepEqual(money(await floor.read(order.id)), [3000, 0, 3000, 0, 'paid'])
  const broken = (await verifyBooks(shop.database.db)).filter(({ examples }) => examples.length > 0)
  assert.deepEqual(broken, [])
})

/** An order of two vases that waits to be paid, and the draft that leaves one of them or brings a third. */
async function drafted(quantity: 1 | 3) {
  const order = await floor.order({ vase: 2 })
  const draft = await floor.draft(order.id, { quantities: [{ line_id: order.lines[0]?.id, quantity }] })
  assert.equal(draft.status, 201, draft.text)
  return { order, change: draft.body.id }
}

/** Every order that was paid is confirmed, and has kept what it costs. */
async function isSettled(id: string): Promise<OrderView> {
  await shop.settle()
  const order = await floor.read(id)
  const { state, total, amount_paid, amount_refunded, amount_due } = order
  if (amount_paid > amount_refunded && amount_due === 0) {
    assert.deepEqual([state, amount_paid - amount_refunded], ['confirmed', total], JSON.stringify(order))
  }
  assert.deepEqual(await floor.tasks(id), [])
  return order
}

test('an order that was paid a moment ago is confirmed and then changed', async () => {
  const { order, change } = await drafted(1)
  assert.equal((await floor.pay(order)).status, 201)
  assert.equal((await floor.confirm(order.id, change)).status, 200)
  assert.deepEqual(money(await isSettled(order.id)), [1000, 0, 2000, 1000, 'paid'])
  assert.equal((await floor.read(order.id)).state, 'confirmed')
})

test('cancelling a part of an order that was paid a moment ago leaves it confirmed', async () => {
  const order = await floor.order({ vase: 2 })
  await floor.pay(order)
  const lines = [{ line_id: order.lines[0]?.id, quantity: 1 }]
  const cancelled = await floor.cancel(order.id, { reason: 'one is enough', lines })
  assert.equal(cancelled.status, 200, cancelled.text)
  assert.deepEqual(money(await isSettled(order.id)), [1000, 0, 2000, 1000, 'paid'])
})

for (const quantity of [1, 3] as const) {
  test(`confirming a change to ${quantity} of 2 and paying exclude each other, at two processes`, async () => {
    const there = await shop.another()
    for (let i = 0; i < ROUNDS; i++) {
      const { order, change } = await drafted(quantity)
      const token = await shop.api.token(CARDS.approved)
      const wait = (ms: number) => new Promise((done) => setTimeout(done, ms))
      const pay = wait(i % 3 === 0 ? i : 0).then(() =>
        there.pay({
          ...{ amount: 2000, currency: 'EUR', channel: 'web', order_id: order.id },
          tender: { method: 'card', token },
        }),
      )
      const confirm = wait(i % 3 === 1 ? i : 0).then(() => floor.confirm(order.id, change))
      const [paid, confirmed] = await Promise.all([pay, confirm])
      const now = await isSettled(order.id)
      const said = [paid, confirmed].map(({ status, body }) => (status < 300 ? 'ok' : String(body.code))).join(' ')
      if (confirmed.status === 200) assert.equal(now.total, quantity * 1000, said)
      else assert.deepEqual([confirmed.body.code, now.total], ['invalid-state', 2000], said)
      if (paid.status === 201) continue
      assert.ok(['order-changed', 'amount-exceeds-due', 'totals-mismatch'].includes(String(paid.body.code)), said)
      // What is due now can be paid.
      assert.equal((await floor.pay(now)).status, 201, said)
      assert.equal((await isSettled(order.id)).state, 'confirmed')
    }
    const broken = (await verifyBooks(shop.database.db)).filter(({ examples }) => examples.length > 0)
    assert.deepEqual(broken, [])
  })
}

test('a preview shows no more to give back than is left of what was paid', async () => {
  const order = await floor.order({ vase: 3 })
  const paid = await floor.pay(order)
  await shop.settle()
  const back = await shop.api.command(`/v1/payments/${paid.body.id}/refunds`, { amount: 2500, reason: 'goodwill' })
  assert.equal(back.status, 201, back.text)
  await shop.settle()
  const draft = await floor.draft(order.id, { quantities: [{ line_id: order.lines[0]?.id, quantity: 1 }] })
  assert.equal(draft.body.preview.amount_to_refund, 500)
  assert.equal((await floor.confirm(order.id, draft.body.id)).status, 200)
  await shop.settle()
  assert.equal((await floor.read(order.id)).amount_refunded, 2500 + draft.body.preview.amount_to_refund)
})
