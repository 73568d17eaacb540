-- The retailer: merchant, stores, registers, terminals, API keys, connector accounts, payment methods, channels, customers.
--
-- Every primary key begins with the merchant and every foreign key carries it: that is tenant isolation, enforced where
-- no route can forget it, and it is what lets the schema shard on merchant_id. Ids are made in the program and compared
-- byte by byte (collate "C"), so that their order is the order of time on every machine. The lists of values repeat in the
-- program (server/merchants); a new value is a new migration.

create table merchant (
  merchant_id text collate "C" primary key check (merchant_id ~ '^mer_[0-9A-Z]{26}$'),
  name        text        not null check (length(name) between 1 and 120),
  -- The currency of its reports and of amounts that name none; stores may sell in others.
  currency    text        not null check (currency ~ '^[A-Z]{3}$'),
  country     text        not null check (country ~ '^[A-Z]{2}$'),
  -- Test and live are different merchants (ADR 0001), so isolation between merchants is isolation between modes.
  mode        text        not null check (mode in ('test', 'live')),
  -- On a test merchant: the live merchant it rehearses for.
  twin_of     text collate "C" references merchant check (twin_of is null or (mode = 'test' and twin_of <> merchant_id)),
  created_at  timestamptz not null
);

create table store (
  merchant_id text collate "C" not null references merchant,
  id          text collate "C" not null check (id ~ '^sto_[0-9A-Z]{26}$'),
  name        text        not null check (length(name) between 1 and 120),
  country     text        not null check (country ~ '^[A-Z]{2}$'),
  currency    text        not null check (currency ~ '^[A-Z]{3}$'),
  -- IANA name. It decides on which business day a sale falls; timestamps themselves are UTC.
  time_zone   text        not null check (length(time_zone) between 1 and 64),
  kind        text        not null check (kind in ('shop', 'web')),
  created_at  timestamptz not null,
  primary key (merchant_id, id)
);

-- A till position: it has a cash drawer and, usually, a terminal.
create table register (
  merchant_id text collate "C" not null references merchant,
  id          text collate "C" not null check (id ~ '^reg_[0-9A-Z]{26}$'),
  store_id    text collate "C" not null,
  name        text        not null check (length(name) between 1 and 120),
  created_at  timestamptz not null,
  primary key (merchant_id, id),
  -- Lets a terminal prove with one foreign key that its register stands in its own store.
  unique (merchant_id, store_id, id),
  foreign key (merchant_id, store_id) references store (merchant_id, id)
);

-- A contract with a payment provider, with its credentials sealed by the vault (AAD: merchant and account id).
create table connector_account (
  merchant_id   text collate "C" not null references merchant,
  id            text collate "C" not null check (id ~ '^cac_[0-9A-Z]{26}$'),
  connector     text        not null check (connector ~ '^[a-z][a-z0-9_-]{0,39}$'),
  name          text        not null check (length(name) between 1 and 120),
  -- Narrows what the account is used for; empty means everything its connector carries.
  methods       text[]      not null default '{}' check (cardinality(methods) <= 100),
  sealed_config bytea       not null check (octet_length(sealed_config) between 1 and 65536),
  -- Lower is tried first.
  priority      int         not null check (priority between 1 and 1000),
  is_enabled    boolean     not null,
  created_at    timestamptz not null,
  primary key (merchant_id, id)
);

create table terminal (
  merchant_id          text collate "C" not null references merchant,
  id                   text collate "C" not null check (id ~ '^ter_[0-9A-Z]{26}$'),
  store_id             text collate "C" not null,
  -- Null for a terminal that is carried around the shop floor.
  register_id          text collate "C",
  connector_account_id text collate "C" not null,
  name                 text        not null check (length(name) between 1 and 120),
  serial               text        not null check (length(serial) between 1 and 64),
  created_at           timestamptz not null,
  primary key (merchant_id, id),
  -- One physical device is registered once at a provider contract.
  unique (merchant_id, connector_account_id, serial),
  foreign key (merchant_id, store_id) references store (merchant_id, id),
  foreign key (merchant_id, store_id, register_id) references register (merchant_id, store_id, id),
  foreign key (merchant_id, connector_account_id) references connector_account (merchant_id, id)
);

create table api_key (
  merchant_id  text collate "C" not null references merchant,
  id           text collate "C" not null check (id ~ '^key_[0-9A-Z]{26}$'),
  kind         text        not null check (kind in ('secret', 'publishable', 'restricted')),
  -- SHA-256 of the whole key. Unique over all merchants, because it is the question "whose key is this?", asked before the
  -- merchant is known; on a sharded database this table is replicated to every node, not distributed.
  secret_hash  bytea       not null unique check (octet_length(secret_hash) = 32),
  scopes       text[]      not null check (cardinality(scopes) between 1 and 50),
  name         text        not null check (length(name) between 1 and 120),
  created_at   timestamptz not null,
  expires_at   timestamptz check (expires_at > created_at),
  revoked_at   timestamptz,
  -- To the minute, written behind the request; a sign of life, not an audit trail.
  last_used_at timestamptz,
  primary key (merchant_id, id)
);

-- The merchant's own word on a payment method. For a code of the catalogue, `override` changes single fields of that row;
-- for a code of its own it is the whole row. So adding a method is adding a row.
create table merchant_method (
  merchant_id text collate "C" not null references merchant,
  code        text    not null check (code ~ '^[a-z][a-z0-9_]{1,39}$'),
  is_enabled  boolean not null,
  override    jsonb   not null default '{}' check (jsonb_typeof(override) = 'object' and octet_length(override::text) <= 8192),
  primary key (merchant_id, code)
);

create table merchant_channel (
  merchant_id text collate "C" not null references merchant,
  channel     text    not null check (channel in
    ('web', 'app', 'pos', 'link', 'invoice', 'phone', 'chat', 'social', 'subscription', 'kiosk', 'iot')),
  is_enabled  boolean not null,
  primary key (merchant_id, channel)
);

create table customer (
  merchant_id text collate "C" not null references merchant,
  id          text collate "C" not null check (id ~ '^cus_[0-9A-Z]{26}$'),
  -- The merchant's own number for this person.
  reference   text        check (length(reference) between 1 and 120),
  email       text        check (length(email) between 3 and 254),
  name        text        check (length(name) between 1 and 200),
  created_at  timestamptz not null,
  -- Counts the changes; If-Match compares with it, and the events carry it.
  version     int         not null check (version > 0),
  primary key (merchant_id, id),
  unique (merchant_id, reference)
);
