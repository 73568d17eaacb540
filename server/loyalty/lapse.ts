// Points that were not spent in time end: the oldest first, without what is held for payments. What they were worth is no longer
// owed. Points that a refund gives back count from that day on, so nobody loses by returning something.

import { type Db, type Tx, transact } from '../db/pool.ts'
import { divideHalfUp, splitByLargestRemainder } from '../lib/money.ts'
import type { LoyaltyDeps } from './deps.ts'
import { accountsToLapse, owedFor, pointAges, setOldest } from './lapse-store.ts'
import { bookChanges, type Change, lockValue, NO_CURRENCY, type ValueRow } from './store.ts'

/** Accounts in one step, each in a transaction of its own. */
const BATCH = 200

/** Ends what is over. Answers of how many accounts. */
export async function lapsePoints(deps: LoyaltyDeps & { db: Db }): Promise<number> {
  let did = 0
  for (const { merchantId, accountId } of await accountsToLapse(deps.db, deps.clock.now(), BATCH))
    did += Number(await transact(deps.db, (tx) => lapse(deps, tx, merchantId, accountId)))
  return did
}

/** False when no point ended: all that is over is spent or held. */
async function lapse(deps: LoyaltyDeps, tx: Tx, merchantId: string, accountId: string): Promise<boolean> {
  const account = await lockValue(tx, merchantId, accountId)
  if (!account) return false
  const at = deps.clock.now()
  const { over, next_at } = await pointAges(tx, merchantId, accountId, at)
  const free = account.balance - account.held
  const points = over < free ? over : free
  // What is held and over ends with the next look after its payment.
  if (points === over) await setOldest(tx, merchantId, accountId, next_at)
  if (points <= 0n) return false
  await bookChanges(tx, merchantId, changesFor(deps, account, points, await owedFor(tx, merchantId, accountId), at))
  return true
}

/** One change per currency in which the points are owed, in proportion; all of it with the last point. */
function changesFor(
  deps: LoyaltyDeps,
  account: ValueRow,
  points: bigint,
  owed: readonly { currency: string; owed: bigint }[],
  at: Date,
): Change[] {
  // Points that were worth nothing are owed in no currency.
  const rows = owed.length === 0 ? [{ currency: NO_CURRENCY, owed: 0n }] : owed
  const weights = rows.map((row) => (row.owed === 0n ? 1n : row.owed))
  return splitByLargestRemainder(points, weights).map((part, i) => {
    const row = rows[i] as (typeof rows)[number]
    return {
      entry_id: deps.newId('sve'),
      event_id: deps.newId('evt'),
      event_type: 'loyalty.expired',
      account_id: account.id,
      type: 'expire',
      units: -part,
      amount: -divideHalfUp(row.owed * points, account.balance),
      currency: row.currency,
      ref_type: 'expiry',
      ref_id: account.id,
      unit_key: `${at.toISOString()} ${row.currency}`,
      counter_account: 'loyalty_expense',
      at,
    }
  })
}
