-- Two profiles that were merged and are taken apart again each have what they had, and what has come and gone in their own name since.
-- For that a balance that was put together with another keeps its share of it.

alter table stored_value
  -- While merged_into: what of that balance is free and this one's. What one spends beyond it is the other's.
  add column share bigint not null default 0,
  add check (merged_into is not null or share = 0);
-- The balance in whose share it was, where that is not the one it was booked on.
alter table stored_value_operation add column share_of text collate "C";
alter table stored_value_entry add column share_of text collate "C";
create index stored_value_entry_by_share on stored_value_entry (share_of, merchant_id, id) where share_of is not null;
-- Whose order it was, by the profile that it names.
alter table loyalty_earning add column customer_id text collate "C";
update loyalty_earning e set customer_id = o.customer_id from sales_order o where o.merchant_id = e.merchant_id and o.id = e.order_id;
update stored_value a set share = coalesce((select sum(e.units) from stored_value_entry e
    where e.ref_id = a.id and e.ref_type = 'merge' and e.type = 'transfer_in' and e.merchant_id = a.merchant_id), 0)
  where a.merged_into is not null;

-- When profiles were taken apart one had spent store credit of the other: what is refunded of payments until then gives it back first.
create table stored_value_debt (
  merchant_id text collate "C" not null,
  from_id     text collate "C" not null,
  to_id       text collate "C" not null,
  at          timestamptz not null,
  units       bigint not null check (units >= 0),
  primary key (merchant_id, from_id, to_id, at),
  foreign key (merchant_id, from_id) references stored_value,
  foreign key (merchant_id, to_id) references stored_value
);

alter type stored_value_order add attribute spare_ids text[];
-- In whose name; or, where that is known, in whose share and by how much.
alter type stored_value_change add attribute customer_id text, add attribute share_of text, add attribute share_units bigint;

-- The balance that one stands for today: the one it was put together with, or itself.
create function stored_value_home(p_merchant text, p_id text) returns text language sql stable as $$
  with recursive up (id, depth) as (
    select p_id collate "C", 0
    union all
    select a.merged_into, up.depth + 1 from up join stored_value a on a.merchant_id = p_merchant and a.id = up.id
      where a.merged_into is not null and up.depth < 100
  ) select id from up order by depth desc limit 1
$$;

-- A balance with all that was put together with it, however often.
create function stored_value_group(p_merchant text, p_id text) returns text[] language sql stable as $$
  with recursive g (id) as (
    select p_id collate "C"
    union
    select a.id from g join stored_value a on a.merged_into = g.id and a.merchant_id = p_merchant
  ) select array_agg(id) from g
$$;

-- The balance of that kind which a merged profile has of its own; null where it has none, or nobody else is named.
create function stored_value_own(p_merchant text, a stored_value, p_customer text) returns text language sql stable as $$
  select x.id from stored_value x
  where a.kind <> 'gift_card' and x.kind <> 'gift_card' and p_customer <> a.customer_id and x.customer_id = p_customer and x.kind = a.kind
    and coalesce(x.currency, '') = coalesce(a.currency, '') and x.merchant_id = p_merchant and x.merged_into is not null
$$;

-- Counts what came or went on a balance for the one in whose share it was, and those between them.
create function stored_value_share_add(p_merchant text, p_on text, p_own text, p_units bigint) returns void language sql as $$
  with recursive up (id, above) as (
    select a.id, a.merged_into from stored_value a where a.merchant_id = p_merchant and a.id = p_own and p_own <> p_on and a.merged_into is not null
    union
    select a.id, a.merged_into from up join stored_value a on a.merchant_id = p_merchant and a.id = up.above
      where a.id <> p_on and a.merged_into is not null
  ) update stored_value s set share = s.share + p_units from up where p_units <> 0 and s.merchant_id = p_merchant and s.id = up.id
$$;

-- Locks balances with those that a change to them may reach, of the customers named too, in the order in which all lock them.
create function stored_value_lock(p_merchant text, p_ids text[], variadic p_customers text[] default '{}') returns void language sql as $$
  with recursive up (id) as (
    select i collate "C" from unnest(p_ids) i
    union
    select a.id from stored_value a where a.customer_id = any (p_customers) and a.kind <> 'gift_card' and a.merged_into is not null
      and a.merchant_id = p_merchant
    union
    select a.merged_into from up join stored_value a on a.merchant_id = p_merchant and a.id = up.id where a.merged_into is not null
  ), wanted as (select id from up)
  select count(*) from (select from stored_value s where s.merchant_id = p_merchant and s.id in (select id from wanted) order by s.id for update) l
