-- Stock: how many of an article are where. Two kinds of facts, reservations and movements, and a level per article and store that
-- is worked out from them by triggers, in the statement that writes the facts: whoever writes, the sums are right and nothing can
-- be promised twice. Quantities are whole base units.

-- A store is a place that holds stock.
alter table store drop constraint store_kind_check;
alter table store
  add constraint store_kind_check check (kind in ('shop', 'web', 'warehouse', 'popup')),
  add column address             jsonb check (octet_length(address::text) <= 4096),
  add column latitude            double precision check (latitude between -90 and 90),
  add column longitude           double precision check (longitude between -180 and 180),
  -- {"mon": [{"from": "09:00", "to": "18:00"}], …}, in the store's own time zone; null: not told.
  add column opening_hours       jsonb check (octet_length(opening_hours::text) <= 4096),
  -- Null: what its kind usually can.
  add column capabilities        text[] check (capabilities <@ array['sell', 'pickup', 'ship_from', 'return', 'endless_aisle']),
  add column pickup_lead_minutes int not null default 120 check (pickup_lead_minutes between 0 and 40320),
  add column pickup_hold_days    int not null default 7 check (pickup_hold_days between 1 and 60),
  -- Orders it can get ready in an hour; null: no limit.
  add column pickup_capacity     int check (pickup_capacity between 1 and 10000),
  -- What a parcel costs that leaves from here, minor units of its currency; how it compares with other stores is what counts.
  add column parcel_cost         int not null default 0 check (parcel_cost between 0 and 1000000),
  -- Whether cash is rounded where the law leaves that to the merchant; elsewhere it means nothing.
  add column rounds_cash         boolean not null default true,
  add constraint store_is_somewhere check ((latitude is null) = (longitude is null));

create table stock_level (
  merchant_id text collate "C" not null,
  variant_id  text collate "C" not null,
  store_id    text collate "C" not null,
  -- Physically there, whatever its condition. Below zero only when more was sold at a till than was known to be there.
  on_hand     bigint not null default 0,
  -- There and not for sale.
  damaged     bigint not null default 0,
  display     bigint not null default 0,
  quality     bigint not null default 0,
  hold        bigint not null default 0,
  -- Promised: the sum of the active reservations.
  reserved    bigint not null default 0,
  -- On its way here.
  incoming    bigint not null default 0,
  -- What was sold, counted away or taken along beyond what is there. Only facts from the shop floor raise it, promises never do.
  oversold    bigint not null default 0,
  primary key (merchant_id, variant_id, store_id),
  constraint quantities_not_negative check (least(damaged, display, quality, hold, reserved, incoming, oversold) >= 0),
  -- Nobody can promise what is not there, by whatever way they come.
  constraint promised_is_there check (reserved + damaged + display + quality + hold <= on_hand + oversold)
) with (fillfactor = 50);
create index stock_level_by_store on stock_level (store_id, merchant_id, variant_id);

-- What was promised to whom. One row per reference, article and store; `quantity` is what is still promised.
create table stock_reservation (
  merchant_id text collate "C" not null,
  ref         text collate "C" not null,
  variant_id  text collate "C" not null,
  store_id    text collate "C" not null,
  kind        text not null check (kind in ('cart', 'order', 'pickup', 'transfer', 'till')),
  -- In the customer's hands already: counts even when the stock says otherwise.
  is_forced   boolean not null,
  quantity    bigint not null,
  consumed    bigint not null default 0,
  released    bigint not null default 0,
  expires_at  timestamptz,
  created_at  timestamptz not null,
  primary key (merchant_id, ref, variant_id, store_id),
  constraint parts_not_negative check (least(quantity, consumed, released) >= 0)
) with (fillfactor = 70);
create index stock_reservation_by_article on stock_reservation (variant_id, store_id, merchant_id) where quantity > 0;
create index stock_reservation_due on stock_reservation (expires_at, merchant_id) where quantity > 0 and expires_at is not null;

