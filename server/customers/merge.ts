// Two profiles that are one person become one. Nothing is deleted: the loser becomes a signpost, what it had is moved, and
// the log of the move lets it be undone. Only people decide this; a typed e-mail address never does.

import { type Tx, transactAgain } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { moveAddresses } from './address-store.ts'
import { announceAbout, type CustomerDeps, type CustomerFields, mergedAway } from './customer.ts'
import { moveIdentities } from './identity-store.ts'
import { closeMerge, insertMerge, listMerges, lockMerge, type MergeRow } from './merge-store.ts'
import { type Customer, lockCustomer, readCustomer, updateCustomer } from './store.ts'

/** Things of another module that belong to a customer and follow them: saved cards, store credit, points. */
export interface MergePart {
  name: string
  /**
   * Moves everything, or, when undoing, the things named: `ids`, which may be none. Answers what was moved. In the merge's
   * transaction.
   */
  move(tx: Tx, merchantId: string, move: { ids?: string[]; from: string; to: string }): Promise<string[]>
}

export interface MergeDeps extends CustomerDeps {
  mergeParts: readonly MergePart[]
}

export interface MergeView {
  id: string
  object: 'customer_merge'
  customer_id: string
  merged_customer_id: string
  reason: string | null
  merged_at: string
  undone_at: string | null
}

/** Fields the remaining profile takes over where it has none of its own. */
const FILLED = ['email', 'name', 'phone', 'locale'] as const

/** The module's own parts. */
const OWN_PARTS: readonly MergePart[] = [
  { name: 'identities', move: moveIdentities },
  { name: 'addresses', move: moveAddresses },
]

/**
 * Merges `from` into `into`, which keeps its own fields and takes those it lacks. Orders and payments stay where they are and
 * are found through both. Throws not-found, reference-not-found, invalid-state (one of them is merged already, or both are
 * one).
 */
export async function mergeCustomers(
  deps: MergeDeps,
  merchantId: string,
  input: { into: string; from: string; reason?: string },
): Promise<MergeView> {
  if (input.into === input.from) throw new Problem('invalid-state', { detail: 'That is the same profile.' })
  const at = deps.clock.now()
  return transactAgain(deps.db, async (tx) => {
    const [winner, loser] = await lockBoth(tx, merchantId, input)
    for (const profile of [winner, loser]) if (profile.merged_into !== null) throw mergedAway(profile.merged_into)

    const filled: CustomerFields = {}
    for (const field of FILLED) if (winner[field] === null && loser[field] !== null) filled[field] = loser[field]
    const groups = [...new Set([...winner.groups, ...loser.groups])].slice(0, 20)
    const moved: MergeRow['moved'] = { fields: filled, groups: winner.groups, parts: {} }
    for (const part of [...OWN_PARTS, ...deps.mergeParts])
      moved.parts[part.name] = await part.move(tx, merchantId, { from: loser.id, to: winner.id })

    await updateCustomer(tx, merchantId, { ...loser, merged_into: winner.id })
    await updateCustomer(tx, merchantId, { ...winner, ...filled, groups } as Customer)
    const row: MergeRow = {
      ...{ id: deps.newId('mrg'), winner_id: winner.id, loser_id: loser.id, moved, reason: input.reason ?? null },
      merged_at: at,
      undone_at: null,
    }
    await insertMerge(tx, merchantId, row)
    const data = { merge_id: row.id, merged_customer_id: loser.id }
    await announceAbout(deps, tx, { merchantId, at, type: 'customer.merged', customer: winner, data })
    await announceAbout(deps, tx, {
      ...{ merchantId, at, type: 'customer.merged_away', customer: loser },
      data: { merge_id: row.id, merged_into: winner.id },
    })
    return mergeView(row)
  })
}

/**
 * Undoes a merge: what was moved goes back, except what has gone elsewhere since; fields that were taken over are emptied
 * where nobody has changed them. Throws not-found, invalid-state (undone before, or the remaining profile was merged on).
 */
export async function undoMerge(deps: MergeDeps, merchantId: string, mergeId: string): Promise<MergeView> {
  const at = deps.clock.now()
  return transactAgain(deps.db, async (tx) => {
    const merge = await lockMerge(tx, merchantId, mergeId)
    if (!merge) throw new Problem('not-found')
    if (merge.undone_at !== null) throw new Problem('invalid-state', { detail: 'This merge was undone before.' })
    const [winner, loser] = await lockBoth(tx, merchantId, { into: merge.winner_id, from: merge.loser_id })
    if (winner.merged_into !== null) throw mergedAway(winner.merged_into)

    for (const part of [...OWN_PARTS, ...deps.mergeParts]) {
      const ids = merge.moved.parts[part.name] ?? []
      await part.move(tx, merchantId, { ids, from: winner.id, to: loser.id })
    }
    const emptied: CustomerFields = {}
    for (const field of FILLED) if (merge.moved.fields[field] === winner[field]) emptied[field] = null
    await updateCustomer(tx, merchantId, { ...winner, ...emptied, groups: merge.moved.groups } as Customer)
    await updateCustomer(tx, merchantId, { ...loser, merged_into: null })
    await closeMerge(tx, merchantId, { id: merge.id, at })
    const data = { merge_id: merge.id, merged_customer_id: loser.id }
    await announceAbout(deps, tx, { merchantId, at, type: 'customer.unmerged', customer: winner, data })
    await announceAbout(deps, tx, {
      ...{ merchantId, at, type: 'customer.unmerged', customer: loser },
      data: { merge_id: merge.id },
    })
    return mergeView({ ...merge, undone_at: at })
  })
}

/** The merges into a profile, newest first. Throws not-found. */
export async function mergesOf(deps: CustomerDeps, merchantId: string, customerId: string): Promise<MergeView[]> {
  if (!(await readCustomer(deps.db, merchantId, customerId))) throw new Problem('not-found')
  return (await listMerges(deps.db, merchantId, customerId)).map(mergeView)
}

/** Locked in the order of their ids, so that two merges of the same pair never wait for each other. */
async function lockBoth(
  tx: Tx,
  merchantId: string,
  pair: { into: string; from: string },
): Promise<[winner: Customer, loser: Customer]> {
  const locked = new Map<string, Customer | null>()
  for (const id of [pair.into, pair.from].sort()) locked.set(id, await lockCustomer(tx, merchantId, id))
  const winner = locked.get(pair.into)
  const loser = locked.get(pair.from)
  if (!winner) throw new Problem('not-found')
  if (!loser) throw new Problem('reference-not-found', { errors: [{ pointer: '/from', detail: 'names no customer' }] })
  return [winner, loser]
}

function mergeView(row: MergeRow): MergeView {
  return {
    id: row.id,
    object: 'customer_merge',
    customer_id: row.winner_id,
    merged_customer_id: row.loser_id,
    reason: row.reason,
    merged_at: row.merged_at.toISOString(),
    undone_at: row.undone_at?.toISOString() ?? null,
  }
}
