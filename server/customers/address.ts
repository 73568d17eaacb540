// A customer's addresses. One of them is offered first.

import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import {
  type AddressRow,
  clearDefault,
  deleteAddress,
  insertAddress,
  listAddresses,
  lockAddress,
  updateAddress,
} from './address-store.ts'
import { announceAbout, type CustomerDeps, mergedAway } from './customer.ts'
import { type Customer, lockCustomer, personOf, readCustomer } from './store.ts'

export interface AddressFields {
  name?: string | null
  lines: string[]
  postal_code?: string | null
  city: string
  region?: string | null
  country: string
  phone?: string | null
  is_default?: boolean
}

export interface AddressView extends Omit<AddressRow, 'created_at'> {
  object: 'address'
  created_at: string
}

/** More are no address book but an import gone wrong. */
const MAX_ADDRESSES = 50

/** Adds an address; the first one is the default. Throws not-found, invalid-state, too-many-items. */
export async function addAddress(
  deps: CustomerDeps,
  merchantId: string,
  customerId: string,
  fields: AddressFields,
): Promise<AddressView> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const customer = await lockCustomer(tx, merchantId, customerId)
    if (!customer) throw new Problem('not-found')
    if (customer.merged_into !== null) throw mergedAway(customer.merged_into)
    const others = await listAddresses(tx, merchantId, [customerId])
    if (others.length >= MAX_ADDRESSES) throw new Problem('too-many-items')
    const isDefault = fields.is_default ?? others.length === 0
    if (isDefault) await clearDefault(tx, merchantId, customerId)
    const row: AddressRow = {
      id: deps.newId('adr'),
      customer_id: customerId,
      ...whole(fields),
      is_default: isDefault,
      version: 1,
      created_at: at,
    }
    await insertAddress(tx, merchantId, row)
    await announce(deps, { merchantId, at, customer, row, type: 'customer.address_added' }, tx)
    return addressView(row)
  })
}

/** Replaces an address. Throws not-found, version-conflict. */
export async function changeAddress(
  deps: CustomerDeps,
  merchantId: string,
  input: { customerId: string; addressId: string; ifVersion: number | undefined; fields: AddressFields },
): Promise<AddressView> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const customer = await lockCustomer(tx, merchantId, input.customerId)
    const before = customer && (await lockAddress(tx, merchantId, input))
    if (!customer || !before) throw new Problem('not-found')
    if (input.ifVersion !== undefined && input.ifVersion !== before.version) throw new Problem('version-conflict')
    const isDefault = input.fields.is_default ?? before.is_default
    if (isDefault && !before.is_default) await clearDefault(tx, merchantId, input.customerId)
    const row = { ...before, ...whole(input.fields), is_default: isDefault, version: before.version + 1 }
    await updateAddress(tx, merchantId, row)
    await announce(deps, { merchantId, at, customer, row, type: 'customer.address_changed' }, tx)
    return addressView(row)
  })
}

/** Throws not-found. */
export async function removeAddress(
  deps: CustomerDeps,
  merchantId: string,
  input: { customerId: string; addressId: string },
): Promise<void> {
  const at = deps.clock.now()
  await transact(deps.db, async (tx) => {
    const customer = await lockCustomer(tx, merchantId, input.customerId)
    const row = customer && (await lockAddress(tx, merchantId, input))
    if (!customer || !row) throw new Problem('not-found')
    await deleteAddress(tx, merchantId, row.id)
    await announce(deps, { merchantId, at, customer, row, type: 'customer.address_removed' }, tx)
  })
}

/** The addresses of a person, the default first. Throws not-found. */
export async function addressesOf(deps: CustomerDeps, merchantId: string, customerId: string): Promise<AddressView[]> {
  if (!(await readCustomer(deps.db, merchantId, customerId))) throw new Problem('not-found')
  return (await listAddresses(deps.db, merchantId, await personOf(deps.db, merchantId, customerId))).map(addressView)
}

function whole(fields: AddressFields) {
  const { name = null, lines, postal_code = null, city, region = null, country, phone = null } = fields
  return { name, lines, postal_code, city, region, country, phone }
}

/** The event names the address, not where somebody lives: events are kept and sent to others. */
async function announce(
  deps: CustomerDeps,
  change: { merchantId: string; at: Date; customer: Customer; row: AddressRow; type: string },
  tx: Tx,
): Promise<void> {
  const { row, ...about } = change
  await announceAbout(deps, tx, { ...about, data: { address_id: row.id, country: row.country } })
}

function addressView(row: AddressRow): AddressView {
  return { object: 'address', ...row, created_at: row.created_at.toISOString() }
}
