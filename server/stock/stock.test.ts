// Levels follow facts, promises never exceed what is there, and whoever races, the sums are right.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { openPool, type Tx, transact } from '../db/pool.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import {
  consumeReservations,
  type HandOn,
  handOnReservations,
  move,
  receiveBack,
  releaseReservations,
  releaseUnits,
  reserve,
  sellFromShelf,
} from './index.ts'

const newId = createIds(systemClock)
const deps = { newId }
const merchant = newId('mer')
const at = new Date('2026-11-26T09:00:00Z')
let database: TestDatabase
let store: string
let kettle: string
let lamp: string

before(async () => {
  database = await testDatabase()
})
after(() => database.close())
beforeEach(async () => {
  store = newId('sto')
  kettle = newId('var')
  lamp = newId('var')
  await receive(kettle, 5n)
  await receive(lamp, 5n)
})

const inTx = <T>(work: (tx: Tx) => Promise<T>) => transact(database.db, work)
const units = (variant_id: string, quantity: bigint) => ({ variant_id, store_id: store, quantity })

function receive(variant: string, quantity: bigint): Promise<void> {
  return inTx((tx) =>
    move(deps, tx, merchant, [{ ...units(variant, quantity), kind: 'receive', reason: 'delivery' }], { at }),
  )
}

const take = (ref: string, lines: ReturnType<typeof units>[], more: object = {}) =>
  inTx((tx) => reserve(tx, merchant, { ref, kind: 'order', lines, at, ...more }))

async function level(variant: string): Promise<Record<string, bigint>> {
  const { rows } = await database.db.query<Record<string, bigint>>(
    `select on_hand, reserved, damaged, quality, hold, oversold from stock_level
     where merchant_id = $1 and variant_id = $2 and store_id = $3`,
    [merchant, variant, store],
  )
  return rows[0] ?? {}
}

async function openTasks(): Promise<number> {
  const { rows } = await database.db.query('select from stock_task where store_id = $1 and closed_at is null', [store])
  return rows.length
}

const refused = (error: unknown) => error instanceof Problem && error.code === 'quantity-exceeds-available'