-- Counts draw from it too, to know which movements came before them.
create sequence stock_movement_seq;
grant usage on sequence stock_movement_seq to public;
-- What happened to the goods. `quantity` changes what is on hand, `bucket_quantity` what of it is not for sale.
create table stock_movement (
  merchant_id     text collate "C" not null,
  id              text collate "C" not null,
  variant_id      text collate "C" not null,
  store_id        text collate "C" not null,
  kind            text not null check (kind in ('receive', 'sale', 'return', 'adjust', 'count', 'transfer_out', 'transfer_in')),
  reason          text not null,
  quantity        bigint not null,
  bucket          text check (bucket in ('damaged', 'display', 'quality', 'hold')),
  bucket_quantity bigint not null default 0,
  -- What it was about: an order, a return, a transfer, a count, the caller's own reference.
  ref             text collate "C",
  -- Who: an API key, or the part of the program that carried it out.
  actor           text collate "C",
  occurred_at     timestamptz not null,
  recorded_at     timestamptz not null,
  -- The order in which movements of one level came: drawn under the lock of the level, never compared between levels.
  seq             bigint not null default nextval('stock_movement_seq'),
  primary key (merchant_id, id),
  constraint something_moves check (quantity <> 0 or bucket_quantity <> 0),
  constraint bucket_is_named check ((bucket is null) = (bucket_quantity = 0))
);
create index stock_movement_by_article on stock_movement (variant_id, merchant_id, id);
create index stock_movement_by_ref on stock_movement (ref, merchant_id) where ref is not null;
create trigger stock_movement_append_only before update or delete or truncate on stock_movement
  for each statement execute function refuse_change();

-- Kept back from a channel: of one article, or ('') of every article, in a store.
create table stock_safety (
  merchant_id text collate "C" not null,
  store_id    text collate "C" not null,
  variant_id  text collate "C" not null,
  channel     text not null,
  quantity    bigint not null check (quantity between 0 and 1000000000),
  primary key (merchant_id, store_id, variant_id, channel)
);

-- The stores a channel sells from. A channel without rows sells from every store that can send.
create table channel_pool (
  merchant_id text collate "C" not null,
  channel     text not null,
  store_id    text collate "C" not null,
  primary key (merchant_id, channel, store_id)
);

-- What somebody must look at on the shop floor. The id is made from the cause: the same cause opens one task.
create table stock_task (
  merchant_id text collate "C" not null,
  id          text collate "C" not null,
  kind        text not null check (kind in ('oversold', 'transfer_discrepancy')),
  variant_id  text collate "C" not null,
  store_id    text collate "C" not null,
  quantity    bigint not null,
  ref         text collate "C",
  opened_at   timestamptz not null,
  closed_at   timestamptz,
  note        text,
  primary key (merchant_id, id)
);
create unique index stock_task_oversold on stock_task (variant_id, store_id, merchant_id) where kind = 'oversold' and closed_at is null;

-- Goods on their way from one store to another.
create table transfer (
  merchant_id   text collate "C" not null,
  id            text collate "C" not null,
  from_store_id text collate "C" not null,
  to_store_id   text collate "C" not null check (to_store_id <> from_store_id),
  state         text not null check (state in ('draft', 'in_transit', 'returning', 'received', 'cancelled')),
  -- The order it is for, or the caller's own number.
  reference     text collate "C",
  version       int not null check (version > 0),
  created_at    timestamptz not null,
  shipped_at    timestamptz,
  ended_at      timestamptz,
  primary key (merchant_id, id)
);
create index transfer_by_reference on transfer (reference, merchant_id) where reference is not null;
create table transfer_line (
  merchant_id text collate "C" not null,
  transfer_id text collate "C" not null,
  variant_id  text collate "C" not null,
  quantity    bigint not null check (quantity > 0),
  -- Arrived in good order, arrived broken, never arrived, came back to where it left. Together never more than was sent.
  received    bigint not null default 0,
  damaged     bigint not null default 0,
  lost        bigint not null default 0,
  returned    bigint not null default 0,
  -- Arrived beyond what was sent.
  extra       bigint not null default 0,
  -- Somebody waits for so many: as they arrive they are reserved, under the transfer's id, until whoever waits takes them over.
  promised    bigint not null default 0,
  primary key (merchant_id, transfer_id, variant_id),
  foreign key (merchant_id, transfer_id) references transfer,
  constraint promised_is_sent check (promised between 0 and quantity),
  constraint arrived_was_sent check (least(received, damaged, lost, returned, extra) >= 0 and received + damaged + lost + returned <= quantity)
);

