// Reads an order as the API shows it.

import { Problem } from '../lib/problem.ts'
import { paymentsOfOrder, type Reply } from '../payments/index.ts'
import type { OrderDeps } from './deps.ts'
import { readOrder, readOrderLines } from './store.ts'
import { type OrderView, orderView } from './view.ts'

/** An order with its lines and payments; null when there is none. */
export async function readOrderView(
  deps: Pick<OrderDeps, 'db' | 'taxPrepaid'>,
  merchantId: string,
  id: string,
): Promise<OrderView | null> {
  const [order, lines, payments] = await Promise.all([
    readOrder(deps.db, merchantId, id),
    readOrderLines(deps.db, merchantId, id),
    paymentsOfOrder(deps.db, merchantId, id),
  ])
  if (!order) return null
  const taken = payments.filter(({ amount_captured }) => amount_captured > 0n).map(({ id }) => id)
  const taxPrepaid = taken.length === 0 ? 0n : await deps.taxPrepaid(merchantId, taken)
  return orderView(order, lines, payments, taxPrepaid)
}

/** The same as an answer to a command. Throws not-found. */
export async function readOrderReply(deps: OrderDeps, merchantId: string, id: string): Promise<Reply> {
  await deps.consumer.catchUp(merchantId)
  const view = await readOrderView(deps, merchantId, id)
  if (!view) throw new Problem('not-found')
  return { status: 200, body: JSON.stringify(view) }
}
