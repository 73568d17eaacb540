// Tier T3 for stock: for each statement that guards what is there, the real functions on several connections, one statement at a
// time, in orders drawn from a seed. That the harness finds wrong guards is shown in interleaving.test.ts.
// ONETILL_INTERLEAVINGS makes it longer, ONETILL_INTERLEAVING_SEED chooses the orders.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Tx, transact } from '../../server/db/pool.ts'
import { Problem } from '../../server/lib/problem.ts'
import { adjust } from '../../server/stock/adjust.ts'
import { countLines, openCount, submitCount } from '../../server/stock/count.ts'
import {
  cancelTransfer,
  consumeReservations,
  createTransfer,
  lockLevels,
  move,
  receiveTransfer,
  releaseReservations,
  reserve,
  type StockDeps,
  sellFromShelf,
  shipTransfer,
} from '../../server/stock/index.ts'
import { STOCK_CHECKS } from '../../server/verify/stock-checks.ts'
import { type MerchantApp, merchantApp } from '../merchant-app.ts'
import { seededRandom } from '../world-luck.ts'
import { type Actor, openSessions, type Sessions, scheduledDb } from './scheduler.ts'

const SEED = Number(process.env['ONETILL_INTERLEAVING_SEED'] ?? 1)
const ROUNDS = Number(process.env['ONETILL_INTERLEAVINGS'] ?? 12)

let world: MerchantApp
let deps: StockDeps
let sessions: Sessions
let merchant: string
let [here, there]: string[] = []
let count = 0

before(async () => {
  world = await merchantApp()
  deps = { ...world.deps, clock: world.clock, merchantCache: world.cache }
  sessions = await openSessions(world.database.url, 3)
  const stores = (['one', 'two'] as const).map(
    (name) => ({ name, country: 'NL', currency: 'EUR', kind: 'shop', registers: 0 }) as const,
  )
  const made = await world.makeMerchant({ stores })
  merchant = made.merchant_id
  ;[here, there] = made.stores.map(({ id }) => id)
})
after(async () => {
  await sessions.close()
  await world.close()
  process.stdout.write(`\nstock interleavings: seed ${SEED}, ${count}\n`)
})

const at = () => world.clock.now()
const units = (variant_id: string, quantity: bigint, store_id = here as string) => ({ variant_id, store_id, quantity })

/** A new article of which there are five. */
async function five(...stores: string[]): Promise<string> {
  const id = deps.newId('var')
  const rows = (stores.length > 0 ? stores : [here as string]).map((store) => ({
    ...{ ...units(id, 5n, store), kind: 'receive' as const, reason: 'received' },
  }))
  await transact(deps.db, (tx) => move(deps, tx, merchant, rows, { at: at() }))
  return id
}

/** On hand and reserved. */
async function level(variant: string, store = here as string): Promise<[number, number]> {
  const { rows } = await deps.db.query<{ on_hand: bigint; reserved: bigint }>(
    'select on_hand, reserved from stock_level where merchant_id = $1 and variant_id = $2 and store_id = $3',
    [merchant, variant, store],
  )
  return [Number(rows[0]?.on_hand ?? 0n), Number(rows[0]?.reserved ?? 0n)]
}

type Outcomes = string[]

/** An actor that does one thing in a transaction of its own, and notes `done` or why not. */
function doing(outcomes: Outcomes, work: (tx: Tx) => Promise<unknown>): Actor {
  return noting(outcomes, (own) => transact(own.db, work))
}

/** The same for what makes its own transaction. */
function noting(outcomes: Outcomes, work: (own: StockDeps) => Promise<unknown>): Actor {
  return async (run) => {
    try {
      const short = await work({ ...deps, db: scheduledDb(run) })
      outcomes.push(Array.isArray(short) && short.length > 0 ? 'out-of-stock' : 'done')
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      outcomes.push(error.code)
    }
  }
}

const reserving = (ref: string, lines: ReturnType<typeof units>[]) => (tx: Tx) =>
  reserve(tx, merchant, { ref, kind: 'order', lines, at: at() })

