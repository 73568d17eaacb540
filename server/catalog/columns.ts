// The columns of the catalogue's CSV files, one row per variant. A column that is not there leaves its field alone; an empty
// cell clears it, or means the default of something new. docs/guides/catalogue.md explains them to users.

import { isId } from '../lib/ids.ts'
import { CellFault, cellOut, type Decimal, listIn, listOut, numberIn } from './csv.ts'
import { formatUnitPrice } from './price.ts'
import type { PriceRow } from './pricing.ts'
import type { NewProduct, ProductFields } from './product.ts'
import type { Product, Variant } from './store.ts'
import type { VariantFields } from './variant.ts'

const OPTIONS = [1, 2, 3, 4, 5] as const
const PRODUCT_COLUMNS = [
  'product_reference',
  'product_name',
  'description',
  'brand',
  'image_url',
  'state',
  'kind',
  'unit',
  'tax_category',
  'categories',
  'is_returnable',
] as const
const VARIANT_COLUMNS = [
  'variant_id',
  'sku',
  ...OPTIONS.flatMap((n) => [`option${n}_name`, `option${n}_value`]),
  'track',
  'weight_grams',
  'is_active',
  'cost',
  'barcodes',
  'components',
]
/** Every column but those of prices. */
const COLUMNS = new Set<string>([...PRODUCT_COLUMNS, ...VARIANT_COLUMNS])
/** `price_EUR`, `price_EUR_net`, `price_EUR_from_10`. */
const PRICE_COLUMN = /^price_([A-Z]{3})(_net)?(?:_from_([1-9]\d{0,8}))?$/

export interface PriceColumn {
  name: string
  currency: string
  tax_included: boolean
  min_qty: number
}

export function priceColumn(name: string): PriceColumn | undefined {
  const match = PRICE_COLUMN.exec(name)
  if (!match?.[1]) return undefined
  return { name, currency: match[1], tax_included: match[2] === undefined, min_qty: Number(match[3] ?? 1) }
}

export function isColumn(name: string): boolean {
  return COLUMNS.has(name) || PRICE_COLUMN.test(name)
}

/** A row of a file by column; only columns that the file has. */
export type Cells = Record<string, string>

/** What is the same on every row of one product. */
export function productCells(cells: Cells): string {
  return JSON.stringify(PRODUCT_COLUMNS.map((name) => cells[name] ?? null))
}

/** What a row says, as the API would take it. */
export interface RowInput {
  variantId: string | null
  sku: string | null
  reference: string | null
  product: ProductFields & Pick<NewProduct, 'kind' | 'unit'>
  variant: Omit<VariantFields, 'components' | 'prices' | 'barcodes'> & {
    barcodes?: { code: string; quantity: number }[]
  }
  /** By SKU or id, to be looked up. */
  components: { named: string; quantity: number }[] | undefined
  /** The base prices of the file's price columns; null where the cell is empty. */
  prices: (PriceColumn & { unit_price: string | null })[]
}

/** The field and the reason a row is refused for. */
export class RowFault extends Error {
  readonly field: string
  constructor(field: string, detail: string) {
    super(detail)
    this.field = field
  }
}

/** Reads a row's cells. Throws RowFault. What the API's own schema refuses is left to it. */
export function readRow(cells: Cells, decimal: Decimal): RowInput {
  const has = (name: string) => cells[name] !== undefined
  const text = (name: string) => (cells[name]?.trim() ? cells[name].trim() : null)
  const reading = <T>(name: string, read: () => T): T => {
    try {
      return read()
    } catch (error) {
      throw error instanceof CellFault ? new RowFault(name, error.message) : error
    }
  }
  const list = (name: string) => {
    const values = listIn(cells[name] ?? '')
    if (!values) throw new RowFault(name, 'Is no list such as A|B*6.')
    return values
  }

  const product: Record<string, unknown> = {}
  if (text('product_name') !== null) product['name'] = text('product_name')
  for (const name of ['description', 'brand', 'image_url'] as const) if (has(name)) product[name] = text(name)
  for (const name of ['state', 'kind', 'unit', 'tax_category'] as const)
    if (text(name) !== null) product[name] = text(name)
  if (has('product_reference') && text('product_reference') !== null) product['reference'] = text('product_reference')
  if (has('categories')) product['categories'] = list('categories').map((one) => one.text)
  if (text('is_returnable') !== null) product['is_returnable'] = yesOrNo('is_returnable', text('is_returnable'))

  const variant: Record<string, unknown> = {}
  if (has('sku')) variant['sku'] = text('sku')
  if (OPTIONS.some((n) => has(`option${n}_name`))) variant['options'] = optionsOf(cells)
  if (text('track') !== null) variant['track'] = text('track')
  if (has('weight_grams')) {
    const weight = text('weight_grams')
    if (weight !== null && !/^\d{1,8}$/.test(weight)) throw new RowFault('weight_grams', 'Must be whole grams.')
    variant['weight_grams'] = weight === null ? null : Number(weight)
  }
  if (text('is_active') !== null) variant['is_active'] = yesOrNo('is_active', text('is_active'))
  if (has('cost')) {
    const match = /^(\S+)\s+([A-Z]{3})$/.exec(text('cost') ?? '')
    if (text('cost') !== null && !match) throw new RowFault('cost', 'Must be an amount and its currency: 12.50 EUR.')
    variant['cost'] = match
      ? { currency: match[2], unit_price: reading('cost', () => numberIn(match[1] as string, decimal)) }
      : null
  }
  if (has('barcodes'))
    variant['barcodes'] = list('barcodes').map(({ text: code, times }) => ({ code, quantity: times }))

  return {
    variantId: text('variant_id'),
    sku: text('sku'),
    reference: text('product_reference'),
    product: product as RowInput['product'],
    variant: variant as RowInput['variant'],
    components: has('components')
      ? list('components').map(({ text: named, times }) => ({ named, quantity: times }))
      : undefined,
    prices: Object.keys(cells).flatMap((name) => {
      const column = priceColumn(name)
      if (!column) return []
      const cell = text(name)
      return [{ ...column, unit_price: cell === null ? null : reading(name, () => numberIn(cell, decimal)) }]
    }),
  }
}

