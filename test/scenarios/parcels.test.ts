// Story 8 and 9: each parcel captures its share, and the shares add up to the order, to the cent.

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
  await at.sells('cup', '3.33', { track: 'quantity' })
  await at.receive('cup', at.web, 20n)
  await at.receive('cup', at.till, 20n)
})
after(async () => {
  for (const each of opened) await each.close()
})

/** One unit becomes a parcel of its own. */
async function split(order: string, fulfilment_id: string, line_id: string): Promise<void> {
  const lines = [{ line_id, quantity: 1 }]
  const { status, text } = await shop.api.call('POST', `/v1/orders/${order}/fulfilments`, { fulfilment_id, lines })
  assert.equal(status, 201, text)
}

/** Three cups in three parcels, held on a card that is kept for the order. */
async function inThree() {
  const placed = await at.order({ cup: 3 }, { charge: 'on_shipment' })
  const tender = { method: 'card', token: await shop.api.token(CARDS.approved), save: 'order' as const }
  const paid = await at.pay(placed, CARDS.approved, { capture: 'manual', tender })
  assert.equal(paid.status, 201, paid.text)
  const [whole] = await at.fulfilments(placed.id)
  assert.ok(whole)
  const line_id = placed.lines[0]?.id as string
  for (let i = 0; i < 2; i++) {
    await split(placed.id, whole.id, line_id)
  }
  const parcels = (await at.fulfilments(placed.id)).map(({ id }) => id) as [string, string, string]
  for (const id of parcels) await at.does(id, 'accept', 'pick', 'ready')
  return { order: placed, parcels, payment: paid.body.id }
}

test('three parcels are three captures that sum to the cent', async () => {
  const { order, parcels, payment } = await inThree()
  const shares: number[] = []
  for (const id of parcels) {
    const sent = await at.ship(id)
    assert.equal(sent.status, 200, sent.text)
    assert.equal(sent.body.state, 'shipped')
    shares.push(sent.body.charge.amount)
  }
  assert.equal(
    shares.reduce((a, b) => a + b, 0),
    order.total,
  )
  assert.deepEqual(shop.journal(payment), [`authorized ${order.total}`, ...shares.map((share) => `captured ${share}`)])
  const delivered = await at.does(parcels[0], 'deliver')
  assert.equal(delivered.state, 'delivered')
})

test('the last parcel leaves after the authorisation has ended, and is charged to the card that was kept', async () => {
  const { order, parcels, payment } = await inThree()
  await at.ship(parcels[0])
  await at.ship(parcels[1])
  shop.clock.advance(8 * DAY)
  await shop.expire()
  await shop.settle()
  const last = await at.ship(parcels[2])
  assert.equal(last.status, 200, last.text)
  assert.deepEqual([last.body.state, last.body.charge.state], ['shipped', 'charged'])
  const { amount_captured } = await shop.api.payment(payment)
  assert.equal(amount_captured, order.total)
})

test('the answer to a capture is lost: the parcel waits, the next does not charge its share twice', async () => {
  const { order, parcels, payment } = await inThree()
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'capture', fault: 'lost_after' }] })
  const lost = await at.ship(parcels[0])
  assert.equal(lost.status, 202, lost.text)
  assert.deepEqual([lost.body.state, lost.body.charge.state], ['packed', 'unknown'])
  await at.ship(parcels[1])
  await at.ship(parcels[2])
  shop.clock.advance(MINUTE)
  await shop.ask()
  await shop.settle()
  assert.equal((await at.fulfilment(parcels[0])).state, 'shipped')
  assert.equal((await shop.api.payment(payment)).amount_captured, order.total)
})

test('a cancelled parcel is not captured, and what is left of the hold is released', async () => {
  const { parcels, payment, order } = await inThree()
  const first = await at.ship(parcels[0])
  for (const id of parcels.slice(1)) {
    const { status, text } = await at.tell(id, 'cancel', { reason: 'broken in the stock room' })
    assert.equal(status, 200, text)
  }
  await shop.settle()
  const { amount_captured, amount_capturable } = await shop.api.payment(payment)
  assert.deepEqual([amount_captured, amount_capturable], [first.body.charge.amount, 0])
  assert.equal((await at.read(order.id)).total, first.body.charge.amount)
  assert.deepEqual(await at.level('cup', at.web), [19, 0])
})

