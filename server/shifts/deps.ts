// What shifts need. server/counter.ts gives it.

import type { Queryable } from '../db/pool.ts'
import type { ReceiptDeps } from '../receipts/index.ts'

export interface ShiftDeps extends ReceiptDeps {
  /** Names of staff, where the ids are theirs. */
  namesOf(db: Queryable, merchantId: string, ids: readonly string[]): Promise<Map<string, string>>
}

/** Who does something: a person at a till, or a key of the office. */
export interface By {
  id: string
  /** The register of the till it is done at; null for the office. */
  registerId: string | null
}
