// Which promotions a basket gets. Pure, so that a till without a network gives what the server would give; it counts no uses
// and trusts what it is told about the customer.
//
// The order is fixed. (1) Promotions are sorted by priority, then id. (2) The first that would apply to the untouched basket
// decides: if it is exclusive it applies alone, otherwise no exclusive one applies. (3) The others are taken in turn, those
// on single lines first, then those on the order, then shipping, each group by priority: totals take off lines before they
// take off the order. Each sees what those before it left. (4) One that stacks with none passes by lines that another took
// from, and closes those it takes from.

import { divideHalfUp } from '../lib/money.ts'
import type { AdjustmentIn, OrderAdjustmentIn } from './line.ts'
import {
  type AppliedPromotions,
  codeKey,
  type Promotion,
  type PromotionConditions,
  type PromotionContext,
  type PromotionLine,
  type PromotionRefusal,
  type PromotionUse,
  type RefusalReason,
} from './promotion.ts'
import { amountsOf, isOrderLevel, type Work } from './promotion-amounts.ts'
import { shareOut } from './share.ts'

/** What a promotion would take now. */
interface Offer {
  level: 'line' | 'order'
  /** Of the order: all together. */
  amount: bigint
  /** What each line gives; for an order-level one its share, as totals will compute it. */
  parts: { work: Work; amount: bigint }[]
}

/**
 * The adjustments that `promotions` make to a basket, for computeTotals; what was used, for holding; and why the others were
 * not. A discount never exceeds what is left of its line. Gift cards, deposits, tips and fees are never touched. The same
 * input gives the same answer, in whatever order lines and promotions come.
 */
export function applyPromotions(
  basket: { lines: readonly PromotionLine[]; context: PromotionContext },
  promotions: readonly Promotion[],
): AppliedPromotions {
  const { context } = basket
  const codes = [...new Set(context.codes.map(codeKey))]
  const works = startWorks(basket.lines)
  const refused = unknownCodes(codes, promotions)
  const used: PromotionUse[] = []
  const line_adjustments = new Map<number, AdjustmentIn[]>()
  const order_adjustments: OrderAdjustmentIn[] = []

  const sorted = [...promotions].sort(byPriority)
  const first = sorted.find((each) => typeof offerOf(each, works, context, codes) !== 'string')
  for (const promotion of sorted.toSorted(byTurn)) {
    const code = codes.find((each) => promotion.codes?.includes(each)) ?? null
    const { id, name } = promotion
    const offer = offerOf(promotion, works, context, codes)
    const isShutOut = first?.is_exclusive ? promotion !== first : promotion.is_exclusive
    if (typeof offer === 'string' || isShutOut) {
      refused.push({ promotion_id: id, code, reason: typeof offer === 'string' ? offer : 'not_combinable' })
      continue
    }
    used.push({ promotion_id: id, code, amount: offer.amount })
    const parts = offer.parts.filter((part) => part.amount > 0n)
    for (const { work, amount } of parts) {
      take(work, amount, promotion)
      if (offer.level === 'order') continue
      const { seq } = work.line
      line_adjustments.set(seq, [...(line_adjustments.get(seq) ?? []), { source: id, label: name, amount }])
    }
    if (offer.level === 'line') continue
    order_adjustments.push({
      source: id,
      label: name,
      amount: offer.amount,
      // All that were weighed, those that got nothing too, so that totals weigh the same.
      lines: offer.parts.map((part) => part.work.line.seq),
    })
  }
  return { line_adjustments, order_adjustments, used, refused }
}

function startWorks(lines: readonly PromotionLine[]): Work[] {
  return [...lines]
    .sort((a, b) => a.seq - b.seq)
    .map((line) => {
      const list = divideHalfUp(line.unit_price_e4 * line.quantity, 10_000n)
      const taken = line.taken_off ?? 0n
      return {
        line,
        pieces: line.is_weighed ? 1n : line.quantity,
        left: taken < list ? list - taken : 0n,
        isTouched: false,
        isClosed: false,
      }
    })
}

