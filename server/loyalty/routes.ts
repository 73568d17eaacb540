// Every route of stored value and loyalty.

import type { App } from '../http/app.ts'
import type { LoyaltyDeps } from './deps.ts'
import { giftCardRoutes } from './gift-card-routes.ts'
import { storeCreditRoutes } from './store-credit-routes.ts'

export function routes(app: App, deps: LoyaltyDeps): void {
  giftCardRoutes(app, deps)
  storeCreditRoutes(app, deps)
}
