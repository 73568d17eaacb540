-- begin, for new payments: claims the idempotency key, takes the order's slot, uses the token, writes payment, tender and
-- operation, and the event, in one call for a whole batch. After it commits, money may move: not before.

create type payment_create_row as (
  -- Joins take the merchant from the row, not from the parameter: with a constant the planner may begin at the merchant's
  -- whole table, which on a young table it believes to be small.
  merchant_id text,
  n int, at timestamptz, key text, fingerprint text, payment_id text, event_id text, direction text,
  amount bigint, currency text, channel text, capture text, store_id text, order_id text, customer_id text,
  reference text, country text, return_url text, metadata jsonb,
  -- The first tender, absent when tender_id is null.
  tender_id text, method text, tender_amount bigint, connector_account_id text, can text[], over_capture_bp int, initiator text,
  terminal_id text, register_id text, rounding bigint, cash_tendered bigint, card_id text, token_id text, instrument_id text, stored_value_id text,
  save_instrument_id text, save_for text, instrument jsonb,
  operation_id text, kind text, reason text, ask_at timestamptz,
  -- What an order of ours said of itself, null for any other: its revision, what its payments may take in all, and whether it is
  -- confirmed, after which money that was given back is not due again.
  order_revision int, order_limit bigint, order_is_confirmed boolean
);

-- Outcomes per row: ok · known (the key was claimed before: fingerprint and payment_id say by what) · order_paid · order_moved (the
-- order was changed, or paid, since it said what is due) · token_used.
-- A refused row leaves nothing behind. Rows come in the order of n and may be of several merchants; p_merchant, when given, is
-- the merchant of all. Locks, in order: idempotency keys, order slots (sorted), tokens, event counters.
create function payment_create(p_merchant text, p_rows payment_create_row[])
returns table (n int, outcome text, fingerprint text, payment_id text, body text)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
set join_collapse_limit = 1 set enable_material = off set random_page_cost = 1.1 as $$
#variable_conflict use_column
declare
  v_rows payment_create_row[] := p_rows;
  v_claimed text[];
  v_refused text[] := '{}';
  v_order_refused text[] := '{}';
  v_moved text[] := '{}';
  v_at timestamptz;
  v_merchant text;
