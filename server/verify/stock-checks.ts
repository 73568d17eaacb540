// The invariants of stock.

import type { Check } from './index.ts'

export const STOCK_CHECKS: readonly Check[] = [
  {
    id: 'I-08',
    holds: 'What is promised of an article in a store is the sum of its reservations',
    sql: `select l.merchant_id || ' ' || l.variant_id || ' ' || l.store_id as "where" from stock_level l
      left join (select merchant_id, variant_id, store_id, sum(quantity) as reserved from stock_reservation group by 1, 2, 3) r
        using (merchant_id, variant_id, store_id)
      where l.reserved <> coalesce(r.reserved, 0)`,
  },
  {
    id: 'I-08',
    holds: 'No reservation is for an article and store without a level',
    sql: `select r.merchant_id || ' ' || r.ref as "where" from stock_reservation r where r.quantity > 0 and not exists (
        select from stock_level l where l.merchant_id = r.merchant_id and l.variant_id = r.variant_id and l.store_id = r.store_id)`,
  },
  {
    id: 'I-08',
    holds: 'What is on hand, and what of it is not for sale, is the sum of the movements',
    sql: `select coalesce(l.merchant_id, m.merchant_id) || ' ' || coalesce(l.variant_id, m.variant_id) as "where" from stock_level l
      full join (select merchant_id, variant_id, store_id, sum(quantity) as on_hand,
          coalesce(sum(bucket_quantity) filter (where bucket = 'damaged'), 0) as damaged,
          coalesce(sum(bucket_quantity) filter (where bucket = 'display'), 0) as display,
          coalesce(sum(bucket_quantity) filter (where bucket = 'quality'), 0) as quality,
          coalesce(sum(bucket_quantity) filter (where bucket = 'hold'), 0) as hold
        from stock_movement group by 1, 2, 3) m using (merchant_id, variant_id, store_id)
      where (coalesce(l.on_hand, 0), coalesce(l.damaged, 0), coalesce(l.display, 0), coalesce(l.quality, 0), coalesce(l.hold, 0))
        is distinct from (coalesce(m.on_hand, 0), coalesce(m.damaged, 0), coalesce(m.display, 0), coalesce(m.quality, 0), coalesce(m.hold, 0))`,
  },
  {
    id: 'I-08',
    holds: 'There is less than was promised by exactly what is known to be sold beyond the stock',
    sql: `select l.merchant_id || ' ' || l.variant_id || ' ' || l.store_id as "where" from stock_level l
      where l.oversold <> greatest(0, l.reserved + l.damaged + l.display + l.quality + l.hold - l.on_hand)`,
  },
  {
    id: 'I-08',
    holds: 'What was sold or promised beyond the stock has a task',
    sql: `select l.merchant_id || ' ' || l.variant_id || ' ' || l.store_id as "where" from stock_level l
      where l.oversold > 0 and not exists (select from stock_task t
        where t.merchant_id = l.merchant_id and t.variant_id = l.variant_id and t.store_id = l.store_id and t.kind = 'oversold')`,
  },
  {
    id: 'transfer',
    holds: 'What left a store for another, and what came of it, is what the transfer says',
    sql: `select t.merchant_id || ' ' || t.id || ' ' || i.variant_id as "where" from transfer t
      join transfer_line i on i.merchant_id = t.merchant_id and i.transfer_id = t.id
      left join lateral (
        select coalesce(-sum(m.quantity) filter (where m.kind = 'transfer_out'), 0) as sent,
            coalesce(sum(m.quantity) filter (where m.kind = 'transfer_in'), 0) as came
          from stock_movement m where m.merchant_id = t.merchant_id and m.ref = t.id and m.variant_id = i.variant_id) m on true
      where m.came <> i.received + i.damaged + i.returned + i.extra
        or m.sent <> case when t.shipped_at is null then 0 else i.quantity end`,
  },
  {
    id: 'I-08',
    holds: 'What was bought, less what was sold, and what came back is on hand, on its way, or lost on it',
    sql: `select coalesce(m.merchant_id, l.merchant_id, t.merchant_id) || ' ' || coalesce(m.variant_id, l.variant_id, t.variant_id) as "where"
      from (select merchant_id, variant_id, sum(quantity) as kept from stock_movement where kind not in ('transfer_out', 'transfer_in') group by 1, 2) m
      full join (select merchant_id, variant_id, sum(on_hand) as on_hand from stock_level group by 1, 2) l using (merchant_id, variant_id)
      full join (select i.merchant_id, i.variant_id, sum(i.quantity - i.received - i.damaged - i.returned - i.extra) as away
        from transfer_line i join transfer t on t.merchant_id = i.merchant_id and t.id = i.transfer_id where t.shipped_at is not null group by 1, 2) t
        using (merchant_id, variant_id)
      where coalesce(m.kept, 0) <> coalesce(l.on_hand, 0) + coalesce(t.away, 0)`,
  },
  {
    id: 'transfer',
    holds:
      'What is kept under a transfer lies in the store it leaves until it has left, and then is what arrived and is waited for',
    sql: `select t.merchant_id || ' ' || t.id || ' ' || r.variant_id as "where" from transfer t
      join stock_reservation r on r.merchant_id = t.merchant_id and r.ref = t.id and r.quantity > 0
      left join transfer_line i on i.merchant_id = r.merchant_id and i.transfer_id = r.ref and i.variant_id = r.variant_id
      where i.variant_id is null or case when t.state = 'draft' then r.store_id <> t.from_store_id or r.quantity <> i.quantity
        else r.store_id <> t.to_store_id or r.quantity > least(i.received, i.promised) end`,
  },
  {
    id: 'transfer',
    holds: 'What is on its way to a store is what transfers have sent and not yet delivered',
    sql: `select l.merchant_id || ' ' || l.variant_id || ' ' || l.store_id as "where" from stock_level l
      left join (select t.merchant_id, i.variant_id, case t.state when 'in_transit' then t.to_store_id else t.from_store_id end as store_id,
          sum(i.quantity - i.received - i.damaged - i.lost - i.returned) as incoming
        from transfer t join transfer_line i on i.merchant_id = t.merchant_id and i.transfer_id = t.id
        where t.state in ('in_transit', 'returning') group by 1, 2, 3) t using (merchant_id, variant_id, store_id)
      where l.incoming <> coalesce(t.incoming, 0)`,
  },
]
