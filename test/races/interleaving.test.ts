// Tier T3: for each statement that guards money, the real program on several connections, one statement at a time, in orders
// drawn from a seed. First the harness is shown to find two well-known wrong guards, or its silence would mean nothing.
// ONETILL_INTERLEAVINGS makes it longer, ONETILL_INTERLEAVING_SEED chooses the orders.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { addTender, applyInbound, cancel, capture, pay, refund } from '../../server/payments/index.ts'
import { type Arena, type Command, openArena, type Round, raceIn, sorted } from './arena.ts'
import type { Actor, Statement } from './scheduler.ts'

const SEED = Number(process.env['ONETILL_INTERLEAVING_SEED'] ?? 1)
/** Orders tried per guard; three actors of some ten statements each meet in a few dozen different ways that matter. */
const ROUNDS = Number(process.env['ONETILL_INTERLEAVINGS'] ?? 12)
/** A wrong guard is found in the first few orders; this many without finding it means that the harness is blind. */
const PLANTED_ROUNDS = 50

let arena: Arena

before(async () => {
  arena = await openArena({ seed: SEED, actors: 4 })
  const admin = new pg.Client({ connectionString: arena.world.database.adminUrl })
  await admin.connect()
  await admin.query(
    'create table purse (id int primary key, captured bigint not null, refunded bigint not null default 0)',
  )
  await admin.query('create table purse_refund (purse int not null, amount bigint not null)')
  await admin.query('grant all on purse, purse_refund to public')
  await admin.end()
})
after(() => arena.close())

// ---- Planted bugs: 60 of 100 is refunded by each of three, so only one may succeed -----------------------------------

type Guard = (run: Statement, purse: number) => Promise<void>

const checkThenInsert: Guard = async (run, purse) => {
  await run('begin')
  const [row] = await run<{ left: bigint }>(LEFT, [purse])
  if ((row?.left ?? 0n) >= 60n) await run('insert into purse_refund values ($1, 60)', [purse])
  await run('commit')
}

const lockUnder =
  (isolation: 'repeatable read' | 'read committed'): Guard =>
  async (run, purse) => {
    await run(`begin isolation level ${isolation}`)
    // The snapshot of a repeatable read is taken here, by its first statement, and the lock does not renew it.
    await run('select 1')
    await run('select from purse where id = $1 for update', [purse])
    const [row] = await run<{ left: bigint }>(LEFT, [purse])
    if ((row?.left ?? 0n) >= 60n) await run('insert into purse_refund values ($1, 60)', [purse])
    await run('commit')
  }

const guardedUpdate: Guard = async (run, purse) => {
  await run('begin')
  const done = await run(
    'update purse set refunded = refunded + 60 where id = $1 and refunded + 60 <= captured returning id',
    [purse],
  )
  if (done.length > 0) await run('insert into purse_refund values ($1, 60)', [purse])
  await run('commit')
}

const LEFT =
  'select p.captured - coalesce((select sum(r.amount) from purse_refund r where r.purse = p.id), 0)::bigint as left from purse p where p.id = $1'

let purses = 0
/** The round in which more than was captured went out, or undefined. */
async function findsOverRefund(guard: Guard, rounds: number): Promise<number | undefined> {
  for (let round = 1; round <= rounds; round++) {
    const purse = ++purses
    await arena.world.database.db.query('insert into purse (id, captured) values ($1, 100)', [purse])
    await arena.interleave(
      round,
      [1, 2, 3].map((): Actor => (run) => guard(run, purse)),
    )
    const { rows } = await arena.world.database.db.query<{ out: bigint }>(
      'select sum(amount)::bigint as out from purse_refund where purse = $1',
      [purse],
    )
    if ((rows[0]?.out ?? 0n) > 100n) return round
  }
  return undefined
}

test('the harness finds a check that is followed by an insert', async () => {
  assert.ok(await findsOverRefund(checkThenInsert, PLANTED_ROUNDS), 'the planted bug was not found')
})

test('the harness finds a row lock under repeatable read, which is granted over an old snapshot', async () => {
  assert.ok(await findsOverRefund(lockUnder('repeatable read'), PLANTED_ROUNDS), 'the planted bug was not found')
})

test('the harness finds nothing in a row lock under read committed, nor in a guarded update', async () => {
  assert.equal(await findsOverRefund(lockUnder('read committed'), ROUNDS), undefined)
  assert.equal(await findsOverRefund(guardedUpdate, ROUNDS), undefined)
})

// ---- The program -------------------------------------------------------------------------------------------------------

/** Only once the arena is open. */
const newPayment: Arena['newPayment'] = (body) => arena.newPayment(body)
const card: Arena['card'] = (number) => arena.card(number)
const commanding: Arena['commanding'] = (...given) => arena.commanding(...given)
const effects: Arena['effects'] = (...given) => arena.effects(...given)
const race = (title: string, set: () => Promise<Round>): void => raceIn(() => arena, title, ROUNDS, set)

