// kill -9 under load. The server and its database die at seeded moments while a crowd pays, captures and refunds against
// a provider in a process of its own. Afterwards everything acknowledged is there, nothing was charged twice, our books
// are the provider's journal to the cent, and every invariant holds.
//
// ONETILL_CHAOS_VISITS (180) and ONETILL_CHAOS_KILLS (4) make it longer; ONETILL_SEED repeats a run.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { readRunFile } from '../../server/db/locate.ts'
import { systemClock } from '../../server/lib/clock.ts'
import type { PaymentView } from '../../server/payments/payment.ts'
import { createApi, type Page, sendOverHttp } from '../api.ts'
import { type Command, type Crowd, makeCrowd, seeded } from './customers.ts'
import { command, freePort, postmasterPid, type Running, startServer, startSimulator } from './processes.ts'

const VISITS = Number(process.env['ONETILL_CHAOS_VISITS'] ?? 180)
const KILLS = Number(process.env['ONETILL_CHAOS_KILLS'] ?? 4)
const SEED = Number(process.env['ONETILL_SEED'] ?? Date.now() % 1_000_000)
const AT_ONCE = 16
/** More than any one request needs on a busy machine. */
const REQUEST_MS = 10_000

interface JournalRow {
  operation_id: string
  payment_id: string
  kind: string
  amount: string
  effect: string
}

test('after kill -9 of server and database under load nothing acknowledged is lost and nothing is charged twice', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'onetill-chaos-'))
  const dataDir = join(folder, 'data')
  const port = await freePort()
  const env = { PORT: String(port), ONETILL_DATA: dataDir }
  const simulator = await startSimulator(await freePort(), join(folder, 'provider'))
  let server: Running | undefined
  t.after(async () => {
    await server?.stop().catch(() => {})
    await simulator.stop()
    await rm(folder, { recursive: true, force: true })
  })
  t.diagnostic(`seed ${SEED} (ONETILL_SEED=${SEED} repeats it)`)
  server = await startServer(env)
  t.diagnostic(`first start: ready after ${Math.round(server.readyMs)} ms`)

  // While the server runs, a further merchant is made; its charges go to the provider outside.
  const made = await command(['merchant', 'create', '--name', 'Chaos Retail', '--currency', 'EUR'], env)
  assert.equal(made.code, 0, made.err)
  const { secret_key } = JSON.parse(made.out) as { secret_key: string }
  const send = sendOverHttp(server.url, REQUEST_MS)
  const api = createApi(send, secret_key, 'setup')
  await chargeAt(api, simulator.url)
  // Some answers get lost besides.
  await setFaults(simulator.url, {
    seed: SEED,
    rates: { lost_after: 0.02, http5xx_after: 0.02, duplicate_webhook: 0.05 },
  })

  const crowd = makeCrowd(send, secret_key, { visits: VISITS, seed: SEED })
  const isDone = crowd.run(AT_ONCE).then(() => true)
  const kills = await killMeanwhile(crowd, isDone, env, server, (running) => (server = running))
  await isDone
  t.diagnostic(`${crowd.answered()} answers, killed: ${kills.join(', ')}; repeated: ${JSON.stringify(crowd.repeats)}`)
  assert.equal(kills.length, KILLS, 'every kill found the crowd at work')

  // A repeat may send what never arrived: an answer that got lost then would be asked about after this test.
  await setFaults(simulator.url, { seed: SEED, rates: {} })
  await letTimePass(dataDir)
  await assertAcknowledgedHolds(api, crowd)
  // After the repeats: one of a command that was cut off takes it up and sends it.
  const journal = await journalOf(simulator.url)
  const inDoubt = await assertBooksAreTheJournal(api, crowd, journal)
  t.diagnostic(
    `${journal.length} effects at the provider; ${inDoubt} operations never arrived there and are still asked about`,
  )

  const verified = await command(['verify'], env)
  assert.equal(verified.code, 0, verified.out + verified.err)
})

