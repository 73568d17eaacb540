// What stock needs. server/commerce.ts gives it.

import type { Db } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { MerchantCache } from '../merchants/index.ts'
import type { StockReads } from './reads.ts'

export interface StockDeps {
  db: Db
  clock: Pick<Clock, 'now'>
  newId: NewId
  merchantCache: MerchantCache
  /** Shared by all that ask at the same time; without it whoever asks asks alone. */
  stockReads?: StockReads
}

/** Units of an article in a store. */
export interface Units {
  variant_id: string
  store_id: string
  /** Whole base units, > 0. */
  quantity: bigint
}
