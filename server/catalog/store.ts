// The SQL of products and variants. Served by the primary keys and the indexes of migration 0012 unless a statement says more.

import type { TaxCategory } from '../countries/index.ts'
import type { Queryable, Tx } from '../db/pool.ts'
import type { BarcodeForm } from './barcode.ts'
import type { PriceRow } from './pricing.ts'

export const STATES = ['draft', 'active', 'archived'] as const
export type ProductState = (typeof STATES)[number]
export const KINDS = ['goods', 'gift_card', 'shipping', 'fee', 'deposit'] as const
export type ProductKind = (typeof KINDS)[number]
export const UNITS = ['piece', 'gram', 'millilitre', 'centimetre'] as const
export type Unit = (typeof UNITS)[number]
export const TRACKS = ['quantity', 'none'] as const
export type Track = (typeof TRACKS)[number]

/** More sizes and colours than one product has; larger ranges are several products. */
export const MAX_VARIANTS = 250

export interface Product {
  id: string
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
  version: number
  created_at: Date
}

export interface Barcode {
  code: string
  form: BarcodeForm
  /** Base units in what carries the code. */
  quantity: bigint
}

export interface Component {
  variant_id: string
  quantity: bigint
}

/** A variant with what belongs to it. */
export interface Variant {
  id: string
  product_id: string
  /** Its place among its siblings. */
  position: number
  sku: string | null
  options: Record<string, string>
  track: Track
  weight_grams: number | null
  is_active: boolean
  cost_e4: bigint | null
  cost_currency: string | null
  version: number
  created_at: Date
  barcodes: Barcode[]
  components: Component[]
  /** Base prices only. */
  prices: PriceRow[]
}

/** A variant's own row as it is written. */
export type VariantRow = Omit<Variant, 'barcodes' | 'components' | 'prices' | 'created_at'> & {
  sku_key: string | null
  words: bigint[]
  find_text: string
  is_shown: boolean
}

const PRODUCT =
  'id, reference, name, description, brand, image_url, state, kind, tax_category, categories, unit, is_returnable, version, created_at'

/** A variant with what belongs to it but its prices, `v` being its row. bigints inside JSON travel as text, so that none is rounded. */
export const UNPRICED_COLUMNS = `v.id, v.product_id, v.position, v.sku, v.options, v.track, v.weight_grams, v.is_active, v.cost_e4, v.cost_currency, v.version,
  v.created_at,
  (select coalesce(json_agg(json_build_object('code', b.code, 'form', b.form, 'quantity', b.quantity::text) order by b.position), '[]')
    from variant_barcode b where b.variant_id = v.id and b.merchant_id = v.merchant_id) as barcodes,
  (select coalesce(json_agg(json_build_object('variant_id', c.component_id, 'quantity', c.quantity::text) order by c.position), '[]')
    from variant_component c where c.variant_id = v.id and c.merchant_id = v.merchant_id) as components`
/** A variant with all that belongs to it. */
export const VARIANT_COLUMNS = `${UNPRICED_COLUMNS},
  (select coalesce(json_agg(json_build_object('price_list_id', p.price_list_id, 'currency', p.currency, 'min_qty', p.min_qty::text,
      'unit_price_e4', p.unit_price_e4::text, 'tax_included', p.tax_included) order by p.currency, p.min_qty), '[]')
    from price p where p.merchant_id = v.merchant_id and p.variant_id = v.id and p.price_list_id = '') as prices`

type Wire<T> = { [K in keyof T]: T[K] extends bigint ? string : T[K] }
export type VariantAnswer = Omit<Variant, 'barcodes' | 'components' | 'prices'> & {
  barcodes: Wire<Barcode>[]
  components: Wire<Component>[]
  prices: Wire<PriceRow>[]
}

