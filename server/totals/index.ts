// The public face of totals: what a basket costs, what units of a line are worth, what cash rounds to. Pure, and free of Node,
// so that a till and a web page run the very same code as the server.

export type { CashRounding, TaxRounding } from '../lib/money.ts'
export { roundCash } from './cash-rounding.ts'
export { computeTotals } from './compute.ts'
export {
  type Adjustment,
  type AdjustmentIn,
  type LineIn,
  type LineKind,
  type LineOut,
  type OrderAdjustmentIn,
  standsOutside,
  type TaxOut,
  type TotalsIn,
  type TotalsOut,
} from './line.ts'
export {
  type AppliedPromotions,
  codeKey,
  type Promotion,
  type PromotionConditions,
  type PromotionContext,
  type PromotionLine,
  type PromotionRefusal,
  type PromotionRule,
  type PromotionUse,
  type RefusalReason,
  type Tier,
} from './promotion.ts'
export { applyPromotions } from './promotions.ts'
export { splitShipping } from './shipping.ts'
export { unitsWorth } from './units.ts'
