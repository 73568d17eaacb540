// Group commit. Concurrent commands are collected into one call of a set-based SQL function, which is one transaction: one
// batch in flight per lane (lane = hash of merchant), no timer, the next batch is what queued while the last one committed.
// Commands of a lane keep their order where they could be about the same thing; a function whose commands cannot be about
// anything another function knows has a lane apart, so that sales are begun while others are settled.
// A batch of one is the ordinary case; there is no second code path. A caller is answered only after the commit that holds
// its row. If a batch fails as a whole its rows are retried one by one, so that a poisoned row fails alone; a function must
// therefore answer a row it has committed before with that row's success.

import type pg from 'pg'
import { type Db, wasLetGo } from './pool.ts'
import { type Column, rowsLiteral } from './row-literal.ts'

/**
 * One row for a set-based function, JSON-able; the lane keeps it. It adds `n`, the row's place in the call, which is echoed in
 * the result, and to rows that may be of several merchants or have a type of their own `merchant_id`.
 */
export type LaneRow = Record<string, unknown>
/** One result row; must carry the `n` of the row it answers. */
export type LaneResult = Record<string, unknown> & { n: number }

export interface Lanes {
  /**
   * Adds `row` to the merchant's next batch and resolves with the function's answer for it once committed.
   * `fn` is the name of an SQL function `(p_merchant text, p_rows json) returns table (n int, …)`; instead of JSON it may take
   * an array of a composite type, which is read faster, and columns are then found by name. A function named in
   * `mixed` gets rows of several merchants in one call, each with its `merchant_id`, and null for p_merchant.
   * `exclusive`: rows with the same value never share a batch (one command per payment), later ones wait for the next.
   */
  commit(fn: string, merchantId: string, row: LaneRow, exclusive?: string): Promise<LaneResult>
  /** Resolves when nothing is queued or in flight, and gives back the connections that lanes kept. */
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

interface Lane {
  queue: Waiting[]
  isRunning: boolean
  /**
   * Held from batch to batch while the queue lasts, so that the next one can be sent in the same turn; for good where lanes have
   * connections of their own.
   */
  client: pg.PoolClient | undefined
  /** Listens on it; taken off when it is given back, so that a connection had many times is not listened to many times. */
  onError: ((error: Error) => void) | undefined
  /** Answers the callers of the batch that committed last, once. */
  answerLast: () => void
}

/**
 * Half of the callers we measure with (256), so that some sales are begun while others are settled. Larger batches make all
 * of them wait for one function at a time; smaller ones pay more often for a call, which costs the database 1.5 ms.
 */
const MAX_BATCH = 128

const MAX_TRIES = 5

export interface LanesOptions {
  /** Lanes by merchant. Default 1: with the one apart that makes two calls at a time, and more only make batches smaller. */
  lanes?: number
  /**
   * Functions that take rows of several merchants at once. On a database sharded by merchant leave it empty: then every call
   * is about one merchant, named by its scalar argument.
   */
  mixed?: ReadonlySet<string>
  /** Functions with a lane apart: those that make what no other command can be about yet. */
  apart?: ReadonlySet<string>
  /**
   * Connections for lanes alone, one for each at least; every lane then keeps its own. A connection plans each statement of a
   * function when it first comes to it, some 30 ms for a sale: work that a lane does once instead of once per connection of a pool.
   */
  connections?: Db
}

const DEFAULT_LANES = 1

/** What a batch needs to know besides its rows. */
interface Calls {
  db: Db
  /** Whether lanes keep their connections. */
  keeps: boolean
  mixed: ReadonlySet<string>
  /** Columns of each function's row type, none where it takes JSON. Asked of the database with the first batch. */
  columns: Map<string, readonly Column[]>
}

export function createLanes(db: Db, options: LanesOptions = {}): Lanes {
  const laneCount = options.lanes ?? DEFAULT_LANES
  const apart = options.apart ?? new Set<string>()
  const calls: Calls = {
    db: options.connections ?? db,
    keeps: options.connections !== undefined,
    mixed: options.mixed ?? new Set<string>(),
    columns: new Map(),
  }
  const newLane = (): Lane => ({
    queue: [],
    isRunning: false,
    client: undefined,
    onError: undefined,
    answerLast: nobody,
  })
  const byMerchant = Array.from({ length: laneCount }, newLane)
  const byFunction = new Map([...apart].map((fn) => [fn, newLane()]))
  const lanes = [...byMerchant, ...byFunction.values()]
  const stats = { batches: 0, rows: 0 }
  let idle: (() => void)[] = []

  async function run(lane: Lane): Promise<void> {
    lane.isRunning = true
    // Commands made in the same turn of the event loop join the first batch.
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (lane.queue.length > 0) {
      const batch = takeBatch(lane, calls.mixed)
      stats.batches++
      stats.rows += batch.length
      await settleBatch(calls, lane, batch)
    }
    if (!calls.keeps) letGo(lane)
    lane.answerLast()
    lane.isRunning = false
    if (!isIdle()) return
    for (const wake of idle) wake()
    idle = []
  }

  function isIdle(): boolean {
    return lanes.every((lane) => !lane.isRunning && lane.queue.length === 0)
  }

  return {
    commit(fn, merchantId, row, exclusive) {
      const lane = byFunction.get(fn) ?? (byMerchant[hash(merchantId) % laneCount] as Lane)
      return new Promise((resolve, reject) => {
        lane.queue.push({ fn, merchantId, row, exclusive, resolve, reject })
        if (!lane.isRunning) void run(lane)
      })
    },
    async drain() {
      if (!isIdle()) await new Promise<void>((resolve) => idle.push(resolve))
      for (const lane of lanes) if (!lane.isRunning) letGo(lane)
    },
    stats: () => ({ ...stats, queued: lanes.reduce((sum, lane) => sum + lane.queue.length, 0) }),
  }
}

/**
 * Takes the oldest row and those that can share its call: same function, same merchant unless the function takes several,
 * and no second row of one `exclusive`. The others stay behind in their order.
 */
function takeBatch(lane: Lane, mixed: ReadonlySet<string>): Waiting[] {
  const first = lane.queue[0] as Waiting
  const isMixed = mixed.has(first.fn)
  const batch: Waiting[] = []
  const held: Waiting[] = []
  const taken = new Set<string>()
  for (const next of lane.queue) {
    const key = next.exclusive === undefined ? undefined : `${next.merchantId}/${next.exclusive}`
    const fits = batch.length < MAX_BATCH && next.fn === first.fn && (isMixed || next.merchantId === first.merchantId)
    if (!fits || (key !== undefined && taken.has(key))) {
      // A row held back keeps later ones of the same `exclusive` behind it.
      if (key !== undefined) taken.add(key)
      held.push(next)
      continue
    }
    if (key !== undefined) taken.add(key)
    batch.push(next)
  }
  lane.queue = held
  return batch
}

const nobody = (): void => {}

/**
 * Commits a batch and leaves its answers to `lane.answerLast`, which is called when the next batch is on its way: answering
 * 128 requests takes the program some 4 ms, in which the database would have nothing to do.
 */
async function settleBatch(calls: Calls, lane: Lane, batch: Waiting[]): Promise<void> {
  let results: LaneResult[]
  try {
    results = await runBatch(calls, lane, batch)
  } catch (error) {
    if (batch.length === 1) {
      ;(batch[0] as Waiting).reject(error as Error)
      return
    }
    // One row poisons the whole transaction; alone, each row answers for itself.
    for (const waiting of batch) await settleBatch(calls, lane, [waiting])
    return
  }
  lane.answerLast = () => {
    lane.answerLast = nobody
    batch.forEach((waiting, i) => {
      waiting.resolve(results[i] as LaneResult)
    })
  }
}

/** Gives the connection back; with an error when it is not to be trusted with the next statement. */
function letGo(lane: Lane, broken?: Error): void {
  if (lane.onError) lane.client?.off('error', lane.onError)
  lane.client?.release(broken)
  lane.client = undefined
  lane.onError = undefined
}

async function connection(calls: Calls, lane: Lane): Promise<pg.PoolClient> {
  const client = await calls.db.connect()
  // One that ends while nothing is sent over it would fail the next batch.
  if (calls.keeps) {
    lane.onError = (error) => {
      if (lane.client === client && !lane.isRunning) letGo(lane, error)
    }
    client.on('error', lane.onError)
  }
  return client
}

/** One call, which is its own transaction. */
async function runBatch(calls: Calls, lane: Lane, batch: Waiting[]): Promise<LaneResult[]> {
  const { fn, merchantId } = batch[0] as Waiting
  const isMixed = calls.mixed.has(fn)
  const columns = calls.columns.get(fn) ?? (await columnsOf(calls.db, fn))
  calls.columns.set(fn, columns)
  const rows = batch.map((waiting, n) => {
    waiting.row['n'] = n
    if (isMixed || columns.length > 0) waiting.row['merchant_id'] = waiting.merchantId
    return waiting.row
  })
  const call = {
    name: fn,
    text: `select * from ${fn}($1, $2)`,
    values: [isMixed ? null : merchantId, columns.length > 0 ? rowsLiteral(columns, rows) : JSON.stringify(rows)],
  }
  for (let attempt = 1; ; attempt++) {
    // What is committed must not wait for a connection to be had.
    if (!lane.client) lane.answerLast()
    const client: pg.PoolClient = lane.client ?? (await connection(calls, lane))
    lane.client = client
    try {
      const sent = client.query<LaneResult>(call)
      lane.answerLast()
      const answer = await sent
      const results = new Array<LaneResult>(batch.length)
      for (const result of answer.rows) results[result.n] = result
      for (let n = 0; n < batch.length; n++) if (!results[n]) throw new Error(`${fn} gave no answer for a row`)
      return results
    } catch (error) {
      const code = (error as { code?: string }).code
      // An error without an SQLSTATE came from the connection.
      const isSql = code !== undefined && /^[0-9A-Z]{5}$/.test(code)
      letGo(lane, isSql ? undefined : (error as Error))
      if (!wasLetGo(error) || attempt === MAX_TRIES) throw error
    }
  }
}

/** The columns of the composite type a function takes an array of, in order; none for a function that takes JSON. */
async function columnsOf(db: Db, fn: string): Promise<Column[]> {
  const { rows } = await db.query<Column>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type
     from pg_proc f join pg_type list on list.oid = f.proargtypes[1] join pg_type element on element.oid = list.typelem
     join pg_attribute a on a.attrelid = element.typrelid
     where f.oid = to_regproc($1) and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [fn],
  )
  return rows
}

/** FNV-1a, enough to spread merchants over a few lanes. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}
