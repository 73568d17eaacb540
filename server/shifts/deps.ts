// What shifts need. server/counter.ts gives it.

import type { Queryable } from '../db/pool.ts'
import type { ReceiptDeps } from '../receipts/index.ts'

export interface ShiftDeps extends ReceiptDeps {
  /** Names of staff, where the ids are theirs. */
  namesOf(db: Queryable, merchantId: string, ids: readonly string[]): Promise<Map<string, string>>
  /** What tills of a register say that they have not handed in; null where none has anything. */
  waitingAt(db: Queryable, merchantId: string, registerId: string): Promise<Waiting | null>
}

/** Sales that tills made while they were cut off, and have not handed in. */
export interface Waiting {
  queue: number
  oldest_at: string | null
  told_at: string
}

/** Who does something: a person at a till, or a key of the office. */
export interface By {
  id: string
  /** The register of the till it is done at; null for the office. */
  registerId: string | null
}
