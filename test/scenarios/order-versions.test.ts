// What an order says of itself in its events and statuses, whichever way it ends.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type OrderShop, orderShop } from './order-shop.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
let orders: OrderShop
before(async () => {
  shop = await openShop()
  orders = orderShop(shop)
  await orders.sells('kettle', '10.00')
  await orders.sells('mug', '5.00')
})
after(() => shop.close())

test('an order that was cancelled before anybody paid is not paid', async () => {
  const order = await orders.order({ kettle: 1 })
  await orders.cancel(order.id, { reason: 'changed my mind' })
  assert.deepEqual(await standing(order.id), ['cancelled', 'none', 0])

  const late = await orders.order({ kettle: 1 })
  shop.clock.advance(16 * MINUTE)
  await shop.settle()
  assert.deepEqual(await standing(late.id), ['cancelled', 'none', 1000])

  const paid = await orders.order({ kettle: 1 })
  await orders.pay(paid)
  await orders.cancel(paid.id, { reason: 'late' })
  await shop.settle()
  assert.deepEqual(await standing(paid.id), ['cancelled', 'refunded', 0])
})

test('every event of an order has a later version than the one before, whatever is given back and declined', async () => {
  const order = await orders.order({ kettle: 3 })
  await orders.pay(order)
  await shop.settle()
  const line_id = order.lines[0]?.id as string
  for (let i = 0; i < 2; i++) await orders.cancel(order.id, { reason: 'bent', lines: [{ line_id, quantity: 1 }] })
  const draft = await orders.draft(order.id, { add: [{ variant_id: orders.variant('mug'), quantity: 1 }] })
  await shop.api.call('POST', `/v1/orders/${order.id}/changes/${draft.body.id}/decline`, {})
  // Refunds that are told while the order learns of others.
  await Promise.all([
    orders.cancel(order.id, { reason: 'late' }),
    ...Array.from({ length: 3 }, () => shop.settle()),
    orders.read(order.id),
  ])
  await shop.settle()
  const other = await orders.order({ mug: 1 })
  await shop.api.pay({
    ...{ amount: 500, currency: 'EUR', channel: 'web', order_id: other.id, capture: 'manual' },
    tender: { method: 'card', token: await shop.api.token(CARDS.approved) },
  })
  await orders.cancel(other.id, { reason: 'late' })
  await shop.settle()
  for (const id of [order.id, other.id]) {
    const { types, versions } = await told(id)
    assert.ok(types.includes(id === order.id ? 'order.payment_returned' : 'order.cancelled'), types.join())
    const rising = [...new Set(versions)].sort((a, b) => a - b)
    assert.deepEqual(versions, rising, types.join())
    assert.equal((await orders.read(id)).version, versions.at(-1))
  }
})

async function told(id: string) {
  const { rows } = await shop.database.db.query<{ type: string; object_version: number }>(
    'select type, object_version from event where merchant_id = $1 and object_id = $2 order by seq',
    [shop.keys.merchant_id, id],
  )
  return { types: rows.map(({ type }) => type), versions: rows.map(({ object_version }) => object_version) }
}

async function standing(id: string) {
  const { state, payment_status, total } = await orders.read(id)
  return [state, payment_status, total]
}
