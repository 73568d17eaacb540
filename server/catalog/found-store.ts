// What the search shows of the variants it found, in one statement.

import type { Queryable } from '../db/pool.ts'
import { type FactsAnswer, factColumns, factsFrom, type PriceFacts } from './price-store.ts'
import { fromAnswer, type Product, UNPRICED_COLUMNS, type Variant, type VariantAnswer } from './store.ts'

/** Of its product what a list shows. */
export type FoundProduct = Pick<
  Product,
  'id' | 'name' | 'brand' | 'kind' | 'unit' | 'image_url' | 'categories' | 'reference'
>

export interface FoundVariant {
  variant: Variant
  product: FoundProduct
  facts: PriceFacts
}

const PRODUCT = `json_build_object('id', q.id, 'name', q.name, 'brand', q.brand, 'kind', q.kind, 'unit', q.unit,
    'image_url', q.image_url, 'categories', q.categories, 'reference', q.reference)`

/** PostgreSQL plans anew, which takes longer than reading, for a list shorter than the ten it expects. Nothing has an empty id. */
const PADDING = Array.from({ length: 20 }, () => '')

/** Variants with their products and all that their prices are decided from. Served by the indexes of migration 0012. */
export async function readFound(
  db: Queryable,
  merchantId: string,
  ids: readonly string[],
): Promise<Map<string, FoundVariant>> {
  const { rows } = await db.query<VariantAnswer & FactsAnswer & { product: FoundProduct }>(
    `select ${UNPRICED_COLUMNS}, ${PRODUCT} as product, ${factColumns('v.id')}
    from variant v join product q on q.merchant_id = $1 and q.id = v.product_id
    where v.merchant_id = $1 and v.id = any ($2)`,
    [merchantId, [...ids, ...PADDING.slice(ids.length)]],
  )
  return new Map(
    rows.map(({ product, changes, prices, ...row }) => {
      const base = prices.filter(({ price_list_id }) => price_list_id === '')
      const variant = fromAnswer({ ...row, prices: base })
      return [row.id, { variant, product, facts: factsFrom({ prices, changes }) }]
    }),
  )
}
