// Whatever happens to an object, its events tell versions 1, 2, 3, … with none left out, and the object shows the last of them:
// whoever follows it by events knows when one is missing.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import { skippedVersions } from '../skipped-versions.ts'
import { balanceStories } from './balance-stories.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { CARDS, DAY, HOUR, MINUTE, openShop, type Shop } from './shop.ts'
import { type TransferShop, transferShop } from './transfer-shop.ts'

let shop: Shop
let floor: ReturnShop
let at: TransferShop
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  at = transferShop(shop)
  await floor.stocked('jacket', '40.00', 50)
  await floor.stocked('coat', '50.00', 50)
  await at.sells('lamp', '30.00', { track: 'quantity' })
  await at.receive('lamp', at.web, 9n)
})
after(() => shop.close())

/** What a story of balances reaches only if it goes all the way. */
const ENDS_OF_BALANCES = [
  'gift_card.expired',
  'gift_card.released',
  'gift_card.transferred_in',
  'gift_card.voided',
  'loyalty.confirmed',
  'loyalty.expired',
  'loyalty.merged',
  'loyalty.released',
  'loyalty.reversed',
  'store_credit.credited',
  'store_credit.merged',
]

async function done<T = { id: string }>(method: 'POST' | 'PATCH' | 'PUT', path: string, body: object = {}): Promise<T> {
  const answer = await shop.api.call<T>(method, path, body)
  assert.ok(answer.status < 300, `${path}: ${answer.text}`)
  return answer.body
}

/** A story that moves objects of some kinds; the order it is about, if any. */
const STORIES: Record<string, () => Promise<string | undefined>> = {
  'an order is changed, paid, taken along, brought back in parts and exchanged': async () => {
    const cart = await floor.cart({ jacket: 3 }, { channel: 'pos', store_id: floor.shopFloor })
    const { body: order } = await floor.place(cart)
    const draft = await floor.draft(order.id, { quantities: [{ line_id: order.lines[0]?.id, quantity: 2 }] })
    assert.equal((await floor.confirm(order.id, draft.body.id)).status, 200)
    await floor.pay({ id: order.id, total: 8000 })
    await shop.settle()
    await floor.brought(order, { jacket: 1 })
    const asked = await floor.ask(order, { jacket: 1 })
    await floor.receive(asked.body.id, [{ no: 1, quantity: 1, disposition: 'restock' }])
    const coat = await floor.place(await floor.cart({ coat: 1 }, { channel: 'pos', store_id: floor.shopFloor }))
    const wanted = { return_id: asked.body.id, order_id: coat.body.id }
    assert.equal((await shop.api.command('/v1/exchanges', wanted)).status, 201)
    return order.id
  },
  'an order is cancelled in part and then whole': async () => {
    const order = await held(3)
    const line_id = order.lines[0]?.id
    await floor.cancel(order.id, { reason: 'fewer', lines: [{ line_id, quantity: 1 }] })
    const draft = await floor.draft(order.id, { quantities: [{ line_id, quantity: 1 }] })
    await done('POST', `/v1/orders/${order.id}/changes/${draft.body.id}/decline`)
    await floor.cancel(order.id, { reason: 'none' })
    return order.id
  },
  'an order is not paid in time': async () => {
    const order = await floor.order({ jacket: 1 })
    shop.clock.advance(16 * MINUTE)
    return order.id
  },
  'goods are brought from another store, collected and charged, and the order is closed': async () => {
    const token = await shop.api.token(CARDS.approved)
    const order = await at.ordered(at.collected(2), { charge: 'on_collection', token })
    await shop.settle()
    const [waiting] = await at.fulfilments(order.id)
    await at.moveTransfer(waiting?.transfer_id as string, 'ship')
    await at.moveTransfer(waiting?.transfer_id as string, 'receive', at.arrival(2))
    await shop.settle()
    const { code } = await at.does(waiting?.id as string, 'accept', 'pick', 'ready')
    assert.equal((await at.collect(waiting?.id as string, { code })).body.state, 'collected')
    await done('POST', `/v1/orders/${order.id}/close`)
    return order.id
  },
  'the charge at the counter has no answer for a while': async () => {
    const token = await shop.api.token(CARDS.lost_after)
    const fulfilment = { mode: 'collect', store_id: floor.shopFloor }
    const lines = [{ variant_id: floor.variant('jacket'), quantity: 1, fulfilment }]
    const order = await at.ordered({ lines }, { charge: 'on_collection', token })
    await shop.settle()
    const [waiting] = await at.fulfilments(order.id)
    const { code } = await at.does(waiting?.id as string, 'accept', 'pick', 'ready')
    assert.equal((await at.collect(waiting?.id as string, { code })).status, 202)
    for (let round = 0; round < 4; round++) {
      shop.clock.advance(MINUTE)
      await shop.settle()
    }
    shop.clock.advance(HOUR)
    await shop.ask()
    await shop.settle()
    assert.equal((await at.fulfilments(order.id))[0]?.charge?.state, 'charged')
    return order.id
  },
  'parcels are split, sent and one of them given up': async () => {
    const lines = [{ variant_id: at.variant('lamp'), quantity: 3, fulfilment: { mode: 'ship' } }]
    const { body: order } = await at.place(await at.cart({}, { lines }))
    await at.pay(order, CARDS.approved, { capture: 'manual' })
    const [first] = await at.fulfilments(order.id)
    const split = { fulfilment_id: first?.id, lines: [{ line_id: first?.lines[0]?.line_id, quantity: 1 }] }
    const part = await done('POST', `/v1/orders/${order.id}/fulfilments`, split)
    await at.does(part.id, 'accept', 'pick', 'ready')
    await at.ship(part.id)
    await done('POST', `/v1/fulfilments/${first?.id}/cancel`, { reason: 'lost' })
    return order.id
  },
  'a quote is sent and accepted, and a cart runs out': async () => {
    const cart = await floor.cart({ coat: 1 })
    const valid_until = new Date(shop.clock.now().getTime() + DAY).toISOString()
    const quote = await done('POST', `/v1/carts/${cart}/quotes`, { valid_until })
    await done('POST', `/v1/quotes/${quote.id}/send`)
    await done('POST', `/v1/quotes/${quote.id}/accept`)
    await floor.cart({ coat: 1 })
    shop.clock.advance(100 * DAY)
    return undefined
  },
  'articles, offers, customers and a count are made and changed': async () => {
    const customer = await done('POST', '/v1/customers', { name: 'Ada' })
    await done('PATCH', `/v1/customers/${customer.id}`, { name: 'Ada L.' })
    const rule = { kind: 'percent_off', percent_bp: 1000, applies_to: 'order' }
    const offer = await done('POST', '/v1/promotions', { name: 'Ten', rule, needs_code: true })
    await done('PATCH', `/v1/promotions/${offer.id}`, { name: 'Ten off' })
    const count = await done('POST', '/v1/stock/counts', { store_id: at.till, name: 'Lamps' })
    const lines = [{ variant_id: at.variant('lamp'), counted: 1 }]
    await done('PUT', `/v1/stock/counts/${count.id}/lines`, { lines })
    await done('POST', `/v1/stock/counts/${count.id}/submit`)
    await done('PATCH', `/v1/variants/${at.variant('lamp')}`, { is_active: false })
    return undefined
  },
  ...balanceStories(() => ({ shop, floor })),
}

