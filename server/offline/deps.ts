// What offline selling needs. server/counter.ts gives it.

import type { Db } from '../db/pool.ts'
import type { Journal } from '../journal/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { MerchantCache } from '../merchants/index.ts'

export interface OfflineDeps {
  db: Db
  clock: Pick<Clock, 'now'>
  newId: NewId
  log: Log
  merchantCache: MerchantCache
  journal: Journal
  /** True for a terminal that stands alone, where the staff's word is the fact, and that takes this method. */
  standsAlone(merchantId: string, terminalId: string, method: string): Promise<boolean>
}
