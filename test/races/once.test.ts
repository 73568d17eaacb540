// Commands of other modules under the same idempotency keys as payments: one key, one effect, for ever.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Problem } from '../../server/lib/problem.ts'
import { once } from '../../server/payments/index.ts'
import { type TestDatabase, testDatabase } from '../database.ts'
import { movableClock } from '../merchant-app.ts'

const MERCHANT = 'mer_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S'
const clock = movableClock()
let database: TestDatabase
before(async () => {
  database = await testDatabase()
})
after(() => database.close())

let keys = 0
const fresh = () => ({ key: `command-${++keys}`, fingerprint: 'f'.repeat(43) })
const run = (
  idempotency: { key: string; fingerprint: string },
  work: () => Promise<{ status: number; body: string }>,
) => once({ db: database.db, clock }, MERCHANT, idempotency, 'ord_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S', work)
const code = (expected: string) => (error: unknown) => error instanceof Problem && error.code === expected

test('a hundred requests with one key have one effect and one answer', async () => {
  const key = fresh()
  let effects = 0
  const answers = await Promise.allSettled(
    Array.from({ length: 100 }, () => run(key, async () => ({ status: 201, body: `{"effect":${++effects}}` }))),
  )
  assert.equal(effects, 1)
  for (const answer of answers) {
    if (answer.status === 'fulfilled') assert.equal(answer.value.body, '{"effect":1}')
    else assert.ok(code('idempotency-in-flight')(answer.reason))
  }
  assert.equal((await run(key, () => assert.fail('done before'))).body, '{"effect":1}')
})

test('the same key with another body is refused, also while the first runs', async () => {
  const key = fresh()
  const other = { ...key, fingerprint: 'g'.repeat(43) }
  await run(key, async () => {
    await assert.rejects(
      run(other, () => assert.fail()),
      code('idempotency-key-reused'),
    )
    return { status: 200, body: '{}' }
  })
  await assert.rejects(
    run(other, () => assert.fail()),
    code('idempotency-key-reused'),
  )
})

test('a refusal frees the key, so that the corrected state can be tried with it', async () => {
  const key = fresh()
  await assert.rejects(
    run(key, () => Promise.reject(new Problem('invalid-state'))),
    code('invalid-state'),
  )
  assert.equal((await run(key, async () => ({ status: 200, body: '{"then":"ok"}' }))).body, '{"then":"ok"}')
})

test('a command that broke is taken up by its repeat after the lease, by one of twenty', async () => {
  const key = fresh()
  await assert.rejects(run(key, () => Promise.reject(new Error('the process died'))))
  await assert.rejects(
    run(key, () => assert.fail()),
    code('idempotency-in-flight'),
  )
  clock.advance(180_001)
  let resumed = 0
  await Promise.allSettled(
    Array.from({ length: 20 }, () => run(key, async () => ({ status: 200, body: `{"resumed":${++resumed}}` }))),
  )
  assert.equal(resumed, 1)
})

test('a key of a payment is no key for anything else', async () => {
  const key = fresh()
  await database.db.query('insert into idempotency_key values ($1, $2, $3, $4, $5)', [
    MERCHANT,
    key.key,
    'p'.repeat(43),
    'pay_1',
    clock.now(),
  ])
  await assert.rejects(
    run(key, () => assert.fail()),
    code('idempotency-key-reused'),
  )
})
