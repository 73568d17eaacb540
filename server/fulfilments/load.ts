// How busy stores are, for choosing which of them sends what. Asked with every order, so many questions make one query.

import { createScopedLoader } from '../db/load-many.ts'
import type { Queryable } from '../db/pool.ts'
import { countOpen } from './store.ts'

/** Open fulfilments by store of a merchant, counted up to where a store is as busy as can be. One per process. */
export function createLoadOf(
  db: Queryable,
): (merchantId: string, storeIds: readonly string[]) => Promise<Map<string, number>> {
  const open = createScopedLoader<number>((merchantIds, storeIds) => countOpen(db, merchantIds, storeIds))
  return async (merchantId, storeIds) => {
    const counts = await Promise.all(storeIds.map((id) => open.load(merchantId, id)))
    return new Map(storeIds.map((id, i) => [id, counts[i] ?? 0]))
  }
}
