-- As in 0057, but what is asked of each order is asked by index. An `exists` may be turned into a hash of all of the merchant's rows: while a
-- table is small that looks cheaper, and a plan that is kept goes on reading more of them with every order. A scalar subquery never is.
create or replace function order_settle(p_merchant text, p_rows json, p_at timestamptz, p_stay_until timestamptz)
returns setof order_settled
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare
  v_rows order_settle_row[];
  v_done order_settled[];
  v_tasks text[];
  v_confirmed text[];
  v_events event_row[];
begin
  select array_agg(r order by r.order_id) into v_rows from json_populate_recordset(null::order_settle_row, p_rows) r;
  if v_rows is null then return; end if;
  perform from (select r.order_id from unnest(v_rows) r order by 1) r
    cross join lateral (select o.id from sales_order o where o.merchant_id = p_merchant and o.id = r.order_id for update) o;

  -- Statements of their own, after the locks: they see what whoever held them committed.
  with figures as (
    select o.id, r.event_id, f.*, o.state = 'placed' and (f.held + f.captured - f.refunded >= o.total or f.was_paid) and f.fits as is_confirmed,
        case when o.state = 'placed' and f.held + f.captured > 0 and not f.fits then f.reason end as mismatch,
        o.state = 'cancelled' and (f.held > 0 or f.refundable > 0) and (select x.n from order_refund x
          where x.merchant_id = p_merchant and x.order_id = o.id and x.scope = 'all' and x.state <> 'done' limit 1) is null
          -- A refund that fails again and again is for a person.
          and (select t.id from order_task t where t.order_id = o.id and t.kind = 'refund_failed' and t.merchant_id = p_merchant and t.closed_at is null limit 1) is null as gives_back
      from unnest(v_rows) r
      join sales_order o on o.merchant_id = p_merchant and o.id = r.order_id
      cross join lateral (
        select (array_agg(p.id order by p.amount_capturable + p.amount_captured + p.amount_in_flight > 0 desc, p.id desc)
              filter (where p.direction = 'charge'))[1] as payment_id,
            coalesce(sum(p.amount_capturable), 0)::bigint as held, coalesce(sum(p.amount_captured), 0)::bigint as captured,
            coalesce(sum(p.amount_refunded) + sum(p.amount) filter (where p.direction = 'credit' and p.status = 'captured'), sum(p.amount_refunded), 0)::bigint as refunded,
            coalesce(sum(p.amount_in_flight), 0)::bigint as in_flight, coalesce(sum(p.amount_refundable), 0)::bigint as refundable,
            -- A refund of a part may be quicker than the news of the payment: the order was paid all the same.
            coalesce(bool_or(p.direction = 'charge' and p.amount_capturable + p.amount_captured >= o.total
              and p.amount_capturable + p.amount_captured > p.amount_refunded), false) as was_paid,
            coalesce(bool_and(p.currency = o.currency and p.amount = o.total) filter (where p.direction = 'charge' and p.amount_capturable + p.amount_captured > p.amount_refunded), true) as fits,
            string_agg(p.amount || ' ' || p.currency || ' was paid for an order of ' || o.total || ' ' || o.currency, '; ')
              filter (where p.direction = 'charge' and p.amount_capturable + p.amount_captured > p.amount_refunded and (p.currency <> o.currency or p.amount <> o.total)) as reason
          from payment_figures(p_merchant, o.id) p) f
  ), moved as (
    update sales_order o set payment_id = f.payment_id, amount_held = f.held, amount_captured = f.captured,
        amount_refunded = f.refunded, amount_in_flight = f.in_flight,
        -- What went back before the order was paid went back for nothing: it is not to go back again.
        amount_to_refund = case when f.is_confirmed then greatest(o.amount_to_refund, least(f.refunded, f.held + f.captured - o.total)) else o.amount_to_refund end,
        state = case when f.is_confirmed then 'confirmed' else o.state end,
        confirmed_at = case when f.is_confirmed then p_at else o.confirmed_at end,
        expires_at = case when f.is_confirmed or o.state <> 'placed' then null when f.held + f.captured > f.refunded then greatest(o.expires_at, p_stay_until) else o.expires_at end,
        version = o.version + 1, updated_at = p_at
      from figures f
      where o.merchant_id = p_merchant and o.id = f.id and (f.is_confirmed or f.gives_back or (o.payment_id, o.amount_held, o.amount_captured,
          o.amount_refunded, o.amount_in_flight) is distinct from (f.payment_id, f.held, f.captured, f.refunded, f.in_flight))
      returning o.id, case when f.is_confirmed then 'confirmed' when f.gives_back then 'give_back' else 'changed' end as effect, f.mismatch, f.payment_id,
        order_event(o, f.event_id, case when f.is_confirmed then 'order.confirmed' else 'order.payment_changed' end,
          jsonb_build_object('payment_id', f.payment_id)) as event
  )
  select array_agg((x.id, x.effect, x.mismatch, x.payment_id)::order_settled order by x.id), array_agg(x.event order by x.id) filter (where x.effect is not null)
    into v_done, v_events
    from (
      select m.* from moved m
      -- Told again, though nothing of it has moved.
      union all select f.id, null, f.mismatch, f.payment_id, null from figures f where f.mismatch is not null and not exists (select from moved m where m.id = f.id)
    ) x;
  if v_done is null then return; end if;

  select array_agg(d.order_id) into v_confirmed from unnest(v_done) d where d.effect = 'confirmed';
  if v_confirmed is not null then perform promotion_settle(p_merchant, v_confirmed, 'used', p_at); end if;

  insert into order_refund (merchant_id, order_id, n, scope, amount, reason, is_expected, state, due_at, created_at)
    select p_merchant, d.order_id, coalesce((select max(x.n) from order_refund x where x.merchant_id = p_merchant and x.order_id = d.order_id), 0) + 1,
      'all', 0, 'the order was given up', false, 'open', p_at, p_at
    from unnest(v_done) d where d.effect = 'give_back';

  with told as (
    insert into order_task (merchant_id, id, order_id, kind, payment_id, detail, created_at)
      select p_merchant, r.task_id, d.order_id, 'payment_mismatch', d.payment_id, d.mismatch, p_at
      from unnest(v_done) d join unnest(v_rows) r on r.order_id = d.order_id where d.mismatch is not null
      on conflict (order_id, kind, merchant_id) where closed_at is null do nothing
      returning order_id
  ) select coalesce(array_agg(order_id), '{}') into v_tasks from told;

  -- A second event of an order is a version of its own.
  if cardinality(v_tasks) > 0 then
    update sales_order o set version = o.version + 1 where o.merchant_id = p_merchant and o.id = any (v_tasks);
    v_events := v_events || array(
      select order_event(o, r.mismatch_event_id, 'order.payment_mismatch', jsonb_build_object('payment_id', d.payment_id, 'detail', d.mismatch))
        from unnest(v_done) d join unnest(v_rows) r on r.order_id = d.order_id
        join sales_order o on o.merchant_id = p_merchant and o.id = d.order_id where d.order_id = any (v_tasks) order by d.order_id);
  end if;
  perform event_append_rows(p_at, v_events);

  return query select * from unnest(v_done);
end $$;
