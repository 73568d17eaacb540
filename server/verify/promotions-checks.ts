// What must hold of promotions.

import type { Check } from './index.ts'

export const PROMOTION_CHECKS: readonly Check[] = [
  {
    id: 'promotions',
    holds: 'Promotions count exactly the uses that were not given back, and no more than they allow',
    sql: `select p.merchant_id || ' ' || p.id as "where" from promotion p
      left join (select merchant_id, promotion_id, count(*) as live from promotion_use where state <> 'released' group by 1, 2) u
        on u.merchant_id = p.merchant_id and u.promotion_id = p.id
      where p.uses <> coalesce(u.live, 0) or p.uses > p.max_uses`,
  },
  {
    id: 'promotions',
    holds: 'Promotion codes count exactly the uses that were not given back, and open one promotion only',
    sql: `select c.merchant_id || ' ' || c.code as "where" from promotion_code c
      left join (select merchant_id, code, count(*) as live, count(distinct promotion_id) as promotions, min(promotion_id) as promotion_id
                 from promotion_use where code is not null and state <> 'released' group by 1, 2) u
        on u.merchant_id = c.merchant_id and u.code = c.code
      where c.uses <> coalesce(u.live, 0) or c.uses > c.max_uses or u.promotions > 1 or u.promotion_id <> c.promotion_id`,
  },
]
