// Tier T3 for goods that are brought from store to store: rerouting, following and cancelling on several connections, one statement
// at a time, in orders drawn from a seed. Each takes stock of two stores or of two orders: whoever took the locks one by one would
// wait here for somebody who waits for them, and PostgreSQL would end one of the two. ONETILL_INTERLEAVINGS makes it longer,
// ONETILL_INTERLEAVING_SEED chooses the orders.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Db, type Tx, transact } from '../../server/db/pool.ts'
import type { FulfilmentDeps } from '../../server/fulfilments/deps.ts'
import { cancelFulfilment } from '../../server/fulfilments/drop.ts'
import { follow } from '../../server/fulfilments/follow-orders.ts'
import { reroute } from '../../server/fulfilments/reroute.ts'
import { Problem } from '../../server/lib/problem.ts'
import { receiveTransfer, reserve, shipTransfer } from '../../server/stock/index.ts'
import { FULFILMENT_CHECKS } from '../../server/verify/fulfilments-checks.ts'
import { STOCK_CHECKS } from '../../server/verify/stock-checks.ts'
import { CARDS, openShop, type Shop } from '../scenarios/shop.ts'
import { type TransferShop, transferShop } from '../scenarios/transfer-shop.ts'
import { type Random, seededRandom } from '../world-luck.ts'
import { type Actor, openSessions, type Sessions, scheduledDb } from './scheduler.ts'

const SEED = Number(process.env['ONETILL_INTERLEAVING_SEED'] ?? 1)
const ROUNDS = Number(process.env['ONETILL_INTERLEAVINGS'] ?? 8)

let shop: Shop
let at: TransferShop
let sessions: Sessions
let articles = 0
before(async () => {
  shop = await openShop()
  at = transferShop(shop)
  await at.openCounter()
  sessions = await openSessions(shop.database.url, 3)
})
after(async () => {
  await sessions.close()
  await shop.close()
})

const merchant = () => shop.keys.merchant_id

/** What fulfilments need, on this database; what follows is done by the race itself. */
function depsOn(db: Db): FulfilmentDeps {
  const deps = { ...shop.payments, db }
  const catchUp = async () => {}
  return {
    ...deps,
    orders: { ...deps, payments: deps },
    payments: deps,
    consumer: { catchUp },
  } as unknown as FulfilmentDeps
}

type Outcomes = string[]

/** An actor that does one thing, and notes `done` or why not. */
function doing(outcomes: Outcomes, work: (deps: FulfilmentDeps) => Promise<unknown>): Actor {
  return async (run) => {
    try {
      const short = await work(depsOn(scheduledDb(run)))
      outcomes.push(Array.isArray(short) && short.length > 0 ? 'out-of-stock' : 'done')
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      outcomes.push(error.code)
    }
  }
}
const within = (work: (tx: Tx, deps: FulfilmentDeps) => Promise<unknown>) => (deps: FulfilmentDeps) =>
  transact(deps.db, (tx) => work(tx, deps))

const seeded = (round: number): Random => seededRandom(SEED * 1_000_003 + round)
/** No luck at all: in each round the second comes, with its first two statements, one statement of the first later. */
const EVERYWHERE = {
  rounds: 14,
  of(round: number): Random {
    let turn = 0
    return () => (turn++ < round || turn > round + 2 ? 0 : 0.99)
  },
}

function race(
  title: string,
  set: (outcomes: Outcomes) => Promise<{ actors: Actor[]; check(order: string): Promise<void> }>,
  luck: { rounds: number; of(round: number): Random } = { rounds: ROUNDS, of: seeded },
): void {
  test(title, async () => {
    for (let round = 1; round <= luck.rounds; round++) {
      const outcomes: Outcomes = []
      const { actors, check } = await set(outcomes)
      shop.clock.advance(1000)
      const order = await sessions.interleave(luck.of(round), actors)
      await check(`in the order ${order}: ${outcomes}`)
      for (const { holds, sql } of [...STOCK_CHECKS, ...FULFILMENT_CHECKS])
        assert.deepEqual((await shop.database.db.query(sql)).rows, [], `${holds}, ${order}`)
    }
  })
}

