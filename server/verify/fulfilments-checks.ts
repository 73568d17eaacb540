// What must hold of fulfilments: against their orders, the stock reserved for them, and what was charged.

import type { Check } from './index.ts'

export const FULFILMENT_CHECKS: readonly Check[] = [
  {
    id: 'fulfilments',
    holds: 'What an order counts as fulfilled is what its fulfilments have handed over',
    sql: `select l.merchant_id || ' ' || l.order_id || ' ' || l.id as "where" from order_line l
      left join (select f.merchant_id, f.order_id, x.line_id, sum(x.handed_over) as handed_over
          from fulfilment f join fulfilment_line x on x.merchant_id = f.merchant_id and x.fulfilment_id = f.id group by 1, 2, 3) h
        on h.merchant_id = l.merchant_id and h.order_id = l.order_id and h.line_id = l.id
      where l.fulfilled <> coalesce(h.handed_over, 0)`,
  },
  {
    id: 'fulfilments',
    holds: 'A fulfilment that has ended has nothing open and nothing reserved',
    sql: `select f.merchant_id || ' ' || f.id as "where" from fulfilment f
      where f.ended_at is not null and (
        exists (select from fulfilment_line x where x.merchant_id = f.merchant_id and x.fulfilment_id = f.id
          and x.handed_over + x.dropped < x.quantity)
        or exists (select from stock_reservation r where r.merchant_id = f.merchant_id and r.ref = f.reservation_ref and r.quantity > 0))`,
  },
  {
    id: 'fulfilments',
    holds:
      'What is reserved for a fulfilment is what it still has to hand over, or what has come of it where not all came',
    sql: `select f.merchant_id || ' ' || f.id as "where" from fulfilment f
      join (select x.merchant_id, x.fulfilment_id, c.variant_id, sum((x.quantity - x.dropped - x.handed_over) * c.quantity) as open
          from fulfilment_line x cross join lateral jsonb_to_recordset(x.components) c (variant_id text, quantity bigint) group by 1, 2, 3) n
        on n.merchant_id = f.merchant_id and n.fulfilment_id = f.id
      left join stock_reservation r on r.merchant_id = f.merchant_id and r.ref = f.reservation_ref and r.variant_id = n.variant_id
        and r.store_id = f.store_id
      where f.ended_at is null and f.reservation_ref is not null and f.charge_state not in ('intent', 'unknown')
        and f.state not in ('shipped')
        and case f.state when 'rejected' then n.open < coalesce(r.quantity, 0) else n.open <> coalesce(r.quantity, 0) end`,
  },
  {
    id: 'fulfilments',
    holds:
      'What a fulfilment waits for is what its transfer brings for it, and nothing else is reserved for it meanwhile',
    sql: `select f.merchant_id || ' ' || f.id as "where" from fulfilment f
      join (select x.merchant_id, x.fulfilment_id, c.variant_id, sum((x.quantity - x.dropped - x.handed_over) * c.quantity) as open
          from fulfilment_line x cross join lateral jsonb_to_recordset(x.components) c (variant_id text, quantity bigint) group by 1, 2, 3) n
        on n.merchant_id = f.merchant_id and n.fulfilment_id = f.id
      left join transfer_line i on i.merchant_id = f.merchant_id and i.transfer_id = f.transfer_id and i.variant_id = n.variant_id
      where f.ended_at is null and f.transfer_id is not null
        and (f.state <> 'pending' or f.reservation_ref is not null or n.open <> coalesce(i.promised, 0))`,
  },
  {
    id: 'fulfilments',
    holds: 'What fulfilments of an order have charged is no more than its payments took',
    sql: `select f.merchant_id || ' ' || f.order_id as "where" from fulfilment f where f.charge_state = 'charged'
      group by f.merchant_id, f.order_id
      having sum(f.charge_amount) > (select coalesce(sum(p.amount_captured), 0) from payment p
        where p.order_id = f.order_id and p.merchant_id = f.merchant_id and p.direction = 'charge')`,
  },
]
