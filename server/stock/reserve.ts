// Promises: reserved, given back, or turned into goods that leave. Everything is in the caller's transaction; the guards and
// the order of locks are in migration 0013.

import type { Queryable, Tx } from '../db/pool.ts'
import { jsonOf } from '../lib/json.ts'
import type { StockDeps, Units } from './deps.ts'
import { callStock } from './store.ts'

/** An article there was too little of, and how many there were. */
export interface Short {
  variant_id: string
  store_id: string
  available: bigint
}

export interface Reservation {
  /** Who it is for: an order, a transfer. More units under the same reference add up. */
  ref: string
  kind: 'cart' | 'order' | 'pickup' | 'transfer' | 'till'
  lines: Units[]
  /** Whose safety stock counts. */
  channel?: string
  /** In the customer's hands already: never refused, and a task is opened when the stock says there are fewer. */
  isForced?: boolean
  expiresAt?: Date
  at: Date
}

/** Reserves the whole set or nothing of it; answers what is short, or an empty list. */
export async function reserve(tx: Tx, merchantId: string, wanted: Reservation): Promise<Short[]> {
  const row = {
    n: 0,
    reservation_ref: wanted.ref,
    kind: wanted.kind,
    expires_at: wanted.expiresAt ?? null,
    allow_negative: wanted.isForced ?? false,
    channel: wanted.channel ?? null,
    at: wanted.at,
    lines: wanted.lines,
  }
  const { rows } = await tx.query<{ outcome: string; short: (Omit<Short, 'available'> & { available: number })[] }>(
    'select outcome, short from stock_reserve($1, $2)',
    [merchantId, jsonOf([row])],
  )
  const short = rows.find(({ outcome }) => outcome === 'out_of_stock')?.short ?? []
  return short.map((each) => ({ ...each, available: BigInt(each.available) }))
}

/** Gives back all that is still reserved under these references. Unknown and used up ones are fine. */
export async function releaseReservations(db: Queryable, merchantId: string, refs: string[]): Promise<void> {
  if (refs.length > 0) await db.query('select stock_release($1, $2, null)', [merchantId, refs])
}

/** Gives back some units of a reference, or what is left of them. */
export async function releaseUnits(
  db: Queryable,
  merchantId: string,
  given: { ref: string; lines: Units[] },
): Promise<void> {
  const rows = given.lines.map((line) => ({ ref: given.ref, ...line }))
  await db.query('select stock_release($1, null, $2)', [merchantId, jsonOf(rows)])
}

/** Units that go over from one reference to another. */
export interface HandOn {
  ref: string
  to_ref: string
  lines: Units[]
}

/**
 * What is promised stays promised, under other references: nobody else can get it in between. Only what goes over whole, which locks
 * no level; answers the rest, which is for `handOnReservations`.
 */
export async function handOnWhole(tx: Tx, merchantId: string, given: readonly HandOn[]): Promise<HandOn[]> {
  const rows = given.flatMap(({ ref, to_ref, lines }) => lines.map((line) => ({ ref, to_ref, ...line })))
  if (rows.length === 0) return []
  const answer = await tx.query<{
    rest: (Omit<HandOn, 'lines'> & Omit<Units, 'quantity'> & { quantity: number })[] | null
  }>('select stock_hand_on_whole($1, $2) as rest', [merchantId, jsonOf(rows)])
  return (answer.rows[0]?.rest ?? []).map(({ ref, to_ref, variant_id, store_id, quantity }) => ({
    ...{ ref, to_ref, lines: [{ variant_id, store_id, quantity: BigInt(quantity) }] },
  }))
}

/** What is promised stays promised, under other references, also a part of it: then the locks of its levels are taken. */
export async function handOnReservations(
  tx: Tx,
  merchantId: string,
  given: readonly HandOn[],
  at: Date,
): Promise<void> {
  const rows = given.flatMap(({ ref, to_ref, lines }) => lines.map((line) => ({ ref, to_ref, ...line })))
  if (rows.length > 0) await tx.query('select stock_hand_on($1, $2, $3)', [merchantId, jsonOf(rows), at])
}

export interface Consumption {
  /** The reservation. */
  ref: string
  lines: Units[]
  movement: 'sale' | 'transfer_out'
  /** What the movement is about: an order, a fulfilment, a transfer. */
  about: string
  reason: string
  actor?: string
  at: Date
}

/**
 * What was promised leaves: reservations and stock go down together. All or nothing; throws quantity-exceeds-available when
 * less is reserved, after which the transaction is lost.
 */
export async function consumeReservations(
  deps: Pick<StockDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  given: Consumption | readonly Consumption[],
): Promise<void> {
  const rows = [given].flat().flatMap(({ ref, lines, movement, about, reason, actor, at }) =>
    lines.map((line) => ({
      ...line,
      ...{ movement_id: deps.newId('smv'), ref, kind: movement, reason, about, actor: actor ?? null, at },
    })),
  )
  await callStock(tx, 'stock_consume', merchantId, rows)
}
