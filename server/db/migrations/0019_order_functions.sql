-- Placing orders and following their payments, each one call for a whole batch.

-- What an event of an order says: who and where, what is owed, what its payments come to.
create function order_event_data(o sales_order) returns jsonb language sql stable as $$
  select jsonb_build_object('id', o.id, 'order_id', o.id, 'number', o.number::text, 'cart_id', o.cart_id, 'state', o.state,
    'cancel_reason', o.cancel_reason, 'charge', o.charge, 'channel', o.channel, 'store_id', o.store_id, 'register_id', o.register_id,
    'customer_id', o.customer_id, 'currency', o.currency, 'net', o.net, 'tax', o.tax, 'total', o.total, 'amount_held', o.amount_held,
    'amount_captured', o.amount_captured, 'amount_refunded', o.amount_refunded, 'revision', o.revision)
$$;

-- The event row of an order, with what else there is to say. An expression, so that it becomes part of the statement that asks.
create function order_event(o sales_order, p_event_id text, p_type text, p_more jsonb) returns event_row language sql stable as $$
  select (o.merchant_id, p_event_id, p_type, 'order', o.id, o.version, order_event_data(o) || coalesce(p_more, '{}'))::event_row
$$;

-- Event rows of orders as they stand now, in the order of no. Each is a version of its own: they rise without exception, also
-- where nothing of the order itself changed or several are told at once. p_rows: [{no, order_id, event_id, type, more}].
-- Locks the orders, sorted.
create function order_events(p_merchant text, p_rows json) returns event_row[] language plpgsql as $$
declare
  v_rows event_row[];
begin
  perform from sales_order o where o.merchant_id = p_merchant
    and o.id in (select r.order_id from json_to_recordset(p_rows) r (order_id text)) order by o.id for update;
  -- A statement of its own, after the locks: it sees what whoever held them committed.
  with told as (
    update sales_order o set version = o.version + r.count
      from (select r.order_id, count(*)::int as count from json_to_recordset(p_rows) r (order_id text) group by 1) r
      where o.merchant_id = p_merchant and o.id = r.order_id
      returning o.id, r.count
  ), versions as (
    select r.*, row_number() over (partition by r.order_id order by r.no) as nth
      from json_to_recordset(p_rows) r (no int, order_id text, type text, event_id text, more jsonb)
  )
  -- o is as it was before the update.
  select array_agg((o.merchant_id, r.event_id, r.type, 'order', o.id, o.version + r.nth, order_event_data(o) || coalesce(r.more, '{}'))::event_row order by r.no)
    into v_rows
    from versions r join told t on t.id = r.order_id join sales_order o on o.merchant_id = p_merchant and o.id = r.order_id;
  return v_rows;
end $$;

-- ---- Placing -------------------------------------------------------------------------------------------------------

create type order_place_line as (
  id text, seq int, variant_id text, product_id text, sku text, name text, kind text, unit text, is_returnable boolean, categories text[],
  components jsonb, unit_price_e4 bigint, tax_code text, tax_rate_bp int, adjustments jsonb, list bigint, discount bigint, net bigint,
  tax bigint, total bigint, metadata jsonb, quantity bigint
);
create type order_place_group as (no int, mode text, store_id text, destination jsonb, lines jsonb, score jsonb);
create type order_place_row as (
  merchant_id text, n int, at timestamptz, order_id text, cart_id text, cart_version int, state text, charge text, channel text,
  store_id text, register_id text, country text, currency text, prices_include_tax boolean, tax_rounding text, customer_id text,
  email text, reference text, shipping_address jsonb, billing_address jsonb, metadata jsonb, token_id text, instrument_id text,
  list bigint, discount bigint, net bigint, tax bigint, total bigint, expires_at timestamptz,
  -- For stock_reserve and promotion_hold, in the words of their rows; null where there is nothing to reserve or to hold.
  reservations jsonb, promotions jsonb,
  lines order_place_line[], groups order_place_group[], placed_by text, event_id text, confirmed_event_id text, cart_event_id text
);
create type order_refused as (n int, outcome text, order_id text, detail json);

-- Places orders: the cart is converted, the stock reserved, the promotions held, and the order written with its lines and groups,
-- in one transaction. Outcomes per row: ok · existing (the cart became order_id before) · cart_changed · cart_closed · not_found ·
-- out_of_stock (detail: what is short) · promotion_exhausted (detail: which). A refused row leaves nothing behind: a batch with
-- one is undone to its savepoint and tried again without it, so what is usual pays nothing for what is rare.
-- Locks: carts, stock levels, promotions (each sorted), the merchant's counter of orders, the event counter.
create function order_place(p_merchant text, p_rows json)
returns table (n int, outcome text, order_id text, number bigint, detail json)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
set join_collapse_limit = 1 set enable_material = off set random_page_cost = 1.1 as $$
#variable_conflict use_column
declare
  v_base order_place_row;
  v_asked order_place_row[];
  v_rows order_place_row[];
  v_refused order_refused[] := '{}';
  v_carts order_refused[];
  v_events event_row[];
  v_short order_refused[];
  v_wanted stock_wanted[];
  v_orders sales_order[];
  v_at timestamptz;
  v_merchant text;
