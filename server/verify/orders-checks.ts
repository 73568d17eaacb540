// What must hold of orders and of the money for them. Written from the design, apart from the code that keeps it.

import type { Check } from './index.ts'

/** What `n` units of a line of `q` are worth of an amount, rounded half up. */
const worth = (amount: string, n: string, q: string) => `div(2 * ${amount}::numeric * (${n}) + ${q}, 2 * ${q})`

export const ORDER_CHECKS: readonly Check[] = [
  {
    id: 'I-10',
    holds: 'The total and tax of an order are the sums of its lines without what was cancelled',
    sql: `select o.merchant_id || ' ' || o.id as "where" from sales_order o
      left join (select merchant_id, order_id, sum(${worth('total', 'quantity - cancelled', 'quantity')}) as total,
                   sum(${worth('tax', 'quantity - cancelled', 'quantity')}) as tax from order_line group by 1, 2) l
        on l.merchant_id = o.merchant_id and l.order_id = o.id
      where o.total <> coalesce(l.total, 0) or o.tax <> coalesce(l.tax, 0)`,
  },
  {
    id: 'I-10',
    holds: 'An order that waits for its payment is not paid by payments that fit it',
    sql: `select o.merchant_id || ' ' || o.id as "where" from sales_order o
      where o.state = 'placed' and o.total > 0 and o.amount_held + o.amount_captured - o.amount_refunded >= o.total
        and not exists (select from payment p where p.merchant_id = o.merchant_id and p.order_id = o.id and p.direction = 'charge'
          and p.amount_capturable + p.amount_captured > p.amount_refunded and (p.amount <> o.total or p.currency <> o.currency))`,
  },
  {
    id: 'orders',
    holds: 'What an order believes of its payments is what they come to, where their news has been read',
    sql: `select o.merchant_id || ' ' || o.id as "where" from sales_order o
      join event_cursor c on c.merchant_id = o.merchant_id and c.consumer = 'orders'
      join event_counter e on e.merchant_id = o.merchant_id and e.last_seq = c.seq
      join lateral (select coalesce(sum(p.amount_captured), 0) as captured, coalesce(sum(p.amount_capturable), 0) as held
        from payment p where p.order_id = o.id and p.merchant_id = o.merchant_id) p on true
      where (o.amount_captured <> p.captured or o.amount_held <> p.held) and not exists (
        select from event_set_aside a where a.merchant_id = o.merchant_id and a.consumer = 'orders' and a.subject = o.id)`,
  },
  {
    id: 'orders',
    holds: 'No event has been refused ten times by what must follow it',
    sql: `select a.merchant_id || ' ' || a.subject || ' ' || a.consumer as "where" from event_set_aside a where a.attempts >= 10`,
  },
  {
    id: 'orders',
    holds: 'No order has money in two payments unless one of them is being given back',
    sql: `select o.merchant_id || ' ' || o.id as "where" from sales_order o
      join payment p on p.order_id = o.id and p.merchant_id = o.merchant_id and p.direction = 'charge'
      where p.amount_captured > p.amount_refunded and not exists (
        select from payment_task k where k.merchant_id = p.merchant_id and k.payment_id = p.id and k.closed_at is null)
      group by o.merchant_id, o.id having count(*) > 1`,
  },
  {
    id: 'orders',
    holds: 'An order that was given up holds no money, or an intent to give it back, or a task for a person',
    sql: `select o.merchant_id || ' ' || o.id as "where" from sales_order o
      where o.state = 'cancelled' and (o.amount_held > 0 or o.amount_captured > o.amount_refunded)
        and not exists (select from order_refund r where r.merchant_id = o.merchant_id and r.order_id = o.id and r.state = 'open')
        and not exists (select from order_task t where t.order_id = o.id and t.merchant_id = o.merchant_id)
        and not exists (select from payment p join payment_task k on k.merchant_id = p.merchant_id and k.payment_id = p.id
          where p.order_id = o.id and p.merchant_id = o.merchant_id)`,
  },
  {
    id: 'orders',
    holds: 'Of an order that is closed nothing is held, and nothing still to be handed over',
    sql: `select o.merchant_id || ' ' || o.id as "where" from sales_order o
      where o.state = 'closed' and (o.amount_held > 0 or exists (
        select from order_line l where l.merchant_id = o.merchant_id and l.order_id = o.id
          and l.kind in ('goods', 'gift_card', 'deposit') and l.cancelled + l.fulfilled < l.quantity))`,
  },
  {
    id: 'orders',
    holds: 'A converted cart is the cart of the order it became',
    sql: `select c.merchant_id || ' ' || c.id as "where" from cart c
      left join sales_order o on o.merchant_id = c.merchant_id and o.id = c.moved_to
      where c.state = 'converted' and o.cart_id is distinct from c.id`,
  },
  {
    id: 'orders',
    holds: 'Every group hands over parts of its own order’s lines, no unit twice',
    sql: `select g.merchant_id || ' ' || g.order_id as "where" from order_group g
      cross join lateral jsonb_to_recordset(g.lines) p (line_id text, unit_from bigint, quantity bigint)
      left join order_line l on l.merchant_id = g.merchant_id and l.order_id = g.order_id and l.id = p.line_id
      group by g.merchant_id, g.order_id, p.line_id
      having sum(p.quantity) > min(l.quantity) or count(l.id) < count(*) or max(p.unit_from + p.quantity) > min(l.quantity)`,
  },
  {
    id: 'orders',
    holds: 'Promotions of an order that was given up are released',
    sql: `select o.merchant_id || ' ' || o.id as "where" from sales_order o
      join promotion_use u on u.merchant_id = o.merchant_id and u.order_id = o.id
      where (o.state = 'cancelled' and u.state <> 'released') or (o.state in ('confirmed', 'closed') and u.state = 'held')`,
  },
]
