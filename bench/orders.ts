// The section of orders in the bench: a purchase is three requests, cart with a line, order, payment; the order is confirmed by
// the worker meanwhile. In full also with a hundred thousand articles and a million orders already there.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { LoadResult } from './load.ts'
import type { OrderLoad } from './order-load.ts'
import { fillShelves, preloadOrders } from './preload-orders.ts'

const run = promisify(execFile)
/** More than a shop sells on a day, and few enough to be made over HTTP. */
const ARTICLES = 20

export interface OrdersBench {
  port: number
  merchants: { id: string; key: string; customer: string; instrument: string }[]
  seconds: number
  warmUpSeconds: number
  /** Articles and orders that are there before the last figures; 0 leaves these out. */
  history: { variants: number; orders: number }
  adminUrl: string
  newRun(): string
  post(key: string, path: string, body: object): Promise<unknown>
  print(label: string, result: LoadResult | null): void
}

/** Measures and prints the section. */
export async function benchOrders(bench: OrdersBench): Promise<void> {
  const merchants: OrderLoad['merchants'] = []
  for (const merchant of bench.merchants)
    merchants.push({ ...merchant, variants: await makeArticles(bench, merchant.key) })
  const ids = bench.merchants.map(({ id }) => id)
  await fillShelves(bench.adminUrl, ids)
  const one = merchants.slice(0, 1)
  await load(bench, merchants, 64, bench.warmUpSeconds)
  for (const [who, group] of [
    ['20 merchants', merchants],
    ['one merchant', one],
  ] as const) {
    for (const concurrency of [1, 64])
      bench.print(`${who}, concurrency ${concurrency}`, await load(bench, group, concurrency, bench.seconds))
  }
  if (bench.history.orders === 0) return
  await preloadOrders(bench.adminUrl, ids, bench.history, (done) =>
    process.stderr.write(`\r${done.toLocaleString('en')} rows filled in`),
  )
  process.stderr.write('\n')
  await load(bench, merchants, 64, bench.warmUpSeconds)
  bench.print('with history, concurrency 64', await load(bench, merchants, 64, bench.seconds))
}

async function makeArticles(bench: OrdersBench, key: string): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < ARTICLES; i++) {
    const { variants } = (await bench.post(key, '/v1/products', {
      name: `Kettle ${i}`,
      variants: [{ sku: `KETTLE-${i}`, track: 'quantity', prices: [{ currency: 'EUR', unit_price: '49.95' }] }],
    })) as { variants: { id: string }[] }
    for (const { id } of variants) ids.push(id)
  }
  return ids
}

async function load(
  bench: OrdersBench,
  merchants: OrderLoad['merchants'],
  concurrency: number,
  seconds: number,
): Promise<LoadResult> {
  const order: OrderLoad = { port: bench.port, merchants, concurrency, seconds, run: bench.newRun() }
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'order-load.ts'), JSON.stringify(order)], {
    maxBuffer: 1 << 20,
  })
  return JSON.parse(stdout) as LoadResult
}
