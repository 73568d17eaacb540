import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { openPool, type Tx, transact } from '../db/pool.ts'
import { createLocalHints } from '../jobs/index.ts'
import { createStepClock } from '../jobs/step-clock.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { type Log, silentLog } from '../lib/log.ts'
import { createConsumer } from './consumer.ts'
import { appendEvents, type EventRow, readConsumerFigures } from './index.ts'

const newId = createIds(systemClock)
const REAL = { clock: systemClock, log: silentLog }
let database: TestDatabase
let merchant: string
before(async () => {
  database = await testDatabase()
  // What a consumer does, in a table of its own: one row per event it handled.
  const { default: pg } = await import('pg')
  const admin = new pg.Client({ connectionString: database.adminUrl })
  await admin.connect()
  await admin.query('create table handled (merchant_id text, seq bigint, type text)')
  await admin.query('grant all on handled to public')
  await admin.end()
})
after(() => database.close())
beforeEach(() => {
  merchant = newId('mer')
})

function happen(...types: string[]): Promise<void> {
  return happenTo('x', ...types)
}

function happenTo(objectId: string, ...types: string[]): Promise<void> {
  const events = types.map((type) => ({
    id: newId('evt'),
    type,
    object_type: type.split('.')[0] as string,
    object_id: objectId,
    object_version: 1,
    data: {},
  }))
  return transact(database.db, (tx) => appendEvents(tx, merchant, systemClock.now(), events))
}

function consumer(name: string, handle = note, { clock, log }: { clock: Clock; log: Log } = REAL) {
  const deps = { db: database.db, clock, log, hints: createLocalHints(clock) }
  return createConsumer(deps, { name, families: ['payment.'], handle })
}

async function note(tx: Tx, merchantId: string, events: readonly EventRow[]): Promise<void> {
  for (const { seq, type } of events) await tx.query('insert into handled values ($1, $2, $3)', [merchantId, seq, type])
}

/** Handles all but the events of one object, until it is mended. */
function failingOn(objectId: string) {
  const state = { isMended: false }
  const handle: typeof note = async (tx, id, events) => {
    await note(tx, id, events)
    if (!state.isMended && events.some(({ object_id }) => object_id === objectId)) throw new Error('died here')
  }
  return { state, handle }
}

async function figuresOf(name: string) {
  const [figures] = await readConsumerFigures(database.db, [name])
  return { behind: Number(figures?.behind), failing: Number(figures?.failing) }
}

/** Events of the merchants of other tests, which this reader has not read. */
async function othersBehind(name: string): Promise<number> {
  const { rows } = await database.db.query<{ n: bigint }>(
    `select coalesce(sum(c.last_seq - coalesce(k.seq, 0)), 0)::bigint as n from event_counter c
     left join event_cursor k on k.merchant_id = c.merchant_id and k.consumer = $1 where c.merchant_id <> $2`,
    [name, merchant],
  )
  return Number(rows[0]?.n)
}

async function handled(): Promise<string[]> {
  const { rows } = await database.db.query<{ type: string }>(
    'with taken as (delete from handled where merchant_id = $1 returning *) select type from taken order by seq',
    [merchant],
  )
  return rows.map(({ type }) => type)
}

test('a consumer is given the events of its families, in their order, once', async () => {
  await happen('payment.created', 'customer.created', 'payment.captured')
  const reader = consumer('once')
  await reader.worker.tick()
  await reader.worker.tick()
  assert.deepEqual(await handled(), ['payment.created', 'payment.captured'])
  await happen('payment.refunded')
  await reader.worker.tick()
  assert.deepEqual(await handled(), ['payment.refunded'])
})

test('a consumer is not given the types it passes over, alone or among others, and comes by them', async () => {
  const { db } = database
  const hints = createLocalHints(systemClock)
  const but = ['payment.created']
  const reader = createConsumer(
    { db, ...REAL, hints },
    { name: 'but', families: ['payment.', 'order.placed'], but, handle: note },
  )
  await happen('payment.created', 'order.placed', 'order.closed', 'payment.created_late', 'payment.captured')
  await reader.catchUp(merchant)
  assert.deepEqual(await handled(), ['order.placed', 'payment.created_late', 'payment.captured'])
  await happen('payment.created')
  await reader.catchUp(merchant)
  assert.deepEqual(await handled(), [])
  const one = merchant
  await happen('payment.created', 'payment.refunded')
  merchant = newId('mer')
  await happen('payment.created')
  // Several merchants that are little behind share a window.
  while ((await reader.worker.tick()) > 0);
  assert.deepEqual(await handled(), [])
  merchant = one
  assert.deepEqual(await handled(), ['payment.refunded'])
})

