-- What tills sold while they were cut off: the keys they sign with, the documents as they came, and what became of each.
-- Vocabulary: server/offline.

-- A key that a till made for itself and that never leaves it. Its documents are a chain: numbered without a gap, each holding the
-- hash of the one before it. A till that was installed anew makes another key, and with it another chain. Whoever takes documents
-- of a chain holds its key's row.
create table offline_key (
  merchant_id text collate "C" not null,
  id          text collate "C" not null check (id ~ '^ofk_[0-9A-Z]{26}$'),
  device_id   text collate "C" not null,
  -- SPKI in DER, of a point of P-256.
  public_key  bytea       not null check (octet_length(public_key) between 64 and 200),
  created_at  timestamptz not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, device_id) references till_device (merchant_id, id)
);
create unique index offline_key_of_device on offline_key (merchant_id, device_id, public_key);

-- Every document as it came, whole, also one that nobody can read.
create table offline_document (
  merchant_id text collate "C" not null,
  -- Of a document that is signed rightly its own id, where that was free; else one of ours.
  id          text collate "C" not null check (id ~ '^ofs_[0-9A-Z]{26}$'),
  -- The same document again is found by this: SHA-256 of a signed text, and of anything else with hash and signature.
  fingerprint bytea       not null check (octet_length(fingerprint) = 32),
  document    text        not null,
  -- As they came, right or not.
  hash        text        not null,
  signature   text        not null,
  is_signed   boolean     not null,
  -- The till that sent it.
  sent_by     text collate "C" not null,
  received_at timestamptz not null,
  primary key (merchant_id, id)
);
create unique index offline_document_by_fingerprint on offline_document (merchant_id, fingerprint);
-- One that was spoiled is found by the hash that the next one in its chain refers to.
create index offline_document_by_hash on offline_document (merchant_id, hash) where not is_signed;
create trigger offline_document_append_only before update or delete or truncate on offline_document
  for each statement execute function refuse_change();

-- The places of a chain. Never taken twice, never given back.
create table offline_link (
  merchant_id   text collate "C" not null,
  key_id        text collate "C" not null,
  sequence      bigint not null check (sequence > 0),
  document_id   text collate "C" not null,
  previous_hash text   not null,
  hash          text   not null,
  primary key (merchant_id, key_id, sequence),
  foreign key (merchant_id, key_id) references offline_key (merchant_id, id),
  foreign key (merchant_id, document_id) references offline_document (merchant_id, id)
);
create unique index offline_link_of_document on offline_link (merchant_id, document_id);
create trigger offline_link_append_only before update or delete or truncate on offline_link
  for each statement execute function refuse_change();

-- What became of a document, and how far its booking is.
create table offline_sale (
  merchant_id     text collate "C" not null,
  id              text collate "C" not null,
  -- What the document says, where it can be read.
  document_id     text collate "C",
  device_id       text collate "C",
  register_id     text collate "C",
  key_id          text collate "C",
  sequence        bigint,
  shift_id        text collate "C",
  sold_at         timestamptz,
  currency        text,
  total           bigint,
  receipt_code    text,
  status          text        not null check (status in ('accepted', 'quarantined', 'rejected')),
  -- Why it was set apart; stays when a person has decided.
  reason          text,
  reason_detail   text,
  decided_by      text collate "C",
  decided_at      timestamptz,
  decision        text,
  -- Chosen when it is accepted, so that booking it again books the same order.
  order_id        text collate "C",
  ordered_at      timestamptz,
  payment_id      text collate "C",
  booked_at       timestamptz,
  -- When booking goes on; null when there is nothing left to do.
  due_at          timestamptz,
  attempt         int         not null default 0,
  -- What stood in the way at the last attempt.
  fault           text,
  -- Its cash was in the drawer when that was counted, before the books knew of it.
  counted_before  boolean     not null default false,
  received_at     timestamptz not null,
  version         int         not null default 1,
  primary key (merchant_id, id),
  foreign key (merchant_id, id) references offline_document (merchant_id, id),
  constraint set_apart_for_a_reason check (status = 'accepted' or reason is not null),
  constraint accepted_has_order check (status <> 'accepted' or (order_id is not null and sold_at is not null and register_id is not null)),
  constraint booked_whole check (booked_at is null or (status = 'accepted' and ordered_at is not null and payment_id is not null and due_at is null))
);
create index offline_sale_by_status on offline_sale (merchant_id, status, id);
create index offline_sale_by_register on offline_sale (register_id, merchant_id, id) where register_id is not null;
create index offline_sale_by_shift on offline_sale (shift_id, merchant_id) where shift_id is not null;
create unique index offline_sale_by_order on offline_sale (order_id, merchant_id) where order_id is not null;
create index offline_sale_due on offline_sale (due_at, merchant_id) where due_at is not null;

-- Where a sale is not what the server would have said. The sale stays as it is; a person looks at it.
create table offline_review (
  merchant_id text collate "C" not null,
  sale_id     text collate "C" not null,
  code        text        not null check (code in ('price_changed', 'tax_changed', 'stock_negative', 'promotion_missed', 'customer_merged',
    'staff_inactive', 'clock_off', 'shift_closed', 'article_gone', 'over_cap')),
  detail      text        not null,
  created_at  timestamptz not null,
  resolved_at timestamptz,
  resolved_by text collate "C",
  note        text,
  primary key (merchant_id, sale_id, code),
  foreign key (merchant_id, sale_id) references offline_sale (merchant_id, id),
  constraint resolved_whole check ((resolved_at is null) = (resolved_by is null) and (resolved_at is null) = (note is null))
);
create index offline_review_open on offline_review (merchant_id, sale_id) where resolved_at is null;