function yesOrNo(name: string, cell: string | null): boolean {
  if (cell === 'true' || cell === 'false') return cell === 'true'
  throw new RowFault(name, 'Must be true or false.')
}

function optionsOf(cells: Cells): Record<string, string> {
  const options: Record<string, string> = {}
  for (const n of OPTIONS) {
    const name = cells[`option${n}_name`]?.trim() ?? ''
    const value = cells[`option${n}_value`]?.trim() ?? ''
    if (name === '' && value === '') continue
    if (name === '' || value === '') throw new RowFault(`option${n}_value`, 'An option has a name and a value.')
    if (Object.hasOwn(options, name) || name === '__proto__') throw new RowFault(`option${n}_name`, 'Is given twice.')
    options[name] = value
  }
  return options
}

/** The column that a place in the API's body comes from. */
export function columnOf(pointer: string, prices: readonly PriceColumn[]): string {
  const [first = '', second] = pointer.split('/').slice(1)
  if (first === 'name') return 'product_name'
  if (first === 'reference') return 'product_reference'
  if (first === 'prices') return prices[Number(second)]?.name ?? 'prices'
  if (first === 'options') return 'option1_value'
  return first === '' ? 'row' : first
}

/** The field of a refusal that names the product: a variant's id, else its SKU. */
export function isVariantId(text: string): boolean {
  return isId('var', text)
}

// ---- Out -----------------------------------------------------------------------------------------------------------

export function priceColumnFor(price: Pick<PriceRow, 'currency' | 'min_qty' | 'tax_included'>): string {
  const from = price.min_qty === 1n ? '' : `_from_${price.min_qty}`
  return `price_${price.currency}${price.tax_included ? '' : '_net'}${from}`
}

/** The first line of an export. */
export function headerLine(priceColumns: readonly string[]): string {
  return `${[...PRODUCT_COLUMNS, ...VARIANT_COLUMNS, ...priceColumns].join(',')}\r\n`
}

/** A variant as a line of an export. `skuOf` names components. */
export function lineOf(
  product: Product,
  variant: Variant,
  priceColumns: readonly string[],
  skuOf: (variantId: string) => string | null,
): string {
  const options = Object.entries(variant.options)
  const prices = new Map(
    variant.prices.map((price) => [priceColumnFor(price), formatUnitPrice(price.unit_price_e4, price.currency)]),
  )
  const cells = [
    product.reference,
    product.name,
    product.description,
    product.brand,
    product.image_url,
    product.state,
    product.kind,
    product.unit,
    product.tax_category,
    listOut(product.categories.map((text) => ({ text, times: 1n }))),
    String(product.is_returnable),
    variant.id,
    variant.sku,
    ...OPTIONS.flatMap((n) => options[n - 1] ?? ['', '']),
    variant.track,
    variant.weight_grams === null ? '' : String(variant.weight_grams),
    String(variant.is_active),
    variant.cost_e4 !== null && variant.cost_currency !== null
      ? `${formatUnitPrice(variant.cost_e4, variant.cost_currency)} ${variant.cost_currency}`
      : '',
    listOut(variant.barcodes.map(({ code, quantity }) => ({ text: code, times: quantity }))),
    listOut(variant.components.map((one) => ({ text: skuOf(one.variant_id) ?? one.variant_id, times: one.quantity }))),
    ...priceColumns.map((name) => prices.get(name) ?? ''),
  ]
  return `${cells.map((cell) => cellOut(cell ?? '')).join(',')}\r\n`
}
