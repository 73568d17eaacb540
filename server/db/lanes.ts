// Group commit. Concurrent commands are collected into one transaction per lane (lane = hash of merchant), one set-based
// SQL function call per merchant and function in it, one batch in flight per lane, no timer: the next batch is what
// queued while the last one committed. A batch of one is the ordinary case; there is no second code path. A caller is
// answered only after the commit that holds its row. If a batch fails as a whole its rows are retried one by one, so
// that a poisoned row fails alone.

import type pg from 'pg'
import type { Db } from './pool.ts'

/** One row for a set-based function, JSON-able. `n` is set by the lane: the row's place in the call, echoed in the result. */
export type LaneRow = Record<string, unknown>
/** One result row; must carry the `n` of the row it answers. */
export type LaneResult = Record<string, unknown> & { n: number }

export interface Lanes {
  /**
   * Adds `row` to the merchant's next batch and resolves with the function's answer for it once committed.
   * `fn` is the name of an SQL function `(p_merchant text, p_rows json) returns table (n int, …)`.
   * `exclusive`: rows with the same value never share a batch (one command per payment), later ones wait for the next.
   */
  commit(fn: string, merchantId: string, row: LaneRow, exclusive?: string): Promise<LaneResult>
  /** Resolves when nothing is queued or in flight. */
  drain(): Promise<void>
  /** Figures for /metrics. */
  stats(): { batches: number; rows: number; queued: number }
}

interface Waiting {
  fn: string
  merchantId: string
  row: LaneRow
  exclusive: string | undefined
  resolve: (result: LaneResult) => void
  reject: (error: Error) => void
}

/** More rows than this in one batch only add latency: past 256 the measured throughput is flat. */
const MAX_BATCH = 256

/** SQLSTATEs after which the same transaction may simply be run again: serialization failure and deadlock. */
const RETRYABLE = new Set(['40001', '40P01'])
const MAX_TRIES = 5

export function createLanes(db: Db, options: { lanes?: number } = {}): Lanes {
  const laneCount = options.lanes ?? 4
  const queues: Waiting[][] = Array.from({ length: laneCount }, () => [])
  const running: boolean[] = new Array<boolean>(laneCount).fill(false)
  const stats = { batches: 0, rows: 0 }
  let idle: (() => void)[] = []

  async function runLane(lane: number): Promise<void> {
    running[lane] = true
    const queue = queues[lane] as Waiting[]
    // Commands made in the same turn of the event loop join the first batch.
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (queue.length > 0) {
      const batch = takeBatch(queue)
      stats.batches++
      stats.rows += batch.length
      await settleBatch(db, batch)
    }
    running[lane] = false
    if (queues.every((q) => q.length === 0) && running.every((r) => !r)) {
      for (const wake of idle) wake()
      idle = []
    }
  }

  return {
    commit(fn, merchantId, row, exclusive) {
      const lane = hash(merchantId) % laneCount
      return new Promise((resolve, reject) => {
        ;(queues[lane] as Waiting[]).push({ fn, merchantId, row, exclusive, resolve, reject })
        if (!running[lane]) void runLane(lane)
      })
    },
    drain() {
      if (queues.every((q) => q.length === 0) && running.every((r) => !r)) return Promise.resolve()
      return new Promise((resolve) => idle.push(resolve))
    },
    stats: () => ({ ...stats, queued: queues.reduce((sum, q) => sum + q.length, 0) }),
  }
}

/** Takes the oldest rows, leaving behind any whose `exclusive` is already in the batch, in their order. */
function takeBatch(queue: Waiting[]): Waiting[] {
  const batch: Waiting[] = []
  const held: Waiting[] = []
  const taken = new Set<string>()
  while (queue.length > 0 && batch.length < MAX_BATCH) {
    const next = queue.shift() as Waiting
    const key = next.exclusive === undefined ? undefined : `${next.merchantId}/${next.exclusive}`
    if (key !== undefined && taken.has(key)) {
      held.push(next)
      continue
    }
    if (key !== undefined) taken.add(key)
    batch.push(next)
  }
  queue.unshift(...held)
  return batch
}

async function settleBatch(db: Db, batch: Waiting[]): Promise<void> {
  let results: LaneResult[]
  try {
    results = await runBatch(db, batch)
  } catch (error) {
    if (batch.length === 1) {
      ;(batch[0] as Waiting).reject(error as Error)
      return
    }
    // One row poisons the whole transaction; alone, each row answers for itself.
    for (const waiting of batch) await settleBatch(db, [waiting])
    return
  }
  batch.forEach((waiting, i) => {
    waiting.resolve(results[i] as LaneResult)
  })
}

/** One transaction for the batch; merchants in sorted order so that two processes lock in the same order. */
async function runBatch(db: Db, batch: Waiting[]): Promise<LaneResult[]> {
  const calls = groupCalls(batch)
  for (let attempt = 1; ; attempt++) {
    const client = await db.connect()
    let broken: Error | undefined
    try {
      const results = new Array<LaneResult>(batch.length)
      // A single call is its own transaction: one round trip instead of three.
      if (calls.length > 1) await client.query('begin')
      for (const call of calls) await runCall(client, call, results)
      if (calls.length > 1) await client.query('commit')
      return results
    } catch (error) {
      await client.query('rollback').catch((rollbackError: Error) => {
        broken = rollbackError
      })
      const code = (error as { code?: string }).code
      if (code === undefined || !RETRYABLE.has(code) || attempt === MAX_TRIES) throw error
    } finally {
      client.release(broken)
    }
  }
}

interface Call {
  fn: string
  merchantId: string
  rows: LaneRow[]
}

function groupCalls(batch: Waiting[]): Call[] {
  const calls = new Map<string, Call>()
  batch.forEach((waiting, n) => {
    const key = `${waiting.merchantId}/${waiting.fn}`
    let call = calls.get(key)
    if (!call) {
      call = { fn: waiting.fn, merchantId: waiting.merchantId, rows: [] }
      calls.set(key, call)
    }
    call.rows.push({ ...waiting.row, n })
  })
  return [...calls.keys()].sort().map((key) => calls.get(key) as Call)
}

async function runCall(client: pg.PoolClient, call: Call, results: LaneResult[]): Promise<void> {
  const answer = await client.query<LaneResult>({
    name: call.fn,
    text: `select * from ${call.fn}($1, $2)`,
    values: [call.merchantId, JSON.stringify(call.rows)],
  })
  for (const result of answer.rows) results[result.n] = result
  for (const row of call.rows) {
    if (!results[row['n'] as number]) throw new Error(`${call.fn} gave no answer for a row`)
  }
}

/** FNV-1a, enough to spread merchants over a few lanes. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}
