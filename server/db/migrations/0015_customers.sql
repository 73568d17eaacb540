-- One profile over all channels: what identifies a person, what they agreed to, where they live, what they looked at, and
-- everything that happened with them, in one list.

alter table customer
  add column phone       text check (length(phone) between 3 and 32),
  add column locale      text check (length(locale) between 2 and 35),
  -- Names of groups, for prices and promotions.
  add column groups      text[] not null default '{}' check (cardinality(groups) <= 20),
  -- The profile this one was merged into; reads follow it, nothing is deleted.
  add column merged_into text collate "C" check (merged_into <> id);
create index customer_by_email on customer (lower(email), merchant_id, id) where email is not null;
create index customer_by_merge on customer (merged_into, merchant_id) where merged_into is not null;

-- A value by which a person is recognised. Only a keyed hash is kept, and enough of the value to tell links apart on a screen.
create table customer_identity (
  merchant_id text collate "C" not null,
  id          text collate "C" not null,
  customer_id text collate "C" not null,
  type        text not null check (type in ('email', 'phone', 'loyalty_card', 'card_alias', 'par', 'psp_shopper', 'device', 'social', 'external')),
  value_hash  text collate "C" not null,
  hint        text not null,
  -- Who says so: checkout, till, terminal, import, …
  source      text not null,
  -- Null: somebody typed it. An unverified value never finds anybody.
  verified_at timestamptz,
  created_at  timestamptz not null,
  ended_at    timestamptz,
  primary key (merchant_id, id),
  foreign key (merchant_id, customer_id) references customer
);
-- A verified value is one person's.
create unique index customer_identity_verified on customer_identity (value_hash, type, merchant_id)
  where verified_at is not null and ended_at is null;
create index customer_identity_by_customer on customer_identity (customer_id, merchant_id, id);

-- What a person said about one purpose, in order; the last word counts. Never changed: it is the proof.
create table customer_consent (
  merchant_id text collate "C" not null,
  customer_id text collate "C" not null,
  id          text collate "C" not null,
  purpose     text not null check (purpose in ('marketing_email', 'marketing_sms', 'browsing_history', 'card_recognition', 'personalisation')),
  is_granted  boolean not null,
  channel     text not null,
  proof       text check (length(proof) <= 500),
  said_at     timestamptz not null,
  primary key (merchant_id, customer_id, id),
  foreign key (merchant_id, customer_id) references customer
);

create table customer_address (
  merchant_id text collate "C" not null,
  id          text collate "C" not null,
  customer_id text collate "C" not null,
  name        text,
  lines       text[] not null check (cardinality(lines) between 1 and 4),
  postal_code text,
  city        text not null,
  region      text,
  country     text not null check (country ~ '^[A-Z]{2}$'),
  phone       text,
  is_default  boolean not null,
  version     int not null check (version > 0),
  created_at  timestamptz not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, customer_id) references customer
);
create index customer_address_by_customer on customer_address (customer_id, merchant_id, id);
-- At most one address is offered first.
create unique index customer_address_default on customer_address (customer_id, merchant_id) where is_default;

-- Two profiles that were one person: what was moved, so that it can be moved back.
create table customer_merge (
  merchant_id text collate "C" not null,
  id          text collate "C" not null,
  winner_id   text collate "C" not null,
  loser_id    text collate "C" not null,
  moved       jsonb not null,
  reason      text,
  merged_at   timestamptz not null,
  undone_at   timestamptz,
  primary key (merchant_id, id),
  foreign key (merchant_id, winner_id) references customer,
  foreign key (merchant_id, loser_id) references customer
);
create index customer_merge_by_winner on customer_merge (winner_id, merchant_id, id);
create unique index customer_merge_open on customer_merge (loser_id, merchant_id) where undone_at is null;

-- What a consenting person looked at. Deleted after 90 days, and at once when the consent is withdrawn.
create table customer_view (
  merchant_id text collate "C" not null,
  customer_id text collate "C" not null,
  id          text collate "C" not null,
  kind        text not null check (kind in ('product', 'search', 'wishlist')),
  product_id  text collate "C",
  variant_id  text collate "C",
  query       text check (length(query) <= 200),
  channel     text not null,
  seen_at     timestamptz not null,
  primary key (merchant_id, customer_id, id),
  foreign key (merchant_id, customer_id) references customer
);
create index customer_view_by_age on customer_view (seen_at, merchant_id);

-- A customer's timeline: a read model of the event log, one row per event that names the customer.
create table customer_moment (
  merchant_id text collate "C" not null,
  customer_id text collate "C" not null,
  -- The event's place in the log.
  seq         bigint not null,
  type        text not null,
  object_type text not null,
  object_id   text collate "C" not null,
  channel     text,
  store_id    text collate "C",
  order_id    text collate "C",
  data        jsonb not null,
  happened_at timestamptz not null,
  primary key (merchant_id, customer_id, seq)
);

-- Writes a moment for each of these events that names a customer, or is about one. One that is there stays as it is.
create function customer_add_moments(p_merchant text, p_seqs bigint[]) returns void
language sql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
  insert into customer_moment (merchant_id, customer_id, seq, type, object_type, object_id, channel, store_id, order_id, data, happened_at)
    select e.merchant_id, c.customer_id, e.seq, e.type, e.object_type, e.object_id,
      case jsonb_typeof(e.data -> 'channel') when 'string' then e.data ->> 'channel' end,
      case jsonb_typeof(e.data -> 'store_id') when 'string' then e.data ->> 'store_id' end,
      case when jsonb_typeof(e.data -> 'order_id') = 'string' then e.data ->> 'order_id' when e.object_type = 'order' then e.object_id end,
      e.data, e.created_at
    from unnest(p_seqs) k (seq) join event e on e.merchant_id = p_merchant and e.seq = k.seq
    cross join lateral (select case when jsonb_typeof(e.data -> 'customer_id') = 'string' then e.data ->> 'customer_id'
      when e.object_type = 'customer' then e.object_id end as customer_id) c
    where c.customer_id is not null order by c.customer_id, e.seq
    on conflict (merchant_id, customer_id, seq) do nothing
$$;

create trigger customer_consent_append_only before update or truncate on customer_consent
  for each statement execute function refuse_change();

-- The profile that an id stands for today: the one it was merged into, or itself. Bounded: merges do not go deeper.
create function customer_now(p_merchant text, p_customer text) returns text
language sql stable as $$
  with recursive up (id, depth) as (
    select p_customer collate "C", 0
    union all
    select c.merged_into, up.depth + 1 from up join customer c on c.merchant_id = p_merchant and c.id = up.id
      where c.merged_into is not null and up.depth < 100
  ) select id from up order by depth desc limit 1
$$;

-- A profile with all that was merged into it, however often: the ids under which a person's things are found.
create function customer_person(p_merchant text, p_customer text) returns text[]
language sql stable as $$
  with recursive person (id) as (
    select p_customer collate "C"
    union
    select c.id from person p join customer c on c.merged_into = p.id and c.merchant_id = p_merchant
  ) select array_agg(id) from person
$$;
