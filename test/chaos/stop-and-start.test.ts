// Stopping and starting as an operator does it: a polite stop answers what is under way and leaves nothing running, the
// next start is quick, and a database that could lose acknowledged money takes no live payment.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../../server/lib/clock.ts'
import type { PaymentView } from '../../server/payments/payment.ts'
import { createApi, type Refusal, sendOverHttp } from '../api.ts'
import { emptyDatabase } from '../database.ts'
import { command, freePort, postmasterPid, type Running, startServer } from './processes.ts'

/** A stop waits for requests under way, half a second here, and for the database's last checkpoint. */
const STOP_MS = 19_000
/** Opens the provider's controls on the product's server. */
const SIMULATOR_KEY = 'chaos-simulator-key'

let folder: string
let env: { PORT: string; ONETILL_DATA: string }
const running: Running[] = []
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onetill-stop-'))
  env = { PORT: String(await freePort()), ONETILL_DATA: join(folder, 'data') }
})
after(async () => {
  for (const server of running) await server.stop().catch(() => {})
  await rm(folder, { recursive: true, force: true })
})

async function start(more: Record<string, string> = {}, path?: string): Promise<Running> {
  const server = await startServer({ ...env, ...more }, path)
  running.push(server)
  return server
}

interface Keys {
  secret_key: string
  publishable_key: string
  merchant_id: string
  test_twin?: Keys
}

async function newMerchant(args: string[] = [], more: Record<string, string> = {}): Promise<Keys> {
  const { code, out, err } = await command(
    ['merchant', 'create', '--name', 'Further Retail', '--currency', 'SEK', ...args],
    { ...env, ...more },
  )
  assert.equal(code, 0, err)
  return JSON.parse(out)
}

test('SIGTERM lets what is under way be answered, stops the database and ends with 0; the next start is quick', async (t) => {
  const first = await start({ ONETILL_SIMULATOR_KEY: SIMULATOR_KEY })
  const demo = JSON.parse(await readFile(join(env.ONETILL_DATA, 'demo.json'), 'utf8'))
  assert.equal((await stat(join(env.ONETILL_DATA, 'demo.json'))).mode & 0o777, 0o600)

  // The provider answers after half a second, so that thirty sales are surely under way.
  const api = createApi(sendOverHttp(first.url), demo.secret_key, 'drain')
  const faults = { plan: { seed: 1, rates: { slow: 1 }, slow_ms: 500 } }
  const set = await simulator(first.url, '/faults', { method: 'PUT', body: JSON.stringify(faults) })
  assert.equal(set.status, 200)
  const tokens = await Promise.all(Array.from({ length: 30 }, () => api.token('4242424242424242')))
  const sales = tokens.map((token) =>
    api.pay({ amount: 1000, currency: 'EUR', channel: 'web', tender: { method: 'card', token } }),
  )
  await untilJournalHas(first.url, 30)
  const began = performance.now()
  const code = await first.stop()
  const stopMs = performance.now() - began
  const answers = await Promise.all(sales)
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body.status]),
    answers.map(() => [201, 'captured']),
  )
  assert.equal(code, 0, first.said())
  // Clients keep their connections open for the next request; that must not hold up the stop.
  assert.ok(stopMs < STOP_MS, `the stop took ${stopMs} ms`)
  assert.equal(await postmasterPid(env.ONETILL_DATA), undefined, 'the database has gone')

  const second = await start()
  t.diagnostic(
    `first start ${Math.round(first.readyMs)} ms, stop ${Math.round(stopMs)} ms, second start ${Math.round(second.readyMs)} ms`,
  )
  const again = createApi(sendOverHttp(second.url), demo.secret_key, 'drain')
  const { body } = await again.get<{ data: PaymentView[] }>('/v1/payments?limit=100&status=captured')
  assert.equal(body.data.length, 30)
  assert.equal(await second.stop(), 0)
})

function simulator(url: string, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/simulator${path}`, { ...init, headers: { authorization: `Bearer ${SIMULATOR_KEY}` } })
}

async function untilJournalHas(url: string, rows: number): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 5) {
    const { data } = (await (await simulator(url, '/journal')).json()) as { data: unknown[] }
    if (data.length >= rows) return
    await systemClock.sleep(5)
  }
  assert.fail(`the provider never saw ${rows} charges`)
}

test('a merchant made while the server runs can take money at once, and verify works beside it', async () => {
  const server = await start()
  const keys = await newMerchant()
  const api = createApi(sendOverHttp(server.url), keys.secret_key, 'beside')
  const paid = await api.pay({
    amount: 12_500,
    currency: 'SEK',
    channel: 'web',
    tender: { method: 'card', token: await api.token('4242424242424242') },
  })
  assert.deepEqual([paid.status, paid.body.status], [201, 'captured'])
  const verified = await command(['verify'], env)
  assert.equal(verified.code, 0, verified.out + verified.err)
  assert.equal(await server.stop(), 0)
})

test('on a database with fsync off live payments are refused and the server is not ready, while test money works', async (t) => {
  // The tests' own cluster runs with fsync, full_page_writes and synchronous_commit off.
  const database = await emptyDatabase()
  t.after(() => database.close())
  const more = { DATABASE_URL: database.url, ONETILL_DATA: join(folder, 'careless') }
  const server = await start(more, '/health/live')
  try {
    const ready = await fetch(`${server.url}/health/ready`)
    assert.equal(ready.status, 503)
    const { checks } = (await ready.json()) as { checks: { durability: string } }
    assert.match(checks.durability, /fsync=off/)

    const keys = await newMerchant(['--live'], more)
    const live = createApi(sendOverHttp(server.url), keys.secret_key, 'live')
    for (const answer of [
      await live.pay({ amount: 1000, currency: 'SEK', channel: 'web' }),
      await live.refund('pay_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S', { amount: 1 }),
      await live.credit({ amount: 1, currency: 'SEK', channel: 'pos', to: { method: 'cash' } }),
      await live.call('POST', '/v1/gift_cards', { amount: 1000, currency: 'SEK' }, { key: 'careless-gift-card' }),
    ]) {
      const { code } = answer.body as Refusal
      assert.deepEqual([answer.status, code], [503, 'storage-not-durable'], answer.text)
    }
    const rehearsal = createApi(sendOverHttp(server.url), keys.test_twin?.secret_key, 'twin')
    const paid = await rehearsal.pay({
      amount: 1000,
      currency: 'SEK',
      channel: 'web',
      tender: { method: 'card', token: await rehearsal.token('4242424242424242') },
    })
    assert.equal(paid.status, 201, paid.text)
  } finally {
    await server.stop()
  }
})
