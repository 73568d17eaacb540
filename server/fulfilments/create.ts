// Makes fulfilments of the groups of an order that was confirmed, and lets them follow what is cancelled of it. Reads the order as
// it stands, so it does not matter which message tells of it, how often, or in which order.

import type { Tx } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import {
  fulfilLines,
  type LineQuantity,
  lockOrders,
  missingFor,
  type Order,
  type OrderGroup,
  type OrderLine,
  readOrderGroups,
  readOrderLines,
  reservationRef,
} from '../orders/index.ts'
import { type Consumption, consumeReservations, type HandOn, handOnReservations, lockLevels } from '../stock/index.ts'
import { planCharge } from './charge.ts'
import type { FulfilmentDeps } from './deps.ts'
import { dropCancelled, type OfOrder } from './drop-cancelled.ts'
import { type FulfilmentEvent, tell } from './event.ts'
import { stockOf } from './finish.ts'
import { ENDS, type Fulfilment, type FulfilmentLine, type LineUnits } from './fulfilment.ts'
import { promisedAt } from './schedule.ts'
import { insertFulfilments, type Patch, readOfOrders } from './store.ts'

/** What following needs: not the consumer, which is what follows. */
export type FollowDeps = Omit<FulfilmentDeps, 'consumer'>

/** Brings the fulfilments of these orders to what the orders are now. In the caller's transaction, last: it appends events. */
export async function followOrders(deps: FollowDeps, tx: Tx, merchantId: string, orderIds: string[]): Promise<void> {
  const merchant = (await deps.merchantCache.get(merchantId)) as MerchantConfig
  const at = deps.clock.now()
  // All locks of orders before any of stock: the way of everybody who changes an order.
  const orders = await lockOrders(tx, merchantId, orderIds)
  const ids = orders.map(({ id }) => id)
  if (ids.length === 0) return
  const lines = Map.groupBy(await readOrderLines(tx, merchantId, ids), ({ order_id }) => order_id)
  const groups = Map.groupBy(await readOrderGroups(tx, merchantId, ids), ({ order_id }) => order_id)
  const known = Map.groupBy(await readOfOrders(tx, merchantId, ids), ({ order_id }) => order_id)
  const siblings = [...known.values()].flat()
  // Making takes the stock's locks in one statement, if any. Dropping takes them fulfilment by fulfilment.
  if (siblings.some(({ state }) => !ENDS.has(state)))
    await lockStock(tx, merchantId, [...groups.values()].flat(), [...lines.values()].flat(), siblings)
  const events: FulfilmentEvent[] = []
  const fresh: Fresh[] = []
  for (const order of orders) {
    const of = { order, lines: lines.get(order.id) ?? [], siblings: known.get(order.id) ?? [] }
    if (of.siblings.length > 0) events.push(...(await dropCancelled(tx, merchantId, of, at)))
    if (order.state !== 'confirmed') continue
    const unmade = (groups.get(order.id) ?? []).filter(({ no }) => !of.siblings.some(({ group_no }) => group_no === no))
    const rows = unmade
      .flatMap((group) => rowOf(deps, merchant, order, of.lines, group, at) ?? [])
      // What would be gone at once waits until it is paid, which tells of the order again.
      .filter(({ fulfilment, lines: own }) => fulfilment.ended_at === null || missingFor(order, of.lines, own) === 0n)
    if (rows.length > 0) fresh.push({ ...of, rows })
  }
  if (fresh.length > 0) events.push(...(await make(deps, tx, merchantId, fresh, at)))
  await tell(tx, deps, merchantId, at, events)
}

/** All levels that may change, in sorted order: group by group, two orders could wait for each other. */
async function lockStock(
  tx: Tx,
  merchantId: string,
  groups: readonly OrderGroup[],
  lines: readonly OrderLine[],
  siblings: readonly Fulfilment[],
): Promise<void> {
  const levels = groups.flatMap((group) => {
    const components = group.lines.flatMap(({ line_id }) => lines.find(({ id }) => id === line_id)?.components ?? [])
    const own = siblings.filter(({ order_id, group_no }) => order_id === group.order_id && group_no === group.no)
    const stores = [group.store_id, ...own.map(({ store_id }) => store_id)].filter((id) => id !== null)
    return components.flatMap(({ variant_id }) => stores.map((store_id) => ({ variant_id, store_id })))
  })
  await lockLevels(tx, merchantId, levels)
}

