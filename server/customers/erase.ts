// Forgets a person: their profiles keep an id, so that the books stay whole, and nothing that says who it was.

import type { Tx } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { forgetInEvents } from '../notify/index.ts'
import { announceAbout, type CustomerDeps, mergedAway } from './customer.ts'
import { eraseProfiles } from './erase-store.ts'
import { type Customer, lockCustomer, personOf, readCustomer } from './store.ts'

/** A person to be forgotten, locked until the transaction ends. */
export interface Leaving {
  customer: Customer
  /** All profiles of the person. */
  customerIds: string[]
  /** Addresses under which they are known or write. */
  emails: string[]
}

/** Begins to forget a person: keeps their profile from changing meanwhile. Throws not-found, invalid-state. */
export async function lockLeaving(tx: Tx, merchantId: string, customerId: string): Promise<Leaving> {
  const customer = await lockCustomer(tx, merchantId, customerId)
  if (!customer) throw new Problem('not-found')
  if (customer.merged_into !== null) throw mergedAway(customer.merged_into)
  const customerIds = await personOf(tx, merchantId, customerId)
  const emails = new Set<string>()
  for (const id of customerIds) {
    const email = id === customerId ? customer.email : (await readCustomer(tx, merchantId, id))?.email
    if (email) emails.add(email)
  }
  return { customer, customerIds, emails: [...emails] }
}

/** Forgets what this module keeps, and tells that the customer is gone. In the caller's transaction, last: it appends an event. */
export async function forgetPerson(
  deps: Pick<CustomerDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  leaving: Leaving & { at: Date },
): Promise<void> {
  const { customer, customerIds, at } = leaving
  await forgetInEvents(tx, merchantId, customerIds)
  await eraseProfiles(tx, merchantId, { customerIds, at })
  const erased = { ...customer, version: customer.version + 1 }
  await announceAbout(deps, tx, { merchantId, at, type: 'customer.erased', customer: erased, data: {} })
}