function byPriority(a: Promotion, b: Promotion): number {
  if (a.priority !== b.priority) return a.priority - b.priority
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

function byTurn(a: Promotion, b: Promotion): number {
  return turnOf(a) - turnOf(b) || byPriority(a, b)
}

function turnOf({ rule }: Promotion): number {
  if (rule.kind === 'free_shipping') return 2
  return isOrderLevel(rule) ? 1 : 0
}

function unknownCodes(codes: readonly string[], promotions: readonly Promotion[]): PromotionRefusal[] {
  const known = new Set(promotions.flatMap((promotion) => promotion.codes ?? []))
  const used = new Set(promotions.map(({ codes: own }) => codes.find((code) => own?.includes(code))))
  return codes
    .filter((code) => !used.has(code))
    .map((code) => ({
      promotion_id: null,
      code,
      // A second code for the same promotion opens nothing more.
      reason: known.has(code) ? ('not_combinable' as const) : ('code_unknown' as const),
    }))
}

function take(work: Work, amount: bigint, { stacks_with }: Promotion): void {
  work.left -= amount
  work.isTouched = true
  if (stacks_with === 'none') work.isClosed = true
}

// ---- Does it apply -------------------------------------------------------------------------------------------------

/** What the promotion would take as things stand, or why nothing. In the order of the guards the first reason is told. */
function offerOf(
  promotion: Promotion,
  works: readonly Work[],
  context: PromotionContext,
  codes: readonly string[],
): Offer | RefusalReason {
  const { rule, conditions } = promotion
  const reason = contextRefusal(promotion, context, codes)
  if (reason) return reason

  const matching = works.filter((work) => work.line.kind === 'goods' && isFor(conditions, work.line))
  if (matching.length === 0) return 'no_matching_line'
  const free = matching.filter((work) => isOpen(work, promotion))
  if (free.length === 0) return 'not_combinable'
  const { min_quantity, min_subtotal } = conditions
  if (min_quantity !== null && sumOf(free, 'pieces') < BigInt(min_quantity)) return 'below_min_quantity'
  if (min_subtotal !== null && sumOf(free, 'left') < min_subtotal) return 'below_min_subtotal'

  const targets =
    rule.kind === 'free_shipping'
      ? works.filter((work) => work.line.kind === 'shipping' && isOpen(work, promotion))
      : free
  const offer = offered(promotion, targets)
  return offer.amount === 0n ? 'nothing_to_take_off' : offer
}

function offered({ rule }: Promotion, works: readonly Work[]): Offer {
  const found = amountsOf(rule, works)
  const amounts =
    found.level === 'line'
      ? found.amounts
      : shareOut(
          found.amount,
          works.map((work) => work.left),
        )
  return {
    level: found.level,
    amount: amounts.reduce((sum, amount) => sum + amount, 0n),
    parts: works.map((work, i) => ({ work, amount: amounts[i] as bigint })),
  }
}

function contextRefusal(
  promotion: Promotion,
  context: PromotionContext,
  codes: readonly string[],
): RefusalReason | null {
  const { starts_at, ends_at, conditions, currency } = promotion
  const at = context.at.getTime()
  if (promotion.codes !== null && !promotion.codes.some((code) => codes.includes(code))) return 'code_needed'
  if (starts_at !== null && at < starts_at.getTime()) return 'not_started'
  if (ends_at !== null && at >= ends_at.getTime()) return 'ended'
  if (promotion.is_exhausted) return 'exhausted'
  if (promotion.max_uses_per_customer !== null && !context.customer_id) return 'customer_needed'
  if (currency !== null && currency !== context.currency) return 'wrong_currency'
  if (!allows(conditions.channels, [context.channel])) return 'wrong_channel'
  if (!allows(conditions.store_ids, context.store_id ? [context.store_id] : [])) return 'wrong_store'
  if (!allows(conditions.customer_groups, context.customer_groups)) return 'wrong_customer_group'
  return null
}

/** True when nothing is asked for, or one of what is there is asked for. */
function allows(asked: readonly string[], there: readonly string[]): boolean {
  return asked.length === 0 || there.some((each) => asked.includes(each))
}

function isFor(conditions: PromotionConditions, line: PromotionLine): boolean {
  const { variant_ids, product_ids, categories } = conditions
  if (variant_ids.length + product_ids.length + categories.length === 0) return true
  return (
    variant_ids.includes(line.variant_id) ||
    product_ids.includes(line.product_id) ||
    line.categories.some((category) => categories.includes(category))
  )
}

function isOpen(work: Work, { stacks_with }: Promotion): boolean {
  return !work.isClosed && !(stacks_with === 'none' && work.isTouched)
}

function sumOf(works: readonly Work[], key: 'pieces' | 'left'): bigint {
  return works.reduce((sum, work) => sum + work[key], 0n)
}
