// What carts ask of catalogue, stock and promotions, in the words of those modules. Named here so that a cart can be worked
// out without knowing where the answers come from.

import type { LineKind, Promotion } from '../totals/index.ts'

export interface Variant {
  id: string
  product_id: string
  sku: string | null
  name: string
  tax_category: string
  categories: string[]
  unit: 'piece' | 'gram' | 'millilitre' | 'centimetre'
  kind: Exclude<LineKind, 'tip'>
  track: 'quantity' | 'none'
  /** False when it is not for sale now: a cart that has it shows it as gone. */
  is_sellable: boolean
  is_returnable: boolean
  components: { variant_id: string; quantity: bigint }[]
  weight_grams: number | null
}

export interface PriceContext {
  currency: string
  channel: string
  store_id?: string
  customer_groups: string[]
  at: Date
  country?: string
}

export interface Price {
  unit_price_e4: bigint
  tax_included: boolean
  price_list_id: string | null
  lowest_30d_e4: bigint | null
}

export interface Wanted {
  variant_id: string
  quantity: bigint
}

export interface Goods {
  /** Variants by id; those the merchant does not have are absent. */
  loadVariants(merchantId: string, ids: string[]): Promise<Map<string, Variant>>
  /** Prices by variant; those without a price in this context are absent. */
  priceVariants(merchantId: string, context: PriceContext, items: Wanted[]): Promise<Map<string, Price>>
  /** What has to be in stock for what is wanted: kits as their parts, and only what is counted. */
  explodeKits(variants: Map<string, Variant>, items: Wanted[]): Wanted[]
  /** The promotions to try on a basket: those on offer to everybody, and those that the codes open. */
  activePromotions(merchantId: string, asked: { at: Date; codes: readonly string[] }): Promise<Promotion[]>
  /** Units of each variant that the channel may still sell from these stores, or from all of its own when none is named. */
  available(
    merchantId: string,
    question: { variant_ids: string[]; channel: string; store_ids?: string[] },
  ): Promise<Map<string, bigint>>
}
