// The public face of bags: carts on checkout pages.

import type { BagBook } from '../checkout/index.ts'
import { createWorker, type Worker } from '../jobs/index.ts'
import type { Log } from '../lib/log.ts'
import type { BagDeps } from './deps.ts'
import { openBag } from './open.ts'
import { orderOfBag, placeBag } from './place.ts'
import { bagStep } from './step.ts'
import { forgetOld } from './store.ts'
import { bagView } from './view.ts'

export type { BagDeps } from './deps.ts'
export { forgetTypedOn } from './store.ts'

/** A month after somebody gave up, who they were is nobody's business any more. Longer than any page can be paid. */
const KEPT_MS = 31 * 86_400_000
const MOST_AT_ONCE = 500

/** Background work: what was typed on pages that nobody finished is forgotten. */
export function createBagWorker({ db, clock, log }: Pick<BagDeps, 'db' | 'clock'> & { log: Log }): Worker {
  return createWorker({
    ...{ name: 'unfinished checkouts', clock, log, everyMs: 10 * 60_000 },
    tick: () => forgetOld(db, new Date(clock.now().getTime() - KEPT_MS), MOST_AT_ONCE),
  })
}

/** What the checkout asks about carts. */
export function createBagBook(deps: BagDeps): BagBook {
  return {
    open: (merchantId, asked) => openBag(deps, merchantId, asked),
    orderOf: (session) => orderOfBag(deps, session),
    view: (session, language) => bagView(deps, session, language),
    step: (session, input) => bagStep(deps, session, input),
    place: (session, seen) => placeBag(deps, session, seen),
  }
}
