// One row of a file: which article it means, and what becomes of it. The API's own schema and verbs decide whether it may.

import { Compile } from 'typebox/schema'
import { Problem } from '../lib/problem.ts'
import { type Cells, columnOf, isVariantId, type PriceColumn, RowFault, type RowInput, readRow } from './columns.ts'
import type { Decimal } from './csv.ts'
import type { Draft } from './draft.ts'
import { variantsBySku } from './import-store.ts'
import { formatUnitPrice } from './price.ts'
import { addProduct, editProduct, type NewProduct as NewProductInput } from './product.ts'
import { NewProduct } from './schema.ts'
import {
  findProductByReference,
  lockProduct,
  MAX_VARIANTS,
  type Product,
  productOfVariant,
  readVariants,
  type Variant,
  variantsOfProducts,
} from './store.ts'
import { addVariant, editVariant, type VariantFields } from './variant.ts'

export type RowOutcome = 'imported' | 'changed' | 'unchanged'

// Compiled at the first row: a start pays for none of it.
let schema: ReturnType<typeof Compile<typeof NewProduct>> | undefined

/** Carries a row out in the draft. `touched` are variants of earlier rows. Throws RowFault, whose field is a column. */
export async function importRow(
  draft: Draft,
  cells: Cells,
  decimal: Decimal,
  touched: ReadonlySet<string>,
): Promise<RowOutcome> {
  const input = readRow(cells, decimal)
  const columns = input.prices.filter(({ unit_price }) => unit_price !== null)
  try {
    const id = await idOf(draft, input)
    const fields = await fieldsOf(draft, input)
    if (id === null) return await add(draft, input, fields)
    if (touched.has(id)) throw new RowFault('sku', 'The article is on an earlier row too.')
    draft.touched.add(id)
    return await change(draft, input, fields, id)
  } catch (error) {
    throw error instanceof Problem ? faultOf(error, columns) : error
  }
}

/** The variant a row means; null for a new one. */
async function idOf(draft: Draft, input: RowInput): Promise<string | null> {
  if (input.variantId !== null) {
    const isKnown =
      isVariantId(input.variantId) && (await productOfVariant(draft.tx, draft.merchantId, input.variantId)) !== null
    if (!isKnown) throw new RowFault('variant_id', 'Names no variant; leave it empty to add one.')
    return input.variantId
  }
  if (input.sku === null) throw new RowFault('sku', 'A row needs a SKU or a variant_id.')
  return (await variantsBySku(draft.tx, draft.merchantId, [input.sku])).get(input.sku) ?? null
}

/** The row's fields as the API would take them, but for the prices of an article that has some already. */
async function fieldsOf(draft: Draft, input: RowInput): Promise<VariantFields> {
  const { components, variant } = input
  if (!components) return variant
  const skus = components.map(({ named }) => named).filter((named) => !isVariantId(named))
  const ids = await variantsBySku(draft.tx, draft.merchantId, skus)
  return {
    ...variant,
    components: components.map(({ named, quantity }) => {
      const variant_id = isVariantId(named) ? named : ids.get(named)
      if (variant_id === undefined) throw new RowFault('components', 'Names a SKU that no article has (yet).')
      return { variant_id, quantity }
    }),
  }
}

async function add(draft: Draft, input: RowInput, plain: VariantFields): Promise<RowOutcome> {
  const fields = { ...plain, prices: mergedPrices([], input) }
  const known =
    input.reference === null ? null : await findProductByReference(draft.tx, draft.merchantId, input.reference)
  const product = known === null ? null : await lockProduct(draft.tx, draft.merchantId, known)
  const name = input.product.name ?? product?.name
  if (name === undefined) throw new RowFault('product_name', 'Is needed for a new article.')
  const whole = { ...input.product, name, variants: [fields] }
  checkForm(whole, input)
  if (!product) {
    await addProduct(draft, whole)
    return 'imported'
  }
  const siblings = await variantsOfProducts(draft.tx, draft.merchantId, [product.id])
  if (siblings.length >= MAX_VARIANTS)
    throw new RowFault('product_reference', `A product has at most ${MAX_VARIANTS} variants.`)
  const { product: after } = await editProduct(draft, product, productFields(product, input))
  await addVariant(draft, after, { fields, position: siblings.length, pointer: '' })
  return 'imported'
}