-- A count of some articles in one store. What was expected is worked out when it is handed in, never shown before.
create table stock_count (
  merchant_id  text collate "C" not null,
  id           text collate "C" not null,
  store_id     text collate "C" not null,
  name         text not null,
  state        text not null check (state in ('open', 'submitted', 'cancelled')),
  version      int not null check (version > 0),
  created_at   timestamptz not null,
  ended_at     timestamptz,
  primary key (merchant_id, id)
);
create table stock_count_line (
  merchant_id text collate "C" not null,
  count_id    text collate "C" not null,
  variant_id  text collate "C" not null,
  counted     bigint not null check (counted between 0 and 1000000000),
  counted_at  timestamptz not null,
  -- What the stock said of that moment when the figure came, and the last movement it knew of.
  level_then  bigint not null,
  mark        bigint not null,
  -- What it says of that moment by what is known when the count is handed in.
  expected    bigint,
  -- A later count of the article was handed in first: this figure changes nothing.
  is_overtaken boolean not null default false,
  primary key (merchant_id, count_id, variant_id),
  foreign key (merchant_id, count_id) references stock_count
);
create index stock_count_line_by_article on stock_count_line (variant_id, merchant_id, counted_at);

-- A caller's reference of adjustments: the same one again changes nothing.
create table stock_reference (
  merchant_id text collate "C" not null,
  reference   text collate "C" not null,
  fingerprint text collate "C" not null,
  primary key (merchant_id, reference)
);

-- ---- Levels follow the facts ---------------------------------------------------------------------------------------

create function stock_task_id(p_merchant text, p_variant text, p_store text, p_cause text) returns text language sql immutable as $$
  select 'tsk_' || upper(left(md5(p_merchant || p_variant || p_store || p_cause), 26))
$$;

-- The change of levels that some facts make, summed. `is_fact`: from the shop floor, so it may oversell; a promise may not.
create type stock_change as (
  merchant_id text, variant_id text, store_id text, on_hand bigint, damaged bigint, display bigint, quality bigint, hold bigint,
  reserved bigint, is_fact boolean, cause text, at timestamptz
);

create function stock_apply(p_changes stock_change[]) returns void
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare
  v_worse stock_task[];
begin
  with moved as (
    update stock_level l set on_hand = l.on_hand + c.on_hand, damaged = l.damaged + c.damaged, display = l.display + c.display,
        quality = l.quality + c.quality, hold = l.hold + c.hold, reserved = l.reserved + c.reserved,
        -- Facts of the shop floor say how it is. Everything else can only make it better; what would make it worse fails the CHECK.
        oversold = case when c.is_fact then c.needed else least(l.oversold, c.needed) end
      from (
        select c.*, l.oversold as was, greatest(0, l.reserved + c.reserved + l.damaged + c.damaged + l.display + c.display
            + l.quality + c.quality + l.hold + c.hold - l.on_hand - c.on_hand) as needed
          from unnest(p_changes) c
          join stock_level l on l.merchant_id = c.merchant_id and l.variant_id = c.variant_id and l.store_id = c.store_id
      ) c
      where l.merchant_id = c.merchant_id and l.variant_id = c.variant_id and l.store_id = c.store_id
      returning l.merchant_id, l.variant_id, l.store_id, l.oversold, c.was, c.cause, c.at
  ) select array_agg((m.merchant_id, stock_task_id(m.merchant_id, m.variant_id, m.store_id, m.cause), 'oversold', m.variant_id, m.store_id,
        m.oversold, m.cause, m.at, null, null)::stock_task) into v_worse
      from moved m where m.oversold > m.was;
  if v_worse is not null then
    insert into stock_task select w.* from unnest(v_worse) w on conflict do nothing;
  end if;
end $$;

