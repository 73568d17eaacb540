// The public face of offline selling: what tills sold while they were cut off.

import { createWorker, type Worker } from '../jobs/index.ts'
import type { Clock } from '../lib/clock.ts'
import { bookDue } from './book.ts'
import type { OfflineDeps } from './deps.ts'

export type { OfflineDeps } from './deps.ts'
export { routes } from './routes.ts'
export { soldAlone } from './sale-store.ts'
export { waitingAt } from './state.ts'

/** How soon what was left unbooked is looked at. */
const EVERY_MS = 2_000

/** Books what a process that died, or something that stood in the way, has left. */
export function createOfflineWorker(deps: OfflineDeps & { clock: Clock }): Worker {
  const { clock, log } = deps
  return createWorker({ name: 'offline sales', clock, log, everyMs: EVERY_MS, tick: () => bookDue(deps) })
}