export function fromAnswer(row: VariantAnswer): Variant {
  return {
    ...row,
    barcodes: row.barcodes.map((one) => ({ ...one, quantity: BigInt(one.quantity) })),
    components: row.components.map((one) => ({ ...one, quantity: BigInt(one.quantity) })),
    prices: row.prices.map(priceFrom),
  }
}

export function priceFrom(row: Wire<PriceRow>): PriceRow {
  return { ...row, min_qty: BigInt(row.min_qty), unit_price_e4: BigInt(row.unit_price_e4) }
}

/** False when the merchant has a product with this reference already. */
export async function insertProduct(tx: Tx, merchantId: string, product: Product): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into product (merchant_id, ${PRODUCT}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    on conflict (merchant_id, reference) do nothing`,
    [merchantId, ...valuesOf(product)],
  )
  return rowCount === 1
}

/** Writes every field of a locked row. Throws SQLSTATE 23505 when the reference is another product's. */
export async function updateProduct(tx: Tx, merchantId: string, product: Product): Promise<void> {
  await tx.query(
    `update product set reference = $3, name = $4, description = $5, brand = $6, image_url = $7, state = $8, kind = $9,
      tax_category = $10, categories = $11, unit = $12, is_returnable = $13, version = $14
    where merchant_id = $1 and id = $2`,
    [merchantId, ...valuesOf(product).slice(0, -1)],
  )
}

function valuesOf(p: Product): unknown[] {
  return [
    p.id,
    p.reference,
    p.name,
    p.description,
    p.brand,
    p.image_url,
    p.state,
    p.kind,
    p.tax_category,
    p.categories,
    p.unit,
    p.is_returnable,
    p.version,
    p.created_at,
  ]
}

export async function readProducts(db: Queryable, merchantId: string, ids: readonly string[]): Promise<Product[]> {
  const { rows } = await db.query<Product>(
    `select ${PRODUCT} from product where merchant_id = $1 and id = any ($2) order by id`,
    [merchantId, ids],
  )
  return rows
}

/** Reads a product and locks it: whoever changes it or its variants waits. */
export async function lockProduct(tx: Tx, merchantId: string, id: string): Promise<Product | null> {
  const { rows } = await tx.query<Product>(
    `select ${PRODUCT} from product where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

export async function findProductByReference(db: Queryable, merchantId: string, reference: string) {
  const { rows } = await db.query<{ id: string }>('select id from product where merchant_id = $1 and reference = $2', [
    merchantId,
    reference,
  ])
  return rows[0]?.id ?? null
}

export interface ProductFilter {
  limit: number
  cursor?: string | undefined
  reference?: string | undefined
  category?: string | undefined
  state?: ProductState | undefined
}

/** Products after `cursor` in order of id, one more than `limit`. A category is served by product_by_category. */
export async function listProducts(db: Queryable, merchantId: string, wanted: ProductFilter): Promise<Product[]> {
  const { rows } = await db.query<Product>(
    `select ${PRODUCT} from product
    where merchant_id = $1 and id > $2 and ($3::text is null or reference = $3)
      and ($4::text is null or categories @> array[$4::text]) and ($5::text is null or state = $5)
    order by id limit $6`,
    [
      merchantId,
      wanted.cursor ?? '',
      wanted.reference ?? null,
      wanted.category ?? null,
      wanted.state ?? null,
      wanted.limit + 1,
    ],
  )
  return rows
}

export async function variantsOfProducts(
  db: Queryable,
  merchantId: string,
  productIds: readonly string[],
): Promise<Variant[]> {
  const { rows } = await db.query<VariantAnswer>(
    `select ${VARIANT_COLUMNS} from variant v where v.product_id = any ($2) and v.merchant_id = $1 order by v.position, v.id`,
    [merchantId, productIds],
  )
  return rows.map(fromAnswer)
}

export async function readVariants(db: Queryable, merchantId: string, ids: readonly string[]): Promise<Variant[]> {
  const { rows } = await db.query<VariantAnswer>(
    `select ${VARIANT_COLUMNS} from variant v where v.merchant_id = $1 and v.id = any ($2) order by v.id`,
    [merchantId, ids],
  )
  return rows.map(fromAnswer)
}

/** The product of a variant; null when there is no such variant. */
export async function productOfVariant(db: Queryable, merchantId: string, id: string): Promise<string | null> {
  const { rows } = await db.query<{ product_id: string }>(
    'select product_id from variant where merchant_id = $1 and id = $2',
    [merchantId, id],
  )
  return rows[0]?.product_id ?? null
}

export interface VariantFilter {
  limit: number
  cursor?: string | undefined
  sku?: string | undefined
  barcodeKey?: string | undefined
  category?: string | undefined
  activeOnly: boolean
}

/** Variants after `cursor` in order of id, one more than `limit`. */
export async function listVariants(db: Queryable, merchantId: string, wanted: VariantFilter): Promise<Variant[]> {
  const { rows } = await db.query<VariantAnswer>(
    `select ${VARIANT_COLUMNS} from variant v join product q on q.merchant_id = v.merchant_id and q.id = v.product_id
    where v.merchant_id = $1 and v.id > $2 and ($3::text is null or v.sku = $3)
      and ($4::text is null or v.id = (select variant_id from variant_barcode where merchant_id = $1 and key = $4))
      and ($5::text is null or q.categories @> array[$5::text])
      and (not $6 or v.is_shown)
    order by v.id limit $7`,
    [
      merchantId,
      wanted.cursor ?? '',
      wanted.sku ?? null,
      wanted.barcodeKey ?? null,
      wanted.category ?? null,
      wanted.activeOnly,
      wanted.limit + 1,
    ],
  )
  return rows.map(fromAnswer)
}

/** False when another variant has the SKU. */
export async function insertVariant(tx: Tx, merchantId: string, variant: VariantRow, at: Date): Promise<boolean> {
  const v = variant
  const { rowCount } = await tx.query(
    `insert into variant (merchant_id, id, product_id, sku, sku_key, options, track, weight_grams, is_active, cost_e4, cost_currency,
      words, version, created_at, is_shown, position, find_text)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) on conflict (merchant_id, sku) do nothing`,
    [
      merchantId,
      v.id,
      v.product_id,
      v.sku,
      v.sku_key,
      v.options,
      v.track,
      v.weight_grams,
      v.is_active,
      v.cost_e4,
      v.cost_currency,
      v.words,
      v.version,
      at,
      v.is_shown,
      v.position,
      v.find_text,
    ],
  )
  return rowCount === 1
}

/** Writes every field of a variant whose product is locked. Throws SQLSTATE 23505 when another variant has the SKU. */
export async function updateVariant(tx: Tx, merchantId: string, variant: VariantRow): Promise<void> {
  const v = variant
  await tx.query(
    `update variant set sku = $3, sku_key = $4, options = $5, track = $6, weight_grams = $7, is_active = $8, cost_e4 = $9,
      cost_currency = $10, words = $11, version = $12, is_shown = $13, find_text = $14
    where merchant_id = $1 and id = $2`,
    [
      merchantId,
      v.id,
      v.sku,
      v.sku_key,
      v.options,
      v.track,
      v.weight_grams,
      v.is_active,
      v.cost_e4,
      v.cost_currency,
      v.words,
      v.version,
      v.is_shown,
      v.find_text,
    ],
  )
}

/** Puts these barcodes in the place of a variant's present ones. Answers the codes that are another variant's. */
export async function replaceBarcodes(
  tx: Tx,
  merchantId: string,
  variantId: string,
  barcodes: readonly (Barcode & { key: string })[],
): Promise<string[]> {
  await tx.query('delete from variant_barcode where merchant_id = $1 and variant_id = $2', [merchantId, variantId])
  return insertBarcodes(tx, merchantId, variantId, barcodes)
}

/** Answers the codes that are another variant's. */
export async function insertBarcodes(
  tx: Tx,
  merchantId: string,
  variantId: string,
  barcodes: readonly (Barcode & { key: string })[],
): Promise<string[]> {
  if (barcodes.length === 0) return []
  const { rows } = await tx.query<{ key: string }>(
    `insert into variant_barcode (merchant_id, key, code, form, variant_id, quantity, position)
    select $1, r.key, r.code, r.form, $2, r.quantity, r.position
    from unnest($3::text[], $4::text[], $5::text[], $6::bigint[]) with ordinality r (key, code, form, quantity, position)
    order by r.key
    on conflict (merchant_id, key) do nothing returning key`,
    [
      merchantId,
      variantId,
      barcodes.map(({ key }) => key),
      barcodes.map(({ code }) => code),
      barcodes.map(({ form }) => form),
      barcodes.map(({ quantity }) => quantity),
    ],
  )
  const written = new Set(rows.map(({ key }) => key))
  return barcodes.filter(({ key }) => !written.has(key)).map(({ code }) => code)
}

/** Puts these components in the place of a kit's present ones. */
export async function replaceComponents(
  tx: Tx,
  merchantId: string,
  variantId: string,
  components: readonly Component[],
) {
  await tx.query('delete from variant_component where merchant_id = $1 and variant_id = $2', [merchantId, variantId])
  if (components.length > 0) await insertComponents(tx, merchantId, variantId, components)
}

export async function insertComponents(
  tx: Tx,
  merchantId: string,
  variantId: string,
  components: readonly Component[],
): Promise<void> {
  await tx.query(
    `insert into variant_component (merchant_id, variant_id, component_id, quantity, position)
    select $1, $2, r.id, r.quantity, r.position
    from unnest($3::text[], $4::bigint[]) with ordinality r (id, quantity, position)`,
    [merchantId, variantId, components.map((one) => one.variant_id), components.map(({ quantity }) => quantity)],
  )
}

/** Variants as they matter to kits, locked in order of id: whoever makes a kit of one waits for whoever makes it a kit. */
export async function lockForKit(tx: Tx, merchantId: string, ids: readonly string[]) {
  const { rows } = await tx.query<{ id: string }>(
    'select id from variant where merchant_id = $1 and id = any ($2) order by id for update',
    [merchantId, ids],
  )
  const found = rows.map(({ id }) => id)
  const kits = await tx.query<{ id: string }>(
    'select distinct variant_id as id from variant_component where merchant_id = $1 and variant_id = any ($2)',
    [merchantId, found],
  )
  const parts = await tx.query<{ id: string }>(
    'select distinct component_id as id from variant_component where merchant_id = $1 and component_id = any ($2)',
    [merchantId, found],
  )
  return {
    found: new Set(found),
    kits: new Set(kits.rows.map(({ id }) => id)),
    components: new Set(parts.rows.map(({ id }) => id)),
  }
}

/** True when the merchant has any product. */
export async function hasProducts(db: Queryable, merchantId: string): Promise<boolean> {
  const { rowCount } = await db.query('select from product where merchant_id = $1 limit 1', [merchantId])
  return rowCount === 1
}

/** A merchant's goods whose own stock is counted, in the order they were made: no kits, which have that of their components. */
export async function listCounted(
  db: Queryable,
  merchantId: string,
): Promise<{ id: string; sku: string | null; unit: string }[]> {
  const { rows } = await db.query<{ id: string; sku: string | null; unit: string }>(
    `select v.id, v.sku, p.unit from variant v join product p on p.merchant_id = v.merchant_id and p.id = v.product_id
     where v.merchant_id = $1 and v.track = 'quantity' and p.kind = 'goods'
       and not exists (select from variant_component c where c.merchant_id = v.merchant_id and c.variant_id = v.id)
     order by v.id`,
    [merchantId],
  )
  return rows
}