test('an event whose handling fails is handled again later and later, and what it had written is gone', async () => {
  await happen('payment.created')
  const { state, handle } = failingOn('x')
  const clock = createStepClock(systemClock.now())
  const said: unknown[] = []
  // Other tests' merchants have objects of that name too.
  const error: Log['error'] = (_, fields) =>
    fields?.merchant_id === merchant && said.push({ ...fields, error: (fields.error as Error).message })
  const log: Log = { ...silentLog, error }
  const reader = consumer('fails', handle, { clock, log })
  const about = { merchant_id: merchant, object_id: 'x', kind: 'payment.created', error: 'died here' }
  await reader.worker.tick()
  await reader.worker.tick()
  assert.deepEqual(said, [{ ...about, attempt: 1 }])
  await clock.advance(1_000)
  await reader.worker.tick()
  assert.deepEqual(said, [
    { ...about, attempt: 1 },
    { ...about, attempt: 2 },
  ])
  assert.deepEqual(await handled(), [])
  state.isMended = true
  await clock.advance(1_999)
  await reader.worker.tick()
  assert.deepEqual(await handled(), [])
  await clock.advance(1)
  await reader.worker.tick()
  assert.deepEqual(await handled(), ['payment.created'])
  await clock.advance(3_600_000)
  await reader.worker.tick()
  assert.deepEqual(await handled(), [])
})

test('a bad event makes no catching up fail and holds up no other object of its merchant', async () => {
  for (let i = 0; i < 40; i++) await happenTo(`good ${i}`, 'payment.created')
  await happenTo('bad', 'payment.authorized')
  for (let i = 0; i < 40; i++) await happenTo(`good ${i}`, 'payment.captured')
  const { handle } = failingOn('bad')
  await consumer('bad', handle).catchUp(merchant)
  const types = await handled()
  assert.equal(types.filter((type) => type === 'payment.created').length, 40)
  assert.equal(types.filter((type) => type === 'payment.captured').length, 40)
  assert.equal(types.length, 80)
  assert.deepEqual(await figuresOf('bad'), { behind: await othersBehind('bad'), failing: 1 })
})

test('what follows about the same object, or the same order, waits for the bad event and is handled after it', async () => {
  const { state, handle } = failingOn('bad')
  const clock = createStepClock(systemClock.now())
  const reader = consumer('order kept', handle, { clock, log: silentLog })
  await happenTo('bad', 'payment.created')
  await reader.catchUp(merchant)
  state.isMended = true
  await happenTo('bad', 'payment.authorized')
  await transact(database.db, (tx) =>
    appendEvents(tx, merchant, systemClock.now(), [
      {
        ...{ id: newId('evt'), type: 'payment.captured', object_type: 'payment', object_id: 'other' },
        ...{ object_version: 1, data: { order_id: 'bad' } },
      },
    ]),
  )
  await happenTo('good', 'payment.refunded')
  await reader.catchUp(merchant)
  assert.deepEqual(await handled(), ['payment.refunded'])
  await clock.advance(1_000)
  await reader.worker.tick()
  assert.deepEqual(await handled(), ['payment.created', 'payment.authorized', 'payment.captured'])
  assert.equal((await figuresOf('order kept')).failing, 0)
  await happenTo('bad', 'payment.voided')
  await reader.catchUp(merchant)
  assert.deepEqual(await handled(), ['payment.voided'])
})

test('ten processes at once set a bad event aside once, and handle the rest once', async () => {
  for (let i = 0; i < 300; i++) await happenTo(i % 100 === 50 ? `bad ${i}` : `good ${i}`, 'payment.created')
  const handle: typeof note = async (tx, id, events) => {
    await note(tx, id, events)
    if (events.some(({ object_id }) => object_id.startsWith('bad'))) throw new Error('died here')
  }
  await Promise.all(Array.from({ length: 10 }, () => consumer('bad crowd', handle).catchUp(merchant)))
  assert.equal((await handled()).length, 297)
  assert.equal((await figuresOf('bad crowd')).failing, 3)
})

test('a reader that has read nothing is behind by all there is', async () => {
  const before = await othersBehind('behind')
  await happen('payment.created', 'customer.created')
  assert.deepEqual(await figuresOf('behind'), { behind: before + 2, failing: 0 })
})

test('a merchant whose events cannot be handled does not hold up another', async () => {
  await happen('payment.created')
  const poisoned = merchant
  merchant = newId('mer')
  await happen('payment.captured')
  const reader = consumer('poison', async (tx, id, events) => {
    if (id === poisoned) throw new Error('poisoned')
    await note(tx, id, events)
  })
  await reader.worker.tick()
  assert.ok((await handled()).includes('payment.captured'))
})

test('ten processes at once handle each of 1,200 events once', async () => {
  for (let i = 0; i < 12; i++) await happen(...Array.from({ length: 100 }, () => 'payment.created'))
  await Promise.all(Array.from({ length: 10 }, () => consumer('crowd').catchUp(merchant)))
  assert.equal((await handled()).length, 1_200)
})

