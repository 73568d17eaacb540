// What the storefront and the order page need. server/wiring.ts gives it.

import type { CartDeps } from '../carts/index.ts'
import type { CheckoutDeps } from '../checkout/index.ts'
import type { InvoiceDeps } from '../invoices/index.ts'
import type { OrderDeps } from '../orders/index.ts'
import type { ReturnDeps } from '../returns/index.ts'

export interface StorefrontDeps extends CheckoutDeps {
  carts: Pick<CartDeps, 'carts'>
  orders: OrderDeps
  returns: ReturnDeps
  payUrlOf: InvoiceDeps['payUrlOf']
  /** The shop of the demo retailer, where there is one. */
  shop: ShopDoor
}

/** Opened once the demo retailer is known; until then, and where there is none, `/shop` leads nowhere. */
export interface ShopDoor {
  open: { merchantId: string; publishableKey: string } | null
}
