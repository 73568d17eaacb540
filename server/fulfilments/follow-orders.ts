// Lets the fulfilments of orders follow what became of these and of the transfers they wait for. Reads everything as it stands, so it
// does not matter which message tells of it, how often, or in which order. All locks come first, each kind in one sorted set: orders,
// fulfilments, transfers, levels. Taken order by order, two that follow different messages could wait for each other.

import type { Tx } from '../db/pool.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import {
  lockOrders,
  type Order,
  type OrderGroup,
  type OrderLine,
  readOrderGroups,
  readOrderLines,
} from '../orders/index.ts'
import { handOnWhole, lockLevels, lockTransfers, type Units } from '../stock/index.ts'
import { takeArrived } from './arrive.ts'
import { type FollowDeps, freshOf, make, takingOf } from './create.ts'
import { dropCancelled, type OfOrder } from './drop-cancelled.ts'
import { type FulfilmentEvent, tell } from './event.ts'
import { ENDS, type Fulfilment } from './fulfilment.ts'
import { promiseWithRoom } from './promise.ts'
import { reverseCharges } from './reverse-charges.ts'
import { hurryCharges, lockFulfilments, readOfOrders } from './store.ts'

/** Whose fulfilments are to follow. */
export interface ToFollow {
  /** Orders that may have others, or fewer. */
  changed: readonly string[]
  /** Orders of which a payment moved while the outcome of a charge is unknown. */
  charging: readonly string[]
  /** Orders of which a payment was taken back that had paid for goods as they left. */
  reversed: readonly string[]
  /** Fulfilments whose transfer has come to an end. */
  arrived: readonly Pick<Fulfilment, 'id' | 'order_id'>[]
}

/** Brings the fulfilments to what orders and transfers are now. In the caller's transaction. */
export async function follow(deps: FollowDeps, tx: Tx, merchantId: string, what: ToFollow): Promise<void> {
  const merchant = (await deps.merchantCache.get(merchantId)) as MerchantConfig
  const at = deps.clock.now()
  const all = [...what.changed, ...what.charging, ...what.reversed, ...what.arrived.map(({ order_id }) => order_id)]
  if (all.length === 0) return
  const orders = await lockOrders(tx, merchantId, [...new Set(all)])
  if (what.charging.length > 0) await hurryCharges(tx, merchantId, what.charging, at)
  const isChanged = new Set(what.changed)
  const ids = orders.map(({ id }) => id)
  const lines = Map.groupBy(await readOrderLines(tx, merchantId, ids), ({ order_id }) => order_id)
  const groups = Map.groupBy(await readOrderGroups(tx, merchantId, ids), ({ order_id }) => order_id)
  const known = Map.groupBy(
    await lockedOfOrders(tx, merchantId, ids, new Set(what.reversed)),
    ({ order_id }) => order_id,
  )
  const ofOrders = orders.map((order) => ({
    ...{ order, lines: lines.get(order.id) ?? [], groups: groups.get(order.id) ?? [] },
    siblings: known.get(order.id) ?? [],
  }))
  const changed = ofOrders.filter(({ order }) => isChanged.has(order.id))
  const fresh = changed.flatMap((of) => freshOf(deps, merchant, of, at) ?? [])
  const hasArrived = new Set(what.arrived.map(({ id }) => id))
  const open = [...known.values()]
    .flat()
    .filter(({ id, order_id, state }) => !ENDS.has(state) && (isChanged.has(order_id) || hasArrived.has(id)))
  const taking = takingOf(deps, fresh, at)
  // What goes over whole needs no lock of a level; it must not be waited for while those are held.
  const handed = await handOnWhole(tx, merchantId, taking.handed)
  const transfers = await lockTransfers(
    tx,
    merchantId,
    open.flatMap(({ transfer_id }) => transfer_id ?? []),
  )
  const sold = taking.sold.flatMap(({ lines: units }) => units)
  const rest = handed.flatMap(({ lines: units }) => units)
  // What is sold alone takes its own locks, in one set too.
  if (open.length + rest.length > 0) await lockLevels(tx, merchantId, [...sold, ...rest, ...levelsOf(ofOrders, open)])

  const waiting = open.filter(({ id }) => hasArrived.has(id))
  const arrived = await takeArrived(tx, merchantId, merchant, { waiting, transfers, orders }, at)
  const events: FulfilmentEvent[] = [...arrived]
  for (const of of changed) {
    const siblings = of.siblings.map(
      (each) => arrived.find(({ fulfilment }) => fulfilment.id === each.id)?.fulfilment ?? each,
    )
    if (siblings.length > 0) events.push(...(await dropCancelled(deps, tx, merchantId, { ...of, siblings }, at)))
  }
  if (fresh.length > 0) events.push(...(await make(deps, tx, merchantId, fresh, { ...taking, handed }, at)))
  if (what.reversed.length > 0) {
    // Read again: what was done above is a new version of them.
    const fulfilments = await readOfOrders(tx, merchantId, [...what.reversed])
    events.push(...(await reverseCharges(tx, merchantId, { orders, fulfilments }, at)))
  }
  await promiseWithRoom(tx, merchantId, merchant, events, at)
  await tell(tx, deps, merchantId, at, events)
}

