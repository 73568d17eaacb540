-- Returns: goods that come back in any channel, and the money that goes back for them, where it came from.

-- A merchant's rules. Without a row the usual ones hold (server/returns/policy.ts).
create table return_policy (
  merchant_id text collate "C" primary key,
  rules       jsonb not null check (octet_length(rules::text) <= 16384),
  version     int not null check (version > 0),
  updated_at  timestamptz not null
);

create table goods_return (
  merchant_id    text collate "C" not null,
  id             text collate "C" not null,
  -- Null: without a receipt.
  order_id       text collate "C",
  customer_id    text collate "C",
  state          text not null check (state in ('requested', 'approved', 'in_transit', 'received', 'settling', 'settled', 'rejected', 'cancelled')),
  channel        text not null,
  -- The store that takes the goods back.
  store_id       text collate "C",
  currency       text collate "C" not null,
  reason         text not null,
  note           text,
  tracking       jsonb,
  -- What the customer bears of the way back; a person may set another.
  shipping_fee   bigint not null default 0 check (shipping_fee >= 0),
  shipping_fee_override bigint check (shipping_fee_override >= 0),
  -- Worth of what was received, and what else goes back with it: the delivery of an order that comes back whole.
  amount_goods   bigint not null default 0 check (amount_goods >= 0),
  amount_tax     bigint not null default 0 check (amount_tax >= 0),
  amount_delivery bigint not null default 0 check (amount_delivery >= 0),
  -- Of that worth what the order's payments have not to give any more: given back otherwise, disputed, or never taken.
  amount_given_before bigint not null default 0 check (amount_given_before >= 0),
  -- Of that worth what was due for the order and not paid: it is due no more.
  amount_unpaid  bigint not null default 0 check (amount_unpaid >= 0),
  -- Decided to go back, by the rows of return_refund.
  amount_planned bigint not null default 0 check (amount_planned >= 0),
  exchange_id    text collate "C",
  created_by     text collate "C" not null,
  version        int not null default 1,
  created_at     timestamptz not null,
  updated_at     timestamptz not null,
  settled_at     timestamptz,
  -- Never decided to give back more than came back.
  constraint planned_within check (amount_planned <= amount_goods + amount_delivery),
  primary key (merchant_id, id)
) with (fillfactor = 80);
create index goods_return_by_order on goods_return (order_id, merchant_id, id) where order_id is not null;
create index goods_return_by_customer on goods_return (customer_id, merchant_id, id) where customer_id is not null;
create index goods_return_by_store on goods_return (store_id, merchant_id, id) where store_id is not null;

create table goods_return_line (
  merchant_id text collate "C" not null,
  return_id   text collate "C" not null,
  no          int not null check (no > 0),
  -- The line of the order; null without a receipt.
  line_id     text collate "C",
  variant_id  text collate "C",
  name        text not null,
  components  jsonb not null,
  -- Worth of a unit where there is no line to take it from.
  unit_amount bigint check (unit_amount >= 0),
  requested   bigint not null check (requested > 0),
  -- By what became of it: together what was received.
  restock     bigint not null default 0,
  quality     bigint not null default 0,
  damaged     bigint not null default 0,
  vendor      bigint not null default 0,
  discard     bigint not null default 0,
  -- Asked for and never brought.
  withdrawn   bigint not null default 0,
  amount      bigint not null default 0 check (amount >= 0),
  tax         bigint not null default 0 check (tax >= 0),
  primary key (merchant_id, return_id, no),
  foreign key (merchant_id, return_id) references goods_return,
  constraint counters_within check (least(restock, quality, damaged, vendor, discard, withdrawn) >= 0
    and restock + quality + damaged + vendor + discard + withdrawn <= requested)
) with (fillfactor = 80);

