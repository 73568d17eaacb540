-- Payment (what is owed), tender (one part of it covered one way), operation (one instruction to a connector), evidence
-- (an append-only fact about an operation). Amounts are minor units. States and their moves: server/payments/README.md.

create table payment (
  -- No foreign key to the merchant: it would lock one row for every sale of that merchant. The caller's key proves it exists.
  merchant_id       text collate "C" not null,
  id                text collate "C" not null,
  -- 'charge' takes money; 'credit' pays out without an earlier charge.
  direction         text not null default 'charge' check (direction in ('charge', 'credit')),
  status            text not null check (status in ('requires_payment', 'requires_action', 'processing', 'authorized',
                      'partially_captured', 'captured', 'canceled', 'failed', 'expired')),
  attention         text check (attention in ('unknown_outcome', 'amount_mismatch', 'review', 'capture_overdue')),
  amount            bigint not null check (amount > 0 and amount <= 999999999999),
  -- Of what was taken: decided to go back because less was owed, before more was owed again. It pays for nothing any more.
  given_back        bigint not null default 0 check (given_back >= 0),
  currency          text collate "C" not null check (currency ~ '^[A-Z]{3}$'),
  channel           text not null,
  capture           text not null check (capture in ('automatic', 'manual')),
  store_id          text collate "C",
  order_id          text collate "C",
  customer_id       text collate "C",
  reference         text,
  country           text,
  return_url        text,
  metadata          jsonb,
  is_canceled       boolean not null default false,
  amount_authorized bigint not null default 0,
  amount_capturable bigint not null default 0,
  amount_captured   bigint not null default 0,
  amount_refundable bigint not null default 0,
  amount_refunded   bigint not null default 0,
  amount_in_flight  bigint not null default 0,
  version           int not null default 1,
  created_at        timestamptz not null,
  updated_at        timestamptz not null,
  -- One expression for all: PostgreSQL prepares each CHECK anew for every statement.
  constraint amounts_not_negative check (least(amount_authorized, amount_capturable, amount_captured, amount_refundable,
    amount_refunded, amount_in_flight) >= 0),
  primary key (merchant_id, id),
  foreign key (merchant_id, store_id) references store (merchant_id, id),
  foreign key (merchant_id, customer_id) references customer (merchant_id, id)
-- Each row is updated at least once, when the provider has answered. Less than half full, a page has room for that update,
-- and no index is touched by it; at 70 % a third of the sales wrote all index entries again.
) with (fillfactor = 45);
-- Secondary indexes begin with what they are looked up by, not with the merchant: on a young table without statistics the
-- planner would otherwise take any index that begins with the merchant for as good as the primary key.
create index payment_by_order on payment (order_id, merchant_id, id) where order_id is not null;
create index payment_by_customer on payment (customer_id, merchant_id, id) where customer_id is not null;
create index payment_by_reference on payment (reference, merchant_id, id) where reference is not null;
create index payment_by_attention on payment (attention, merchant_id, id) where attention is not null;

