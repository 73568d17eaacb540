// What letters need. server/commerce.ts gives it.

import type { Db, Queryable } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { MerchantCache } from '../merchants/index.ts'
import type { ConsumerDeps } from '../notify/index.ts'
import type { OrderDeps } from '../orders/index.ts'
import type { Vault } from '../vault/index.ts'

export interface LetterDeps extends ConsumerDeps {
  db: Db
  clock: Clock
  newId: NewId
  vault: Vault
  merchantCache: Pick<MerchantCache, 'get'>
  publicUrl: string
  taxPrepaid: OrderDeps['taxPrepaid']
  /** The language a customer has told. */
  languageOf(db: Queryable, merchantId: string, customerId: string): Promise<string | null>
}