/**
 * What an edit takes off an order leaves its fulfilments in the edit's own transaction, so that it can take the same goods again. The
 * caller holds the order's lock; `levels` are locked with those of the fulfilments. Answers what tells of it, to be called last.
 */
export async function dropWithEdit(
  deps: Pick<FollowDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  what: { order: Order; lines: readonly OrderLine[]; levels: readonly Omit<Units, 'quantity'>[]; at: Date },
): Promise<() => Promise<void>> {
  const { order, at } = what
  const lines = [...what.lines]
  const siblings = await lockedOfOrders(tx, merchantId, [order.id], new Set())
  const open = siblings.filter(({ state }) => !ENDS.has(state))
  await lockTransfers(
    tx,
    merchantId,
    open.flatMap(({ transfer_id }) => transfer_id ?? []),
  )
  const groups = await readOrderGroups(tx, merchantId, order.id)
  await lockLevels(tx, merchantId, [...what.levels, ...levelsOf([{ order, lines, groups, siblings }], open)])
  const events = await dropCancelled(deps, tx, merchantId, { order, lines, siblings }, at)
  return () => tell(tx, deps, merchantId, at, events)
}

/** The fulfilments of these orders, those locked that have not ended, and all of `whole` orders. */
async function lockedOfOrders(
  tx: Tx,
  merchantId: string,
  orderIds: string[],
  whole: ReadonlySet<string>,
): Promise<Fulfilment[]> {
  const seen = await readOfOrders(tx, merchantId, orderIds)
  const open = seen.filter(({ order_id, state }) => !ENDS.has(state) || whole.has(order_id)).map(({ id }) => id)
  if (open.length === 0) return seen
  const locked = await lockFulfilments(tx, merchantId, open)
  return seen.map((each) => locked.find(({ id }) => id === each.id) ?? each)
}

/** All levels that may change by what is dropped or has arrived. */
function levelsOf(
  ofOrders: readonly (OfOrder & { groups: readonly OrderGroup[] })[],
  open: readonly Fulfilment[],
): Omit<Units, 'quantity'>[] {
  return open.flatMap((f) => {
    const of = ofOrders.find(({ order }) => order.id === f.order_id)
    const group = of?.groups.find(({ no }) => no === f.group_no)
    const stores = [...new Set([f.store_id, f.destination_store_id, group?.store_id ?? null])].filter(
      (id) => id !== null,
    )
    return componentsOf(group, of?.lines ?? []).flatMap((variant_id) =>
      stores.map((store_id) => ({ variant_id, store_id })),
    )
  })
}

function componentsOf(group: OrderGroup | undefined, lines: readonly OrderLine[]): string[] {
  const own = group?.lines.map(({ line_id }) => line_id) ?? []
  return lines.filter(({ id }) => own.includes(id)).flatMap(({ components }) => components.map((one) => one.variant_id))
}
