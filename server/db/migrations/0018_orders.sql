-- Orders: what was agreed with a customer, line by line, and what has become of it. "order" is a reserved word of SQL, so the
-- table is sales_order. Amounts are minor units. Vocabulary and states: server/orders/README.md.

-- The last number given to an order. Taken after the stock, so that other processes wait for it as shortly as may be.
create table order_counter (
  merchant_id text collate "C" primary key,
  last_number bigint not null check (last_number > 0)
);

create table sales_order (
  -- No foreign key to the merchant, as with payments: it would lock one row for every order of that merchant.
  merchant_id        text collate "C" not null,
  id                 text collate "C" not null,
  -- What people call it. Rises; a refused order leaves no gap, but nothing rests on that.
  number             bigint not null,
  -- The cart it came from: one cart, one order, however often its completion is sent.
  cart_id            text collate "C" not null,
  state              text not null check (state in ('placed', 'confirmed', 'closed', 'cancelled')),
  -- Why it was cancelled; `expired` when nobody paid.
  cancel_reason      text,
  charge             text not null check (charge in ('now', 'on_shipment', 'on_collection')),
  channel            text not null,
  -- Where it was sold, and at which till.
  store_id           text collate "C",
  register_id        text collate "C",
  country            text not null,
  currency           text collate "C" not null check (currency ~ '^[A-Z]{3}$'),
  prices_include_tax boolean not null,
  tax_rounding       text not null,
  customer_id        text collate "C",
  email              text,
  reference          text,
  shipping_address   jsonb,
  billing_address    jsonb,
  metadata           jsonb,
  -- on_collection: the token to keep, until it is kept as an instrument of this order.
  token_id           text collate "C",
  instrument_id      text collate "C",
  -- What is owed now: the sums of the lines without what was cancelled of them. Written by server/orders/figures.ts.
  list               bigint not null,
  discount           bigint not null,
  net                bigint not null,
  tax                bigint not null,
  total              bigint not null check (total between 0 and 999999999999),
  -- What its payments come to. Written by order_settle only.
  payment_id         text collate "C",
  amount_held        bigint not null default 0,
  amount_captured    bigint not null default 0,
  amount_refunded    bigint not null default 0,
  amount_in_flight   bigint not null default 0,
  -- What we have decided to give back ourselves, whether or not it is done: keeps one reduction from being refunded twice. What was
  -- due for goods that came back unpaid counts against it: below nothing, that much of the total will never be paid.
  amount_to_refund   bigint not null default 0,
  -- Unpaid by then, the order is given up and its stock is free.
  expires_at         timestamptz,
  -- Counts what changes its lines: a draft of a change is good for the revision it was made of.
  revision           int not null default 1,
  version            int not null default 1,
  placed_at          timestamptz not null,
  confirmed_at       timestamptz,
  ended_at           timestamptz,
  updated_at         timestamptz not null,
  -- When its last unit was handed over: from then on its goods can be returned for so many days, and after those it is closed.
  fulfilled_at       timestamptz,
  -- Something stood in the way of closing it: not looked at again before. Changes no index, so looking again is cheap.
  close_again_at     timestamptz,
  constraint amounts_not_negative check (least(list, discount, net, tax, amount_held, amount_captured, amount_refunded,
    amount_in_flight) >= 0 and net + tax = total),
  constraint expires_while_placed check (expires_at is null or state = 'placed'),
  constraint cancelled_for_a_reason check ((state = 'cancelled') = (cancel_reason is not null)),
  primary key (merchant_id, id)
) with (fillfactor = 70);
create unique index sales_order_by_cart on sales_order (cart_id, merchant_id);
create unique index sales_order_by_number on sales_order (number, merchant_id);
create index sales_order_by_reference on sales_order (reference, merchant_id, id) where reference is not null;
create index sales_order_by_customer on sales_order (customer_id, merchant_id, id) where customer_id is not null;
create index sales_order_by_email on sales_order (lower(email), merchant_id, id) where email is not null;
create index sales_order_by_store on sales_order (store_id, merchant_id, id) where store_id is not null;
create index sales_order_to_close on sales_order (merchant_id, confirmed_at) where state = 'confirmed';
create index sales_order_by_expiry on sales_order (expires_at, merchant_id) where expires_at is not null;

