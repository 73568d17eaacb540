// Baskets and promotions as tests write them.

import {
  type AppliedPromotions,
  computeTotals,
  type Promotion,
  type PromotionContext,
  type PromotionLine,
  type PromotionRule,
  type TotalsOut,
} from './index.ts'

export const AT = new Date('2026-11-26T12:00:00Z')

/** A line of goods: `price` in minor units for one piece. */
export function article(seq: number, price: number, quantity = 1, more: Partial<PromotionLine> = {}): PromotionLine {
  return {
    seq,
    variant_id: `var_${seq}`,
    product_id: `prd_${seq}`,
    categories: [],
    quantity: BigInt(quantity),
    unit_price_e4: BigInt(price) * 10_000n,
    kind: 'goods',
    ...more,
  }
}

type PromotionWords = Partial<Omit<Promotion, 'conditions'>> & { conditions?: Partial<Promotion['conditions']> }

/** A promotion for everything and everybody, but for what `more` says. */
export function promotion(id: string, rule: PromotionRule, more: PromotionWords = {}): Promotion {
  return {
    id,
    name: id,
    rule,
    priority: 100,
    is_exclusive: false,
    stacks_with: 'all',
    currency: null,
    codes: null,
    starts_at: null,
    ends_at: null,
    max_uses_per_customer: null,
    is_exhausted: false,
    ...more,
    conditions: {
      variant_ids: [],
      product_ids: [],
      categories: [],
      min_quantity: null,
      min_subtotal: null,
      channels: [],
      store_ids: [],
      customer_groups: [],
      ...more.conditions,
    },
  }
}

export function context(more: Partial<PromotionContext> = {}): PromotionContext {
  return { channel: 'web', customer_groups: [], codes: [], at: AT, currency: 'EUR', ...more }
}

/** What the basket costs with what the promotions take off. */
export function totalsWith(lines: readonly PromotionLine[], applied: AppliedPromotions): TotalsOut {
  return computeTotals({
    currency: 'EUR',
    prices_include_tax: true,
    tax_rounding: 'per_rate_group',
    lines: lines.map(({ seq, kind, quantity, unit_price_e4, taken_off }) => ({
      seq,
      kind,
      quantity,
      unit_price_e4,
      tax_code: 'NL standard 2100',
      tax_rate_bp: 2100,
      adjustments: [
        ...(taken_off ? [{ source: 'manual', label: 'By hand', amount: taken_off }] : []),
        ...(applied.line_adjustments.get(seq) ?? []),
      ],
    })),
    order_adjustments: applied.order_adjustments,
  })
}
