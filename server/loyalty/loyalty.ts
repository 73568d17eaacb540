// A customer's points: what is there, what is on its way, which tier they give, and a person's correction of them.

import { currentProfile, hasCustomer, holdCurrentProfile } from '../customers/index.ts'
import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import type { LoyaltyDeps } from './deps.ts'
import { yearBefore } from './earn.ts'
import { pointsSince } from './earning-store.ts'
import { type PointAges, pointAges } from './lapse-store.ts'
import { openForProfile } from './open.ts'
import { tierFor, worthOf } from './points.ts'
import { readLoyaltyProgramme } from './programme-store.ts'
import { bookChanges, valuesOf } from './store.ts'

export interface LoyaltyView {
  /** Null before the first points. */
  id: string | null
  object: 'loyalty_account'
  customer_id: string
  points: number
  held: number
  available: number
  pending: number
  /** The oldest points, and when they end; null when none do. */
  next_to_end: { points: number; ends_at: string } | null
  /** Confirmed in the last year: what the tier is decided by. */
  points_of_year: number
  tier: { code: string; name: string } | null
  next_tier: { code: string; name: string; missing_points: number } | null
  worth: { currency: string; amount: number }[]
  version: number
}

/** A customer's points; of a merged profile those of the one that remained. Throws not-found for an unknown customer. */
export async function loyaltyOf(deps: LoyaltyDeps, merchantId: string, id: string): Promise<LoyaltyView> {
  if (!(await hasCustomer(deps.db, merchantId, id))) throw new Problem('not-found')
  const customerId = await currentProfile(deps.db, merchantId, id)
  const [account] = await valuesOf(deps.db, merchantId, { customerId, kind: 'points' })
  const programme = await readLoyaltyProgramme(deps.db, merchantId)
  const tiers = programme?.tiers ?? []
  const ofYear = account ? await pointsSince(deps.db, merchantId, account.id, yearBefore(deps.clock.now())) : 0n
  const isEnding = account !== undefined && programme?.is_enabled === true && programme.months_valid !== null
  const ages = isEnding ? await pointAges(deps.db, merchantId, account.id, deps.clock.now()) : null
  const tier = tierFor(tiers, ofYear)
  const next = tiers.find((one) => BigInt(one.from_points) > ofYear)
  const balance = account?.balance ?? 0n
  const available = balance - (account?.held ?? 0n)
  return {
    id: account?.id ?? null,
    object: 'loyalty_account',
    customer_id: customerId,
    points: Number(balance),
    held: Number(account?.held ?? 0n),
    available: Number(available),
    pending: Number(account?.pending ?? 0n),
    next_to_end: nextToEnd(ages),
    points_of_year: Number(ofYear),
    tier: tier && { code: tier.code, name: tier.name },
    next_tier: next ? { code: next.code, name: next.name, missing_points: next.from_points - Number(ofYear) } : null,
    worth: (programme?.rates ?? []).map((rate) => ({
      currency: rate.currency,
      amount: Number(worthOf(rate, available > 0n ? available : 0n)),
    })),
    version: account?.version ?? 0,
  }
}

function nextToEnd(ages: PointAges | null): LoyaltyView['next_to_end'] {
  if (!ages?.next_ends_at) return null
  return { points: Number(ages.next_points), ends_at: ages.next_ends_at.toISOString() }
}

/**
 * Gives or takes away points; their worth in `currency` is booked as an expense. `key` is the request's Idempotency-Key: the
 * same again changes nothing. Throws not-found, method-unavailable without a programme in that currency,
 * balance-insufficient below zero.
 */
export async function adjustPoints(
  deps: LoyaltyDeps,
  merchantId: string,
  key: string,
  input: { customerId: string; points: number; currency: string; reason: string },
): Promise<LoyaltyView> {
  const { customerId: id, currency } = input
  if (!(await hasCustomer(deps.db, merchantId, id))) throw new Problem('not-found')
  const programme = await readLoyaltyProgramme(deps.db, merchantId)
  const rate = programme?.rates.find((one) => one.currency === currency)
  if (!rate) throw new Problem('method-unavailable', { detail: `Points are not worth anything in ${currency} here.` })
  const at = deps.clock.now()
  await transact(deps.db, async (tx) => {
    await holdCurrentProfile(tx, merchantId, id)
    const account = await openForProfile(deps, tx, merchantId, { kind: 'points', currency: null, customerId: id, at })
    const size = worthOf(rate, BigInt(Math.abs(input.points)))
    const [outcome] = await bookChanges(tx, merchantId, [
      {
        entry_id: deps.newId('sve'),
        event_id: deps.newId('evt'),
        event_type: 'loyalty.adjusted',
        account_id: account.id,
        customer_id: id,
        type: 'adjust',
        units: BigInt(input.points),
        amount: input.points < 0 ? -size : size,
        currency,
        ref_type: 'request',
        ref_id: key,
        reason: input.reason,
        counter_account: 'loyalty_expense',
        at,
      },
    ])
    if (outcome === 'insufficient') throw new Problem('balance-insufficient')
  })
  return loyaltyOf(deps, merchantId, id)
}