begin
  v_base.merchant_id := p_merchant;
  select array_agg(r order by r.n), max(r.at) into v_asked, v_at from json_populate_recordset(v_base, p_rows) r;

  -- Each round either goes through or leaves at least one row out.
  loop
    begin
      v_rows := array(select r from unnest(v_asked) r where r.n not in (select f.n from unnest(v_refused) f) order by r.n);
      v_short := '{}';

      select array_agg((c.n, case c.outcome when 'known' then 'existing' when 'version_conflict' then 'cart_changed'
            when 'closed' then 'cart_closed' else c.outcome end, c.order_id, null)::order_refused) filter (where c.outcome <> 'ok'),
          array_agg(c.event order by c.n) filter (where (c.event).id is not null)
        into v_carts, v_events
        from cart_lock_for_order(array(select (r.merchant_id, r.n, r.at, r.cart_id, r.cart_version, r.order_id, r.cart_event_id)::cart_order_row
          from unnest(v_rows) r)) c;
      if v_carts is not null then
        v_rows := array(select r from unnest(v_rows) r where r.n not in (select f.n from unnest(v_carts) f) order by r.n);
      end if;

      v_wanted := array(
        select (r.n, x.reservation_ref, x.kind, coalesce(x.allow_negative, false), x.channel, x.expires_at, x.at, l.variant_id, l.store_id,
            sum(l.quantity)::bigint, r.merchant_id)::stock_wanted
          from unnest(v_rows) r
          cross join lateral jsonb_to_recordset(r.reservations) x (reservation_ref text, kind text, allow_negative boolean, channel text,
            expires_at timestamptz, at timestamptz, lines jsonb)
          cross join lateral jsonb_to_recordset(x.lines) l (variant_id text, store_id text, quantity bigint)
          where r.reservations is not null
          group by r.n, r.merchant_id, x.reservation_ref, x.kind, x.allow_negative, x.channel, x.expires_at, x.at, l.variant_id, l.store_id);
      if cardinality(v_wanted) > 0 then
        v_short := array(select (s.n, s.outcome, null, s.short)::order_refused from stock_reserve_rows(v_wanted) s where s.outcome <> 'ok');
      end if;

      if cardinality(v_short) = 0 then
        for v_merchant in select distinct r.merchant_id from unnest(v_rows) r where r.promotions is not null order by 1 loop
          select v_short || array(select (r.n, 'promotion_exhausted', null, json_build_object('promotion_id', h.promotion_id, 'reason', h.reason))::order_refused
              from promotion_hold(v_merchant, (select json_agg(u || jsonb_build_object('order_id', r.order_id, 'customer_id', r.customer_id, 'at', r.at))
                from unnest(v_rows) r cross join lateral jsonb_array_elements(r.promotions) u
                where r.merchant_id = v_merchant and r.promotions is not null)) h
              join unnest(v_rows) r on r.order_id = h.order_id)
            into v_short;
        end loop;
      end if;

      if cardinality(v_short) > 0 then perform refuse('refused'); end if;
      exit;
    exception when sqlstate 'OT001' then
      v_refused := v_refused || v_short;
    end;
  end loop;

  return query
    select f.n, case when r.order_id = f.order_id then 'ok' else f.outcome end, f.order_id,
        (select o.number from sales_order o where o.merchant_id = r.merchant_id and o.id = f.order_id), f.detail
      from unnest(v_refused || v_carts) f join unnest(v_asked) r on r.n = f.n;
  if cardinality(v_rows) = 0 then return; end if;

  with counter as (
    insert into order_counter as c (merchant_id, last_number)
      -- The first order is not number 1: nobody likes to be the first customer.
      select r.merchant_id, 1000 + count(*) from unnest(v_rows) r group by r.merchant_id order by r.merchant_id
      on conflict (merchant_id) do update set last_number = c.last_number + excluded.last_number - 1000
      returning c.merchant_id, c.last_number
  ), made as (
    insert into sales_order (merchant_id, id, number, cart_id, state, charge, channel, store_id, register_id, country, currency,
        prices_include_tax, tax_rounding, customer_id, email, reference, shipping_address, billing_address, metadata, token_id,
        instrument_id, list, discount, net, tax, total, expires_at, version, placed_at, confirmed_at, updated_at)
      select r.merchant_id, r.order_id, c.last_number + 1 - row_number() over (partition by r.merchant_id order by r.n desc), r.cart_id,
        r.state, r.charge, r.channel, r.store_id, r.register_id, r.country, r.currency, r.prices_include_tax, r.tax_rounding,
        r.customer_id, r.email, r.reference, r.shipping_address, r.billing_address, r.metadata, r.token_id, r.instrument_id, r.list,
        r.discount, r.net, r.tax, r.total, r.expires_at, case r.state when 'confirmed' then 2 else 1 end, r.at,
        case r.state when 'confirmed' then r.at end, r.at
      from unnest(v_rows) r join counter c on c.merchant_id = r.merchant_id
      returning *
  ) select array_agg(m::sales_order) into v_orders from made m;

  insert into order_line (merchant_id, order_id, id, seq, variant_id, product_id, sku, name, kind, unit, is_returnable, categories,
      components, unit_price_e4, tax_code, tax_rate_bp, adjustments, list, discount, net, tax, total, metadata, quantity)
    select r.merchant_id, r.order_id, l.id, l.seq, l.variant_id, l.product_id, l.sku, l.name, l.kind, l.unit, l.is_returnable,
      l.categories, l.components, l.unit_price_e4, l.tax_code, l.tax_rate_bp, l.adjustments, l.list, l.discount, l.net, l.tax, l.total,
      l.metadata, l.quantity
    from unnest(v_rows) r cross join lateral unnest(r.lines) l;

  insert into order_group (merchant_id, order_id, no, mode, store_id, destination, lines, score, created_at)
    select r.merchant_id, r.order_id, g.no, g.mode, g.store_id, g.destination, g.lines, g.score, r.at
    from unnest(v_rows) r cross join lateral unnest(r.groups) g;

  for v_merchant in select distinct r.merchant_id from unnest(v_rows) r where r.state = 'confirmed' and r.promotions is not null order by 1 loop
    perform promotion_settle(v_merchant, array(select r.order_id from unnest(v_rows) r where r.merchant_id = v_merchant and r.state = 'confirmed'), 'used', v_at);
  end loop;

  perform event_append_rows(v_at, v_events || array(
    select (r.merchant_id, e.id, e.type, 'order', r.order_id, e.version, order_event_data(o) || jsonb_build_object('state', e.state, 'by', r.placed_by))::event_row
    from unnest(v_rows) r
    join unnest(v_orders) o on o.id = r.order_id
    cross join lateral (values (r.event_id, 'order.placed', 1, 'placed'), (r.confirmed_event_id, 'order.confirmed', 2, 'confirmed')) e (id, type, version, state)
    where e.version = 1 or r.state = 'confirmed' order by r.n, e.version));

  return query select r.n, 'ok'::text, r.order_id, o.number, null::json
    from unnest(v_rows) r join unnest(v_orders) o on o.id = r.order_id;
