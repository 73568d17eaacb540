import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { openPool, transact } from './pool.ts'

let database: TestDatabase
before(async () => {
  database = await testDatabase()
})
after(() => database.close())

test('a statement with parameters is prepared once for each connection, in a transaction and out of one', async () => {
  const db = openPool(database.url, { max: 1 })
  const ask = 'select $1::int + 1 as sum'
  for (const n of [1, 2, 3]) {
    assert.equal((await db.query<{ sum: number }>(ask, [n])).rows[0]?.sum, n + 1)
    const { rows } = await transact(db, (tx) => tx.query<{ sum: number }>(ask, [n * 10]))
    assert.equal(rows[0]?.sum, n * 10 + 1)
  }
  const { rows } = await db.query<{ n: number; calls: number }>(
    `select count(*)::int as n, sum(generic_plans + custom_plans)::int as calls from pg_prepared_statements where statement = '${ask}'`,
  )
  assert.deepEqual(rows, [{ n: 1, calls: 6 }])
  await db.end()
})

test('JSON keeps the names of its members, though JSON.parse has seen others like them', async () => {
  const db = openPool(database.url, { max: 1 })
  const read = async (json: string) => (await db.query<{ j: object }>('select $1::jsonb as j', [json])).rows[0]?.j
  JSON.parse('{"m":[],"\\\\":0}')
  assert.deepEqual(await read('{"m":1,"\\n":2}'), { m: 1, '\n': 2 })
  assert.deepEqual(await read('{"m":1,"\\"":2}'), { m: 1, '"': 2 })
  await db.end()
})

test('a table altered under a prepared statement costs one failed transaction, not the connection for ever', async () => {
  const db = openPool(database.adminUrl, { max: 1 })
  await db.query('create table altered (a int)')
  const read = () => transact(db, (tx) => tx.query('select * from altered where a = $1', [1]))
  await db.query('insert into altered values ($1)', [1])
  assert.deepEqual((await read()).rows, [{ a: 1 }])
  await db.query('alter table altered add b int')
  await assert.rejects(read, { code: '0A000' })
  assert.deepEqual((await read()).rows, [{ a: 1, b: null }])
  await db.end()
})
