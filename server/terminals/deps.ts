// What the terminal core needs. server/wiring.ts gives it.

import type { CustomerDeps, IdentityDeps } from '../customers/index.ts'
import type { PaymentDeps } from '../payments/index.ts'

export interface TerminalDeps {
  /** Its connectors, clock, deadlines and books are those of payments. */
  payments: PaymentDeps
  /** Who is recognised by a card. */
  customers: CustomerDeps & IdentityDeps
}
