// What the API shows of shifts and reports. What the books expect in a drawer is hidden from tills until it was counted.

import type { Queryable } from '../db/pool.ts'
import { readBalances } from '../ledger/index.ts'
import type { By, ShiftDeps, Waiting } from './deps.ts'
import { drawerOf } from './drawer.ts'
import type { ReportBody } from './report.ts'
import { type MovementRow, movementsOf, type ReportRow, type ShiftRow } from './store.ts'
import { asksForReason } from './variance.ts'

/** A shift with its movements, as `by` may see it. */
export async function shiftView(
  deps: Pick<ShiftDeps, 'db' | 'namesOf' | 'waitingAt'>,
  merchantId: string,
  shift: ShiftRow,
  by: By,
) {
  const movements = await movementsOf(deps.db, merchantId, shift.id)
  const ids = [...new Set([shift.opened_by, ...movements.map((movement) => movement.by)])]
  const names = await deps.namesOf(deps.db, merchantId, ids)
  const isHidden = by.registerId !== null && shift.counted === null
  const isOverdrawn = shift.state !== 'closed' && (await heldIn(deps.db, merchantId, shift)) < 0n
  const variance = shift.counted === null || shift.expected === null ? null : shift.counted - shift.expected
  return {
    ...{
      id: shift.id,
      object: 'shift' as const,
      register_id: shift.register_id,
      store_id: shift.store_id,
      no: shift.no,
    },
    ...{ state: shift.state, currency: shift.currency, float: Number(shift.float) },
    ...{ opened_by: shift.opened_by, opened_by_name: names.get(shift.opened_by) ?? null },
    opened_at: shift.opened_at.toISOString(),
    ended_at: shift.ended_at?.toISOString() ?? null,
    counted: numberOr(shift.counted),
    expected: isHidden ? null : numberOr(shift.expected),
    variance: numberOr(variance),
    is_overdrawn: isOverdrawn,
    needs_reason: variance !== null && asksForReason(variance, shift.currency),
    denominations: shift.denominations,
    counted_at: shift.counted_at?.toISOString() ?? null,
    ...{ counts: shift.counts, closed_by: shift.closed_by, closed_at: shift.closed_at?.toISOString() ?? null },
    reason: shift.variance_reason,
    movements: movements.map((movement) => movementView(movement, names)),
    offline: await waitingFor(deps, merchantId, shift),
    version: shift.version,
  }
}

/** What the books say the drawer holds. */
async function heldIn(db: Queryable, merchantId: string, { register_id, currency }: ShiftRow): Promise<bigint> {
  const [balance] = await readBalances(
    db,
    merchantId,
    { ...drawerOf(register_id), currency },
    { channel: false, store: false },
  )
  return balance ? balance.debit - balance.credit : 0n
}

/** Of a closed shift only what was sold before it was closed can still belong to it. */
async function waitingFor(
  deps: Pick<ShiftDeps, 'db' | 'waitingAt'>,
  merchantId: string,
  { register_id, closed_at }: ShiftRow,
): Promise<Waiting | null> {
  const waiting = await deps.waitingAt(deps.db, merchantId, register_id)
  const isEarlier = closed_at === null || new Date(waiting?.oldest_at ?? closed_at) < closed_at
  return isEarlier ? waiting : null
}

function movementView(
  { id, type, amount, reason, reference, by, at }: MovementRow,
  names: ReadonlyMap<string, string>,
) {
  return {
    ...{ id, object: 'drawer_movement' as const, type, amount: Number(amount), reason, reference, by },
    ...{ by_name: names.get(by) ?? null, at: at.toISOString() },
  }
}

/** An X report; at a till whose drawer is not counted, without what would tell what is in it. */
export function xView({ kind: _, ...body }: ReportBody & { offline: Waiting | null }, by: By) {
  const isHidden = by.registerId !== null && body.drawer?.counted === null
  if (!isHidden) return { object: 'x_report' as const, ...body }
  const hide = <T extends { method: string }>(tenders: readonly T[]) =>
    tenders.filter(({ method }) => method !== 'cash')
  const other_currencies = body.other_currencies.map((other) => ({ ...other, tenders: hide(other.tenders) }))
  return { object: 'x_report' as const, ...body, tenders: hide(body.tenders), other_currencies, drawer: null }
}

/** A Z report with its supplements. */
export function zView({ z, supplements }: { z: ReportRow; supplements: readonly ReportRow[] }) {
  return {
    ...{ object: 'z_report' as const, ...issued(z) },
    supplements: supplements.map((row) => ({
      ...{ object: 'supplementary_report' as const, original_id: row.original_id, ...issued(row) },
    })),
  }
}

function issued({ id, no, body }: ReportRow) {
  const { kind: _, ...rest } = body
  return { id, no, ...rest }
}

function numberOr(amount: bigint | null): number | null {
  return amount === null ? null : Number(amount)
}