/** Plays one guard's race in ROUNDS orders. `set` prepares and returns the actors and what must be true after. */
function race(
  title: string,
  set: (outcomes: Outcomes) => Promise<{ actors: Actor[]; check(order: string): void | Promise<void> }>,
): void {
  test(title, async () => {
    for (let round = 1; round <= ROUNDS; round++) {
      const outcomes: Outcomes = []
      const { actors, check } = await set(outcomes)
      world.clock.advance(1000)
      const order = await sessions.interleave(seededRandom(SEED * 1_000_003 + round), actors)
      count++
      await check(`in the order ${order}: ${outcomes}`)
      for (const { holds, sql } of STOCK_CHECKS)
        assert.deepEqual((await deps.db.query(sql)).rows, [], `${holds}, ${order}`)
    }
  })
}

const done = (outcomes: Outcomes) => outcomes.filter((one) => one === 'done').length

race('of three who want three of five one gets them', async (outcomes) => {
  const article = await five()
  return {
    actors: [1, 2, 3].map((n) => doing(outcomes, reserving(`${article} ${n}`, [units(article, 3n)]))),
    async check(order) {
      assert.equal(done(outcomes), 1, order)
      assert.deepEqual(await level(article), [5, 3], order)
    },
  }
})

race('an order, a write-off and a transfer of three of five: one gets them', async (outcomes) => {
  const article = await five()
  const lines = [{ variant_id: article, quantity: 3n }]
  return {
    actors: [
      doing(outcomes, reserving(article, [units(article, 3n)])),
      noting(outcomes, (own) =>
        adjust(own, merchant, {
          ...{ storeId: here as string, lines: [{ ...lines[0], reason: 'lost' } as never], actor: 'key' },
        }),
      ),
      doing(outcomes, (tx) =>
        createTransfer(deps, tx, merchant, {
          fromStoreId: here as string,
          toStoreId: there as string,
          lines,
          at: at(),
        }),
      ),
    ],
    async check(order) {
      assert.equal(done(outcomes), 1, order)
      const [onHand, reserved] = await level(article)
      assert.equal(onHand - reserved, 2, order)
    },
  }
})

race('what was promised once leaves once, or is given back', async (outcomes) => {
  const article = await five()
  await transact(deps.db, reserving(article, [units(article, 3n)]))
  const about = { ref: article, movement: 'sale' as const, about: 'o', reason: 'sold', lines: [units(article, 3n)] }
  const committing = (tx: Tx) => consumeReservations(deps, tx, merchant, { ...about, at: at() })
  const given: Outcomes = []
  return {
    actors: [
      doing(outcomes, committing),
      doing(outcomes, committing),
      doing(given, (tx) => releaseReservations(tx, merchant, [article])),
    ],
    async check(order) {
      assert.ok(done(outcomes) <= 1, order)
      assert.deepEqual(await level(article), [done(outcomes) === 1 ? 2 : 5, 0], order)
    },
  }
})

race('sets in opposite order never wait for each other', async (outcomes) => {
  const [one, two] = [await five(), await five()]
  const set = [units(one, 2n), units(two, 2n)]
  return {
    actors: [set, [...set].reverse(), set].map((lines, n) => doing(outcomes, reserving(`${one} ${n}`, lines))),
    async check(order) {
      assert.equal(done(outcomes), 2, order)
      assert.deepEqual(
        [await level(one), await level(two)],
        [
          [5, 4],
          [5, 4],
        ],
        order,
      )
    },
  }
})

async function transferOf(article: string, from: string, to: string, quantity = 3n): Promise<string> {
  const lines = [{ variant_id: article, quantity }]
  const input = { fromStoreId: from, toStoreId: to, lines, at: at() }
  return (await transact(deps.db, (tx) => createTransfer(deps, tx, merchant, input))).id
}