/** At the till, in one ticket and held on one card: a cup to take along, and two that another store sends. */
async function inOneTicket() {
  const lines = [
    { variant_id: at.variant('cup'), quantity: 1, fulfilment: { mode: 'take_away', store_id: at.till } },
    { variant_id: at.variant('cup'), quantity: 2, fulfilment: { mode: 'ship', store_id: at.web } },
  ]
  const cart = await at.cart({}, { channel: 'pos', store_id: at.till, lines })
  const placed = await at.place(cart, { charge: 'on_shipment' })
  assert.equal(placed.status, 201, placed.text)
  const paid = await at.pay(placed.body, CARDS.approved, { capture: 'manual', channel: 'web' })
  assert.equal(paid.status, 201, paid.text)
  return { order: placed.body, payment: paid.body.id }
}

/** What is taken along comes first. */
async function nowAndLater(order: string) {
  await shop.settle()
  const [now, later] = await at.fulfilments(order)
  assert.ok(now && later)
  return { now, later }
}

const TWO_CAPTURES = ['authorized 999', 'captured 333', 'captured 666']

test('one article now and one sent, in one ticket: two captures', async () => {
  const { order, payment } = await inOneTicket()
  const { now, later } = await nowAndLater(order.id)
  assert.deepEqual([now.state, now.charge.state, now.charge.amount], ['collected', 'charged', 333])
  await at.does(later.id, 'accept', 'pick', 'ready')
  const sent = await at.ship(later.id)
  assert.equal(sent.body.state, 'shipped', sent.text)
  assert.deepEqual(shop.journal(payment), TWO_CAPTURES)
})

test('the answer to the capture of what was taken along is lost: it is captured once, and so is what is sent', async () => {
  const { order, payment } = await inOneTicket()
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'capture', fault: 'lost_after' }] }, shop.accounts.a)
  const { now, later } = await nowAndLater(order.id)
  assert.equal(now.charge.state, 'unknown')
  await at.does(later.id, 'accept', 'pick', 'ready')
  await at.ship(later.id)
  shop.clock.advance(MINUTE)
  await shop.ask()
  await shop.settle()
  const known = await nowAndLater(order.id)
  assert.deepEqual([known.now.charge.state, known.later.state], ['charged', 'shipped'])
  assert.deepEqual(shop.journal(payment), TWO_CAPTURES)
})

test('the parcel is given to the carrier on two devices, and clicked twice on one: its share is captured once', async () => {
  const { order, payment } = await inOneTicket()
  const { later } = await nowAndLater(order.id)
  await at.does(later.id, 'accept', 'pick', 'ready')
  const key = `sent-${later.id}`
  const answers = await Promise.all([at.ship(later.id, { key }), at.ship(later.id, { key }), at.ship(later.id)])
  assert.ok(
    answers.every(({ status }) => [200, 409].includes(status)),
    answers.map(({ text }) => text).join(),
  )
  await shop.settle()
  assert.equal((await at.fulfilment(later.id)).state, 'shipped')
  assert.deepEqual(shop.journal(payment), TWO_CAPTURES)
})

test('the server dies between the plan and the capture of the parcel: a worker takes it up, and captures once', async () => {
  const { order, payment } = await inOneTicket()
  const { later } = await nowAndLater(order.id)
  await at.does(later.id, 'accept', 'pick', 'ready')
  const { get } = shop.payments.connectors
  shop.payments.connectors.get = () => {
    throw new Error('the process died')
  }
  assert.equal((await at.ship(later.id)).status, 500)
  shop.payments.connectors.get = get
  shop.clock.advance(4 * MINUTE)
  await shop.settle()
  assert.equal((await at.fulfilment(later.id)).state, 'shipped')
  assert.deepEqual(shop.journal(payment), TWO_CAPTURES)
})
