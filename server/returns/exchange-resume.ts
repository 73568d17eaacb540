// Exchanges whose process died between two steps: a worker goes on with them as a till would that sends the exchange again.

import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { lockOrder, openTask, readOrder } from '../orders/index.ts'
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
    // Else it may go another time.
    if ((await readOrder(deps.db, merchantId, row.order_id))?.state !== 'placed')
      await tellFailed(deps, merchantId, row)
  }
}

/**
 * The order it is to pay takes no money any more: it was given up, or somebody has paid it another way. That ends it: the worth lies on the card of the exchange, which nobody holds, and a person
 * is told.
 */
async function tellFailed(deps: ReturnDeps, merchantId: string, row: ExchangeRow): Promise<void> {
  await transact(deps.db, async (tx) => {
    await lockOrder(tx, merchantId, row.order_id)
    if (!(await failExchange(deps, tx, merchantId, row.id))) return
    await openTask(tx, merchantId, {
      ...{ id: deps.newId('tsk'), order_id: row.order_id, kind: 'refund_failed', payment_id: null },
      detail: `${row.amount_credited} of ${row.return_id} lie on ${row.gift_card_id}: the order of the exchange ${row.id} takes no payment any more. Move them to a card of the customer.`,
      at: deps.clock.now(),
    })
  })
}