end $$;

-- ---- Settling ------------------------------------------------------------------------------------------------------

create type order_settle_row as (order_id text, event_id text, mismatch_event_id text, task_id text);
create type order_settled as (order_id text, effect text, mismatch text, payment_id text);

-- Brings orders to what their payments have come to, one update per order however much has happened. Confirms an order that is
-- covered by payments that fit it. A payment of another amount or currency confirms nothing and is told (I-10). Money on an order
-- that was given up becomes an intent to give it back. Unpaid orders with a part covered stay until p_stay_until at least.
-- Answers what became of each: confirmed, changed, give_back; mismatch besides; nothing for an order that is as it was.
-- Locks: orders (sorted), promotion uses, the event counter.
create function order_settle(p_merchant text, p_rows json, p_at timestamptz, p_stay_until timestamptz)
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
    select o.id, o.state, f.*, o.state = 'placed' and (f.held + f.captured - f.refunded >= o.total or f.was_paid) and f.fits as is_confirmed,
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
      returning o.id
  )
  select array_agg((f.id, case when f.is_confirmed then 'confirmed' when f.gives_back then 'give_back' when m.id is not null then 'changed' end,
      f.mismatch, f.payment_id)::order_settled order by f.id)
    into v_done
    from figures f left join moved m on m.id = f.id where m.id is not null or f.mismatch is not null or f.gives_back;
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

  v_events := array(
    select order_event(o, r.event_id, case d.effect when 'confirmed' then 'order.confirmed' else 'order.payment_changed' end,
        jsonb_build_object('payment_id', d.payment_id))
      from unnest(v_done) d join unnest(v_rows) r on r.order_id = d.order_id
      join sales_order o on o.merchant_id = p_merchant and o.id = d.order_id where d.effect is not null order by d.order_id);
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
