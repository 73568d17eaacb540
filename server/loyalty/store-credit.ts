// Store credit: what a merchant owes a customer, per currency. Refunds come in and payments go out through the connector;
// here it is opened, shown and adjusted by a person, with a reason.

import { currentProfile, hasCustomer, holdCurrentProfile } from '../customers/index.ts'
import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import type { LoyaltyDeps } from './deps.ts'
import { openForProfile } from './open.ts'
import { bookChanges, readValue, type ValueRow, valuesOf } from './store.ts'

export interface AdjustInput {
  customerId: string
  currency: string
  /** Minor units; negative takes away. */
  amount: number
  reason: string
}

/** A customer's store credit in every currency. Throws not-found for an unknown customer. */
export async function storeCreditOf(deps: LoyaltyDeps, merchantId: string, customerId: string): Promise<ValueRow[]> {
  if (!(await hasCustomer(deps.db, merchantId, customerId))) throw new Problem('not-found')
  const owner = await currentProfile(deps.db, merchantId, customerId)
  return valuesOf(deps.db, merchantId, { customerId: owner, kind: 'store_credit' })
}

/**
 * Gives or takes away store credit; booked as an expense. `key` is the request's Idempotency-Key: the same again changes
 * nothing. A merged profile's go to the one that remained. Throws not-found for an unknown customer, balance-insufficient below zero.
 */
export async function adjustStoreCredit(
  deps: LoyaltyDeps,
  merchantId: string,
  key: string,
  input: AdjustInput,
): Promise<ValueRow> {
  const { currency } = input
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const { customerId } = input
    await holdCurrentProfile(tx, merchantId, customerId)
    const account = await openForProfile(deps, tx, merchantId, { kind: 'store_credit', currency, customerId, at })
    const [outcome] = await bookChanges(tx, merchantId, [
      {
        entry_id: deps.newId('sve'),
        event_id: deps.newId('evt'),
        event_type: 'store_credit.adjusted',
        account_id: account.id,
        customer_id: customerId,
        type: 'adjust',
        units: BigInt(input.amount),
        amount: BigInt(input.amount),
        currency,
        ref_type: 'request',
        ref_id: key,
        reason: input.reason,
        counter_account: 'marketing_expense',
        at,
      },
    ])
    if (outcome === 'insufficient') throw new Problem('balance-insufficient')
    return (await readValue(tx, merchantId, account.id)) as ValueRow
  })
}

/** Store credit as the API shows it. */
export function storeCreditView(account: ValueRow) {
  return {
    id: account.id,
    object: 'store_credit' as const,
    customer_id: account.customer_id as string,
    currency: account.currency as string,
    balance: Number(account.balance),
    held: Number(account.held),
    available: Number(account.balance - account.held),
    version: account.version,
    created_at: account.created_at.toISOString(),
  }
}
