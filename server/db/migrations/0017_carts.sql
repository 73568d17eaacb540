-- Carts: what somebody means to buy, on any number of devices at once. Prices and totals are not here: they are worked out
-- whenever a cart is read. What is here is what people chose, and what they were last shown.

create table cart (
  -- No foreign keys to merchant, store or customer: they would lock one row for every cart. The program checks them.
  merchant_id      text collate "C" not null,
  id               text collate "C" not null,
  state            text not null check (state in ('open', 'locked', 'parked', 'converted', 'merged', 'expired')),
  -- Counts the changes; If-Match compares with it, and an order takes exactly the version it was worked out from.
  version          int not null check (version > 0),
  currency         text collate "C" not null check (currency ~ '^[A-Z]{3}$'),
  -- Where it is now, and everywhere it has been, in the order of its journey.
  channel          text not null,
  channels_seen    text[] not null check (cardinality(channels_seen) between 1 and 20),
  store_id         text collate "C",
  register_id      text collate "C",
  customer_id      text collate "C",
  email            text check (length(email) <= 254),
  country          text check (country ~ '^[A-Z]{2}$'),
  shipping_address jsonb check (octet_length(shipping_address::text) <= 4096),
  codes            text[] not null default '{}' check (cardinality(codes) <= 10),
  -- SHA-256 of each secret that opens it without the merchant's key: one per device that was given one.
  secret_hashes    bytea[] not null default '{}' check (cardinality(secret_hashes) <= 10),
  -- The next line's place; never used twice, so that ties of rounding always fall the same way.
  next_seq         int not null check (next_seq > 0),
  locked_until     timestamptz,
  parked_name      text check (length(parked_name) <= 80),
  -- The quote whose prices it holds.
  quote_id         text collate "C",
  -- Where to go on: the order it became, or the cart it was merged into.
  moved_to         text collate "C",
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  expires_at       timestamptz not null,
  constraint lock_has_an_end check ((state = 'locked') = (locked_until is not null)),
  constraint moved_somewhere check ((state in ('converted', 'merged')) = (moved_to is not null)),
  primary key (merchant_id, id)
) with (fillfactor = 80);
create index cart_by_customer on cart (customer_id, merchant_id, id) where customer_id is not null;
create index cart_parked on cart (store_id, merchant_id, id) where state = 'parked';
create index cart_expiry on cart (expires_at, merchant_id, id) where state in ('open', 'locked', 'parked');

create table cart_line (
  merchant_id         text collate "C" not null,
  cart_id             text collate "C" not null,
  id                  text collate "C" not null,
  seq                 int not null check (seq > 0),
  variant_id          text collate "C" not null,
  -- Whole base units: pieces, or grams of a weighed article.
  quantity            bigint not null check (quantity between 1 and 1000000),
  -- Null: as the channel usually does it, taken along at a till and shipped elsewhere.
  mode                text check (mode in ('take_away', 'collect', 'ship', 'ship_to_store', 'digital')),
  mode_store_id       text collate "C",
  consumption         text check (consumption in ('take_away', 'eat_in')),
  note                text check (length(note) <= 500),
  -- A price set by staff, with its reason; or one that a quote promised, with what the quote took off.
  override_e4         bigint check (override_e4 >= 0),
  override_reason     text check (length(override_reason) between 1 and 200),
  frozen_e4           bigint check (frozen_e4 >= 0),
  frozen_discount     bigint check (frozen_discount >= 0),
  -- What was last shown and not objected to; null where nothing was shown yet. `seen_short`: fewer there than asked for.
  seen_e4             bigint check (seen_e4 >= 0),
  seen_short          boolean,
  seen_promotions     text[],
  constraint override_has_a_reason check ((override_e4 is null) = (override_reason is null)),
  constraint frozen_is_whole check ((frozen_e4 is null) = (frozen_discount is null)),
  primary key (merchant_id, cart_id, id),
  foreign key (merchant_id, cart_id) references cart (merchant_id, id)
);