/** An order with fulfilments that are to be made. */
interface Fresh extends OfOrder {
  rows: { fulfilment: Fulfilment; lines: FulfilmentLine[] }[]
}

// ---- Making --------------------------------------------------------------------------------------------------------

/** Makes the fulfilments of many orders, each kind of change in one statement. */
async function make(
  deps: FollowDeps,
  tx: Tx,
  merchantId: string,
  fresh: readonly Fresh[],
  at: Date,
): Promise<FulfilmentEvent[]> {
  await takeStock(deps, tx, merchantId, fresh, at)
  const counts: LineQuantity[] = []
  for (const of of fresh) {
    const gone = of.rows.filter(({ fulfilment }) => fulfilment.ended_at !== null)
    await chargeGone(tx, merchantId, of, gone, at)
    for (const { lines } of gone)
      counts.push(...lines.map(({ line_id, quantity }) => ({ order_id: of.order.id, line_id, quantity })))
  }
  if (counts.length > 0) await fulfilLines(tx, merchantId, counts, at)
  await insertFulfilments(
    tx,
    merchantId,
    fresh.flatMap(({ rows }) => rows),
  )
  return fresh.flatMap(({ order, rows }) =>
    rows.map(({ fulfilment, lines }): FulfilmentEvent => {
      const type = fulfilment.ended_at === null ? 'fulfilment.created' : endOf(fulfilment)
      return { type, fulfilment, lines, order, by: null }
    }),
  )
}

/**
 * What was taken along leaves the stock. For the rest the fulfilment owns what was promised from here on, so that what leaves the
 * order by another part never takes it.
 */
async function takeStock(
  deps: FollowDeps,
  tx: Tx,
  merchantId: string,
  fresh: readonly Fresh[],
  at: Date,
): Promise<void> {
  const sold: Consumption[] = []
  const handed: HandOn[] = []
  for (const { order, rows } of fresh) {
    for (const { fulfilment: f, lines: own } of rows) {
      const stock = stockOf(own, own, f.store_id)
      if (stock.length === 0) continue
      const ref = reservationRef(order.id, f.mode)
      if (f.ended_at !== null) {
        sold.push({ ref, lines: stock, movement: 'sale', about: order.id, reason: 'sold', at })
        continue
      }
      f.reservation_ref = f.id
      handed.push({ ref, to_ref: f.id, lines: stock })
    }
  }
  if (sold.length > 0) await consumeReservations(deps, tx, merchantId, sold)
  await handOnReservations(tx, merchantId, handed, at)
}

/** What is in the customer's hands already is charged by a worker at once. */
async function chargeGone(
  tx: Tx,
  merchantId: string,
  { order, lines, siblings, rows }: Fresh,
  gone: Fresh['rows'],
  at: Date,
): Promise<void> {
  const all = [...siblings, ...rows.map(({ fulfilment }) => fulfilment)]
  let left = lines
  let planned = 0n
  for (const { fulfilment: f, lines: units } of gone) {
    Object.assign(f, await chargeOfGone(tx, merchantId, { order, lines: left, f, siblings: all, units, planned }, at))
    if (f.charge_state === 'intent') planned += f.charge_amount
    left = left.map((line) => {
      const taken = units.find(({ line_id }) => line_id === line.id)
      return taken ? { ...line, fulfilled: line.fulfilled + taken.quantity } : line
    })
  }
}

function endOf({ mode }: Fulfilment): 'fulfilment.collected' | 'fulfilment.delivered' {
  return mode === 'digital' ? 'fulfilment.delivered' : 'fulfilment.collected'
}

async function chargeOfGone(
  tx: Tx,
  merchantId: string,
  q: {
    order: Order
    lines: OrderLine[]
    f: Fulfilment
    siblings: Fulfilment[]
    units: readonly LineUnits[]
    planned: bigint
  },
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
