// Points that were not spent in time end: the oldest first, without what is held for payments. What they were worth is no longer
// owed. Points that a refund gives back count from that day on, so nobody loses by returning something.

import { type Db, type Tx, transact } from '../db/pool.ts'
import { divideHalfUp, splitByLargestRemainder } from '../lib/money.ts'
import type { LoyaltyDeps } from './deps.ts'
import { accountsToLapse, endedByHolder, owedFor, pointAges, setOldest } from './lapse-store.ts'
import { bookChanges, type Change, lockGroup, NO_CURRENCY, type ValueRow } from './store.ts'

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
  const [account, ...merged] = await lockGroup(tx, merchantId, accountId)
  if (!account) return false
  const at = deps.clock.now()
  const { over, next_at } = await pointAges(tx, merchantId, accountId, at)
  const free = account.balance - account.held
  const points = over < free ? over : free
  // What is held and over ends with the next look after its payment.
  if (points === over) await setOldest(tx, merchantId, accountId, next_at)
  if (points <= 0n) return false
  const whole = changesFor(deps, account, points, await owedFor(tx, merchantId, accountId), at)
  const ended = merged.length === 0 ? new Map<string, bigint>() : await endedByHolder(tx, merchantId, accountId, at)
  const holders = holdersOf(account, merged, ended)
  await bookChanges(
    tx,
    merchantId,
    whole.flatMap((change) => shareOut(deps, change, holders)),
  )
  return true
}

interface Holder {
  /** Null: the account's owner. */
  customer_id: string | null
  points: bigint
}

/**
 * Whose points have ended: the owner's, and those of each profile that was merged into them. What came over with a merge is split over
 * those who had been merged before, in proportion.
 */
function holdersOf(account: ValueRow, merged: readonly ValueRow[], ended: ReadonlyMap<string, bigint>): Holder[] {
  const points = new Map<string | null, bigint>()
  const add = (customer: string | null, part: bigint) => points.set(customer, (points.get(customer) ?? 0n) + part)
  const spread = (row: ValueRow, part: bigint): void => {
    const below = merged.filter(({ merged_into }) => merged_into === row.id)
    const own = below.reduce((rest, { share }) => rest - share, row.share)
    const weights = [own, ...below.map(({ share }) => share)].map((weight) => (weight > 0n ? weight : 0n))
    if (below.length === 0 || weights.every((weight) => weight === 0n)) return void add(row.customer_id, part)
    const parts = splitByLargestRemainder(part, weights)
    add(row.customer_id, parts[0] as bigint)
    for (const [n, each] of below.entries()) spread(each, parts[n + 1] as bigint)
  }
  add(null, ended.get(account.id) ?? 0n)
  for (const row of merged) spread(row, ended.get(row.id) ?? 0n)
  const holders = [...points].map(([customer_id, part]) => ({ customer_id, points: part }))
  const some = holders.filter((holder) => holder.points > 0n)
  return some.length > 0 ? some : [{ customer_id: null, points: 1n }]
}

/** One change as those of whoever has the points, in proportion. */
function shareOut(deps: LoyaltyDeps, change: Change, holders: readonly Holder[]): Change[] {
  const weights = holders.map(({ points }) => points)
  const units = splitByLargestRemainder(-change.units, weights)
  const amounts = splitByLargestRemainder(-change.amount, weights)
  return holders.flatMap(({ customer_id }, i) => {
    const part = { units: -(units[i] as bigint), amount: -(amounts[i] as bigint) }
    if (part.units === 0n && part.amount === 0n) return []
    if (customer_id === null) return [{ ...change, ...part }]
    const ids = { entry_id: deps.newId('sve'), event_id: deps.newId('evt') }
    return [{ ...change, ...ids, ...part, customer_id, unit_key: `${change.unit_key} ${customer_id}` }]
  })
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
