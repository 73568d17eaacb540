// Two profiles become one: gift cards change hands, and what can be spent of store credit and points is put together by entries. The
// balance that goes keeps its share of the other (`share`): what it had, and what has come and gone in its own name since. Undoing
// takes the share out again.

import { personOf } from '../customers/index.ts'
import type { Tx } from '../db/pool.ts'
import type { LoyaltyDeps } from './deps.ts'
import { moveEarnings } from './earning-store.ts'
import { openForProfile } from './open.ts'
import { leftOf } from './points.ts'
import {
  bookChanges,
  type Change,
  insertDebt,
  lockBalancesOf,
  NO_CURRENCY,
  setMergedInto,
  setOwner,
  type ValueRow,
} from './store.ts'

interface Move {
  ids?: string[]
  from: string
  to: string
}

/** The part of a merge that is about balances, for the module that merges customers. Answers the accounts that changed hands. */
export function createBalanceMove(deps: LoyaltyDeps) {
  return async (tx: Tx, merchantId: string, move: Move): Promise<string[]> => {
    const balances = await lockBalancesOf(tx, merchantId, [move.from, move.to])
    const leaving = balances.filter(({ customer_id, merged_into }) => customer_id === move.from && merged_into === null)
    if (move.ids) {
      for (const account of balances)
        if (account.customer_id === move.to && account.merged_into !== null)
          await takeApart(deps, tx, merchantId, account, leaving)
      return handOver(tx, merchantId, move, leaving, balances)
    }
    for (const account of leaving.filter(({ kind }) => kind !== 'gift_card'))
      await putTogether(deps, tx, merchantId, account, move.to)
    return handOver(
      tx,
      merchantId,
      move,
      leaving.filter(({ kind }) => kind === 'gift_card'),
      balances,
    )
  }
}

/** Gives accounts to another owner as they are; of a customer's store credit and points there is only one. */
async function handOver(
  tx: Tx,
  merchantId: string,
  { ids, to }: Move,
  leaving: readonly ValueRow[],
  balances: readonly ValueRow[],
): Promise<string[]> {
  const staying = balances.filter(({ customer_id }) => customer_id === to)
  const moved = leaving
    .filter(({ id }) => ids?.includes(id) ?? true)
    .filter((account) => account.kind === 'gift_card' || !staying.some((one) => isAlike(one, account)))
    .map(({ id }) => id)
  await setOwner(tx, merchantId, moved, to)
  return moved
}

function isAlike(a: ValueRow, b: ValueRow): boolean {
  return a.kind === b.kind && a.currency === b.currency
}

async function putTogether(
  deps: LoyaltyDeps,
  tx: Tx,
  merchantId: string,
  from: ValueRow,
  customerId: string,
): Promise<void> {
  const at = deps.clock.now()
  const kind = from.kind as 'store_credit' | 'points'
  const into = await openForProfile(deps, tx, merchantId, { kind, currency: from.currency, customerId, at })
  const units = from.balance - from.held
  await setMergedInto(tx, merchantId, from.id, { id: into.id, share: units })
  if (kind === 'points') await moveEarnings(tx, merchantId, { from: from.id, to: into.id })
  await transfer(deps, tx, merchantId, {
    from,
    to: into,
    units,
    pending: from.pending,
    unitKey: `${into.id} ${from.version}`,
  })
}

/**
 * Gives a balance its share of the one it was put together with. Points go below zero where more was spent or taken back in its
 * name; store credit does not: what one has spent of the other's is written down, and comes back with what is refunded of it.
 */
async function takeApart(
  deps: LoyaltyDeps,
  tx: Tx,
  merchantId: string,
  account: ValueRow,
  holders: readonly ValueRow[],
): Promise<void> {
  const from = holders.find(({ id }) => id === account.merged_into)
  if (!from) throw new Error('a balance is put together with one that is not the other profile’s')
  const at = deps.clock.now()
  await setMergedInto(tx, merchantId, account.id, null)
  let units = account.share
  let pending = 0n
  if (account.kind === 'points') {
    const of = await personOf(tx, merchantId, account.customer_id as string)
    for (const earning of await moveEarnings(tx, merchantId, { from: from.id, to: account.id, of }))
      if (earning.confirmed_at === null) pending += leftOf(earning.points, earning)
  } else {
    const free = from.balance - from.held
    units = units < 0n ? 0n : units > free ? free : units
    const lent = { from: account.id, to: from.id, units: units - account.share, at }
    if (lent.units > 0n) await insertDebt(tx, merchantId, lent)
    if (lent.units < 0n) await insertDebt(tx, merchantId, { from: from.id, to: account.id, units: -lent.units, at })
  }
  await transfer(deps, tx, merchantId, {
    from,
    to: account,
    units,
    pending,
    unitKey: `${account.id} apart ${from.version}`,
  })
}

async function transfer(
  deps: LoyaltyDeps,
  tx: Tx,
  merchantId: string,
  move: { from: ValueRow; to: ValueRow; units: bigint; pending: bigint; unitKey: string },
): Promise<void> {
  const { from, to, units, pending } = move
  if (units === 0n && pending === 0n) return
  const isPoints = from.kind === 'points'
  const half = (account: ValueRow, sign: bigint): Change => ({
    entry_id: deps.newId('sve'),
    event_id: deps.newId('evt'),
    event_type: isPoints ? 'loyalty.merged' : 'store_credit.merged',
    account_id: account.id,
    type: sign < 0n ? 'transfer_out' : 'transfer_in',
    units: sign * units,
    pending: sign * pending,
    // Points have their worth per currency; it is found by whose they are (owedFor).
    amount: isPoints ? 0n : sign * units,
    currency: from.currency ?? NO_CURRENCY,
    ref_type: 'merge',
    ref_id: from.id,
    unit_key: move.unitKey,
    at: deps.clock.now(),
  })
  await bookChanges(tx, merchantId, [half(from, -1n), half(to, 1n)])
}
