// The stock that is reserved for an order, in all stores that take part. It is kept without a time limit of its own: orders decide
// when it is free again, because only they know whether somebody is paying.

import type { Tx } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import {
  lockLevels,
  releaseReservations,
  releaseUnits as releaseSome,
  reserve,
  type Short,
  type Units as StockUnits,
} from '../stock/index.ts'
import type { Units } from './apply-change.ts'
import type { GroupLine, Order, OrderGroup, OrderLine } from './order.ts'
import { reservationRef, reservationRefs } from './reservation-ref.ts'
import type { PlannedGroup } from './source.ts'
import { readOrderGroups, readOrderLines } from './store.ts'

/** Rows for stock_reserve; null when the order takes nothing that is counted. */
export function reservationsOf(
  order: Pick<Order, 'id' | 'channel' | 'placed_at'>,
  lines: readonly OrderLine[],
  groups: readonly PlannedGroup[],
): object[] | null {
  const rows = byRef(order.id, lines, groups).map(([ref, units]) => ({
    reservation_ref: ref,
    kind: 'order',
    expires_at: null,
    allow_negative: ref !== order.id,
    channel: order.channel,
    at: order.placed_at,
    lines: units,
  }))
  return rows.length === 0 ? null : rows
}

function byRef(
  orderId: string,
  lines: readonly OrderLine[],
  groups: readonly PlannedGroup[],
): [string, StockUnits[]][] {
  const refs = new Map<string, StockUnits[]>()
  for (const group of groups) {
    const units = group.lines.flatMap((part) => stockOf(lines, part, part.quantity, group.store_id))
    if (units.length === 0) continue
    const ref = reservationRef(orderId, group.mode)
    refs.set(ref, [...(refs.get(ref) ?? []), ...units])
  }
  return [...refs]
}

function stockOf(
  lines: readonly OrderLine[],
  part: Pick<GroupLine, 'line_id'>,
  quantity: bigint,
  storeId: string | null,
): StockUnits[] {
  const line = lines.find(({ id }) => id === part.line_id)
  if (!line || storeId === null) return []
  return line.components.map((one) => ({
    variant_id: one.variant_id,
    store_id: storeId,
    quantity: one.quantity * quantity,
  }))
}

/** What comes to an order by a change. */
export interface Added {
  added: readonly OrderLine[]
  groups: readonly PlannedGroup[]
}

/** All levels that a change of an order may touch: what it takes, and what it takes off. */
export async function levelsOfChange(tx: Tx, merchantId: string, orderId: string, plan: Added): Promise<StockUnits[]> {
  const lines = await readOrderLines(tx, merchantId, orderId)
  const groups = await readOrderGroups(tx, merchantId, orderId)
  return [...byRef(orderId, lines, groups), ...byRef(orderId, plan.added, plan.groups)].flatMap(([, units]) => units)
}

/** Reserves what comes to an order by a change. The caller holds the locks of all levels. Throws out-of-stock. */
export async function reserveAdded(
  tx: Tx,
  merchantId: string,
  order: Pick<Order, 'id' | 'channel'>,
  plan: Added,
  at: Date,
): Promise<void> {
  for (const [ref, lines] of byRef(order.id, plan.added, plan.groups)) {
    const isForced = ref !== order.id
    const short = await reserve(tx, merchantId, { ref, kind: 'order', channel: order.channel, isForced, lines, at })
    if (short.length > 0) throw outOfStock(short, plan.added)
  }
}

function outOfStock(short: readonly Short[], lines: readonly OrderLine[]): Problem {
  const errors = short.map(({ variant_id, available }) => {
    const line = lines.find(({ components }) => components.some((one) => one.variant_id === variant_id))
    return { pointer: '/add', detail: `${line?.sku ?? line?.name ?? variant_id}: ${available} left` }
  })
  return new Problem('out-of-stock', { errors })
}

/** Frees all that is still reserved for these orders. */
export async function releaseOrders(tx: Tx, merchantId: string, orderIds: readonly string[]): Promise<void> {
  if (orderIds.length === 0) return
  await releaseReservations(tx, merchantId, [...orderIds].sort().flatMap(reservationRefs))
}

/** Frees the stock of units that leave an order. */
export async function releaseUnits(
  tx: Tx,
  merchantId: string,
  orderId: string,
  cancel: readonly Units[],
): Promise<void> {
  const refs = leaving(orderId, await readOrderGroups(tx, merchantId, orderId), cancel)
  await lockLevels(tx, merchantId, [...refs.values()].flat())
  for (const [ref, lines] of refs) {
    if (lines.length > 0) await releaseSome(tx, merchantId, { ref, lines })
  }
}

/** What units that leave an order take off the stock of its groups. */
export function freedBy(groups: readonly OrderGroup[], cancel: readonly Units[]): StockUnits[] {
  return [...leaving('', groups, cancel).values()].flat()
}

/** The stock of units that leave, by reference: from the last groups on, as units are cancelled from the last on. */
function leaving(orderId: string, groups: readonly OrderGroup[], cancel: readonly Units[]): Map<string, StockUnits[]> {
  const refs = new Map<string, StockUnits[]>()
  for (const { line, quantity } of cancel) {
    // Units above what is still ordered were cancelled before; those left go from the end.
    let to = line.quantity - line.cancelled
    const from = to - quantity
    for (const group of [...groups].reverse()) {
      const part = group.lines.find(({ line_id }) => line_id === line.id)
      if (!part) continue
      const first = from > part.unit_from ? from : part.unit_from
      const last = to < part.unit_from + part.quantity ? to : part.unit_from + part.quantity
      if (last <= first) continue
      const ref = reservationRef(orderId, group.mode)
      refs.set(ref, [...(refs.get(ref) ?? []), ...stockOf([line], part, last - first, group.store_id)])
      to = first
    }
  }
  return refs
}
