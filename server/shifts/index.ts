// The public face of shifts.

import { createWorker, type Worker } from '../jobs/index.ts'
import type { Clock } from '../lib/clock.ts'
import { supplementDue } from './close.ts'
import type { ShiftDeps } from './deps.ts'

export type { By, ShiftDeps } from './deps.ts'
export { settleLateCash } from './late-cash.ts'
export { routes } from './routes.ts'
export { Shift } from './schema.ts'
export { shiftAt } from './shift.ts'
export { readShift, runningShift, type ShiftRow } from './store.ts'
export { shiftView } from './view.ts'

/** How soon what comes after a Z is put into a supplement. */
const EVERY_MS = 10_000

/** Writes supplements of closed shifts. */
export function createShiftWorker(deps: ShiftDeps & { clock: Clock }): Worker {
  const { clock, log } = deps
  return createWorker({
    name: 'supplements of Z reports',
    clock,
    log,
    everyMs: EVERY_MS,
    tick: () => supplementDue(deps),
  })
}
