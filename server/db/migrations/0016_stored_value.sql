-- Stored value: what a merchant owes on gift cards, as store credit, and in loyalty points. One account per card, or per
-- customer and currency, or per customer for points; its balance is the sum of its entries, which are append-only. A payment
-- draws on it through the connector stored_value, with holds, once per operation id. Owner: server/loyalty.

create table gift_card_programme (
  merchant_id  text collate "C" not null,
  code         text collate "C" not null check (code ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
  name         text not null check (length(name) between 1 and 120),
  -- Single purpose: tax is due when it is issued, at the rate kept here. Multi purpose: tax is due on what is bought with it.
  voucher      text not null check (voucher in ('single_purpose', 'multi_purpose')),
  tax_category text check (length(tax_category) between 1 and 40),
  tax_rate_bp  int check (tax_rate_bp between 0 and 10000),
  months_valid int check (months_valid between 1 and 1200),
  has_pin      boolean not null,
  -- Articles whose sale issues cards of this programme.
  skus         text[] not null check (cardinality(skus) <= 200),
  version      int not null check (version > 0),
  updated_at   timestamptz not null,
  primary key (merchant_id, code),
  check (voucher = 'multi_purpose' or (tax_category is not null and tax_rate_bp is not null))
);

-- Points count whole points in balance, held and pending; the others minor units of their currency.
create table stored_value (
  merchant_id text collate "C" not null,
  id          text collate "C" not null,
  kind        text not null check (kind in ('gift_card', 'store_credit', 'points')),
  currency    text collate "C" check (currency ~ '^[A-Z]{3}$'),
  customer_id text collate "C",
  state       text not null check (state in ('inactive', 'active', 'depleted', 'blocked', 'expired')),
  balance     bigint not null default 0,
  -- Promised to payments that are authorised and not captured; cannot be spent elsewhere.
  held        bigint not null default 0 check (held >= 0),
  -- Points earned that a return could still take back.
  pending     bigint not null default 0 check (pending >= 0),
  expires_at  timestamptz,
  -- Of a customer who was merged into another: what comes back to this balance goes to that one.
  merged_into text collate "C",
  -- Counts its events: the first, which tells that it is there, is 1. An account that was opened and never moved has none.
  version     int not null default 0,
  created_at  timestamptz not null,
  updated_at  timestamptz not null,
  -- Of points: when the oldest came that may be unspent; null when there are none.
  oldest_at   timestamptz,
  primary key (merchant_id, id),
  check ((currency is null) = (kind = 'points')),
  check (kind = 'gift_card' or customer_id is not null),
  check (pending = 0 or kind = 'points'),
  -- Only points may fall below zero, when goods whose points are spent come back; the next earning repays.
  constraint never_negative check (balance >= held or kind = 'points')
) with (fillfactor = 80);
create unique index stored_value_of_customer on stored_value (customer_id, kind, coalesce(currency, ''), merchant_id)
  where kind <> 'gift_card';
create index stored_value_by_customer on stored_value (customer_id, merchant_id, id) where customer_id is not null;
create index stored_value_merged on stored_value (merged_into, merchant_id) where merged_into is not null;
create index stored_value_oldest_points on stored_value (merchant_id, oldest_at) where kind = 'points' and oldest_at is not null;
create index stored_value_expiry on stored_value (expires_at, merchant_id) where state in ('active', 'depleted') and expires_at is not null;

create table gift_card (
  merchant_id       text collate "C" not null,
  id                text collate "C" not null,
  -- HMAC of the code under the merchant's key outside the database; the code itself is nowhere.
  code_hash         text collate "C" not null,
  last4             text not null check (length(last4) = 4),
  has_pin           boolean not null,
  programme         text collate "C",
  voucher           text not null check (voucher in ('single_purpose', 'multi_purpose')),
  tax_category      text,
  tax_rate_bp       int,
  wrong_pins        int not null default 0,
  pin_locked_until  timestamptz,
  -- What it was sold with.
  order_id          text collate "C",
  line_id           text collate "C",
  unit              bigint,
  replaces          text collate "C",
  -- The Idempotency-Key it was issued under: a command that crashed finds its card again.
  request_key       text collate "C",
  primary key (merchant_id, id),
  -- Checked at the end: the card comes first, because its unique indexes decide whether there is to be one.
  foreign key (merchant_id, id) references stored_value deferrable initially deferred,
  foreign key (merchant_id, programme) references gift_card_programme
);
create unique index gift_card_by_code on gift_card (code_hash, merchant_id);
create unique index gift_card_by_request on gift_card (request_key, merchant_id) where request_key is not null;
-- A unit of an order's line is one card, however often its issuing is asked for.
create unique index gift_card_by_order on gift_card (order_id, line_id, unit, merchant_id) where order_id is not null;

-- What each operation of the payment core did, refusals included: asked again, it answers the same.
create table stored_value_operation (
  merchant_id     text collate "C" not null,
  id              text collate "C" not null,
  account_id      text collate "C" not null,
  kind            text not null check (kind in ('sale', 'authorize', 'capture', 'void', 'refund', 'credit')),
  parent_id       text collate "C",
  payment_id      text collate "C" not null,
  outcome         text not null check (outcome in ('succeeded', 'declined')),
  code            text check ((code is not null) = (outcome = 'declined')),
  currency        text collate "C" not null,
  -- Money, and the same in units of the account; for points they differ.
  amount          bigint not null,
  units           bigint not null,
  -- Of a charge: what became of it.
  captured_amount bigint not null default 0,
  captured_units  bigint not null default 0,
  refunded_amount bigint not null default 0,
  refunded_units  bigint not null default 0,
  is_closed       boolean not null default false,
  at              timestamptz not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, account_id) references stored_value,
  check (refunded_amount between 0 and captured_amount and captured_amount <= amount),
  check (refunded_units between 0 and captured_units and captured_units <= units)
);

