// What the API answers about products, variants and prices, and what events carry.

import type { TaxCategory } from '../countries/index.ts'
import { amountOut } from '../lib/money.ts'
import type { BarcodeForm } from './barcode.ts'
import { formatUnitPrice } from './price.ts'
import type { ChosenPrice } from './pricing.ts'
import type { Product, ProductKind, ProductState, Track, Unit, Variant } from './store.ts'

export interface VariantView {
  id: string
  object: 'variant'
  product_id: string
  name: string
  sku: string | null
  options: Record<string, string>
  track: Track
  weight_grams: number | null
  is_active: boolean
  cost: { currency: string; unit_price: string } | null
  barcodes: { code: string; form: BarcodeForm; quantity: number }[]
  components: { variant_id: string; quantity: number }[]
  prices: { currency: string; min_qty: number; unit_price: string; tax_included: boolean }[]
  version: number
  created_at: string
}

export interface ProductView {
  id: string
  object: 'product'
  reference: string | null
  name: string
  description: string | null
  brand: string | null
  image_url: string | null
  state: ProductState
  kind: ProductKind
  tax_category: TaxCategory
  categories: string[]
  unit: Unit
  is_returnable: boolean
  variants: VariantView[]
  version: number
  created_at: string
}

/** A price as it holds now for a channel, a store and its customers. */
export interface PriceView {
  currency: string
  unit_price: string
  tax_included: boolean
  price_list_id: string | null
  lowest_30d: string | null
}

/** The name a variant has on receipts and labels: its product's, and what tells it from its siblings. */
export function nameOf(product: Pick<Product, 'name'>, options: Record<string, string>): string {
  return [product.name, ...Object.values(options)].join(', ')
}

/** `showsCost` is false for publishable keys. */
export function variantView(product: Pick<Product, 'name'>, variant: Variant, showsCost: boolean): VariantView {
  const { id, product_id, sku, options, track, weight_grams, is_active, cost_e4, cost_currency, version } = variant
  return {
    id,
    object: 'variant',
    product_id,
    name: nameOf(product, options),
    sku,
    options,
    track,
    weight_grams,
    is_active,
    cost:
      showsCost && cost_e4 !== null && cost_currency !== null
        ? { currency: cost_currency, unit_price: formatUnitPrice(cost_e4, cost_currency) }
        : null,
    barcodes: variant.barcodes.map(({ code, form, quantity }) => ({ code, form, quantity: amountOut(quantity) })),
    components: variant.components.map((one) => ({ variant_id: one.variant_id, quantity: amountOut(one.quantity) })),
    prices: variant.prices.map(({ currency, min_qty, unit_price_e4, tax_included }) => ({
      currency,
      min_qty: amountOut(min_qty),
      unit_price: formatUnitPrice(unit_price_e4, currency),
      tax_included,
    })),
    version,
    created_at: variant.created_at.toISOString(),
  }
}

export function productView(product: Product, variants: readonly Variant[], showsCost: boolean): ProductView {
  return {
    id: product.id,
    object: 'product',
    reference: product.reference,
    name: product.name,
    description: product.description,
    brand: product.brand,
    image_url: product.image_url,
    state: product.state,
    kind: product.kind,
    tax_category: product.tax_category,
    categories: product.categories,
    unit: product.unit,
    is_returnable: product.is_returnable,
    variants: variants.map((variant) => variantView(product, variant, showsCost)),
    version: product.version,
    created_at: product.created_at.toISOString(),
  }
}

export function priceView(
  price: (ChosenPrice & { lowest_30d_e4: bigint | null }) | undefined,
  currency: string,
): PriceView | null {
  if (!price) return null
  return {
    currency,
    unit_price: formatUnitPrice(price.unit_price_e4, currency),
    tax_included: price.tax_included,
    price_list_id: price.price_list_id,
    lowest_30d: price.lowest_30d_e4 === null ? null : formatUnitPrice(price.lowest_30d_e4, currency),
  }
}