/** A new article, with so many in the till's store and in the web shop's. */
async function article(name: string, till: bigint, web: bigint): Promise<void> {
  await at.sells(name, '30.00', { track: 'quantity', sku: `RACE-${++articles}` })
  if (till > 0n) await at.receive(name, at.till, till)
  if (web > 0n) await at.receive(name, at.web, web)
}
const line = (name: string, mode: string, store_id?: string) => ({
  ...{ variant_id: at.variant(name), quantity: 1 },
  fulfilment: { mode, ...(store_id === undefined ? {} : { store_id }) },
})
async function paidFor(lines: object[], more: object = {}) {
  const order = await at.ordered({ lines, ...more })
  assert.equal((await at.pay(order)).status, 201)
  return order
}
const units = (name: string, store_id: string) => ({ variant_id: at.variant(name), store_id, quantity: 1n })
const by = { by: 'key', ifVersion: undefined }

race('two are sent on to each other’s store at once, and a third wants both shelves', async (outcomes) => {
  await article('lamp', 5n, 5n)
  const here = await paidFor([line('lamp', 'collect', at.till)])
  const there = await paidFor([line('lamp', 'collect', at.web)])
  const [f] = await at.fulfilments(here.id)
  const [g] = await at.fulfilments(there.id)
  const send = (id: string | undefined, store_id: string) =>
    doing(outcomes, (deps) => reroute(deps, merchant(), { id: id as string, store_id, ...by }))
  const lines = [units('lamp', at.web), units('lamp', at.till)]
  const ref = `third ${articles}`
  return {
    actors: [
      send(f?.id, at.web),
      send(g?.id, at.till),
      doing(
        outcomes,
        within((tx, { clock }) => reserve(tx, merchant(), { ref, kind: 'order', lines, at: clock.now() })),
      ),
    ],
    async check(order) {
      assert.deepEqual(outcomes, ['done', 'done', 'done'], order)
      assert.deepEqual(
        await at.shelves(),
        [
          [5, 2],
          [5, 2],
        ],
        order,
      )
    },
  }
})

/** To be collected in the till's store, where the last article has to be brought; on a kept card, so nothing is refunded. */
async function brought(...lines: object[]) {
  const token = await shop.api.token(CARDS.approved)
  const order = await at.ordered({ lines }, { charge: 'on_collection', token })
  const all = await at.fulfilments(order.id)
  const waiting = all.find(({ transfer_id }) => transfer_id !== null)
  const here = all.find(({ transfer_id }) => transfer_id === null)
  return { order, id: waiting?.id as string, transfer: waiting?.transfer_id as string, here: here?.id as string }
}
/** Its goods leave, and arrive where they are collected; nobody has followed that yet. */
async function comes({ transfer }: { transfer: string }, name: string): Promise<void> {
  await at.moveTransfer(transfer, 'ship')
  await at.moveTransfer(transfer, 'receive', { lines: [{ variant_id: at.variant(name), received: 1 }], final: true })
}
const following = (...of: { id: string; order: { id: string } }[]) =>
  within((tx, deps) =>
    follow(deps, tx, merchant(), {
      ...{ changed: [], charging: [], reversed: [], arrived: of.map(({ id, order }) => ({ id, order_id: order.id })) },
    }),
  )

race('goods of two orders arrive while one of these gives up what it has on the other’s shelf', async (outcomes) => {
  await article('lamp', 0n, 1n)
  await article('shade', 0n, 1n)
  const first = await brought(line('lamp', 'collect', at.till))
  await at.receive('lamp', at.till, 1n)
  const second = await brought(line('lamp', 'collect', at.till), line('shade', 'collect', at.till))
  await comes(first, 'lamp')
  await comes(second, 'shade')
  return {
    actors: [
      doing(outcomes, following(first, second)),
      doing(outcomes, (deps) => cancelFulfilment(deps, merchant(), { id: second.here, reason: 'late', ...by })),
    ],
    async check(order) {
      assert.deepEqual(outcomes, ['done', 'done'], order)
      assert.deepEqual(
        [await at.level('lamp', at.till), await at.level('shade', at.till)],
        [
          [2, 1],
          [1, 1],
        ],
        order,
      )
    },
  }
})

