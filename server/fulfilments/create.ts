// Makes fulfilments of the groups of an order that was confirmed, and lets them follow what is cancelled of it. Reads the order as
// it stands, so it does not matter which message tells of it, how often, or in which order.

import type { Tx } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import {
  fulfilLines,
  isHandedOver,
  lockOrder,
  type Order,
  type OrderGroup,
  type OrderLine,
  readOrderGroups,
  readOrderLines,
  reservationRef,
} from '../orders/index.ts'
import { consumeReservations, releaseUnits, reserve } from '../stock/index.ts'
import { planCharge } from './charge.ts'
import type { FulfilmentDeps } from './deps.ts'
import { type FulfilmentEvent, tell } from './event.ts'
import { stockOf } from './finish.ts'
import { ENDS, type Fulfilment, type FulfilmentLine, type LineUnits, openOf } from './fulfilment.ts'
import { promisedAt } from './schedule.ts'
import {
  changeFulfilment,
  countLines,
  insertFulfilments,
  lockFulfilment,
  type Patch,
  readLines,
  readOfOrders,
} from './store.ts'

/** What following needs: not the consumer, which is what follows. */
export type FollowDeps = Omit<FulfilmentDeps, 'consumer'>

/** Brings the fulfilments of these orders to what the orders are now. In the caller's transaction, last: it appends events. */
export async function followOrders(deps: FollowDeps, tx: Tx, merchantId: string, orderIds: string[]): Promise<void> {
  const merchant = (await deps.merchantCache.get(merchantId)) as MerchantConfig
  const at = deps.clock.now()
  const orders: Order[] = []
  // All locks of orders before any of stock: the way of everybody who changes an order.
  for (const id of [...orderIds].sort()) {
    const order = await lockOrder(tx, merchantId, id)
    if (order) orders.push(order)
  }
  const ids = orders.map(({ id }) => id)
  if (ids.length === 0) return
  const lines = Map.groupBy(await readOrderLines(tx, merchantId, ids), ({ order_id }) => order_id)
  const groups = Map.groupBy(await readOrderGroups(tx, merchantId, ids), ({ order_id }) => order_id)
  const known = Map.groupBy(await readOfOrders(tx, merchantId, ids), ({ order_id }) => order_id)
  const events: FulfilmentEvent[] = []
  for (const order of orders) {
    const of = { order, lines: lines.get(order.id) ?? [], siblings: known.get(order.id) ?? [] }
    if (of.siblings.length > 0) events.push(...(await dropCancelled(tx, merchantId, of, at)))
    if (order.state !== 'confirmed') continue
    const fresh = (groups.get(order.id) ?? []).filter(({ no }) => !of.siblings.some(({ group_no }) => group_no === no))
    if (fresh.length > 0) events.push(...(await make(deps, tx, merchant, { ...of, groups: fresh }, at)))
  }
  await tell(tx, deps, merchantId, at, events)
}

interface Of {
  order: Order
  lines: OrderLine[]
  siblings: Fulfilment[]
}

// ---- Making --------------------------------------------------------------------------------------------------------

