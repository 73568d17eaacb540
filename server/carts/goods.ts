// What carts ask of catalogue, stock and promotions, in the words of those modules. Named here so that a cart can be worked
// out without knowing where the answers come from.

import type { PricedItem, SellableVariant } from '../catalog/index.ts'
import type { Promotion } from '../totals/index.ts'

export interface PriceContext {
  currency: string
  channel: string
  store_id?: string
  customer_groups: string[]
  at: Date
  country?: string
}

export interface Wanted {
  variant_id: string
  quantity: bigint
}

export interface Goods {
  /** Variants by id; those the merchant does not have are absent. */
  loadVariants(merchantId: string, ids: string[]): Promise<Map<string, SellableVariant>>
  /** Prices by variant; those without a price in this context are absent. */
  priceVariants(merchantId: string, context: PriceContext, items: Wanted[]): Promise<Map<string, PricedItem>>
  /** What has to be in stock for what is wanted: kits as their parts, and only what is counted. */
  explodeKits(variants: Map<string, SellableVariant>, items: Wanted[]): Wanted[]
  /** The promotions to try on a customer's basket: those on offer to everybody, and those that the codes open. */
  activePromotions(
    merchantId: string,
    asked: { at: Date; codes: readonly string[]; customerId: string | null },
  ): Promise<Promotion[]>
  /** Of these articles the single-purpose vouchers: the VAT that is due when they are sold. */
  singlePurpose(merchantId: string, skus: string[]): Promise<Map<string, { category: string; rate_bp: number }>>
  /** Units of each variant that the channel may still sell from these stores, or from all of its own when none is named, but for one. */
  available(
    merchantId: string,
    question: { variant_ids: string[]; channel: string; store_ids?: string[]; without?: string },
  ): Promise<Map<string, bigint>>
}
