// What receipts need. server/counter.ts gives it.

import type { Db, Queryable } from '../db/pool.ts'
import type { Journal } from '../journal/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { MerchantCache } from '../merchants/index.ts'
import type { PaymentView } from '../payments/index.ts'
import type { Vault } from '../vault/index.ts'

/** Who sells, as a receipt has to say it; null members where the merchant has not told. */
export interface SellerFacts {
  name: string
  organisation_number: string | null
  vat_number: string | null
  address: string[]
}

export interface ReceiptDeps {
  db: Db
  clock: Pick<Clock, 'now'>
  newId: NewId
  log: Log
  merchantCache: MerchantCache
  journal: Journal
  vault: Vault
  publicUrl: string
  sellerOf(merchantId: string): Promise<SellerFacts>
  /** The payment as the API shows it. */
  paymentView(merchantId: string, paymentId: string): Promise<PaymentView | null>
  /** Names of staff, where the ids are theirs. */
  namesOf(db: Queryable, merchantId: string, ids: readonly string[]): Promise<Map<string, string>>
  /** The shift that runs at a register; null when none does. */
  runningAt(db: Queryable, merchantId: string, registerId: string): Promise<string | null>
  /** Who placed an order: a member of staff, a key, or nobody known. */
  placedBy(merchantId: string, orderId: string): Promise<string | null>
  /** What a till had printed of a sale that it made while it was cut off; null for any other. */
  soldAlone(db: Queryable, merchantId: string, orderId: string): Promise<{ sold_at: Date; code: string } | null>
  /** The language a customer has told; null where none. */
  languageOf(db: Queryable, merchantId: string, customerId: string): Promise<string | null>
  /** Sends a paper to the network printer of a register; null when it has taken it, else what is the matter. */
  sendToPrinter(to: {
    merchantId: string
    registerId: string
    bytes: Uint8Array
  }): Promise<'no-printer' | 'no-answer' | 'broken-off' | null>
}
