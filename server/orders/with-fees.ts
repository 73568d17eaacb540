// What goes with goods that are cancelled: shipping and fees. One rule for a cancellation of the order, for one of a fulfilment, and for
// an edit that takes the last goods away.

import type { Tx } from '../db/pool.ts'
import type { Units } from './apply-change.ts'
import type { OrderDeps } from './deps.ts'
import { isHandedOver } from './figures.ts'
import type { Order, OrderLine } from './order.ts'

/**
 * The units, and what goes with the last goods of an order. Where nothing was handed over that is all that was charged beside them.
 * Where all that was handed over has come back, the delivery goes with the rest, as it would with a return that completes the order.
 * While any goods stay with the customer or are still to come, nothing goes. What `units` names is left as it is named.
 */
export async function withFees(
  deps: Pick<OrderDeps, 'givesDeliveryBack'>,
  tx: Tx,
  merchantId: string,
  { order, lines }: { order: Order; lines: readonly OrderLine[] },
  units: readonly Units[],
): Promise<Units[]> {
  const goods = lines.filter(isHandedOver)
  const gone = (line: OrderLine) =>
    units.reduce((sum, each) => (each.line.id === line.id ? sum + each.quantity : sum), 0n)
  if (goods.some((line) => line.cancelled + gone(line) + line.returned < line.quantity)) return [...units]
  const beside = lines.filter((line) => !isHandedOver(line) && gone(line) === 0n && line.cancelled < line.quantity)
  const isUntouched = goods.every((line) => line.fulfilled === 0n)
  // With the goods came something back, so what was done for them was done; only the delivery is given back.
  const goesWith = isUntouched ? beside : beside.filter(({ kind }) => kind === 'shipping')
  if (goesWith.length === 0) return [...units]
  if (
    !isUntouched &&
    (!goods.some((line) => gone(line) > 0n) || !(await deps.givesDeliveryBack(tx, merchantId, order)))
  )
    return [...units]
  return [...units, ...goesWith.map((line) => ({ line, quantity: line.quantity - line.cancelled }))]
}
