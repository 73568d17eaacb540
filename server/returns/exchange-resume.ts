// Exchanges whose process died between two steps: a worker goes on with them as a till would that sends the exchange again.

import { Problem } from '../lib/problem.ts'
import { readOrder } from '../orders/index.ts'
import type { ReturnDeps } from './deps.ts'
import { failExchange, goOn } from './exchange.ts'
import { claimExchanges, type ExchangeRow } from './exchange-store.ts'

/** Exchanges in one step of the worker. */
const BATCH = 10
/** What waits for a provider is looked at again after this, twice as long every time. */
const AGAIN_MS = 60_000
const AGAIN_AT_MOST_MS = 30 * 60_000

/** Goes on with exchanges that are due. Answers how many. */
export async function resumeExchanges(deps: ReturnDeps): Promise<number> {
  const claim = { now: deps.clock.now(), limit: BATCH, againMs: AGAIN_MS, mostMs: AGAIN_AT_MOST_MS }
  const due = await claimExchanges(deps.db, claim)
  for (const { merchant_id, ...row } of due) await resume(deps, merchant_id, row)
  return due.length
}

async function resume(deps: ReturnDeps, merchantId: string, row: ExchangeRow): Promise<void> {
  try {
    await goOn(deps, merchantId, row, row.asked_by ?? 'worker')
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    deps.log.warn('an exchange could not go on', { merchant_id: merchantId, object_id: row.id, error })
    // The order it is to pay was given up, or somebody has paid it another way; else it may go another time.
    if ((await readOrder(deps.db, merchantId, row.order_id))?.state !== 'placed')
      await failExchange(deps, merchantId, row.id, `the order of the exchange ${row.id} takes no payment any more`)
  }
}
