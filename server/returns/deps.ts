// What returns need. server/commerce.ts gives it.

import type { Db, Tx } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { MerchantCache } from '../merchants/index.ts'
import type { Consumer } from '../notify/index.ts'
import type { PaymentDeps } from '../payments/index.ts'
import type { Destination } from './return.ts'

/** An article without a receipt: what it is called, what it takes from the stock, what it is worth today. */
export interface Priced {
  name: string
  components: { variant_id: string; quantity: bigint }[]
  is_returnable: boolean
  categories: string[]
  /** Minor units for one; the lowest price of late, so that a sale is not given back dearer than it was made. */
  unit_amount: bigint
}

export interface ReturnDeps {
  db: Db
  clock: Clock
  newId: NewId
  log: Log
  merchantCache: MerchantCache
  payments: PaymentDeps
  /** What was paid and taken along a moment ago can come back now. */
  consumer: Pick<Consumer, 'catchUp'>
  /** Articles as they are sold today in a store; those that are not are absent. */
  priced(
    merchantId: string,
    of: { variantIds: string[]; storeId: string; currency: string; channel: string },
  ): Promise<Map<string, Priced>>
  /** The customer behind a verified e-mail address or card, or null. */
  recognise(merchantId: string, value: { type: 'email' | 'card_alias'; value: string }): Promise<string | null>
  /** Throws reference-not-found or gift-card-invalid unless everything a destination names is the merchant's. */
  mustKnow(merchantId: string, to: Destination, currency: string): Promise<void>
  /**
   * Takes gift cards that come back out of use, in the transaction that receives them: `units` of each line remain. Throws
   * balance-insufficient when too few are unused. Appends events: called after everything else that locks.
   */
  takeBackCards(
    tx: Tx,
    merchantId: string,
    back: {
      order_id: string
      lines: readonly { line_id: string; units: bigint }[]
      channel: string
      store_id: string
      at: Date
    },
  ): Promise<void>
  /** Gift cards that exchanges pass through: made without value, once per key; and their codes, which nobody else is told. */
  exchangeCards: {
    open(merchantId: string, of: { currency: string; key: string }): Promise<string>
    codeOf(merchantId: string, id: string): Promise<string>
  }
}

/** The same, where somebody asks at a till: what is given back is written down as given back there. */
export function atRegister(deps: ReturnDeps, registerId: string | undefined): ReturnDeps {
  return registerId === undefined ? deps : { ...deps, payments: { ...deps.payments, registerId } }
}
