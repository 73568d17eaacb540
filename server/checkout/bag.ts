// What a page for a whole cart asks of whoever knows carts, stock and orders. Given through wiring, so that checkout knows nothing of
// them: it takes money, and this says for what.

import type { Tx } from '../db/pool.ts'
import type { Language } from '../lib/language.ts'
import type { BagInput, BagView } from './bag-view.ts'
import type { NoticeCode } from './page-view.ts'
import type { DeliveryOption } from './schema.ts'
import type { Session, SessionLine } from './session.ts'

/** Who asks for a page: the merchant with its key, or the holder of the cart's secret. */
export interface BagCaller {
  kind: string
  headers: Readonly<Record<string, string | string[] | undefined>>
  /** The customer whose session came with a publishable key. */
  signedIn?: string
}

export interface OpenedBag {
  amount: bigint
  currency: string
  channel: string
  /** Whoever the merchant says it is; nobody, where only the cart's secret was shown. */
  customer_id: string | null
  country: string | null
  /** Writes what the page begins with, in the transaction that makes the session. */
  save(tx: Tx, session: Session): Promise<void>
}

/** The order that a cart has become, as the page needs it. */
export interface BagOrder {
  order_id: string
  amount: bigint
  reference: string
  country: string
  lines: SessionLine[]
  page_url: string
}

export interface BagBook {
  /** Throws not-found, cart-closed, invalid-state, validation-error, reference-not-found. */
  open(
    merchantId: string,
    asked: { cart_id: string; caller: BagCaller; delivery_options: DeliveryOption[] | undefined },
  ): Promise<OpenedBag>
  /** The order that the cart of a session has become, wherever that was; null while it is a cart. */
  orderOf(session: Session): Promise<BagOrder | null>
  view(session: Session, language: Language): Promise<BagView>
  /** Carries out one step; what stands in the way of it is told as a notice. */
  step(session: Session, input: BagInput): Promise<NoticeCode | null>
  /** Makes it an order, exactly as it was shown, or says why not. Sent twice it is one order. */
  place(session: Session, seen: { total: number; version: number }): Promise<NoticeCode | null>
}
