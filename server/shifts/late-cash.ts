// Cash that was in a drawer when it was counted, although the books did not know of it yet: a till sold alone, and handed it in after
// the count. What was found too much then is explained now, and must not be missing from the next shift.

import type { Tx } from '../db/pool.ts'
import type { By, ShiftDeps } from './deps.ts'
import { move } from './drawer.ts'
import { tell } from './shift.ts'
import { lockShift, type ShiftState, updateShift } from './store.ts'

export interface LateCash {
  shiftId: string
  /** What the sale put into the drawer. */
  amount: bigint
  soldAt: Date
  /** When the books came to know of it; null where nothing was paid in cash. */
  bookedAt: Date | null
  /** The sale: told twice, it is done once. */
  reference: string
  by: By
}

/**
 * Settles it, once for each `reference`; nothing where the cash was not counted, or counted with the books knowing. Answers the state of
 * the shift, null for one that there is not.
 */
export async function settleLateCash(
  deps: ShiftDeps,
  tx: Tx,
  merchantId: string,
  { shiftId, amount, soldAt, bookedAt, reference, by }: LateCash,
): Promise<{ state: ShiftState; isCounted: boolean } | null> {
  const shift = await lockShift(tx, merchantId, shiftId)
  if (!shift) return null
  const { state, counted_at, counted, expected } = shift
  const isCounted = bookedAt !== null && counted_at !== null && soldAt <= counted_at && counted_at < bookedAt
  if (!isCounted || amount === 0n || expected === null) return { state, isCounted: false }
  const at = deps.clock.now()
  const reason = 'an offline sale that was counted before it was booked'
  if (state === 'closed') {
    await move(deps, tx, merchantId, shift, { type: 'over_short', amount: -amount, by: by.id, at, reason, reference })
    await deps.journal.append(tx, merchantId, {
      ...{ registerId: shift.register_id, kind: 'late_cash', subjectId: shift.id, at },
      body: { amount: Number(amount), reference, by: by.id },
    })
    return { state, isCounted }
  }
  const row = await updateShift(tx, merchantId, { ...shift, expected: expected + amount })
  const told = { counted: Number(counted), expected: Number(row.expected), count: row.counts, reference }
  await tell(deps, tx, merchantId, row, { kind: 'shift_counted', event: 'shift.counted', by, at, told })
  return { state, isCounted }
}
