import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { emptyDatabase } from '../../test/database.ts'
import { createLanes, type Lanes } from './lanes.ts'
import { type Db, openPool } from './pool.ts'

let database: Awaited<ReturnType<typeof emptyDatabase>>
let db: Db
let lanes: Lanes

before(async () => {
  database = await emptyDatabase()
  db = openPool(database.url)
  await db.query(`
    create table mark (merchant_id text, word text, call bigint, txn bigint, primary key (merchant_id, word));
    create sequence call_number;
    -- Writes each word with the number of this call and of this transaction; the word 'poison' breaks the whole.
    create function mark_words(p_merchant text, p_rows json) returns table (n int, word text) language plpgsql as $$
    declare v_call bigint := nextval('call_number');
    begin
      if exists (select from json_array_elements(p_rows) r where r->>'word' = 'poison') then
        raise exception 'poisoned';
      end if;
      insert into mark select coalesce(p_merchant, r->>'merchant_id'), r->>'word', v_call, txid_current() from json_array_elements(p_rows) r;
      return query select (r->>'n')::int, r->>'word' from json_array_elements(p_rows) r;
    end $$;
    -- Answers once the word 'go' is there, which another call must write meanwhile; gives up after 10 s.
    create function waits_for_go(p_merchant text, p_rows json) returns table (n int, was_there boolean) language plpgsql as $$
    begin
      for i in 1 .. 1000 loop
        exit when exists (select from mark where mark.word = 'go');
        perform pg_sleep(0.01);
      end loop;
      return query select (r->>'n')::int, exists (select from mark where mark.word = 'go') from json_array_elements(p_rows) r;
    end $$;
    create type said as (merchant_id text, word text, facts jsonb, n int);
    create function repeats(p_merchant text, p_rows said[]) returns table (n int, text text) language sql as $$
      select r.n, coalesce(p_merchant, '') || ' ' || r.merchant_id || ' ' || r.word || ' ' || (r.facts ->> 'a') from unnest(p_rows) r
    $$;
    create function forgets(p_merchant text, p_rows json) returns table (n int) language sql as $$ select 1 where false $$`)
})
beforeEach(async () => {
  await db.query('truncate mark')
  // One lane, so that what shares a batch does not depend on how names hash.
  lanes = createLanes(db, { lanes: 1 })
})
after(async () => {
  await db.end()
  await database.close()
})

test('a single row is a batch of one, answered after its commit', async () => {
  const answer = await lanes.commit('mark_words', 'mer_1', { word: 'one' })
  assert.deepEqual(answer, { n: 0, word: 'one' })
  assert.deepEqual(await marks(), ['mer_1 one'])
  assert.deepEqual(lanes.stats(), { batches: 1, rows: 1, queued: 0 })
})

test('rows that arrive together share one call, and each gets its own answer', async () => {
  const answers = await Promise.all(['a', 'b', 'c'].map((word) => lanes.commit('mark_words', 'mer_1', { word })))
  assert.deepEqual(
    answers.map((answer) => answer['word']),
    ['a', 'b', 'c'],
  )
  assert.deepEqual(await distinct('call'), 1)
})

test('a function that takes one merchant is called once for each', async () => {
  await Promise.all([
    lanes.commit('mark_words', 'mer_2', { word: 'b' }),
    lanes.commit('mark_words', 'mer_1', { word: 'a' }),
    lanes.commit('mark_words', 'mer_2', { word: 'c' }),
  ])
  assert.deepEqual([await distinct('call'), await distinct('txn')], [2, 2])
  assert.deepEqual(await marks(), ['mer_1 a', 'mer_2 b', 'mer_2 c'])
})

test('a function that takes several merchants gets them in one call, each row with its merchant', async () => {
  const mixed = createLanes(db, { lanes: 1, mixed: new Set(['mark_words']) })
  const answers = await Promise.all([
    mixed.commit('mark_words', 'mer_2', { word: 'b' }, 'pay_1'),
    mixed.commit('mark_words', 'mer_1', { word: 'a' }, 'pay_1'),
  ])
  assert.deepEqual(
    answers.map((answer) => answer['word']),
    ['b', 'a'],
  )
  assert.equal(await distinct('call'), 1)
  assert.deepEqual(await marks(), ['mer_1 a', 'mer_2 b'])
})

