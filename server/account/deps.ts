// What a customer's own account stands on. Wiring gives it.

import type { ProfileDeps } from '../customers/index.ts'
import type { LoyaltyRouteDeps } from '../loyalty/index.ts'
import type { OrderDeps } from '../orders/index.ts'
import type { SignInDeps } from '../signin/index.ts'
import type { VaultDeps } from '../vault/index.ts'

export interface AccountDeps extends SignInDeps {
  profiles: ProfileDeps
  orders: OrderDeps
  vault: VaultDeps
  loyalty: LoyaltyRouteDeps
}
