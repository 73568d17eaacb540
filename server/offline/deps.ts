// What offline selling needs. server/counter.ts gives it.

import type { CatalogDeps } from '../catalog/index.ts'
import type { Db } from '../db/pool.ts'
import type { Journal } from '../journal/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { MerchantCache } from '../merchants/index.ts'
import type { PaymentDeps } from '../payments/index.ts'
import type { SellerFacts } from '../receipts/index.ts'
import type { ShiftDeps } from '../shifts/index.ts'
import type { LineKind } from '../totals/index.ts'

/** What was sold, as promotions see it. */
export interface SoldBasket {
  lines: readonly {
    seq: number
    variant_id: string
    product_id: string
    categories: string[]
    kind: LineKind
    quantity: bigint
    unit_price_e4: bigint
    is_weighed: boolean
  }[]
  currency: string
  storeId: string
  at: Date
}

export interface OfflineDeps {
  db: Db
  clock: Pick<Clock, 'now'>
  newId: NewId
  log: Log
  merchantCache: MerchantCache
  journal: Journal
  catalog: CatalogDeps
  payments: PaymentDeps
  shifts: ShiftDeps
  /** Names of the promotions that would have applied by themselves to a basket over the counter, then. */
  promotionsOn(merchantId: string, basket: SoldBasket): Promise<string[]>
  /** Lets orders, stock and all that follows payments learn what was booked. */
  followUp(merchantId: string): Promise<void>
  sellerOf(merchantId: string): Promise<SellerFacts>
  /** The methods that a terminal takes on the word of staff; none where it is not one that stands alone. */
  takenOnWord(merchantId: string, terminalId: string): Promise<string[]>
}