$$;

-- As in 0031, and counted in the share of the profile in whose name it was.
create or replace function stored_value_change_one(p_merchant text, c stored_value_change) returns stored_value_changed
language plpgsql as $$
declare
  a stored_value;
  v_event text;
  v_rate int;
  v_vat bigint;
  v_other text;
  v_postings ledger_posting[] := '{}';
  v_own text;
begin
  select * into a from stored_value x where x.merchant_id = p_merchant and x.id = c.account_id for update;
  if not found then return (c.n, 'not_found', null)::stored_value_changed; end if;
  if exists (select from stored_value_entry e where e.ref_id = c.ref_id and e.type = c.type and e.unit_key = c.unit_key and e.merchant_id = p_merchant)
  then return (c.n, 'repeated', null)::stored_value_changed; end if;
  -- What was given out cannot be taken back once it is spent; only a return takes points that are gone. A charge has looked
  -- itself, and a capture takes what was held for it.
  if c.units < 0 and c.type not in ('redeem', 'reverse_earn', 'transfer_in') and not (a.kind = 'points' and c.type = 'transfer_out')
    and a.balance + c.units < a.held then
    return (c.n, 'insufficient', null)::stored_value_changed;
  end if;
  update stored_value x set
      oldest_at = case when x.kind = 'points' and c.units > 0 then coalesce(x.oldest_at, c.at) else x.oldest_at end,
      balance = x.balance + c.units, pending = x.pending + coalesce(c.pending, 0), version = x.version + 1, updated_at = c.at,
      state = case when x.state = 'inactive' and c.units > 0 then 'active'
                   when x.kind <> 'gift_card' or x.state not in ('active', 'depleted') then x.state
                   when x.balance + c.units = 0 then 'depleted' else 'active' end
    where x.merchant_id = p_merchant and x.id = a.id returning * into a;
  v_own := nullif(coalesce(c.share_of, stored_value_own(p_merchant, a, c.customer_id)), a.id);
  perform stored_value_share_add(p_merchant, a.id, v_own, coalesce(c.share_units, c.units));
  insert into stored_value_entry (merchant_id, id, account_id, kind, type, units, pending, balance_after, amount, currency, ref_type,
      ref_id, unit_key, operation_id, order_id, reason, at, share_of)
    values (p_merchant, c.entry_id, a.id, a.kind, c.type, c.units, coalesce(c.pending, 0), a.balance, c.amount, c.currency, c.ref_type,
      c.ref_id, c.unit_key, c.operation_id, c.order_id, c.reason, c.at, v_own);
  v_event := a.kind || '_' || c.type;
  if c.counter_account is not null and c.amount <> 0 then
    v_postings := array[
      (p_merchant, c.entry_id, v_event, null, null, c.counter_account, c.currency, coalesce(c.channel, ''), c.store_id, c.amount)::ledger_posting,
      (p_merchant, c.entry_id, v_event, null, null, stored_value_liability(a.kind), c.currency, coalesce(c.channel, ''), c.store_id, -c.amount)::ledger_posting];
  end if;
  if a.kind = 'gift_card' and c.units <> 0 then
    select g.tax_rate_bp into v_rate from gift_card g where g.merchant_id = p_merchant and g.id = a.id and g.voucher = 'single_purpose';
    if found then
      v_vat := voucher_vat(a.balance, v_rate) - voucher_vat(a.balance - c.units, v_rate);
      v_other := case when c.type in ('redeem', 'reverse_redeem') then 'sales_clearing'
                      when c.counter_account is null or c.counter_account = 'sales_clearing' then 'vat_payable' else c.counter_account end;
      v_postings := v_postings || array[
        (p_merchant, c.entry_id, v_event, null, null, 'voucher_vat', c.currency, coalesce(c.channel, ''), c.store_id, v_vat)::ledger_posting,
        (p_merchant, c.entry_id, v_event, null, null, v_other, c.currency, coalesce(c.channel, ''), c.store_id, -v_vat)::ledger_posting];
    end if;
  end if;
  if cardinality(v_postings) > 0 then perform ledger_post(c.at, v_postings); end if;
  return (c.n, 'ok', stored_value_event(p_merchant, a, c.event_id, c.event_type, jsonb_build_object(
    'entry', c.type, 'units', c.units, 'amount', c.amount, 'payment_id', c.payment_id, 'operation_id', c.operation_id,
    'order_id', c.order_id, 'channel', c.channel, 'store_id', c.store_id, 'reason', c.reason)))::stored_value_changed;
