-- Telling others: where a retailer wants its events sent, and how far each sending has come.
--
-- An endpoint is a cursor into the merchant's event log (next_seq). The log is gap-free and becomes visible in order, so
-- "everything from next_seq to the end" is exact: no event can appear behind the cursor. Deliveries are made from the log
-- by moving the cursor, in one transaction, and from then on each has its own life.

create table webhook_endpoint (
  merchant_id            text collate "C" not null references merchant,
  id                     text collate "C" not null check (id ~ '^whe_[0-9A-Z]{26}$'),
  url                    text        not null check (length(url) between 1 and 2048),
  description            text        check (length(description) between 1 and 200),
  -- Exact types or `payment.*`; empty means every event.
  event_types            text[]      not null check (cardinality(event_types) <= 50),
  is_enabled             boolean     not null,
  -- 'merchant': switched off by its owner. 'failing': switched off by us after days without a success.
  disabled_reason        text        check (disabled_reason in ('merchant', 'failing')),
  -- Signing secrets, sealed by the vault (AAD: merchant and endpoint). The previous one signs too until it expires.
  sealed_secret          bytea       not null check (octet_length(sealed_secret) between 1 and 4096),
  previous_sealed_secret bytea       check (octet_length(previous_sealed_secret) between 1 and 4096),
  previous_secret_until  timestamptz,
  -- The first sequence that no delivery has been made for.
  next_seq               bigint      not null check (next_seq > 0),
  -- Failed attempts since the last success, over all its deliveries: tells "this event is refused" from "it is down".
  consecutive_failures   int         not null check (consecutive_failures >= 0),
  last_success_at        timestamptz,
  -- While it is down, nothing is tried before this moment.
  quiet_until            timestamptz,
  version                int         not null check (version > 0),
  created_at             timestamptz not null,
  primary key (merchant_id, id),
  check (is_enabled = (disabled_reason is null)),
  check ((previous_sealed_secret is null) = (previous_secret_until is null))
);

create table webhook_delivery (
  merchant_id      text collate "C" not null,
  id               text collate "C" not null check (id ~ '^whd_[0-9A-Z]{26}$'),
  endpoint_id      text collate "C" not null,
  event_seq        bigint      not null,
  -- Repeated from the event, because order is kept per (endpoint, object) and this is what the claim looks for.
  object_id        text collate "C" not null,
  state            text        not null check (state in ('pending', 'delivered', 'failed')),
  -- Attempts finished in the present run; a redelivery starts a new run.
  attempt          int         not null check (attempt >= 0),
  first_attempt_at timestamptz,
  next_attempt_at  timestamptz not null,
  -- A claim: until then one process owns the sending. The fence goes up with each claim; only its holder may close.
  lease_until      timestamptz,
  fence            bigint      not null,
  last_status      int,
  last_error       text        check (length(last_error) <= 100),
  -- At most 1 KiB of the answer; each undecodable byte of it can become three.
  response_excerpt text        check (octet_length(response_excerpt) <= 3072),
  created_at       timestamptz not null,
  delivered_at     timestamptz,
  primary key (merchant_id, id),
  -- An event is sent to an endpoint by one delivery, however often the fan-out runs.
  unique (merchant_id, endpoint_id, event_seq),
  foreign key (merchant_id, endpoint_id) references webhook_endpoint (merchant_id, id) on delete cascade,
  foreign key (merchant_id, event_seq) references event (merchant_id, seq),
  check ((state = 'delivered') = (delivered_at is not null))
);

-- The claim walks pending deliveries in order, and asks for each whether the same object has an earlier one.
create index webhook_delivery_pending on webhook_delivery (merchant_id, endpoint_id, event_seq) where state = 'pending';
create index webhook_delivery_pending_object on webhook_delivery (merchant_id, endpoint_id, object_id, event_seq)
  where state = 'pending';
-- "Is anything due?" for an endpoint, asked at each step of the worker.
create index webhook_delivery_due on webhook_delivery (merchant_id, endpoint_id, next_attempt_at) where state = 'pending';
-- Old finished deliveries are removed by age.
create index webhook_delivery_finished on webhook_delivery (merchant_id, delivered_at) where state = 'delivered';

-- GET /v1/events/{id}, and the promise that a receiver can recognise an event by its id.
create unique index event_by_id on event (id, merchant_id);