async function make(
  deps: FollowDeps,
  tx: Tx,
  merchant: MerchantConfig,
  of: Of & { groups: OrderGroup[] },
  at: Date,
): Promise<FulfilmentEvent[]> {
  const { order } = of
  let lines = of.lines
  let planned = 0n
  const made: { fulfilment: Fulfilment; lines: FulfilmentLine[] }[] = []
  const rows = of.groups.flatMap((group) => rowOf(deps, merchant, order, lines, group, at) ?? [])
  const siblings = [...of.siblings, ...rows.map(({ fulfilment }) => fulfilment)]
  for (const row of rows) {
    const f = row.fulfilment
    const units = row.lines.map(({ line_id, quantity }) => ({ line_id, quantity }))
    const stock = stockOf(row.lines, units, f.store_id)
    const isGone = f.ended_at !== null
    if (stock.length > 0 && isGone) {
      const ref = reservationRef(order.id, f.mode)
      const about = { movement: 'sale' as const, about: order.id, reason: 'sold', at }
      await consumeReservations(deps, tx, merchant.id, { ref, lines: stock, ...about })
    }
    if (stock.length > 0 && !isGone) {
      // From here on the fulfilment owns its stock, so that what leaves the order by another part never takes it.
      await releaseUnits(tx, merchant.id, { ref: reservationRef(order.id, f.mode), lines: stock })
      await reserve(tx, merchant.id, { ref: f.id, kind: 'order', isForced: true, lines: stock, at })
      f.reservation_ref = f.id
    }
    if (isGone) {
      Object.assign(f, await chargeOfGone(tx, merchant.id, { order, lines, f, siblings, units, planned }, at))
      if (f.charge_state === 'intent') planned += f.charge_amount
      lines = lines.map((line) => {
        const gone = units.find(({ line_id }) => line_id === line.id)
        return gone ? { ...line, fulfilled: line.fulfilled + gone.quantity } : line
      })
    }
    made.push(row)
  }
  const gone = made.filter(({ fulfilment }) => fulfilment.ended_at !== null).flatMap((row) => row.lines)
  const counts = gone.map(({ line_id, quantity }) => ({ order_id: order.id, line_id, quantity }))
  if (counts.length > 0) await fulfilLines(tx, merchant.id, counts, at)
  await insertFulfilments(tx, merchant.id, made)
  return made.map(({ fulfilment, lines: own }): FulfilmentEvent => {
    const type = fulfilment.ended_at === null ? 'fulfilment.created' : endOf(fulfilment)
    return { type, fulfilment, lines: own, order, by: null }
  })
}

function endOf({ mode }: Fulfilment): 'fulfilment.collected' | 'fulfilment.delivered' {
  return mode === 'digital' ? 'fulfilment.delivered' : 'fulfilment.collected'
}

/** What is in the customer's hands already is charged by a worker at once. */
async function chargeOfGone(
  tx: Tx,
  merchantId: string,
  q: { order: Order; lines: OrderLine[]; f: Fulfilment; siblings: Fulfilment[]; units: LineUnits[]; planned: bigint },
  at: Date,
): Promise<Patch> {
  const siblings = q.siblings.map((each) =>
    each.charge_state === 'intent' ? { ...each, charge_state: 'charged' as const } : each,
  )
  try {
    const { amount, plan } = await planCharge(tx, merchantId, { ...q, fulfilment: q.f, siblings })
    if (!plan) return {}
    return { charge_state: 'intent', charge_no: 1, charge_amount: amount, charge_plan: plan, charge_due_at: at }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { charge_state: 'declined', charge_decline: { code: error.code, message: error.message } }
  }
}

function rowOf(
  deps: FollowDeps,
  merchant: MerchantConfig,
  order: Order,
  lines: readonly OrderLine[],
  group: OrderGroup,
  at: Date,
): { fulfilment: Fulfilment; lines: FulfilmentLine[] } | null {
  const id = deps.newId('ful')
  const own = group.lines.flatMap((part): FulfilmentLine[] => {
    const line = lines.find((each) => each.id === part.line_id)
    // Units are cancelled from the last on.
    const kept = line ? line.quantity - line.cancelled - part.unit_from : 0n
    const quantity = kept < part.quantity ? kept : part.quantity
    if (!line || quantity <= 0n) return []
    return [
      { fulfilment_id: id, line_id: line.id, components: line.components, quantity, handed_over: 0n, dropped: 0n },
    ]
  })
  if (own.length === 0) return null
  const { mode, store_id, destination } = group
  const isGone = mode === 'take_away' || mode === 'digital'
  const goesTo = (destination as { store_id?: string } | null)?.store_id
  const fulfilment = blank({
    ...{ id, order_id: order.id, group_no: group.no, part: 1, mode, store_id, score: group.score },
    state: mode === 'take_away' ? 'collected' : mode === 'digital' ? 'delivered' : 'pending',
    destination_store_id: goesTo ?? null,
    address: (destination as { address?: Record<string, unknown> } | null)?.address ?? null,
    promised_at: isGone ? null : promisedAt(merchant.stores.get(goesTo ?? store_id ?? ''), at),
    ...{ created_at: at, updated_at: at, ended_at: isGone ? at : null },
  })
  return { fulfilment, lines: isGone ? own.map((line) => ({ ...line, handed_over: line.quantity })) : own }
}

