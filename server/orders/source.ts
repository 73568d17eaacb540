// Which stock an order takes: what is taken along comes from that store, what is collected in a store from there or, where it has
// too little, by transfer from where it comes best, and what is sent from wherever the channel's stores can send it best. Makes the
// groups that fulfilments follow.

import { Problem } from '../lib/problem.ts'
import { atHand, placeOfStore, planSources, type Source, type ToSend, type Units } from '../stock/index.ts'
import { unitsWorth } from '../totals/index.ts'
import { checkStores, type Seller } from './check-stores.ts'
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
  /** What a refusal calls it, and where it points: for the way it leaves, and for want of stock. */
  named: { name: string; way: string; stock: string }
}

/** What is asked of the stock for an order: who sells, where it goes, and what the order takes already. */
interface Asked {
  channel: string
  address: OrderAddress | null
  /** The one store that goods may come from, where not all may. */
  only: string | undefined
  taken: Units[]
}

/**
 * Groups of lines. `taken`: what the same order takes otherwise, below zero what it gives back. What is charged but never handed over is in none. What is collected comes from the store it is collected in, and
 * what that store has too little of from others, each a group of its own with the same destination. Throws validation-error when a
 * line names no store or one that cannot do what is asked of it, and out-of-stock when the stores of the channel do not have what is to be sent or brought.
 */
export async function planGroups(
  deps: OrderDeps,
  merchantId: string,
  place: Seller & { address: OrderAddress | null; taken?: readonly Units[] },
  wanted: readonly Wanted[],
): Promise<PlannedGroup[]> {
  const goods = wanted.filter(({ line }) => isHandedOver(line))
  const byPlace = new Map<string, Wanted[]>()
  const toSend: Wanted[] = []
  for (const each of goods) {
    if (each.mode === 'ship' && each.store_id === null) {
      toSend.push(each)
      continue
    }
    if (each.store_id === null && each.mode !== 'digital') throw noStore(each)
    const key = `${each.mode} ${each.store_id}`
    byPlace.set(key, [...(byPlace.get(key) ?? []), each])
  }
  const only = await checkStores(deps, merchantId, place, goods)
  const sets = [...byPlace.values()]
  const fixed = sets.filter((lines) => !isBrought(lines)).map((lines) => groupAt(lines, place.address))
  const asked = { ...place, only, taken: [...(place.taken ?? []), ...fixed.flatMap((group) => stockOf(group, wanted))] }
  // What stores have themselves goes first, so that no store sends away what the same order collects there.
  const here: PlannedGroup[] = []
  for (const lines of sets.filter(isBrought)) here.push(...(await groupAtHand(deps, merchantId, asked, lines)))
  const brought: PlannedGroup[] = []
  for (const lines of sets.filter(isBrought))
    brought.push(...(await groupsBrought(deps, merchantId, asked, lines, here)))
  return [...fixed, ...here, ...brought, ...(await groupsToSend(deps, merchantId, asked, toSend))]
}

