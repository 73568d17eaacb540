// Gives up what nobody came back for: carts, quotes, hand-over codes. A cart that is over is kept; a later look says so.

import { transact } from '../db/pool.ts'
import { createWorker, type Worker } from '../jobs/index.ts'
import { appendEvents, type NewEvent } from '../notify/index.ts'
import type { CartDeps } from './cart.ts'
import { cartEvent } from './change.ts'
import { deleteEndedCodes } from './code-store.ts'
import { quoteEvent } from './quote.ts'
import { lockEndedQuotes, updateQuote } from './quote-store.ts'
import { expireCarts } from './store.ts'

/** In one transaction: short locks, and the next step follows at once. */
const AT_ONCE = 200
/** Nothing hangs on the minute: every guard compares the date itself. */
const EVERY_MS = 60_000

export function createExpiry(deps: CartDeps): Worker {
  return createWorker({
    name: 'expiring carts',
    clock: deps.clock,
    log: deps.log,
    everyMs: EVERY_MS,
    tick: async () => (await expireDueCarts(deps)) + (await expireDueQuotes(deps)) + (await dropDueCodes(deps)),
  })
}

async function expireDueCarts(deps: CartDeps): Promise<number> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const rows = await expireCarts(tx, at, AT_ONCE)
    const events = rows.map(({ merchant_id, ...cart }) => ({
      merchant_id,
      event: cartEvent(deps, 'cart.expired', cart),
    }))
    for (const [merchantId, own] of byMerchant(events)) await appendEvents(tx, merchantId, at, own)
    return rows.length
  })
}

async function expireDueQuotes(deps: CartDeps): Promise<number> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const rows = await lockEndedQuotes(tx, at, AT_ONCE)
    const events: { merchant_id: string; event: NewEvent }[] = []
    for (const { merchant_id, ...before } of rows) {
      const quote = { ...before, state: 'expired' as const, version: before.version + 1 }
      await updateQuote(tx, merchant_id, quote)
      events.push({ merchant_id, event: quoteEvent(deps, 'quote.expired', quote) })
    }
    for (const [merchantId, own] of byMerchant(events)) await appendEvents(tx, merchantId, at, own)
    return rows.length
  })
}

function dropDueCodes(deps: CartDeps): Promise<number> {
  return deleteEndedCodes(deps.db, deps.clock.now(), AT_ONCE)
}

/** Merchants in order, because their counters are locked one after the other. */
function byMerchant(events: { merchant_id: string; event: NewEvent }[]): [string, NewEvent[]][] {
  const groups = new Map<string, NewEvent[]>()
  for (const { merchant_id, event } of events) groups.set(merchant_id, [...(groups.get(merchant_id) ?? []), event])
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
}
