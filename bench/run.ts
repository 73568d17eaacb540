// `npm run bench`: card sales per second over HTTP, with the baseline measured in the same run on the same machine. One
// table; nothing here gates a test. `--quick` takes seconds instead of minutes and leaves out the million payments. `--search`
// measures the search of the catalogue only, `--orders` orders only, `--sales` card sales only, `--till` a till in a browser only.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findRunning } from '../server/db/embedded.ts'
import { openPool } from '../server/db/pool.ts'
import { systemClock } from '../server/lib/clock.ts'
import { createIds } from '../server/lib/ids.ts'
import { freePort } from '../test/chaos/processes.ts'
import { writeOneByOne } from './baseline.ts'
import type { LoadOrder, LoadResult } from './load.ts'
import { benchOrders } from './orders.ts'
import { preload } from './preload.ts'
import { benchSearch } from './search.ts'
import { benchTill } from './till.ts'

const isQuick = process.argv.includes('--quick')
const isSearchOnly = process.argv.includes('--search')
const PORT = await freePort()
const MERCHANTS = 20
const SECONDS = isQuick ? 4 : 10
const WARM_UP_SECONDS = isQuick ? 2 : 5
const MEMORY_SECONDS = isQuick ? 10 : 60
const HISTORY = isQuick ? 0 : 1_000_000
/** Of four variants each. */
const SEARCH_PRODUCTS = 25_000
const isOrdersOnly = process.argv.includes('--orders')
const isSalesOnly = process.argv.includes('--sales')
const isTillOnly = process.argv.includes('--till')
/** Articles that are there beside the million orders. */
const ARTICLES = isQuick ? 0 : 100_000
const BASELINE_CONCURRENCIES = [4, 8, 16, 32]
const ROOT = join(import.meta.dirname, '..')

const run = promisify(execFile)
const newId = createIds(systemClock)

interface Merchant {
  id: string
  key: string
  customer: string
  instrument: string
}

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'onetill-bench-'))
  const env = { ...process.env, PORT: String(PORT), HOST: '127.0.0.1', ONETILL_DATA: dataDir, ONETILL_LOG: 'warn' }
  const server = spawn(process.execPath, [...process.execArgv, join(ROOT, 'server/main.ts')], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const clear = async () => {
    await stop(server)
    await rm(dataDir, { recursive: true, force: true })
  }
  // Whoever stops the bench, or closes what it prints to, does not want its server and database to stay.
  const giveUp = () => void clear().finally(() => process.exit(1))
  process.once('SIGINT', giveUp).once('SIGTERM', giveUp)
  process.stdout.once('error', giveUp)
  try {
    await waitUntilReady()
    if (!isSearchOnly) {
      const merchants: Merchant[] = []
      for (let i = 0; i < MERCHANTS; i++) merchants.push(await makeMerchant(env, `Bench ${i}`))
      if (!isOrdersOnly) await report(server, dataDir, merchants)
      if (!isSalesOnly) await reportOrders(dataDir, merchants)
    }
    if (!isOrdersOnly && !isSalesOnly) await reportSearch(env, dataDir)
  } finally {
    await clear()
  }
}

async function report(server: ChildProcess, dataDir: string, merchants: Merchant[]): Promise<void> {
  const url = await findRunning(join(dataDir, 'postgres'))
  if (!url) throw new Error('the server’s database does not run')
  const db = openPool(url, { max: 40 })
  const one = merchants.slice(0, 1)
  print(`Card sales over HTTP, ${SECONDS} s each; fsync on; server, database and load on this machine\n`)
  print(row('', 'sales/s', 'p50 ms', 'p99 ms', 'failures'))
  await load(merchants, 64, WARM_UP_SECONDS)
  const rates = new Map<string, number>()
  for (const [who, group] of [
    ['20 merchants', merchants],
    ['one merchant', one],
  ] as const) {
    for (const concurrency of [1, 64, 256]) {
      const result = await load(group, concurrency, SECONDS)
      rates.set(`${who} ${concurrency}`, result.sales / result.seconds)
      print(row(`${who}, concurrency ${concurrency}`, ...figures(result)))
    }
  }

  print('\nBaseline: the same rows from the driver, one transaction per sale\n')
  print(row('', 'sales/s'))
  const best = new Map<string, number>()
  for (const [who, group] of [
    ['20 merchants', merchants],
    ['one merchant', one],
  ] as const) {
    for (const concurrency of BASELINE_CONCURRENCIES) {
      const rate = await writeOneByOne(db, newId, {
        merchants: group.map(({ id }) => id),
        concurrency,
        seconds: SECONDS / 2,
      })
      best.set(who, Math.max(best.get(who) ?? 0, rate))
      print(row(`${who}, concurrency ${concurrency}`, rate.toFixed(0)))
    }
  }
  print('')
  for (const who of ['20 merchants', 'one merchant']) {
    print(
      `${who}, concurrency 256 over the baseline at its best: ${((rates.get(`${who} 256`) ?? 0) / (best.get(who) ?? 1)).toFixed(2)} ×`,
    )
  }

  print(`\nMemory over ${MEMORY_SECONDS} s of that load\n`)
  const memory = watchMemory(server.pid as number)
  await load(merchants, 256, MEMORY_SECONDS)
  const samples = await memory.stop()
  const quarter = Math.max(1, Math.floor(samples.length / 4))
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  print(
    `largest ${Math.max(...samples).toFixed(0)} MB; first quarter ${mean(samples.slice(0, quarter)).toFixed(0)} MB, last quarter ${mean(samples.slice(-quarter)).toFixed(0)} MB`,
  )

  if (HISTORY > 0) {
    print(`\nWith ${HISTORY.toLocaleString('en')} payments already there\n`)
    await preload(
      url,
      merchants.map(({ id }) => id),
      HISTORY,
      (done) => process.stderr.write(`\r${done.toLocaleString('en')} payments filled in`),
    )
    process.stderr.write('\n')
    await load(merchants, 64, WARM_UP_SECONDS)
    const result = await load(merchants, 256, SECONDS)
    print(row('20 merchants, concurrency 256', ...figures(result)))
    print(
      `that is ${((result.sales / result.seconds / (rates.get('20 merchants 256') ?? 1)) * 100).toFixed(0)} % of the empty figure`,
    )
  }
  await db.end()
}

