// A customer as one merchant knows them: the merchant's own number, an address to write to, a name. Every change is an
// event in the same transaction, and carries the version that If-Match compares with.

import { type Db, type Tx, transact } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvent, type Customer, insertCustomer, lockCustomer, updateCustomer } from './store.ts'

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
}

/** What the API answers and what events carry. */
export interface CustomerView {
  id: string
  object: 'customer'
  reference: string | null
  email: string | null
  name: string | null
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
  const { reference = null, email = null, name = null } = fields
  const customer: Customer = { id: deps.newId('cus'), reference, email, name, created_at: at, version: 1 }
  return transact(deps.db, async (tx) => {
    if (!(await insertCustomer(tx, merchantId, customer))) throw referenceTaken()
    return announce(deps, tx, { merchantId, at, type: 'customer.created', customer })
  })
}

/**
 * Changes the fields that are given. With `ifVersion`, only when the customer still has that version. Throws
 * `not-found`, `version-conflict` or `reference-taken`. A change that changes nothing is no event.
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
    const customer = { ...before, ...input.fields, version: before.version + 1 }
    if (isSame(before, customer)) return viewOf(before)
    await updateCustomer(tx, merchantId, customer).catch((error: { code?: string }) => {
      throw error.code === UNIQUE_VIOLATION ? referenceTaken() : error
    })
    return announce(deps, tx, { merchantId, at, type: 'customer.updated', customer })
  })
}

export function viewOf(customer: Customer): CustomerView {
  const { id, reference, email, name, version, created_at } = customer
  return { id, object: 'customer', reference, email, name, version, created_at: created_at.toISOString() }
}

async function announce(
  deps: CustomerDeps,
  tx: Tx,
  change: { merchantId: string; at: Date; type: 'customer.created' | 'customer.updated'; customer: Customer },
): Promise<CustomerView> {
  const { merchantId, at, type, customer } = change
  const data = viewOf(customer)
  await appendEvent(tx, merchantId, at, { id: deps.newId('evt'), type, customer, data })
  return data
}

function isSame(a: Customer, b: Customer): boolean {
  return a.reference === b.reference && a.email === b.email && a.name === b.name
}

function referenceTaken(): Problem {
  return new Problem('reference-taken', { errors: [{ pointer: '/reference', detail: 'Is another customer’s.' }] })
}
