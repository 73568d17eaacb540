// A customer as one merchant knows them: the merchant's own number, an address to write to, a name. Every change is an
// event in the same transaction, and carries the version that If-Match compares with.

import { type Db, type Tx, transact } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import {
  appendEvent,
  bumpVersion,
  type Customer,
  currentProfile,
  holdCustomer,
  insertCustomer,
  lockCustomer,
  updateCustomer,
} from './store.ts'

export interface CustomerDeps {
  db: Db
  clock: Pick<Clock, 'now'>
  newId: NewId
}

/** Fields a caller may set; null clears one. */
export interface CustomerFields {
  reference?: string | null
  email?: string | null
  name?: string | null
  phone?: string | null
  locale?: string | null
  groups?: string[]
}

/** What the API answers and what events carry. */
export interface CustomerView {
  id: string
  object: 'customer'
  reference: string | null
  email: string | null
  name: string | null
  phone: string | null
  locale: string | null
  groups: string[]
  /** The profile this one was merged into, where things go on. */
  merged_into: string | null
  version: number
  created_at: string
}

const UNIQUE_VIOLATION = '23505'

/** Makes a customer. Throws `reference-taken` when another customer of this merchant has the reference. */
export async function createCustomer(
  deps: CustomerDeps,
  merchantId: string,
  fields: CustomerFields,
): Promise<CustomerView> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => viewOf(await addCustomer(deps, tx, merchantId, { at, fields })))
}

/** As createCustomer, in the caller's transaction. */
export async function addCustomer(
  deps: Pick<CustomerDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  { at, fields }: { at: Date; fields: CustomerFields },
): Promise<Customer> {
  const { reference = null, email = null, name = null, phone = null, locale = null, groups = [] } = fields
  const customer: Customer = {
    ...{ id: deps.newId('cus'), reference, email, name, phone, locale, groups },
    merged_into: null,
    created_at: at,
    version: 1,
  }
  if (!(await insertCustomer(tx, merchantId, customer))) throw referenceTaken()
  await announce(deps, tx, { merchantId, at, type: 'customer.created', customer })
  return customer
}

/**
 * Changes the fields that are given. With `ifVersion`, only when the customer still has that version. Throws
 * `not-found`, `version-conflict`, `reference-taken`, or `invalid-state` for a profile that was merged. A change that changes nothing is no event.
 */
export async function changeCustomer(
  deps: CustomerDeps,
  merchantId: string,
  input: { id: string; ifVersion: number | undefined; fields: CustomerFields },
): Promise<CustomerView> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const before = await lockCustomer(tx, merchantId, input.id)
    if (!before) throw new Problem('not-found')
    if (input.ifVersion !== undefined && input.ifVersion !== before.version) throw new Problem('version-conflict')
    if (before.merged_into !== null) throw mergedAway(before.merged_into)
    const customer = { ...before, ...input.fields, version: before.version + 1 }
    if (isSame(before, customer)) return viewOf(before)
    await updateCustomer(tx, merchantId, customer).catch((error: { code?: string }) => {
      throw error.code === UNIQUE_VIOLATION ? referenceTaken() : error
    })
    return announce(deps, tx, { merchantId, at, type: 'customer.updated', customer })
  })
}

export function viewOf(customer: Customer): CustomerView {
  const { id, reference, email, name, phone, locale, groups, merged_into, version, created_at } = customer
  return {
    ...{ id, object: 'customer' as const, reference, email, name, phone, locale, groups, merged_into, version },
    created_at: created_at.toISOString(),
  }
}

async function announce(
  deps: Pick<CustomerDeps, 'newId'>,
  tx: Tx,
  change: { merchantId: string; at: Date; type: 'customer.created' | 'customer.updated'; customer: Customer },
): Promise<CustomerView> {
  const { merchantId, at, type, customer } = change
  const data = viewOf(customer)
  await appendEvent(tx, merchantId, at, { id: deps.newId('evt'), type, customer, data })
  return data
}

/** Tells of a change to something that belongs to the locked customer: counts its version and appends the event. */
export async function announceAbout(
  deps: Pick<CustomerDeps, 'newId'>,
  tx: Tx,
  change: { merchantId: string; at: Date; type: string; customer: Customer; data: object },
): Promise<void> {
  const { merchantId, at, type, data } = change
  const customer = await bumpVersion(tx, merchantId, change.customer)
  const whole = { customer_id: customer.id, ...data }
  await appendEvent(tx, merchantId, at, { id: deps.newId('evt'), type, customer, data: whole })
}

function isSame(a: Customer, b: Customer): boolean {
  const fields = (c: Customer) => JSON.stringify([c.reference, c.email, c.name, c.phone, c.locale, c.groups])
  return fields(a) === fields(b)
}

/**
 * The profile that an id stands for today, kept from being merged until the transaction ends: what is written to a profile that is
 * gone goes to the one that remained. Throws not-found, invalid-state when it is merged at this very moment.
 */
export async function holdCurrentProfile(tx: Tx, merchantId: string, id: string): Promise<string> {
  const customer = await holdCustomer(tx, merchantId, await currentProfile(tx, merchantId, id))
  if (!customer) throw new Problem('not-found')
  if (customer.merged_into !== null) throw mergedAway(customer.merged_into)
  return customer.id
}

/** Two profiles became one: changes belong to the one that remained. */
export function mergedAway(into: string): Problem {
  return new Problem('invalid-state', { detail: `This profile was merged into ${into}.` })
}

function referenceTaken(): Problem {
  return new Problem('reference-taken', { errors: [{ pointer: '/reference', detail: 'Is another customer’s.' }] })
}
