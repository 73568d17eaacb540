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
  await floor.stocked('vase', '10.00', 100)
})
after(() => shop.close())

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
