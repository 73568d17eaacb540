// What invoices need. server/commerce.ts gives it.

import type { Db } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { MerchantCache } from '../merchants/index.ts'
import type { Invoice } from './invoice.ts'

export interface InvoiceDeps {
  db: Db
  clock: Pick<Clock, 'now'>
  newId: NewId
  log: Log
  merchantCache: MerchantCache
  /** The page where it can be paid with any method; null where there is none. */
  payUrlOf(merchantId: string, invoice: Pick<Invoice, 'pays_as'>): Promise<string | null>
  /** What was paid a moment ago shows in what is read now. */
  consumer: { catchUp(merchantId: string): Promise<void> }
}
