// Making and changing variants: codes, kit, cost and base prices belong to the variant and change with its version.

import { transact } from '../db/pool.ts'
import { currencyOf } from '../lib/currency.ts'
import { Problem } from '../lib/problem.ts'
import { type BarcodeForm, barcodeFault, barcodeKey, formOf } from './barcode.ts'
import { type CatalogDeps, type Draft, finish, newDraft, takenAt } from './draft.ts'
import { type PriceFault, parseUnitPrice } from './price.ts'
import type { PriceRow } from './pricing.ts'
import {
  type Barcode,
  insertBarcodes,
  insertComponents,
  insertVariant,
  lockForKit,
  lockProduct,
  MAX_VARIANTS,
  type Product,
  productOfVariant,
  readProducts,
  readVariants,
  replaceBarcodes,
  replaceComponents,
  type Track,
  updateVariant,
  type Variant,
  type VariantRow,
  variantsOfProducts,
} from './store.ts'
import { type VariantView, variantView } from './views.ts'
import { countWords } from './word-store.ts'
import { hashOf, skuKey, wordsOf } from './words.ts'

/** Fields of a variant that a caller may set; null clears one, a list takes the place of the one before. */
export interface VariantFields {
  sku?: string | null
  options?: Record<string, string>
  track?: Track
  weight_grams?: number | null
  is_active?: boolean
  cost?: { currency: string; unit_price: string } | null
  barcodes?: { code: string; form?: BarcodeForm; quantity?: number }[]
  components?: { variant_id: string; quantity: number }[]
  prices?: { currency: string; unit_price: string; tax_included?: boolean; min_qty?: number }[]
}

/** Adds a variant to a product. Throws not-found, reference-taken, reference-not-found, validation-error, too-many-items. */
export async function createVariant(
  deps: CatalogDeps,
  merchantId: string,
  productId: string,
  fields: VariantFields,
): Promise<VariantView> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const draft = newDraft(deps, tx, merchantId, at)
    const product = await lockProduct(tx, merchantId, productId)
    if (!product) throw new Problem('not-found')
    const siblings = await variantsOfProducts(tx, merchantId, [productId])
    if (siblings.length >= MAX_VARIANTS)
      throw new Problem('too-many-items', { detail: `A product has at most ${MAX_VARIANTS} variants.` })
    const variant = await addVariant(draft, product, { fields, position: siblings.length, pointer: '' })
    await finish(draft)
    return variantView(product, variant, true)
  })
}

/** Changes the fields that are given. Throws not-found, version-conflict and what createVariant throws. */
export async function changeVariant(
  deps: CatalogDeps,
  merchantId: string,
  input: { id: string; ifVersion: number | undefined; fields: VariantFields },
): Promise<VariantView> {
  const at = deps.clock.now()
  const view = await transact(deps.db, async (tx) => {
    const draft = newDraft(deps, tx, merchantId, at)
    const productId = await productOfVariant(tx, merchantId, input.id)
    const product = productId === null ? null : await lockProduct(tx, merchantId, productId)
    const [before] = await readVariants(tx, merchantId, [input.id])
    if (!product || !before) throw new Problem('not-found')
    if (input.ifVersion !== undefined && input.ifVersion !== before.version) throw new Problem('version-conflict')
    const { variant } = await editVariant(draft, product, before, input.fields)
    await finish(draft)
    return variantView(product, variant, true)
  })
  deps.catalogCache.forget(merchantId, [input.id])
  return view
}

/** A variant; null when there is none, or when it is not for sale and the public asks. */
export async function readVariant(
  deps: Pick<CatalogDeps, 'db'>,
  merchantId: string,
  id: string,
  isInside: boolean,
): Promise<VariantView | null> {
  const [variant] = await readVariants(deps.db, merchantId, [id])
  const [product] = variant ? await readProducts(deps.db, merchantId, [variant.product_id]) : []
  if (!variant || !product) return null
  if (!isInside && (!variant.is_active || product.state !== 'active')) return null
  return variantView(product, variant, isInside)
}