end $$;

-- As in 0016, and locks those whose share changes too.
create or replace function stored_value_change_many(p_merchant text, p_rows json) returns table (n int, outcome text)
language plpgsql as $$
declare
  v_at timestamptz;
  v_done stored_value_changed[] := '{}';
  c stored_value_change;
begin
  perform stored_value_lock(p_merchant, array_agg(x.account_id), variadic array_agg(x.customer_id))
    from json_populate_recordset(null::stored_value_change, p_rows) x;
  for c in select * from json_populate_recordset(null::stored_value_change, p_rows) x order by x.n loop
    v_done := v_done || stored_value_change_one(p_merchant, c);
    v_at := c.at;
  end loop;
  perform event_append_rows(v_at, (select array_agg((d).event order by d.n) from unnest(v_done) d where d.outcome = 'ok'));
  return query select d.n, d.outcome from unnest(v_done) d;
end $$;

drop function stored_value_of_operation(stored_value_order, stored_value, text, text, bigint, bigint);
create function stored_value_of_operation(o stored_value_order, a stored_value, p_type text, p_what text, p_units bigint, p_amount bigint,
  p_share_of text, p_share_units bigint)
returns stored_value_change language sql immutable as $$
  select (0, o.entry_id, o.event_id, stored_value_told(a.kind, p_what), a.id, p_type, p_units, 0, p_amount, o.currency, 'operation', o.operation_id, '',
    o.operation_id, o.payment_id, null, null, null, null, null, o.at,
    null, p_share_of, p_share_units)::stored_value_change
$$;

-- Moves what one balance has for another over to it, or to the one that this is put together with. Answers the events.
create function stored_value_hand_over(p_merchant text, o stored_value_order, a stored_value, p_to text, p_own text, p_units bigint)
returns event_row[] language plpgsql as $$
declare
  v_type text := case a.kind when 'points' then 'loyalty.merged' else 'store_credit.merged' end;
  v_amount bigint := case a.kind when 'points' then 0 else p_units end;
begin
  return array[
    (stored_value_change_one(p_merchant, (0, o.spare_ids[1], o.spare_ids[2], v_type, a.id, 'transfer_out', -p_units, 0, -v_amount, o.currency,
      'merge', o.operation_id, '', null, o.payment_id, null, null, null, null, null, o.at, null, null, null)::stored_value_change)).event,
    (stored_value_change_one(p_merchant, (1, o.spare_ids[3], o.spare_ids[4], v_type, p_to, 'transfer_in', p_units, 0, v_amount, o.currency,
      'merge', o.operation_id, '', null, o.payment_id, null, null, null, null, null, o.at, null, p_own, p_units)::stored_value_change)).event];
end $$;

-- As in 0033, and in the share of the profile that pays.
create or replace function stored_value_charge(p_merchant text, o stored_value_order) returns stored_value_operation
language plpgsql as $$
declare
  a stored_value;
  x stored_value_operation;
  v_event event_row;
  v_units bigint;
  v_code text;
  v_own text;