-- Codes that hand a cart over to another device. In clear: a code lives ten minutes and works once, and whoever can read this
-- table can read the carts.
create table cart_code (
  merchant_id text collate "C" not null,
  code        text collate "C" not null,
  cart_id     text collate "C" not null,
  expires_at  timestamptz not null,
  primary key (merchant_id, code),
  foreign key (merchant_id, cart_id) references cart (merchant_id, id)
);
create index cart_code_by_cart on cart_code (cart_id, merchant_id);
create index cart_code_expiry on cart_code (expires_at);

-- An offer with its prices frozen: of one version of one cart, never changed but in state.
create table quote (
  merchant_id  text collate "C" not null,
  id           text collate "C" not null,
  cart_id      text collate "C" not null,
  cart_version int not null,
  -- That an accepted one was ordered is not kept here: the cart it became says so.
  state        text not null check (state in ('draft', 'sent', 'accepted', 'declined', 'expired')),
  version      int not null check (version > 0),
  valid_until  timestamptz not null,
  -- Everything the quote promises: lines with prices, discounts and taxes, as they were shown.
  snapshot     jsonb not null check (octet_length(snapshot::text) <= 1048576),
  customer_id  text collate "C",
  -- The cart with the frozen prices, made when it was accepted.
  accepted_cart_id text collate "C",
  created_at   timestamptz not null,
  constraint accepted_has_a_cart check ((state = 'accepted') = (accepted_cart_id is not null)),
  primary key (merchant_id, id),
  foreign key (merchant_id, cart_id) references cart (merchant_id, id)
);
create index quote_by_cart on quote (cart_id, merchant_id, id);
create index quote_expiry on quote (valid_until, merchant_id, id) where state in ('draft', 'sent');

create type cart_create_row as (
  merchant_id text, n int, at timestamptz, cart_id text, event_id text, currency text, channel text, store_id text, register_id text,
  customer_id text, email text, country text, shipping_address jsonb, codes text[], secret_hash text, quote_id text,
  expires_at timestamptz, lines jsonb
);
create type cart_line_row as (
  id text, seq int, variant_id text, quantity bigint, mode text, mode_store_id text, consumption text, note text,
  override_e4 bigint, override_reason text, frozen_e4 bigint, frozen_discount bigint, seen_e4 bigint, seen_short boolean,
  seen_promotions text[]
);

-- Makes carts with their lines and events, many in one call. A row that is there already was committed by a call whose answer
-- was lost: its answer is the same.
create function cart_create(p_merchant text, p_rows json)
returns table (n int, outcome text)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_rows cart_create_row[];
  v_base cart_create_row;
  v_made text[];
begin
  v_base.merchant_id := p_merchant;
  select array_agg(r) into v_rows from json_populate_recordset(v_base, p_rows) r;

  with made as (
    insert into cart (merchant_id, id, state, version, currency, channel, channels_seen, store_id, register_id, customer_id, email, country,
        shipping_address, codes, secret_hashes, next_seq, quote_id, created_at, updated_at, expires_at)
      select r.merchant_id, r.cart_id, 'open', 1, r.currency, r.channel, array[r.channel], r.store_id, r.register_id, r.customer_id,
        r.email, r.country, r.shipping_address, coalesce(r.codes, '{}'),
        case when r.secret_hash is null then '{}' else array[decode(r.secret_hash, 'hex')] end,
        coalesce(jsonb_array_length(r.lines), 0) + 1, r.quote_id, r.at, r.at, r.expires_at
      from unnest(v_rows) r
      on conflict (merchant_id, id) do nothing
      returning id
  ) select coalesce(array_agg(id), '{}') into v_made from made;

  insert into cart_line (merchant_id, cart_id, id, seq, variant_id, quantity, mode, mode_store_id, consumption, note, override_e4,
      override_reason, frozen_e4, frozen_discount, seen_e4, seen_short, seen_promotions)
    select r.merchant_id, r.cart_id, l.id, l.seq, l.variant_id, l.quantity, l.mode, l.mode_store_id, l.consumption, l.note, l.override_e4,
      l.override_reason, l.frozen_e4, l.frozen_discount, l.seen_e4, l.seen_short, l.seen_promotions
    from unnest(v_rows) r cross join lateral jsonb_populate_recordset(null::cart_line_row, r.lines) l
    where r.lines is not null and r.cart_id = any (v_made);

  perform event_append_rows((select max(r.at) from unnest(v_rows) r), (
    select array_agg((r.merchant_id, r.event_id, 'cart.created', 'cart', r.cart_id, 1, jsonb_build_object(
        'id', r.cart_id, 'state', 'open', 'version', 1, 'channel', r.channel, 'store_id', r.store_id, 'customer_id', r.customer_id,
        'order_id', null, 'moved_to', null, 'currency', r.currency, 'line_count', coalesce(jsonb_array_length(r.lines), 0)))::event_row
      order by r.n)
    from unnest(v_rows) r where r.cart_id = any (v_made)));

  return query select r.n, 'ok'::text from unnest(v_rows) r;