-- A line as it was ordered: what is said of the article, its price and its tax never changes. Only the counters move.
create table order_line (
  merchant_id      text collate "C" not null,
  order_id         text collate "C" not null,
  id               text collate "C" not null,
  seq              int not null,
  -- Null for shipping and fees.
  variant_id       text collate "C",
  product_id       text collate "C",
  sku              text,
  name             text not null,
  kind             text not null check (kind in ('goods', 'shipping', 'fee', 'gift_card', 'deposit', 'tip')),
  unit             text not null,
  is_returnable    boolean not null,
  categories       text[] not null,
  -- What one unit takes from the stock: itself, its parts for a kit, nothing for what has no stock.
  components       jsonb not null,
  unit_price_e4    bigint not null check (unit_price_e4 >= 0),
  tax_code         text not null,
  tax_rate_bp      int not null check (tax_rate_bp between 0 and 10000),
  adjustments      jsonb not null,
  list             bigint not null,
  discount         bigint not null,
  net              bigint not null,
  tax              bigint not null,
  total            bigint not null,
  metadata         jsonb,
  -- Whole base units. Open is what is left: quantity - cancelled - fulfilled. Units are fulfilled and returned from the first
  -- on and cancelled from the last on, which is what gives each its share of the line's money.
  quantity         bigint not null check (quantity > 0),
  cancelled        bigint not null default 0,
  fulfilled        bigint not null default 0,
  return_requested bigint not null default 0,
  returned         bigint not null default 0,
  constraint amounts_add_up check (net + tax = total and least(list, discount, net, tax) >= 0 and discount <= list),
  constraint counters_within check (least(cancelled, fulfilled, return_requested, returned) >= 0
    and cancelled + fulfilled <= quantity and return_requested + returned <= fulfilled),
  primary key (merchant_id, order_id, id),
  foreign key (merchant_id, order_id) references sales_order
) with (fillfactor = 80);

-- What is to be handed over together: one source, one way, one destination. Fulfilments are made of these when the order is
-- confirmed. `lines`: [{line_id, unit_from, quantity, total, tax}], a part of each line's units and of its money. Written once.
create table order_group (
  merchant_id text collate "C" not null,
  order_id    text collate "C" not null,
  no          int not null check (no > 0),
  mode        text not null check (mode in ('take_away', 'collect', 'ship', 'ship_to_store', 'digital')),
  -- Whose stock is reserved for it; null for what has none.
  store_id    text collate "C",
  -- Where it goes: the store of a collection, or an address.
  destination jsonb,
  lines       jsonb not null,
  -- Why this source was chosen; null where nothing was chosen.
  score       jsonb,
  created_at  timestamptz not null,
  primary key (merchant_id, order_id, no),
  foreign key (merchant_id, order_id) references sales_order
);

-- A change of an order, first as a draft whose preview holds every line, tax and total it would lead to.
create table order_change (
  merchant_id text collate "C" not null,
  order_id    text collate "C" not null,
  id          text collate "C" not null,
  state       text not null check (state in ('draft', 'confirmed', 'declined')),
  revision    int not null,
  -- What was asked for, what it comes to, and the rows that confirming writes.
  actions     jsonb not null,
  preview     jsonb not null,
  plan        jsonb not null,
  created_by  text collate "C" not null,
  created_at  timestamptz not null,
  decided_by  text collate "C",
  decided_at  timestamptz,
  -- Of a cancellation, which is confirmed as it is made: the caller's key, so that a repeat after a crash finds it.
  key         text collate "C",
  primary key (merchant_id, order_id, id),
  unique (merchant_id, order_id, key),
  foreign key (merchant_id, order_id) references sales_order
);

-- Money to be given back: an intent, carried out through payments outside any transaction. `n` counts within the order, and
-- with its id makes the key under which the command is repeated until it is answered.
create table order_refund (
  merchant_id text collate "C" not null,
  order_id    text collate "C" not null,
  n           int not null check (n > 0),
  -- 'all': whatever is held or taken. 'part': `amount` of what was taken.
  scope       text not null check (scope in ('all', 'part')),
  amount      bigint not null check (amount >= 0),
  reason      text not null,
  -- False when money came for an order that was given up: then somebody is told.
  is_expected boolean not null,
  state       text not null check (state in ('open', 'done', 'failed')),
  attempt     int not null default 0,
  due_at      timestamptz not null,
  created_at  timestamptz not null,
  done_at     timestamptz,
  primary key (merchant_id, order_id, n),
  foreign key (merchant_id, order_id) references sales_order
);
create index order_refund_due on order_refund (due_at, merchant_id) where state = 'open';

-- What a person must look at. One open task per order and kind.
create table order_task (
  merchant_id text collate "C" not null,
  id          text collate "C" not null,
  order_id    text collate "C" not null,
  kind        text not null check (kind in ('capture_failed', 'goods_missing', 'payment_mismatch', 'payment_returned', 'payment_reversed', 'refund_failed')),
  payment_id  text collate "C",
  detail      text not null,
  created_at  timestamptz not null,
  closed_at   timestamptz,
  primary key (merchant_id, id),
  foreign key (merchant_id, order_id) references sales_order
);
create unique index order_task_open on order_task (order_id, kind, merchant_id) where closed_at is null;

