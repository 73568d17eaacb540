// What payments ask about orders before a charge is begun. Asked on the hot path, so many questions make one query.

import { createScopedLoader } from '../db/load-many.ts'
import type { OrderBook, OrderDue } from '../payments/index.ts'
import { unitsWorth } from '../totals/index.ts'
import type { OrderDeps } from './deps.ts'
import { areCardsPaid } from './figures.ts'
import { readDues, readOrder, readOrderLines } from './store.ts'

/** The book of orders for payments. */
export function createOrderBook(deps: Pick<OrderDeps, 'db'>): OrderBook {
  const dues = createScopedLoader<OrderDue>((merchantIds, ids) => readDues(deps.db, merchantIds, ids))
  return {
    due: (merchantId, orderId) => dues.load(merchantId, orderId),
    async keeps(merchantId, orderId) {
      const order = await readOrder(deps.db, merchantId, orderId)
      if (!order || order.state === 'cancelled') return 0n
      const lines = await readOrderLines(deps.db, merchantId, orderId)
      return lines
        .filter(({ kind }) => kind === 'gift_card')
        .reduce((sum, line) => {
          const { total, quantity, cancelled, fulfilled, returned } = line
          // What is paid and has not come into being yet will, and is worth as much.
          const last = areCardsPaid(order, lines, line) ? quantity - cancelled : fulfilled
          return sum + unitsWorth(total, quantity, returned, last)
        }, 0n)
    },
  }
}
