// The public face of the customers module.

import { createScopedLoader, type Loader } from '../db/load-many.ts'
import type { Queryable } from '../db/pool.ts'
import { type Customer, readCustomer, readGroups } from './store.ts'

export {
  type AddressFields,
  addAddress,
  addressesOf,
  changeAddress,
  removeAddress,
} from './address.ts'
export { pruneViews, recordViews, viewsOf } from './browsing.ts'
export { consentsOf, hasConsented, PURPOSES, type Purpose, sayConsent } from './consent.ts'
export { type CustomerDeps, type CustomerView, changeCustomer, createCustomer, holdCurrentProfile } from './customer.ts'
export { forgetPerson, type Leaving, lockLeaving } from './erase.ts'
export { emailKey, type IdentityDeps, type IdentityType, identitiesOf, proveEmail, recognise } from './identity.ts'
export { verifiedOwners } from './identity-store.ts'
export type { MergeDeps, MergePart } from './merge.ts'
export { Address, AddressIn, Consent, type ProfileDeps, profileRoutes, View, ViewIn } from './profile-routes.ts'
export { routes } from './routes.ts'
export { currentProfile, findCustomers, personOf, profilesUpFrom } from './store.ts'
export { createTimeline, timelineOf } from './timeline.ts'

/** True when this merchant has such a customer. */
export async function hasCustomer(db: Queryable, merchantId: string, id: string): Promise<boolean> {
  return (await readCustomer(db, merchantId, id)) !== null
}

/** The language a customer told us, as a tag; null where they did not. */
export async function localeOf(db: Queryable, merchantId: string, id: string): Promise<string | null> {
  return (await readCustomer(db, merchantId, id))?.locale ?? null
}

/** How a customer is called and written to; null for an unknown one. */
export async function readProfile(
  db: Queryable,
  merchantId: string,
  id: string,
): Promise<Pick<Customer, 'name' | 'email' | 'phone' | 'locale' | 'created_at'> | null> {
  return readCustomer(db, merchantId, id)
}

/** The groups customers belong to, for prices and promotions; null for an unknown one. One per process: asked at every sale. */
export function createGroupLoader(db: Queryable): Loader<string[]> {
  return createScopedLoader((merchantIds, ids) => readGroups(db, merchantIds, ids))
}
