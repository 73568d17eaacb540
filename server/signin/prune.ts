// Forgets codes and challenges a day after they were made, and sessions once they are over. The day is what limits count by.

import type { Db } from '../db/pool.ts'
import { createWorker, type Worker } from '../jobs/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { deleteEndedBefore } from './store.ts'

const DAY_MS = 86_400_000
const EVERY_MS = 600_000
/** Of each kind per step, so that no step holds many locks. */
const BATCH = 500

export function createSignInWorker(deps: { db: Db; clock: Clock; log: Log }): Worker {
  const { db, clock, log } = deps
  return createWorker({
    ...{ name: 'old sign-ins', clock, log, everyMs: EVERY_MS },
    tick: () => deleteEndedBefore(db, new Date(clock.now().getTime() - DAY_MS), BATCH),
  })
}
