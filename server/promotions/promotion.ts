// A promotion as it is stored and shown: plain JSON. The engine in totals works with the same in bigint; `forEngine` leads
// from one to the other, and is the only way.

import type { Promotion, PromotionConditions, PromotionRule, Tier } from '../totals/index.ts'

/** bigint as a JSON number, all the way down. */
type Plain<T> = T extends bigint
  ? number
  : T extends readonly (infer U)[]
    ? Plain<U>[]
    : T extends object
      ? { -readonly [K in keyof T]: Plain<T[K]> }
      : T

export type RuleJson = Plain<PromotionRule>
export type ConditionsJson = Plain<PromotionConditions>

/** What its owner decides. */
export interface PromotionFields {
  name: string
  rule: RuleJson
  conditions: ConditionsJson
  priority: number
  is_exclusive: boolean
  stacks_with: 'all' | 'none'
  currency: string | null
  starts_at: Date | null
  ends_at: Date | null
  max_uses: bigint | null
  max_uses_per_customer: number | null
  is_active: boolean
}

export interface PromotionRow extends PromotionFields {
  id: string
  /** Decided once: codes that are out in the world keep their meaning. */
  needs_code: boolean
  /** Held and used, not released. */
  uses: bigint
  code_count: bigint
  /** Counts the changes by its owner, from 1; uses are no change. */
  version: number
  created_at: Date
}

/** A code, or many alike. */
export interface CodeRow {
  code: string
  promotion_id: string
  seq: bigint
  /** 1: single use. Null: shared. */
  max_uses: bigint | null
  uses: bigint
  created_at: Date
}

/** The promotion in the engine's words. `codes`: those that open it and were asked for, with what is left of them. */
export function forEngine(row: PromotionRow, codes: readonly Pick<CodeRow, 'code' | 'max_uses' | 'uses'>[]): Promotion {
  const { id, name, priority, is_exclusive, stacks_with, currency, starts_at, ends_at, max_uses_per_customer } = row
  const fresh = codes.filter((code) => !isUsedUp(code))
  return {
    id,
    name,
    rule: ruleForEngine(row.rule),
    conditions: {
      ...row.conditions,
      min_subtotal: row.conditions.min_subtotal === null ? null : BigInt(row.conditions.min_subtotal),
    },
    priority,
    is_exclusive,
    stacks_with,
    currency,
    // Used codes stay named when there is no other, so that the engine says used up and not unknown.
    codes: row.needs_code ? (fresh.length > 0 ? fresh : codes).map(({ code }) => code) : null,
    starts_at,
    ends_at,
    max_uses_per_customer,
    is_exhausted: isUsedUp(row) || (row.needs_code && fresh.length === 0),
  }
}

function isUsedUp({ max_uses, uses }: { max_uses: bigint | null; uses: bigint }): boolean {
  return max_uses !== null && uses >= max_uses
}

function ruleForEngine(rule: RuleJson): PromotionRule {
  switch (rule.kind) {
    case 'percent_off':
    case 'x_for_y':
      return rule
    case 'amount_off':
      return { ...rule, amount: BigInt(rule.amount) }
    case 'bundle_price':
      return { ...rule, price: BigInt(rule.price) }
    case 'tiers':
      return { ...rule, tiers: rule.tiers.map(tierForEngine) }
    case 'free_shipping':
      return { ...rule, max_amount: rule.max_amount === null ? null : BigInt(rule.max_amount) }
  }
}

function tierForEngine(tier: Plain<Tier>): Tier {
  const from = BigInt(tier.from)
  return 'amount' in tier ? { from, amount: BigInt(tier.amount) } : { from, percent_bp: tier.percent_bp }
}

/** True when it names amounts, so that it means something in one currency only. */
export function namesAmounts({ rule, conditions }: Pick<PromotionFields, 'rule' | 'conditions'>): boolean {
  if (conditions.min_subtotal !== null) return true
  switch (rule.kind) {
    case 'amount_off':
    case 'bundle_price':
      return true
    case 'tiers':
      return rule.basis === 'spend' || rule.tiers.some((tier) => 'amount' in tier)
    case 'free_shipping':
      return rule.max_amount !== null
    default:
      return false
  }
}