/** Collected in a store, which may have to get it first. */
function isBrought([first]: readonly Wanted[]): boolean {
  return first?.mode === 'collect' || first?.mode === 'ship_to_store'
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

/** What a group takes from the stock. */
export function stockOf(group: PlannedGroup, wanted: readonly Wanted[]): Units[] {
  const { store_id } = group
  if (store_id === null) return []
  return group.lines.flatMap(({ line_id, quantity }) =>
    lineOf(wanted, line_id).components.map((one) => ({
      ...{ variant_id: one.variant_id, store_id },
      quantity: one.quantity * quantity,
    })),
  )
}

/** What of the lines is where they are collected, or has no stock; none when that is nothing. */
async function groupAtHand(
  deps: OrderDeps,
  merchantId: string,
  asked: Asked,
  lines: readonly Wanted[],
): Promise<PlannedGroup[]> {
  const whole = groupAt(lines, asked.address)
  const counted = toSendOf(lines)
  const there = await atHand(deps, merchantId, {
    ...{ storeId: whole.store_id as string, channel: asked.channel, lines: counted, taken: asked.taken },
  })
  const quantityOf = ({ id, components, quantity }: OrderLine) =>
    components.length === 0 ? quantity : (there.find(({ line_id }) => line_id === id)?.quantity ?? 0n)
  const parts = lines.map(({ line }) => part(line, 0n, quantityOf(line))).filter(({ quantity }) => quantity > 0n)
  if (parts.length === 0) return []
  const group = { ...whole, lines: parts }
  asked.taken.push(...stockOf(group, lines))
  return [group]
}

/** What has to come from other stores, from as few as can be. */
async function groupsBrought(
  deps: OrderDeps,
  merchantId: string,
  asked: Asked,
  lines: readonly Wanted[],
  here: readonly PlannedGroup[],
): Promise<PlannedGroup[]> {
  const whole = groupAt(lines, asked.address)
  const storeId = whole.store_id as string
  const first = new Map(here.flatMap((group) => group.lines).map(({ line_id, quantity }) => [line_id, quantity]))
  const rest = toSendOf(lines)
    .map((line) => ({ ...line, quantity: line.quantity - (first.get(line.line_id) ?? 0n) }))
    .filter(({ quantity }) => quantity > 0n)
  if (rest.length === 0) return []
  const { sources, missing } = await planSources(deps, merchantId, {
    ...{ channel: asked.channel, to: await placeOfStore(deps, merchantId, storeId), lines: rest },
    ...{ without: [storeId], only: asked.only, taken: asked.taken },
  })
  if (missing.length > 0) throw nobodyHas(missing, lines)
  const groups = groupsOf(sources, lines, first, whole)
  asked.taken.push(...groups.flatMap((group) => stockOf(group, lines)))
  return groups
}

function toSendOf(wanted: readonly Wanted[]): ToSend[] {
  return wanted
    .map(({ line }): ToSend => ({ line_id: line.id, quantity: line.quantity, components: line.components }))
    .filter(({ components }) => components.length > 0)
}

/** One group per source. `sent`: units of each line that are in groups already; it counts on. */
function groupsOf(
  sources: readonly Source[],
  wanted: readonly Wanted[],
  sent: Map<string, bigint>,
  like: Pick<PlannedGroup, 'mode' | 'destination'>,
): PlannedGroup[] {
  return sources.map((source) => {
    const lines = source.lines.map(({ line_id, quantity }) => {
      const from = sent.get(line_id) ?? 0n
      sent.set(line_id, from + quantity)
      return part(lineOf(wanted, line_id), from, quantity)
    })
    return { mode: like.mode, store_id: source.store_id, destination: like.destination, lines, score: source.score }
  })
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
  { channel, address, only, taken }: Asked,
  wanted: readonly Wanted[],
): Promise<PlannedGroup[]> {
  if (wanted.length === 0) return []
  const destination = destinationOf('ship', null, address)
  const lines = toSendOf(wanted)
  const to = address === null ? {} : { country: address.country }
  const { sources, missing } =
    lines.length === 0
      ? { sources: [], missing: [] }
      : await planSources(deps, merchantId, { channel, to, lines, only, taken })
  if (missing.length > 0) throw nobodyHas(missing, wanted)
  const sent = new Map<string, bigint>()
  const groups = groupsOf(sources, wanted, sent, { mode: 'ship', destination })
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
    const { line, named } = wanted.find((each) => each.line.id === line_id) as Wanted
    return { pointer: named.stock, detail: `${line.sku ?? line.name}: ${quantity} too many` }
  })
  return new Problem('out-of-stock', { errors })
}

function noStore({ named }: Wanted): Problem {
  return new Problem('validation-error', {
    errors: [{ pointer: named.way, detail: `${named.name} is handed over in a store, and none is named.` }],
  })
}
