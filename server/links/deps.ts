// What the verbs of links need.

import type { CheckoutDeps } from '../checkout/index.ts'

export interface LinkDeps extends CheckoutDeps {
  /** Reads all news of payments and orders, so that a link is shown as it stands. */
  consumer: { catchUp(merchantId: string): Promise<void> }
  /** The language of a customer of ours, as they told it. */
  languageOf(merchantId: string, customerId: string): Promise<string | null>
}
