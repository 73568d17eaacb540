// Goods that were to be brought and do not come are looked for again, in the stores that have not said no. Only when none has them is it
// for a person: the order gets a task, and its fulfilment stays rejected until somebody reroutes or cancels it.

import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { lockOrder, openTask } from '../orders/index.ts'
import { LEASE_MS } from './charge.ts'
import type { FulfilmentDeps } from './deps.ts'
import type { Fulfilment } from './fulfilment.ts'
import { rerouteMissing } from './reroute.ts'
import { claimDue, lockFulfilment, merchantsDue, postpone } from './store.ts'

const MERCHANTS = 20
const BATCH = 10

/** One round over what did not come. Answers how many were decided. */
export async function findMissing(deps: FulfilmentDeps): Promise<number> {
  const now = deps.clock.now()
  let decided = 0
  for (const merchantId of await merchantsDue(deps.db, 'reroute_at', now, MERCHANTS * BATCH)) {
    const claim = { now, until: new Date(now.getTime() + LEASE_MS), limit: BATCH }
    for (const f of await claimDue(deps.db, merchantId, 'reroute_at', claim))
      if (await find(deps, merchantId, f)) decided++
  }
  return decided
}

/** False when somebody was faster at the store that was chosen, or changed the fulfilment meanwhile: it is looked at again. */
async function find(deps: FulfilmentDeps, merchantId: string, f: Fulfilment): Promise<boolean> {
  try {
    await rerouteMissing(deps, merchantId, f.id)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.code === 'version-conflict') return false
    if (error.code === 'out-of-stock') await tellMissing(deps, merchantId, f)
    // Else somebody has decided already, or the order has ended.
    else if (error.code !== 'invalid-state') throw error
  }
  await postpone(deps.db, merchantId, f.id, 'reroute_at', null)
  return true
}

async function tellMissing(deps: FulfilmentDeps, merchantId: string, f: Fulfilment): Promise<void> {
  await transact(deps.db, async (tx) => {
    await lockOrder(tx, merchantId, f.order_id)
    // Somebody may have decided since it was looked for.
    if ((await lockFulfilment(tx, merchantId, f.id))?.state !== 'rejected') return
    await openTask(tx, merchantId, {
      ...{ id: deps.newId('tsk'), order_id: f.order_id, kind: 'goods_missing', payment_id: null },
      at: deps.clock.now(),
      detail: `What was to be brought for ${f.id} has not come, or not all of it, and no other store has it: reroute or cancel it.`,
    })
  })
}