create function stock_movement_moves_level() returns trigger language plpgsql as $$
begin
  insert into stock_level (merchant_id, variant_id, store_id)
    select distinct a.merchant_id, a.variant_id, a.store_id from added a order by 1, 2, 3
    on conflict do nothing;
  perform stock_apply(array(select (a.merchant_id, a.variant_id, a.store_id, sum(a.quantity),
      coalesce(sum(a.bucket_quantity) filter (where a.bucket = 'damaged'), 0), coalesce(sum(a.bucket_quantity) filter (where a.bucket = 'display'), 0),
      coalesce(sum(a.bucket_quantity) filter (where a.bucket = 'quality'), 0), coalesce(sum(a.bucket_quantity) filter (where a.bucket = 'hold'), 0),
      0, bool_or(a.kind in ('sale', 'count', 'transfer_out')), min(coalesce(a.ref, a.id)), max(a.recorded_at))::stock_change
    from added a group by a.merchant_id, a.variant_id, a.store_id));
  return null;
end $$;
create trigger stock_movement_level after insert on stock_movement referencing new table as added
  for each statement execute function stock_movement_moves_level();

create function stock_reservation_added() returns trigger language plpgsql as $$
begin
  perform stock_apply(array(select (a.merchant_id, a.variant_id, a.store_id, 0, 0, 0, 0, 0, sum(a.quantity), bool_or(a.is_forced),
      min(a.ref), max(a.created_at))::stock_change
    from added a where a.quantity > 0 group by a.merchant_id, a.variant_id, a.store_id));
  return null;
end $$;
create trigger stock_reservation_insert after insert on stock_reservation referencing new table as added
  for each statement execute function stock_reservation_added();

create function stock_reservation_changed() returns trigger language plpgsql as $$
begin
  perform stock_apply(array(select (n.merchant_id, n.variant_id, n.store_id, 0, 0, 0, 0, 0, sum(n.quantity - o.quantity), bool_or(n.is_forced and n.quantity > o.quantity),
      min(n.ref), max(n.created_at))::stock_change
    from after n join before o on o.merchant_id = n.merchant_id and o.ref = n.ref and o.variant_id = n.variant_id and o.store_id = n.store_id
    where n.quantity <> o.quantity group by n.merchant_id, n.variant_id, n.store_id));
  return null;
end $$;
create trigger stock_reservation_update after update on stock_reservation referencing old table as before new table as after
  for each statement execute function stock_reservation_changed();

-- Takes the locks of levels in sorted order, making those that are missing. Every function begins with it. The levels may be of
-- several merchants: articles and stores are one merchant's, so what is sorted by them is sorted the same way for one.
create function stock_lock_all(p_merchants text[], p_variants text[], p_stores text[]) returns void
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
begin
  insert into stock_level (merchant_id, variant_id, store_id)
    select distinct k.merchant_id, k.variant_id, k.store_id from unnest(p_merchants, p_variants, p_stores) k (merchant_id, variant_id, store_id)
    where not exists (select from stock_level l where l.merchant_id = k.merchant_id and l.variant_id = k.variant_id and l.store_id = k.store_id)
    order by 2, 3, 1
    on conflict do nothing;
  perform from (select distinct k.variant_id, k.store_id, k.merchant_id
      from unnest(p_merchants, p_variants, p_stores) k (merchant_id, variant_id, store_id) order by 1, 2, 3) k
    cross join lateral (select l.on_hand from stock_level l
      where l.merchant_id = k.merchant_id and l.variant_id = k.variant_id and l.store_id = k.store_id for update) l;
end $$;

-- The same for one merchant.
create function stock_lock(p_merchant text, p_variants text[], p_stores text[]) returns void
language plpgsql as $$
begin
  perform stock_lock_all(array_fill(p_merchant, array[cardinality(p_variants)]), p_variants, p_stores);
end $$;

-- ---- Reserving -----------------------------------------------------------------------------------------------------

create type stock_wanted as (n int, ref text, kind text, is_forced boolean, channel text, expires_at timestamptz, at timestamptz,
  variant_id text, store_id text, quantity bigint, merchant_id text);

-- What a channel may still promise of a level: what is there and for sale, not promised, and not kept back from that channel.
create function stock_free(l stock_level, p_channel text) returns bigint language sql stable as $$
  select l.on_hand - l.damaged - l.display - l.quality - l.hold - l.reserved - coalesce((
    select max(s.quantity) from stock_safety s where s.merchant_id = l.merchant_id and s.store_id = l.store_id
      and s.variant_id in ('', l.variant_id) and s.channel = p_channel), 0)
