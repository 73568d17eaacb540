// A cart as the API shows it, with what has changed since it was last shown and not objected to.

import { formatUnitPrice } from '../catalog/index.ts'
import { amountOut } from '../lib/money.ts'
import type { PromotionRefusal } from '../totals/index.ts'
import type { Cart, CartLine } from './cart.ts'
import type { Evaluated, PricedLine } from './evaluate.ts'
import type { LineAvailability } from './shortage.ts'

export interface Change {
  line_id: string
  what: 'price' | 'availability' | 'promotion' | 'gone'
  was: string | null
  is: string | null
}

/** What is remembered of a line once it was shown. */
export type Seen = Pick<CartLine, 'seen_e4' | 'seen_short' | 'seen_promotions'>

/** What a line looks like now, to be compared with what was seen. `seen_short` is null when nobody looked. */
export function seenNow(each: PricedLine, availability: LineAvailability | undefined): Seen {
  return {
    seen_e4: each.unit_price_e4,
    seen_short: availability ? !availability.is_enough : null,
    seen_promotions: [...new Set(each.out.adjustments.map(({ source }) => source))].sort(),
  }
}

/** Everything that is different from what was last shown, in the order of the lines. */
export function changesOf(evaluated: Evaluated, availability: Map<string, LineAvailability>): Change[] {
  const { currency } = evaluated.cart
  const changes: (Change & { seq: number })[] = []
  for (const { line, variant } of evaluated.gone) {
    changes.push({ seq: line.seq, line_id: line.id, what: 'gone', was: variant?.name ?? line.variant_id, is: null })
  }
  for (const each of evaluated.priced) {
    const { line } = each
    const at = { seq: line.seq, line_id: line.id }
    const now = seenNow(each, availability.get(line.id))
    if (line.seen_e4 !== null && line.seen_e4 !== now.seen_e4) {
      const [was, is] = [line.seen_e4, now.seen_e4 as bigint].map((price) => formatUnitPrice(price, currency))
      changes.push({ ...at, what: 'price', was: was as string, is: is as string })
    }
    if (now.seen_short !== null && line.seen_short !== null && now.seen_short !== line.seen_short) {
      changes.push({ ...at, what: 'availability', was: word(line.seen_short), is: word(now.seen_short) })
    }
    if (line.seen_promotions !== null) {
      const had = line.seen_promotions
      const has = now.seen_promotions as string[]
      for (const lost of had.filter((id) => !has.includes(id)))
        changes.push({ ...at, what: 'promotion', was: lost, is: null })
      for (const gained of has.filter((id) => !had.includes(id)))
        changes.push({ ...at, what: 'promotion', was: null, is: gained })
    }
  }
  return changes.sort((a, b) => a.seq - b.seq).map(({ seq: _seq, ...change }) => change)
}

/** Why a code does not help, and what is missing for an offer; not every offer that is for somebody else. */
function isWorthSaying({ code, reason }: PromotionRefusal): boolean {
  return code !== null || reason === 'below_min_quantity' || reason === 'below_min_subtotal'
}

function word(isShort: boolean): string {
  return isShort ? 'short' : 'enough'
}

export type CartView = ReturnType<typeof viewOf>

