// Turns a priced cart line into an order line: everything that is said of the article is written down, so that nothing a
// catalogue does later changes what was sold.

import type { PricedLine } from '../carts/index.ts'
import type { OrderDeps } from './deps.ts'
import type { LineSnapshot, OrderLine } from './order.ts'

/** The snapshot of a priced line. `seq` is its place in the order. */
export function snapshotOf(deps: Pick<OrderDeps, 'newId' | 'carts'>, priced: PricedLine, seq: number): LineSnapshot {
  const { line, variant, out } = priced
  // What one unit takes from the stock: of a kit its parts, nothing of what is not counted.
  const one = [{ variant_id: variant.id, quantity: 1n }]
  const components = deps.carts.goods.explodeKits(new Map([[variant.id, variant]]), one)
  return {
    id: deps.newId('oln'),
    seq,
    variant_id: variant.id,
    product_id: variant.product_id,
    sku: variant.sku,
    name: variant.name,
    kind: variant.kind,
    unit: variant.unit,
    is_returnable: variant.is_returnable,
    categories: variant.categories,
    components,
    unit_price_e4: priced.unit_price_e4,
    tax_code: out.tax_code,
    tax_rate_bp: out.tax_rate_bp,
    adjustments: out.adjustments,
    list: out.list,
    discount: out.discount,
    net: out.net,
    tax: out.tax,
    total: out.total,
    metadata: line.note === null ? null : { note: line.note },
    quantity: line.quantity,
  }
}

/** A line just ordered: nothing has happened to it. */
export function freshLine(orderId: string, snapshot: LineSnapshot): OrderLine {
  return { ...snapshot, order_id: orderId, cancelled: 0n, fulfilled: 0n, return_requested: 0n, returned: 0n }
}
