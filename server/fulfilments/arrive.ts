// Goods came to where they are collected; or they did not, or not all, and the store must say what is to be done. What has come is
// promised to the fulfilment in either case: nobody buys it while somebody decides.

import type { Tx } from '../db/pool.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import type { Order } from '../orders/index.ts'
import { handOnReservations, readKept, releaseReservations, type TransferRow, type Units } from '../stock/index.ts'
import type { FulfilmentEvent } from './event.ts'
import { stockOf } from './finish.ts'
import { type Fulfilment, type FulfilmentLine, openOf } from './fulfilment.ts'
import { promisedAt } from './schedule.ts'
import { changeFulfilment, type Patch, readLines } from './store.ts'

/** Nothing more will come by it. */
const ENDED: ReadonlySet<TransferRow['state']> = new Set(['received', 'returning', 'cancelled'])

/**
 * Fulfilments take over what their transfers have brought, or are rejected where that is not all of it. Orders, fulfilments, transfers
 * and the levels where the goods arrive are locked by the caller, who tells the events.
 */
export async function takeArrived(
  tx: Tx,
  merchantId: string,
  merchant: MerchantConfig,
  of: { waiting: readonly Fulfilment[]; transfers: readonly TransferRow[]; orders: readonly Order[] },
  at: Date,
): Promise<FulfilmentEvent[]> {
  const due = of.waiting.flatMap((f) => {
    const transfer = of.transfers.find(({ id }) => id === f.transfer_id)
    const order = of.orders.find(({ id }) => id === f.order_id)
    return f.state === 'pending' && order && transfer && ENDED.has(transfer.state) ? [{ f, transfer, order }] : []
  })
  if (due.length === 0) return []
  const transferIds = due.map(({ transfer }) => transfer.id)
  const kept = await readKept(tx, merchantId, transferIds)
  const lines = Map.groupBy(
    await readLines(
      tx,
      merchantId,
      due.map(({ f }) => f.id),
    ),
    ({ fulfilment_id }) => fulfilment_id,
  )
  const plans = due.map((each) => {
    const own = lines.get(each.f.id) ?? []
    const needed = goodsOf(each.f, own)
    const there = kept.get(each.transfer.id) ?? []
    const taken = needed.map((units) => ({ ...units, quantity: least(units.quantity, quantityOf(there, units)) }))
    return { ...each, own, taken: taken.filter(({ quantity }) => quantity > 0n), isWhole: sameUnits(needed, taken) }
  })
  const handed = plans.map(({ f, transfer, taken }) => ({ ref: transfer.id, to_ref: f.id, lines: taken }))
  await handOnReservations(tx, merchantId, handed, at)
  // What is beyond that nobody waits for, and what a transfer never sent is free where it lies.
  await releaseReservations(tx, merchantId, transferIds)
  const events: FulfilmentEvent[] = []
  for (const { f, transfer, order, own, taken, isWhole } of plans) {
    const here = {
      transfer_id: null,
      store_id: f.destination_store_id,
      reservation_ref: taken.length > 0 ? f.id : null,
    }
    const patch: Patch = isWhole
      ? { ...here, promised_at: promisedAt(merchant.stores.get(f.destination_store_id ?? ''), at) }
      : {
          ...here,
          state: 'rejected',
          reason: 'transfer_discrepancy',
          // Whose parcel was lost or broken on the way may send another; who said no is not asked again.
          refused_by: transfer.state === 'received' ? f.refused_by : [...f.refused_by, transfer.from_store_id],
          reroute_at: at,
        }
    const fulfilment = await changeFulfilment(tx, merchantId, f, ['pending'], patch, at)
    const type = isWhole ? 'fulfilment.goods_arrived' : 'fulfilment.rejected'
    events.push({ type, fulfilment, lines: own, order, by: null, more: { arrived_by: transfer.id } })
  }
  return events
}

/** What a fulfilment needs where it is collected, once per article. */
function goodsOf(f: Fulfilment, lines: readonly FulfilmentLine[]): Units[] {
  const units = lines.map((line) => ({ line_id: line.line_id, quantity: openOf(line) }))
  const sums = new Map<string, Units>()
  for (const each of stockOf(lines, units, f.destination_store_id)) {
    const quantity = (sums.get(each.variant_id)?.quantity ?? 0n) + each.quantity
    if (quantity > 0n) sums.set(each.variant_id, { ...each, quantity })
  }
  return [...sums.values()]
}

function quantityOf(there: readonly Units[], { variant_id }: Units): bigint {
  return there.find((units) => units.variant_id === variant_id)?.quantity ?? 0n
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function sameUnits(a: readonly Units[], b: readonly Units[]): boolean {
  return a.every(({ quantity }, i) => quantity === b[i]?.quantity)
}