test('a poisoned row fails alone', async () => {
  const settled = await Promise.allSettled([
    lanes.commit('mark_words', 'mer_1', { word: 'good' }),
    lanes.commit('mark_words', 'mer_1', { word: 'poison' }),
    lanes.commit('mark_words', 'mer_2', { word: 'fine' }),
  ])
  assert.deepEqual(
    settled.map((outcome) => outcome.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(await marks(), ['mer_1 good', 'mer_2 fine'])
})

test('rows with one exclusive value never share a batch and keep their order', async () => {
  await Promise.all([
    lanes.commit('mark_words', 'mer_1', { word: 'first' }, 'pay_1'),
    lanes.commit('mark_words', 'mer_1', { word: 'second' }, 'pay_1'),
    lanes.commit('mark_words', 'mer_1', { word: 'other' }, 'pay_2'),
    lanes.commit('mark_words', 'mer_1', { word: 'third' }, 'pay_1'),
  ])
  const { rows } = await db.query<{ words: string }>(
    `select string_agg(word, ' ' order by word) as words from mark group by txn order by txn`,
  )
  assert.deepEqual(
    rows.map((row) => row.words),
    ['first other', 'second', 'third'],
  )
})

test('rows that arrive while a batch commits form the next one', async () => {
  const first = lanes.commit('mark_words', 'mer_1', { word: 'early' })
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  const later = ['x', 'y', 'z'].map((word) => lanes.commit('mark_words', 'mer_1', { word }))
  await Promise.all([first, ...later])
  assert.deepEqual(lanes.stats(), { batches: 2, rows: 4, queued: 0 })
})

test('a function with a lane apart does not wait for the others', async () => {
  const lanes = createLanes(db, { lanes: 1, apart: new Set(['mark_words']) })
  const waiting = lanes.commit('waits_for_go', 'mer_1', {})
  await lanes.commit('mark_words', 'mer_1', { word: 'go' })
  assert.equal((await waiting)['was_there'], true)
})

test('a function may take rows of a type of its own, each with its merchant', async () => {
  const row = { facts: { a: '"\\' }, word: 'one, two', unknown: 1 }
  assert.equal((await lanes.commit('repeats', 'mer_1', { ...row }))['text'], 'mer_1 mer_1 one, two "\\')
  const mixed = createLanes(db, { mixed: new Set(['repeats']) })
  assert.equal((await mixed.commit('repeats', 'mer_1', { ...row }))['text'], ' mer_1 one, two "\\')
})

test('a function that forgets a row is a defect its caller hears of', async () => {
  await assert.rejects(lanes.commit('forgets', 'mer_1', {}), /forgets gave no answer for a row/)
})

test('drain waits for what is queued and in flight', async () => {
  const words = Array.from({ length: 600 }, (_, i) => `w${i}`)
  for (const word of words) void lanes.commit('mark_words', 'mer_1', { word })
  await lanes.drain()
  assert.equal((await marks()).length, 600)
  assert.equal(lanes.stats().queued, 0)
})

test('a lane keeps a connection of its own, takes another when that one has ended, and gives it back', async () => {
  const connections = openPool(database.url, { max: 2 })
  const lanes = createLanes(db, { lanes: 1, connections })
  await lanes.commit('mark_words', 'mer_1', { word: 'first' })
  assert.deepEqual([connections.totalCount, connections.idleCount], [1, 0])
  const [ended] = await Promise.all([
    new Promise((resolve) => connections.once('remove', resolve)),
    db.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like '%mark_words%' and pid <> pg_backend_pid()`,
    ),
  ])
  assert.ok(ended)
  await lanes.commit('mark_words', 'mer_1', { word: 'second' })
  assert.deepEqual(await marks(), ['mer_1 first', 'mer_1 second'])
  await lanes.drain()
  assert.deepEqual([connections.totalCount, connections.idleCount], [1, 1])
  await connections.end()
})

async function marks(): Promise<string[]> {
  const { rows } = await db.query<{ mark: string }>(
    `select merchant_id || ' ' || word as mark from mark order by merchant_id, word`,
  )
  return rows.map((row) => row.mark)
}

async function distinct(column: 'call' | 'txn'): Promise<number> {
  const { rows } = await db.query<{ count: number }>(`select count(distinct ${column})::int as count from mark`)
  return rows[0]?.count ?? 0
}
