// A store says no, or another one is asked: what is open goes to a store that has it, by the same choice as when the order was
// placed. What is collected comes to its store by transfer. What nobody has is cancelled, and the customer told by the event.

import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { type Applied, carryOut, type Order, readOrder } from '../orders/index.ts'
import {
  createTransfer,
  lockLevels,
  planSources,
  reserve,
  type Source,
  takeFromFree,
  type Units,
} from '../stock/index.ts'
import { type Begun, begin, type Command, moveOf, refused } from './begin.ts'
import type { FulfilmentDeps } from './deps.ts'
import { dropAll, openUnits, releaseOf } from './drop.ts'
import { type FulfilmentEvent, tell } from './event.ts'
import { stockOf } from './finish.ts'
import { type Fulfilment, type LineUnits, openOf, REJECT_REASONS, type RejectReason } from './fulfilment.ts'
import { siblingOf } from './split.ts'
import { changeFulfilment, readFulfilment, readLines } from './store.ts'

/**
 * A store rejects a fulfilment, in whole. Its stock is put right by the reason, and the goods are sent from elsewhere, or
 * cancelled. Answers the rejected one as it is then. Throws not-found, version-conflict, invalid-state.
 */
export async function reject(
  deps: FulfilmentDeps,
  merchantId: string,
  command: Command & { reason: RejectReason },
): Promise<Fulfilment> {
  return sendElsewhere(deps, merchantId, 'reject', command)
}

/** Sends a fulfilment to another store, the best or the one that is named. Throws the same, and out-of-stock. */
export async function reroute(
  deps: FulfilmentDeps,
  merchantId: string,
  command: Command & { store_id?: string },
): Promise<Fulfilment> {
  const merchant = await deps.merchantCache.get(merchantId)
  if (command.store_id !== undefined && !merchant?.stores.has(command.store_id))
    throw new Problem('reference-not-found', { errors: [{ pointer: '/store_id', detail: 'names no store' }] })
  return sendElsewhere(deps, merchantId, 'reroute', command)
}

async function sendElsewhere(
  deps: FulfilmentDeps,
  merchantId: string,
  verb: 'reject' | 'reroute',
  command: Command & { reason?: RejectReason; store_id?: string },
): Promise<Fulfilment> {
  await deps.consumer.catchUp(merchantId)
  const seen = await readFulfilment(deps.db, merchantId, command.id)
  if (!seen) throw new Problem('not-found')
  moveOf(seen, verb, command.ifVersion)
  const order = (await readOrder(deps.db, merchantId, seen.order_id)) as Order
  const sources = await sourcesFor(deps, merchantId, order, seen, command.store_id)
  const done = await transact(deps.db, async (tx) => {
    const begun = await begin(tx, merchantId, command.id)
    // Planned for what was seen.
    if (begun.fulfilment.version !== seen.version) throw new Problem('version-conflict')
    moveOf(begun.fulfilment, verb, command.ifVersion)
    if (begun.fulfilment.transfer_id !== null) throw refused('Its goods are on their way from another store.')
    if (order.state !== 'confirmed') throw refused(`The order is ${order.state}.`)
    return carryOn(deps, tx, merchantId, begun, { ...command, sources })
  })
  if (done.refund) {
    await carryOut(deps.orders, done.refund)
    await deps.consumer.catchUp(merchantId)
  }
  return done.fulfilment
}

/** Stores that are to send it; empty when nobody has all of it. */
async function sourcesFor(
  deps: FulfilmentDeps,
  merchantId: string,
  order: Order,
  f: Fulfilment,
  storeId: string | undefined,
): Promise<Pick<Source, 'store_id' | 'lines'>[]> {
  const lines = await readLines(deps.db, merchantId, f.id)
  const wanted = lines
    .map((line) => ({ line_id: line.line_id, quantity: openOf(line), components: line.components }))
    .filter(({ quantity }) => quantity > 0n)
  if (storeId !== undefined) return [{ store_id: storeId, lines: wanted }]
  const counted = wanted.filter(({ components }) => components.length > 0)
  if (counted.length === 0) return []
  const merchant = await deps.merchantCache.get(merchantId)
  const store = merchant?.stores.get(f.destination_store_id ?? '')
  const place =
    store && store.latitude !== null && store.longitude !== null
      ? { place: { latitude: store.latitude, longitude: store.longitude } }
      : {}
  const country = order.shipping_address?.country ?? store?.country
  const { sources, missing } = await planSources(deps.orders, merchantId, {
    channel: order.channel,
    to: { ...place, ...(country === undefined ? {} : { country }) },
    lines: counted,
    without: [...f.refused_by, ...(f.store_id === null ? [] : [f.store_id])],
  })
  return missing.length > 0 ? [] : sources
}

