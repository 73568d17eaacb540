// What tills need. server/wiring.ts gives it.

import type Type from 'typebox'
import type { Db } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { MerchantCache } from '../merchants/index.ts'
import type { Shift } from '../shifts/index.ts'
import type { KeyedHash } from '../staff/index.ts'

export interface TillDeps {
  db: Db
  clock: Pick<Clock, 'now'>
  newId: NewId
  merchantCache: MerchantCache
  keyedHash: KeyedHash
  /** What one of an article costs there, in ten-thousandths of a minor unit; null for what has no price. */
  listPriceOf(
    merchantId: string,
    of: { variant_id: string; currency: string; store_id: string },
  ): Promise<bigint | null>
  /** The article and currency of a line of a cart; null for one that there is not. */
  cartLineOf(
    merchantId: string,
    of: { cart_id: string; line_id: string },
  ): Promise<{ variant_id: string; currency: string } | null>
  /** The currency of a cart; null for one that there is not. */
  cartCurrencyOf(merchantId: string, cartId: string): Promise<string | null>
  /** True when something of an order is paid, held or on its way. */
  isOrderPaid(merchantId: string, orderId: string): Promise<boolean>
  /** True where the office has given the register a receipt printer of the network. */
  hasPrinter(merchantId: string, registerId: string): Promise<boolean>
  /** The shift that runs at a register, as the till may see it; null when none does. */
  shiftAt(merchantId: string, registerId: string): Promise<Type.Static<typeof Shift> | null>
}

/** Opened once the demo retailer is known, in development only; until then, and elsewhere, `/v1/till/demo` leads nowhere. */
export interface TillDoor {
  open: { merchantId: string } | null
}
