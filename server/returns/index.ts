// The public face of returns.

import { createWorker, type Worker } from '../jobs/index.ts'
import { carryOutDue } from './carry-out.ts'
import type { ReturnDeps } from './deps.ts'
import { resumeExchanges } from './exchange-resume.ts'

export { createReturnsConsumer } from './consumer.ts'
export { givesDeliveryBack } from './delivery.ts'
export type { Priced, ReturnDeps } from './deps.ts'
export { returnsOfOrder, returnsOfPerson } from './of-order.ts'
export { policyOf } from './policy.ts'
export { requestReturn } from './request.ts'
export type { Destination, ReturnView } from './return.ts'
export { routes } from './routes.ts'
export { readReturn } from './store.ts'

/** How soon money that a crash left open is looked at. */
const EVERY_MS = 5_000

/** Carries out what was decided and not done, and goes on with exchanges that are not through. */
export function createReturnsWorker(deps: ReturnDeps): Worker {
  const { clock, log } = deps
  return createWorker({ name: 'refunds of returns', clock, log, everyMs: EVERY_MS, tick: () => doDue(deps) })
}

async function doDue(deps: ReturnDeps): Promise<number> {
  return (await carryOutDue(deps)) + (await resumeExchanges(deps))
}