async function carryOn(
  deps: FulfilmentDeps,
  tx: Tx,
  merchantId: string,
  begun: Begun,
  command: Command & { reason?: RejectReason; store_id?: string; sources: Pick<Source, 'store_id' | 'lines'>[] },
): Promise<{ fulfilment: Fulfilment; refund: Applied['refund'] }> {
  const { fulfilment: f, lines, order } = begun
  const at = deps.clock.now()
  const open = openUnits(lines)
  const events: FulfilmentEvent[] = []
  let current = f
  if (command.reason !== undefined) {
    const refused_by = f.store_id === null ? f.refused_by : [...f.refused_by, f.store_id]
    const patch = { state: 'rejected' as const, reason: command.reason, refused_by, code_hash: null, expires_at: null }
    current = await changeFulfilment(tx, merchantId, f, [f.state], patch, at)
    events.push({ type: 'fulfilment.rejected', fulfilment: current, lines, order, by: command.by })
  }
  const now = { ...begun, fulfilment: current }
  if (command.sources.length === 0 && command.reason === undefined) throw new Problem('out-of-stock')
  // All levels that will change, in sorted order: two that go to the same stores the other way round would wait for each other.
  await lockLevels(tx, merchantId, [
    ...stockOf(lines, open, f.store_id),
    ...command.sources.flatMap((source) => stockOf(lines, source.lines, source.store_id)),
  ])
  // The promise is given back first: goods that are not there promise nothing.
  await releaseOf(tx, merchantId, now, open)
  if (command.reason !== undefined) await putRight(deps, tx, merchantId, now, open, command.reason, command.by)
  if (command.sources.length === 0) {
    const end = { to: 'cancelled' as const, reason: command.reason as string, by: command.by }
    return dropAll(deps, tx, merchantId, now, end, { released: open, events })
  }
  const made: FulfilmentEvent[] = []
  for (const source of command.sources) {
    const sibling = await sendFrom(deps, tx, merchantId, now, source, at)
    made.push({ type: 'fulfilment.created', ...sibling, order, by: command.by, more: { rerouted_from: f.id } })
  }
  const after = await changeFulfilment(
    tx,
    merchantId,
    current,
    [current.state],
    { state: 'rerouted', code_hash: null, expires_at: null, ended_at: at },
    at,
  )
  events.push({
    type: 'fulfilment.rerouted',
    fulfilment: after,
    lines: await readLines(tx, merchantId, f.id),
    order,
    by: command.by,
  })
  await tell(tx, deps, merchantId, at, [...events, ...made])
  return { fulfilment: after, refund: null }
}

/** What the store's no means for its stock. */
async function putRight(
  deps: FulfilmentDeps,
  tx: Tx,
  merchantId: string,
  { fulfilment: f, lines }: Begun,
  units: LineUnits[],
  reason: RejectReason,
  by: string,
): Promise<void> {
  const effect = REJECT_REASONS[reason].stock
  if (effect === 'none') return
  const taken = stockOf(lines, units, f.store_id)
  const bucket = effect === 'variance' ? {} : { bucket: effect }
  await takeFromFree(deps, tx, merchantId, {
    ...{ lines: taken, reason, ...bucket },
    ...{ ref: f.id, actor: by, at: deps.clock.now() },
  })
}

async function sendFrom(
  deps: FulfilmentDeps,
  tx: Tx,
  merchantId: string,
  begun: Begun,
  source: Pick<Source, 'store_id' | 'lines'>,
  at: Date,
) {
  const { fulfilment: f, lines, order } = begun
  const id = deps.newId('ful')
  const units = source.lines.map(({ line_id, quantity }) => ({ line_id, quantity }))
  const stock = stockOf(lines, units, source.store_id)
  const base = { state: 'pending' as const, store_id: source.store_id, score: 'score' in source ? source.score : null }
  if (f.destination_store_id !== null && f.destination_store_id !== source.store_id) {
    const transfer = await createTransfer(deps, tx, merchantId, {
      ...{ fromStoreId: source.store_id, toStoreId: f.destination_store_id, reference: order.id, at },
      lines: summed(stock),
    })
    return siblingOf(tx, merchantId, begun, id, units, at, { ...base, transfer_id: transfer.id })
  }
  const short = await reserve(tx, merchantId, { ref: id, kind: 'order', channel: order.channel, lines: stock, at })
  if (short.length > 0) throw new Problem('out-of-stock')
  return siblingOf(tx, merchantId, begun, id, units, at, { ...base, reservation_ref: id })
}

function summed(units: readonly Units[]): { variant_id: string; quantity: bigint }[] {
  const sums = new Map<string, bigint>()
  for (const { variant_id, quantity } of units) sums.set(variant_id, (sums.get(variant_id) ?? 0n) + quantity)
  return [...sums].map(([variant_id, quantity]) => ({ variant_id, quantity }))
}
