// Books the order of a sale that has happened without us: what it says is taken as it is. Nothing is priced, promoted or reserved, and
// no stock refuses it; from here on it is an order like any other.

import type { Tx } from '../db/pool.ts'
import { lockLevels, oversoldOf, type Units } from '../stock/index.ts'
import type { OrderDeps } from './deps.ts'
import { isHandedOver } from './figures.ts'
import type { LineSnapshot, Order } from './order.ts'
import { plain } from './place.ts'
import { reservationsOf } from './reservation.ts'
import { freshLine } from './snapshot.ts'
import type { PlannedGroup } from './source.ts'

export type SoldLine = Omit<LineSnapshot, 'id' | 'seq' | 'adjustments' | 'discount'>

/** A sale over the counter, as it was. */
export interface SoldOrder
  extends Pick<
    Order,
    'id' | 'register_id' | 'country' | 'currency' | 'prices_include_tax' | 'tax_rounding' | 'customer_id' | 'reference'
  > {
  store_id: string
  sold_at: Date
  /** Who sold. */
  by: string
  lines: readonly SoldLine[]
}

/**
 * Writes the order, confirmed, its goods taken along. The caller sees to it that it is written once, and that it is paid. Answers the
 * levels that it takes below what is there, with by how many units. Locks: levels, the counters of orders and events; call it last.
 */
export async function bookOrder(
  deps: Pick<OrderDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  { sold, at }: { sold: SoldOrder; at: Date },
): Promise<(Units & { short: bigint })[]> {
  const { sold_at, by, lines: given, ...facts } = sold
  const lines = given.map((line, i) =>
    freshLine(sold.id, { ...line, id: deps.newId('oln'), seq: i + 1, adjustments: [], discount: 0n }),
  )
  const sum = (of: (line: SoldLine) => bigint) => given.reduce((total, line) => total + of(line), 0n)
  const goods = lines.filter(isHandedOver)
  const group: PlannedGroup = {
    ...{ mode: 'take_away', store_id: sold.store_id, destination: null, score: null },
    lines: goods.map(({ id, quantity, total, tax }) => ({ line_id: id, unit_from: 0n, quantity, total, tax })),
  }
  const groups = goods.length === 0 ? [] : [group]
  const channel = 'pos'
  const reservations = reservationsOf({ id: sold.id, channel, placed_at: at }, lines, groups)
  const row = {
    ...{ ...facts, at, channel, order_id: sold.id, placed_by: by, reservations },
    // It never was a cart here: the id that its ticket would have had, so that one sale is one order.
    cart_id: `crt_${sold.id.slice(-26)}`,
    ...{ list: sum(({ list }) => list), discount: 0n, net: sum(({ net }) => net), tax: sum(({ tax }) => tax) },
    total: sum(({ total }) => total),
    lines: lines.map(
      ({ order_id: _, cancelled: _c, fulfilled: _f, return_requested: _q, returned: _r, ...line }) => line,
    ),
    groups: groups.map((each, i) => ({ ...each, no: i + 1 })),
    ...{ event_id: deps.newId('evt'), confirmed_event_id: deps.newId('evt') },
  }
  const units = goods.flatMap(({ components, quantity }) =>
    components.map((one) => ({
      ...{ variant_id: one.variant_id, store_id: sold.store_id, quantity: one.quantity * quantity },
    })),
  )
  await lockLevels(tx, merchantId, units)
  const before = await oversoldOf(tx, merchantId, units)
  await tx.query('select order_book($1, $2, $3)', [merchantId, JSON.stringify(plain(row)), sold_at])
  const after = await oversoldOf(tx, merchantId, units)
  const keyOf = ({ variant_id, store_id }: Units) => `${variant_id} ${store_id}`
  return units
    .map((one) => ({ ...one, short: (after.get(keyOf(one)) ?? 0n) - (before.get(keyOf(one)) ?? 0n) }))
    .filter(({ short }, i) => short > 0n && units.findIndex((one) => keyOf(one) === keyOf(units[i] as Units)) === i)
}
