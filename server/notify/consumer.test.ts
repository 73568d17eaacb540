import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { type Tx, transact } from '../db/pool.ts'
import { createLocalHints } from '../jobs/index.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { silentLog } from '../lib/log.ts'
import { createConsumer } from './consumer.ts'
import { appendEvents, type EventRow } from './index.ts'

const newId = createIds(systemClock)
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
  const events = types.map((type) => ({
    id: newId('evt'),
    type,
    object_type: type.split('.')[0] as string,
    object_id: 'x',
    object_version: 1,
    data: {},
  }))
  return transact(database.db, (tx) => appendEvents(tx, merchant, systemClock.now(), events))
}

function consumer(name: string, handle = note) {
  const deps = { db: database.db, clock: systemClock, log: silentLog, hints: createLocalHints(systemClock) }
  return createConsumer(deps, { name, families: ['payment.'], handle })
}

async function note(tx: Tx, merchantId: string, events: readonly EventRow[]): Promise<void> {
  for (const { seq, type } of events) await tx.query('insert into handled values ($1, $2, $3)', [merchantId, seq, type])
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

test('an event whose handling fails is handled again, and what it had written is gone', async () => {
  await happen('payment.created')
  let fails = true
  const reader = consumer('fails', async (tx, id, events) => {
    await note(tx, id, events)
    if (fails) throw new Error('died here')
  })
  await reader.worker.tick()
  assert.deepEqual(await handled(), [])
  fails = false
  await reader.worker.tick()
  assert.deepEqual(await handled(), ['payment.created'])
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

test('catching up leaves nothing unread that was there when it began', async () => {
  await happen('payment.created')
  await consumer('catch up').catchUp(merchant)
  assert.deepEqual(await handled(), ['payment.created'])
})
