// Makes fulfilments of the groups of an order that was confirmed. What is collected elsewhere than it lies gets its transfer here, and
// not before: an order nobody pays moves no goods.

import type { Tx } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import {
  fulfilLines,
  type LineQuantity,
  missingFor,
  type Order,
  type OrderGroup,
  type OrderLine,
  reservationRef,
  untakenFor,
} from '../orders/index.ts'
import {
  type Consumption,
  consumeReservations,
  type HandOn,
  handOnReservations,
  planTransfer,
  type TransferRow,
  writeTransfers,
} from '../stock/index.ts'
import { planCharge } from './charge.ts'
import type { FulfilmentDeps } from './deps.ts'
import type { OfOrder } from './drop-cancelled.ts'
import type { FulfilmentEvent } from './event.ts'
import { stockOf } from './finish.ts'
import type { Fulfilment, FulfilmentLine, LineUnits } from './fulfilment.ts'
import { promisedAt } from './schedule.ts'
import { insertFulfilments, type Patch } from './store.ts'

/** What following needs: not the consumer, which is what follows. */
export type FollowDeps = Omit<FulfilmentDeps, 'consumer'>

/** An order with fulfilments that are to be made. */
export interface Fresh extends OfOrder {
  rows: { fulfilment: Fulfilment; lines: FulfilmentLine[] }[]
}

/** The fulfilments of an order's groups that have none yet; null when there are none to make. Reads and writes nothing. */
export function freshOf(
  deps: FollowDeps,
  merchant: MerchantConfig,
  of: OfOrder & { groups: readonly OrderGroup[] },
  at: Date,
): Fresh | null {
  if (of.order.state !== 'confirmed') return null
  const unmade = of.groups.filter(({ no }) => !of.siblings.some(({ group_no }) => group_no === no))
  const rows = unmade
    .flatMap((group) => rowOf(deps, merchant, of.order, of.lines, group, at) ?? [])
    // What would be gone or sent to a store at once waits until it is paid, which tells of the order again.
    .filter(
      ({ fulfilment: f, lines: own }) =>
        (f.ended_at === null && !isElsewhere(f)) || missingFor(of.order, of.lines, own) === 0n,
    )
  const may = withoutUnpaidCards(of, rows)
  return may.length === 0 ? null : { ...of, rows: may }
}

/** What would be gone at once and has a gift card in it waits until its money is taken: what is held can be let go again. */
function withoutUnpaidCards({ order, lines }: OfOrder, rows: Fresh['rows']): Fresh['rows'] {
  const cards = new Set(lines.filter(({ kind }) => kind === 'gift_card').map(({ id }) => id))
  let gone: LineUnits[] = []
  return rows.filter(({ fulfilment: f, lines: own }) => {
    if (f.ended_at === null) return true
    const after = [...gone, ...own]
    if (own.some(({ line_id }) => cards.has(line_id)) && untakenFor(order, lines, after) > 0n) return false
    gone = after
    return true
  })
}

/** What making takes from the stock, and who holds the promises from then on. */
export interface Taking {
  sold: Consumption[]
  handed: HandOn[]
  transfers: TransferRow[]
}

/**
 * What was taken along leaves the stock. For the rest the fulfilment owns what was promised from here on, so that what leaves the
 * order by another part never takes it; or the transfer that brings it.
 */
export function takingOf(deps: FollowDeps, fresh: readonly Fresh[], at: Date): Taking {
  const taking: Taking = { sold: [], handed: [], transfers: [] }
  for (const { order, rows } of fresh) {
    for (const { fulfilment: f, lines: own } of rows) {
      const stock = stockOf(own, own, f.store_id)
      const [first] = stock
      if (!first) continue
      const ref = reservationRef(order.id, f.mode)
      if (f.ended_at !== null) {
        taking.sold.push({ ref, lines: stock, movement: 'sale', about: order.id, reason: 'sold', at })
      } else if (isElsewhere(f)) {
        const way = { fromStoreId: first.store_id, toStoreId: f.destination_store_id as string }
        const transfer = planTransfer(deps, { ...way, lines: stock, reference: order.id, isPromised: true, at })
        f.transfer_id = transfer.id
        f.promised_at = null
        taking.transfers.push(transfer)
        taking.handed.push({ ref, to_ref: transfer.id, lines: stock })
      } else {
        f.reservation_ref = f.id
        taking.handed.push({ ref, to_ref: f.id, lines: stock })
      }
    }
  }
  return taking
}

/** Its goods lie in another store than they are collected in. */
function isElsewhere({ store_id, destination_store_id }: Fulfilment): boolean {
  return destination_store_id !== null && store_id !== null && store_id !== destination_store_id
}

/**
 * Makes the fulfilments of many orders, each kind of change in one statement. The caller holds the locks of all levels it takes from;
 * `handed` is what could not be handed on without them.
 */
export async function make(
  deps: FollowDeps,
  tx: Tx,
  merchantId: string,
  fresh: readonly Fresh[],
  { sold, handed, transfers }: Taking,
  at: Date,
): Promise<FulfilmentEvent[]> {
  if (sold.length > 0) await consumeReservations(deps, tx, merchantId, sold)
  await handOnReservations(tx, merchantId, handed, at)
  await writeTransfers(deps, tx, merchantId, transfers, at)
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
    ...{
      charge_decline: null,
      charge_due_at: null,
      charge_key: null,
      release_at: null,
      reroute_at: null,
      version: 1,
      ended_at: null,
    },
    ...given,
  }
}
