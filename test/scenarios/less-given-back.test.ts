// A change of an order says what goes back. When less does, because somebody gave money back by hand or the provider refuses, a
// person is told how much is left; when all of it does, nobody is, whatever happened on the way.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type CounterShop, counterShop } from './counter-shop.ts'
import { type OrderShop, orderShop } from './order-shop.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
let orders: OrderShop
let counter: CounterShop
before(async () => {
  shop = await openShop()
  orders = orderShop(shop)
  counter = counterShop(shop)
  await orders.sells('kettle', '40.00')
})
after(() => shop.close())

/** Two kettles, paid by card. */
async function paid() {
  const order = await orders.order({ kettle: 2 })
  const { body } = await orders.pay(order, CARDS.approved)
  await shop.settle()
  assert.equal((await orders.read(order.id)).state, 'confirmed')
  return { order, payment: body.id as string, line_id: order.lines[0]?.id }
}
async function later(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    shop.clock.advance(5 * MINUTE)
    await shop.ask()
    await shop.settle()
  }
}
const tasks = async (order: string) => {
  const path = `/v1/order_tasks?order_id=${order}`
  const { body } = await shop.api.get<{ data: { kind: string; detail: string }[] }>(path)
  return body.data
}
const refunded = async (payment: string) => (await shop.api.payment(payment)).amount_refunded

test('what was given back by hand before is missing for what is cancelled: a task names the rest', async () => {
  const { order, payment, line_id } = await paid()
  assert.equal((await shop.api.refund(payment, { amount: 6_000, reason: 'sorry' })).status, 201)
  await shop.settle()
  await orders.cancel(order.id, { reason: 'one', lines: [{ line_id, quantity: 1 }] })
  await later()
  const [task, ...more] = await tasks(order.id)
  assert.deepEqual([await refunded(payment), task?.kind, more.length], [8_000, 'refund_failed', 0])
  assert.match(task?.detail ?? '', /^2000 /)
  const history = await orders.history(order.id)
  for (const type of ['order.payment_returned', 'order.refund_failed'])
    assert.equal(history.filter((told) => told === type).length, 1, history.join())
})

test('nothing is left to give: all of it is named', async () => {
  const { order, payment, line_id } = await paid()
  await shop.api.refund(payment, { amount: 8_000, reason: 'sorry' })
  await shop.settle()
  await orders.cancel(order.id, { reason: 'one', lines: [{ line_id, quantity: 1 }] })
  await later()
  const [task] = await tasks(order.id)
  assert.deepEqual([await refunded(payment), task?.kind], [8_000, 'refund_failed'])
  assert.match(task?.detail ?? '', /^4000 /)
})

test('a task that is open already says the rest too', async () => {
  const { order, payment, line_id } = await paid()
  await shop.api.refund(payment, { amount: 6_000, reason: 'sorry' })
  await shop.settle()
  await orders.cancel(order.id, { reason: 'one', lines: [{ line_id, quantity: 1 }] })
  await orders.cancel(order.id, { reason: 'fewer' })
  await later()
  const told = await tasks(order.id)
  assert.equal(told.length, 1)
  assert.match(told[0]?.detail ?? '', /^2000 /)
})

test('the server dies booking a refund that is whole: it goes back once and nobody is told', async () => {
  const { order, payment, line_id } = await paid()
  counter.diesBooking()
  await orders.cancel(order.id, { reason: 'one', lines: [{ line_id, quantity: 1 }] })
  await later()
  assert.deepEqual([await refunded(payment), await tasks(order.id)], [4_000, []])
  await orders.cancel(order.id, { reason: 'none' })
  await later()
  assert.deepEqual([await refunded(payment), await tasks(order.id)], [8_000, []])
})

test('dead after a refund of all that could go back, it names the rest and no more', async () => {
  const { order, payment, line_id } = await paid()
  await shop.api.refund(payment, { amount: 6_000, reason: 'sorry' })
  await shop.settle()
  counter.diesBooking()
  await orders.cancel(order.id, { reason: 'one', lines: [{ line_id, quantity: 1 }] })
  await later()
  const [task] = await tasks(order.id)
  assert.equal(await refunded(payment), 8_000)
  assert.match(task?.detail ?? '', /^2000 /)
})
