-- Hosted checkout: what a merchant's pages look like and lead to, and one row for each page that somebody is sent to.

create table checkout_settings (
  merchant_id      text primary key references merchant (merchant_id),
  display_name     text check (length(display_name) between 1 and 80),
  -- A data: address of an image, so that the page loads nothing from elsewhere.
  logo             text check (length(logo) <= 65536),
  accent           text check (accent ~ '^#[0-9a-f]{6}$'),
  allowed_origins  text[] not null default '{}',
  terms_url        text,
  privacy_url      text,
  support_email    text,
  version          bigint not null default 1,
  updated_at       timestamptz not null
);

create table checkout_session (
  merchant_id   text not null references merchant (merchant_id),
  id            text not null,
  -- What the page's address holds. Whoever has it may pay, and see what is paid for.
  token         text not null,
  state         text not null default 'open' check (state in ('open', 'complete', 'canceled')),
  amount        bigint not null check (amount between 1 and 999999999999),
  currency      text not null,
  channel       text not null,
  capture       text not null check (capture in ('automatic', 'manual')),
  country       text,
  language      text,
  order_id      text,
  customer_id   text,
  store_id      text,
  reference     text,
  description   text,
  lines         jsonb not null default '[]',
  methods       text[],
  success_url   text,
  cancel_url    text,
  metadata      jsonb not null default '{}',
  payment_id    text,
  -- Counts payments given up, so that each has a key of its own.
  payment_seq   int not null default 0,
  version       bigint not null default 1,
  expires_at    timestamptz not null,
  created_at    timestamptz not null,
  completed_at  timestamptz,
  primary key (merchant_id, id)
);
-- Found by token alone: the page's address names no merchant.
create unique index checkout_session_by_token on checkout_session (token);
create index checkout_session_by_payment on checkout_session (merchant_id, payment_id) where payment_id is not null;
create index checkout_session_by_order on checkout_session (merchant_id, order_id) where order_id is not null;
