// What orders need. server/commerce.ts gives it.

import type { CartDeps } from '../carts/index.ts'
import type { Lanes } from '../db/lanes.ts'
import type { Db, Tx } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { MerchantCache } from '../merchants/index.ts'
import type { Consumer } from '../notify/index.ts'
import type { PaymentDeps, RefundInput } from '../payments/index.ts'
import type { LoadOf, StockReads, Units } from '../stock/index.ts'
import type { Vault } from '../vault/index.ts'
import type { Order, OrderLine } from './order.ts'

export interface OrderDeps {
  db: Db
  lanes: Lanes
  clock: Clock
  newId: NewId
  log: Log
  merchantCache: MerchantCache
  vault: Vault
  carts: CartDeps
  payments: PaymentDeps
  /** Shared by all that ask the stock at the same time. */
  stockReads?: StockReads
  /** How much stores have to do already; without it that does not count. */
  loadOf?: LoadOf
  /** For how many days after the hand-over a merchant takes goods back. */
  returnDaysOf(merchantId: string): Promise<number>
  /** Where what an order was paid with goes when it cannot go back to where it came from; null when nobody knows. */
  worthGoesTo(merchantId: string, order: Order): Promise<RefundInput['to'] | null>
  /** Whether the delivery of an order goes back once nothing of it stays with its customer, by the rules for returns, and has not yet. */
  givesDeliveryBack(tx: Tx, merchantId: string, order: Order): Promise<boolean>
  /**
   * Takes gift cards that were delivered back, in the transaction in which they are cancelled; `left` units of the line remain. Throws
   * balance-insufficient when too few are unused, quantity-exceeds-available when they were handed over as goods are. Appends events.
   */
  takeBackCards(
    tx: Tx,
    merchantId: string,
    what: { order: Order; units: readonly { line_id: string; quantity: bigint; left: bigint }[]; by: string; at: Date },
  ): Promise<void>
  /** The VAT in what single-purpose vouchers paid of these payments: it was due when those were sold. */
  taxPrepaid(merchantId: string, paymentIds: readonly string[]): Promise<bigint>
  /**
   * Frees what fulfilments hold for units that `lines` no longer have, in the transaction of an edit, which holds the order's lock; with
   * those of its fulfilments and transfers the levels are locked, `levels` too. Answers what tells of it, to be called last.
   */
  dropCancelled(
    tx: Tx,
    merchantId: string,
    what: { order: Order; lines: readonly OrderLine[]; levels: readonly Omit<Units, 'quantity'>[]; at: Date },
  ): Promise<() => Promise<void>>
  /** Where browsers reach this server. */
  publicUrl: string
  /** Brings orders to what their payments have come to. */
  consumer: Pick<Consumer, 'catchUp'>
}

/** The same, where somebody asks at a till, or asked: what is given back is given back there. */
export function atRegister(deps: OrderDeps, registerId: string | null | undefined): OrderDeps {
  return { ...deps, payments: { ...deps.payments, registerId: registerId ?? undefined } }
}