async function change(draft: Draft, input: RowInput, plain: VariantFields, id: string): Promise<RowOutcome> {
  const { tx, merchantId } = draft
  const productId = await productOfVariant(tx, merchantId, id)
  const product = productId === null ? null : await lockProduct(tx, merchantId, productId)
  const [before] = await readVariants(tx, merchantId, [id])
  if (!product || !before) throw new RowFault('variant_id', 'Names no variant.')
  const owner = input.reference === null ? null : await findProductByReference(tx, merchantId, input.reference)
  if (owner !== null && owner !== product.id)
    throw new RowFault('product_reference', 'The article belongs to another product.')
  const fields = { ...plain, ...barcodesAsBefore(plain, before), prices: mergedPrices(before.prices, input) }
  checkForm({ ...input.product, name: input.product.name ?? product.name, variants: [fields] }, input)
  const edited = await editProduct(draft, product, productFields(product, input))
  const { isChanged } = await editVariant(draft, edited.product, before, fields)
  return edited.isChanged || isChanged ? 'changed' : 'unchanged'
}

/** What a row says about its product; its kind and unit can only be confirmed. */
function productFields(product: Product, input: RowInput) {
  const { kind, unit, ...fields } = input.product
  if (kind !== undefined && kind !== product.kind) throw new RowFault('kind', `Is ${product.kind} and stays it.`)
  if (unit !== undefined && unit !== product.unit) throw new RowFault('unit', `Is ${product.unit} and stays it.`)
  return fields
}

/** A code that is there already keeps the form it was given. */
function barcodesAsBefore(fields: VariantFields, before: Variant): Pick<VariantFields, 'barcodes'> {
  if (!fields.barcodes) return {}
  const forms = new Map(before.barcodes.map(({ code, form }) => [code, form]))
  return {
    barcodes: fields.barcodes.map((one) => {
      const form = forms.get(one.code)
      return form === undefined ? one : { ...one, form }
    }),
  }
}

/** Prices of the file's columns in the place of those before; prices the file has no column for stay. */
function mergedPrices(before: Variant['prices'], input: RowInput): NonNullable<VariantFields['prices']> {
  const key = (price: { currency: string; min_qty: number | bigint }) => `${price.currency}/${price.min_qty}`
  const columns = new Set(input.prices.map(key))
  const kept = before
    .filter((price) => !columns.has(key(price)))
    .map(({ currency, min_qty, unit_price_e4, tax_included }) => ({
      currency,
      unit_price: formatUnitPrice(unit_price_e4, currency),
      tax_included,
      min_qty: Number(min_qty),
    }))
  const given = input.prices.flatMap(({ currency, unit_price, tax_included, min_qty }) =>
    unit_price === null ? [] : [{ currency, unit_price, tax_included, min_qty }],
  )
  return [...given, ...kept]
}

/** Holds the row to the schema of POST /v1/products. */
function checkForm(body: NewProductInput, input: RowInput): void {
  schema ??= Compile(NewProduct)
  if (schema.Check(body)) return
  const columns = input.prices.filter(({ unit_price }) => unit_price !== null)
  for (const error of schema.Errors(body)[1]) {
    // A union says that it fits no branch, which helps nobody; the branch's own error follows or precedes.
    if (error.keyword === 'anyOf') continue
    const detail =
      error.keyword === 'enum'
        ? `Must be one of: ${error.params.allowedValues.join(', ')}.`
        : error.keyword === 'pattern' || error.keyword === 'format'
          ? 'Does not have the form of this field.'
          : `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`
    throw new RowFault(columnOf(inVariant(error.instancePath), columns), detail)
  }
  throw new RowFault('row', 'Is not valid.')
}

function faultOf(problem: Problem, columns: readonly PriceColumn[]): RowFault {
  const [first] = problem.errors
  return new RowFault(first ? columnOf(inVariant(first.pointer), columns) : 'row', first?.detail ?? problem.detail)
}

function inVariant(pointer: string): string {
  return pointer.startsWith('/variants/0') ? pointer.slice('/variants/0'.length) : pointer
}