-- What a till last said of itself: how many sales it still has to send, and since when.
create table offline_state (
  merchant_id text collate "C" not null,
  device_id   text collate "C" not null,
  register_id text collate "C" not null,
  queue       int         not null check (queue between 0 and 100000),
  oldest_at   timestamptz,
  told_at     timestamptz not null,
  primary key (merchant_id, device_id),
  foreign key (merchant_id, device_id) references till_device (merchant_id, id),
  constraint oldest_of_some check ((queue = 0) = (oldest_at is null))
);
create index offline_state_waiting on offline_state (register_id, merchant_id) where queue > 0;

-- What of the catalogue has changed since a till last asked: its events alone, however many others there are between them.
create index event_of_catalogue on event (merchant_id, seq)
  where type in ('product.created', 'product.updated', 'variant.created', 'variant.updated', 'price_list.prices_changed');

-- Writes the order of a sale that happened at p_sold_at, confirmed from the start: its goods are gone and its money is there. Row as
-- for order_place, without promotions; what it takes from the stock is never refused. The caller sees to it that it is written once.
-- Answers its number. Locks: stock levels, the merchant's counter of orders, the event counter.
create function order_book(p_merchant text, p_row json, p_sold_at timestamptz) returns bigint language plpgsql as $$
declare
  r order_place_row;
  v_wanted stock_wanted[];
  v_number bigint;
  o sales_order;
begin
  r := json_populate_record(null::order_place_row, p_row);

  v_wanted := array(
    select (0, x.reservation_ref, x.kind, true, x.channel, x.expires_at, x.at, l.variant_id, l.store_id, sum(l.quantity)::bigint, p_merchant)::stock_wanted
    from jsonb_to_recordset(r.reservations) x (reservation_ref text, kind text, channel text, expires_at timestamptz, at timestamptz, lines jsonb)
    cross join lateral jsonb_to_recordset(x.lines) l (variant_id text, store_id text, quantity bigint)
    where r.reservations is not null
    group by x.reservation_ref, x.kind, x.channel, x.expires_at, x.at, l.variant_id, l.store_id);
  if cardinality(v_wanted) > 0 then perform stock_reserve_rows(v_wanted); end if;

  insert into order_counter as c (merchant_id, last_number) values (p_merchant, 1001)
    on conflict (merchant_id) do update set last_number = c.last_number + 1 returning c.last_number into v_number;
  insert into sales_order (merchant_id, id, number, cart_id, state, charge, channel, store_id, register_id, country, currency,
      prices_include_tax, tax_rounding, customer_id, reference, list, discount, net, tax, total, version, placed_at, confirmed_at, updated_at)
    values (p_merchant, r.order_id, v_number, r.cart_id, 'confirmed', 'now', r.channel, r.store_id, r.register_id, r.country, r.currency,
      r.prices_include_tax, r.tax_rounding, r.customer_id, r.reference, r.list, r.discount, r.net, r.tax, r.total, 2, p_sold_at, r.at, r.at)
    returning * into o;
  insert into order_line (merchant_id, order_id, id, seq, variant_id, product_id, sku, name, kind, unit, is_returnable, categories,
      components, unit_price_e4, tax_code, tax_rate_bp, adjustments, list, discount, net, tax, total, metadata, quantity)
    select p_merchant, r.order_id, l.id, l.seq, l.variant_id, l.product_id, l.sku, l.name, l.kind, l.unit, l.is_returnable,
      l.categories, l.components, l.unit_price_e4, l.tax_code, l.tax_rate_bp, l.adjustments, l.list, l.discount, l.net, l.tax, l.total,
      l.metadata, l.quantity
    from unnest(r.lines) l;
  insert into order_group (merchant_id, order_id, no, mode, store_id, destination, lines, score, created_at)
    select p_merchant, r.order_id, g.no, g.mode, g.store_id, g.destination, g.lines, g.score, r.at from unnest(r.groups) g;

  perform event_append_rows(r.at, array[
    (p_merchant, r.event_id, 'order.placed', 'order', r.order_id, 1, order_event_data(o) || jsonb_build_object('state', 'placed', 'by', r.placed_by))::event_row,
    (p_merchant, r.confirmed_event_id, 'order.confirmed', 'order', r.order_id, 2, order_event_data(o) || jsonb_build_object('state', 'confirmed', 'by', r.placed_by))::event_row]);
  return v_number;
end $$;

-- till_stamp_operation of migration 0052: what pays for a sale that is booked later belongs to the shift that the sale names, and not
-- to the one that runs while it is booked. Its operations are known by their key (server/offline/pay.ts). Served by offline_sale_by_order.
create or replace function till_stamp_operation() returns trigger language plpgsql as $$
declare
  v_shift text;
  v_state text;
  v_named text;
begin
  select s.id, s.state into v_shift, v_state from shift s
    where s.merchant_id = new.merchant_id and s.register_id = new.register_id order by s.no desc limit 1;
  if v_shift is null then return null; end if;
  if v_state = 'closed' then v_shift := null; end if;
  if new.idempotency_key like 'onetill:ord\_%:offline:%' then
    select s.shift_id into v_named from offline_sale s
      where s.order_id = substr(new.idempotency_key, 9, 30) and s.merchant_id = new.merchant_id and s.register_id = new.register_id;
    -- A key of this form that somebody else made up hides nothing from the shift that runs.
    if found then v_shift := v_named; end if;
  end if;
  insert into till_stamp (merchant_id, operation_id, payment_id, register_id, shift_id, created_at, due_at)
    values (new.merchant_id, new.id, new.payment_id, new.register_id, v_shift, new.created_at, new.created_at)
    on conflict do nothing;
  return null;
end $$;
