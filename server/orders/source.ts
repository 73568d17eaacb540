// Which stock an order takes: what is handed over in a store comes from that store, what is sent from wherever the channel's
// stores can send it best. Makes the groups that fulfilments follow.

import { Problem } from '../lib/problem.ts'
import { planSources, type ToSend } from '../stock/index.ts'
import { unitsWorth } from '../totals/index.ts'
import type { OrderDeps } from './deps.ts'
import { isHandedOver } from './figures.ts'
import type { GroupLine, GroupMode, OrderAddress, OrderGroup, OrderLine } from './order.ts'

/** A group before it has a number. */
export type PlannedGroup = Omit<OrderGroup, 'order_id' | 'no'>

/** A line and how the customer wants it. `store_id`: where it is handed over, or which store is to send it. */
export interface Wanted {
  line: OrderLine
  mode: GroupMode
  store_id: string | null
}

/**
 * Groups of lines. What is charged but never handed over is in none. Throws validation-error when a line names no store, and
 * out-of-stock when no store of the channel has what is to be sent.
 */
export async function planGroups(
  deps: OrderDeps,
  merchantId: string,
  place: { channel: string; address: OrderAddress | null },
  wanted: readonly Wanted[],
): Promise<PlannedGroup[]> {
  const goods = wanted.filter(({ line }) => isHandedOver(line))
  const byPlace = new Map<string, Wanted[]>()
  const toSend: Wanted[] = []
  for (const [i, each] of goods.entries()) {
    if (each.mode === 'ship' && each.store_id === null) {
      toSend.push(each)
      continue
    }
    if (each.store_id === null && each.mode !== 'digital') throw noStore(i)
    const key = `${each.mode} ${each.store_id}`
    byPlace.set(key, [...(byPlace.get(key) ?? []), each])
  }
  const groups = [...byPlace.values()].map((lines) => groupAt(lines, place.address))
  return [...groups, ...(await groupsToSend(deps, merchantId, place, toSend))]
}

function groupAt(lines: readonly Wanted[], address: OrderAddress | null): PlannedGroup {
  const { mode, store_id } = lines[0] as Wanted
  return {
    mode,
    store_id: mode === 'digital' ? null : store_id,
    destination: destinationOf(mode, store_id, address),
    lines: lines.map(({ line }) => part(line, 0n, line.quantity)),
    score: null,
  }
}

function destinationOf(
  mode: GroupMode,
  storeId: string | null,
  address: OrderAddress | null,
): OrderGroup['destination'] {
  if (mode === 'ship') return address === null ? null : { address }
  return mode === 'collect' || mode === 'ship_to_store' ? { store_id: storeId } : null
}

async function groupsToSend(
  deps: OrderDeps,
  merchantId: string,
  { channel, address }: { channel: string; address: OrderAddress | null },
  wanted: readonly Wanted[],
): Promise<PlannedGroup[]> {
  if (wanted.length === 0) return []
  const destination = destinationOf('ship', null, address)
  const lines = wanted.map(
    ({ line }): ToSend => ({ line_id: line.id, quantity: line.quantity, components: line.components }),
  )
  const counted = lines.filter(({ components }) => components.length > 0)
  const to = address === null ? {} : { country: address.country }
  const { sources, missing } =
    counted.length === 0
      ? { sources: [], missing: [] }
      : await planSources(deps, merchantId, { channel, to, lines: counted })
  if (missing.length > 0) throw nobodyHas(missing, wanted)
  const sent = new Map<string, bigint>()
  const groups = sources.map((source): PlannedGroup => {
    const parts = source.lines.map(({ line_id, quantity }) => {
      const line = lineOf(wanted, line_id)
      const from = sent.get(line_id) ?? 0n
      sent.set(line_id, from + quantity)
      return part(line, from, quantity)
    })
    return { mode: 'ship', store_id: source.store_id, destination, lines: parts, score: source.score }
  })
  // What has no stock goes with the first parcel, or is one by itself.
  const rest = wanted.flatMap(({ line }) => {
    const from = sent.get(line.id) ?? 0n
    return from < line.quantity ? [part(line, from, line.quantity - from)] : []
  })
  const [first] = groups
  if (rest.length === 0) return groups
  if (first) first.lines.push(...rest)
  else groups.push({ mode: 'ship', store_id: null, destination, lines: rest, score: null })
  return groups
}

function lineOf(wanted: readonly Wanted[], id: string): OrderLine {
  const found = wanted.find(({ line }) => line.id === id)
  if (!found) throw new Error('the stock answered for a line that was not asked about')
  return found.line
}

function part(line: OrderLine, from: bigint, quantity: bigint): GroupLine {
  const worth = (amount: bigint) => unitsWorth(amount, line.quantity, from, from + quantity)
  return { line_id: line.id, unit_from: from, quantity, total: worth(line.total), tax: worth(line.tax) }
}

function nobodyHas(missing: readonly { line_id: string; quantity: bigint }[], wanted: readonly Wanted[]): Problem {
  const errors = missing.map(({ line_id, quantity }) => {
    const { line } = wanted.find((each) => each.line.id === line_id) as Wanted
    return { pointer: `/lines/${line.seq - 1}`, detail: `${line.sku ?? line.name}: ${quantity} too many` }
  })
  return new Problem('out-of-stock', { errors })
}

function noStore(i: number): Problem {
  return new Problem('validation-error', {
    errors: [
      { pointer: '/cart_id', detail: `Line ${i + 1} of the cart is handed over in a store, and none is named.` },
    ],
  })
}