create table stored_value_entry (
  merchant_id   text collate "C" not null,
  id            text collate "C" not null,
  account_id    text collate "C" not null,
  kind          text not null,
  type          text not null check (type in ('issue', 'load', 'redeem', 'reverse_redeem', 'credit', 'adjust', 'expire',
                  'transfer_in', 'transfer_out', 'void_issue', 'earn_pending', 'earn_confirmed', 'reverse_earn')),
  -- Signed, in units of the account: what it did to the balance and to what is pending.
  units         bigint not null,
  pending       bigint not null default 0,
  balance_after bigint not null,
  -- What the liability in the books changed by, in minor units of the currency.
  amount        bigint not null,
  currency      text collate "C" not null,
  ref_type      text not null,
  ref_id        text collate "C" not null,
  unit_key      text collate "C" not null,
  operation_id  text collate "C",
  order_id      text collate "C",
  reason        text,
  at            timestamptz not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, account_id) references stored_value
);
-- One effect per type, cause and unit: a repeated message changes nothing.
create unique index stored_value_entry_once on stored_value_entry (ref_id, type, unit_key, merchant_id);
create index stored_value_entry_by_account on stored_value_entry (account_id, merchant_id, id);
create index stored_value_entry_by_kind on stored_value_entry (kind, merchant_id, id);
create index stored_value_entry_by_order on stored_value_entry (order_id, merchant_id, id) where order_id is not null;
create trigger stored_value_entry_append_only before update or delete or truncate on stored_value_entry
  for each statement execute function refuse_change();

create table loyalty_programme (
  merchant_id         text collate "C" primary key,
  name                text not null check (length(name) between 1 and 120),
  is_enabled          boolean not null,
  pending_days        int not null check (pending_days between 0 and 366),
  -- [{currency, earn_e4: points x 10^4 per major unit, point_value_e4: minor units x 10^4}]
  rates               jsonb not null,
  -- [{code, name, from_points, multiplier_bp}], lowest first.
  tiers               jsonb not null,
  excluded_categories text[] not null,
  version             int not null check (version > 0),
  updated_at          timestamptz not null,
  -- Points end that were not spent so many months after they came, the oldest first: what an account spent counts against what came
  -- first. Null: never.
  months_valid        int check (months_valid between 1 and 1200)
);

