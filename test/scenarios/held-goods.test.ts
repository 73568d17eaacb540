// An order that is to be paid beforehand and is paid by a hold: nothing leaves whose money is not taken. What is held is captured as
// the goods leave, and what is let go, or taken back by the provider, keeps them in the store.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { CARDS, openShop, type Shop } from './shop.ts'

let shop: Shop
let at: ReturnType<typeof fulfilmentShop>
const opened: Shop[] = []
beforeEach(async () => {
  shop = await openShop()
  opened.push(shop)
  at = fulfilmentShop(shop)
  await at.sells('song', '2.00')
  await at.sells('lamp', '30.00', { track: 'quantity' })
  await at.receive('lamp', at.web, 5n)
  await at.receive('lamp', at.till, 5n)
})
after(async () => {
  for (const each of opened) await each.close()
})

const lamps = (quantity: number, fulfilment: object) => ({ variant_id: at.variant('lamp'), quantity, fulfilment })

/** An order of these lines, held on a card. */
async function held(lines: object[], cart: object = {}): Promise<{ order: OrderView; payment: string }> {
  const placed = await at.place(await at.cart({}, { lines, ...cart }))
  assert.equal(placed.status, 201, placed.text)
  const paid = await at.pay(placed.body, CARDS.approved, { capture: 'manual' })
  assert.equal(paid.status, 201, paid.text)
  await shop.settle()
  return { order: await at.read(placed.body.id), payment: paid.body.id }
}

/** The parcels of an order, packed; one unit of the first is a parcel of its own. */
async function packed(order: OrderView): Promise<[string, string]> {
  const first = (await at.fulfilments(order.id)).find(({ mode }) => mode === 'ship')
  const line_id = first?.lines[0]?.line_id
  const split = { fulfilment_id: first?.id, lines: [{ line_id, quantity: 1 }] }
  const part = await shop.api.call<{ id: string }>('POST', `/v1/orders/${order.id}/fulfilments`, split)
  assert.equal(part.status, 201, part.text)
  for (const id of [first?.id as string, part.body.id]) await at.does(id, 'accept', 'pick', 'ready')
  return [part.body.id, first?.id as string]
}

test('what is delivered at once and each parcel capture their price', async () => {
  const song = { variant_id: at.variant('song'), quantity: 1, fulfilment: { mode: 'digital' } }
  const { order, payment } = await held([lamps(3, { mode: 'ship' }), song])
  assert.deepEqual(shop.journal(payment), ['authorized 9200', 'captured 200'])
  for (const id of await packed(order)) {
    const sent = await at.ship(id)
    assert.deepEqual([sent.body.state, sent.body.charge.state], ['shipped', 'charged'], sent.text)
  }
  assert.deepEqual(shop.journal(payment), ['authorized 9200', 'captured 200', 'captured 3000', 'captured 6000'])
  const { amount_paid, amount_held, amount_due } = await at.read(order.id)
  assert.deepEqual([amount_paid, amount_held, amount_due], [9200, 0, 0])
})

test('a parcel whose capture is declined stays, and so does one whose hold was let go', async () => {
  const { order, payment } = await held([lamps(3, { mode: 'ship' })])
  const [one, two] = await packed(order)
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'capture', fault: 'decline' }] } as never)
  const declined = await at.ship(one)
  assert.deepEqual([declined.body.state, declined.body.charge.state], ['packed', 'declined'], declined.text)
  assert.equal((await at.ship(one)).body.state, 'shipped')
  assert.deepEqual([(await at.read(order.id)).amount_paid, await at.level('lamp', at.web)], [3000, [4, 2]])
  await shop.api.command(`/v1/payments/${payment}/cancel`, {})
  assert.equal((await at.ship(two)).body.code, 'order-not-paid')
  assert.deepEqual([(await at.read(order.id)).amount_paid, await at.level('lamp', at.web)], [3000, [4, 2]])
})

test('what was captured before is not captured again, and what is no longer wanted is let go', async () => {
  const { order, payment } = await held([lamps(3, { mode: 'collect', store_id: at.till })])
  assert.equal((await shop.api.command(`/v1/payments/${payment}/captures`, { amount: 1000 })).status, 201)
  const line_id = order.lines[0]?.id
  assert.equal((await at.cancel(order.id, { reason: 'one less', lines: [{ line_id, quantity: 1 }] })).status, 200)
  const [f] = await at.fulfilments(order.id)
  const { code } = await at.does(f?.id as string, 'accept', 'pick', 'ready')
  const done = await at.collect(f?.id as string, { code })
  assert.deepEqual([done.body.state, done.body.charge.amount], ['collected', 5000], done.text)
  const { amount_paid, amount_held, amount_due } = await at.read(order.id)
  assert.deepEqual([amount_paid, amount_held, amount_due], [6000, 0, 0])
})

test('what is taken along is captured at once; what an edit brought to a held order is paid beside the hold', async () => {
  const till = { channel: 'pos', store_id: at.till }
  const { payment } = await held([lamps(1, { mode: 'take_away' })], till)
  assert.deepEqual(shop.journal(payment), ['authorized 3000', 'captured 3000'])
  const collected = await held([lamps(1, { mode: 'collect', store_id: at.till })])
  const draft = await at.draft(collected.order.id, {
    quantities: [{ line_id: collected.order.lines[0]?.id, quantity: 2 }],
  })
  assert.equal((await at.confirm(collected.order.id, draft.body.id)).status, 200)
  const tender = { method: 'card', token: await shop.api.token(CARDS.mastercard) }
  const captured: (number | undefined)[] = []
  for (const f of (await at.fulfilments(collected.order.id)).reverse()) {
    const { code } = await at.does(f.id, 'accept', 'pick', 'ready')
    const done = await at.collect(f.id, { code, tender })
    assert.equal(done.body.state, 'collected', done.text)
    captured.push((await at.read(collected.order.id)).amount_paid)
  }
  assert.equal(captured.at(-1), 6000)
  const { amount_held, amount_due } = await at.read(collected.order.id)
  assert.deepEqual([amount_held, amount_due], [0, 0])
})

test('money that the provider takes back keeps the goods where they are', async () => {
  const placed = await at.place(await at.cart({}, { lines: [lamps(1, { mode: 'ship' })] }))
  const paid = await at.pay(placed.body)
  const [f] = await at.fulfilments(placed.body.id)
  await at.does(f?.id as string, 'accept', 'pick', 'ready')
  assert.ok(shop.simulator.reverse(shop.accounts.a, paid.body.operations?.[0]?.id as string))
  await shop.news()
  assert.equal((await at.read(placed.body.id)).amount_due, 3000)
  assert.equal((await at.ship(f?.id as string)).body.code, 'order-not-paid')
})