async function reportSearch(env: NodeJS.ProcessEnv, dataDir: string): Promise<void> {
  const url = await findRunning(join(dataDir, 'postgres'))
  if (!url) throw new Error('the server’s database does not run')
  const db = openPool(url, { max: 2 })
  const { id, key } = await makeMerchant(env, 'Bench catalogue')
  await benchSearch({
    db,
    newId,
    merchantId: id,
    products: SEARCH_PRODUCTS,
    queriesPerKind: isQuick ? 100 : 500,
    print,
    async ask(path) {
      const answer = await fetch(`http://127.0.0.1:${PORT}${path}`, { headers: { authorization: `Bearer ${key}` } })
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
      await answer.arrayBuffer()
    },
  })
  await db.end()
}

async function reportOrders(dataDir: string, merchants: Merchant[]): Promise<void> {
  const adminUrl = await findRunning(join(dataDir, 'postgres'))
  if (!adminUrl) throw new Error('the server’s database does not run')
  print(`\nPaid orders over HTTP: cart with a line, order, payment; ${SECONDS} s each\n`)
  print(row('', 'orders/s', 'p50 ms', 'p99 ms', 'failures'))
  await benchOrders({
    port: PORT,
    merchants,
    seconds: SECONDS,
    warmUpSeconds: WARM_UP_SECONDS,
    history: { variants: ARTICLES, orders: HISTORY },
    adminUrl,
    newRun: () => newId('req'),
    post,
    print: (label, result) => print(result === null ? label : row(label, ...figures(result))),
  })
}

async function load(merchants: Merchant[], concurrency: number, seconds: number): Promise<LoadResult> {
  const order: LoadOrder = { port: PORT, merchants, concurrency, seconds, run: newId('req') }
  const { stdout } = await run(process.execPath, [join(ROOT, 'bench/load.ts'), JSON.stringify(order)], {
    maxBuffer: 1 << 20,
  })
  return JSON.parse(stdout) as LoadResult
}

async function makeMerchant(env: NodeJS.ProcessEnv, name: string): Promise<Merchant> {
  const { stdout } = await run(
    process.execPath,
    [...process.execArgv, join(ROOT, 'server/cli/merchant.ts'), 'create', '--name', name, '--currency', 'EUR'],
    { env },
  )
  const { merchant_id, secret_key } = JSON.parse(stdout) as { merchant_id: string; secret_key: string }
  const customer = await post(secret_key, '/v1/customers', { name })
  const token = await post(secret_key, '/v1/tokens', {
    card: { number: '4242424242424242', exp_month: 12, exp_year: 2035 },
  })
  const instrument = await post(secret_key, `/v1/customers/${customer.id}/instruments`, { token: token.id })
  return { id: merchant_id, key: secret_key, customer: customer.id, instrument: instrument.id }
}

async function post(key: string, path: string, body: object): Promise<{ id: string }> {
  const answer = await fetch(`http://127.0.0.1:${PORT}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': newId('req') },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as { id: string }
}

async function waitUntilReady(): Promise<void> {
  for (let i = 0; i < 300; i++) {
    const answer = await fetch(`http://127.0.0.1:${PORT}/health/ready`).catch(() => undefined)
    if (answer?.ok) return
    await systemClock.sleep(100)
  }
  throw new Error('the server did not become ready in 30 s')
}

/** Resident memory of the server in MB, sampled every half second (Linux). */
function watchMemory(pid: number): { stop(): Promise<number[]> } {
  const samples: number[] = []
  const done = new AbortController()
  const loop = (async () => {
    while (!done.signal.aborted) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      samples.push(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
      await systemClock.sleep(500, done.signal)
    }
  })()
  return {
    async stop() {
      done.abort()
      await loop
      return samples
    },
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGTERM')
  await ended
}

function figures(result: LoadResult): string[] {
  return [
    (result.sales / result.seconds).toFixed(0),
    result.p50_ms.toFixed(1),
    result.p99_ms.toFixed(1),
    String(result.failures),
  ]
}

function row(label: string, ...cells: string[]): string {
  return `${label.padEnd(34)}${cells.map((cell) => cell.padStart(10)).join('')}`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

if (!isTillOnly) await main()
if (isTillOnly || ![isSearchOnly, isOrdersOnly, isSalesOnly].includes(true))
  await benchTill({ variants: 50_000, customers: 100_000, queriesPerKind: isQuick ? 50 : 300, print })