-- The points of one order line, from which every return takes its exact share.
create table loyalty_earning (
  merchant_id   text collate "C" not null,
  order_id      text collate "C" not null,
  line_id       text collate "C" not null,
  account_id    text collate "C" not null,
  quantity      bigint not null check (quantity >= 1),
  base          bigint not null check (base >= 0),
  points        bigint not null check (points >= 0),
  -- What the points are worth in the books.
  value         bigint not null check (value >= 0),
  currency      text collate "C" not null,
  -- Units that came back, from the first on, and units cancelled, from the last on: what is left is A(q - cancelled) - A(returned).
  returned      bigint not null default 0 check (returned >= 0),
  cancelled     bigint not null default 0 check (cancelled >= 0),
  -- Waits as long as the goods can be returned; null while that is not known, because they were not handed over.
  confirm_at    timestamptz,
  confirmed_at  timestamptz,
  primary key (merchant_id, order_id, line_id),
  foreign key (merchant_id, account_id) references stored_value,
  check (returned + cancelled <= quantity)
);
create index loyalty_earning_by_account on loyalty_earning (account_id, merchant_id);
create index loyalty_earning_due on loyalty_earning (confirm_at, merchant_id) where confirmed_at is null;

-- The account in the books that holds what is owed.
create function stored_value_liability(p_kind text) returns text language sql immutable as $$
  select case p_kind when 'gift_card' then 'gift_card_liability' when 'store_credit' then 'store_credit_liability' else 'loyalty_liability' end
$$;

-- Units of an account that an amount costs. Points: rounded up, so that no point is worth more than its value; null where the
-- programme names no value in that currency.
create function stored_value_units(p_merchant text, p_kind text, p_amount bigint, p_currency text) returns bigint
language sql stable as $$
  select case when p_kind <> 'points' then p_amount else (
    select (p_amount * 10000 + (r ->> 'point_value_e4')::bigint - 1) / (r ->> 'point_value_e4')::bigint
    from loyalty_programme p cross join lateral jsonb_array_elements(p.rates) r
    where p.merchant_id = p_merchant and p.is_enabled and r ->> 'currency' = p_currency) end
$$;

-- A part of what a whole of `p_total` costs, by share of `p_amount` in `p_whole`; halves up. Shares of growing parts add up.
create function stored_value_share(p_total bigint, p_part bigint, p_whole bigint) returns bigint language sql immutable as $$
  select div(2 * p_total::numeric * p_part + p_whole, 2 * p_whole::numeric)::bigint
$$;

create type stored_value_change as (
  n int, entry_id text, event_id text, event_type text, account_id text, type text, units bigint, pending bigint, amount bigint,
  currency text, ref_type text, ref_id text, unit_key text, operation_id text, payment_id text, order_id text, reason text,
  -- The other side in the books; null when somebody else books it (the payment core, the other half of a transfer) or nothing changes.
  counter_account text, channel text, store_id text, at timestamptz
);

create type stored_value_changed as (n int, outcome text, event event_row);

-- Books one change of a balance: entry, balance, state, ledger. Answers ok · repeated (this cause had this effect before) ·
-- not_found · insufficient, and the event, which the caller appends last. Locks the account, then the ledger's rows.
create function stored_value_change_one(p_merchant text, c stored_value_change) returns stored_value_changed
language plpgsql as $$
declare
  a stored_value;
