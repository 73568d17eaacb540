import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import pg from 'pg'
import { emptyDatabase, testDatabase } from '../../test/database.ts'
import { silentLog } from '../lib/log.ts'
import { migrate } from './migrate.ts'

let folder: string
let database: Awaited<ReturnType<typeof emptyDatabase>>
let client: pg.Client

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onetill-migrate-test-'))
})
beforeEach(async () => {
  await rm(folder, { recursive: true, force: true })
  folder = await mkdtemp(join(tmpdir(), 'onetill-migrate-test-'))
  await write('0001_event', 'create table event (merchant_id text primary key)')
  await write('0002_note', 'create table note (merchant_id text primary key)')
  database = await emptyDatabase()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
afterEach(async () => {
  await client.end()
  await database.close()
})
after(() => rm(folder, { recursive: true, force: true }))

test('each file is applied once, in order, and a second run does nothing', async () => {
  assert.deepEqual((await run()).applied, ['0001_event', '0002_note'])
  assert.deepEqual((await run()).applied, [])
  await write('0003_more', 'create table more (merchant_id text primary key)')
  assert.deepEqual((await run()).applied, ['0003_more'])
})

test('two processes that migrate at once do the work once', async () => {
  const both = await Promise.all([run(), run()])
  assert.deepEqual(both.flatMap((migrated) => migrated.applied).sort(), ['0001_event', '0002_note'])
})

test('a file that was edited after it was applied is refused', async () => {
  await run()
  await write('0002_note', 'create table note (merchant_id text primary key, text text)')
  await assert.rejects(run(), /Migration 0002_note was applied to this database and its file has changed since/)
})

test('a database changed by a newer program is refused', async () => {
  await run()
  await rm(join(folder, '0002_note.sql'))
  await assert.rejects(run(), /has migration 0002_note, which this program does not know/)
})

test('a file that fails is undone whole, names its line, and the files before it stay', async () => {
  await write('0002_note', 'create table note (merchant_id text primary key);\nselect nonsense;')
  await assert.rejects(run(), /Migration 0002_note failed and was undone, line 2: .*nonsense/)
  const { rows } = await client.query(`select to_regclass('note') as note, to_regclass('event')::text as event`)
  assert.deepEqual(rows, [{ note: null, event: 'event' }])
})

test('two files with one number are refused before anything is applied', async () => {
  await write('0002_other', 'create table other (merchant_id text primary key)')
  await assert.rejects(run(), /Two migrations have the number/)
})

test('the application may add to the books and never rewrite them', async () => {
  await run()
  await client.query('set role onetill_app')
  await client.query("insert into event values ('mer_1')")
  await client.query("insert into note values ('mer_1')")
  await client.query("update note set merchant_id = 'mer_2'")
  for (const statement of [
    "update event set merchant_id = 'mer_2'",
    'delete from event',
    'truncate event',
    'truncate note',
    'delete from schema_migration',
  ]) {
    await assert.rejects(client.query(statement), { code: '42501' }, statement)
  }
})

test('a database user who may not make roles migrates all the same, with a warning', async () => {
  const name = new URL(database.url).pathname.slice(1)
  const user = `plain_${name}`
  await client.query(`create role ${user} login`)
  await client.query(`alter database ${name} owner to ${user}`)
  const url = new URL(database.url)
  url.searchParams.set('user', user)
  const warnings: string[] = []
  const log = { ...silentLog, warn: (message: string) => warnings.push(message) }
  const { hasAppRole } = await migrate(url.href, { log, folder })
  assert.equal(hasAppRole, false)
  assert.match(warnings.join(), /may not make the role onetill_app/)
  await client.query(`reassign owned by ${user} to current_user; drop owned by ${user}; drop role ${user}`)
})

test('a test database is migrated and its pool works with the rights of the application', async () => {
  const fresh = await testDatabase()
  const { rows } = await fresh.db.query('select current_user as role, count(*) > 0 as migrated from schema_migration')
  assert.deepEqual(rows, [{ role: 'onetill_app', migrated: true }])
  await fresh.close()
})

function run() {
  return migrate(database.url, { log: silentLog, folder })
}

function write(name: string, sql: string): Promise<void> {
  return writeFile(join(folder, `${name}.sql`), sql)
}