race('transfers in opposite directions leave at once, and a third is cancelled', async (outcomes) => {
  const [a, b] = [here as string, there as string]
  const article = await five(a, b)
  const ids = [
    await transferOf(article, a, b, 2n),
    await transferOf(article, b, a, 2n),
    await transferOf(article, a, b),
  ]
  return {
    actors: [
      ...ids.slice(0, 2).map((id) => doing(outcomes, (tx) => shipTransfer(deps, tx, merchant, { id, at: at() }))),
      doing(outcomes, (tx) => cancelTransfer(deps, tx, merchant, { id: ids[2] as string, at: at() })),
    ],
    async check(order) {
      assert.equal(done(outcomes), 3, order)
      assert.deepEqual(
        [await level(article, a), await level(article, b)],
        [
          [3, 0],
          [3, 0],
        ],
        order,
      )
    },
  }
})

race('a transfer that two ship and one cancels leaves once, or not at all', async (outcomes) => {
  const article = await five()
  const id = await transferOf(article, here as string, there as string)
  const cancelled: Outcomes = []
  return {
    actors: [1, 2]
      .map(() => doing(outcomes, (tx) => shipTransfer(deps, tx, merchant, { id, at: at() })))
      .concat(doing(cancelled, (tx) => cancelTransfer(deps, tx, merchant, { id, at: at() }))),
    async check(order) {
      assert.ok(done(outcomes) <= 1, order)
      assert.equal(done(cancelled), 1, order)
      assert.deepEqual(await level(article), done(outcomes) === 1 ? [2, 0] : [5, 0], order)
    },
  }
})

race('a receipt that is sent twice is written once, while somebody calls the rest back', async (outcomes) => {
  const article = await five()
  const id = await transferOf(article, here as string, there as string)
  await transact(deps.db, (tx) => shipTransfer(deps, tx, merchant, { id, at: at() }))
  const arrivals = [{ variant_id: article, received: 1n, damaged: 0n }]
  const receiving = (tx: Tx) =>
    receiveTransfer(deps, tx, merchant, { id, arrivals, isFinal: false, reference: 'box', at: at() })
  return {
    actors: [
      doing(outcomes, receiving),
      doing(outcomes, receiving),
      doing([], (tx) => cancelTransfer(deps, tx, merchant, { id, at: at() })),
    ],
    async check(order) {
      assert.equal(done(outcomes), 2, order)
      const [[back], [arrived]] = [await level(article), await level(article, there)]
      assert.equal(back - 2 + arrived, 1, order)
    },
  }
})

race(
  'what is sold while two counts of one shelf are handed in stays sold, and the shelf is corrected once',
  async (outcomes) => {
    const article = await five()
    const counts: string[] = []
    for (const name of ['one', 'two']) {
      world.clock.advance(1000)
      const { id } = await openCount(deps, merchant, { storeId: here as string, name })
      await countLines(deps, merchant, { id, lines: [{ variant_id: article, counted: 4n }] })
      counts.push(id)
    }
    return {
      actors: [
        ...counts.map((id) =>
          noting(outcomes, (own) => submitCount(own, merchant, { id, ifVersion: undefined, actor: 'key' })),
        ),
        doing(outcomes, (tx) => sellFromShelf(deps, tx, merchant, { lines: [units(article, 1n)], at: at() })),
      ],
      async check(order) {
        assert.equal(done(outcomes), 3, order)
        assert.deepEqual(await level(article), [3, 0], order)
      },
    }
  },
)

race(
  'goods fetched from several stores are locked together: who fetches them the other way round waits, and gets the rest',
  async (outcomes) => {
    const [a, b] = [here as string, there as string]
    const [one, two] = [await five(a), await five(b)]
    const parts = [units(one, 2n, a), units(two, 2n, b)]
    const fetching = (lines: typeof parts, name: number) => async (tx: Tx) => {
      await lockLevels(tx, merchant, lines)
      for (const line of lines) {
        const to = line.store_id === a ? b : a
        await createTransfer(deps, tx, merchant, {
          ...{ fromStoreId: line.store_id, toStoreId: to, lines: [line], reference: `order ${name}`, at: at() },
        })
      }
    }
    return {
      actors: [parts, [...parts].reverse(), parts].map((lines, n) => doing(outcomes, fetching(lines, n))),
      async check(order) {
        assert.deepEqual([done(outcomes), await level(one, a), await level(two, b)], [2, [5, 4], [5, 4]], order)
      },
    }
  },
)
