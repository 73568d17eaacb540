// What a person is recognised by, in any channel: an e-mail address, a loyalty card, the alias of a bank card. A value that
// somebody only typed finds nobody; a verified one finds one person.

import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { isGranted } from './consent-store.ts'
import { addCustomer, announceAbout, type CustomerDeps, type CustomerView, mergedAway, viewOf } from './customer.ts'
import {
  endIdentity,
  findVerified,
  type IdentityRow,
  insertIdentity,
  listIdentities,
  lockIdentity,
  verifyIdentity,
} from './identity-store.ts'
import { type Customer, currentProfile, lockCustomer, personOf, readCustomer } from './store.ts'

export const IDENTITY_TYPES = [
  'email',
  'phone',
  'loyalty_card',
  'card_alias',
  'par',
  'psp_shopper',
  'device',
  'social',
  'external',
] as const
export type IdentityType = (typeof IDENTITY_TYPES)[number]

/** Cards are recognised only for those who agreed to it. */
const NEEDS_CARD_CONSENT: readonly IdentityType[] = ['card_alias', 'par']

export interface IdentityDeps extends CustomerDeps {
  /** The vault's keyed hash: a stolen database must not give the values away. */
  keyedHash(merchantId: string, of: { purpose: string; text: string }): Promise<string>
}

export interface IdentityView {
  id: string
  object: 'identity'
  customer_id: string
  type: IdentityType
  /** Enough of the value to tell it from others: `…4242`, `a…@example.org`. */
  hint: string
  source: string
  verified_at: string | null
  created_at: string
}

export interface NewIdentity {
  type: IdentityType
  value: string
  source: string
  is_verified: boolean
}

/**
 * Ties a value to a person. The same value again for the same person changes nothing, or verifies it. Throws not-found,
 * invalid-state (merged away, or a card without the consent to recognise it) and reference-taken when another person has the
 * verified value: then the two profiles may be one person, which is for staff to decide (merge), never for us.
 */
export async function addIdentity(
  deps: IdentityDeps,
  merchantId: string,
  customerId: string,
  input: NewIdentity,
): Promise<{ identity: IdentityView; isNew: boolean }> {
  const at = deps.clock.now()
  const hash = await hashOf(deps, merchantId, input)
  return transact(deps.db, async (tx) => {
    const customer = await lockedCustomer(tx, merchantId, customerId)
    if (NEEDS_CARD_CONSENT.includes(input.type) && !(await isGranted(tx, merchantId, [customerId], 'card_recognition')))
      throw new Problem('invalid-state', { detail: 'The customer has not agreed to be recognised by a card.' })
    const mine = (await listIdentities(tx, merchantId, [customerId])).find(
      (row) => row.type === input.type && row.value_hash === hash,
    )
    if (mine) {
      const isVerifiedNow = input.is_verified && mine.verified_at === null
      const row = isVerifiedNow ? await verified(deps, tx, { merchantId, customer, row: mine, input, at }) : mine
      return { identity: identityView(row), isNew: false }
    }
    const row = await addRow(deps, tx, { merchantId, customer, input, hash, at })
    return { identity: identityView(row), isNew: true }
  })
}

/**
 * Whoever has just proved to own an e-mail address: the profile that stands for them today, or a new one. A profile under which the
 * address was only typed is not theirs to take: it may be a stranger's. In the caller's transaction. Throws reference-taken when the same
 * address is proved, or its link ended, at this very moment: run it again.
 */
export async function proveEmail(
  deps: IdentityDeps,
  tx: Tx,
  merchantId: string,
  proof: { email: string; locale: string; source: string; at: Date },
): Promise<string> {
  const { email, locale, source, at } = proof
  const input: NewIdentity = { type: 'email', value: email, source, is_verified: true }
  const hash = await hashOf(deps, merchantId, input)
  const found = await findVerified(tx, merchantId, { type: 'email', hash })
  if (found !== null) {
    // Told again: what was ordered under the address since, without an account, is theirs too.
    const customer = await lockedCustomer(tx, merchantId, await currentProfile(tx, merchantId, found))
    const links = await listIdentities(tx, merchantId, [customer.id])
    const row = links.find(
      ({ type, value_hash, verified_at }) => type === 'email' && value_hash === hash && verified_at,
    )
    if (!row) throw taken()
    await verified(deps, tx, { merchantId, customer, row, input, at })
    return customer.id
  }
  const customer = await addCustomer(deps, tx, merchantId, { at, fields: { email: normalised(input), locale } })
  await addRow(deps, tx, { merchantId, customer, input, hash, at })
  return customer.id
}

/** What an e-mail address is kept as: equal for all its spellings. */
export function emailKey(deps: IdentityDeps, merchantId: string, email: string): Promise<string> {
  return hashOf(deps, merchantId, { type: 'email', value: email })
}

async function addRow(deps: IdentityDeps, tx: Tx, add: Omit<Change, 'row'> & { hash: string }): Promise<IdentityRow> {
  const { merchantId, customer, input, hash, at } = add
  const row: IdentityRow = {
    id: deps.newId('idl'),
    customer_id: customer.id,
    type: input.type,
    value_hash: hash,
    hint: hintOf(input),
    source: input.source,
    verified_at: input.is_verified ? at : null,
    created_at: at,
  }
  await refusingTaken(insertIdentity(tx, merchantId, row))
  await announce(deps, tx, { merchantId, customer, row, input, at })
  return row
}

