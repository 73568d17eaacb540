// What a cart on a checkout page needs. server/wiring.ts gives it.

import type { CartDeps } from '../carts/index.ts'
import type { Typed } from '../checkout/index.ts'
import type { Db } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { MerchantCache } from '../merchants/index.ts'
import type { OrderDeps } from '../orders/index.ts'

export interface BagDeps {
  db: Db
  clock: Clock
  merchantCache: MerchantCache
  carts: CartDeps
  orders: OrderDeps
  /** What a customer who is signed in has told before: their address for mail, and where they usually have things sent. */
  toldBy(merchantId: string, customerId: string): Promise<Typed>
}
