// Orders and the goods for them: what is promised is there, a refused order leaves nothing behind, and what an order lets go of is
// free again.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { transact } from '../../server/db/pool.ts'
import { move } from '../../server/stock/index.ts'
import { type OrderShop, orderShop } from './order-shop.ts'
import { CARDS, HOUR, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
let orders: OrderShop
let web: string
let till: string
const opened: Shop[] = []
beforeEach(async () => {
  shop = await openShop()
  opened.push(shop)
  orders = orderShop(shop)
  web = shop.keys.stores[0]?.id as string
  till = shop.keys.registers[0]?.store_id as string
  await orders.sells('lamp', '30.00', { track: 'quantity' })
  await orders.sells('bulb', '2.50', { track: 'quantity' })
})
after(async () => {
  for (const each of opened) await each.close()
})

/** Goods come in at a store. */
async function receive(name: string, store_id: string, quantity: bigint): Promise<void> {
  const movement = {
    variant_id: orders.variant(name),
    store_id,
    kind: 'receive' as const,
    reason: 'received',
    quantity,
  }
  await transact(shop.database.db, (tx) =>
    move(shop.payments, tx, shop.keys.merchant_id, [movement], { at: shop.clock.now() }),
  )
}

async function level(name: string, store_id: string): Promise<[on_hand: number, reserved: number]> {
  const { rows } = await shop.database.db.query<{ on_hand: bigint; reserved: bigint }>(
    'select on_hand, reserved from stock_level where variant_id = $1 and store_id = $2',
    [orders.variant(name), store_id],
  )
  return [Number(rows[0]?.on_hand ?? 0n), Number(rows[0]?.reserved ?? 0n)]
}

const stateOf = async (cart: string) => (await shop.api.get<{ state: string }>(`/v1/carts/${cart}`)).body.state

test('the last unit, wanted by twenty carts at once, is one order’s; the others are told and keep their carts', async () => {
  await receive('lamp', web, 1n)
  const carts: string[] = []
  for (let i = 0; i < 20; i++) carts.push(await orders.cart({ lamp: 1 }))
  const answers = await Promise.all(carts.map((cart) => orders.place(cart)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(19).fill(409)])
  assert.ok(answers.every(({ status, body }) => status === 201 || body.code === 'out-of-stock'))
  assert.deepEqual(await level('lamp', web), [1, 1])
  const states = await Promise.all(carts.map(stateOf))
  assert.equal(states.filter((state) => state === 'open').length, 19)
  const { rows } = await shop.database.db.query('select count(*)::int as n from order_line')
  assert.deepEqual(rows, [{ n: 1 }])
})

test('two lines of one article count together', async () => {
  await receive('lamp', web, 3n)
  const line = (quantity: number, note: string) => ({ variant_id: orders.variant('lamp'), quantity, note })
  const four = await orders.place(await orders.cart({}, { lines: [line(2, 'for Ada'), line(2, 'for Grace')] }))
  assert.equal(four.body.code, 'out-of-stock', four.text)
  const three = await orders.place(await orders.cart({}, { lines: [line(2, 'for Ada'), line(1, 'for Grace')] }))
  assert.equal(three.status, 201, three.text)
  assert.deepEqual(await level('lamp', web), [3, 3])
})

test('an order is sent in one parcel where a store has all of it, else in as few as can be', async () => {
  await receive('lamp', web, 1n)
  await receive('bulb', till, 5n)
  await receive('lamp', till, 2n)
  const groups = async (id: string) =>
    (
      await shop.database.db.query<{ store_id: string; n: number }>(
        'select store_id, jsonb_array_length(lines) as n from order_group where order_id = $1 order by no',
        [id],
      )
    ).rows
  const whole = await orders.order({ lamp: 1, bulb: 2 })
  assert.deepEqual(await groups(whole.id), [{ store_id: till, n: 2 }])
  const split = await orders.order({ lamp: 2, bulb: 1 })
  assert.equal((await groups(split.id)).length, 2)
  assert.deepEqual(
    [await level('lamp', web), await level('lamp', till), await level('bulb', till)],
    [
      [1, 1],
      [2, 2],
      [5, 3],
    ],
  )
})

test('what expires, is cancelled or is edited away is free again; what is added is promised', async () => {
  await receive('lamp', web, 10n)
  await orders.order({ lamp: 4 })
  const kept = await orders.order({ lamp: 5 })
  await orders.pay(kept)
  shop.clock.advance(16 * MINUTE)
  await shop.settle()
  assert.deepEqual(await level('lamp', web), [10, 5], 'the unpaid one expired')
  const lamp = kept.lines[0]?.id as string
  await orders.cancel(kept.id, { reason: 'one broken', lines: [{ line_id: lamp, quantity: 1 }] })
  assert.deepEqual(await level('lamp', web), [10, 4])
  const fewer = await orders.draft(kept.id, { quantities: [{ line_id: lamp, quantity: 2 }] })
  await orders.confirm(kept.id, fewer.body.id)
  assert.deepEqual(await level('lamp', web), [10, 2])
  const more = await orders.draft(kept.id, { add: [{ variant_id: orders.variant('lamp'), quantity: 8 }] })
  assert.equal((await orders.confirm(kept.id, more.body.id)).status, 200)
  assert.deepEqual(await level('lamp', web), [10, 10])
  await orders.cancel(kept.id, { reason: 'all of it' })
  assert.deepEqual(await level('lamp', web), [10, 0])
})

test('a change for which there is too little is refused whole, and can be declined', async () => {
  await receive('lamp', web, 3n)
  const order = await orders.order({ lamp: 2 })
  const draft = await orders.draft(order.id, { quantities: [{ line_id: order.lines[0]?.id, quantity: 3 }] })
  assert.equal(draft.status, 201, draft.text)
  await orders.order({ lamp: 1 })
  const refused = await orders.confirm(order.id, draft.body.id)
  assert.equal(refused.body.code, 'out-of-stock', refused.text)
  assert.deepEqual([(await orders.read(order.id)).revision, await level('lamp', web)], [1, [3, 3]])
})

test('an unknown outcome keeps the stock reserved for as long as it takes', async () => {
  await receive('lamp', web, 1n)
  const order = await orders.order({ lamp: 1 })
  await orders.pay(order, CARDS.lost_after)
  shop.clock.advance(5 * HOUR)
  await shop.settle()
  assert.deepEqual(await level('lamp', web), [1, 1])
  assert.equal((await orders.place(await orders.cart({ lamp: 1 }))).body.code, 'out-of-stock')
  await shop.ask()
  assert.equal((await orders.read(order.id)).state, 'confirmed')
})

test('at the till what is in the customer’s hands is sold, whatever the stock says, and somebody is told', async () => {
  const at = { channel: 'pos', store_id: till, register_id: shop.till }
  const sold = await orders.place(await orders.cart({ lamp: 1 }, at))
  assert.equal(sold.status, 201, sold.text)
  assert.deepEqual(await level('lamp', till), [0, 1])
  const { rows } = await shop.database.db.query('select kind, quantity from stock_task')
  assert.deepEqual(rows, [{ kind: 'oversold', quantity: 1n }])
})

test('a promotion that is used up refuses its order whole: stock, cart and counts are as they were', async () => {
  await receive('lamp', web, 50n)
  const made = await shop.api.call<{ id: string }>('POST', '/v1/promotions', {
    name: 'First three',
    rule: { kind: 'percent_off', percent_bp: 1000, applies_to: 'lines' },
    needs_code: false,
    max_uses: 3,
  })
  assert.equal(made.status, 201, made.text)
  const carts: string[] = []
  for (let i = 0; i < 8; i++) carts.push(await orders.cart({ lamp: 1 }))
  const answers = await Promise.all(carts.map((cart) => orders.place(cart)))
  const codes = answers.map(({ status, body }) => (status === 201 ? body.total : body.code))
  assert.deepEqual(codes.filter((code) => code === 2700).length, 3, JSON.stringify(codes))
  assert.deepEqual(codes.filter((code) => code === 'promotion-exhausted').length, 5)
  assert.deepEqual(await level('lamp', web), [50, 3])
  assert.equal((await Promise.all(carts.map(stateOf))).filter((state) => state === 'open').length, 5)
  const [first] = answers.filter(({ status }) => status === 201)
  await orders.cancel(first?.body.id as string, { reason: 'changed my mind' })
  const { rows } = await shop.database.db.query('select uses from promotion')
  assert.deepEqual(rows, [{ uses: 2n }], 'and one that is given up gives its use back')
})
