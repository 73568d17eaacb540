// What the module of stored value and loyalty needs. server/commerce.ts gives it.

import type { Db } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Limit } from './limit.ts'

export interface LoyaltyDeps {
  db: Db
  clock: Pick<Clock, 'now'>
  newId: NewId
  /** A hash under the merchant's key, which lies outside the database; the vault gives it. */
  keyedHash(merchantId: string, of: { purpose: string; text: string }): Promise<string>
  /** Counts balance checks, and wrong codes. */
  limits: { checks: Limit; misses: Limit }
}
