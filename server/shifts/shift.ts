// A shift from its opening to its count. Closing is close.ts. Each step locks the shift's row, so two at once follow each other; two
// openings of one register are kept apart by an index.

import { type Tx, transact } from '../db/pool.ts'
import type { JournalKind } from '../journal/index.ts'
import { lockBalance } from '../ledger/index.ts'
import type { JsonValue } from '../lib/json.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvents } from '../notify/index.ts'
import type { By, ShiftDeps } from './deps.ts'
import { drawerOf, move } from './drawer.ts'
import {
  type Denomination,
  insertShift,
  lockShift,
  type MovementRow,
  movementByReference,
  readShift,
  runningShift,
  type ShiftRow,
  updateShift,
} from './store.ts'

export interface OpenInput {
  register_id: string
  float: bigint
  /** What was found when it was counted, where that is not the float. */
  counted?: bigint | undefined
}

/**
 * Opens a register's drawer with a float, which comes from the safe; what was left in the drawer goes back there. Throws shift-running
 * when one runs there, reference-not-found.
 */
export async function openShift(deps: ShiftDeps, merchantId: string, input: OpenInput, by: By): Promise<ShiftRow> {
  const merchant = await deps.merchantCache.get(merchantId)
  const store = merchant?.stores.get(merchant.registers.get(input.register_id)?.storeId ?? '')
  if (!store)
    throw new Problem('reference-not-found', { errors: [{ pointer: '/register_id', detail: 'names no register' }] })
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const shift = await insertShift(tx, merchantId, {
      ...{ id: deps.newId('shf'), register_id: input.register_id, store_id: store.id, currency: store.currency },
      ...{ float: input.float, opened_by: by.id, opened_at: at },
    })
    if (!shift) throw new Problem('shift-running')
    const left = await lockBalance(tx, merchantId, { ...drawerOf(shift.register_id), currency: shift.currency })
    await move(deps, tx, merchantId, shift, { type: 'float', amount: input.float - left, by: by.id, at })
    const difference = (input.counted ?? input.float) - input.float
    if (difference !== 0n)
      await move(deps, tx, merchantId, shift, { type: 'over_short', amount: difference, by: by.id, at })
    const told = { no: shift.no, float: Number(input.float), difference: Number(difference), currency: shift.currency }
    await tell(deps, tx, merchantId, shift, { kind: 'shift_opened', event: 'shift.opened', by, at, told })
    return shift
  })
}

export interface MoveInput {
  type: 'paid_in' | 'paid_out' | 'drop' | 'no_sale'
  /** Above 0; none for a drawer that was only opened. */
  amount?: bigint | undefined
  reason: string
  reference?: string | undefined
}

/**
 * Cash in or out, or the drawer opened for nothing. The same `reference` again is the same movement. Throws not-found, other-till,
 * invalid-state for a shift that has ended, validation-error, drawer-short for more than the books say is there.
 */
export async function moveCash(
  deps: ShiftDeps,
  merchantId: string,
  { shiftId, input, by }: { shiftId: string; input: MoveInput; by: By },
): Promise<{ shift: ShiftRow; movement: MovementRow }> {
  const { type, amount, reason, reference } = input
  if ((type === 'no_sale') !== (amount === undefined)) {
    const detail = type === 'no_sale' ? 'a drawer that is only opened has none' : 'is needed'
    throw new Problem('validation-error', { errors: [{ pointer: '/amount', detail }] })
  }
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const shift = await lockHere(tx, merchantId, shiftId, by)
    const known = reference === undefined ? null : await movementByReference(tx, merchantId, { shiftId, reference })
    if (known) return { shift, movement: known }
    if (shift.state !== 'open') throw new Problem('invalid-state', { detail: `The shift is ${shift.state}.` })
    if (type === 'paid_out' || type === 'drop') await mustHold(deps, tx, merchantId, { shift, amount: amount ?? 0n })
    const signed = type === 'paid_in' ? (amount ?? 0n) : -(amount ?? 0n)
    const movement = await move(deps, tx, merchantId, shift, {
      ...{ type, amount: signed, by: by.id, at, reason, reference },
    })
    const told = { movement_id: movement.id, amount: Number(signed), currency: shift.currency, reason }
    const moved = await updateShift(tx, merchantId, shift)
    await tell(deps, tx, merchantId, moved, { kind: type, event: `shift.${type}`, by, at, told })
    return { shift: moved, movement }
  })
}

/**
 * Refuses to take out more than is there, without telling how much that is: the count is blind. What a till has sold alone and not handed
 * in is in the drawer and not in the books, so while there is such a thing the till is believed. Throws drawer-short.
 */