$$;

-- Reserves sets: each n whole or not at all, however many rows it has; no row twice of one n, reference, article and store. Rows with
-- is_forced are never refused. Outcomes: ok · out_of_stock, with what is short: [{variant_id, store_id, available}]. Rows are served in
-- the order of n, which is of one merchant.
create function stock_reserve_rows(p_wanted stock_wanted[])
returns table (n int, outcome text, short json)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_left jsonb;
  v_refused int[] := '{}';
  v_row record;
  v_short json;
begin
  perform stock_lock_all(array(select w.merchant_id from unnest(p_wanted) w), array(select w.variant_id from unnest(p_wanted) w),
    array(select w.store_id from unnest(p_wanted) w));

  -- Usually there is enough for all, and nobody has to be looked at alone.
  if exists (
    select from unnest(p_wanted) w
      join stock_level l on l.merchant_id = w.merchant_id and l.variant_id = w.variant_id and l.store_id = w.store_id
      group by l.merchant_id, l.variant_id, l.store_id, w.channel, stock_free(l, w.channel)
      having sum(w.quantity) filter (where not w.is_forced) > stock_free(l, w.channel))
    or exists (select from unnest(p_wanted) w group by w.merchant_id, w.variant_id, w.store_id having count(distinct w.channel) > 1)
    or exists (select from unnest(p_wanted) w where w.is_forced)
  then
    v_left := '{}';
    for v_row in select w.n, w.ref, w.is_forced, array_agg(w) as lines from unnest(p_wanted) w group by 1, 2, 3 order by 3 desc, 1, 2 loop
      select json_agg(json_build_object('variant_id', w.variant_id, 'store_id', w.store_id, 'available', greatest(0, x.free))) into v_short
        from unnest(v_row.lines::stock_wanted[]) w
        join stock_level l on l.merchant_id = w.merchant_id and l.variant_id = w.variant_id and l.store_id = w.store_id
        cross join lateral (select stock_free(l, w.channel) - coalesce((v_left ->> (w.variant_id || w.store_id))::bigint, 0) as free) x
        where w.quantity > x.free and not w.is_forced;
      if v_short is not null then
        v_refused := v_refused || v_row.n;
        return query select v_row.n, 'out_of_stock'::text, v_short;
      else
        select v_left || coalesce(jsonb_object_agg(w.variant_id || w.store_id, coalesce((v_left ->> (w.variant_id || w.store_id))::bigint, 0) + w.quantity), '{}')
          into v_left from unnest(v_row.lines::stock_wanted[]) w;
      end if;
    end loop;
  end if;

  -- What customers hold in their hands first, so that promises are held against what is left.
  insert into stock_reservation as s (merchant_id, ref, variant_id, store_id, kind, is_forced, quantity, expires_at, created_at)
    select w.merchant_id, w.ref, w.variant_id, w.store_id, w.kind, w.is_forced, w.quantity, w.expires_at, w.at
    from unnest(p_wanted) w where w.n <> all (v_refused) order by w.is_forced desc, w.ref, w.variant_id, w.store_id
    on conflict (merchant_id, ref, variant_id, store_id) do update set quantity = s.quantity + excluded.quantity, expires_at = excluded.expires_at,
      is_forced = s.is_forced or excluded.is_forced;
  return query select w.n, 'ok'::text, null::json from (select distinct x.n from unnest(p_wanted) x where x.n <> all (v_refused)) w;
end $$;

-- The same for rows as JSON: {n, reservation_ref, kind, expires_at, allow_negative, channel, at, lines: [{variant_id, store_id, quantity}]}.
-- Several lines of one article count together; allow_negative is is_forced.
create function stock_reserve(p_merchant text, p_rows json)
returns table (n int, outcome text, short json)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_wanted stock_wanted[];
begin
  select array_agg(w) into v_wanted from (
    select r.n, r.reservation_ref, r.kind, coalesce(r.allow_negative, false), r.channel, r.expires_at, r.at, l.variant_id, l.store_id,
        sum(l.quantity)::bigint, p_merchant
      from json_to_recordset(p_rows) r (n int, reservation_ref text, kind text, allow_negative boolean, channel text, expires_at timestamptz, at timestamptz, lines json)
      cross join lateral json_to_recordset(r.lines) l (variant_id text, store_id text, quantity bigint)
      group by 1, 2, 3, 4, 5, 6, 7, 8, 9) w;
  if v_wanted is null then
    return query select r.n, 'ok'::text, null::json from json_to_recordset(p_rows) r (n int);
    return;
  end if;
  return query select * from stock_reserve_rows(v_wanted);