async function held(quantity: number): Promise<OrderView> {
  const order = await floor.order({ jacket: quantity })
  await floor.pay(order, CARDS.approved, { capture: 'manual' })
  await shop.settle()
  return order
}

for (const [story, run] of Object.entries(STORIES)) {
  test(`versions follow one another when ${story}`, async () => {
    const order = await run()
    await shop.settle()
    assert.deepEqual(await skippedVersions(shop.database.db), [])
    const { rows: behind } = await shop.database.db.query(
      `select id, version, told from stored_value v cross join lateral (
         select coalesce(max(object_version), 0) as told from event e where e.merchant_id = v.merchant_id and e.object_id = v.id) e
       where merchant_id = $1 and version <> told`,
      [shop.keys.merchant_id],
    )
    assert.deepEqual(behind, [], 'what a balance shows')
    if (order === undefined) return
    const { rows: last } = await shop.database.db.query<{ version: number }>(
      'select max(object_version) as version from event where merchant_id = $1 and object_id = $2',
      [shop.keys.merchant_id, order],
    )
    assert.equal((await floor.read(order)).version, last[0]?.version)
  })
}

test('the stories moved an object of every kind', async () => {
  const { rows } = await shop.database.db.query<{ object_type: string }>(
    'select distinct object_type from event where merchant_id = $1 order by 1',
    [shop.keys.merchant_id],
  )
  const kinds = new Set(rows.map(({ object_type }) => object_type))
  for (const kind of [
    'cart',
    'customer',
    'exchange',
    'fulfilment',
    'gift_card',
    'loyalty_account',
    'order',
    'payment',
    'promotion',
    'quote',
    'return',
    'store_credit',
    'transfer',
  ])
    assert.ok(kinds.has(kind), `${kind} is not among ${[...kinds]}`)
  const { rows: told } = await shop.database.db.query<{ type: string }>(
    `select distinct type from event where merchant_id = $1 and type = any ($2) order by 1`,
    [shop.keys.merchant_id, ENDS_OF_BALANCES],
  )
  assert.deepEqual(
    told.map(({ type }) => type),
    ENDS_OF_BALANCES,
  )
})