-- Money that is to go back: an intent per tender or destination, carried out through payments outside any transaction under a key
-- made of the return's id and n.
create table return_refund (
  merchant_id   text collate "C" not null,
  return_id     text collate "C" not null,
  n             int not null check (n > 0),
  -- Null for a payout without a payment.
  payment_id    text collate "C",
  tender_id     text collate "C",
  method        text not null,
  amount        bigint not null check (amount > 0),
  -- Null: back to where it came from.
  destination   jsonb,
  state         text not null check (state in ('open', 'sent', 'done', 'failed')),
  operation_id  text collate "C",
  failure       text,
  attempt       int not null default 0,
  due_at        timestamptz not null,
  created_at    timestamptz not null,
  done_at       timestamptz,
  primary key (merchant_id, return_id, n),
  foreign key (merchant_id, return_id) references goods_return
);
create index return_refund_due on return_refund (due_at, merchant_id) where state = 'open';
create index return_refund_by_operation on return_refund (operation_id, merchant_id) where operation_id is not null;

-- How often and how much came back without a receipt, per customer and per key, in a period. The guard is the upsert.
create table return_velocity (
  merchant_id text collate "C" not null,
  subject     text collate "C" not null,
  period      text not null,
  currency    text collate "C" not null,
  count       int not null check (count >= 0),
  amount      bigint not null check (amount >= 0),
  primary key (merchant_id, subject, period, currency)
);

-- Which orders a card has paid, so that a card held to a terminal finds its purchases. A read model of payments.
create table order_card (
  merchant_id text collate "C" not null,
  alias       text collate "C" not null,
  order_id    text collate "C" not null,
  paid_at     timestamptz not null,
  primary key (merchant_id, alias, order_id)
);

-- An exchange: what came back pays for what is taken instead, and one payment or refund makes up the difference.
create table exchange (
  merchant_id  text collate "C" not null,
  id           text collate "C" not null,
  return_id    text collate "C" not null,
  order_id     text collate "C" not null,
  currency     text collate "C" not null,
  state        text not null check (state in ('settling', 'awaiting_payment', 'completed', 'failed')),
  -- The worth of what came back, what of it pays for the new goods, and the account it passes through.
  amount_returned bigint not null check (amount_returned >= 0),
  amount_credited bigint not null check (amount_credited >= 0 and amount_credited <= amount_returned),
  amount_due   bigint not null check (amount_due >= 0),
  gift_card_id text collate "C",
  payment_id   text collate "C",
  version      int not null default 1,
  created_at   timestamptz not null,
  updated_at   timestamptz not null,
  primary key (merchant_id, id)
);
create unique index exchange_by_return on exchange (return_id, merchant_id);
create unique index exchange_by_order on exchange (order_id, merchant_id);

-- Notes which orders the cards of some payments have paid. Reads payments and tenders, which only their module writes.
create function order_cards_learn(p_merchant text, p_payments text[], p_at timestamptz) returns void language sql as $$
  insert into order_card (merchant_id, alias, order_id, paid_at)
    select distinct t.merchant_id, t.instrument ->> 'alias', p.order_id, p_at
    from unnest(p_payments) i (id)
    join payment p on p.merchant_id = p_merchant and p.id = i.id
    join tender t on t.merchant_id = p.merchant_id and t.payment_id = p.id
    where p.order_id like 'ord\_%' and t.instrument ->> 'alias' is not null and t.authorized > 0
    on conflict (merchant_id, alias, order_id) do nothing
$$;

-- The tenders of an order's payments that money can go back to, newest first: by how much, and how.
create function payment_refundable_tenders(p_merchant text, p_order text) returns table (
  payment_id text, tender_id text, method text, captured bigint, refundable bigint, can text[], register_id text)
language sql stable as $$
  select t.payment_id, t.id, t.method, t.captured - t.reversed, tender_refundable(t), t.can, t.register_id
  from payment p join tender t on t.merchant_id = p.merchant_id and t.payment_id = p.id
  where p.order_id = p_order and p.merchant_id = p_merchant and p.direction = 'charge' and t.captured > t.reversed
  order by p.id desc, t.seq desc
$$;