/** Adds a variant as a part of a larger change. `pointer` is where its fields stand in the request. */
export async function addVariant(
  draft: Draft,
  product: Product,
  { fields, position, pointer }: { fields: VariantFields; position: number; pointer: string },
): Promise<Variant> {
  const { tx, merchantId } = draft
  const isKit = (fields.components?.length ?? 0) > 0
  const blank: Variant = {
    id: draft.newId('var'),
    product_id: product.id,
    position,
    sku: null,
    options: {},
    track: isKit || product.kind !== 'goods' ? 'none' : 'quantity',
    weight_grams: null,
    is_active: true,
    cost_e4: null,
    cost_currency: null,
    version: 1,
    created_at: draft.at,
    barcodes: [],
    components: [],
    prices: [],
  }
  const variant = withFields(blank, fields, pointer)
  const words = wordsFor(product, variant)
  const row = rowOf(merchantId, product, variant, words)
  if (!(await insertVariant(tx, merchantId, row, draft.at))) throw skuTaken(pointer)
  if (variant.barcodes.length > 0) await writeBarcodes(draft, variant, pointer, insertBarcodes)
  if (variant.components.length > 0) await writeComponents(draft, variant, pointer, insertComponents)
  gatherPrices(draft, variant, [])
  countWords(draft.words, words, 1)
  tell(draft, product, variant, 'variant.created')
  return variant
}

/** Changes a variant whose product is locked, as a part of a larger change. Nothing is written when nothing changes. */
export async function editVariant(
  draft: Draft,
  product: Product,
  before: Variant,
  fields: VariantFields,
): Promise<{ variant: Variant; isChanged: boolean }> {
  const { tx, merchantId } = draft
  const variant = { ...withFields(before, fields, ''), version: before.version + 1 }
  if (isSame(before, variant)) return { variant: before, isChanged: false }
  const words = wordsFor(product, variant)
  const row = rowOf(merchantId, product, variant, words)
  await updateVariant(tx, merchantId, row).catch(takenAt('/sku', 'Is another variant’s.'))
  if (fields.barcodes) await writeBarcodes(draft, variant, '', replaceBarcodes)
  if (fields.components) await writeComponents(draft, variant, '', replaceComponents)
  gatherPrices(draft, variant, before.prices)
  countWords(draft.words, wordsFor(product, before), -1)
  countWords(draft.words, words, 1)
  draft.touched.add(variant.id)
  tell(draft, product, variant, 'variant.updated')
  return { variant, isChanged: true }
}

/** Brings a product's variants to its new name and state. What they are themselves, and their versions, stay. */
export async function refreshVariants(draft: Draft, before: Product, after: Product, variants: readonly Variant[]) {
  for (const variant of variants) {
    const words = wordsFor(after, variant)
    countWords(draft.words, wordsFor(before, variant), -1)
    countWords(draft.words, words, 1)
    await updateVariant(draft.tx, draft.merchantId, rowOf(draft.merchantId, after, variant, words))
  }
}

/** The variant with the fields that are given, checked. */
function withFields(before: Variant, fields: VariantFields, pointer: string): Variant {
  const { cost, barcodes, components, prices, ...plain } = fields
  const variant: Variant = { ...before, ...plain }
  if (cost !== undefined) {
    variant.cost_currency = cost?.currency ?? null
    variant.cost_e4 = cost ? priceIn(cost, `${pointer}/cost/unit_price`) : null
  }
  if (barcodes) variant.barcodes = barcodes.map((one, i) => barcodeIn(one, `${pointer}/barcodes/${i}`))
  if (components) {
    variant.components = components.map((one) => ({ variant_id: one.variant_id, quantity: BigInt(one.quantity) }))
    if (components.length > 0 && fields.track === undefined) variant.track = 'none'
  }
  if (prices) variant.prices = prices.map((one, i) => basePriceIn(one, `${pointer}/prices/${i}`)).sort(byQuantity)
  refuseTwice(variant.barcodes, ({ code }) => barcodeKey(code), `${pointer}/barcodes`)
  refuseTwice(variant.components, ({ variant_id }) => variant_id, `${pointer}/components`)
  refuseTwice(variant.prices, (price) => `${price.currency}/${price.min_qty}`, `${pointer}/prices`)
  if (variant.components.length > 0 && variant.track !== 'none')
    throw invalid(`${pointer}/track`, 'Must be none: the stock of a kit is that of its components.')
  return variant
}

const byQuantity = (a: PriceRow, b: PriceRow): number =>
  a.currency === b.currency ? Number(a.min_qty - b.min_qty) : a.currency < b.currency ? -1 : 1

function barcodeIn(given: { code: string; form?: BarcodeForm; quantity?: number }, pointer: string): Barcode {
  const form = given.form ?? formOf(given.code)
  const fault = barcodeFault(given.code, form)
  if (fault) throw invalid(`${pointer}/code`, fault)
  return { code: given.code, form, quantity: BigInt(given.quantity ?? 1) }
}

function basePriceIn(
  given: { currency: string; unit_price: string; tax_included?: boolean; min_qty?: number },
  pointer: string,
): PriceRow {
  return {
    price_list_id: '',
    currency: given.currency,
    min_qty: BigInt(given.min_qty ?? 1),
    unit_price_e4: priceIn(given, `${pointer}/unit_price`),
    tax_included: given.tax_included ?? true,
  }
}

