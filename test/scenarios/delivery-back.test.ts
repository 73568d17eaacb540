// A part of an order came back and the rest is cancelled: nothing stays with the customer, so the delivery goes back too, once.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { returnShop } from './return-shop.ts'
import { CARDS, openShop, type Shop } from './shop.ts'

let shop: Shop
let at: ReturnType<typeof fulfilmentShop>
let returns: ReturnType<typeof returnShop>
let parcel: string
before(async () => {
  shop = await openShop()
  at = fulfilmentShop(shop)
  returns = returnShop(shop)
  for (const name of ['lamp', 'bulb']) {
    await at.sells(name, '10.00', { track: 'quantity' })
    await at.receive(name, at.web, 20n)
    await at.receive(name, at.till, 20n)
  }
  const made = await shop.api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
    ...{ name: 'Parcel', kind: 'shipping' },
    variants: [{ sku: 'PARCEL', track: 'none', prices: [{ currency: 'EUR', unit_price: '4.95' }] }],
  })
  assert.equal(made.status, 201, made.text)
  parcel = made.body.variants[0]?.id as string
})
after(() => shop.close({ hasAllVersions: true }))

/** A lamp that was sent, a bulb that waits in the shop, and the delivery: 24.95, paid. */
async function halfSent(): Promise<{ order: OrderView; bulb: string; waiting: string }> {
  const lines = [
    { variant_id: at.variant('lamp'), quantity: 1, fulfilment: { mode: 'ship' } },
    { variant_id: at.variant('bulb'), quantity: 1, fulfilment: { mode: 'collect', store_id: at.till } },
    { variant_id: parcel, quantity: 1 },
  ]
  const placed = await at.place(await at.cart({}, { lines }))
  assert.equal(placed.status, 201, placed.text)
  assert.equal(placed.body.total, 2495)
  assert.equal((await at.pay(placed.body, CARDS.approved)).status, 201)
  await shop.settle()
  const order = await at.read(placed.body.id)
  const lineOf = (name: string) => order.lines.find((line) => line.variant_id === at.variant(name))?.id as string
  const found = await at.fulfilments(order.id)
  const of = (id: string) => found.find((each) => each.lines.some(({ line_id }) => line_id === id))?.id as string
  const sent = of(lineOf('lamp'))
  await at.does(sent, 'accept', 'pick', 'ready')
  assert.equal((await at.ship(sent)).status, 200)
  return { order: await at.read(order.id), bulb: lineOf('bulb'), waiting: of(lineOf('bulb')) }
}

async function bringBackLamp(order: OrderView): Promise<void> {
  const line_id = order.lines.find((line) => line.variant_id === at.variant('lamp'))?.id
  const asked = await shop.api.call<{ id: string }>('POST', '/v1/returns', {
    ...{ order_id: order.id, channel: 'pos', store_id: at.till, reason: 'not wanted' },
    lines: [{ line_id, quantity: 1 }],
  })
  assert.equal(asked.status, 201, asked.text)
  const got = await returns.receive(asked.body.id, [{ no: 1, quantity: 1, disposition: 'restock' }], at.till)
  assert.equal(got.status, 200, got.text)
  assert.equal((await returns.settle(asked.body.id)).status, 200)
  await shop.settle()
  assert.equal((await at.read(order.id)).amount_refunded, 1000)
}

for (const [name, cancel] of [
  ['all of the order that is open', ({ order }) => at.cancel(order.id, { reason: 'customer' })],
  [
    'the last line by its name',
    ({ order, bulb }) => at.cancel(order.id, { reason: 'customer', lines: [{ line_id: bulb, quantity: 1 }] }),
  ],
  [
    'the last line by an edit',
    async ({ order, bulb }) => {
      const draft = await at.draft(order.id, { remove: [bulb] })
      const { preview } = draft.body as unknown as { preview: { total: number; amount_to_refund: number } }
      assert.deepEqual([draft.status, preview.total, preview.amount_to_refund], [201, 1000, 1495], draft.text)
      return at.confirm(order.id, draft.body.id)
    },
  ],
  ['the last fulfilment', ({ waiting }) => at.tell(waiting, 'cancel', { reason: 'customer' })],
] as [string, (of: Awaited<ReturnType<typeof halfSent>>) => Promise<{ status: number; text: string }>][]) {
  test(`cancelling ${name} after the rest came back gives the delivery back too`, async () => {
    const of = await halfSent()
    await bringBackLamp(of.order)
    const cancelled = await cancel(of)
    assert.equal(cancelled.status, 200, cancelled.text)
    await shop.settle()
    const { total, amount_refunded, amount_due } = await at.read(of.order.id)
    assert.deepEqual([total, amount_refunded, amount_due], [1000, 2495, 0])
  })
}

test('what stays with the customer keeps the delivery, until it comes back', async () => {
  const of = await halfSent()
  const cancelled = await at.cancel(of.order.id, { reason: 'customer' })
  assert.equal(cancelled.status, 200, cancelled.text)
  await shop.settle()
  assert.equal((await at.read(of.order.id)).amount_refunded, 1000)
  const line_id = of.order.lines.find((line) => line.variant_id === at.variant('lamp'))?.id
  const asked = await shop.api.call<{ id: string }>('POST', '/v1/returns', {
    ...{ order_id: of.order.id, channel: 'pos', store_id: at.till, reason: 'not wanted' },
    lines: [{ line_id, quantity: 1 }],
  })
  const got = await returns.receive(asked.body.id, [{ no: 1, quantity: 1, disposition: 'restock' }], at.till)
  assert.equal(got.body.amount_delivery, 495, got.text)
  assert.equal((await returns.settle(asked.body.id)).status, 200)
  await shop.settle()
  assert.equal((await at.read(of.order.id)).amount_refunded, 2495)
})
