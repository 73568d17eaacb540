// The public face of the customers module.

import type { Queryable } from '../db/pool.ts'
import { readCustomer } from './store.ts'

export { type CustomerDeps, type CustomerView, changeCustomer, createCustomer } from './customer.ts'
export { routes } from './routes.ts'

/** True when this merchant has such a customer. */
export async function hasCustomer(db: Queryable, merchantId: string, id: string): Promise<boolean> {
  return (await readCustomer(db, merchantId, id)) !== null
}