end $$;

create type cart_order_row as (
  merchant_id text, n int, at timestamptz, cart_id text, version int, order_id text, event_id text
);

-- For placing orders, inside the transaction that writes them: the cart becomes the order, once. Takes the locks of the carts in
-- sorted order. Outcomes per row:
--   ok               it is now the order's; `event` is to be appended with the order's own (null without an event_id)
--   known            it became an order before: `order_id` says which
--   version_conflict it has changed since it was worked out: `version` is the present one
--   closed           it was merged, parked or has expired; `state` says which
--   not_found
-- Of several rows for one cart the first (by n) gets it, the others learn of its order.
create function cart_lock_for_order(p_rows cart_order_row[])
returns table (n int, outcome text, order_id text, version int, state text, event event_row)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_converted int[];
begin
  perform from (
    select c.id from (select distinct r.merchant_id, r.cart_id from unnest(p_rows) r order by 1, 2) k
    cross join lateral (select x.merchant_id, x.id from cart x where x.merchant_id = k.merchant_id and x.id = k.cart_id for update) c
  ) locked;

  with wanted as (
    select distinct on (r.merchant_id, r.cart_id, r.version) r.* from unnest(p_rows) r order by r.merchant_id, r.cart_id, r.version, r.n
  ), converted as (
    -- Who it goes to is the order's to keep from here on.
    update cart c set state = 'converted', version = c.version + 1, moved_to = w.order_id, locked_until = null, updated_at = w.at,
        country = coalesce(c.shipping_address ->> 'country', c.country), email = null, shipping_address = null
      from wanted w
      where c.merchant_id = w.merchant_id and c.id = w.cart_id and c.version = w.version and c.state in ('open', 'locked')
        and c.expires_at > w.at
      returning w.n
  ) select coalesce(array_agg(n), '{}') into v_converted from converted;

  return query
    select r.n,
      case when c.id is null then 'not_found'
        when r.n = any (v_converted) then 'ok'
        when c.state = 'converted' then 'known'
        when c.state not in ('open', 'locked') or c.expires_at <= r.at then 'closed'
        else 'version_conflict' end,
      case when c.state = 'converted' then c.moved_to end,
      c.version,
      c.state,
      case when r.n = any (v_converted) and r.event_id is not null then
        (r.merchant_id, r.event_id, 'cart.converted', 'cart', r.cart_id, c.version, jsonb_build_object(
          'id', c.id, 'state', 'converted', 'version', c.version, 'channel', c.channel, 'store_id', c.store_id,
          'customer_id', c.customer_id, 'order_id', r.order_id, 'moved_to', r.order_id, 'currency', c.currency,
          'quote_id', c.quote_id))::event_row end
    from unnest(p_rows) r
    left join lateral (select * from cart x where x.merchant_id = r.merchant_id and x.id = r.cart_id) c on true;
end $$;