end $$;

-- Gives promises back, whole references or (with p_rows) some units of them, [{ref, variant_id, store_id, quantity}]; more than is left
-- means what is left. Answers how many references had something.
create function stock_release(p_merchant text, p_refs text[], p_rows json) returns int
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare
  v_rows stock_wanted[];
  v_count int;
begin
  if p_rows is null then
    select array_agg((null, s.ref, null, null, null, null, null, s.variant_id, s.store_id, s.quantity, p_merchant)::stock_wanted) into v_rows
      from unnest(p_refs) r (ref) join stock_reservation s on s.merchant_id = p_merchant and s.ref = r.ref where s.quantity > 0;
  else
    select array_agg((null, r.ref, null, null, null, null, null, r.variant_id, r.store_id, r.quantity, p_merchant)::stock_wanted) into v_rows
      from (select ref, variant_id, store_id, sum(quantity)::bigint as quantity from json_to_recordset(p_rows) x (ref text, variant_id text, store_id text, quantity bigint) group by 1, 2, 3) r;
  end if;
  if v_rows is null then return 0; end if;
  perform stock_lock(p_merchant, array(select r.variant_id from unnest(v_rows) r), array(select r.store_id from unnest(v_rows) r));
  update stock_reservation s set released = s.released + least(s.quantity, r.quantity), quantity = s.quantity - least(s.quantity, r.quantity)
    from unnest(v_rows) r
    where s.merchant_id = p_merchant and s.ref = r.ref and s.variant_id = r.variant_id and s.store_id = r.store_id and s.quantity > 0;
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- Hands promises on, [{ref, to_ref, variant_id, store_id, quantity}]: the goods stay promised, under another reference, and nobody else
-- can get them in between. A promise that goes over whole only gets its new name: no level is touched, so no lock of one is taken.
-- Answers the rows that do not go over whole, or null: those are for stock_hand_on.
create function stock_hand_on_whole(p_merchant text, p_rows json) returns json
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare
  v_left json;
begin
  with asked as materialized (
    select x.ref, x.to_ref, x.variant_id, x.store_id, sum(x.quantity)::bigint as quantity,
        count(*) over (partition by x.ref, x.variant_id, x.store_id) as parts
      from json_to_recordset(p_rows) x (ref text, to_ref text, variant_id text, store_id text, quantity bigint) group by 1, 2, 3, 4
  ), renamed as (
    update stock_reservation s set ref = r.to_ref, expires_at = null from asked r
      where s.merchant_id = p_merchant and s.ref = r.ref and s.variant_id = r.variant_id and s.store_id = r.store_id and s.quantity = r.quantity
        and r.parts = 1
        and not exists (select from stock_reservation o where o.merchant_id = p_merchant and o.ref = r.to_ref and o.variant_id = r.variant_id
          and o.store_id = r.store_id)
      returning s.ref, s.variant_id, s.store_id
  ) select json_agg(a) into v_left from asked a
      where not exists (select from renamed r where r.ref = a.to_ref and r.variant_id = a.variant_id and r.store_id = a.store_id);
  return v_left;
end $$;

-- The same, whatever part it is: of a part, or of more than is promised, the rest is given back and promised anew as what is owed
-- already (it may oversell). Takes the locks of their levels.
create function stock_hand_on(p_merchant text, p_rows json, p_at timestamptz) returns void
language plpgsql as $$
declare
  v_left json := stock_hand_on_whole(p_merchant, p_rows);
begin
  if v_left is null then return; end if;
  perform stock_release(p_merchant, null, v_left);
  perform stock_reserve(p_merchant, (select json_agg(json_build_object('n', r.n, 'reservation_ref', r.to_ref, 'kind', 'order', 'allow_negative', true,
      'at', p_at, 'lines', r.lines)) from (
    select row_number() over (order by x.to_ref) as n, x.to_ref, json_agg(x) as lines
      from json_to_recordset(v_left) x (to_ref text, variant_id text, store_id text, quantity bigint) group by x.to_ref) r));
