// Fulfilments as the API answers them: with their lines, with how far the transfers have come that they wait for, and
// with what people at a counter call them by: the order's number, whose it is, and what the goods are called.

import type { Queryable } from '../db/pool.ts'
import { type Order, type OrderLine, readOrderLines, readOrders } from '../orders/index.ts'
import { readTransferStates } from '../stock/index.ts'
import type { Fulfilment } from './fulfilment.ts'
import { readLines } from './store.ts'
import { viewOf } from './view.ts'

/** Reads what belongs to these fulfilments, in one statement each. */
export async function showAll(db: Queryable, merchantId: string, rows: readonly Fulfilment[]) {
  const lines = await readLines(
    db,
    merchantId,
    rows.map(({ id }) => id),
  )
  const transfers = rows.flatMap(({ transfer_id }) => transfer_id ?? [])
  const orderIds = [...new Set(rows.map(({ order_id }) => order_id))]
  const states = await readTransferStates(db, merchantId, transfers)
  const orders = await readOrders(db, merchantId, orderIds)
  const goods = new Map((await readOrderLines(db, merchantId, orderIds)).map((line) => [line.id, line]))
  return rows.map((row) => {
    const view = viewOf(row, lines)
    return {
      ...view,
      lines: view.lines.map((line) => ({ ...line, ...namedAs(goods.get(line.line_id)) })),
      order: calledAs(orders.get(row.order_id)),
      transfer_state: states.get(row.transfer_id ?? '') ?? null,
    }
  })
}

function namedAs(line: OrderLine | undefined) {
  return { name: line?.name ?? '', sku: line?.sku ?? null, unit: line?.unit ?? 'piece' }
}

function calledAs(order: Order | undefined) {
  return {
    number: String(order?.number ?? ''),
    channel: order?.channel ?? '',
    charge: order?.charge ?? 'now',
    name: order?.shipping_address?.name ?? order?.billing_address?.name ?? null,
    email: order?.email ?? null,
    customer_id: order?.customer_id ?? null,
    placed_at: order?.placed_at.toISOString() ?? null,
  }
}
export type ShownFulfilment = Awaited<ReturnType<typeof showAll>>[number]

/** The same for one. */
export async function show(db: Queryable, merchantId: string, row: Fulfilment): Promise<ShownFulfilment> {
  return (await showAll(db, merchantId, [row]))[0] as ShownFulfilment
}