create table tender (
  merchant_id          text collate "C" not null,
  payment_id           text collate "C" not null,
  id                   text collate "C" not null,
  seq                  smallint not null,
  method               text not null,
  amount               bigint not null check (amount > 0),
  connector_account_id text collate "C" not null,
  -- What connector and method offer for this tender, fixed when it was made: capture, partial_capture, multi_capture, …
  can                  text[] not null,
  over_capture_bp      int not null default 0 check (over_capture_bp between 0 and 10000),
  initiator            text not null check (initiator in ('customer', 'merchant')),
  terminal_id          text collate "C",
  register_id          text collate "C",
  -- Cash only: what went into the drawer, or out of it, less the amount; null where nothing is rounded.
  rounding             bigint check (amount + rounding >= 0),
  cash_tendered        bigint check (cash_tendered >= amount + coalesce(rounding, 0)),
  card_id              text collate "C",
  token_id             text collate "C",
  instrument_id        text collate "C",
  -- The gift card, store credit or points account that pays; its money is in server/loyalty.
  stored_value_id      text collate "C",
  save_instrument_id   text collate "C",
  save_for             text check (save_for in ('customer', 'order')),
  charge_operation_id  text collate "C" not null,
  psp_reference        text collate "C",
  network_reference    text,
  authentication       text,
  instrument           jsonb,
  next_action          jsonb,
  expires_at           timestamptz,
  decline_code         text,
  decline_message      text,
  decline_is_retryable boolean,
  is_expired           boolean not null default false,
  -- Cumulative: only the in_flight reservations go down, and refunded or credited when the provider takes one back.
  authorized           bigint not null default 0,
  released             bigint not null default 0 check (released <= authorized),
  captured             bigint not null default 0,
  reversed             bigint not null default 0 check (reversed <= captured),
  refunded             bigint not null default 0,
  credited             bigint not null default 0 check (credited <= amount),
  -- Refunds that turned out to have happened after they were given up and done again: booked, shown, never reserved.
  refunded_excess      bigint not null default 0,
  -- Taken back by the provider for disputes that are open or lost: it cannot be refunded besides.
  disputed             bigint not null default 0,
  charge_in_flight     bigint not null default 0,
  capture_in_flight    bigint not null default 0,
  void_in_flight       bigint not null default 0,
  refund_in_flight     bigint not null default 0,
  increment_in_flight  bigint not null default 0,
  created_at           timestamptz not null,
  primary key (merchant_id, payment_id, id),
  foreign key (merchant_id, payment_id) references payment,
  constraint amounts_not_negative check (least(authorized, released, captured, reversed, refunded, credited, refunded_excess,
    disputed, charge_in_flight, capture_in_flight, void_in_flight, refund_in_flight, increment_in_flight) >= 0),
  -- I-02: never more captured than authorised plus what the connector declares it allows.
  constraint captured_within_authorized check
    (captured - reversed + capture_in_flight <= authorized - released + authorized * over_capture_bp / 10000),
  -- I-03: what is refunded or on its way never exceeds what was captured.
  constraint refunded_within_captured check (refunded + refund_in_flight <= captured)
) with (fillfactor = 45);
create index tender_by_expiry on tender (expires_at, merchant_id) where expires_at is not null;

create table operation (
  merchant_id          text collate "C" not null,
  id                   text collate "C" not null,
  payment_id           text collate "C" not null,
  tender_id            text collate "C" not null,
  kind                 text not null check (kind in ('sale', 'authorize', 'capture', 'void', 'refund', 'increment', 'extend', 'credit')),
  state                text not null check (state in ('created', 'dispatched', 'succeeded', 'declined', 'no_effect', 'pending', 'unknown', 'reversed')),
  amount               bigint not null check (amount > 0),
  -- What really took effect; less than amount only for a declared partial approval.
  amount_effective     bigint check (amount_effective between 0 and amount),
  -- As of the tender; a part that goes back has its own.
  rounding             bigint check (amount + rounding >= 0),
  connector_account_id text collate "C" not null,
  method               text not null,
  register_id          text collate "C",
  card_id              text collate "C",
  is_final             boolean not null default false,
  reason               text,
  psp_reference        text collate "C",
  decline_code         text,
  decline_message      text,
  decline_is_retryable boolean,
  idempotency_key      text collate "C",
  -- When the provider says the present state came about; orders contradictory evidence.
  occurred_at          timestamptz,
  created_at           timestamptz not null,
  settled_at           timestamptz,
  -- The payment comes before the id: a payment's operations are then found by the key itself. With an index of their own the
  -- planner, on a young table, took the key's merchant alone for as good, and read all operations of the merchant.
  primary key (merchant_id, payment_id, id),
  foreign key (merchant_id, payment_id, tender_id) references tender (merchant_id, payment_id, id)
) with (fillfactor = 45);
create unique index operation_by_id on operation (id, merchant_id);

-- What is still to be asked of a provider, and when: one row per operation without a final state.
create table operation_ask (
  merchant_id  text collate "C" not null,
  operation_id text collate "C" not null,
  ask_at       timestamptz not null,
  attempt      int not null default 0,
  not_found    int not null default 0,
  primary key (merchant_id, operation_id)
);
create index operation_ask_due on operation_ask (ask_at, merchant_id);

