-- What event_window (0022) and event_windows (0051) answered, for less: ten consumers read the events of every sale. A consumer names what
-- it passes over (p_but), so that nothing is read out to be thrown away; what is the same for all events of a window is said once; and
-- whether something is set aside is asked once and not for each event.

drop function event_window(text, text, text[], bigint, boolean, boolean, boolean);
drop function event_windows(text, text[], text[], bigint, boolean);

-- Begins a window of a consumer, in the transaction that handles it: takes the cursor and moves it behind the events that the caller is
-- about to handle, which are those of some families among the next p_size. One call, because there is one for each consumer and
-- merchant several times a second. No row when another holds the cursor and p_wait is false; else first one with moved_from and moved_to
-- alone, and then one for each event to be handled. `data` is left out unless p_with_data; created_ms is in milliseconds since 1970.
-- Subject: the order that an event names, where that is not its object; must_wait: an earlier event of it is set aside. The cursor's lock
-- keeps that true. What moves nothing but the cursor, and what p_is_rebuildable, need not wait for the disk: after a crash the log tells
-- it again.
create function event_stretch(
  p_merchant text, p_consumer text, p_families text[], p_but text[], p_size bigint, p_wait boolean, p_with_data boolean, p_is_rebuildable boolean
) returns table (
  moved_from bigint, moved_to bigint, seq text, id text, type text, object_type text, object_id text, object_version int, data jsonb,
  created_ms float8, subject text, must_wait boolean
)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_cursor bigint;
  v_last bigint;
  v_aside text[];
  v_has_events boolean := false;
begin
  for i in 1 .. 2 loop
    if p_wait then
      select k.seq into v_cursor from event_cursor k where k.merchant_id = p_merchant and k.consumer = p_consumer for update;
    else
      select k.seq into v_cursor from event_cursor k where k.merchant_id = p_merchant and k.consumer = p_consumer for update skip locked;
    end if;
    exit when found or i = 2;
    -- Not there yet, or held by another: the insert changes nothing then.
    insert into event_cursor (merchant_id, consumer, seq) values (p_merchant, p_consumer, 0) on conflict do nothing;
  end loop;
  if v_cursor is null then return; end if;

  -- A statement of its own, after the lock. It sees a number only with its event.
  select coalesce(max(e.seq), 0) into v_last from event e where e.merchant_id = p_merchant;
  v_last := greatest(v_cursor, least(v_last, v_cursor + p_size));
  moved_from := v_cursor;
  moved_to := v_last;
  return next;
  if v_last > v_cursor then
    -- Before the work, which ends with what takes the merchant's counter: the commit is to follow it at once.
    update event_cursor k set seq = v_last where k.merchant_id = p_merchant and k.consumer = p_consumer;
    v_aside := array(select a.subject from event_set_aside a where a.merchant_id = p_merchant and a.consumer = p_consumer);
    return query
      select null::bigint, null::bigint, e.seq::text, e.id, e.type, e.object_type, e.object_id, e.object_version,
          case when p_with_data then e.data end, (extract(epoch from e.created_at) * 1000)::float8, s.subject,
          coalesce(s.subject, e.object_id) = any (v_aside)
        from event e cross join lateral (select nullif(e.data ->> 'order_id', e.object_id) as subject) s
        where e.merchant_id = p_merchant and e.seq > v_cursor and e.seq <= v_last
          and e.type ^@ any (p_families) and e.type <> all (p_but)
        order by e.seq;
    v_has_events := found;
  end if;
  if not v_has_events or p_is_rebuildable then perform set_config('synchronous_commit', 'off', true); end if;
end $$;

-- The same for merchants that are little behind: takes the cursors nobody holds. A trade of many merchants leaves each of them an event or
-- two between two looks, and a call, a transaction and a commit for every merchant and consumer cost more than the sales they tell of. It
-- moves nothing: whoever handles a merchant moves its cursor with event_cursors_move (0051). A row for each event, or one without an event;
-- none for a cursor that is held, or not there yet. On a database sharded by merchant it is not for use; event_stretch is.
create function event_stretches(p_consumer text, p_families text[], p_but text[], p_merchants text[], p_size bigint, p_with_data boolean)
returns table (
  merchant_id text, moved_from bigint, moved_to bigint, seq text, id text, type text, object_type text, object_id text,
  object_version int, data jsonb, created_ms float8, subject text, must_wait boolean
)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_merchants text[];
  v_from bigint[];
begin
  select array_agg(k.merchant_id order by k.merchant_id), array_agg(k.seq order by k.merchant_id) into v_merchants, v_from
    from (
      select k.merchant_id, k.seq from event_cursor k
        where k.merchant_id = any (p_merchants) and k.consumer = p_consumer
        order by k.merchant_id for update skip locked
    ) k;
  -- A statement of its own, after the locks. It sees a number only with its event.
  return query
    select w.merchant_id, w.moved_from, greatest(w.moved_from, least(c.last_seq, w.moved_from + p_size)), e.seq::text, e.id, e.type,
        e.object_type, e.object_id, e.object_version, case when p_with_data then e.data end,
        (extract(epoch from e.created_at) * 1000)::float8, s.subject, coalesce(s.subject, e.object_id) = any (w.aside)
      from (
          select k.merchant_id, k.moved_from, array(
              select a.subject from event_set_aside a where a.merchant_id = k.merchant_id and a.consumer = p_consumer) as aside
            from unnest(v_merchants, v_from) k (merchant_id, moved_from)
        ) w
        join event_counter c on c.merchant_id = w.merchant_id
        left join event e on e.merchant_id = w.merchant_id and e.seq > w.moved_from and e.seq <= least(c.last_seq, w.moved_from + p_size)
          and e.type ^@ any (p_families) and e.type <> all (p_but)
        left join lateral (select nullif(e.data ->> 'order_id', e.object_id) as subject) s on true
      order by w.merchant_id, e.seq;
end $$;

-- As in 0013, with its own way of joining: a whole window of promises may be renamed at once, by functions that join row by row.
create or replace function stock_reservation_changed() returns trigger language plpgsql
set enable_hashjoin = on as $$
begin
  perform stock_apply(array(select (n.merchant_id, n.variant_id, n.store_id, 0, 0, 0, 0, 0, sum(n.quantity - o.quantity), bool_or(n.is_forced and n.quantity > o.quantity),
      min(n.ref), max(n.created_at))::stock_change
    from after n join before o on o.merchant_id = n.merchant_id and o.ref = n.ref and o.variant_id = n.variant_id and o.store_id = n.store_id
    where n.quantity <> o.quantity group by n.merchant_id, n.variant_id, n.store_id));
  return null;
end $$;

-- As in 0019, but each order is written and told of in one statement: joined by row, what was found and what had moved, and then the
-- orders again, cost with the square of a window.
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
        o.state = 'cancelled' and (f.held > 0 or f.refundable > 0) and not exists (select from order_refund x
          where x.merchant_id = p_merchant and x.order_id = o.id and x.scope = 'all' and x.state <> 'done')
          -- A refund that fails again and again is for a person.
          and not exists (select from order_task t where t.order_id = o.id and t.kind = 'refund_failed' and t.merchant_id = p_merchant and t.closed_at is null) as gives_back
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