/** `availability` may be empty: then nobody looked, and lines say null. */
export function viewOf(evaluated: Evaluated, availability: Map<string, LineAvailability>) {
  const { cart, totals, promotions } = evaluated
  const lines = [
    ...evaluated.priced.map((each) => ({ seq: each.line.seq, view: pricedView(cart, each, availability) })),
    ...evaluated.gone.map(({ line, variant }) => ({
      seq: line.seq,
      view: goneView(cart, line, variant?.name ?? null),
    })),
  ].sort((a, b) => a.seq - b.seq)
  return {
    id: cart.id,
    object: 'cart' as const,
    state: cart.state,
    version: cart.version,
    currency: cart.currency,
    channel: cart.channel,
    channels_seen: cart.channels_seen,
    store_id: cart.store_id,
    register_id: cart.register_id,
    customer_id: cart.customer_id,
    email: cart.email,
    country: cart.country,
    shipping_address: cart.shipping_address,
    codes: cart.codes,
    name: cart.parked_name,
    quote_id: cart.quote_id,
    prices_include_tax: evaluated.prices_include_tax,
    lines: lines.map(({ view }) => view),
    promotions: {
      applied: promotions.used.map((each) => ({ ...each, amount: amountOut(each.amount) })),
      refused: promotions.refused.filter(isWorthSaying),
    },
    list: amountOut(totals.list),
    discount: amountOut(totals.discount),
    net: amountOut(totals.net),
    tax: amountOut(totals.tax),
    total: amountOut(totals.total),
    taxes: totals.taxes.map((each) => ({
      tax_code: each.tax_code,
      tax_rate_bp: each.tax_rate_bp,
      net: amountOut(each.net),
      tax: amountOut(each.tax),
      total: amountOut(each.total),
    })),
    changes: changesOf(evaluated, availability),
    moved_to: cart.moved_to,
    created_at: cart.created_at.toISOString(),
    updated_at: cart.updated_at.toISOString(),
    expires_at: cart.expires_at.toISOString(),
  }
}

type LineView = ReturnType<typeof pricedView>

function pricedView(cart: Cart, each: PricedLine, availability: Map<string, LineAvailability>) {
  const { line, variant, out } = each
  const price = (value: bigint) => formatUnitPrice(value, cart.currency)
  const stock = availability.get(line.id)
  return {
    id: line.id,
    variant_id: line.variant_id,
    sku: variant.sku,
    name: variant.name as string | null,
    kind: variant.kind as string | null,
    quantity: Number(line.quantity),
    unit: variant.unit as string | null,
    unit_price: price(each.unit_price_e4) as string | null,
    list_price: each.list_price_e4 === null ? null : price(each.list_price_e4),
    lowest_30d_price: each.lowest_30d_e4 === null ? null : price(each.lowest_30d_e4),
    override_reason: line.override_reason,
    is_frozen: line.frozen_e4 !== null,
    fulfilment: { mode: each.mode, store_id: each.store_id, is_chosen: line.mode !== null },
    consumption: line.consumption,
    note: line.note,
    list: amountOut(out.list),
    discount: amountOut(out.discount),
    net: amountOut(out.net),
    tax: amountOut(out.tax),
    total: amountOut(out.total),
    tax_code: out.tax_code as string | null,
    tax_rate_bp: out.tax_rate_bp,
    adjustments: out.adjustments.map(({ source, label, amount }) => ({ source, label, amount: amountOut(amount) })),
    availability: stock
      ? {
          is_enough: stock.is_enough,
          available: stock.available === null ? null : Number(stock.available),
          by_transfer: stock.by_transfer === null ? null : Number(stock.by_transfer),
        }
      : null,
    is_gone: false,
  }
}

function goneView(cart: Cart, line: CartLine, name: string | null): LineView {
  return {
    id: line.id,
    variant_id: line.variant_id,
    sku: null,
    name,
    kind: null,
    quantity: Number(line.quantity),
    unit: null,
    unit_price: line.seen_e4 === null ? null : formatUnitPrice(line.seen_e4, cart.currency),
    list_price: null,
    lowest_30d_price: null,
    override_reason: line.override_reason,
    is_frozen: line.frozen_e4 !== null,
    fulfilment: { mode: line.mode ?? 'ship', store_id: line.mode_store_id, is_chosen: line.mode !== null },
    consumption: line.consumption,
    note: line.note,
    list: 0,
    discount: 0,
    net: 0,
    tax: 0,
    total: 0,
    tax_code: null,
    tax_rate_bp: 0,
    adjustments: [],
    availability: null,
    is_gone: true,
  }
}
