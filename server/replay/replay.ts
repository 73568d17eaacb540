// The replay from file to verdict: read, plan, carry out, compare. Numbers come out; report.ts puts them into words.

import { join } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import { readPlaces } from './api.ts'
import { createBuyers } from './buyers.ts'
import type { Client } from './client.ts'
import { type Comparison, compareWithLedger } from './compare.ts'
import { compareWithStock, type StockComparison } from './compare-stock.ts'
import { openGoods } from './goods.ts'
import { type Done, type Journal, openJournal } from './journal.ts'
import { replayName } from './name.ts'
import { type Plan, planReplay } from './plan.ts'
import { readTransactions } from './read-file.ts'
import { type Progress, type RunResult, runPlan } from './run.ts'
import { type Movement, movementsOf } from './tally.ts'
import { gatherTrade, type Trade } from './trade.ts'
import { openWallet } from './wallet.ts'

export interface ReplayDeps {
  client: Client
  clock: Clock
  onStep(progress: Progress): void
  /** Told once the file is read and understood. */
  onPlan(plan: Plan, trade: Trade): void
}

export interface ReplayOptions {
  path: string
  seed: number
  concurrency: number
  patienceMs: number
  /** Folder for the journals, one per merchant, file and seed. */
  journalFolder: string
}

export interface BadRow {
  line: number
  reason: string
}

export interface ReplayResult {
  trade: Trade
  plan: Plan
  run: RunResult
  movements: Movement[]
  comparison: Comparison
  stock: StockComparison
  bad: BadRow[]
  badCount: number
  repeated: number
  durationMs: number
}

/** More bad rows than this are counted and not listed. */
const MOST_BAD = 1_000

/** Replays a file. Throws a sentence when the file or the merchant cannot be used at all; anything later is in the result. */
export async function replay(deps: ReplayDeps, options: ReplayOptions): Promise<ReplayResult> {
  const { client, clock } = deps
  const bad: BadRow[] = []
  let badCount = 0
  const gathering = gatherTrade()
  const digest = await readTransactions(options.path, {
    row: gathering.add,
    bad(line, reason) {
      if (badCount++ < MOST_BAD) bad.push({ line, reason })
    },
  })
  const trade = gathering.close()
  const plan = planReplay(trade)
  deps.onPlan(plan, trade)

  const name = replayName(digest, options.seed)
  const { merchantId, places, storeIds } = await readPlaces(client)
  const journal = await openJournal(join(options.journalFolder, `${merchantId}-${name.id}.jsonl`))
  const started = clock.now().getTime()
  try {
    if (!(await isOfThisServer(client, journal))) journal.done.clear()
    const wallet = await openWallet(client)
    const goods = await openGoods({ client, clock, name }, trade, plan, storeIds)
    const buyers = createBuyers(client)
    const run = await runPlan({ ...deps, places, wallet, trade, goods, buyers, name, journal }, plan, options)
    const movements = movementsOf(trade, run)
    const durationMs = clock.now().getTime() - started
    const comparison = await compareWithLedger(client, movements)
    const stock = await compareWithStock(client, { trade, plan, run, goods })
    return { trade, plan, run, movements, comparison, stock, bad, badCount, repeated: client.repeated(), durationMs }
  } finally {
    await journal.close()
  }
}

/** A journal outlives a database that was restored from an older copy; the last payment it names tells. */
async function isOfThisServer(client: Client, journal: Journal): Promise<boolean> {
  const last = [...journal.done.values()].map(paymentOf).findLast((id) => id !== undefined)
  return last === undefined || (await client.get(`/v1/payments/${last}`)).status === 200
}

function paymentOf(done: Done): string | undefined {
  if (done.kind === 'correction') return undefined
  return done.kind === 'sale' ? done.paymentId : done.given.at(-1)?.paymentId
}
