// The delivery goes back once, with what leaves nothing of an order sold at a distance with its customer: the last return, or the
// cancellation of what had not left yet.

import type { Tx } from '../db/pool.ts'
import { lineNow, type Order, readOrder, readOrderLines } from '../orders/index.ts'
import { policyOf } from './policy.ts'
import { deliveryGivenBack } from './store.ts'

/** What of the delivery goes back with a return of the order, now that its units are counted. */
export async function deliveryOf(tx: Tx, merchantId: string, orderId: string | null): Promise<bigint> {
  const order = orderId === null ? null : await readOrder(tx, merchantId, orderId)
  if (!order || !(await mayGoBack(tx, merchantId, order))) return 0n
  const lines = await readOrderLines(tx, merchantId, order.id)
  const isWhole = lines
    .filter(({ kind }) => kind === 'goods')
    .every(({ quantity, cancelled, returned }) => returned === quantity - cancelled)
  if (!isWhole) return 0n
  const delivery = lines
    .filter(({ kind }) => kind === 'shipping')
    .reduce((sum, line) => sum + lineNow(line, order.prices_include_tax).total, 0n)
  const before = await deliveryGivenBack(tx, merchantId, order.id)
  return delivery > before ? delivery - before : 0n
}

/** Whether the rules give the delivery of such an order back, and no return of it has had it. */
export async function givesDeliveryBack(
  tx: Tx,
  merchantId: string,
  order: Pick<Order, 'id' | 'channel'>,
): Promise<boolean> {
  return (await mayGoBack(tx, merchantId, order)) && (await deliveryGivenBack(tx, merchantId, order.id)) === 0n
}

async function mayGoBack(tx: Tx, merchantId: string, { channel }: Pick<Order, 'channel'>): Promise<boolean> {
  if (channel === 'pos' || channel === 'kiosk') return false
  return (await policyOf({ db: tx }, merchantId)).rules.refunds_delivery
}
