// A provider takes a charge back after the goods have left: the money is owed again, and somebody is told.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { CARDS, DAY, openShop, type Shop } from './shop.ts'

let shop: Shop
let at: ReturnType<typeof fulfilmentShop>
const opened: Shop[] = []
beforeEach(async () => {
  shop = await openShop()
  opened.push(shop)
  at = fulfilmentShop(shop)
  await at.openCounter()
  await at.sells('lamp', '30.00', { track: 'quantity' })
  await at.sells('bulb', '2.50', { track: 'quantity' })
  for (const store of [at.till, at.web]) for (const name of ['lamp', 'bulb']) await at.receive(name, store, 5n)
})
after(async () => {
  // Closing verifies that nothing claims more than the payments took.
  for (const each of opened) await each.close()
})

const collectLamp = () => [
  { variant_id: at.variant('lamp'), quantity: 1, fulfilment: { mode: 'collect', store_id: at.till } },
]

async function collected() {
  const cart = await at.cart({}, { lines: collectLamp() })
  const placed = await at.place(cart, { charge: 'on_collection', token: await shop.api.token(CARDS.approved) })
  assert.equal(placed.status, 201, placed.text)
  const [fulfilment] = await at.fulfilments(placed.body.id)
  const id = fulfilment?.id as string
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  const done = await at.collect(id, { code })
  assert.equal(done.body.charge.state, 'charged', done.text)
  return { order: placed.body.id, id }
}

/** The provider takes back the first charge of the order. */
async function takeBack(order: string): Promise<void> {
  const [payment] = await at.paymentsOf(order)
  const { body } = await shop.api.get<{ data: { operation_id?: string }[] }>(`/v1/payments/${payment?.id}/timeline`)
  const operation = body.data.find(({ operation_id }) => operation_id !== undefined)?.operation_id
  assert.ok([shop.accounts.a, shop.accounts.b].some((account) => shop.simulator.reverse(account, operation as string)))
  await shop.news()
  await shop.settle()
}

test('collected, and the charge is taken back: owed again, a task, and it can be paid', async () => {
  const { order, id } = await collected()
  await takeBack(order)
  const { charge, state } = await at.fulfilment(id)
  assert.deepEqual([state, charge.state, charge.decline?.code], ['collected', 'reversed', 'reversed'])
  const now = await at.read(order)
  assert.deepEqual([now.amount_due, now.amount_paid, now.payment_status], [3000, 0, 'none'])
  assert.deepEqual(await at.tasks(order), ['payment_reversed'])
  const { body } = await shop.api.get<{ data: { type: string }[] }>(`/v1/events?object_id=${id}&limit=100`)
  assert.equal(body.data.filter(({ type }) => type === 'fulfilment.charge_reversed').length, 1)
  const paid = await at.pay({ id: order, total: 3000 })
  assert.equal(paid.status, 201, JSON.stringify(paid.body))
  await shop.settle()
  assert.deepEqual([(await at.read(order)).amount_due, (await at.read(order)).amount_paid], [0, 3000])
})

test('shipped, and the capture fails later: what was charged is not claimed any more', async () => {
  const lines = [{ variant_id: at.variant('lamp'), quantity: 1 }]
  const placed = await at.place(await at.cart({}, { lines }), { charge: 'on_shipment' })
  assert.equal((await at.pay(placed.body, CARDS.capture_fails, { capture: 'manual' })).status, 201)
  await shop.settle()
  const [fulfilment] = await at.fulfilments(placed.body.id)
  const id = fulfilment?.id as string
  await at.does(id, 'accept', 'pick', 'ready')
  assert.equal((await at.ship(id)).body.charge.state, 'charged')
  shop.clock.advance(DAY)
  await shop.news()
  await shop.settle()
  assert.deepEqual(shop.journal(), ['authorized 3000', 'captured 3000', 'reversed 3000'])
  const { charge, state } = await at.fulfilment(id)
  assert.deepEqual([state, charge.state], ['shipped', 'reversed'])
  const now = await at.read(placed.body.id)
  assert.deepEqual([now.amount_paid, now.amount_due + now.amount_held], [0, 3000])
  assert.deepEqual(await at.tasks(placed.body.id), ['payment_reversed'])
})

test('one of two parcels was taken back: the other stays charged, and the last takes its own share only', async () => {
  const lines = [
    ...collectLamp(),
    { variant_id: at.variant('bulb'), quantity: 1, fulfilment: { mode: 'collect', store_id: at.web } },
  ]
  const cart = await at.cart({}, { lines })
  const placed = await at.place(cart, { charge: 'on_collection', token: await shop.api.token(CARDS.approved) })
  assert.equal(placed.status, 201, placed.text)
  const [lamp, bulb] = await at.fulfilments(placed.body.id)
  assert.ok(lamp && bulb)
  const first = await at.does(lamp.id, 'accept', 'pick', 'ready')
  assert.equal((await at.collect(lamp.id, { code: first.code })).body.charge.state, 'charged')
  await takeBack(placed.body.id)
  assert.equal((await at.fulfilment(lamp.id)).charge.state, 'reversed')
  const second = await at.does(bulb.id, 'accept', 'pick', 'ready')
  const done = await at.collect(bulb.id, { code: second.code })
  assert.equal(done.status, 200, done.text)
  // The last hand-over takes what remains of the order, so what came back is taken with it.
  assert.deepEqual([done.body.charge.state, done.body.charge.amount], ['charged', 3250], done.text)
  const now = await at.read(placed.body.id)
  assert.deepEqual([now.amount_paid, now.amount_due], [3250, 0])
})
