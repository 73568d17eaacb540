// A return is worth more than its order's payments have left to give: what is left goes back, and the rest is said.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { CARDS, DAY, openShop, type Shop } from './shop.ts'

let shop: Shop
let at: ReturnShop
before(async () => {
  shop = await openShop()
  at = returnShop(shop)
  await at.stocked('shirt', '10.00', 50)
})
after(() => shop.close())

async function twoShirts(customer = ''): Promise<OrderView> {
  const more = customer === '' ? {} : { customer_id: customer }
  return at.bought({ shirt: 2 }, (order) => at.pay(order, undefined, { channel: 'pos' }), more)
}

async function goodwill(order: OrderView, amount: number): Promise<void> {
  const [payment] = order.payments
  const given = await shop.api.command(`/v1/payments/${payment?.id}/refunds`, { amount, reason: 'a favour' })
  assert.equal(given.status, 201, given.text)
  await shop.settle()
}

test('after a refund as a favour a return gives back what is left, and says what was given before', async () => {
  const order = await twoShirts()
  await goodwill(order, 1500)
  const back = await at.brought(order, { shirt: 2 })
  assert.deepEqual(
    [back.state, back.amount_goods, back.amount_given_before, back.amount_refund, back.amount_refunded],
    ['settled', 2000, 1500, 500, 500],
  )
  assert.deepEqual(
    back.refunds.map(({ amount, state }) => [amount, state]),
    [[500, 'done']],
  )
  const now = await at.read(order.id)
  assert.deepEqual([now.amount_paid, now.amount_refunded, now.return_status], [2000, 2000, 'returned'])
})

test('unit by unit it is the same: the first gets what is left, the second nothing', async () => {
  const order = await twoShirts()
  await goodwill(order, 1500)
  const first = await at.brought(order, { shirt: 1 })
  assert.deepEqual([first.state, first.amount_given_before, first.amount_refunded], ['settled', 500, 500])
  const second = await at.brought(order, { shirt: 1 })
  assert.deepEqual([second.state, second.amount_given_before, second.amount_refunded], ['settled', 1000, 0])
})

test('what is left can go to store credit as well', async () => {
  const order = await twoShirts(await shop.customer())
  await goodwill(order, 1500)
  const back = await at.brought(order, { shirt: 2 }, { to: { method: 'store_credit' }, all_to: true })
  assert.deepEqual(
    [back.state, ...back.refunds.map(({ to, amount }) => `${to} ${amount}`)],
    ['settled', 'store_credit 500'],
  )
})

test('after a dispute there is nothing left, and the return is settled all the same', async () => {
  const order = await twoShirts()
  const payment = await shop.api.payment(order.payments[0]?.id as string)
  const { body } = await shop.api.get<{ data: { operation_id?: string }[] }>(`/v1/payments/${payment.id}/timeline`)
  const operation = body.data.find(({ operation_id }) => operation_id !== undefined)?.operation_id as string
  assert.ok([shop.accounts.a, shop.accounts.b].some((account) => shop.simulator.dispute(account, operation, 'opened')))
  await shop.news()
  await shop.settle()
  const back = await at.brought(order, { shirt: 2 })
  assert.deepEqual([back.state, back.amount_given_before, back.amount_refunded], ['settled', 2000, 0])
})

test('an exchange passes on what is left, and the customer pays the rest', async () => {
  const order = await twoShirts()
  await goodwill(order, 1500)
  const asked = await at.ask(order, { shirt: 2 })
  await at.receive(asked.body.id, [{ no: 1, quantity: 2, disposition: 'restock' }])
  const cart = await at.cart({ shirt: 1 }, { channel: 'pos', store_id: at.shopFloor })
  const instead = await at.place(cart)
  const made = await shop.api.command('/v1/exchanges', { return_id: asked.body.id, order_id: instead.body.id })
  const exchange = made.body as unknown as Record<string, unknown>
  assert.equal(made.status, 201, made.text)
  assert.deepEqual(
    [exchange['state'], exchange['amount_returned'], exchange['amount_credited'], exchange['amount_due']],
    ['awaiting_payment', 500, 500, 500],
  )
  const rest = { method: 'card', token: await shop.api.token(CARDS.approved) }
  const paid = await shop.api.command(`/v1/payments/${exchange['payment_id']}/tenders`, rest)
  assert.ok(paid.status < 300, paid.text)
  await shop.settle()
  assert.equal((await at.readReturn(asked.body.id)).state, 'settled')
})

test('while the money is held and not taken, as after a capture that failed later, nothing is written off', async () => {
  const order = await at.bought({ shirt: 1 }, (placed) =>
    at.pay(placed, CARDS.capture_fails, { channel: 'pos', capture: 'manual' }),
  )
  shop.clock.advance(DAY)
  await shop.news()
  await shop.settle()
  const { amount_held, amount_paid } = await at.read(order.id)
  assert.deepEqual([amount_held, amount_paid], [1000, 0], 'taken as the goods left, and taken back')
  const asked = await at.ask(order, { shirt: 1 })
  assert.equal(asked.status, 201, asked.text)
  await at.receive(asked.body.id, [{ no: 1, quantity: 1, disposition: 'restock' }])
  const settled = await at.settle(asked.body.id)
  assert.deepEqual([settled.status, settled.body.code], [422, 'operation-unsupported'], settled.text)
})