begin
  select max(r.at) into v_at from unnest(v_rows) r;

  with claimed as (
    insert into idempotency_key (merchant_id, key, fingerprint, payment_id, created_at)
      select r.merchant_id, r.key, r.fingerprint, r.payment_id, r.at from unnest(v_rows) r
      order by r.merchant_id, r.key
      on conflict (merchant_id, key) do nothing
      returning payment_id
  ) select coalesce(array_agg(payment_id), '{}') into v_claimed from claimed;

  for v_merchant in select distinct r.merchant_id from unnest(v_rows) r where r.order_id is not null and r.tender_id is not null order by 1 loop
    select v_order_refused || payment_take_orders(v_merchant, array_agg(r.order_id order by r.order_id, r.n), array_agg(r.payment_id order by r.order_id, r.n))
      into v_order_refused
      from unnest(v_rows) r
      where r.merchant_id = v_merchant and r.order_id is not null and r.tender_id is not null and r.payment_id = any (v_claimed);
  end loop;

  -- Under the slots' locks, which a change of an order takes too.
  select coalesce(array_agg(r.payment_id), '{}') into v_moved from unnest(v_rows) r
    join order_payment s on s.merchant_id = r.merchant_id and s.order_id = r.order_id and s.payment_id = r.payment_id
    where r.order_revision is not null and r.tender_id is not null and r.payment_id = any (v_claimed) and (s.revision > r.order_revision
      or (r.order_is_confirmed and r.amount + payment_order_taken(r.merchant_id, r.order_id, true) > r.order_limit));

  for v_merchant in select distinct r.merchant_id from unnest(v_rows) r where r.token_id is not null order by 1 loop
    select v_refused || coalesce(array_agg(r.payment_id), '{}') into v_refused from unnest(v_rows) r
      where (r.token_id, r.operation_id) in (
        select u.refused_token_id, u.refused_operation_id from vault_use_tokens(v_merchant,
          (select array_agg(x.token_id order by x.token_id, x.n) from unnest(v_rows) x
            where x.merchant_id = v_merchant and x.token_id is not null and x.payment_id = any (v_claimed) and x.payment_id <> all (v_order_refused || v_moved)),
          (select array_agg(x.operation_id order by x.token_id, x.n) from unnest(v_rows) x
            where x.merchant_id = v_merchant and x.token_id is not null and x.payment_id = any (v_claimed) and x.payment_id <> all (v_order_refused || v_moved)), v_at) u);
  end loop;

  if cardinality(v_claimed) < array_length(v_rows, 1) or cardinality(v_refused) + cardinality(v_order_refused) + cardinality(v_moved) > 0 then
    update order_payment o set payment_id = 'none' from unnest(v_rows) r
      where o.merchant_id = r.merchant_id and o.order_id = r.order_id and o.payment_id = r.payment_id and r.payment_id = any (v_refused || v_moved);
    delete from idempotency_key k using unnest(v_rows) r
      where k.merchant_id = r.merchant_id and k.key = r.key and k.payment_id = r.payment_id and r.payment_id = any (v_refused || v_order_refused || v_moved);
    return query
      select r.n, case
          when r.payment_id = any (v_order_refused) then 'order_paid'
          when r.payment_id = any (v_moved) then 'order_moved'
          when r.payment_id = any (v_refused) then 'token_used'
          -- This very row, committed by a call whose answer was lost.
          when k.payment_id = r.payment_id then 'ok'
          else 'known' end,
        k.fingerprint, coalesce(k.payment_id, r.payment_id), null::text
      from unnest(v_rows) r
      left join idempotency_key k on k.merchant_id = r.merchant_id and k.key = r.key
      where r.payment_id <> all (v_claimed) or r.payment_id = any (v_refused || v_order_refused || v_moved);
    select array_agg(r order by r.n) into v_rows from unnest(v_rows) r
      where r.payment_id = any (v_claimed) and r.payment_id <> all (v_refused || v_order_refused || v_moved);
    if v_rows is null then return; end if;
  end if;

  insert into payment (merchant_id, id, direction, status, amount, currency, channel, capture, store_id, order_id, customer_id,
      reference, country, return_url, metadata, amount_in_flight, created_at, updated_at)
    select r.merchant_id, r.payment_id, r.direction, case when r.tender_id is null then 'requires_payment' else 'processing' end,
      r.amount, r.currency, r.channel, r.capture, r.store_id, r.order_id, r.customer_id, r.reference, r.country, r.return_url,
      r.metadata, coalesce(r.tender_amount, 0), r.at, r.at
    from unnest(v_rows) r;

  insert into tender (merchant_id, payment_id, id, seq, method, amount, connector_account_id, can, over_capture_bp, initiator,
      terminal_id, register_id, rounding, cash_tendered, card_id, token_id, instrument_id, stored_value_id, save_instrument_id, save_for,
      instrument, charge_operation_id, charge_in_flight, created_at)
    select r.merchant_id, r.payment_id, r.tender_id, 1, r.method, r.tender_amount, r.connector_account_id, r.can, r.over_capture_bp,
      r.initiator, r.terminal_id, r.register_id, r.rounding, r.cash_tendered, r.card_id, r.token_id, r.instrument_id, r.stored_value_id, r.save_instrument_id,
      r.save_for, r.instrument, r.operation_id, r.tender_amount, r.at
    from unnest(v_rows) r where r.tender_id is not null;

  insert into operation (merchant_id, id, payment_id, tender_id, kind, state, amount, rounding, connector_account_id, method, register_id,
      card_id, reason, idempotency_key, created_at)
    select r.merchant_id, r.operation_id, r.payment_id, r.tender_id, r.kind, 'dispatched', r.tender_amount, r.rounding, r.connector_account_id,
      r.method, r.register_id, r.card_id, r.reason, r.key, r.at
    from unnest(v_rows) r where r.tender_id is not null;

  insert into operation_ask (merchant_id, operation_id, ask_at)
    select r.merchant_id, r.operation_id, r.ask_at from unnest(v_rows) r where r.tender_id is not null;

  -- A credit is 'sent' when instructed: the money has left what was earned and is on its way.
  if exists (select from unnest(v_rows) r where r.kind = 'credit') then
    perform ledger_post(v_at, (
      select array_agg((r.merchant_id, r.operation_id, 'refund_sent', r.payment_id, r.operation_id, l.account, r.currency, r.channel, r.store_id,
                        l.sign * r.tender_amount)::ledger_posting order by r.n, l.no)
      from unnest(v_rows) r cross join (values (1, 'sales_clearing', 1), (2, 'refunds_in_flight', -1)) l (no, account, sign)
      where r.kind = 'credit'));
  end if;

  perform event_append_rows(v_at, (
    select array_agg((r.merchant_id, r.event_id, 'payment.created', 'payment', r.payment_id, 1, jsonb_build_object(
        'status', case when r.tender_id is null then 'requires_payment' else 'processing' end,
        'amount', r.amount, 'currency', r.currency, 'channel', r.channel, 'store_id', r.store_id, 'order_id', r.order_id,
        'reference', r.reference))::event_row order by r.n)
    from unnest(v_rows) r));

  -- Without a tender the command is finished here, so its reply is stored here.
  if exists (select from unnest(v_rows) r where r.tender_id is null) then
    insert into idempotency_reply (merchant_id, key, status, body)
      select r.merchant_id, r.key, 201, v.body
      from unnest(v_rows) r
      cross join lateral payment_render(array[r.merchant_id], array[r.payment_id], null) v
      where r.tender_id is null;
  end if;

  return query select r.n, 'ok'::text, null::text, r.payment_id,
      case when r.tender_id is null then (select i.body from idempotency_reply i where i.merchant_id = r.merchant_id and i.key = r.key) end
    from unnest(v_rows) r;