describe('a reservation', () => {
  it('is for the whole set or for nothing, and says what is short', async () => {
    assert.deepEqual(await take('a', [units(kettle, 3n), units(lamp, 2n)]), [])
    const short = await take('b', [units(kettle, 3n), units(lamp, 2n)])
    assert.deepEqual(short, [{ variant_id: kettle, store_id: store, available: 2n }])
    assert.deepEqual([(await level(kettle))['reserved'], (await level(lamp))['reserved']], [3n, 2n])
  })

  it('counts two lines of one article together', async () => {
    const short = await take('a', [units(kettle, 3n), units(kettle, 3n)])
    assert.equal(short.length, 1)
    assert.equal((await level(kettle))['reserved'], 0n)
  })

  it('leaves the stock as a sale: on hand 5, allocated 3, sold: 2 and 0', async () => {
    await take('a', [units(kettle, 3n)])
    await inTx((tx) =>
      consumeReservations(deps, tx, merchant, {
        ...{ ref: 'a', lines: [units(kettle, 3n)], movement: 'sale', about: 'ord', reason: 'collected', at },
      }),
    )
    const { on_hand, reserved } = await level(kettle)
    assert.deepEqual([on_hand, reserved], [2n, 0n])
  })

  it('is given back in part or whole, and again without harm', async () => {
    await take('a', [units(kettle, 3n)])
    await releaseUnits(database.db, merchant, { ref: 'a', lines: [units(kettle, 1n)] })
    assert.equal((await level(kettle))['reserved'], 2n)
    await releaseReservations(database.db, merchant, ['a', 'nobody'])
    await releaseReservations(database.db, merchant, ['a'])
    assert.equal((await level(kettle))['reserved'], 0n)
  })

  it('cannot be used up beyond what it holds', async () => {
    await take('a', [units(kettle, 1n)])
    const consume = (quantity: bigint) =>
      inTx((tx) =>
        consumeReservations(deps, tx, merchant, {
          ...{ ref: 'a', lines: [units(kettle, quantity)], movement: 'sale', about: 'ord', reason: 'sold', at },
        }),
      )
    await assert.rejects(consume(2n), refused)
    await consume(1n)
    await assert.rejects(consume(1n), refused)
  })

  describe('handed on', () => {
    const handOn = (...given: HandOn[]) => inTx((tx) => handOnReservations(tx, merchant, given, at))
    const promised = async () => {
      const { rows } = await database.db.query<{ ref: string; quantity: bigint }>(
        `select ref, sum(quantity)::bigint as quantity from stock_reservation where store_id = $1 and quantity > 0 group by 1 order by 1`,
        [store],
      )
      return rows.map(({ ref, quantity }) => `${ref} ${quantity}`)
    }

    it('whole stays promised without waiting for anybody who holds the level', async () => {
      await take('a', [units(kettle, 3n), units(lamp, 1n)])
      await transact(database.db, async (other) => {
        await other.query('select from stock_level where store_id = $1 for update', [store])
        await handOn({ ref: 'a', to_ref: 'b', lines: [units(kettle, 1n), units(kettle, 2n), units(lamp, 1n)] })
      })
      assert.deepEqual(await promised(), ['b 4'])
      assert.deepEqual([(await level(kettle))['reserved'], (await level(lamp))['reserved']], [3n, 1n])
    })

    it('in parts is divided, however many take of it at once', async () => {
      await take('a', [units(kettle, 5n)])
      const lines = [units(kettle, 2n)]
      await handOn({ ref: 'a', to_ref: 'b', lines }, { ref: 'a', to_ref: 'c', lines })
      assert.deepEqual(await promised(), ['a 1', 'b 2', 'c 2'])
      assert.equal((await level(kettle))['reserved'], 5n)
    })

    it('beyond what was promised is owed, with a task', async () => {
      await take('a', [units(kettle, 4n)])
      await handOn({ ref: 'a', to_ref: 'b', lines: [units(kettle, 6n)] })
      assert.deepEqual(await promised(), ['b 6'])
      const { reserved, oversold } = await level(kettle)
      assert.deepEqual([reserved, oversold, await openTasks()], [6n, 1n, 1])
    })
  })

  it('respects what is kept back from its channel, and from that one only', async () => {
    await database.db.query('insert into stock_safety values ($1, $2, $3, $4, 3)', [merchant, store, '', 'web'])
    assert.equal((await take('a', [units(kettle, 3n)], { channel: 'web' })).length, 1)
    assert.equal((await take('b', [units(kettle, 3n)], { channel: 'pos' })).length, 0)
  })

  it('beyond the stock is refused by the database whoever writes it', async () => {
    const direct = database.db.query(
      `insert into stock_reservation (merchant_id, ref, variant_id, store_id, kind, is_forced, quantity, created_at)
       values ($1, 'direct', $2, $3, 'order', false, 6, $4)`,
      [merchant, kettle, store, at],
    )
    await assert.rejects(direct, /promised_is_there/)
    await assert.rejects(
      database.db.query('update stock_level set reserved = 6 where variant_id = $1', [kettle]),
      /promised_is_there/,
    )
  })
})

