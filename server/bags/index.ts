// The public face of bags: carts on checkout pages.

import type { BagBook } from '../checkout/index.ts'
import type { BagDeps } from './deps.ts'
import { openBag } from './open.ts'
import { orderOfBag, placeBag } from './place.ts'
import { bagStep } from './step.ts'
import { bagView } from './view.ts'

export type { BagDeps } from './deps.ts'

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
