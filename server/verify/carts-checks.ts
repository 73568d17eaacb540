// What must hold of carts.

import type { Check } from './index.ts'

export const CART_CHECKS: readonly Check[] = [
  {
    id: 'carts',
    holds: 'A merged cart went into another cart of the same merchant, and it or what it became is there',
    sql: `select c.merchant_id || ' ' || c.id as "where" from cart c
      where c.state = 'merged' and (c.moved_to = c.id or not exists (
        select from cart o where o.merchant_id = c.merchant_id and o.id = c.moved_to))`,
  },
  {
    id: 'carts',
    holds: 'No cart has more lines than a cart can have, or a line at a place that was never given',
    sql: `select c.merchant_id || ' ' || c.id as "where" from cart c
      join cart_line l on l.merchant_id = c.merchant_id and l.cart_id = c.id
      group by c.merchant_id, c.id, c.next_seq
      having count(*) > 1500 or max(l.seq) >= c.next_seq or count(distinct l.seq) < count(*)`,
  },
  {
    id: 'carts',
    holds: 'An accepted quote has exactly the cart that holds its prices',
    sql: `select q.merchant_id || ' ' || q.id as "where" from quote q
      left join cart c on c.merchant_id = q.merchant_id and c.id = q.accepted_cart_id
      where q.state = 'accepted' and c.quote_id is distinct from q.id`,
  },
  {
    id: 'carts',
    holds: 'Prices are held in carts of a quote only, and there on every line',
    sql: `select c.merchant_id || ' ' || c.id as "where" from cart c
      join cart_line l on l.merchant_id = c.merchant_id and l.cart_id = c.id
      where (c.quote_id is null) <> (l.frozen_e4 is null)`,
  },
  {
    id: 'carts',
    holds: 'The version of a cart is that of its last event',
    sql: `select c.merchant_id || ' ' || c.id as "where" from cart c
      left join lateral (select max(e.object_version) as version from event e
        where e.object_id = c.id and e.merchant_id = c.merchant_id and e.object_type = 'cart') e on true
      where e.version is distinct from c.version`,
  },
]