test('a crowd of readers in one process waits for one transaction, and each sees what it wrote before', async () => {
  const db = openPool(database.url, { max: 2 })
  const hints = createLocalHints(systemClock)
  const reader = createConsumer({ db, ...REAL, hints }, { name: 'shared', families: ['payment.'], handle: note })
  const last = async (table: 'event' | 'handled'): Promise<number> => {
    const { rows } = await database.db.query<{ n: number }>(
      `select coalesce(max(seq), 0)::int as n from ${table} where merchant_id = $1`,
      [merchant],
    )
    return rows[0]?.n ?? 0
  }
  // More than there are connections: were each to hold one and wait, nobody would get on.
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      await happen('payment.created')
      const own = await last('event')
      await reader.catchUp(merchant)
      assert.ok((await last('handled')) >= own)
    }),
  )
  assert.equal((await handled()).length, 40)
  await db.end()
})

test('catching up leaves nothing unread that was there when it began', async () => {
  await happen('payment.created')
  await consumer('catch up').catchUp(merchant)
  assert.deepEqual(await handled(), ['payment.created'])
})

// ---- Several merchants in one transaction --------------------------------------------------------------------------

/** Merchants with one event each; a reader has seen the one before it, so that each has a cursor. */
async function trade(count: number, reader: { worker: { tick(): Promise<number> } }): Promise<string[]> {
  const merchants = Array.from({ length: count }, () => newId('mer')).sort()
  for (const type of ['payment.created', 'payment.captured']) {
    for (const each of merchants) {
      merchant = each
      await happen(type)
    }
    if (type === 'payment.created') await reader.worker.tick()
  }
  return merchants
}

async function handledOf(merchants: readonly string[]): Promise<string[]> {
  const { rows } = await database.db.query<{ merchant_id: string; type: string }>(
    'select merchant_id, type from handled where merchant_id = any ($1) order by merchant_id, seq',
    [merchants],
  )
  return rows.map(({ merchant_id, type }) => `${merchants.indexOf(merchant_id)} ${type}`)
}

const EACH_ONCE = ['0', '1', '2'].flatMap((n) => [`${n} payment.created`, `${n} payment.captured`])
/** Time stands still, so that a shared transaction takes as many merchants as there are. */
const stillClock = () => createStepClock(systemClock.now())

test('merchants who are little behind share a transaction', async () => {
  const transactions = new Map<string, string>()
  const reader = consumer(
    'shares',
    async (tx, id, events) => {
      await note(tx, id, events)
      const { rows } = await tx.query<{ id: string }>('select pg_current_xact_id()::text as id')
      transactions.set(id, rows[0]?.id as string)
    },
    { clock: stillClock(), log: silentLog },
  )
  const merchants = await trade(3, reader)
  await reader.worker.tick()
  assert.equal(new Set(merchants.map((id) => transactions.get(id))).size, 1)
  assert.deepEqual(await handledOf(merchants), EACH_ONCE)
})

test('when one of them cannot be handled, the others are, once, and it is set aside', async () => {
  const bad = { merchant: '' }
  const handle: typeof note = async (tx, id, events) => {
    await note(tx, id, events)
    if (id === bad.merchant) throw new Error('died here')
  }
  const reader = consumer('shares a bad one', handle, { clock: stillClock(), log: silentLog })
  const merchants = await trade(3, reader)
  bad.merchant = merchants[1] as string
  await reader.worker.tick()
  await reader.worker.tick()
  assert.deepEqual(
    await handledOf(merchants),
    EACH_ONCE.filter((line) => line !== '1 payment.captured'),
  )
  assert.equal((await figuresOf('shares a bad one')).failing, 1)
})

test('a merchant whose cursor another process holds is left to it', async () => {
  const reader = consumer('shares but one', note, { clock: stillClock(), log: silentLog })
  const merchants = await trade(3, reader)
  await transact(database.db, async (tx) => {
    await tx.query('select from event_cursor where merchant_id = $1 and consumer = $2 for update', [
      merchants[0],
      'shares but one',
    ])
    await reader.worker.tick()
    assert.deepEqual(
      await handledOf(merchants),
      EACH_ONCE.filter((line) => line !== '0 payment.captured'),
    )
  })
  await reader.worker.tick()
  assert.deepEqual(await handledOf(merchants), EACH_ONCE)
})

test('five processes at once, sharing or not, handle the events of twenty merchants once', async () => {
  const readers = Array.from({ length: 5 }, () => consumer('shares in a crowd'))
  const merchants = await trade(20, readers[0] as (typeof readers)[0])
  await Promise.all(readers.flatMap((reader) => [reader.worker.tick(), reader.catchUp(merchants[7] as string)]))
  await Promise.all(readers.map((reader) => reader.worker.tick()))
  const lines = await handledOf(merchants)
  assert.equal(lines.length, 40)
  assert.equal(new Set(lines).size, 40)
})
