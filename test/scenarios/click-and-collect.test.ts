// Story 2 and 3: ordered online, collected in a store. The card is kept at the order, and charged at the counter for what is taken.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { CARDS, DAY, MINUTE, openShop, type Shop } from './shop.ts'

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
    ['shade', '12.99'],
  ] as const) {
    await at.sells(name, price, { track: 'quantity' })
    await at.receive(name, at.till, 5n)
  }
})
after(async () => {
  for (const each of opened) await each.close()
})

/** An order that is collected at the till's store, its card kept. */
async function ordered(card: string = CARDS.approved) {
  const lines = ['lamp', 'bulb', 'shade'].map((name) => ({
    variant_id: at.variant(name),
    quantity: 1,
    fulfilment: { mode: 'collect', store_id: at.till },
  }))
  const cart = await at.cart({}, { lines })
  const placed = await at.place(cart, { charge: 'on_collection', token: await shop.api.token(card) })
  assert.equal(placed.status, 201, placed.text)
  const [fulfilment] = await at.fulfilments(placed.body.id)
  assert.ok(fulfilment)
  const lineOf = (name: string) => placed.body.lines.find(({ sku }) => sku === name.toUpperCase())?.id as string
  return { order: placed.body, id: fulfilment.id, lineOf }
}

test('of three articles one is refused at the counter, and two are charged', async () => {
  const { order, id, lineOf } = await ordered()
  assert.equal(order.total, 4549)
  assert.deepEqual(shop.journal(), [], 'nothing is charged at the order')
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  await at.does(id, 'arrive')
  const refuse = [{ line_id: lineOf('shade'), quantity: 1, reason: 'another colour than on the picture' }]
  const done = await at.collect(id, { code, refuse })
  assert.equal(done.status, 200, done.text)
  assert.equal(done.body.state, 'collected')
  assert.deepEqual([done.body.charge.state, done.body.charge.amount], ['charged', 3250])
  assert.deepEqual(shop.journal(), ['captured 3250'])
  const [payment] = await at.paymentsOf(order.id)
  assert.equal(payment?.amount_captured, 3250)
  assert.equal((await at.read(order.id)).total, 3250)
  assert.deepEqual(
    [await at.level('lamp', at.till), await at.level('bulb', at.till), await at.level('shade', at.till)],
    [
      [4, 0],
      [4, 0],
      [5, 0],
    ],
  )
})

test('a double click on collect charges once', async () => {
  const { id } = await ordered()
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  const key = 'double-click-1'
  const answers = await Promise.all([at.collect(id, { code }, { key }), at.collect(id, { code }, { key })])
  assert.ok(
    answers.some(({ status }) => status === 200),
    answers.map(({ text }) => text).join(),
  )
  assert.ok(answers.every(({ status, body }) => status === 200 || body.code === 'idempotency-in-flight'))
  assert.equal((await at.collect(id, { code }, { key })).body.state, 'collected')
  assert.deepEqual(shop.journal(), ['captured 4549'])
})

test('two devices collect at once: one hands over, the other is told', async () => {
  const { id } = await ordered()
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  const answers = await Promise.all([at.collect(id, { code }), at.collect(id, { code })])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409], answers.map(({ text }) => text).join())
  assert.deepEqual(shop.journal(), ['captured 4549'])
})

test('the answer to the charge is lost: it stays charging, and is collected when the outcome is known', async () => {
  const { id } = await ordered(CARDS.lost_after)
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  const lost = await at.collect(id, { code })
  assert.equal(lost.status, 202, lost.text)
  assert.deepEqual([lost.body.state, lost.body.charge.state], ['ready', 'unknown'])
  assert.equal((await at.collect(id, { code })).status, 409, 'another device cannot charge it again')
  shop.clock.advance(MINUTE)
  await shop.ask()
  await shop.settle()
  assert.equal((await at.fulfilment(id)).state, 'collected')
  assert.deepEqual(shop.journal(), ['captured 4549'])
})

test('the process dies between the plan and the charge: a worker takes it up and charges once', async () => {
  const { id, order } = await ordered()
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  // The process dies at the provider's door.
  const { call } = shop.payments
  const connectors = shop.payments.connectors.get
  shop.payments.connectors.get = () => {
    throw new Error('the process died')
  }
  assert.equal((await at.collect(id, { code })).status, 500)
  shop.payments.connectors.get = connectors
  assert.ok(call)
  assert.equal((await at.fulfilment(id)).charge.state, 'intent')
  assert.equal(
    (await at.cancel(order.id, { reason: 'too late' })).status,
    409,
    'what is being charged cannot be cancelled',
  )
  shop.clock.advance(4 * MINUTE)
  await shop.settle()
  assert.equal((await at.fulfilment(id)).state, 'collected')
  assert.deepEqual(shop.journal(), ['captured 4549'])
})

