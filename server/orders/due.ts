// What payments ask about orders before a charge is begun. Asked on the hot path, so many questions make one query.

import { createScopedLoader } from '../db/load-many.ts'
import type { OrderBook, OrderDue } from '../payments/index.ts'
import type { OrderDeps } from './deps.ts'
import { readDues } from './store.ts'

/** The book of orders for payments. */
export function createOrderBook(deps: Pick<OrderDeps, 'db'>): OrderBook {
  const dues = createScopedLoader<OrderDue>((merchantIds, ids) => readDues(deps.db, merchantIds, ids))
  return { due: (merchantId, orderId) => dues.load(merchantId, orderId) }
}