async function mustHold(
  deps: ShiftDeps,
  tx: Tx,
  merchantId: string,
  { shift: { register_id, currency }, amount }: { shift: ShiftRow; amount: bigint },
): Promise<void> {
  const held = await lockBalance(tx, merchantId, { ...drawerOf(register_id), currency })
  if (amount > held && (await deps.waitingAt(tx, merchantId, register_id)) === null) throw new Problem('drawer-short')
}

/** Sales are over, counting begins; again it changes nothing. Throws not-found, other-till, invalid-state when closed. */
export async function endShift(deps: ShiftDeps, merchantId: string, shiftId: string, by: By): Promise<ShiftRow> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const shift = await lockHere(tx, merchantId, shiftId, by)
    if (shift.state === 'closed') throw new Problem('invalid-state', { detail: 'The shift is closed.' })
    if (shift.state === 'ended') return shift
    const ended = await updateShift(tx, merchantId, { ...shift, state: 'ended', ended_by: by.id, ended_at: at })
    await tell(deps, tx, merchantId, ended, { kind: 'shift_ended', event: 'shift.ended', by, at, told: {} })
    return ended
  })
}

/**
 * Saves what was counted, and with it what the books expect at this moment, which nobody at the till sees before. Counted again it
 * replaces the first; how often is on the Z report. Throws not-found, other-till, invalid-state, totals-mismatch.
 */
export async function countDrawer(
  deps: ShiftDeps,
  merchantId: string,
  { shiftId, counted, denominations, by }: { shiftId: string; counted: bigint; denominations?: Denomination[]; by: By },
): Promise<ShiftRow> {
  const sum = denominations?.reduce((total, { value, count }) => total + BigInt(value) * BigInt(count), 0n)
  if (sum !== undefined && sum !== counted)
    throw new Problem('totals-mismatch', { errors: [{ pointer: '/denominations', detail: `come to ${sum}` }] })
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const shift = await lockHere(tx, merchantId, shiftId, by)
    if (shift.state === 'closed') throw new Problem('invalid-state', { detail: 'The shift is closed.' })
    const expected = await lockBalance(tx, merchantId, { ...drawerOf(shift.register_id), currency: shift.currency })
    const row = await updateShift(tx, merchantId, {
      ...{ ...shift, state: 'ended', ended_by: shift.ended_by ?? by.id, ended_at: shift.ended_at ?? at },
      ...{ counted, expected, denominations: denominations ?? null, counted_by: by.id, counted_at: at },
      counts: shift.counts + 1,
    })
    const told = { counted: Number(counted), expected: Number(expected), count: row.counts }
    await tell(deps, tx, merchantId, row, { kind: 'shift_counted', event: 'shift.counted', by, at, told })
    return row
  })
}

/** A shift of this merchant, and of the till that asks. Throws not-found, other-till. */
export async function shiftFor(deps: ShiftDeps, merchantId: string, shiftId: string, by: By): Promise<ShiftRow> {
  return ofTill(await readShift(deps.db, merchantId, shiftId), by)
}

/** The shift that runs at a register; null when none does. */
export function shiftAt(deps: Pick<ShiftDeps, 'db'>, merchantId: string, registerId: string): Promise<ShiftRow | null> {
  return runningShift(deps.db, merchantId, registerId)
}

/** The same as shiftFor, locked until the transaction ends. */
export async function lockHere(tx: Tx, merchantId: string, shiftId: string, by: By): Promise<ShiftRow> {
  return ofTill(await lockShift(tx, merchantId, shiftId), by)
}

function ofTill(shift: ShiftRow | null, by: By): ShiftRow {
  if (!shift) throw new Problem('not-found')
  if (by.registerId !== null && by.registerId !== shift.register_id) throw new Problem('other-till')
  return shift
}

/** Into the journal and the event log, in the transaction of what it tells of. */
export async function tell(
  deps: ShiftDeps,
  tx: Tx,
  merchantId: string,
  shift: ShiftRow,
  news: { kind: JournalKind; event: string; by: By; at: Date; told: { [name: string]: JsonValue } },
): Promise<{ seq: bigint; hash: Buffer }> {
  const { kind, event, by, at, told } = news
  const entry = await deps.journal.append(tx, merchantId, {
    ...{ registerId: shift.register_id, kind, subjectId: shift.id, at, body: { ...told, by: by.id } },
  })
  const data = { register_id: shift.register_id, store_id: shift.store_id, state: shift.state, by: by.id }
  await appendEvents(tx, merchantId, at, [
    {
      ...{ id: deps.newId('evt'), type: event, object_type: 'shift', object_id: shift.id },
      ...{ object_version: shift.version, data },
    },
  ])
  return entry
}