race(
  'what is taken along leaves and promises go over in one order of locks, while somebody wants both shelves',
  async (outcomes) => {
    const free = { prices: [{ currency: 'EUR', unit_price: '0.00' }] }
    const [one, two] = ['lamp', 'shade']
    for (const name of [one, two]) {
      await at.sells(name, '0.00', { track: 'quantity', sku: `RACE-${++articles}`, ...free })
      await at.receive(name, at.till, 5n)
    }
    const atTill = { channel: 'pos', store_id: at.till, register_id: shop.till }
    // Nothing to pay, so confirmed at once; and nothing has read it since. Two ways out of one shelf cannot go over whole.
    const gone = await at.ordered({ ...atTill, lines: [line(two, 'take_away', at.till)] })
    const kept = await at.ordered({
      lines: [{ ...line(one, 'collect', at.web), note: 'brought' }, line(one, 'ship', at.till)],
    })
    const lines = [units(one, at.till), units(two, at.till)]
    const ref = `third ${articles}`
    return {
      actors: [
        doing(
          outcomes,
          within((tx, deps) =>
            follow(deps, tx, merchant(), { changed: [gone.id, kept.id], charging: [], reversed: [], arrived: [] }),
          ),
        ),
        doing(
          outcomes,
          within((tx, { clock }) => reserve(tx, merchant(), { ref, kind: 'order', lines, at: clock.now() })),
        ),
      ],
      async check(order) {
        assert.deepEqual(outcomes, ['done', 'done'], order)
        assert.deepEqual(
          [await at.level(one, at.till), await at.level(two, at.till)],
          [
            [5, 3],
            [4, 1],
          ],
          order,
        )
        assert.deepEqual(
          await at.waits(kept.id),
          [
            ['pending', 1, null],
            ['pending', 1, 'draft'],
          ],
          order,
        )
      },
    }
  },
  EVERYWHERE,
)

race(
  'what arrives for somebody is theirs at once: whoever wants to buy it there comes too late or too early',
  async (outcomes) => {
    await article('lamp', 0n, 1n)
    const waiting = await brought(line('lamp', 'collect', at.till))
    await at.moveTransfer(waiting.transfer, 'ship')
    const bought: Outcomes = []
    const arrivals = [{ variant_id: at.variant('lamp'), received: 1n, damaged: 0n }]
    const ref = `buyer ${articles}`
    return {
      actors: [
        doing(
          outcomes,
          within((tx, deps) =>
            receiveTransfer(deps, tx, merchant(), {
              ...{ id: waiting.transfer, arrivals, isFinal: true, at: deps.clock.now() },
            }),
          ),
        ),
        doing(
          bought,
          within((tx, { clock }) =>
            reserve(tx, merchant(), { ref, kind: 'order', lines: [units('lamp', at.till)], at: clock.now() }),
          ),
        ),
        doing(outcomes, following(waiting)),
      ],
      async check(order) {
        assert.deepEqual([outcomes, bought], [['done', 'done'], ['out-of-stock']], order)
        assert.deepEqual(await at.level('lamp', at.till), [1, 1], order)
        assert.deepEqual(await at.waits(waiting.order.id), [['pending', 1, null]], order)
      },
    }
  },
)

race('given up while it is sent: it stays where it is, or leaves and arrives as free stock', async (outcomes) => {
  await article('lamp', 0n, 2n)
  const waiting = await brought(line('lamp', 'collect', at.till))
  const sent: Outcomes = []
  return {
    actors: [
      doing(outcomes, (deps) => cancelFulfilment(deps, merchant(), { id: waiting.id, reason: 'late', ...by })),
      doing(
        sent,
        within((tx, deps) => shipTransfer(deps, tx, merchant(), { id: waiting.transfer, at: deps.clock.now() })),
      ),
    ],
    async check(order) {
      assert.deepEqual(outcomes, ['done'], order)
      if (sent[0] === 'done') {
        const lines = [{ variant_id: at.variant('lamp'), received: 1 }]
        await at.moveTransfer(waiting.transfer, 'receive', { lines, final: true })
      } else assert.deepEqual(sent, ['invalid-state'], order)
      assert.deepEqual(
        await at.shelves(),
        sent[0] === 'done'
          ? [
              [1, 0],
              [1, 0],
            ]
          : [
              [0, 0],
              [2, 0],
            ],
        order,
      )
    },
  }
})
