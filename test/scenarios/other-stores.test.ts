// Story 6: bought in one store, collected in another; and what happens when a store cannot do what it was asked for.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
let at: ReturnType<typeof fulfilmentShop>
const opened: Shop[] = []
beforeEach(async () => {
  shop = await openShop()
  opened.push(shop)
  at = fulfilmentShop(shop)
  await at.sells('lamp', '30.00', { track: 'quantity' })
  await at.receive('lamp', at.till, 2n)
  await at.receive('lamp', at.web, 5n)
})
after(async () => {
  for (const each of opened) await each.close()
})

/** Two lamps to be collected at the till's store, paid. */
async function paid() {
  const lines = [{ variant_id: at.variant('lamp'), quantity: 2, fulfilment: { mode: 'collect', store_id: at.till } }]
  const placed = await at.place(await at.cart({}, { lines }))
  assert.equal(placed.status, 201, placed.text)
  const payment = await at.pay(placed.body)
  assert.equal(payment.status, 201, payment.text)
  const [f] = await at.fulfilments(placed.body.id)
  return { order: placed.body, id: f?.id as string, payment: payment.body.id }
}

test('bought in one store and collected in another: the goods come by transfer, and are ready when they are there', async () => {
  const { order, id } = await paid()
  const rerouted = await at.tell(id, 'reroute', { store_id: at.web })
  assert.deepEqual([rerouted.status, rerouted.body.state], [200, 'rerouted'], rerouted.text)
  const next = (await at.fulfilments(order.id)).find(({ part }) => part === 2)
  assert.ok(next?.transfer_id)
  assert.equal((await at.tell(next.id, 'accept')).status, 409, 'the goods are not there yet')
  assert.equal((await shop.api.call('POST', `/v1/transfers/${next.transfer_id}/ship`, {})).status, 200)
  const lines = [{ variant_id: at.variant('lamp'), received: 2 }]
  const arrived = await shop.api.call('POST', `/v1/transfers/${next.transfer_id}/receive`, { lines, final: true })
  assert.equal(arrived.status, 200, arrived.text)
  const { code } = await at.does(next.id, 'accept', 'pick', 'ready')
  const done = await at.collect(next.id, { code })
  assert.equal(done.body.state, 'collected', done.text)
  assert.deepEqual(
    [await at.level('lamp', at.till), await at.level('lamp', at.web)],
    [
      [2, 0],
      [3, 0],
    ],
  )
})

test('and when every click is made on two devices, one transfer leaves, arrives and is collected', async () => {
  const { order, id } = await paid()
  const both = async (act: () => Promise<{ status: number; text: string }>) => {
    const answers = await Promise.all([act(), act()])
    assert.ok(
      answers.some(({ status }) => status === 200),
      answers.map(({ text }) => text).join(),
    )
    assert.ok(
      answers.every(({ status }) => status < 500),
      answers.map(({ text }) => text).join(),
    )
  }
  await both(() => at.tell(id, 'reroute', { store_id: at.web }))
  const parts = (await at.fulfilments(order.id)).filter(({ part }) => part > 1)
  assert.equal(parts.length, 1, 'sent from elsewhere once')
  const [next] = parts
  assert.ok(next)
  await both(() => shop.api.call('POST', `/v1/transfers/${next.transfer_id}/ship`, {}))
  const lines = [{ variant_id: at.variant('lamp'), received: 2 }]
  await both(() => shop.api.call('POST', `/v1/transfers/${next.transfer_id}/receive`, { lines, final: true }))
  for (const verb of ['accept', 'pick']) await both(() => at.tell(next.id, verb))
  const { code } = await at.does(next.id, 'ready')
  await both(() => at.collect(next.id, { code }))
  assert.equal((await at.fulfilment(next.id)).state, 'collected')
  assert.deepEqual(
    [await at.level('lamp', at.till), await at.level('lamp', at.web)],
    [
      [2, 0],
      [3, 0],
    ],
  )
})

