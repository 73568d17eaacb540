// What would a basket get? The same engine and the same totals as carts and orders, with nothing held and nothing kept.

import { MAX_AMOUNT } from '../lib/money.ts'
import { Problem } from '../lib/problem.ts'
import { applyPromotions, computeTotals, type PromotionContext, type PromotionLine } from '../totals/index.ts'
import { type ActiveDeps, activePromotions } from './active.ts'

/**
 * Tries the active promotions on a basket. `lines` in the result are in the order of the basket. Throws
 * `amount-out-of-range` when it comes to more than the largest amount.
 */
export async function preview(
  deps: ActiveDeps,
  merchantId: string,
  basket: { lines: readonly PromotionLine[]; context: PromotionContext },
) {
  const { at, codes, currency } = basket.context
  // Checked before any arithmetic, so that totals have nothing to refuse.
  const list = basket.lines.reduce((sum, line) => sum + line.unit_price_e4 * line.quantity, 0n) / 10_000n
  if (list + BigInt(basket.lines.length) > MAX_AMOUNT) throw new Problem('amount-out-of-range')
  const applied = applyPromotions(basket, await activePromotions(deps, merchantId, { at, codes }))
  const totals = computeTotals({
    currency,
    // Discounts are the same whatever the tax, which a preview does not ask for.
    prices_include_tax: true,
    tax_rounding: 'per_rate_group',
    lines: basket.lines.map(({ seq, kind, quantity, unit_price_e4 }) => ({
      seq,
      kind,
      quantity,
      unit_price_e4,
      tax_code: 'none',
      tax_rate_bp: 0,
      adjustments: applied.line_adjustments.get(seq) ?? [],
    })),
    order_adjustments: applied.order_adjustments,
  })
  return { totals, used: applied.used, refused: applied.refused }
}
