// Two profiles become one: the balances of the one that goes follow. Where both have a balance of a kind, what can be spent moves
// over by entries, and what comes back to the old one later goes to the new (merged_into). Undoing gives back the accounts
// that changed hands, not what was put together.

import type { Tx } from '../db/pool.ts'
import type { LoyaltyDeps } from './deps.ts'
import { moveEarnings } from './earning-store.ts'
import { balancesOf, bookChanges, type Change, NO_CURRENCY, setMergedInto, setOwner, type ValueRow } from './store.ts'

/** The part of a merge that is about balances, for the module that merges customers. Answers the accounts that changed hands. */
export function createBalanceMove(deps: LoyaltyDeps) {
  return async (tx: Tx, merchantId: string, move: { ids?: string[]; from: string; to: string }): Promise<string[]> => {
    const wanted = move.ids && new Set(move.ids)
    const leaving = (await balancesOf(tx, merchantId, move.from)).filter(({ id }) => wanted?.has(id) ?? true)
    const staying = await balancesOf(tx, merchantId, move.to)
    const moved: string[] = []
    for (const account of leaving) {
      const other = staying.find((one) => isAlike(one, account))
      if (other === undefined) moved.push(account.id)
      else if (wanted === undefined) await putTogether(deps, tx, merchantId, account, other)
    }
    await setOwner(tx, merchantId, moved, move.to)
    return moved
  }
}

/** One customer has one balance of points, and one of store credit per currency; of gift cards any number. */
function isAlike(a: ValueRow, b: ValueRow): boolean {
  return a.kind !== 'gift_card' && a.kind === b.kind && a.currency === b.currency
}

async function putTogether(deps: LoyaltyDeps, tx: Tx, merchantId: string, from: ValueRow, to: ValueRow): Promise<void> {
  const at = deps.clock.now()
  await setMergedInto(tx, merchantId, from.id, to.id)
  if (from.kind === 'points') await moveEarnings(tx, merchantId, { from: from.id, to: to.id })
  const units = from.balance - from.held
  if (units === 0n && from.pending === 0n) return
  const isPoints = from.kind === 'points'
  const both = {
    // Points have their worth per currency; it moves with nobody's, because one account holds what is owed for all.
    currency: from.currency ?? NO_CURRENCY,
    ref_type: 'merge',
    ref_id: from.id,
    unit_key: `${to.id} ${from.version}`,
    at,
  }
  const half = (account: ValueRow, sign: bigint): Change => ({
    ...both,
    entry_id: deps.newId('sve'),
    event_id: deps.newId('evt'),
    event_type: isPoints ? 'loyalty.merged' : 'store_credit.merged',
    account_id: account.id,
    type: sign < 0n ? 'transfer_out' : 'transfer_in',
    units: sign * units,
    pending: sign * from.pending,
    amount: isPoints ? 0n : sign * units,
  })
  await bookChanges(tx, merchantId, [half(from, -1n), half(to, 1n)])
}
