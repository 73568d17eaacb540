// What must hold of the catalogue, as queries.

import type { Check } from './index.ts'

export const CATALOG_CHECKS: readonly Check[] = [
  {
    id: 'C-01',
    holds: 'Every price is the last that its history tells, and what the history ended has no price',
    sql: `select coalesce(p.merchant_id, h.merchant_id) || ' ' || coalesce(p.variant_id, h.variant_id) as "where"
      from price p
      full join (select distinct on (merchant_id, variant_id, price_list_id, currency, min_qty) *
                 from price_history order by merchant_id, variant_id, price_list_id, currency, min_qty, at desc) h
        using (merchant_id, variant_id, price_list_id, currency, min_qty)
      where p.unit_price_e4 is distinct from h.unit_price_e4 or (p.tax_included <> h.tax_included)`,
  },
  {
    id: 'C-02',
    holds: 'Every price of a list has its currency and tax',
    sql: `select p.merchant_id || ' ' || p.variant_id as "where" from price p
      left join price_list l on l.merchant_id = p.merchant_id and l.id = p.price_list_id
      where p.price_list_id <> '' and (l.currency is distinct from p.currency or l.tax_included is distinct from p.tax_included)`,
  },
  {
    id: 'C-03',
    holds: 'No component of a kit is a kit, and no kit counts stock of its own',
    sql: `select c.merchant_id || ' ' || c.variant_id as "where" from variant_component c
      join variant v on v.merchant_id = c.merchant_id and v.id = c.variant_id
      where v.track <> 'none' or exists (
        select from variant_component d where d.merchant_id = c.merchant_id and d.variant_id = c.component_id)`,
  },
  {
    id: 'C-04',
    holds: 'What is shown for sale is active, and its product too',
    sql: `select v.merchant_id || ' ' || v.id as "where" from variant v
      join product p on p.merchant_id = v.merchant_id and p.id = v.product_id
      where v.is_shown <> (v.is_active and p.state = 'active')`,
  },
  {
    id: 'C-05',
    holds: 'Every word of the dictionary is on as many variants as it says, in sum',
    sql: `select w.merchant_id as "where" from (select merchant_id, sum(variants) as n from catalog_word group by 1) w
      full join (select merchant_id, sum(cardinality(words)) as n from variant group by 1) v using (merchant_id)
      where coalesce(w.n, 0) <> coalesce(v.n, 0)`,
  },
  {
    id: 'C-06',
    holds: 'Every row of a finished import was imported, changed, unchanged or refused, and none still waits',
    sql: `select i.merchant_id || ' ' || i.id as "where" from catalog_import i
      where i.state = 'done' and (i.imported + i.changed + i.unchanged + i.refused <> i.rows or exists (
        select from catalog_import_row r where r.merchant_id = i.merchant_id and r.import_id = i.id and r.cells is not null))`,
  },
]