begin
  select * into a from stored_value x where x.merchant_id = p_merchant and x.id = c.account_id for update;
  if not found then return (c.n, 'not_found', null)::stored_value_changed; end if;
  if exists (select from stored_value_entry e where e.ref_id = c.ref_id and e.type = c.type and e.unit_key = c.unit_key and e.merchant_id = p_merchant)
  then return (c.n, 'repeated', null)::stored_value_changed; end if;
  -- What was given out cannot be taken back once it is spent; only a return takes points that are gone. A charge has looked
  -- itself, and a capture takes what was held for it.
  if c.units < 0 and c.type not in ('redeem', 'reverse_earn', 'transfer_in') and a.balance + c.units < a.held then
    return (c.n, 'insufficient', null)::stored_value_changed;
  end if;
  update stored_value x set
      oldest_at = case when x.kind = 'points' and c.units > 0 then coalesce(x.oldest_at, c.at) else x.oldest_at end,
      balance = x.balance + c.units, pending = x.pending + coalesce(c.pending, 0), version = x.version + 1, updated_at = c.at,
      state = case when x.state = 'inactive' and c.units > 0 then 'active'
                   when x.kind <> 'gift_card' or x.state not in ('active', 'depleted') then x.state
                   when x.balance + c.units = 0 then 'depleted' else 'active' end
    where x.merchant_id = p_merchant and x.id = a.id returning * into a;
  insert into stored_value_entry (merchant_id, id, account_id, kind, type, units, pending, balance_after, amount, currency, ref_type,
      ref_id, unit_key, operation_id, order_id, reason, at)
    values (p_merchant, c.entry_id, a.id, a.kind, c.type, c.units, coalesce(c.pending, 0), a.balance, c.amount, c.currency, c.ref_type,
      c.ref_id, c.unit_key, c.operation_id, c.order_id, c.reason, c.at);
  if c.counter_account is not null and c.amount <> 0 then
    perform ledger_post(c.at, array[
      (p_merchant, c.entry_id, a.kind || '_' || c.type, null, null, c.counter_account, c.currency, coalesce(c.channel, ''), c.store_id, c.amount)::ledger_posting,
      (p_merchant, c.entry_id, a.kind || '_' || c.type, null, null, stored_value_liability(a.kind), c.currency, coalesce(c.channel, ''), c.store_id, -c.amount)::ledger_posting]);
  end if;
  return (c.n, 'ok', stored_value_event(p_merchant, a, c.event_id, c.event_type, jsonb_build_object(
    'entry', c.type, 'units', c.units, 'amount', c.amount, 'payment_id', c.payment_id, 'operation_id', c.operation_id,
    'order_id', c.order_id, 'channel', c.channel, 'store_id', c.store_id, 'reason', c.reason)))::stored_value_changed;
end $$;

-- Many changes in the caller's transaction: accounts locked in order, events appended last. Rows are stored_value_change with
-- merchant's ids made by the program.
create function stored_value_change_many(p_merchant text, p_rows json) returns table (n int, outcome text)
language plpgsql as $$
declare
  v_at timestamptz;
  v_done stored_value_changed[] := '{}';
  c stored_value_change;
begin
  perform from stored_value a where a.merchant_id = p_merchant
    and a.id in (select x.account_id from json_populate_recordset(null::stored_value_change, p_rows) x) order by a.id for update;
  for c in select * from json_populate_recordset(null::stored_value_change, p_rows) x order by x.n loop
    v_done := v_done || stored_value_change_one(p_merchant, c);
    v_at := c.at;
  end loop;
  perform event_append_rows(v_at, (select array_agg((d).event order by d.n) from unnest(v_done) d where d.outcome = 'ok'));
  return query select d.n, d.outcome from unnest(v_done) d;
end $$;

create function stored_value_event(p_merchant text, a stored_value, p_event_id text, p_type text, p_more jsonb) returns event_row
language sql immutable as $$
  select (p_merchant, p_event_id, p_type, case a.kind when 'points' then 'loyalty_account' else a.kind end, a.id, a.version,
    jsonb_build_object('id', a.id, 'state', a.state, 'currency', a.currency, 'customer_id', a.customer_id, 'balance', a.balance,
      'held', a.held, 'pending', a.pending) || p_more)::event_row
