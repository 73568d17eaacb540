// What every cart and order asks of the stock: how many of an article a channel may still promise, and from which stores it sells.
// Questions asked at the same time share a query, of whichever merchants they are.

import { createScopedLoader, type Loader } from '../db/load-many.ts'
import type { Queryable } from '../db/pool.ts'
import { type FreeRow, readFreeOf, readPools } from './store.ts'

export interface StockReads {
  /** By merchant and `freeKey`. */
  free: Loader<FreeRow>
  /** By merchant and channel; null when it was never told. */
  pool: Loader<string[]>
}

/** One per process. */
export function createStockReads(db: Queryable): StockReads {
  return {
    free: createScopedLoader((merchantIds, keys) => readFreeOf(db, merchantIds, keys)),
    pool: createScopedLoader((merchantIds, channels) => readPools(db, merchantIds, channels)),
  }
}

/** Levels of some articles in some stores, and how many of each the channel may still promise. */
export async function freeOf(
  reads: StockReads,
  merchantId: string,
  of: { variantIds: readonly string[]; storeIds: readonly string[]; channel: string },
): Promise<FreeRow[]> {
  const keys = of.variantIds.flatMap((variant) => of.storeIds.map((store) => freeKey(of.channel, variant, store)))
  const rows = await Promise.all(keys.map((key) => reads.free.load(merchantId, key)))
  return rows.filter((row) => row !== null)
}

function freeKey(channel: string, variantId: string, storeId: string): string {
  return `${channel}/${variantId}/${storeId}`
}
