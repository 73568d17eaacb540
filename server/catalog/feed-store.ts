// The SQL of the feed to tills. A page walks the primary key of variants, a change is found from its event: nothing here reads more
// because the catalogue is large.

import type { Queryable } from '../db/pool.ts'
import type { PriceRow } from './pricing.ts'
import { type ProductKind, priceFrom, type Unit } from './store.ts'

export interface FeedRow {
  id: string
  product_id: string
  sku: string | null
  options: Record<string, string>
  is_sold: boolean
  product_name: string
  reference: string | null
  image_url: string | null
  kind: ProductKind
  unit: Unit
  tax_category: string
  categories: string[]
  barcodes: { code: string; quantity: number }[]
  prices: PriceRow[]
}

type Answer = Omit<FeedRow, 'prices'> & {
  prices: { price_list_id: string; currency: string; min_qty: string; unit_price_e4: string; tax_included: boolean }[]
}

/** What tills sell alone of each variant; what asks for the server is left to it. */
const COLUMNS = `v.id, v.product_id, v.sku, v.options, v.is_shown and p.kind in ('goods', 'fee', 'deposit') as is_sold, p.name as product_name,
  p.reference, p.image_url, p.kind, p.unit, p.tax_category, p.categories,
  (select coalesce(json_agg(json_build_object('code', b.code, 'quantity', b.quantity) order by b.position), '[]')
    from variant_barcode b where b.variant_id = v.id and b.merchant_id = v.merchant_id) as barcodes,
  (select coalesce(json_agg(json_build_object('price_list_id', r.price_list_id, 'currency', r.currency, 'min_qty', r.min_qty::text,
      'unit_price_e4', r.unit_price_e4::text, 'tax_included', r.tax_included)), '[]')
    from price r where r.merchant_id = v.merchant_id and r.variant_id = v.id and r.min_qty = 1) as prices`

/** The next variants after one, in the order of their ids. Served by the primary key. */
export async function feedAfter(
  db: Queryable,
  merchantId: string,
  { after, limit }: { after: string; limit: number },
): Promise<FeedRow[]> {
  const { rows } = await db.query<Answer>(
    `select ${COLUMNS} from (
      select * from variant where merchant_id = $1 and id > $2 order by id limit $3) v
     join product p on p.merchant_id = v.merchant_id and p.id = v.product_id order by v.id`,
    [merchantId, after, limit],
  )
  return rows.map(fromAnswer)
}

/** These variants, and all of these products. Served by the primary key and variant_by_product. */
export async function feedOf(
  db: Queryable,
  merchantId: string,
  of: { variantIds: readonly string[]; productIds: readonly string[] },
): Promise<FeedRow[]> {
  const { rows } = await db.query<Answer>(
    `select ${COLUMNS} from (
      select id from variant where merchant_id = $1 and id = any ($2)
      union select id from variant where merchant_id = $1 and product_id = any ($3)) k
     join variant v on v.merchant_id = $1 and v.id = k.id
     join product p on p.merchant_id = v.merchant_id and p.id = v.product_id order by v.id`,
    [merchantId, of.variantIds, of.productIds],
  )
  return rows.map(fromAnswer)
}

function fromAnswer(row: Answer): FeedRow {
  return { ...row, prices: row.prices.map(priceFrom) }
}
