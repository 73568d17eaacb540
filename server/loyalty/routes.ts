// Every route of stored value and loyalty.

import type { App } from '../http/app.ts'
import { giftCardRoutes } from './gift-card-routes.ts'
import { type LoyaltyRouteDeps, loyaltyRoutes } from './loyalty-routes.ts'
import { storeCreditRoutes } from './store-credit-routes.ts'

export function routes(app: App, deps: LoyaltyRouteDeps): void {
  giftCardRoutes(app, deps)
  storeCreditRoutes(app, deps)
  loyaltyRoutes(app, deps)
}
