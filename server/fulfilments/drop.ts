// Goods that will not be handed over: given up, not collected in time, or to be had nowhere. Their stock is free again, they are
// cancelled in the order, and what was paid for them goes back; what was only held or promised is never taken.

import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import {
  type Applied,
  appendOrderEvents,
  applyChange,
  carryOut,
  type OrderLine,
  type Units,
  withFees,
} from '../orders/index.ts'
import { type Begun, begin, type Command, moveOf } from './begin.ts'
import type { FulfilmentDeps } from './deps.ts'
import { type FulfilmentEvent, tell } from './event.ts'
import { type Fulfilment, type FulfilmentLine, type LineUnits, openOf } from './fulfilment.ts'
import { releaseOf } from './release.ts'
import { changeFulfilment, listExpired, merchantsDue, type Patch, readLines } from './store.ts'

/** Gives a fulfilment up and cancels what is open of it in the order. Throws not-found, version-conflict, invalid-state. */
export async function cancelFulfilment(
  deps: FulfilmentDeps,
  merchantId: string,
  command: Command & { reason: string },
): Promise<Fulfilment> {
  await deps.consumer.catchUp(merchantId)
  const done = await transact(deps.db, async (tx) => {
    const begun = await begin(tx, merchantId, command.id)
    moveOf(begun.fulfilment, 'cancel', command.ifVersion)
    return dropAll(deps, tx, merchantId, begun, { ...command, to: 'cancelled' })
  })
  if (done.refund) {
    await carryOut(deps.orders, done.refund)
    await deps.consumer.catchUp(merchantId)
  }
  return done.fulfilment
}

/** Ends a fulfilment and cancels what is open of it. Appends events, so it comes last in the caller's transaction. */
export async function dropAll(
  deps: FulfilmentDeps,
  tx: Tx,
  merchantId: string,
  begun: Begun,
  end: { to: 'cancelled' | 'expired'; reason: string; by: string | null },
  /** What the caller has released already, and what it has to tell before. */
  before?: { released: LineUnits[]; events: FulfilmentEvent[] },
): Promise<{ fulfilment: Fulfilment; refund: Applied['refund'] }> {
  const { order, fulfilment: f, lines } = begun
  const at = deps.clock.now()
  const units = before?.released ?? openUnits(lines)
  if (!before) await releaseOf(deps, tx, merchantId, begun, units, at)
  const patch: Patch = {
    state: end.to,
    reason: end.reason,
    code_hash: null,
    expires_at: null,
    ended_at: at,
    release_at: at,
  }
  const after = await changeFulfilment(tx, merchantId, f, [f.state], patch, at)
  const refund = await cancelUnits(deps, tx, merchantId, begun, units, end)
  const type = end.to === 'expired' ? 'fulfilment.expired' : 'fulfilment.cancelled'
  await tell(tx, deps, merchantId, at, [
    ...(before?.events ?? []),
    {
      type,
      fulfilment: after,
      lines: await readLines(tx, merchantId, f.id),
      order,
      by: end.by,
      more: { is_restocked: true },
    },
  ])
  return { fulfilment: after, refund }
}

/** All that is still to be handed over. */
export function openUnits(lines: readonly FulfilmentLine[]): LineUnits[] {
  return lines
    .map((line) => ({ line_id: line.line_id, quantity: openOf(line) }))
    .filter(({ quantity }) => quantity > 0n)
}

/** Cancels units in the order, and what goes with the last of them (`withFees`). Answers the refund to carry out after the commit. */
export async function cancelUnits(
  deps: FulfilmentDeps,
  tx: Tx,
  merchantId: string,
  { order, orderLines }: Pick<Begun, 'order' | 'orderLines'>,
  units: readonly LineUnits[],
  { reason, by }: { reason: string; by: string | null },
): Promise<Applied['refund']> {
  if (units.length === 0 || order.state !== 'confirmed') return null
  const cancel = await withFees(
    deps.orders,
    tx,
    merchantId,
    { order, lines: orderLines },
    units.map(({ line_id, quantity }): Units => ({ line: lineOf(orderLines, line_id), quantity })),
  )
  const before = { total: order.total, state: order.state }
  const applied = await applyChange(
    deps.orders,
    tx,
    merchantId,
    { order, lines: orderLines },
    { cancel, added: [], reason },
  )
  const lines = cancel.map(({ line, quantity }) => ({ line_id: line.id, variant_id: line.variant_id, quantity }))
  const after = { total: applied.total, state: applied.isOver ? 'cancelled' : order.state }
  const type = applied.isOver ? 'order.cancelled' : 'order.lines_cancelled'
  await appendOrderEvents(tx, deps, merchantId, deps.clock.now(), [
    { order_id: order.id, type, by, more: { reason, lines, before, after } },
  ])
  return applied.refund
}

export function lineOf(lines: readonly OrderLine[], id: string): OrderLine {
  const line = lines.find((each) => each.id === id)
  if (!line) throw new Error('a fulfilment names a line its order does not have')
  return line
}

// ---- Not collected in time -----------------------------------------------------------------------------------------

/** The customer is reminded this long before. */
const REMIND_MS = 24 * 60 * 60_000
const MERCHANTS = 20
const BATCH = 20

/** One round over what was not collected in time, or soon will not have been. Answers how many. */
export async function expireFulfilments(deps: FulfilmentDeps): Promise<number> {
  const now = deps.clock.now()
  const remindAt = new Date(now.getTime() + REMIND_MS)
  let did = 0
  for (const merchantId of await merchantsDue(deps.db, 'expires_at', remindAt, MERCHANTS * BATCH)) {
    for (const f of await listExpired(deps.db, merchantId, { now, remindAt, limit: BATCH })) {
      const isOver = f.expires_at !== null && f.expires_at <= now
      if (await (isOver ? expire(deps, merchantId, f.id, now) : remind(deps, merchantId, f.id))) did++
    }
  }
  return did
}

/** False when it was collected or given up meanwhile, or is being charged, or its order is: then it is looked at again. */
async function expire(deps: FulfilmentDeps, merchantId: string, id: string, now: Date): Promise<boolean> {
  await deps.consumer.catchUp(merchantId)
  const done = await transact(deps.db, async (tx) => {
    const begun = await begin(tx, merchantId, id)
    const { expires_at } = begun.fulfilment
    moveOf(begun.fulfilment, 'expire', undefined)
    if (expires_at === null || expires_at > now) return null
    return dropAll(deps, tx, merchantId, begun, { to: 'expired', reason: 'not_collected', by: null })
  }).catch((error: unknown) => {
    if (error instanceof Problem) return null
    throw error
  })
  if (done?.refund) await carryOut(deps.orders, done.refund)
  return done !== null
}

async function remind(deps: FulfilmentDeps, merchantId: string, id: string): Promise<boolean> {
  return transact(deps.db, async (tx) => {
    const { fulfilment: f, lines, order } = await begin(tx, merchantId, id)
    if (f.reminded_at !== null || f.expires_at === null) return false
    const at = deps.clock.now()
    const after = await changeFulfilment(tx, merchantId, f, [f.state], { reminded_at: at }, at)
    await tell(tx, deps, merchantId, at, [{ type: 'fulfilment.reminded', fulfilment: after, lines, order, by: null }])
    return true
  })
}