test('and when the answer to the charge at the counter is lost, the goods wait there, and are paid and collected once', async () => {
  const lines = [{ variant_id: at.variant('lamp'), quantity: 2, fulfilment: { mode: 'collect', store_id: at.till } }]
  const tender = { token: await shop.api.token(CARDS.approved) }
  const placed = await at.place(await at.cart({}, { lines }), { charge: 'on_collection', ...tender })
  assert.equal(placed.status, 201, placed.text)
  const [first] = await at.fulfilments(placed.body.id)
  await at.tell(first?.id as string, 'reroute', { store_id: at.web })
  const next = (await at.fulfilments(placed.body.id)).find(({ part }) => part === 2)
  assert.ok(next)
  assert.equal((await shop.api.call('POST', `/v1/transfers/${next.transfer_id}/ship`, {})).status, 200)
  const arrived = [{ variant_id: at.variant('lamp'), received: 2 }]
  await shop.api.call('POST', `/v1/transfers/${next.transfer_id}/receive`, { lines: arrived, final: true })
  const { code } = await at.does(next.id, 'accept', 'pick', 'ready')
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'sale', fault: 'lost_after' }] }, shop.accounts.a)
  const lost = await at.collect(next.id, { code })
  assert.deepEqual([lost.status, lost.body.state, lost.body.charge.state], [202, 'ready', 'unknown'], lost.text)
  assert.equal((await at.collect(next.id, { code })).status, 409, 'another device cannot charge it again')
  shop.clock.advance(MINUTE)
  await shop.ask()
  await shop.settle()
  assert.equal((await at.fulfilment(next.id)).state, 'collected')
  assert.deepEqual(shop.journal(), ['captured 6000'])
  assert.deepEqual(await at.level('lamp', at.web), [3, 0])
})

test('a transfer that arrives short is rejected, and can be given up with the money back', async () => {
  const { order, id, payment } = await paid()
  await at.tell(id, 'reroute', { store_id: at.web })
  const next = (await at.fulfilments(order.id)).find(({ part }) => part === 2)
  await shop.api.call('POST', `/v1/transfers/${next?.transfer_id}/ship`, {})
  const lines = [{ variant_id: at.variant('lamp'), received: 1 }]
  await shop.api.call('POST', `/v1/transfers/${next?.transfer_id}/receive`, { lines, final: true })
  assert.equal((await at.fulfilment(next?.id as string)).state, 'rejected')
  const given = await at.tell(next?.id as string, 'cancel', { reason: 'lost on the way' })
  assert.equal(given.body.state, 'cancelled', given.text)
  assert.equal((await shop.api.payment(payment)).amount_refunded, 6000)
})

test('a store that does not find the goods corrects its stock, and another sends them', async () => {
  const { order, id } = await paid()
  const said = await at.tell(id, 'reject', { reason: 'not_in_stock' })
  assert.deepEqual([said.status, said.body.state], [200, 'rerouted'], said.text)
  assert.deepEqual(await at.level('lamp', at.till), [0, 0])
  const next = (await at.fulfilments(order.id)).find(({ part }) => part === 2)
  assert.equal(next?.store_id, at.web)
  assert.deepEqual(await at.level('lamp', at.web), [5, 2])
})

test('when no store has it the order is cancelled and the money goes back', async () => {
  const { order, id, payment } = await paid()
  const lines = [{ variant_id: at.variant('lamp'), quantity: 5, reason: 'lost' }]
  const gone = await shop.api.call('POST', '/v1/stock/adjustments', { store_id: at.web, lines })
  assert.equal(gone.status, 201, gone.text)
  const said = await at.tell(id, 'reject', { reason: 'no_capacity' })
  assert.deepEqual([said.body.state, said.body.reason], ['cancelled', 'no_capacity'], said.text)
  assert.deepEqual(await at.level('lamp', at.till), [2, 0])
  assert.equal((await at.read(order.id)).state, 'cancelled')
  assert.equal((await shop.api.payment(payment)).amount_refunded, 6000)
})

test('what was paid before and is refused at the counter is refunded', async () => {
  const { order, id, payment } = await paid()
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  const line_id = order.lines[0]?.id as string
  const done = await at.collect(id, { code, refuse: [{ line_id, quantity: 1, reason: 'one is enough' }] })
  assert.equal(done.body.state, 'collected', done.text)
  assert.equal((await shop.api.payment(payment)).amount_refunded, 3000)
  assert.deepEqual(await at.level('lamp', at.till), [1, 0])
})

test('only the version that was seen is changed', async () => {
  const { id } = await paid()
  assert.equal((await at.tell(id, 'accept', {}, { 'if-match': '"7"' })).status, 412)
  assert.equal((await at.tell(id, 'accept', {}, { 'if-match': '"1"' })).status, 200)
  assert.equal((await at.tell(id, 'accept')).status, 409)
})
