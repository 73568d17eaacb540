// Works out what a cart costs at a moment: price lists, promotions, taxes, totals. Reads only, decides nothing, keeps
// nothing. The same answer is shown to the shopper, frozen into a quote and placed as an order.

import type { SellableVariant } from '../catalog/index.ts'
import { countryProfile, TAX_CATEGORIES, type TaxCategory, type VatAnswer, vatRate } from '../countries/index.ts'
import { dayIn } from '../lib/day.ts'
import { divideHalfUp, MAX_AMOUNT } from '../lib/money.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import {
  type AppliedPromotions,
  applyPromotions,
  computeTotals,
  type LineIn,
  type LineOut,
  type Promotion,
  type PromotionRefusal,
  type PromotionUse,
  standsOutside,
  type TotalsIn,
  type TotalsOut,
} from '../totals/index.ts'
import type { Cart, CartDeps, CartLine, FulfilmentMode } from './cart.ts'
import { handOverStore, journeyOf, modeOf, staysAtHome } from './place.ts'

/** A line with everything that is known about it now. */
export interface PricedLine {
  line: CartLine
  variant: SellableVariant
  /** What one base unit costs, with or without tax as the whole cart has it. */
  unit_price_e4: bigint
  /** From the price list, where staff or a quote set another one. */
  list_price_e4: bigint | null
  price_list_id: string | null
  lowest_30d_e4: bigint | null
  mode: FulfilmentMode
  /** Where it is handed over, or sent to for collection; null where that is for sourcing to say. */
  store_id: string | null
  tax_code: string
  tax_rate_bp: number
  /** Whose tax it is; for goods that leave its area the country they leave. */
  tax_country: string
  is_export: boolean
  /** A gift card whose VAT is due with it. */
  is_single_purpose: boolean
  out: LineOut
}

export interface Evaluated {
  cart: Cart
  at: Date
  prices_include_tax: boolean
  priced: PricedLine[]
  /**
   * Lines whose article is no longer sold or has no price here, costs more than can be added up, or is supplied where we know no
   * VAT: not in the totals.
   */
  gone: { line: CartLine; variant: SellableVariant | null; why: 'not_sold' | 'too_much' | 'tax_unknown' }[]
  /** What was taken off and by what, for showing and for holding the uses; and why others were not. */
  promotions: { used: (PromotionUse & { label: string })[]; refused: PromotionRefusal[] }
  totals_in: TotalsIn
  totals: TotalsOut
}

const NO_PROMOTIONS: AppliedPromotions = { line_adjustments: new Map(), order_adjustments: [], used: [], refused: [] }
/** What all lines together may come to before tax and discounts: half the largest amount, so that tax fits on top. */
const MOST = MAX_AMOUNT / 2n
/** Basis points in 100 %. */
const WHOLE_BP = 10_000n
/** Unit prices carry four decimals below the minor unit. */
const E4 = 10_000n

