// What the verbs of checkout need.

import type { Db } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { MerchantCache } from '../merchants/index.ts'
import type { Pages } from '../pages/index.ts'
import type { PaymentDeps } from '../payments/index.ts'
import type { BagBook } from './bag.ts'
import type { SessionGuard } from './guard.ts'

export interface CheckoutDeps {
  db: Db
  clock: Clock
  log: Log
  newId: NewId
  merchantCache: MerchantCache
  payments: PaymentDeps
  pages: Pages
  /** The method codes a connector carries; empty for an unknown name. */
  methodsOf(connector: string): readonly string[]
  /** Where browsers reach this server, without a slash at the end. */
  publicUrl: string
  /** Asked about sessions that were made for a payment link. */
  guard?: SessionGuard
  /** Asked about sessions that were made for a cart; without it there are none. */
  bags?: BagBook
}