end $$;

-- Takes the slot of each order for the payment at the same array place; returns the payments that were refused because
-- another payment of the order holds or has taken money. Arrays are sorted by order.
create function payment_take_orders(p_merchant text, p_orders text[], p_payments text[]) returns text[]
language plpgsql as $$
declare
  v_refused text[] := '{}';
  v_other text;
  v_is_dead boolean;
begin
  if p_orders is null then return v_refused; end if;
  for i in 1 .. array_length(p_orders, 1) loop
    insert into order_payment (merchant_id, order_id, payment_id) values (p_merchant, p_orders[i], p_payments[i])
      on conflict (merchant_id, order_id) do nothing;
    select payment_id into v_other from order_payment
      where merchant_id = p_merchant and order_id = p_orders[i] for update;
    continue when v_other = p_payments[i];
    -- A statement of its own, after the lock: it sees what the former holder committed.
    -- A hold counts until its void has taken effect: an unanswered void may have failed.
    select p.amount_captured <= p.amount_refunded and p.amount_in_flight = 0 and not exists (
        select from tender t where t.merchant_id = p_merchant and t.payment_id = p.id and tender_hold(t) > 0)
      into v_is_dead from payment p where p.merchant_id = p_merchant and p.id = v_other;
    if v_is_dead or v_other = 'none' then
      update order_payment set payment_id = p_payments[i] where merchant_id = p_merchant and order_id = p_orders[i];
    else
      v_refused := v_refused || p_payments[i];
    end if;
  end loop;
  return v_refused;
end $$;

-- What the payments of an order take of what is due for it: taken, held, or on its way. What was given back counts as taken once
-- the order is confirmed, because it went back for what came back. Served by payment_by_order.
create function payment_order_taken(p_merchant text, p_order text, p_is_confirmed boolean) returns bigint language sql stable as $$
  select coalesce(sum(tender_covers(t) + case when p_is_confirmed then t.refunded else 0 end), 0)::bigint
    from payment p join tender t on t.merchant_id = p.merchant_id and t.payment_id = p.id
    where p.order_id = p_order and p.merchant_id = p_merchant and p.direction = 'charge'
$$;

-- What payments of an order have taken and neither given back nor are about to.
create function payment_order_left(p_merchant text, p_order text) returns bigint language sql stable as $$
  select coalesce(sum(t.captured - t.reversed - t.refunded - t.refund_in_flight), 0)::bigint
    from payment p join tender t on t.merchant_id = p.merchant_id and t.payment_id = p.id
    where p.order_id = p_order and p.merchant_id = p_merchant and p.direction = 'charge'
$$;

-- What payments of an order have taken or are about to. Until it is confirmed what went back is owed again, as above.
create function payment_order_captured(p_merchant text, p_order text, p_is_confirmed boolean) returns bigint language sql stable as $$
  select coalesce(sum(t.captured - t.reversed + t.capture_in_flight + case when p.capture = 'automatic' then t.charge_in_flight else 0 end
      - case when p_is_confirmed then 0 else t.refunded end), 0)::bigint
    from payment p join tender t on t.merchant_id = p.merchant_id and t.payment_id = p.id
    where p.order_id = p_order and p.merchant_id = p_merchant and p.direction = 'charge'
$$;