const PRICE_FAULTS: Record<PriceFault, string> = {
  form: 'Must be an amount in major units with a decimal point, such as "49.95".',
  precision: 'Has more decimals than the currency and four more.',
  range: 'Is too large.',
}

/** Reads a unit price. Throws currency-unknown, currency-precision or validation-error. */
export function priceIn(given: { currency: string; unit_price: string }, pointer: string): bigint {
  if (!currencyOf(given.currency)) throw new Problem('currency-unknown')
  const price = parseUnitPrice(given.unit_price, given.currency)
  if (typeof price === 'bigint') return price
  const errors = [{ pointer, detail: PRICE_FAULTS[price] }]
  throw new Problem(price === 'precision' ? 'currency-precision' : 'validation-error', { errors })
}

async function writeBarcodes(
  draft: Draft,
  variant: Variant,
  pointer: string,
  write: typeof insertBarcodes,
): Promise<void> {
  const barcodes = variant.barcodes.map((one) => ({ ...one, key: barcodeKey(one.code) }))
  const taken = await write(draft.tx, draft.merchantId, variant.id, barcodes)
  if (taken.length === 0) return
  const errors = taken.map((code) => ({
    pointer: `${pointer}/barcodes/${variant.barcodes.findIndex((one) => one.code === code)}/code`,
    detail: 'Is another variant’s.',
  }))
  throw new Problem('reference-taken', { errors })
}

/** A kit is made of plain variants: kits of kits would make every sale a search, and could hold themselves. */
async function writeComponents(
  draft: Draft,
  variant: Variant,
  pointer: string,
  write: typeof insertComponents,
): Promise<void> {
  const { tx, merchantId } = draft
  if (variant.components.length > 0) {
    const ids = variant.components.map((one) => one.variant_id)
    const { found, kits, components } = await lockForKit(tx, merchantId, [variant.id, ...ids])
    ids.forEach((id, i) => {
      const at = `${pointer}/components/${i}/variant_id`
      if (!found.has(id) || id === variant.id) {
        throw new Problem('reference-not-found', { errors: [{ pointer: at, detail: 'names no variant' }] })
      }
      if (kits.has(id)) throw invalid(at, 'Is a kit itself; name its components.')
    })
    if (components.has(variant.id)) throw invalid(`${pointer}/components`, 'This variant is a component of a kit.')
  }
  await write(tx, merchantId, variant.id, variant.components)
}

function gatherPrices(draft: Draft, variant: Variant, before: readonly PriceRow[]): void {
  const kept = new Set(variant.prices.map(({ currency, min_qty }) => `${currency}/${min_qty}`))
  const gone = before.filter(({ currency, min_qty }) => !kept.has(`${currency}/${min_qty}`))
  draft.prices.push(...variant.prices.map((price) => ({ variant_id: variant.id, ...price })))
  draft.prices.push(...gone.map((price) => ({ variant_id: variant.id, ...price, unit_price_e4: null })))
}

function wordsFor(product: Product, variant: Pick<Variant, 'options'>): string[] {
  return wordsOf([product.name, ...Object.values(variant.options), product.brand ?? ''])
}

/** The variant's row with what is derived from it. */
function rowOf(merchantId: string, product: Product, variant: Variant, words: readonly string[]): VariantRow {
  return {
    ...variant,
    sku_key: variant.sku === null ? null : skuKey(variant.sku),
    words: words.map((word) => hashOf(merchantId, word)),
    find_text: words.join(' '),
    is_shown: variant.is_active && product.state === 'active',
  }
}

function tell(draft: Draft, product: Product, variant: Variant, type: 'variant.created' | 'variant.updated'): void {
  const data = variantView(product, variant, true)
  draft.events.push({ type, object_type: 'variant', object_id: variant.id, object_version: variant.version, data })
}

function isSame(a: Variant, b: Variant): boolean {
  const plain = ({ options, ...rest }: Variant) =>
    JSON.stringify({ ...rest, options: Object.entries(options), version: 0 }, (_, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    )
  return plain(a) === plain(b)
}

function refuseTwice<T>(items: readonly T[], keyOf: (item: T) => string, pointer: string): void {
  const seen = new Set<string>()
  items.forEach((item, i) => {
    if (seen.has(keyOf(item))) throw invalid(`${pointer}/${i}`, 'Is given twice.')
    seen.add(keyOf(item))
  })
}

function invalid(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer, detail }] })
}

function skuTaken(pointer: string): Problem {
  return new Problem('reference-taken', { errors: [{ pointer: `${pointer}/sku`, detail: 'Is another variant’s.' }] })
}