/** Replaces the accounts of a fresh merchant by one at the provider outside. */
async function chargeAt(api: ReturnType<typeof createApi>, url: string): Promise<void> {
  const { body } = await api.get<Page<{ id: string; connector: string }>>('/v1/connector_accounts')
  for (const { id } of body.data.filter(({ connector }) => connector === 'simulator')) {
    const off = await api.call('PATCH', `/v1/connector_accounts/${id}`, { is_enabled: false })
    assert.equal(off.status, 200, off.text)
  }
  const config = { url, webhook_secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` }
  const account = { connector: 'simulator', name: 'Outside', priority: 1, config }
  const made = await api.call('POST', '/v1/connector_accounts', account)
  assert.equal(made.status, 201, made.text)
}

async function setFaults(url: string, plan: object): Promise<void> {
  const answer = await fetch(`${url}/faults`, { method: 'PUT', body: JSON.stringify({ plan }) })
  assert.equal(answer.status, 200, await answer.text())
}

/** Kills at seeded points of the crowd's progress, and starts again what does not come back by itself. */
async function killMeanwhile(
  crowd: Crowd,
  isDone: Promise<boolean>,
  env: { PORT: string; ONETILL_DATA: string },
  first: Running,
  started: (running: Running) => void,
): Promise<string[]> {
  const random = seeded(SEED + 1)
  const killed: string[] = []
  let server = first
  let isOver = false
  void isDone.then(() => (isOver = true))
  // Each visit has about two and a half answers; the points are spread over the first two thirds.
  const span = (VISITS * 1.6) / KILLS
  for (let n = 0; n < KILLS; n++) {
    const point = Math.floor(span * (n + random()))
    while (crowd.answered() < point && !isOver) await systemClock.sleep(1)
    if (isOver) break
    const what = n % 2 === 0 ? 'server' : random() < 0.5 ? 'database' : 'both'
    const pid = await postmasterPid(env.ONETILL_DATA)
    if (what !== 'server') {
      assert.ok(pid, 'the database runs')
      process.kill(pid, 'SIGKILL')
    }
    if (what !== 'database') {
      await server.kill()
      server = await startServer(env)
      started(server)
    }
    killed.push(what)
  }
  return killed
}

/**
 * Lets the time come at which operations in doubt are asked about: minutes for those that were under way in a killed
 * process, which this test does not wait out. Returns when every operation the provider knows has its answer.
 */
async function letTimePass(dataDir: string): Promise<void> {
  const run = await readRunFile(dataDir)
  assert.ok(run)
  const client = new pg.Client({ connectionString: run.databaseUrl })
  await client.connect()
  try {
    // Several rounds, because a webhook and a poll about the same payment may follow each other.
    for (let round = 0; round < 3; round++) {
      await client.query(`update operation_ask set ask_at = now() - interval '1 second', attempt = 0`)
      for (let waited = 0; waited < 20_000; waited += 50) {
        const { rows } = await client.query<{ due: number }>(
          `select (select count(*) from operation_ask where ask_at <= now())::int
                + (select count(*) from inbound_event where applied_at is null and next_attempt_at <= now())::int as due`,
        )
        if (rows[0]?.due === 0) break
        await systemClock.sleep(50)
      }
    }
  } finally {
    await client.end()
  }
}

/** Every acknowledged command is repeated: the same effect, and the very same words where they were final. */
async function assertAcknowledgedHolds(api: ReturnType<typeof createApi>, crowd: Crowd): Promise<void> {
  const commands = crowd.visits.flatMap((visit) => visit.commands)
  let acknowledged = 0
  const check = async (command: Command) => {
    const before = command.acknowledged
    const again = await crowd.repeat(command)
    if (!before) return
    acknowledged++
    const where = `${command.path} ${command.key}: was ${before.status} ${before.text}, is ${again.status} ${again.text}`
    if (before.status === 200 || before.status === 201) {
      assert.deepEqual([again.status, again.text], [before.status, before.text], where)
      const now = await api.payment(again.body.id)
      assert.ok(now.amount_captured >= (before.payment?.amount_captured ?? 0), where)
      assert.ok(now.amount_refunded >= (before.payment?.amount_refunded ?? 0), where)
    } else if (before.status === 202) {
      assert.equal(again.body.id, before.payment?.id, where)
      assert.ok([200, 201, 202].includes(again.status), where)
    } else {
      assert.ok(before.status < 500, where)
    }
  }
  for (let first = 0; first < commands.length; first += AT_ONCE) {
    await Promise.all(commands.slice(first, first + AT_ONCE).map(check))
  }
  assert.ok(acknowledged > VISITS, `only ${acknowledged} commands were acknowledged`)
}

/** Compares every payment with what really happened. Returns how many operations are still in doubt. */
async function assertBooksAreTheJournal(
  api: ReturnType<typeof createApi>,
  crowd: Crowd,
  journal: JournalRow[],
): Promise<number> {
  const effects = new Map<string, JournalRow>()
  for (const row of journal) {
    const name = `${row.operation_id} ${row.effect}`
    assert.ok(!effects.has(name), `${name} happened twice`)
    effects.set(name, row)
  }
  const sum = (paymentId: string, effect: string) =>
    journal
      .filter((row) => row.payment_id === paymentId && row.effect === effect)
      .reduce((total, row) => total + Number(row.amount), 0)

  let inDoubt = 0
  const known = new Set<string>()
  for (const visit of crowd.visits) {
    const { body } = await api.get<Page<PaymentView>>(`/v1/payments?reference=${visit.reference}`)
    assert.ok(body.data.length <= 1, `${visit.reference} was begun ${body.data.length} times`)
    const [payment] = body.data
    if (!payment) {
      assert.ok(!visit.commands.some((one) => one.acknowledged), `${visit.reference} was acknowledged and is lost`)
      continue
    }
    known.add(payment.id)
    const really = { captured: sum(payment.id, 'captured'), refunded: sum(payment.id, 'refunded') }
    const where = `${payment.id} (${visit.reference}): ${JSON.stringify(payment)}`
    assert.deepEqual({ captured: payment.amount_captured, refunded: payment.amount_refunded }, really, where)
    assert.ok(really.captured <= visit.amount, `${visit.reference} was charged twice`)
    assert.equal(payment.amount_authorized, sum(payment.id, 'authorized') || sum(payment.id, 'captured'), where)
    if (payment.amount_in_flight > 0) inDoubt++
  }
  for (const row of journal) assert.ok(known.has(row.payment_id), `the provider has ${row.payment_id}, and we do not`)
  return inDoubt
}

async function journalOf(url: string): Promise<JournalRow[]> {
  const all: JournalRow[] = []
  for (;;) {
    const answer = await fetch(`${url}/journal?limit=10000&after=${all.length}`)
    const { data } = (await answer.json()) as { data: JournalRow[] }
    all.push(...data)
    if (data.length === 0) return all
  }
}