create table evidence (
  merchant_id   text collate "C" not null,
  payment_id    text collate "C" not null,
  id            text collate "C" not null,
  operation_id  text collate "C" not null,
  source        text not null check (source in ('reply', 'webhook', 'poll', 'terminal', 'settlement', 'operator')),
  outcome       text not null,
  -- What it did to our state: succeed, fail, pend, unknown, reverse, late, expire, or none with the reason after a colon.
  effect        text not null,
  amount        bigint,
  psp_reference text,
  body          jsonb,
  occurred_at   timestamptz,
  received_at   timestamptz not null,
  -- No foreign key to the operation: payment_apply writes only what it has joined with one.
  primary key (merchant_id, payment_id, id)
);
create trigger evidence_append_only before update or delete or truncate on evidence
  for each statement execute function refuse_change();

-- One effect per key for ever: rows are never deleted. The reply may one day be purged, the claim may not.
create table idempotency_key (
  merchant_id text collate "C" not null,
  key         text collate "C" not null,
  fingerprint text collate "C" not null,
  payment_id  text collate "C" not null,
  created_at  timestamptz not null,
  primary key (merchant_id, key)
);
create table idempotency_reply (
  merchant_id text collate "C" not null,
  key         text collate "C" not null,
  status      smallint not null,
  body        text not null,
  primary key (merchant_id, key),
  foreign key (merchant_id, key) references idempotency_key
);

-- I-09: the one payment of an order that holds or has taken money; `none` while there is none, `closed` for good.
create table order_payment (
  merchant_id text collate "C" not null,
  order_id    text collate "C" not null,
  payment_id  text collate "C" not null,
  -- Of an order of ours that was changed: what it said of itself before this revision allows nothing any more.
  revision    int not null default 0,
  primary key (merchant_id, order_id)
);

-- Inbound webhooks are stored before they are believed. applied_at is set in the transaction that applies the event.
create table inbound_event (
  merchant_id          text collate "C" not null,
  connector_account_id text collate "C" not null,
  psp_event_id         text collate "C" not null,
  event                jsonb not null,
  received_at          timestamptz not null,
  applied_at           timestamptz,
  attempt              int not null default 0,
  next_attempt_at      timestamptz not null,
  primary key (merchant_id, connector_account_id, psp_event_id)
);
create index inbound_event_due on inbound_event (next_attempt_at, merchant_id) where applied_at is null;

create table dispute (
  merchant_id       text collate "C" not null,
  id                text collate "C" not null,
  payment_id        text collate "C" not null,
  tender_id         text collate "C" not null,
  operation_id      text collate "C" not null,
  connector_account_id text collate "C" not null,
  dispute_reference text collate "C" not null,
  status            text not null check (status in ('open', 'won', 'lost')),
  amount            bigint not null check (amount > 0),
  currency          text collate "C" not null,
  reason            text not null,
  respond_by        timestamptz,
  opened_at         timestamptz not null,
  closed_at         timestamptz,
  version           int not null default 1,
  primary key (merchant_id, id),
  unique (merchant_id, connector_account_id, dispute_reference),
  foreign key (merchant_id, payment_id) references payment
);
create index dispute_by_payment on dispute (payment_id, merchant_id);

-- Work that only a person can decide, with its age. One open task per operation and kind.
create table payment_task (
  merchant_id  text collate "C" not null,
  id           text collate "C" not null,
  kind         text not null check (kind in ('unknown_outcome', 'amount_mismatch', 'late_success', 'duplicate_payment', 'reversal')),
  payment_id   text collate "C" not null,
  operation_id text collate "C" not null,
  created_at   timestamptz not null,
  closed_at    timestamptz,
  primary key (merchant_id, id)
);
create index payment_task_by_payment on payment_task (payment_id, merchant_id) where closed_at is null;
create unique index payment_task_open on payment_task (merchant_id, operation_id, kind) where closed_at is null;