$$;

create type stored_value_order as (
  operation_id text, kind text, account_id text, original_id text, payment_id text, amount bigint, currency text, is_final boolean,
  entry_id text, event_id text, at timestamptz
);

-- Keeps and answers a refusal.
create function stored_value_refuse(p_merchant text, o stored_value_order, p_account text, p_code text) returns stored_value_operation
language sql as $$
  insert into stored_value_operation (merchant_id, id, account_id, kind, parent_id, payment_id, outcome, code, currency, amount, units, at)
    values (p_merchant, o.operation_id, p_account, o.kind, o.original_id, o.payment_id, 'declined', p_code, o.currency, o.amount, 0, o.at)
    returning *
$$;

-- Why an account cannot be used now; null when it can.
create function stored_value_refusal(a stored_value, p_currency text, p_at timestamptz) returns text language sql immutable as $$
  select case
    when a.currency <> p_currency then 'currency_mismatch'
    when a.state = 'blocked' then 'card_blocked'
    when a.state = 'expired' or a.expires_at <= p_at then 'card_expired' end
$$;

-- A sale or a hold. The account's row is the lock under which everything is decided, so the last euro is spent once.
create function stored_value_charge(p_merchant text, o stored_value_order) returns stored_value_operation
language plpgsql as $$
declare
  a stored_value;
  x stored_value_operation;
  v_event event_row;
  v_units bigint;
  v_code text;
begin
  select * into a from stored_value s where s.merchant_id = p_merchant and s.id = o.account_id for update;
  if not found then return null; end if;
  select * into x from stored_value_operation s where s.merchant_id = p_merchant and s.id = o.operation_id;
  if found then return x; end if;
  v_code := case when a.state = 'inactive' then 'card_inactive' else stored_value_refusal(a, o.currency, o.at) end;
  v_units := stored_value_units(p_merchant, a.kind, o.amount, o.currency);
  if v_code is null and v_units is null then v_code := 'currency_mismatch'; end if;
  if v_code is null and a.balance - a.held < v_units then v_code := 'insufficient_balance'; end if;
  if v_code is not null then return stored_value_refuse(p_merchant, o, a.id, v_code); end if;

  if o.kind = 'authorize' then
    update stored_value s set held = s.held + v_units, version = s.version + 1, updated_at = o.at
      where s.merchant_id = p_merchant and s.id = a.id returning * into a;
    v_event := stored_value_event(p_merchant, a, o.event_id, stored_value_told(a.kind, 'held'),
      jsonb_build_object('units', v_units, 'amount', o.amount, 'payment_id', o.payment_id, 'operation_id', o.operation_id));
  else
    v_event := (stored_value_change_one(p_merchant, stored_value_of_operation(o, a, 'redeem', 'redeemed', -v_units, -o.amount))).event;
  end if;
  insert into stored_value_operation (merchant_id, id, account_id, kind, payment_id, outcome, currency, amount, units, captured_amount, captured_units, is_closed, at)
    values (p_merchant, o.operation_id, a.id, o.kind, o.payment_id, 'succeeded', o.currency, o.amount, v_units,
      case o.kind when 'sale' then o.amount else 0 end, case o.kind when 'sale' then v_units else 0 end, o.kind = 'sale', o.at)
    returning * into x;
  perform event_append_rows(o.at, array[v_event]);
  return x;
end $$;

-- What an operation of the payment core is told as.
create function stored_value_told(p_kind text, p_what text) returns text language sql immutable as $$
  select case p_kind
    when 'gift_card' then case p_what when 'held' then 'gift_card.held' when 'released' then 'gift_card.released'
      when 'redeemed' then 'gift_card.redeemed' when 'refunded' then 'gift_card.refunded' else 'gift_card.credited' end
    when 'store_credit' then case p_what when 'held' then 'store_credit.held' when 'released' then 'store_credit.released'
      when 'redeemed' then 'store_credit.redeemed' when 'refunded' then 'store_credit.refunded' else 'store_credit.credited' end
    else case p_what when 'held' then 'loyalty.held' when 'released' then 'loyalty.released'
      when 'redeemed' then 'loyalty.redeemed' else 'loyalty.refunded' end end
