// A store says no, or another one is asked: what is open goes to a store that has it, by the same choice as when the order was
// placed. What is collected comes to its store by transfer. What nobody has is cancelled, and the customer told by the event.

import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import { type Applied, carryOut, type Order, readOrder } from '../orders/index.ts'
import {
  atHand,
  createTransfer,
  lockLevels,
  placeOfStore,
  planSources,
  readReserved,
  reserve,
  type Source,
  type ToSend,
  takeFromFree,
} from '../stock/index.ts'
import { type Begun, begin, type Command, moveOf, refused } from './begin.ts'
import type { FulfilmentDeps } from './deps.ts'
import { dropAll, openUnits } from './drop.ts'
import { type FulfilmentEvent, tell } from './event.ts'
import { stockOf } from './finish.ts'
import { type Fulfilment, type LineUnits, openOf, REJECT_REASONS, type RejectReason } from './fulfilment.ts'
import { promiseWithRoom } from './promise.ts'
import { releaseOf } from './release.ts'
import { promisedAt } from './schedule.ts'
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

/** The same by itself, for goods that were to be brought and do not come. */
export async function rerouteMissing(deps: FulfilmentDeps, merchantId: string, id: string): Promise<Fulfilment> {
  return sendElsewhere(deps, merchantId, 'reroute', { id, by: null, ifVersion: undefined })
}

/** A command, or what the program does by itself: `by` is null then. */
type Asked = Omit<Command, 'by'> & { by: string | null; store_id?: string }