-- Where an operation's money is: the provider owes it, it lies in a drawer, or it is what we owe on a card of our own.
create function asset_account(p_method text, p_connector_account text, p_register text) returns text
language sql immutable as $$
  select case p_method
    when 'cash' then 'cash:' || p_register
    when 'gift_card' then 'gift_card_liability'
    when 'store_credit' then 'store_credit_liability'
    when 'points' then 'loyalty_liability'
    else 'psp_receivable:' || p_connector_account end
$$;

-- Payment status from the sums of its tenders. The one place where it is decided.
create function payment_status(
  p_direction text, p_amount bigint, p_is_canceled boolean, p_captured bigint, p_credited bigint, p_hold bigint,
  p_charge_in_flight bigint, p_has_action boolean, p_tenders int, p_has_expired boolean, p_released bigint, p_reversed bigint
) returns text language sql immutable as $$
  select case
    when p_direction = 'credit' then
      case when p_credited > 0 then 'captured' when p_charge_in_flight > 0 then 'processing' else 'failed' end
    when p_captured >= p_amount then 'captured'
    when p_captured > 0 then 'partially_captured'
    when p_has_action then 'requires_action'
    when p_charge_in_flight > 0 then 'processing'
    when p_is_canceled then 'canceled'
    when p_hold >= p_amount then 'authorized'
    when p_hold > 0 then 'requires_payment'
    when p_tenders = 0 then 'requires_payment'
    when p_has_expired then 'expired'
    -- Taken and taken back: not paid, and nobody gave it up.
    when p_reversed > 0 then 'failed'
    when p_released > 0 then 'canceled'
    else 'failed'
  end
$$;

create function rfc3339(p_at timestamptz) returns text language sql stable as $$
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- What is still held for capture: approved, not released, not captured (a reversed capture holds again).
create function tender_hold(t tender) returns bigint language sql immutable as $$
  select greatest(0, t.authorized - t.released - (t.captured - t.reversed))
$$;

create function tender_capturable(t tender) returns bigint language sql immutable as $$
  select greatest(0, t.authorized - t.released - (t.captured - t.reversed) - t.capture_in_flight - t.void_in_flight)
$$;

-- What this tender covers of the amount owed, counting what is on its way; what was given back covers nothing.
create function tender_covers(t tender) returns bigint language sql immutable as $$
  select greatest(t.authorized - t.released, t.captured - t.reversed) - t.refunded + t.charge_in_flight
$$;

-- What can still be given back: not what is gone, on its way back, or taken back by a dispute.
create function tender_refundable(t tender) returns bigint language sql immutable as $$
  select greatest(0, t.captured - t.reversed - t.refunded - t.refund_in_flight - t.disputed)
$$;

create function tender_status(t tender) returns text language sql immutable as $$
  select case
    when t.credited > 0 then 'captured'
    when t.captured - t.reversed > 0 and t.authorized - t.released > t.captured - t.reversed then 'partially_captured'
    when t.captured - t.reversed > 0 then 'captured'
    when t.charge_in_flight > 0 and t.next_action is not null then 'requires_action'
    when t.charge_in_flight > 0 then 'processing'
    when t.is_expired then 'expired'
    when t.authorized > 0 and t.released >= t.authorized then case when t.reversed > 0 then 'reversed' else 'canceled' end
    when t.authorized > 0 then 'authorized'
    when t.decline_code = 'canceled' then 'canceled'
    else 'failed'
  end
$$;


create function tender_decline(t tender) returns json language sql stable as $$
  select case when t.decline_code is not null then
    json_build_object('code', t.decline_code, 'message', t.decline_message, 'retryable', coalesce(t.decline_is_retryable, false)) end
$$;