$$;

create function stored_value_of_operation(o stored_value_order, a stored_value, p_type text, p_what text, p_units bigint, p_amount bigint)
returns stored_value_change language sql immutable as $$
  select (0, o.entry_id, o.event_id, stored_value_told(a.kind, p_what), a.id, p_type, p_units, 0, p_amount, o.currency, 'operation', o.operation_id, '',
    o.operation_id, o.payment_id, null, null, null, null, null, o.at)::stored_value_change
$$;

-- Capture, void and refund of an earlier charge.
create function stored_value_follow_up(p_merchant text, o stored_value_order) returns stored_value_operation
language plpgsql as $$
declare
  a stored_value;
  c stored_value_operation;
  x stored_value_operation;
  v_event event_row;
  v_account text;
  v_units bigint := 0;
  v_amount bigint := o.amount;
  v_rest bigint;
  v_code text;
begin
  -- Money that comes back finds the profile its owner was merged into; what is held stays where it is held.
  select case o.kind when 'refund' then coalesce(s.merged_into, s.id) else s.id end into v_account
    from stored_value_operation f join stored_value s on s.merchant_id = f.merchant_id and s.id = f.account_id
    where f.merchant_id = p_merchant and f.id = o.original_id;
  if not found then return null; end if;
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
    v_event := (stored_value_change_one(p_merchant, stored_value_of_operation(o, a, 'reverse_redeem', 'refunded', v_units, o.amount))).event;
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
    if o.kind = 'capture' then
      v_event := (stored_value_change_one(p_merchant, stored_value_of_operation(o, a, 'redeem', 'redeemed', -v_units, -o.amount))).event;
    else
      v_event := stored_value_event(p_merchant, a, o.event_id, stored_value_told(a.kind, 'released'),
        jsonb_build_object('units', v_rest, 'amount', v_amount, 'payment_id', o.payment_id, 'operation_id', o.operation_id));
    end if;
  end if;
  insert into stored_value_operation (merchant_id, id, account_id, kind, parent_id, payment_id, outcome, currency, amount, units, at)
    values (p_merchant, o.operation_id, a.id, o.kind, c.id, o.payment_id, 'succeeded', o.currency, v_amount, v_units, o.at)
    returning * into x;
  perform event_append_rows(o.at, array[v_event]);
  return x;
end $$;

-- Money that comes without an earlier charge: a refund to another destination, or goodwill.
create function stored_value_credit(p_merchant text, o stored_value_order) returns stored_value_operation
language plpgsql as $$
declare
  a stored_value;
  x stored_value_operation;
  v_event event_row;
  v_code text;
begin
  select * into a from stored_value s where s.merchant_id = p_merchant and s.id = o.account_id for update;
  if not found then return null; end if;
  select * into x from stored_value_operation s where s.merchant_id = p_merchant and s.id = o.operation_id;
  if found then return x; end if;
  v_code := case when a.kind = 'points' then 'currency_mismatch' else stored_value_refusal(a, o.currency, o.at) end;
  if v_code is not null then return stored_value_refuse(p_merchant, o, a.id, v_code); end if;
  v_event := (stored_value_change_one(p_merchant, stored_value_of_operation(o, a, 'credit', 'credited', o.amount, o.amount))).event;
  insert into stored_value_operation (merchant_id, id, account_id, kind, payment_id, outcome, currency, amount, units, at)
    values (p_merchant, o.operation_id, a.id, 'credit', o.payment_id, 'succeeded', o.currency, o.amount, o.amount, o.at)
    returning * into x;
  perform event_append_rows(o.at, array[v_event]);
  return x;
end $$;