end $$;

create type stock_consume_row as (movement_id text, ref text, variant_id text, store_id text, quantity bigint, kind text, reason text, about text, actor text, at timestamptz);

-- Promises become movements: what was reserved leaves. All rows or none; raises OT001 not_reserved when a reference holds less, and
-- exceeds_available when a transfer would take goods that are not there any more, because a till has sold them. What it was promised
-- it may take although others will be short: that was so before.
create function stock_consume(p_merchant text, p_rows json) returns void
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare
  v_rows stock_consume_row[];
  v_count int;
begin
  select array_agg(r) into v_rows from json_populate_recordset(null::stock_consume_row, p_rows) r;
  if v_rows is null then return; end if;
  perform stock_lock(p_merchant, array(select r.variant_id from unnest(v_rows) r), array(select r.store_id from unnest(v_rows) r));
  -- First the promise goes, then the goods: at no moment is there more promised than is there.
  update stock_reservation s set quantity = s.quantity - r.quantity, consumed = s.consumed + r.quantity
    from (select ref, variant_id, store_id, sum(quantity)::bigint as quantity from unnest(v_rows) group by 1, 2, 3) r
    where s.merchant_id = p_merchant and s.ref = r.ref and s.variant_id = r.variant_id and s.store_id = r.store_id and s.quantity >= r.quantity;
  get diagnostics v_count = row_count;
  if v_count < (select count(distinct (r.ref, r.variant_id, r.store_id)) from unnest(v_rows) r) then perform refuse('not_reserved'); end if;
  if exists (
    select from unnest(v_rows) r join stock_level l on l.merchant_id = p_merchant and l.variant_id = r.variant_id and l.store_id = r.store_id
      where r.kind <> 'sale'
      group by l.variant_id, l.store_id, l.on_hand, l.damaged, l.display, l.quality, l.hold
      having sum(r.quantity) > l.on_hand - l.damaged - l.display - l.quality - l.hold)
  then perform refuse('exceeds_available'); end if;
  insert into stock_movement (merchant_id, id, variant_id, store_id, kind, reason, quantity, ref, actor, occurred_at, recorded_at)
    select p_merchant, r.movement_id, r.variant_id, r.store_id, r.kind, r.reason, -r.quantity, r.about, r.actor, r.at, r.at from unnest(v_rows) r;
end $$;

-- Writes movements. A sale at a till, an order taken along (kind sale) and a count are how it is on the shop floor, and may leave less than is
-- promised. Everything else raises OT001 exceeds_available when there is less, as does a bucket that would fall below zero, and fails
-- the CHECK promised_is_there when less of it is free.
create function stock_move(p_merchant text, p_rows json) returns void
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare
  v_rows stock_movement[];
begin
  select array_agg(r) into v_rows from json_populate_recordset(null::stock_movement, p_rows) r;
  if v_rows is null then return; end if;
  perform stock_lock(p_merchant, array(select r.variant_id from unnest(v_rows) r), array(select r.store_id from unnest(v_rows) r));
  if exists (
    select from unnest(v_rows) r join stock_level l on l.merchant_id = p_merchant and l.variant_id = r.variant_id and l.store_id = r.store_id
      group by l.variant_id, l.store_id, l.on_hand, l.damaged, l.display, l.quality, l.hold
      having (bool_and(r.kind not in ('sale', 'count')) and sum(r.quantity) < 0 and l.on_hand + sum(r.quantity) < 0)
        or l.damaged + coalesce(sum(r.bucket_quantity) filter (where r.bucket = 'damaged'), 0) < 0
        or l.display + coalesce(sum(r.bucket_quantity) filter (where r.bucket = 'display'), 0) < 0
        or l.quality + coalesce(sum(r.bucket_quantity) filter (where r.bucket = 'quality'), 0) < 0
        or l.hold + coalesce(sum(r.bucket_quantity) filter (where r.bucket = 'hold'), 0) < 0)
  then perform refuse('exceeds_available'); end if;
  insert into stock_movement (merchant_id, id, variant_id, store_id, kind, reason, quantity, bucket, bucket_quantity, ref, actor, occurred_at, recorded_at)
    select p_merchant, r.id, r.variant_id, r.store_id, r.kind, r.reason, r.quantity, r.bucket, coalesce(r.bucket_quantity, 0), r.ref, r.actor, r.occurred_at, r.recorded_at
    from unnest(v_rows) r order by r.id;