begin
  perform stored_value_lock(p_merchant, array[o.account_id], o.customer_id);
  select * into a from stored_value s where s.merchant_id = p_merchant and s.id = o.account_id for update;
  if not found then return null; end if;
  select * into x from stored_value_operation s where s.merchant_id = p_merchant and s.id = o.operation_id;
  if found then return x; end if;
  v_code := case when a.state = 'inactive' then 'card_inactive' else stored_value_refusal(a, o.currency, o.at) end;
  if v_code is null and a.kind <> 'gift_card'
    and customer_now(p_merchant, o.customer_id) is distinct from customer_now(p_merchant, a.customer_id) then v_code := 'not_the_owner'; end if;
  v_units := stored_value_units(p_merchant, a.kind, o.amount, o.currency);
  if v_code is null and v_units is null then v_code := 'currency_mismatch'; end if;
  if v_code is null and a.balance - a.held < v_units then v_code := 'insufficient_balance'; end if;
  if v_code is not null then return stored_value_refuse(p_merchant, o, a.id, v_code); end if;

  v_own := stored_value_own(p_merchant, a, o.customer_id);
  if o.kind = 'authorize' then
    perform stored_value_share_add(p_merchant, a.id, v_own, -v_units);
    update stored_value s set held = s.held + v_units, version = s.version + 1, updated_at = o.at
      where s.merchant_id = p_merchant and s.id = a.id returning * into a;
    v_event := stored_value_event(p_merchant, a, o.event_id, stored_value_told(a.kind, 'held'),
      jsonb_build_object('units', v_units, 'amount', o.amount, 'payment_id', o.payment_id, 'operation_id', o.operation_id));
  else
    v_event := (stored_value_change_one(p_merchant, stored_value_of_operation(o, a, 'redeem', 'redeemed', -v_units, -o.amount, v_own, -v_units))).event;
  end if;
  insert into stored_value_operation (merchant_id, id, account_id, kind, payment_id, outcome, currency, amount, units, captured_amount, captured_units, is_closed, at, share_of)
    values (p_merchant, o.operation_id, a.id, o.kind, o.payment_id, 'succeeded', o.currency, o.amount, v_units,
      case o.kind when 'sale' then o.amount else 0 end, case o.kind when 'sale' then v_units else 0 end, o.kind = 'sale', o.at, v_own)
    returning * into x;
  perform event_append_rows(o.at, array[v_event]);
  return x;
end $$;

-- As in 0016, and in the share of the profile in whose name it is.
create or replace function stored_value_follow_up(p_merchant text, o stored_value_order) returns stored_value_operation
language plpgsql as $$
declare
  a stored_value;
  c stored_value_operation;
  x stored_value_operation;
  v_events event_row[];
  v_account text;
  v_own text;
  v_home text;
  v_units bigint := 0;
  v_amount bigint := o.amount;
  v_rest bigint;
  v_code text;
  d stored_value_debt;