async function sendElsewhere(
  deps: FulfilmentDeps,
  merchantId: string,
  verb: 'reject' | 'reroute',
  command: Asked & { reason?: RejectReason },
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

type Sending = Pick<Source, 'store_id' | 'lines'> & { score?: Source['score'] }

/** Stores that are to send it; empty when nobody has all of it. What is collected comes from there first, if that has not said no. */
async function sourcesFor(
  deps: FulfilmentDeps,
  merchantId: string,
  order: Order,
  f: Fulfilment,
  storeId: string | undefined,
): Promise<Sending[]> {
  const lines = await readLines(deps.db, merchantId, f.id)
  const wanted = lines
    .map((line) => ({ line_id: line.line_id, quantity: openOf(line), components: line.components }))
    .filter(({ quantity }) => quantity > 0n)
  if (storeId !== undefined) return [{ store_id: storeId, lines: wanted }]
  const counted = wanted.filter(({ components }) => components.length > 0)
  if (counted.length === 0) return []
  // Of a rejected one the store is where something has come to, not one that said no.
  const without = [...f.refused_by, ...(f.store_id === null || f.state === 'rejected' ? [] : [f.store_id])]
  const here = without.includes(f.destination_store_id ?? '')
    ? []
    : await atHandFor(deps, merchantId, order, f, counted)
  const rest = counted
    .map((line) => ({
      ...line,
      quantity: line.quantity - (here.find(({ line_id }) => line_id === line.line_id)?.quantity ?? 0n),
    }))
    .filter(({ quantity }) => quantity > 0n)
  const first: Sending[] = here.length === 0 ? [] : [{ store_id: f.destination_store_id as string, lines: here }]
  const alike = wanted.filter(({ components }) => components.length === 0)
  if (rest.length === 0) return withThese(first, alike)
  const place =
    f.destination_store_id === null ? {} : await placeOfStore(deps.orders, merchantId, f.destination_store_id)
  const country = order.shipping_address?.country
  const { sources, missing } = await planSources(deps.orders, merchantId, {
    channel: order.channel,
    to: { ...place, ...(country === undefined ? {} : { country }) },
    lines: rest,
    without: f.destination_store_id === null ? without : [...without, f.destination_store_id],
  })
  return missing.length > 0 ? [] : withThese([...first, ...sources], alike)
}

/** What has no stock goes with the first. */
function withThese(sources: Sending[], units: readonly LineUnits[]): Sending[] {
  return sources.map((source, i) => (i === 0 ? { ...source, lines: [...source.lines, ...units] } : source))
}

/** What is where it is collected: free, or promised to this fulfilment already. */
async function atHandFor(
  deps: FulfilmentDeps,
  merchantId: string,
  order: Order,
  f: Fulfilment,
  counted: ToSend[],
): Promise<LineUnits[]> {
  const storeId = f.destination_store_id
  if (storeId === null) return []
  const own = f.reservation_ref === null ? [] : await readReserved(deps.db, merchantId, f.reservation_ref)
  return atHand(deps.orders, merchantId, { storeId, channel: order.channel, lines: counted, own })
}

async function carryOn(
  deps: FulfilmentDeps,
  tx: Tx,
  merchantId: string,
  begun: Begun,
  command: Asked & { reason?: RejectReason; sources: Sending[] },
): Promise<{ fulfilment: Fulfilment; refund: Applied['refund'] }> {
  const { fulfilment: f, lines, order } = begun
  const at = deps.clock.now()
  const merchant = (await deps.merchantCache.get(merchantId)) as MerchantConfig
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
  await releaseOf(deps, tx, merchantId, now, open, at)
  if (command.reason !== undefined)
    await putRight(deps, tx, merchantId, now, open, command.reason, command.by ?? undefined)
  if (command.sources.length === 0) {
    const end = { to: 'cancelled' as const, reason: command.reason as string, by: command.by }
    return dropAll(deps, tx, merchantId, now, end, { released: open, events })
  }
  const made: FulfilmentEvent[] = []
  for (const source of command.sources) {
    const sibling = await sendFrom(deps, tx, merchantId, now, source, merchant, at)
    made.push({ type: 'fulfilment.created', ...sibling, order, by: command.by, more: { rerouted_from: f.id } })
  }
  await promiseWithRoom(tx, merchantId, merchant, made, at)
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
  actor: string | undefined,
): Promise<void> {
  const effect = REJECT_REASONS[reason].stock
  if (effect === 'none') return
  const taken = stockOf(lines, units, f.store_id)
  const bucket = effect === 'variance' ? {} : { bucket: effect }
  await takeFromFree(deps, tx, merchantId, {
    ...{ lines: taken, reason, ...bucket },
    ...{ ref: f.id, ...(actor === undefined ? {} : { actor }), at: deps.clock.now() },
  })
}

async function sendFrom(
  deps: FulfilmentDeps,
  tx: Tx,
  merchantId: string,
  begun: Begun,
  source: Sending,
  merchant: MerchantConfig,
  at: Date,
) {
  const { fulfilment: f, lines, order } = begun
  const id = deps.newId('ful')
  const units = source.lines.map(({ line_id, quantity }) => ({ line_id, quantity }))
  const stock = stockOf(lines, units, source.store_id)
  const base = { state: 'pending' as const, store_id: source.store_id, score: source.score ?? null }
  if (f.destination_store_id !== null && f.destination_store_id !== source.store_id) {
    const transfer = await createTransfer(deps, tx, merchantId, {
      ...{ fromStoreId: source.store_id, toStoreId: f.destination_store_id, reference: order.id, at },
      ...{ lines: stock, isPromised: true },
    })
    // Promised again when it is there.
    const byTransfer = { transfer_id: transfer.id, promised_at: null }
    return siblingOf(tx, merchantId, begun, id, units, at, { ...base, ...byTransfer })
  }
  const short = await reserve(tx, merchantId, { ref: id, kind: 'order', channel: order.channel, lines: stock, at })
  if (short.length > 0) throw new Problem('out-of-stock')
  // What was to be brought was not promised before; now it is there.
  const store = f.destination_store_id === null ? undefined : merchant.stores.get(f.destination_store_id)
  const promised_at = f.promised_at ?? promisedAt(store, at)
  return siblingOf(tx, merchantId, begun, id, units, at, { ...base, reservation_ref: id, promised_at })
}
