-- Payment links: addresses for mail, chats and print at which one amount, an order or a gift is paid, once or many times.

create table payment_link (
  merchant_id      text not null references merchant (merchant_id),
  id               text not null,
  -- What the address holds. Whoever has it may pay.
  token            text not null,
  state            text not null default 'active' check (state in ('active', 'paused', 'canceled')),
  -- Why it is paused or cancelled.
  reason           text,
  -- fixed: `amount`. open: whoever pays says how much. order: what is due for `order_id`.
  kind             text not null check (kind in ('fixed', 'open', 'order')),
  amount           bigint check (amount between 1 and 999999999999),
  currency         text not null,
  min_amount       bigint check (min_amount between 1 and 999999999999),
  max_amount       bigint check (max_amount between 1 and 999999999999),
  allows_partial   boolean not null default false,
  order_id         text,
  customer_id      text,
  store_id         text,
  -- How often it can be paid; null: as often as people like.
  max_uses         int check (max_uses >= 1),
  channel          text not null,
  country          text,
  language         text,
  email            text,
  description      text,
  reference        text,
  methods          text[],
  success_url      text,
  metadata         jsonb not null default '{}',
  -- The page that all who open a link for one payment share.
  session_id       text,
  -- What its payments have made of it.
  uses             int not null default 0,
  amount_paid      bigint not null default 0,
  viewed_at        timestamptz,
  -- Days after it was made on which its customer is reminded.
  reminders        int[] not null default '{}',
  reminders_sent   int not null default 0,
  next_reminder_at timestamptz,
  -- Declined tries before this say nothing any more: somebody has looked at them.
  watched_from     timestamptz not null,
  expires_at       timestamptz,
  is_expiry_told   boolean not null default false,
  version          bigint not null default 1,
  created_at       timestamptz not null,
  primary key (merchant_id, id),
  check ((kind = 'fixed') = (amount is not null)),
  check ((kind = 'order') = (order_id is not null)),
  check (not allows_partial or max_uses = 1),
  check (max_uses is null or uses <= max_uses)
);
-- Found by token alone: the address names no merchant.
create unique index payment_link_by_token on payment_link (token);
create index payment_link_by_order on payment_link (merchant_id, order_id) where order_id is not null;
create index payment_link_to_remind on payment_link (next_reminder_at) where next_reminder_at is not null;
create index payment_link_to_expire on payment_link (expires_at) where not is_expiry_told and state <> 'canceled';

-- A page of a link that somebody has tried to pay on. One that is paid, has money under way or is being tried now takes a place:
-- of places there are max_uses, and they are counted with the link's row locked.
create table payment_link_use (
  merchant_id   text not null,
  link_id       text not null,
  session_id    text not null,
  trying_until  timestamptz not null,
  is_live       boolean not null default false,
  is_paid       boolean not null default false,
  amount        bigint not null default 0,
  -- The payment, and its version, that the three above were taken from.
  payment_id       text,
  payment_version  bigint not null default 0,
  primary key (merchant_id, session_id),
  foreign key (merchant_id, link_id) references payment_link (merchant_id, id)
);
create index payment_link_use_by_link on payment_link_use (merchant_id, link_id);

-- Tries, kept for two days: somebody may be trying stolen cards. `card` is a keyed hash, null for other ways to pay.
create table payment_link_try (
  merchant_id  text not null,
  link_id      text not null,
  session_id   text not null,
  attempt      text not null,
  card         text,
  tender_id    text,
  -- Null while it is under way.
  is_declined  boolean,
  at           timestamptz not null,
  primary key (merchant_id, session_id, attempt),
  foreign key (merchant_id, link_id) references payment_link (merchant_id, id)
);
create index payment_link_try_by_link on payment_link_try (merchant_id, link_id, at);
create index payment_link_try_by_age on payment_link_try (at);

-- Pages that were made for a link, and how much of their amount is to be paid next.
alter table checkout_session
  add column payment_link_id text,
  add column pay_up_to bigint check (pay_up_to > 0);
create index checkout_session_by_link on checkout_session (merchant_id, payment_link_id, created_at) where payment_link_id is not null;
