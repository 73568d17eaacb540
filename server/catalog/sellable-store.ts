// The one statement behind loadVariants.

import type { Queryable } from '../db/pool.ts'
import type { SellableVariant } from './sellable.ts'
import type { Track } from './store.ts'
import { nameOf } from './views.ts'

type Answer = Omit<SellableVariant, 'components' | 'name'> & {
  product_name: string
  options: Record<string, string>
  components: { variant_id: string; quantity: string; track: Track }[]
}

/** Reads variants as they are sold. Served by primary keys alone. */
export async function readSellable(
  db: Queryable,
  merchantIds: readonly string[],
  ids: readonly string[],
): Promise<(SellableVariant & { merchant_id: string })[]> {
  const { rows } = await db.query<Answer & { merchant_id: string }>(
    `select v.merchant_id, v.id, v.product_id, v.sku, p.name as product_name, v.options, p.tax_category, p.categories, p.unit, p.kind, v.track,
      v.is_active and p.state = 'active' as is_sellable, p.is_returnable, v.weight_grams,
      (select coalesce(json_agg(json_build_object('variant_id', c.component_id, 'quantity', c.quantity::text, 'track', cv.track)
          order by c.position), '[]')
        from variant_component c join variant cv on cv.merchant_id = c.merchant_id and cv.id = c.component_id
        where c.merchant_id = v.merchant_id and c.variant_id = v.id) as components
    from unnest($1::text[], $2::text[]) k (merchant_id, id) join variant v on v.merchant_id = k.merchant_id and v.id = k.id
    join product p on p.merchant_id = v.merchant_id and p.id = v.product_id`,
    [merchantIds, ids],
  )
  return rows.map(({ product_name, options, components, ...row }) => ({
    ...row,
    name: nameOf({ name: product_name }, options),
    components: components.map((one) => ({ ...one, quantity: BigInt(one.quantity) })),
  }))
}

/** The ways of delivery that are for sale, in the order in which they stand in the catalogue. */
export async function listShipping(db: Queryable, merchantId: string): Promise<{ id: string; name: string }[]> {
  const { rows } = await db.query<{ id: string; name: string; options: Record<string, string> }>(
    `select v.id, p.name, v.options from product p join variant v on v.merchant_id = p.merchant_id and v.product_id = p.id
     where p.merchant_id = $1 and p.kind = 'shipping' and p.state = 'active' and v.is_active
     order by p.id, v.position, v.id limit 20`,
    [merchantId],
  )
  return rows.map(({ id, name, options }) => ({ id, name: Object.values(options)[0] ?? name }))
}
