// The kept card declines at the counter: the customer pays there another way, in the same call.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { counterShop } from './counter-shop.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { CARDS, openShop, type Shop } from './shop.ts'

let shop: Shop
let at: ReturnType<typeof fulfilmentShop>
const opened: Shop[] = []
beforeEach(async () => {
  shop = await openShop()
  opened.push(shop)
  at = fulfilmentShop(shop)
  await at.sells('lamp', '30.00', { track: 'quantity' })
  await at.receive('lamp', at.till, 5n)
})
after(async () => {
  for (const each of opened) await each.close()
})

async function ready(card: string, quantity = 1) {
  const fulfilment = { mode: 'collect', store_id: at.till }
  const cart = await at.cart({}, { lines: [{ variant_id: at.variant('lamp'), quantity, fulfilment }] })
  const placed = await at.place(cart, { charge: 'on_collection', token: await shop.api.token(card) })
  assert.equal(placed.status, 201, placed.text)
  const [first] = await at.fulfilments(placed.body.id)
  const id = first?.id as string
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  return { order: placed.body.id, line: placed.body.lines[0]?.id as string, id, code }
}

for (const [name, tender] of [
  ['in cash', () => counterShop(shop).inCash(3000)],
  ['at the terminal', () => ({ method: 'card', terminal_id: shop.terminal })],
] as const) {
  test(`the web card declines, and it is paid ${name} as it is collected`, async () => {
    const { order, id, code } = await ready(CARDS.poor)
    assert.equal((await at.collect(id, { code })).body.charge.state, 'declined')
    const done = await at.collect(id, { code, tender: tender() })
    assert.equal(done.status, 200, done.text)
    assert.deepEqual(
      [done.body.state, done.body.charge.state, done.body.charge.decline],
      ['collected', 'charged', null],
    )
    await shop.settle()
    const now = await at.read(order)
    assert.deepEqual([now.amount_paid, now.amount_due, now.payment_status], [3000, 0, 'paid'])
    const { body } = await shop.api.get<{ data: { channel: string; amount_captured: number }[] }>(
      `/v1/payments?order_id=${order}`,
    )
    assert.deepEqual(
      body.data.filter(({ amount_captured }) => amount_captured > 0).map(({ channel }) => channel),
      ['pos'],
    )
  })
}

test('a part was charged to the card before: the rest is paid in cash beside it', async () => {
  const { order, line, id, code } = await ready(CARDS.approved, 2)
  const first = await at.collect(id, { code, lines: [{ line_id: line, quantity: 1 }] })
  assert.equal(first.body.charge.state, 'charged', first.text)
  const rest = (await at.fulfilments(order)).find(({ part }) => part === 2)?.id as string
  const renewed = await at.does(rest, 'ready')
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'sale', fault: 'decline' }] } as never)
  const declined = await at.collect(rest, { code: renewed.code })
  assert.equal(declined.body.charge.state, 'declined', declined.text)
  const done = await at.collect(rest, { code: renewed.code, tender: counterShop(shop).inCash(3000) })
  assert.deepEqual([done.body.state, done.body.charge?.state], ['collected', 'charged'], done.text)
  await shop.settle()
  const now = await at.read(order)
  assert.deepEqual([now.amount_paid, now.amount_due], [6000, 0])
})