-- The API's payment objects, as text: one renderer for replies, reads and lists, set-based because it stands on the hot
-- path. p_keys, where given, holds at each payment's place the idempotency key of the command being answered: `operations`
-- then lists what that command instructed. place: which of the arrays' places a row answers, from 1. Objects are made by
-- row_to_json, member by column: json_build_object looks up the type of each name and value for every row, and took twice
-- the time.
create function payment_render(p_merchants text[], p_payments text[], p_keys text[])
returns table (payment_id text, body text, place bigint)
language plpgsql stable as $$
#variable_conflict use_column
begin
  return query
  select p.id, row_to_json(v)::text, i.place
  from unnest(p_merchants, p_payments, p_keys) with ordinality i (merchant_id, id, key, place)
  join payment p on p.merchant_id = i.merchant_id and p.id = i.id
  left join lateral (
    select json_agg(row_to_json(v) order by t.seq) as list,
      sum(t.credited) as credited, sum(t.disputed) as disputed, sum(tender_covers(t)) as covered,
      (array_agg(t.next_action order by t.seq) filter (where t.next_action is not null))[count(t.next_action)] as next_action,
      (array_agg(tender_decline(t) order by t.seq desc) filter (where t.decline_code is distinct from 'canceled'))[1] as decline,
      bool_or('increment' = any (t.can) and tender_capturable(t) > 0) as can_increment,
      bool_or('extend' = any (t.can) and tender_capturable(t) > 0) as can_extend
    from tender t
    cross join lateral (select
      t.id, 'tender' as object, t.method, t.amount, tender_status(t) as status,
      t.authorized as amount_authorized, tender_capturable(t) as amount_capturable, t.captured - t.reversed as amount_captured,
      tender_refundable(t) as amount_refundable, t.refunded as amount_refunded, t.disputed as amount_disputed,
      t.instrument,
      coalesce(t.instrument_id, case when t.authorized > 0 then t.save_instrument_id end) as instrument_id,
      t.connector_account_id as connector_account, t.terminal_id, t.register_id,
      t.authentication, t.rounding,
      case when t.cash_tendered is not null then
        json_build_object('tendered', t.cash_tendered, 'change', t.cash_tendered - t.amount - coalesce(t.rounding, 0)) end as cash,
      rfc3339(t.expires_at) as expires_at, tender_decline(t) as decline) v
    where t.merchant_id = p.merchant_id and t.payment_id = p.id
  ) t on true
  left join lateral (
    select json_agg(row_to_json(v) order by o.id) as list
    from operation o
    cross join lateral (select
      o.id, 'operation' as object, o.kind, o.state, o.amount, o.rounding, o.tender_id, o.reason,
      case when o.decline_code is not null then
        json_build_object('code', o.decline_code, 'message', o.decline_message, 'retryable', o.decline_is_retryable) end as decline,
      rfc3339(o.created_at) as created_at) v
    where i.key is not null and o.merchant_id = p.merchant_id and o.payment_id = p.id and o.idempotency_key = i.key
  ) o on true
  cross join lateral (select
    p.id, 'payment' as object, p.direction, p.status, p.attention,
    p.amount, p.currency, p.channel, p.capture,
    p.store_id, p.order_id, p.customer_id, p.reference,
    p.amount_authorized, p.amount_capturable, p.amount_captured,
    p.amount_refundable, p.amount_refunded, p.amount_in_flight,
    coalesce(t.credited, 0) as amount_credited, coalesce(t.disputed, 0) as amount_disputed,
    coalesce(t.list, '[]'::json) as tenders,
    -- Nobody is sent to pay what was given up.
    case when p.status = 'requires_action' and not p.is_canceled then t.next_action end as next_action,
    case when p.status = 'failed' then t.decline end as decline,
    array_remove(array[
      case when p.direction = 'charge' and not p.is_canceled and p.status in ('requires_payment', 'partially_captured', 'failed', 'expired')
             and coalesce(t.covered, 0) < p.amount then 'tenders' end,
      case when p.amount_capturable > 0 then 'captures' end,
      case when t.can_increment then 'increments' end,
      case when t.can_extend then 'extensions' end,
      case when p.amount_capturable > 0 or (p.direction = 'charge' and not p.is_canceled
             and p.status in ('requires_payment', 'requires_action', 'failed', 'expired')) then 'cancel' end,
      case when p.amount_refundable > 0 then 'refunds' end], null) as actions,
    o.list as operations,
    coalesce(p.metadata, '{}'::jsonb) as metadata, p.version,
    rfc3339(p.created_at) as created_at, rfc3339(p.updated_at) as updated_at) v;
end $$;