describe('what happens on the shop floor', () => {
  it('is true: a till sells what the stock does not know of, and one task is opened', async () => {
    await take('online', [units(kettle, 5n)])
    for (let i = 0; i < 2; i++)
      await inTx((tx) => sellFromShelf(deps, tx, merchant, { lines: [units(kettle, 1n)], at, ref: `sale ${i}` }))
    assert.deepEqual(await level(kettle), {
      ...{ on_hand: 3n, reserved: 5n, damaged: 0n, quality: 0n, hold: 0n, oversold: 2n },
    })
    assert.equal(await openTasks(), 1)
    assert.equal((await take('next', [units(kettle, 1n)])).length, 1, 'nobody is promised more')
    await receive(kettle, 2n)
    assert.equal((await level(kettle))['oversold'], 0n)
  })

  it('taken along at the till is never refused, and online gets what is left', async () => {
    assert.deepEqual(await take('till', [units(kettle, 7n)], { isForced: true }), [])
    assert.equal((await level(kettle))['oversold'], 2n)
    assert.equal(await openTasks(), 1)
    assert.equal((await take('web', [units(kettle, 1n)])).length, 1)
  })

  it('is never refused where something was promised under the same reference before', async () => {
    assert.deepEqual(await take('order', [units(kettle, 4n)]), [])
    assert.deepEqual(await take('order', [units(kettle, 4n)], { isForced: true }), [])
    assert.equal((await level(kettle))['oversold'], 3n)
    assert.equal(await openTasks(), 1)
  })

  it('never makes an adjustment fall below nothing', async () => {
    const down = (quantity: bigint) =>
      inTx((tx) => move(deps, tx, merchant, [{ ...units(kettle, quantity), kind: 'adjust', reason: 'lost' }], { at }))
    await assert.rejects(down(-6n), refused)
    await down(-5n)
    assert.equal((await level(kettle))['on_hand'], 0n)
  })

  it('takes returns back by their condition, into a store that never had the article too', async () => {
    const mug = newId('var')
    await inTx((tx) =>
      receiveBack(deps, tx, merchant, {
        lines: [
          { ...units(mug, 1n), disposition: 'restock' },
          { ...units(mug, 1n), disposition: 'damaged' },
          { ...units(mug, 1n), disposition: 'vendor' },
          { ...units(mug, 1n), disposition: 'discard' },
        ],
        ref: 'rtn',
        at,
      }),
    )
    const { on_hand, damaged, hold } = await level(mug)
    assert.deepEqual([on_hand, damaged, hold], [3n, 1n, 1n])
    assert.equal((await take('a', [units(mug, 2n)])).length, 1, 'only the good one is for sale')
  })
})

describe('races over real connections', () => {
  it('500 buyers of one unit: one has it', async () => {
    const pools = Array.from({ length: 4 }, () => openPool(database.url, { max: 5 }))
    await inTx((tx) => move(deps, tx, merchant, [{ ...units(kettle, -4n), kind: 'adjust', reason: 'lost' }], { at }))
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        transact(pools[i % 4] as (typeof pools)[number], (tx) =>
          reserve(tx, merchant, { ref: `buyer ${i}`, kind: 'order', lines: [units(kettle, 1n)], at }),
        ),
      ),
    )
    assert.equal(answers.filter((short) => short.length === 0).length, 1)
    await Promise.all(pools.map((pool) => pool.end()))
  })

  it('sets in opposite order never wait for each other', async () => {
    await receive(kettle, 200n)
    await receive(lamp, 200n)
    await Promise.all(
      Array.from({ length: 60 }, (_, i) => {
        const pair = [units(kettle, 1n), units(lamp, 1n)]
        return take(`pair ${i}`, i % 2 === 0 ? pair : pair.reverse())
      }),
    )
    assert.deepEqual([(await level(kettle))['reserved'], (await level(lamp))['reserved']], [60n, 60n])
  })

  it('reserving, giving back, selling and counting down at once keep the sums', async () => {
    await receive(kettle, 45n)
    await Promise.allSettled(
      Array.from({ length: 100 }, async (_, i) => {
        await take(`r${i}`, [units(kettle, 1n)])
        if (i % 3 === 0) await releaseReservations(database.db, merchant, [`r${i}`])
        if (i % 3 === 1)
          await inTx((tx) =>
            consumeReservations(deps, tx, merchant, {
              ...{ ref: `r${i}`, lines: [units(kettle, 1n)], movement: 'sale', about: 'o', reason: 'sold', at },
            }),
          )
        if (i % 7 === 0)
          await inTx((tx) =>
            move(deps, tx, merchant, [{ ...units(kettle, -1n), kind: 'adjust', reason: 'lost' }], { at }),
          )
      }),
    )
    const { rows } = await database.db.query<{ reserved: bigint; moved: bigint }>(
      `select (select coalesce(sum(quantity), 0)::bigint from stock_reservation where variant_id = $1) as reserved,
              (select sum(quantity)::bigint from stock_movement where variant_id = $1) as moved`,
      [kettle],
    )
    const now = await level(kettle)
    assert.deepEqual([now['reserved'], now['on_hand']], [rows[0]?.reserved, rows[0]?.moved])
    assert.ok((now['on_hand'] ?? 0n) >= (now['reserved'] ?? 0n))
  })
})
