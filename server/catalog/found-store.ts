// What the search shows of the variants it found, in one statement.

import type { Queryable } from '../db/pool.ts'
import { type FactsAnswer, factColumns, factsFrom, type PriceFacts } from './price-store.ts'
import { fromAnswer, UNPRICED_COLUMNS, type Variant, type VariantAnswer } from './store.ts'

export interface FoundVariant {
  variant: Variant
  product: { name: string }
  facts: PriceFacts
}

/** PostgreSQL plans anew, which takes longer than reading, for a list shorter than the ten it expects. Nothing has an empty id. */
const PADDING = Array.from({ length: 20 }, () => '')

/** Variants with the names of their products and all that their prices are decided from. Served by the indexes of migration 0012. */
export async function readFound(
  db: Queryable,
  merchantId: string,
  ids: readonly string[],
): Promise<Map<string, FoundVariant>> {
  const { rows } = await db.query<VariantAnswer & FactsAnswer & { product_name: string }>(
    `select ${UNPRICED_COLUMNS}, q.name as product_name, ${factColumns('v.id')}
    from variant v join product q on q.merchant_id = $1 and q.id = v.product_id
    where v.merchant_id = $1 and v.id = any ($2)`,
    [merchantId, [...ids, ...PADDING.slice(ids.length)]],
  )
  return new Map(
    rows.map(({ product_name, changes, prices, ...row }) => {
      const base = prices.filter(({ price_list_id }) => price_list_id === '')
      const variant = fromAnswer({ ...row, prices: base })
      return [row.id, { variant, product: { name: product_name }, facts: factsFrom({ prices, changes }) }]
    }),
  )
}