/** A fulfilment with nothing in it but what is given. */
export function blank(
  given: Pick<Fulfilment, 'id' | 'order_id' | 'group_no' | 'part' | 'mode' | 'state' | 'created_at' | 'updated_at'> &
    Partial<Fulfilment>,
): Fulfilment {
  return {
    ...{ store_id: null, destination_store_id: null, address: null, reservation_ref: null, transfer_id: null },
    ...{ refused_by: [], score: null, reason: null, code_no: 0, code_hash: null, code_attempts: 0, collected_by: null },
    ...{ promised_at: null, expires_at: null, reminded_at: null, tracking: null },
    ...{ charge_state: 'none' as const, charge_no: 0, charge_amount: 0n, charge_taken: 0n, charge_plan: null },
    ...{ charge_decline: null, charge_due_at: null, charge_key: null, release_at: null, version: 1, ended_at: null },
    ...given,
  }
}

// ---- Following -----------------------------------------------------------------------------------------------------

/** Units that left the order leave its fulfilments too, from the last one on. */
async function dropCancelled(
  tx: Tx,
  merchantId: string,
  { order, lines, siblings }: Of,
  at: Date,
): Promise<FulfilmentEvent[]> {
  const open: Fulfilment[] = []
  for (const { id, state } of siblings) {
    if (ENDS.has(state)) continue
    const f = await lockFulfilment(tx, merchantId, id)
    if (f && !ENDS.has(f.state)) open.push(f)
  }
  if (open.length === 0) return []
  const own = await readLines(
    tx,
    merchantId,
    open.map(({ id }) => id),
  )
  const drops = new Map<string, LineUnits[]>()
  for (const line of lines) {
    const parts = own.filter(({ line_id }) => line_id === line.id)
    const wanted = order.state === 'confirmed' ? line.quantity - line.cancelled - line.fulfilled : 0n
    let tooMany = parts.reduce((sum, part) => sum + openOf(part), 0n) - wanted
    for (const f of [...open].reverse()) {
      const part = parts.find(({ fulfilment_id }) => fulfilment_id === f.id)
      if (!part || tooMany <= 0n) continue
      const quantity = openOf(part) < tooMany ? openOf(part) : tooMany
      if (quantity > 0n) drops.set(f.id, [...(drops.get(f.id) ?? []), { line_id: line.id, quantity }])
      tooMany -= quantity
    }
  }
  // Nothing is to come any more: what is still held is released, the kept card revoked.
  const isDone =
    order.state !== 'confirmed' ||
    lines.filter(isHandedOver).every((line) => line.quantity === line.cancelled + line.fulfilled)
  const events: FulfilmentEvent[] = []
  for (const f of open) {
    const units = drops.get(f.id)
    if (!units) continue
    const stock = stockOf(
      own.filter(({ fulfilment_id }) => fulfilment_id === f.id),
      units,
      f.store_id,
    )
    if (f.reservation_ref !== null && stock.length > 0)
      await releaseUnits(tx, merchantId, { ref: f.reservation_ref, lines: stock })
    await countLines(tx, merchantId, f.id, 'dropped', units)
    const left = await readLines(tx, merchantId, f.id)
    const isEmpty = left.every((line) => openOf(line) === 0n && line.handed_over === 0n)
    const patch: Patch = isEmpty
      ? {
          state: 'cancelled',
          reason: 'order_cancelled',
          code_hash: null,
          expires_at: null,
          ended_at: at,
          ...(isDone ? { release_at: at } : {}),
        }
      : {}
    const after = await changeFulfilment(tx, merchantId, f, [f.state], patch, at)
    const type = isEmpty ? 'fulfilment.cancelled' : 'fulfilment.reduced'
    events.push({ type, fulfilment: after, lines: left, order, by: null })
  }
  return events
}
