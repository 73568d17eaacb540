import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { emptyDatabase } from '../../test/database.ts'
import { type Db, openPool } from './pool.ts'
import { type Column, rowsLiteral } from './row-literal.ts'

let database: Awaited<ReturnType<typeof emptyDatabase>>
let db: Db

before(async () => {
  database = await emptyDatabase()
  db = openPool(database.url)
  await db.query(
    'create type thing as (word text, many text[], amount bigint, is_good boolean, at timestamptz, facts jsonb)',
  )
})
after(async () => {
  await db.end()
  await database.close()
})

const COLUMNS: Column[] = [
  { name: 'word', type: 'text' },
  { name: 'many', type: 'text[]' },
  { name: 'amount', type: 'bigint' },
  { name: 'is_good', type: 'boolean' },
  { name: 'at', type: 'timestamp with time zone' },
  { name: 'facts', type: 'jsonb' },
]

/** What PostgreSQL understands. */
async function readBack(rows: Record<string, unknown>[]): Promise<unknown[]> {
  const answer = await db.query('select word, many, amount, is_good, at, facts from unnest($1::thing[])', [
    rowsLiteral(COLUMNS, rows),
  ])
  return answer.rows
}

test('a row is read back as it was given', async () => {
  const at = '2026-11-26T07:45:00.123Z'
  const row = {
    word: 'one',
    many: ['a', 'b c'],
    amount: -4995,
    is_good: false,
    at,
    facts: { brand: 'visa', at: [1, null] },
  }
  assert.deepEqual(await readBack([row]), [{ ...row, amount: -4995n, at: new Date(at) }])
})

test('what is absent is null, and what is no column is left out', async () => {
  const empty = { word: null, many: null, amount: null, is_good: null, at: null, facts: null }
  assert.deepEqual(await readBack([{ nothing: 'of ours' }, {}]), [empty, empty])
})

test('an empty text is not null, and the word NULL is a word', async () => {
  const [first, second] = (await readBack([
    { word: '', many: ['', 'NULL'] },
    { word: 'NULL', many: [] },
  ])) as {
    word: string
    many: string[]
  }[]
  assert.deepEqual([first?.word, first?.many], ['', ['', 'NULL']])
  assert.deepEqual([second?.word, second?.many], ['NULL', []])
})

test('an object for a column that is not JSON is a defect', () => {
  assert.throws(() => rowsLiteral(COLUMNS, [{ word: { a: 1 } }]), /type text got an object/)
})

test('any text survives, alone, in a list and in JSON', async () => {
  // PostgreSQL takes no NUL in a text.
  const text = fc.string({ unit: 'binary' }).filter((word) => !word.includes('\0') && word.isWellFormed())
  const marks = fc.string({ unit: fc.constantFrom('"', '\\', '(', ')', '{', '}', ',', ' ', "'", '\n', 'é', '😀') })
  const word = fc.oneof(text, marks)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ word, many: fc.array(word), facts: fc.dictionary(word, word) })),
      async (rows) => {
        const { rows: read } = await db.query<{ word: string; many: string[]; is_same: boolean }>(
          // Compared by PostgreSQL: in this V8 JSON.parse may give an escaped key another name (nodejs/node issue 63785).
          `select t.word, t.many, t.facts = f.facts::jsonb as is_same from unnest($1::thing[]) with ordinality t
           join unnest($2::text[]) with ordinality f (facts, ordinality) using (ordinality) order by ordinality`,
          [rowsLiteral(COLUMNS, rows), rows.map(({ facts }) => JSON.stringify(facts))],
        )
        assert.deepEqual(
          read,
          rows.map(({ word, many }) => ({ word, many, is_same: true })),
        )
      },
    ),
    { numRuns: 100 },
  )
})