export async function evaluate(deps: CartDeps, config: MerchantConfig, cart: Cart, at: Date): Promise<Evaluated> {
  const wanted = cart.lines.map(({ variant_id, quantity }) => ({ variant_id, quantity }))
  const store = cart.store_id === null ? undefined : config.stores.get(cart.store_id)
  const country = cart.shipping_address?.country ?? cart.country ?? store?.country ?? config.country
  const groups = cart.customer_id === null ? [] : ((await deps.groups.load(config.id, cart.customer_id)) ?? [])
  const [variants, prices] = await Promise.all([
    deps.goods.loadVariants(config.id, idsOf(cart)),
    deps.goods.priceVariants(
      config.id,
      {
        currency: cart.currency,
        channel: cart.channel,
        ...(cart.store_id === null ? {} : { store_id: cart.store_id }),
        customer_groups: groups,
        at,
        country,
      },
      sumUp(wanted),
    ),
  ])

  const vouchers = await singlePurposeIn(deps, config.id, [...variants.values()])
  const profile = countryProfile(country)
  const prices_include_tax = profile?.prices_include_tax ?? true
  const stays_at_home = staysAtHome(config)
  const day = dayIn(store?.timeZone ?? 'UTC', at)
  const gone: Evaluated['gone'] = []
  const priced: Omit<PricedLine, 'out'>[] = []
  let sum = 0n
  for (const line of cart.lines) {
    const variant = variants.get(line.variant_id)
    const price = prices.get(line.variant_id)
    if (!variant?.is_sellable || (!price && line.override_e4 === null && line.frozen_e4 === null)) {
      gone.push({ line, variant: variant ?? null, why: 'not_sold' })
      continue
    }
    const mode = modeOf(cart, line, variant)
    const voucher = vouchers.get(variant.sku ?? '')
    const vat = voucher
      ? vatOfVoucher(voucher, store?.country ?? config.country, day)
      : vatRate({
          ...journeyOf(cart, line, mode, config),
          stays_at_home,
          // A gift card, a deposit and a tip bear no tax anywhere, so they need none to be known.
          category: standsOutside(variant.kind) ? 'exempt' : taxCategory(variant.tax_category),
          on: day,
          consumption: line.consumption ?? undefined,
        })
    if (!vat) {
      gone.push({ line, variant, why: 'tax_unknown' })
      continue
    }
    // What a voucher costs is what it is worth, with its tax in it.
    const hasTax = voucher !== undefined || price?.tax_included === true
    const list = price ? inMode(price.unit_price_e4, hasTax, prices_include_tax, vat.rate_bp) : null
    const unit_price_e4 = line.frozen_e4 ?? line.override_e4 ?? (list as bigint)
    const worth = divideHalfUp(unit_price_e4 * line.quantity, E4)
    if (sum + worth > MOST) {
      gone.push({ line, variant, why: 'too_much' })
      continue
    }
    sum += worth
    priced.push({
      line,
      variant,
      unit_price_e4,
      list_price_e4: list,
      price_list_id: price?.price_list_id ?? null,
      lowest_30d_e4: price?.lowest_30d_e4 ?? null,
      mode,
      store_id: mode === 'ship' || mode === 'digital' ? line.mode_store_id : handOverStore(cart, line),
      tax_code: vat.code,
      tax_rate_bp: vat.rate_bp,
      tax_country: vat.country,
      is_export: vat.is_export,
      is_single_purpose: voucher !== undefined,
    })
  }

  shippingAsGoods(priced)

  // A quote has promised its discounts with its prices; nothing is added to them and nothing taken away.
  // What a cart that is an order now has used is its own.
  const asked = { at, codes: cart.codes, customerId: cart.state === 'converted' ? null : cart.customer_id }
  const offers = cart.quote_id !== null ? [] : await deps.goods.activePromotions(config.id, asked)
  const promoted = cart.quote_id !== null ? NO_PROMOTIONS : promote(cart, priced, groups, at, offers)
  const totals_in: TotalsIn = {
    currency: cart.currency,
    prices_include_tax,
    tax_rounding: profile?.tax_rounding ?? 'per_rate_group',
    lines: priced.map((each) => lineIn(each, promoted)),
    order_adjustments: promoted.order_adjustments,
  }
  const totals = computeTotals(totals_in)
  return {
    cart,
    at,
    prices_include_tax,
    priced: priced.map((each, i) => ({ ...each, out: totals.lines[i] as LineOut })),
    gone,
    promotions: {
      used: promoted.used.map((use) => ({
        ...use,
        label: offers.find(({ id }) => id === use.promotion_id)?.name ?? '',
      })),
      refused: promoted.refused,
    },
    totals_in,
    totals,
  }
}

/** Stands where a promotion's id would, for what a quote took off. */
export const QUOTE_SOURCE = 'quote'
/** The label of what a quote took off: on receipts it stands beside the amount. */
const QUOTED = 'Quoted discount'

/**
 * Where the law makes shipping follow what it carries, it bears the rate of the goods; of several rates the highest, because too
 * much tax can be returned and too little is owed.
 */
