// Goods come back of an order that is not paid in full: what goes back is at most what was paid beyond what is still owed.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { CARDS, openShop, type Shop } from './shop.ts'

let shop: Shop
let floor: ReturnShop
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  await floor.stocked('vase', '10.00', 1000)
})
after(() => shop.close({ hasAllVersions: true }))

const ROUNDS = 12

/** Three vases that were handed over on invoice, one of them paid. */
async function partPaid(): Promise<OrderView> {
  const cart = await floor.cart({ vase: 1 }, { channel: 'pos', store_id: floor.shopFloor })
  const placed = await floor.place(cart)
  await floor.pay(placed.body)
  await shop.settle()
  const draft = await floor.draft(placed.body.id, { add: [{ variant_id: floor.variant('vase'), quantity: 2 }] })
  assert.equal((await floor.confirm(placed.body.id, draft.body.id)).status, 200, draft.text)
  await shop.settle()
  return floor.read(placed.body.id)
}

async function money(order: OrderView): Promise<unknown[]> {
  await shop.settle()
  const { total, amount_due, amount_paid, amount_refunded, payment_status } = await floor.read(order.id)
  return [total, amount_due, amount_paid, amount_refunded, payment_status]
}

const tender = async (order: OrderView, more: object = {}) =>
  shop.api.tender(order.payments[0]?.id as string, {
    method: 'card',
    token: await shop.api.token(CARDS.mastercard),
    ...more,
  })

test('what was not paid is due no more, and nothing goes back for it', async () => {
  const order = await partPaid()
  assert.deepEqual(await money(order), [3000, 2000, 1000, 0, 'partly_paid'])
  const back = await floor.brought(order, { vase: 1 })
  assert.deepEqual([back.state, back.amount_unpaid, back.amount_refund, back.refunds], ['settled', 1000, 0, []])
  assert.deepEqual(await money(order), [3000, 1000, 1000, 0, 'partly_paid'])
  assert.equal((await tender(order, { amount: 1001 })).body.code, 'amount-exceeds-due')
  assert.equal((await tender(order)).status, 201)
  assert.deepEqual(await money(order), [3000, 0, 2000, 0, 'paid'])
})

test('a return of more than is due gives back what was paid for it', async () => {
  const order = await partPaid()
  assert.equal((await tender(order, { amount: 1500 })).status, 201)
  await shop.settle()
  const back = await floor.brought(order, { vase: 1 })
  assert.deepEqual([back.amount_unpaid, back.amount_refund, back.amount_refunded], [500, 500, 500])
  assert.deepEqual(await money(order), [3000, 0, 2500, 500, 'partly_refunded'])
})

test('a return settled and the rest paid at two processes: the customer has paid for what they keep', async () => {
  const there = await shop.another()
  for (let i = 0; i < ROUNDS; i++) {
    const order = await partPaid()
    const asked = await floor.ask(order, { vase: 1 })
    await floor.receive(asked.body.id, [{ no: 1, quantity: 1, disposition: 'restock' }])
    const token = await shop.api.token(CARDS.mastercard)
    const wait = (ms: number) => new Promise((done) => setTimeout(done, ms))
    const [paid, settled] = await Promise.all([
      wait(i % 3 === 0 ? i : 0).then(() => there.tender(order.payments[0]?.id as string, { method: 'card', token })),
      wait(i % 3 === 1 ? i : 0).then(() => floor.settle(asked.body.id)),
    ])
    const said = `${paid.text}\n${settled.text}`
    if (settled.status !== 200) {
      assert.equal(settled.body.code, 'invalid-state', said)
      assert.equal((await floor.settle(asked.body.id)).status, 200, said)
    }
    const after = await money(order)
    if (paid.status === 201) assert.equal(after[1], 0, said)
    else {
      assert.ok(['order-changed', 'amount-exceeds-due'].includes(String(paid.body.code)), said)
      assert.equal((await tender(order)).status, 201)
    }
    const [, due, took, refunded] = await money(order)
    assert.deepEqual([due, Number(took) - Number(refunded)], [0, 2000], said)
  }
})