begin
  -- Money that comes back, and what is held and let go, is the profile's in whose name it was taken, or that one's which it was merged
  -- into by now. What is held stays where it is held until then.
  select f.account_id, coalesce(f.share_of, f.account_id) into v_account, v_own
    from stored_value_operation f where f.merchant_id = p_merchant and f.id = o.original_id;
  if not found then return null; end if;
  perform stored_value_lock(p_merchant, array[v_account, v_own]);
  v_home := stored_value_home(p_merchant, v_own);
  if o.kind = 'refund' then v_account := v_home; end if;
  select * into a from stored_value s where s.merchant_id = p_merchant and s.id = v_account for update;
  select * into x from stored_value_operation s where s.merchant_id = p_merchant and s.id = o.operation_id;
  if found then return x; end if;
  select * into c from stored_value_operation s where s.merchant_id = p_merchant and s.id = o.original_id;
  v_code := case
    when c.outcome = 'declined' or c.kind not in ('sale', 'authorize') or (c.kind = 'sale' and o.kind <> 'refund') then 'original_unknown'
    when c.currency <> o.currency then 'currency_mismatch'
    when o.kind <> 'refund' and c.is_closed then 'hold_released'
    when o.kind = 'capture' and c.captured_amount + o.amount > c.amount then 'exceeds_hold'
    when o.kind = 'refund' and c.refunded_amount + o.amount > c.captured_amount then 'exceeds_captured'
    -- Money must not vanish on a dead card: the refund is refused, and goes to another card or to store credit.
    when o.kind = 'refund' then stored_value_refusal(a, coalesce(a.currency, ''), o.at) end;
  if v_code is not null then return stored_value_refuse(p_merchant, o, a.id, v_code); end if;

  if o.kind = 'refund' then
    v_units := case when a.kind <> 'points' then o.amount
      else greatest(0, stored_value_share(c.captured_units, c.refunded_amount + o.amount, c.captured_amount) - c.refunded_units) end;
    update stored_value_operation s set refunded_amount = s.refunded_amount + o.amount, refunded_units = s.refunded_units + v_units
      where s.merchant_id = p_merchant and s.id = c.id;
    v_events := array[(stored_value_change_one(p_merchant,
      stored_value_of_operation(o, a, 'reverse_redeem', 'refunded', v_units, o.amount, v_own, v_units))).event];
    -- Of what was spent while two profiles were one the other may have lent a part: that one has it back first.
    select * into d from stored_value_debt b where b.merchant_id = p_merchant and b.from_id = v_own and b.units > 0 and b.at >= c.at
      order by b.at, b.to_id limit 1 for update;
    if found and stored_value_home(p_merchant, d.to_id) <> a.id then
      v_rest := least(d.units, v_units);
      update stored_value_debt b set units = b.units - v_rest
        where b.merchant_id = p_merchant and b.from_id = d.from_id and b.to_id = d.to_id and b.at = d.at;
      v_events := v_events || stored_value_hand_over(p_merchant, o, a, stored_value_home(p_merchant, d.to_id), d.to_id, v_rest);
    end if;
  else
    -- What is still held for this charge; a capture takes its share of it, the last one and a void give up the rest.
    v_rest := c.units - c.captured_units;
    if o.kind = 'capture' then
      v_units := case when a.kind <> 'points' then o.amount
        else stored_value_share(c.units, c.captured_amount + o.amount, c.amount) - c.captured_units end;
    else
      v_amount := c.amount - c.captured_amount;
    end if;
    update stored_value_operation s set captured_amount = s.captured_amount + case o.kind when 'capture' then o.amount else 0 end,
        captured_units = s.captured_units + v_units,
        is_closed = o.kind = 'void' or coalesce(o.is_final, false) or s.captured_amount + o.amount = s.amount
      where s.merchant_id = p_merchant and s.id = c.id returning * into c;
    update stored_value s set held = s.held - case when c.is_closed then v_rest else v_units end, version = s.version + case o.kind when 'void' then 1 else 0 end, updated_at = o.at
      where s.merchant_id = p_merchant and s.id = a.id returning * into a;
    -- What this lets go of the hold.
    v_rest := case when c.is_closed then v_rest - v_units else 0 end;
    if v_home = a.id then perform stored_value_share_add(p_merchant, a.id, nullif(v_own, a.id), v_rest); end if;
    if o.kind = 'capture' then
      v_events := array[(stored_value_change_one(p_merchant,
        stored_value_of_operation(o, a, 'redeem', 'redeemed', -v_units, -o.amount, v_own, 0))).event];
    else
      v_events := array[stored_value_event(p_merchant, a, o.event_id, stored_value_told(a.kind, 'released'),
        jsonb_build_object('units', v_rest, 'amount', v_amount, 'payment_id', o.payment_id, 'operation_id', o.operation_id))];
    end if;
    if v_home <> a.id and v_rest > 0 then
      v_events := v_events || stored_value_hand_over(p_merchant, o, a, v_home, v_own, v_rest);
    end if;
  end if;
  insert into stored_value_operation (merchant_id, id, account_id, kind, parent_id, payment_id, outcome, currency, amount, units, at)
    values (p_merchant, o.operation_id, a.id, o.kind, c.id, o.payment_id, 'succeeded', o.currency, v_amount, v_units, o.at)
    returning * into x;
  perform event_append_rows(o.at, v_events);
  return x;
end $$;

-- As in 0016, and in the share of the profile that is named.
create or replace function stored_value_credit(p_merchant text, o stored_value_order) returns stored_value_operation
language plpgsql as $$
declare
  a stored_value;
  x stored_value_operation;
  v_event event_row;
  v_code text;
  v_own text;
begin
  perform stored_value_lock(p_merchant, array[o.account_id], o.customer_id);
  select * into a from stored_value s where s.merchant_id = p_merchant and s.id = o.account_id for update;
  if not found then return null; end if;
  select * into x from stored_value_operation s where s.merchant_id = p_merchant and s.id = o.operation_id;
  if found then return x; end if;
  v_code := case when a.kind = 'points' then 'currency_mismatch' else stored_value_refusal(a, o.currency, o.at) end;
  if v_code is not null then return stored_value_refuse(p_merchant, o, a.id, v_code); end if;
  v_own := stored_value_own(p_merchant, a, o.customer_id);
  v_event := (stored_value_change_one(p_merchant, stored_value_of_operation(o, a, 'credit', 'credited', o.amount, o.amount, v_own, o.amount))).event;
  insert into stored_value_operation (merchant_id, id, account_id, kind, payment_id, outcome, currency, amount, units, at)
    values (p_merchant, o.operation_id, a.id, 'credit', o.payment_id, 'succeeded', o.currency, o.amount, o.amount, o.at)
    returning * into x;
  perform event_append_rows(o.at, array[v_event]);
  return x;
end $$;
