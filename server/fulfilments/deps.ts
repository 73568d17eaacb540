// What fulfilments need. server/commerce.ts gives it.

import type { Db } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { MerchantCache } from '../merchants/index.ts'
import type { Consumer } from '../notify/index.ts'
import type { OrderDeps } from '../orders/index.ts'
import type { PaymentDeps } from '../payments/index.ts'

export interface FulfilmentDeps {
  db: Db
  clock: Clock
  newId: NewId
  log: Log
  merchantCache: MerchantCache
  orders: OrderDeps
  payments: PaymentDeps
  /** Makes fulfilments of orders that were confirmed, and follows what becomes of those. */
  consumer: Pick<Consumer, 'catchUp'>
}
