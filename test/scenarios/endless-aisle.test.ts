// Story 8, the endless aisle: a till sells what lies elsewhere, sent home or to the store; and orders that take from one shelf in
// several ways. Each also with something going wrong.

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { Refusal } from '../api.ts'
import { ADDRESS } from './order-shop.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'
import { type TransferShop, transferShop } from './transfer-shop.ts'

let shop: Shop
let at: TransferShop
/** What the provider has done in this story. */
let journal: () => string[]
let stories = 0
before(async () => {
  shop = await openShop()
  at = transferShop(shop)
})
// Each story has a lamp of its own: none is in any store.
beforeEach(async () => {
  await at.sells('lamp', '30.00', { track: 'quantity', sku: `LAMP-${++stories}` })
  const done = shop.journal().length
  journal = () => shop.journal().slice(done)
})
after(() => shop.close({ hasAllVersions: true }))

const atTill = () => ({ channel: 'pos', store_id: at.till, register_id: shop.till, shipping_address: undefined })

test('endless aisle: the shelf is empty, the till sells what lies elsewhere and has it sent home', async () => {
  await at.receive('lamp', at.web, 2n)
  const near = await shop.api.get<{ data: { store_id: string; available: number }[] }>(
    `/v1/stock/availability?variant_id=${at.variant('lamp')}&near_store_id=${at.till}`,
  )
  assert.deepEqual(
    near.body.data.filter(({ available }) => available > 0).map(({ store_id, available }) => [store_id, available]),
    [[at.web, 2]],
  )
  const lines = [{ variant_id: at.variant('lamp'), quantity: 1, fulfilment: { mode: 'ship' } }]
  const placed = await at.ordered({ ...atTill(), lines, shipping_address: ADDRESS })
  assert.equal((await at.pay(placed, CARDS.approved, { channel: 'pos' })).status, 201)
  const [f] = await at.fulfilments(placed.id)
  assert.deepEqual([f?.mode, f?.store_id, f?.transfer_id], ['ship', at.web, null])
  await at.does(f?.id as string, 'accept', 'pick', 'ready')
  assert.equal((await at.ship(f?.id as string)).body.state, 'shipped')
  assert.deepEqual(await at.shelves(), [
    [0, 0],
    [1, 0],
  ])
})

test('endless aisle: one is taken along, one comes to the store; two clicks and a lost answer at the till take the money once', async () => {
  await at.receive('lamp', at.till, 1n)
  await at.receive('lamp', at.web, 1n)
  const lines = ['take_away', 'ship_to_store'].map((mode) => ({
    ...{ variant_id: at.variant('lamp'), quantity: 1, fulfilment: { mode, store_id: at.till } },
  }))
  const cart = await at.cart({}, { ...atTill(), lines })
  const [one, two] = await Promise.all([at.place(cart), at.place(cart)])
  assert.deepEqual([one.body.id, one.body.total], [two.body.id, 6000], one.text)
  const lost = await at.pay(one.body, CARDS.lost_after, { channel: 'pos' })
  assert.equal(lost.status, 202, lost.text)
  shop.clock.advance(20 * MINUTE)
  await shop.ask()
  await shop.settle()
  assert.deepEqual(journal(), ['captured 6000'])
  const [gone, comes] = await at.fulfilments(one.body.id)
  assert.deepEqual([gone?.state, comes?.mode, comes?.transfer_state], ['collected', 'ship_to_store', 'draft'])
  await at.moveTransfer(comes?.transfer_id as string, 'ship')
  await at.moveTransfer(comes?.transfer_id as string, 'receive', at.arrival(1))
  const { code } = await at.does(comes?.id as string, 'accept', 'pick', 'ready')
  assert.equal((await at.collect(comes?.id as string, { code })).body.state, 'collected')
  assert.deepEqual(await at.shelves(), [
    [0, 0],
    [0, 0],
  ])
})

test('one order takes along, collects and has sent: no store sends away what the same order takes there', async () => {
  await at.receive('lamp', at.till, 3n)
  await at.receive('lamp', at.web, 3n)
  const line = (quantity: number, mode: string, store_id?: string) => ({
    ...{ variant_id: at.variant('lamp'), quantity, note: `${mode} ${store_id}` },
    fulfilment: { mode, ...(store_id === undefined ? {} : { store_id }) },
  })
  const lines = [line(2, 'ship'), line(2, 'collect', at.till), line(2, 'take_away', at.till)]
  await at.ordered({ lines, channel: 'pos', store_id: at.till, register_id: shop.till })
  assert.deepEqual(await at.shelves(), [
    [3, 3],
    [3, 3],
  ])
})

test('ten want the last one that lies in another store, at two processes at once: one order is placed, the others told', async () => {
  await at.receive('lamp', at.web, 1n)
  const carts = await Promise.all(Array.from({ length: 10 }, () => at.cart({}, at.collected(1))))
  const other = await shop.another()
  const answers = await Promise.all(
    carts.map((cart_id, i) => (i % 2 === 0 ? shop.api : other).call<Refusal>('POST', '/v1/orders', { cart_id })),
  )
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  assert.ok(answers.every(({ status, body }) => status === 201 || body.code === 'out-of-stock'))
  assert.deepEqual(await at.shelves(), [
    [0, 0],
    [1, 1],
  ])
})
