// The books’ own guard, which stands behind every function that posts: lines balance, and their entries exist.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../../test/database.ts'

let database: TestDatabase
before(async () => {
  database = await testDatabase()
  await database.db.query(
    `insert into ledger_entry values ('mer_1', 'ent_1', 'evi_1', 'sale_succeeded', null, null, now())`,
  )
})
after(() => database.close())

/** Inserts lines `[entry, number, currency, amount]` by one statement. */
function insertLines(...lines: [string, number, string, number][]): Promise<unknown> {
  return database.db.query(
    `insert into ledger_line select 'mer_1', l.entry, l.no, 'sales_clearing', l.currency, 'web', '', l.amount
     from unnest($1::text[], $2::int[], $3::text[], $4::bigint[]) l (entry, no, currency, amount)`,
    [0, 1, 2, 3].map((column) => lines.map((line) => line[column])),
  )
}

const refused = { code: '23514', message: /ledger entry ent_\d does not balance/ }

test('lines that sum to zero are taken', async () => {
  await insertLines(['ent_1', 1, 'EUR', 4995], ['ent_1', 2, 'EUR', -4995])
})

test('lines that do not sum to zero are refused', async () => {
  await assert.rejects(insertLines(['ent_1', 3, 'EUR', 4995], ['ent_1', 4, 'EUR', -4994]), refused)
})

test('a line alone is refused, also for an entry that balances', async () => {
  await assert.rejects(insertLines(['ent_1', 3, 'EUR', 1]), refused)
})

test('two currencies do not balance each other', async () => {
  await assert.rejects(insertLines(['ent_1', 3, 'EUR', 100], ['ent_1', 4, 'USD', -100]), refused)
})

test('two entries do not balance each other', async () => {
  await database.db.query(
    `insert into ledger_entry values ('mer_1', 'ent_2', 'evi_2', 'sale_succeeded', null, null, now())`,
  )
  await assert.rejects(insertLines(['ent_1', 3, 'EUR', 100], ['ent_2', 1, 'EUR', -100]), refused)
})

test('lines of an entry that does not exist are refused, though they sum to zero', async () => {
  await assert.rejects(insertLines(['ent_9', 1, 'EUR', 100], ['ent_9', 2, 'EUR', -100]), refused)
})