test('a declined card leaves the goods ready, and cash takes them', async () => {
  const { id } = await ordered(CARDS.poor)
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  const declined = await at.collect(id, { code })
  assert.equal(declined.status, 200, declined.text)
  assert.deepEqual(
    [declined.body.state, declined.body.charge.state, declined.body.charge.decline?.code],
    ['ready', 'declined', 'insufficient_funds'],
  )
  assert.deepEqual(await at.level('lamp', at.till), [5, 1])
})

test('a part is collected today and the rest tomorrow, each charged by itself', async () => {
  const { id, order, lineOf } = await ordered()
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  const first = await at.collect(id, { code, lines: [{ line_id: lineOf('lamp'), quantity: 1 }] })
  assert.equal(first.status, 200, first.text)
  assert.equal(first.body.charge.amount, 3000)
  const rest = (await at.fulfilments(order.id)).find(({ part }) => part === 2)
  assert.equal(rest?.state, 'ready')
  const renewed = await at.does(rest?.id as string, 'ready')
  const second = await at.collect(rest?.id as string, { code: renewed.code })
  assert.equal(second.status, 200, second.text)
  assert.deepEqual(shop.journal(), ['captured 3000', 'captured 1549'])
})

test('a wrong code is counted, and after five only staff can hand over', async () => {
  const { id } = await ordered()
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  for (let i = 0; i < 5; i++) assert.equal((await at.collect(id, { code: 'WRONG9' })).body.code, 'code-invalid')
  assert.equal((await at.collect(id, { code })).body.code, 'code-invalid')
  const staff = await at.collect(id, { staff_override_reason: 'showed her passport' })
  assert.equal(staff.body.state, 'collected', staff.text)
})

test('nobody comes: the stock is free again, the card is revoked, and the customer is told', async () => {
  const { id, order } = await ordered()
  await at.does(id, 'accept', 'pick', 'ready')
  const { expires_at } = await at.fulfilment(id)
  assert.ok(expires_at)
  shop.clock.advance(Date.parse(expires_at) - Date.parse(shop.clock.now().toISOString()) - DAY / 2)
  await shop.settle()
  shop.clock.advance(DAY)
  await shop.settle()
  assert.equal((await at.fulfilment(id)).state, 'expired')
  assert.deepEqual(await at.level('lamp', at.till), [5, 0])
  const read = await at.read(order.id)
  assert.deepEqual([read.state, shop.journal()], ['cancelled', []])
  const { rows } = await shop.database.db.query(
    'select revoked_at is not null as is_revoked from instrument where order_id = $1',
    [order.id],
  )
  assert.deepEqual(rows, [{ is_revoked: true }])
  const { body } = await shop.api.get<{ data: { type: string }[] }>(`/v1/events?object_id=${id}&limit=100`)
  const told = body.data.map(({ type }) => type)
  assert.ok(told.includes('fulfilment.reminded') && told.at(-1) === 'fulfilment.expired', told.join())
})

test('collected and expired at the same moment: one of the two, never both', async () => {
  const { id } = await ordered()
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  shop.clock.advance(30 * DAY)
  const [collected] = await Promise.all([at.collect(id, { code }), shop.settle()])
  await shop.settle()
  const { state } = await at.fulfilment(id)
  assert.deepEqual(state, collected?.status === 200 ? 'collected' : 'expired')
  assert.deepEqual(shop.journal(), state === 'collected' ? ['captured 4549'] : [])
  assert.deepEqual(await at.level('lamp', at.till), state === 'collected' ? [4, 0] : [5, 0])
})

test('collected and cancelled at the same moment: one of the two, never both', async () => {
  const { id, order } = await ordered()
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  const [collected, cancelled] = await Promise.all([
    at.collect(id, { code }),
    at.cancel(order.id, { reason: 'changed my mind' }),
  ])
  await shop.settle()
  assert.deepEqual([collected.status, cancelled.status].sort(), [200, 409], `${collected.text} ${cancelled.text}`)
  const { state } = await at.fulfilment(id)
  assert.equal(state, collected.status === 200 ? 'collected' : 'cancelled')
  assert.deepEqual(await at.level('lamp', at.till), state === 'collected' ? [4, 0] : [5, 0])
})
