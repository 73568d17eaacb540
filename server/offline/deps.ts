// What offline selling needs. server/counter.ts gives it.

import type { CatalogDeps } from '../catalog/index.ts'
import type { Db } from '../db/pool.ts'
import type { Journal } from '../journal/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { MerchantCache } from '../merchants/index.ts'
import type { SellerFacts } from '../receipts/index.ts'

export interface OfflineDeps {
  db: Db
  clock: Pick<Clock, 'now'>
  newId: NewId
  log: Log
  merchantCache: MerchantCache
  journal: Journal
  catalog: CatalogDeps
  sellerOf(merchantId: string): Promise<SellerFacts>
  /** The methods that a terminal takes on the word of staff; none where it is not one that stands alone. */
  takenOnWord(merchantId: string, terminalId: string): Promise<string[]>
}