end $$;

-- Changes what is on its way to stores: [{variant_id, store_id, quantity}].
create function stock_expect(p_merchant text, p_rows json) returns void
language plpgsql as $$
begin
  perform stock_lock(p_merchant, array(select r.variant_id from json_to_recordset(p_rows) r (variant_id text)), array(select r.store_id from json_to_recordset(p_rows) r (store_id text)));
  update stock_level l set incoming = l.incoming + r.quantity
    from (select variant_id, store_id, sum(quantity)::bigint as quantity from json_to_recordset(p_rows) x (variant_id text, store_id text, quantity bigint) group by 1, 2) r
    where l.merchant_id = p_merchant and l.variant_id = r.variant_id and l.store_id = r.store_id;
end $$;

-- What stores of a kind usually can. A web shop holds the stock of e-commerce.
create function store_capabilities(p_kind text) returns text[] language sql immutable as $$
  select case p_kind when 'shop' then array['sell', 'pickup', 'ship_from', 'return', 'endless_aisle']
    when 'popup' then array['sell', 'return'] else array['ship_from'] end
$$;

-- ---- Counting ------------------------------------------------------------------------------------------------------

-- Writes what was counted, [{variant_id, counted, counted_at}], with what the stock said of that very moment: what is on hand now
-- without what is known to have happened since. A second figure of an article replaces the first.
create function stock_write_counted(p_merchant text, p_count text, p_store text, p_rows json) returns void
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
begin
  perform stock_lock(p_merchant, array(select r.variant_id from json_to_recordset(p_rows) r (variant_id text)), array(select p_store from json_to_recordset(p_rows) r (variant_id text)));
  insert into stock_count_line (merchant_id, count_id, variant_id, counted, counted_at, level_then, mark)
    select p_merchant, p_count, r.variant_id, r.counted, r.counted_at, l.on_hand - coalesce((
        select sum(m.quantity) from stock_movement m
          where m.merchant_id = p_merchant and m.variant_id = r.variant_id and m.store_id = p_store and m.occurred_at > r.counted_at), 0),
      nextval('stock_movement_seq')
    from json_to_recordset(p_rows) r (variant_id text, counted bigint, counted_at timestamptz)
    join stock_level l on l.merchant_id = p_merchant and l.variant_id = r.variant_id and l.store_id = p_store
    on conflict (merchant_id, count_id, variant_id) do update
      set counted = excluded.counted, counted_at = excluded.counted_at, level_then = excluded.level_then, mark = excluded.mark;
end $$;

-- Works out what was expected of each figure of a count by what is known now: movements that were written after it and had
-- happened before it, and corrections by earlier counts, belong to what was found. Locks the levels, so that what it finds still
-- holds when the caller writes the differences.
create function stock_expect_counted(p_merchant text, p_count text, p_store text) returns void
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
begin
  perform stock_lock(p_merchant, array(select c.variant_id from stock_count_line c where c.merchant_id = p_merchant and c.count_id = p_count),
    array(select p_store from stock_count_line c where c.merchant_id = p_merchant and c.count_id = p_count));
  update stock_count_line c
    set expected = c.level_then + coalesce((
        select sum(m.quantity) from stock_movement m
          where m.merchant_id = p_merchant and m.variant_id = c.variant_id and m.store_id = p_store and m.seq > c.mark
            and (m.occurred_at < c.counted_at or m.kind = 'count' and m.occurred_at = c.counted_at)), 0),
      is_overtaken = exists (
        select from stock_count_line o join stock_count s on s.merchant_id = o.merchant_id and s.id = o.count_id
          where o.merchant_id = p_merchant and o.variant_id = c.variant_id and o.counted_at > c.counted_at
            and s.store_id = p_store and s.state = 'submitted')
    where c.merchant_id = p_merchant and c.count_id = p_count;
end $$;