function shippingAsGoods(priced: Omit<PricedLine, 'out'>[]): void {
  for (const shipping of priced.filter(({ variant }) => variant.kind === 'shipping')) {
    if (countryProfile(shipping.tax_country)?.shipping_tax !== 'as_goods') continue
    const [highest] = priced
      .filter(({ variant }) => variant.kind === 'goods')
      .filter((each) => each.tax_country === shipping.tax_country && each.is_export === shipping.is_export)
      .sort((a, b) => b.tax_rate_bp - a.tax_rate_bp)
    if (highest) Object.assign(shipping, { tax_code: highest.tax_code, tax_rate_bp: highest.tax_rate_bp })
  }
}

function promote(
  cart: Cart,
  priced: Omit<PricedLine, 'out'>[],
  customer_groups: string[],
  at: Date,
  offers: Promotion[],
): AppliedPromotions {
  const { currency, channel, store_id, customer_id, codes } = cart
  const lines = priced.map(({ line, variant, unit_price_e4 }) => ({
    seq: line.seq,
    variant_id: line.variant_id,
    product_id: variant.product_id,
    categories: variant.categories,
    kind: variant.kind,
    quantity: line.quantity,
    unit_price_e4,
    is_weighed: variant.unit !== 'piece',
  }))
  const context = { at, currency, channel, store_id, customer_id, customer_groups, codes }
  return applyPromotions({ lines, context }, offers)
}

function lineIn(each: Omit<PricedLine, 'out'>, promoted: AppliedPromotions): LineIn {
  const { line, variant, unit_price_e4, tax_code, tax_rate_bp } = each
  const quoted =
    line.frozen_discount !== null && line.frozen_discount > 0n
      ? [{ source: QUOTE_SOURCE, label: QUOTED, amount: line.frozen_discount }]
      : []
  const adjustments = [...quoted, ...(promoted.line_adjustments.get(line.seq) ?? [])]
  return {
    seq: line.seq,
    kind: variant.kind,
    quantity: line.quantity,
    unit_price_e4,
    tax_code,
    tax_rate_bp,
    ...(each.is_single_purpose ? { is_single_purpose: true } : {}),
    ...(standsOutside(variant.kind) ? {} : { adjustments }),
  }
}

/** The VAT of a single-purpose voucher. */
type Voucher = { category: string; rate_bp: number }

async function singlePurposeIn(
  deps: CartDeps,
  merchantId: string,
  variants: readonly SellableVariant[],
): Promise<ReadonlyMap<string, Voucher>> {
  const skus = variants.flatMap(({ kind, sku }) => (kind === 'gift_card' && sku !== null ? [sku] : []))
  return skus.length === 0 ? new Map() : deps.goods.singlePurpose(merchantId, skus)
}

/** Its rate is known when it is sold, and so is the country: that of the seller. */
function vatOfVoucher({ category, rate_bp }: Voucher, country: string, on: string): VatAnswer {
  const known = vatRate({ to: { country }, category: taxCategory(category), on })
  const code = known?.rate_bp === rate_bp ? known.code : `${country} ${category} ${rate_bp}`
  return { rate_bp, code, country, is_export: false, category: taxCategory(category) }
}

/** A price of a list that has tax the other way round, half up in the fourth decimal below the minor unit. */
function inMode(price: bigint, hasTax: boolean, wantsTax: boolean, rate_bp: number): bigint {
  if (hasTax === wantsTax) return price
  const whole = WHOLE_BP + BigInt(rate_bp)
  return wantsTax ? divideHalfUp(price * whole, WHOLE_BP) : divideHalfUp(price * WHOLE_BP, whole)
}

function taxCategory(name: string): TaxCategory {
  return TAX_CATEGORIES.find((known) => known === name) ?? 'standard'
}

function idsOf(cart: Cart): string[] {
  return [...new Set(cart.lines.map(({ variant_id }) => variant_id))]
}

/** Tiers of a price list look at all of an article in the cart, whatever lines it stands on. */
function sumUp(items: { variant_id: string; quantity: bigint }[]): { variant_id: string; quantity: bigint }[] {
  const sums = new Map<string, bigint>()
  for (const { variant_id, quantity } of items) sums.set(variant_id, (sums.get(variant_id) ?? 0n) + quantity)
  return [...sums].map(([variant_id, quantity]) => ({ variant_id, quantity }))
}