/** The values of a person (merged profiles included) that count. */
export async function identitiesOf(
  deps: CustomerDeps,
  merchantId: string,
  customerId: string,
): Promise<IdentityView[]> {
  if (!(await readCustomer(deps.db, merchantId, customerId))) throw new Problem('not-found')
  const rows = await listIdentities(deps.db, merchantId, await personOf(deps.db, merchantId, customerId))
  return rows.map(identityView)
}

/** Ends a link: the value finds this person no more. Throws not-found. */
export async function removeIdentity(
  deps: CustomerDeps,
  merchantId: string,
  input: { customerId: string; identityId: string },
): Promise<void> {
  const at = deps.clock.now()
  await transact(deps.db, async (tx) => {
    const customer = await lockCustomer(tx, merchantId, input.customerId)
    const row = customer && (await lockIdentity(tx, merchantId, input))
    if (!customer || !row) throw new Problem('not-found')
    await endIdentity(tx, merchantId, { id: row.id, at })
    const data = { identity_id: row.id, identity_type: row.type }
    await announceAbout(deps, tx, { merchantId, at, type: 'customer.identity_removed', customer, data })
  })
}

/**
 * Whom a value belongs to: the profile that stands for the person today, or null. Unverified values find nobody; a card
 * finds only those who agreed to be recognised by it.
 */
export async function recognise(
  deps: IdentityDeps,
  merchantId: string,
  input: { type: IdentityType; value: string },
): Promise<CustomerView | null> {
  const hash = await hashOf(deps, merchantId, input)
  const found = await findVerified(deps.db, merchantId, { type: input.type, hash })
  let customer = found === null ? null : await readCustomer(deps.db, merchantId, found)
  // Each merge adds a step; a person has a handful of profiles, and a cycle cannot be made.
  for (let step = 0; customer?.merged_into && step < 50; step++)
    customer = await readCustomer(deps.db, merchantId, customer.merged_into)
  if (!customer) return null
  if (NEEDS_CARD_CONSENT.includes(input.type)) {
    const person = await personOf(deps.db, merchantId, customer.id)
    if (!(await isGranted(deps.db, merchantId, person, 'card_recognition'))) return null
  }
  return viewOf(customer)
}

async function lockedCustomer(tx: Tx, merchantId: string, id: string): Promise<Customer> {
  const customer = await lockCustomer(tx, merchantId, id)
  if (!customer) throw new Problem('not-found')
  if (customer.merged_into !== null) throw mergedAway(customer.merged_into)
  return customer
}

interface Change {
  merchantId: string
  customer: Customer
  row: IdentityRow
  input: NewIdentity
  at: Date
}

async function verified(deps: IdentityDeps, tx: Tx, change: Change): Promise<IdentityRow> {
  const row = { ...change.row, verified_at: change.at, source: change.input.source }
  await refusingTaken(verifyIdentity(tx, change.merchantId, row))
  await announce(deps, tx, { ...change, row })
  return row
}

/** Orders placed by a guest are found by the verified address, so the event carries it. */
async function announce(deps: IdentityDeps, tx: Tx, { merchantId, customer, row, input, at }: Change): Promise<void> {
  const type = row.verified_at === null ? 'customer.identity_added' : 'customer.identity_verified'
  const data = {
    identity_id: row.id,
    identity_type: row.type,
    ...(row.type === 'email' ? { email: normalised(input) } : {}),
  }
  await announceAbout(deps, tx, { merchantId, at, type, customer, data })
}

const UNIQUE_VIOLATION = '23505'

async function refusingTaken(write: Promise<void>): Promise<void> {
  await write.catch((error: { code?: string }) => {
    throw error.code === UNIQUE_VIOLATION ? taken() : error
  })
}

function taken(): Problem {
  return new Problem('reference-taken', { errors: [{ pointer: '/value', detail: 'Is another customer’s.' }] })
}

function hashOf(deps: IdentityDeps, merchantId: string, input: { type: IdentityType; value: string }): Promise<string> {
  return deps.keyedHash(merchantId, { purpose: `identity ${input.type}`, text: normalised(input) })
}

/** One spelling for values that mean the same. */
function normalised({ type, value }: { type: IdentityType; value: string }): string {
  const text = value.normalize('NFC').trim()
  if (type === 'email') return text.toLowerCase()
  if (type === 'phone') return text.replaceAll(/[^+0-9]/g, '')
  return text
}

function hintOf(input: { type: IdentityType; value: string }): string {
  const text = normalised(input)
  if (input.type === 'email') return `${text.slice(0, 1)}…${text.slice(text.lastIndexOf('@'))}`
  return `…${text.slice(-4)}`
}

export function identityView(row: IdentityRow): IdentityView {
  return {
    id: row.id,
    object: 'identity',
    customer_id: row.customer_id,
    type: row.type as IdentityType,
    hint: row.hint,
    source: row.source,
    verified_at: row.verified_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  }
}
