// A merchant's rules for returns, and what holds where nothing was said. Every limit is data; the law of a country sets the least
// the merchant may offer online.

import { type Db, type Queryable, transact } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { readPolicy, writePolicy } from './policy-store.ts'

/** Where money may go that cannot go back to where it came from. */
export const ALTERNATIVES = ['store_credit', 'gift_card', 'cash', 'card'] as const
export type Alternative = (typeof ALTERNATIVES)[number]

export interface ReturnRules {
  /** Days during which goods are taken back, after the last of the order was handed over; then the order is closed. */
  window_days: number
  /** Categories that are never taken back. */
  excluded_categories: string[]
  /** Where the money may go that cannot go back by reference. */
  alternatives: Alternative[]
  /** Most cash for one order, over all its returns, that was not paid in cash, in minor units by currency; absent: none. */
  cash_limit: Record<string, number>
  /** The delivery is refunded when all of an order that was sold at a distance comes back. */
  refunds_delivery: boolean
  /** What the customer bears of sending goods back, in minor units by currency. */
  shipping_fee: Record<string, number>
  /** Online requests wait for somebody's yes. */
  needs_approval: boolean
  /** Without a receipt: whether at all, how often a customer may, and for how much, in a calendar month. */
  blind: { is_allowed: boolean; per_month: number; amount_per_month: Record<string, number>; per_day_and_key: number }
}

export const USUAL_RULES: ReturnRules = {
  window_days: 30,
  excluded_categories: [],
  alternatives: ['store_credit', 'gift_card'],
  cash_limit: { EUR: 5_000, SEK: 50_000, PLN: 20_000 },
  refunds_delivery: true,
  shipping_fee: {},
  needs_approval: false,
  blind: {
    is_allowed: true,
    per_month: 3,
    amount_per_month: { EUR: 10_000, SEK: 100_000, PLN: 40_000 },
    per_day_and_key: 20,
  },
}

export interface PolicyDeps {
  db: Db
  clock: Pick<Clock, 'now'>
}

export interface PolicyView {
  object: 'return_policy'
  rules: ReturnRules
  /** 0: nothing was said, the usual rules hold. */
  version: number
}

export async function policyOf(deps: { db: Queryable }, merchantId: string): Promise<PolicyView> {
  const row = await readPolicy(deps.db, merchantId)
  return { object: 'return_policy', rules: { ...USUAL_RULES, ...row?.rules }, version: row?.version ?? 0 }
}

/** Replaces the rules. Throws version-conflict. */
export async function setPolicy(
  deps: PolicyDeps,
  merchantId: string,
  input: { rules: ReturnRules; ifVersion: number | undefined },
): Promise<PolicyView> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const version = await writePolicy(tx, merchantId, { ...input, at })
    if (version === null) throw new Problem('version-conflict')
    return { object: 'return_policy' as const, rules: input.rules, version }
  })
}
