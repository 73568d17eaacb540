// A promotion as the engine sees it, and what the engine says. Amounts are minor units, percentages basis points.

import type { AdjustmentIn, LineKind, OrderAdjustmentIn } from './line.ts'

/** One step of a ladder; the highest one reached counts, and gives a percentage or an amount. */
export type Tier = { from: bigint; percent_bp: number } | { from: bigint; amount: bigint }

export type PromotionRule =
  /** A percentage off each line, or off all of them together (rounded once). */
  | { kind: 'percent_off'; percent_bp: number; applies_to: 'lines' | 'order' }
  /** An amount off each piece, each line, or once off all of them. */
  | { kind: 'amount_off'; amount: bigint; per: 'unit' | 'line' | 'order' }
  /** Of every `take` pieces the cheapest `take − pay` are free. */
  | { kind: 'x_for_y'; take: number; pay: number }
  /** Every `quantity` pieces cost `price` together, where that is less. */
  | { kind: 'bundle_price'; quantity: number; price: bigint }
  /** A ladder over what the lines cost, or over their pieces. */
  | { kind: 'tiers'; basis: 'spend' | 'quantity'; tiers: readonly Tier[] }
  /** Takes off shipping, at most `max_amount` of each shipping line. */
  | { kind: 'free_shipping'; max_amount: bigint | null }

/** All must hold. An empty list asks for nothing. */
export interface PromotionConditions {
  /** The goods it is for: a line that is in any of the three lists; all goods when all three are empty. */
  variant_ids: readonly string[]
  product_ids: readonly string[]
  categories: readonly string[]
  /** Of the goods it is for, in pieces. */
  min_quantity: number | null
  /** What the goods it is for cost when its turn comes, minor units. */
  min_subtotal: bigint | null
  channels: readonly string[]
  store_ids: readonly string[]
  customer_groups: readonly string[]
}

export interface Promotion {
  id: string
  /** The label that the customer reads. */
  name: string
  rule: PromotionRule
  conditions: PromotionConditions
  /** The lowest is first; ties go by id. */
  priority: number
  /** Applies alone or not at all. */
  is_exclusive: boolean
  /** `none`: takes only from lines that no other promotion takes from. */
  stacks_with: 'all' | 'none'
  /** Needed when it names amounts; then it is for baskets in this currency. */
  currency: string | null
  /** The codes that open it, as codeKey writes them; null when it needs none. */
  codes: readonly string[] | null
  /** First moment, and first moment after; null is open. */
  starts_at: Date | null
  ends_at: Date | null
  /** Each customer may use it so often; then the customer must be known. */
  max_uses_per_customer: number | null
  /** True when it was used up, as far as is known here; whoever places the order counts. */
  is_exhausted: boolean
}

export interface PromotionLine {
  seq: number
  variant_id: string
  product_id: string
  categories: readonly string[]
  quantity: bigint
  unit_price_e4: bigint
  kind: LineKind
  /** Its quantity is a weight: the line is one piece. */
  is_weighed?: boolean
  /** Taken off by hand already, before any promotion. Hand it to computeTotals as the line's first adjustment. */
  taken_off?: bigint
}

export interface PromotionContext {
  channel: string
  store_id?: string | null
  /** Null or absent: nobody known. */
  customer_id?: string | null
  customer_groups: readonly string[]
  /** As the customer typed them. */
  codes: readonly string[]
  at: Date
  currency: string
}

export type RefusalReason =
  | 'code_unknown'
  | 'code_needed'
  | 'not_started'
  | 'ended'
  | 'exhausted'
  | 'customer_needed'
  | 'wrong_currency'
  | 'wrong_channel'
  | 'wrong_store'
  | 'wrong_customer_group'
  | 'no_matching_line'
  | 'below_min_quantity'
  | 'below_min_subtotal'
  | 'not_combinable'
  | 'nothing_to_take_off'

export interface PromotionUse {
  promotion_id: string
  /** The code that opened it, as codeKey writes it. */
  code: string | null
  /** All that it takes off. */
  amount: bigint
}

export interface PromotionRefusal {
  /** Null for a code that opens nothing. */
  promotion_id: string | null
  code: string | null
  reason: RefusalReason
}

export interface AppliedPromotions {
  /** By sequence, in the order in which they are taken. */
  line_adjustments: Map<number, AdjustmentIn[]>
  order_adjustments: OrderAdjustmentIn[]
  used: PromotionUse[]
  /** Every promotion that was looked at and not used, and every code that opens nothing. */
  refused: PromotionRefusal[]
}

/**
 * A code as it is stored and compared: NFC, with a to z in capitals. No other letter is folded, because folding depends on the
 * language (ı, ß) and two codes must never become one.
 */
export function codeKey(code: string): string {
  return code
    .trim()
    .normalize('NFC')
    .replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase())
}
