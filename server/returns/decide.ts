// The small steps of a return: approved, refused, on its way, given up, its fee set.

import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { returnLines } from '../orders/index.ts'
import type { ReturnDeps } from './deps.ts'
import { announce } from './event.ts'
import { readRefunds } from './refund-store.ts'
import { outstandingOf, type ReturnRow, type ReturnState, type ReturnView, returnView, STEPS } from './return.ts'
import { lockReturn, updateReturn } from './store.ts'

export interface Step {
  id: string
  ifVersion: number | undefined
  by: string
}

/** Throws not-found, version-conflict, invalid-state. */
export function approve(deps: ReturnDeps, merchantId: string, step: Step): Promise<ReturnView> {
  return change(deps, merchantId, step, STEPS.approve, 'return.approved', async () => ({ state: 'approved' }))
}

/** Refuses a request; its units can be asked for again. Throws not-found, version-conflict, invalid-state. */
export function reject(deps: ReturnDeps, merchantId: string, step: Step & { reason: string }): Promise<ReturnView> {
  return change(deps, merchantId, step, STEPS.reject, 'return.rejected', async (tx, row, at) => {
    await giveUpOutstanding(tx, merchantId, row, at)
    return { state: 'rejected', note: step.reason, lines: withdrawn(row) }
  })
}

/** The goods are on their way. Throws not-found, version-conflict, invalid-state. */
export function send(
  deps: ReturnDeps,
  merchantId: string,
  step: Step & { tracking: { carrier: string; number: string } },
): Promise<ReturnView> {
  return change(deps, merchantId, step, STEPS.send, 'return.sent', async () => ({
    state: 'in_transit',
    tracking: step.tracking,
  }))
}

/** Gives a return up before anything has arrived. Throws not-found, version-conflict, invalid-state. */
export function cancelReturn(deps: ReturnDeps, merchantId: string, step: Step): Promise<ReturnView> {
  return change(deps, merchantId, step, STEPS.cancel, 'return.cancelled', async (tx, row, at) => {
    await giveUpOutstanding(tx, merchantId, row, at)
    return { state: 'cancelled', lines: withdrawn(row) }
  })
}

/** Sets what the customer bears of the way back; null goes back to the rule. Only before the money is decided. */
export function setFee(deps: ReturnDeps, merchantId: string, step: Step & { fee: bigint | null }): Promise<ReturnView> {
  const states = ['requested', 'approved', 'in_transit', 'received'] as const
  return change(deps, merchantId, step, states, 'return.changed', async () => ({ shipping_fee_override: step.fee }))
}

/** One step under the return's lock, with its event. */
async function change(
  deps: ReturnDeps,
  merchantId: string,
  step: Step,
  states: readonly ReturnState[],
  type: `return.${string}`,
  work: (tx: Tx, row: ReturnRow, at: Date) => Promise<Partial<ReturnRow>>,
): Promise<ReturnView> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const before = await lockedIn(tx, merchantId, step, states)
    const row = { ...before, ...(await work(tx, before, at)), version: before.version + 1, updated_at: at }
    await updateReturn(tx, merchantId, row)
    const refunds = await readRefunds(tx, merchantId, row.id)
    await announce(deps, tx, { merchantId, row, refunds, type, by: step.by })
    return returnView(row, refunds)
  })
}

/** The return, locked, in one of `states`. Throws not-found, version-conflict, invalid-state. */
export async function lockedIn(
  tx: Tx,
  merchantId: string,
  of: { id: string; ifVersion: number | undefined },
  states: readonly ReturnState[],
): Promise<ReturnRow> {
  const row = await lockReturn(tx, merchantId, of.id)
  if (!row) throw new Problem('not-found')
  if (of.ifVersion !== undefined && of.ifVersion !== row.version) throw new Problem('version-conflict')
  if (!states.includes(row.state)) throw new Problem('invalid-state', { detail: `The return is ${row.state}.` })
  return row
}

/** Units that were asked for and will not come can be asked for again. */
export async function giveUpOutstanding(tx: Tx, merchantId: string, row: ReturnRow, at: Date): Promise<void> {
  const { order_id } = row
  if (order_id === null) return
  const counts = row.lines.flatMap((line) => {
    const outstanding = outstandingOf(line)
    if (line.line_id === null || outstanding === 0n) return []
    return [{ order_id, line_id: line.line_id, requested: -outstanding, returned: 0n }]
  })
  await returnLines(tx, merchantId, counts, at)
}

/** The lines with nothing outstanding any more. */
export function withdrawn(row: ReturnRow): ReturnRow['lines'] {
  return row.lines.map((line) => ({ ...line, withdrawn: line.withdrawn + outstandingOf(line) }))
}
