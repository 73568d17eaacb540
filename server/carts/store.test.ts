import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { transact } from '../db/pool.ts'
import { createIds } from '../lib/ids.ts'
import { lockForOrder, readCarts } from './store.ts'

// SQL of carts as order placement uses it.

let database: TestDatabase
const at = new Date('2026-11-22T09:00:00Z')
const newId = createIds({ now: () => at })
const merchant = newId('mer')
before(async () => {
  database = await testDatabase()
})
after(() => database.close())

async function make(): Promise<string> {
  const id = newId('crt')
  const row = {
    n: 0,
    merchant_id: merchant,
    at,
    cart_id: id,
    event_id: newId('evt'),
    currency: 'EUR',
    channel: 'web',
    codes: ['SPRING'],
    expires_at: new Date(at.getTime() + 1000),
    lines: [{ id: newId('cln'), seq: 1, variant_id: newId('var'), quantity: 2, seen_e4: '9999999999999999' }],
  }
  // Twice, as after a lost answer.
  for (let i = 0; i < 2; i++) {
    const { rows } = await database.db.query('select * from cart_create(null, $1)', [JSON.stringify([row])])
    assert.deepEqual(rows, [{ n: 0, outcome: 'ok' }])
  }
  return id
}

const order = (n: number, cart_id: string, version = 1, later = 0) => ({
  n,
  merchant_id: merchant,
  at: new Date(at.getTime() + later),
  cart_id,
  version,
  order_id: newId('ord'),
  event_id: newId('evt'),
})

describe('a cart in SQL', () => {
  it('is written once, whatever is repeated, and read with every digit of its prices', async () => {
    const id = await make()
    const cart = (await readCarts(database.db, merchant, [id, newId('crt')])).get(id)
    assert.deepEqual([cart?.state, cart?.version, cart?.lines.length, cart?.next_seq], ['open', 1, 1, 2])
    assert.equal(cart?.lines[0]?.seen_e4, 9_999_999_999_999_999n)
    const { rows } = await database.db.query('select type from event where object_id = $1', [id])
    assert.deepEqual(rows, [{ type: 'cart.created' }])
  })

  it('becomes the first of two orders in one call, and the second learns which', async () => {
    const id = await make()
    const rows = [order(0, id), order(1, id), order(2, newId('crt'))]
    const answers = await lockForOrder(database.db, rows)
    assert.deepEqual(
      answers.map(({ outcome, order_id, version }) => [outcome, order_id, version]),
      [
        ['ok', rows[0]?.order_id, 2],
        ['known', rows[0]?.order_id, 2],
        ['not_found', null, null],
      ],
    )
    const [later] = await lockForOrder(database.db, [order(0, id, 2)])
    assert.deepEqual([later?.outcome, later?.order_id], ['known', rows[0]?.order_id])
  })

  it('tells a changed version and a cart that has expired apart', async () => {
    const id = await make()
    const [changed] = await lockForOrder(database.db, [order(0, id, 7)])
    assert.deepEqual([changed?.outcome, changed?.version], ['version_conflict', 1])
    const [expired] = await lockForOrder(database.db, [order(0, id, 1, 1000)])
    assert.equal(expired?.outcome, 'closed')
  })

  it('becomes one order of twenty that race', async () => {
    const id = await make()
    const tries = await Promise.all(
      Array.from({ length: 20 }, (_, n) => transact(database.db, (tx) => lockForOrder(tx, [order(n, id)]))),
    )
    const answers = tries.flat()
    assert.equal(answers.filter(({ outcome }) => outcome === 'ok').length, 1)
    assert.equal(new Set(answers.map(({ order_id }) => order_id)).size, 1, 'all name the same order')
  })

  it('gives the order placement an event to append', async () => {
    const id = await make()
    const { order_id, ...rest } = order(0, id)
    const { rows } = await database.db.query<{ event: string }>(
      `select (event).type, (event).object_version as version, (event).data ->> 'order_id' as order_id
       from cart_lock_for_order((select array_agg(r) from json_populate_recordset(null::cart_order_row, $1) r))`,
      [JSON.stringify([{ ...rest, order_id }])],
    )
    assert.deepEqual(rows, [{ type: 'cart.converted', version: 2, order_id }])
  })
})
