// The server dies in the middle of a replay, by its process id and without a word, and is started again. The replay is
// not told; it repeats what was not answered until everything is paid, once.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { command, freePort, type Running, startServer } from '../../test/chaos/processes.ts'
import { readRunFile } from '../db/locate.ts'
import { openPool } from '../db/pool.ts'
import { systemClock } from '../lib/clock.ts'

const SALES = 160
const RETURNS = SALES / 4
/** Killed once so many sales are captured: in the middle, whatever the speed of the machine. */
const KILL_AFTER = 50
const LOOK_MS = 10
const SIMULATOR_KEY = 'sim_replay_server_killed'
/** Far below the quarter of an hour after which a command that is not repeated would be given up. */
const TIMEOUT_MS = 180_000

/** Sales of 6.50, of which each fourth is returned in part. */
function salesAndReturns(): string {
  const rows = ['InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country']
  for (let i = 0; i < SALES; i++) {
    rows.push(`${800_000 + i},85123A,HOLDER,2,2010-12-01 10:00:00,3.25,${17_000 + i},United Kingdom`)
    if (i % 4 === 0) rows.push(`C${900_000 + i},85123A,HOLDER,-1,2010-12-01 11:00:00,3.25,${17_000 + i},United Kingdom`)
  }
  return `${rows.join('\n')}\n`
}

test('a replay whose server is killed in the middle ends equal when the server is started again', {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'onetill-server-killed-'))
  const dataDir = join(folder, 'data')
  const file = join(folder, 'sales.csv')
  await writeFile(file, salesAndReturns())
  const env = { PORT: String(await freePort()), ONETILL_DATA: dataDir, ONETILL_SIMULATOR_KEY: SIMULATOR_KEY }
  let server: Running | undefined = await startServer(env)
  const clear = async () => {
    await server?.stop().catch(() => {})
    await rm(folder, { recursive: true, force: true })
  }
  t.after(clear)
  // A merchant without a shop: what a killed server had sent to a terminal waits for minutes by design, and is no news here.
  const made = await command(['merchant', 'create', '--name', 'Replay Online', '--currency', 'GBP'], env)
  assert.equal(made.code, 0, made.err)
  const { secret_key } = JSON.parse(made.out) as { secret_key: string }

  // Some charges take effect and are not answered before the server is killed, so that there is something to lose.
  await setFaults(server.url, { seed: 1, rates: { slow: 0.15 }, slow_ms: TIMEOUT_MS })
  let isOver = false
  // A test that fails early, or runs out of time, ends its replay. What it does itself goes on after its time is over unless told.
  const ending = new AbortController()
  t.signal.addEventListener('abort', () => ending.abort(), { once: true })
  t.after(() => ending.abort())
  const keys = { ...env, ONETILL_URL: server.url, ONETILL_KEY: secret_key }
  const replay = command(['replay', file], keys, ending.signal).finally(() => {
    isOver = true
  })
  await untilCaptured(dataDir, () => isOver)
  t.signal.throwIfAborted()
  await server.kill()
  const killedAt = systemClock.now()
  server = undefined
  server = await startServer(env)
  if (t.signal.aborted) await clear()
  t.signal.throwIfAborted()
  await setFaults(server.url, { seed: 0, rates: {} })
  assert.equal(isOver, false, 'it was killed in the middle')
  const aging = letTimePass(dataDir, killedAt, () => isOver)
  const { code, out, err } = await replay
  const aged = await aging
  t.diagnostic(`${aged} commands had no answer; ${/Requests repeated.*/.exec(out)?.[0]}`)
  assert.equal(code, 0, out + err)
  assert.ok(aged > 0, 'commands were under way when the server was killed')
  assert.match(out, /Result: equal/)
  assert.match(out, new RegExp(`sales charged +${SALES} +1,040\\.00\\n.*earlier sales +${RETURNS} +-130\\.00\\n`))

  const verified = await command(['verify'], env)
  assert.equal(verified.code, 0, verified.out + verified.err)
})

async function setFaults(url: string, plan: object): Promise<void> {
  const answer = await fetch(`${url}/simulator/faults`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${SIMULATOR_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ plan }),
  })
  assert.equal(answer.status, 200, await answer.text())
}

async function withDatabase<T>(dataDir: string, use: (db: ReturnType<typeof openPool>) => Promise<T>): Promise<T> {
  const run = await readRunFile(dataDir)
  assert.ok(run)
  const db = openPool(run.databaseUrl, { max: 1 })
  return use(db).finally(() => db.end())
}

async function untilCaptured(dataDir: string, isOver: () => boolean): Promise<void> {
  await withDatabase(dataDir, async (db) => {
    while (!isOver()) {
      const { rows } = await db.query<{ n: number }>("select count(*)::int as n from payment where status = 'captured'")
      if ((rows[0]?.n ?? 0) >= KILL_AFTER) return
      await systemClock.sleep(LOOK_MS)
    }
  })
}

/** Commands of the dead process may be answered until their deadline of half a minute. This is that half minute. */
async function letTimePass(dataDir: string, killedAt: Date, isOver: () => boolean): Promise<number> {
  return withDatabase(dataDir, async (db) => {
    let aged = 0
    while (!isOver()) {
      const { rowCount } = await db.query(
        `update operation_ask set ask_at = $1 from operation o
         where o.merchant_id = operation_ask.merchant_id and o.id = operation_id and o.state = 'dispatched'
           and o.created_at < $1 and ask_at > $1`,
        [killedAt],
      )
      aged += rowCount ?? 0
      await systemClock.sleep(LOOK_MS * 50)
    }
    return aged
  })
}
