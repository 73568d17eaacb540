// What time brings: points whose return window has closed become spendable, points and gift cards end.

import { type Db, transact } from '../db/pool.ts'
import { createWorker, type Worker } from '../jobs/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { LoyaltyDeps } from './deps.ts'
import { confirmDue } from './earn.ts'
import { merchantsWithDuePoints } from './earning-store.ts'
import { announce } from './gift-card.ts'
import { listOver } from './gift-card-store.ts'
import { lapsePoints } from './lapse.ts'
import { lockValue, setState } from './store.ts'

/** Lines or cards in one step: short transactions, and the next step follows at once. */
const BATCH = 200
/** A day more or less does not matter to either; minutes are plenty. */
const EVERY_MS = 60_000

export function createLoyaltyWorkers(deps: LoyaltyDeps & { clock: Clock; log: Log }): Worker[] {
  const { clock, log } = deps
  return [
    createWorker({ name: 'points to confirm', clock, log, everyMs: EVERY_MS, tick: () => confirmPoints(deps) }),
    createWorker({ name: 'points to end', clock, log, everyMs: EVERY_MS, tick: () => lapsePoints(deps) }),
    createWorker({ name: 'gift cards to end', clock, log, everyMs: EVERY_MS, tick: () => endGiftCards(deps) }),
  ]
}

async function confirmPoints(deps: LoyaltyDeps & { db: Db }): Promise<number> {
  let did = 0
  for (const merchantId of await merchantsWithDuePoints(deps.db, deps.clock.now(), BATCH))
    did += await transact(deps.db, (tx) => confirmDue(deps, tx, merchantId, BATCH))
  return did
}

/** The card refuses by its date anyway; this makes its state say so, and tells it. */
async function endGiftCards(deps: LoyaltyDeps): Promise<number> {
  const at = deps.clock.now()
  const over = await listOver(deps.db, at, BATCH)
  for (const { merchant_id, id } of over) {
    await transact(deps.db, async (tx) => {
      const card = await lockValue(tx, merchant_id, id)
      if (!card || (card.state !== 'active' && card.state !== 'depleted')) return
      await setState(tx, merchant_id, { id, state: 'expired', at })
      await announce(deps, tx, merchant_id, id, 'gift_card.expired', at)
    })
  }
  return over.length
}
