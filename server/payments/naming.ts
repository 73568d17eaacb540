// Keeps by what name a provider knows an operation, while it is still under way: some providers can be asked by no other, and a process
// may die before their answer. It is no evidence and decides nothing.

import type { PaymentDeps } from './deps.ts'
import { nameOperation } from './operation-store.ts'

/** For one operation. What it returns never throws: the answer of the provider has the name too. */
export function naming(
  deps: PaymentDeps,
  merchantId: string,
  operation: { payment_id: string; operation_id: string },
): (reference: string) => Promise<void> {
  return async (reference) => {
    try {
      await nameOperation(deps.db, merchantId, operation, reference)
    } catch (error) {
      deps.log.warn('the provider’s name of an operation was not kept', { operation_id: operation.operation_id, error })
    }
  }
}