race('of three refunds of 60 out of 100 exactly one is accepted', async () => {
  const id = await newPayment({ tender: await card() })
  const statuses: number[] = []
  const refunding: Command = (deps, merchant, key) => refund(deps, merchant, key, id, { amount: 60 })
  return {
    actors: [1, 2, 3].map(() => commanding(refunding, statuses)),
    check(order) {
      assert.deepEqual(sorted(statuses), [201, 422, 422], order)
      assert.equal(effects(id, 'refunded'), 1)
    },
  }
})

race('of three captures of 60 out of 100 exactly one is accepted', async () => {
  const id = await newPayment({ capture: 'manual', tender: await card() })
  const statuses: number[] = []
  const capturing: Command = (deps, merchant, key) => capture(deps, merchant, key, id, { amount: 60 })
  return {
    actors: [1, 2, 3].map(() => commanding(capturing, statuses)),
    check(order) {
      assert.deepEqual(sorted(statuses), [201, 422, 422], order)
      assert.equal(effects(id, 'captured'), 1)
    },
  }
})

race('of a capture and a cancel one is carried out and the other refused', async () => {
  const id = await newPayment({ capture: 'manual', tender: await card() })
  const statuses: number[] = []
  return {
    actors: [
      commanding((deps, merchant, key) => capture(deps, merchant, key, id, {}), statuses),
      commanding((deps, merchant, key) => cancel(deps, merchant, key, id), statuses),
    ],
    check(order) {
      assert.equal(statuses.filter((status) => status < 300).length, 1, `${order}: ${statuses}`)
      assert.ok(statuses.includes(409) || statuses.includes(422), `${order}: ${statuses}`)
      assert.equal(effects(id, 'captured') + effects(id, 'voided'), 1)
    },
  }
})

race('of three payments for one order one is charged and no provider hears of the others', async () => {
  const order_id = arena.nextKey('order')
  const statuses: number[] = []
  const before = arena.world.simulator.journal({ limit: 100_000 }).length
  const tenders = await Promise.all([card(), card(), card()])
  return {
    actors: tenders.map((tender) =>
      commanding(
        (deps, merchant, key) =>
          pay(deps, merchant, key, { amount: 100, currency: 'EUR', channel: 'web', order_id, tender }),
        statuses,
      ),
    ),
    check(order) {
      assert.deepEqual(sorted(statuses), [201, 409, 409], order)
      assert.equal(arena.world.simulator.journal({ limit: 100_000 }).length - before, 1)
    },
  }
})

race('of three payments with one token one is charged', async () => {
  const tender = await card()
  const statuses: number[] = []
  const before = arena.world.simulator.journal({ limit: 100_000 }).length
  return {
    actors: [1, 2, 3].map(() =>
      commanding(
        (deps, merchant, key) => pay(deps, merchant, key, { amount: 100, currency: 'EUR', channel: 'web', tender }),
        statuses,
      ),
    ),
    check(order) {
      assert.equal(statuses.filter((status) => status === 201).length, 1, `${order}: ${statuses}`)
      assert.equal(arena.world.simulator.journal({ limit: 100_000 }).length - before, 1)
    },
  }
})

race('one key sent three times has one effect', async () => {
  const id = await newPayment({ tender: await card() })
  const statuses: number[] = []
  const key = arena.nextKey('once')
  const refunding: Command = (deps, merchant, idempotency) => refund(deps, merchant, idempotency, id, { amount: 30 })
  return {
    actors: [1, 2, 3].map(() => commanding(refunding, statuses, key)),
    check(order) {
      assert.ok(
        statuses.every((status) => status === 201 || status === 409),
        `${order}: ${statuses}`,
      )
      assert.ok(statuses.includes(201))
      assert.equal(effects(id, 'refunded'), 1)
    },
  }
})

race('of three further tenders of 60 over a due of 100 one is charged', async () => {
  const id = await newPayment({})
  const statuses: number[] = []
  const tenders = await Promise.all([card(), card(), card()])
  return {
    actors: tenders.map((tender) =>
      commanding((deps, merchant, key) => addTender(deps, merchant, key, id, { ...tender, amount: 60 }), statuses),
    ),
    check(order) {
      assert.deepEqual(sorted(statuses), [201, 422, 422], order)
      assert.equal(effects(id, 'captured'), 1)
    },
  }
})

race('a webhook, applied by two processes, and the answer it tells of book once', async () => {
  const id = await newPayment({ capture: 'manual', tender: await card() })
  arena.world.simulator.setFaults({ seed: SEED, rates: {}, webhooks: 'all' })
  const statuses: number[] = []
  const inbox: Actor = async (run) => {
    const deps = arena.processOn(run)
    await arena.world.letProviderWork()
    for (const letter of arena.world.mail.splice(0)) await arena.world.deliver(letter)
    await applyInbound(deps)
  }
  return {
    actors: [commanding((deps, merchant, key) => capture(deps, merchant, key, id, {}), statuses), inbox, inbox],
    async check(order) {
      await arena.world.deliverAll()
      assert.deepEqual(statuses, [201], order)
      const { body } = await arena.world.call('GET', `/v1/payments/${id}`)
      assert.equal(body['amount_captured'], 100)
    },
  }
})