-- ---- Counters ------------------------------------------------------------------------------------------------------

create type order_line_count as (order_id text, line_id text, cancelled bigint, fulfilled bigint, return_requested bigint, returned bigint);

-- Moves counters of lines, all rows or none: the one way in which they move. Rows: {order_id, line_id, and what is to be added}.
-- Locks the orders, sorted, so that cancelling, fulfilling and editing one order come one after the other. Raises OT001
-- not_found, invalid_state or exceeds_available, which undoes the caller's transaction.
create function order_count_lines(p_merchant text, p_rows json, p_states text[], p_at timestamptz) returns void
language plpgsql as $$
declare
  v_rows order_line_count[];
  v_orders text[];
  v_states text[];
  v_moved int;
begin
  select array_agg(s) into v_rows from (
    select r.order_id, r.line_id, coalesce(sum(r.cancelled), 0)::bigint, coalesce(sum(r.fulfilled), 0)::bigint,
        coalesce(sum(r.return_requested), 0)::bigint, coalesce(sum(r.returned), 0)::bigint
      from json_populate_recordset(null::order_line_count, p_rows) r group by r.order_id, r.line_id) s;
  if v_rows is null then return; end if;
  select array_agg(o.id), array_agg(distinct o.state) into v_orders, v_states from (
    select o.id, o.state from sales_order o
      where o.merchant_id = p_merchant and o.id in (select r.order_id from unnest(v_rows) r) order by o.id for update) o;
  if coalesce(cardinality(v_orders), 0) < (select count(distinct r.order_id) from unnest(v_rows) r) then perform refuse('not_found'); end if;
  if not v_states <@ p_states then perform refuse('invalid_state'); end if;
  update order_line l set cancelled = l.cancelled + r.cancelled, fulfilled = l.fulfilled + r.fulfilled,
      return_requested = l.return_requested + r.return_requested, returned = l.returned + r.returned
    from unnest(v_rows) r
    where l.merchant_id = p_merchant and l.order_id = r.order_id and l.id = r.line_id
      and l.cancelled + r.cancelled + l.fulfilled + r.fulfilled <= l.quantity
      and l.return_requested + r.return_requested + l.returned + r.returned <= l.fulfilled + r.fulfilled
      and least(l.cancelled + r.cancelled, l.fulfilled + r.fulfilled, l.return_requested + r.return_requested, l.returned + r.returned) >= 0;
  get diagnostics v_moved = row_count;
  if v_moved < cardinality(v_rows) then
    if exists (select from unnest(v_rows) r where not exists (
        select from order_line l where l.merchant_id = p_merchant and l.order_id = r.order_id and l.id = r.line_id)) then
      perform refuse('not_found');
    end if;
    perform refuse('exceeds_available');
  end if;
  update sales_order o set updated_at = p_at,
      fulfilled_at = case when exists (select from unnest(v_rows) r where r.order_id = o.id and r.fulfilled > 0) then p_at else o.fulfilled_at end
    where o.merchant_id = p_merchant and o.id = any (v_orders);
end $$;

-- Rows: {order_id, line_id, quantity}. A negative quantity takes it back.
create function order_fulfil_lines(p_merchant text, p_rows json, p_at timestamptz) returns void language sql as $$
  select order_count_lines(p_merchant, (select json_agg(json_build_object('order_id', r.order_id, 'line_id', r.line_id, 'fulfilled', r.quantity))
    from json_to_recordset(p_rows) r (order_id text, line_id text, quantity bigint)), array['confirmed'], p_at)
$$;

create function order_cancel_lines(p_merchant text, p_rows json, p_at timestamptz) returns void language sql as $$
  select order_count_lines(p_merchant, (select json_agg(json_build_object('order_id', r.order_id, 'line_id', r.line_id, 'cancelled', r.quantity))
    from json_to_recordset(p_rows) r (order_id text, line_id text, quantity bigint)), array['placed', 'confirmed'], p_at)
$$;

-- Rows: {order_id, line_id, requested, returned}: what is added to each counter; receiving what was requested is {-2, 2}.
create function order_return_lines(p_merchant text, p_rows json, p_at timestamptz) returns void language sql as $$
  select order_count_lines(p_merchant, (select json_agg(json_build_object('order_id', r.order_id, 'line_id', r.line_id,
      'return_requested', r.requested, 'returned', r.returned))
    from json_to_recordset(p_rows) r (order_id text, line_id text, requested bigint, returned bigint)), array['confirmed', 'closed'], p_at)
$$;
