// Finished deliveries are kept for a while for people who look into them, then removed; the events themselves stay.

import type { Db } from '../db/pool.ts'
import { createWorker, type Worker } from '../jobs/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { deleteDeliveredBefore, merchantsWithEndpoints } from './store.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** As long as a receiver's own logs are usually kept. */
export const KEEP_DELIVERED_MS = 30 * DAY_MS
const ROWS_PER_STATEMENT = 1_000

/** Removes successful deliveries older than thirty days, merchant by merchant. */
export function createPruner(deps: { db: Db; clock: Clock; log: Log }): Worker {
  async function tick(signal: AbortSignal): Promise<number> {
    const before = new Date(deps.clock.now().getTime() - KEEP_DELIVERED_MS)
    let removed = 0
    for (const merchantId of await merchantsWithEndpoints(deps.db)) {
      if (signal.aborted) break
      removed += await deleteDeliveredBefore(deps.db, merchantId, before, ROWS_PER_STATEMENT)
    }
    return removed
  }
  return createWorker({ name: 'webhook history', clock: deps.clock, log: deps.log, everyMs: 60 * 60 * 1000, tick })
}
