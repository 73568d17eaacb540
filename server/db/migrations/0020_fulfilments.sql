-- Fulfilments: how goods of an order reach the customer, group by group, and what is charged when they do. Vocabulary and
-- states: server/fulfilments/README.md. What happened stands in the event log.

create table fulfilment (
  merchant_id          text collate "C" not null,
  id                   text collate "C" not null,
  order_id             text collate "C" not null,
  -- The order's group it was made of. Part 1 is the first; what is split off or sent on to another store is the next part.
  group_no             int not null check (group_no > 0),
  part                 int not null check (part > 0),
  mode                 text not null check (mode in ('take_away', 'collect', 'ship', 'ship_to_store', 'digital')),
  state                text not null,
  -- Whose stock is reserved for it; null for what has none.
  store_id             text collate "C",
  -- Where it is collected. Its goods come by transfer when that is not where they are.
  destination_store_id text collate "C",
  address              jsonb,
  -- Under which reference the stock is reserved; null when nothing is.
  reservation_ref      text collate "C",
  -- A transfer that must arrive first. Null once it has.
  transfer_id          text collate "C",
  -- Stores that have said no.
  refused_by           text[] collate "C" not null default '{}',
  score                jsonb,
  reason               text,
  -- The pickup code: which one of this fulfilment, its hash under the merchant's key, and how often a wrong one was tried.
  code_no              int not null default 0,
  code_hash            text collate "C",
  code_attempts        int not null default 0,
  collected_by         text check (collected_by in ('code', 'staff')),
  promised_at          timestamptz,
  -- Not collected by then, it goes back to the shelf.
  expires_at           timestamptz,
  reminded_at          timestamptz,
  tracking             jsonb,
  -- What is charged at hand-over: its share, how and under which payment, and how far that has come. A plan is written before
  -- the provider is called; charge_no makes the keys of one try.
  charge_state         text not null default 'none' check (charge_state in ('none', 'intent', 'unknown', 'charged', 'declined', 'reversed')),
  charge_no            int not null default 0,
  charge_amount        bigint not null default 0 check (charge_amount >= 0),
  -- What a try that was declined took all the same: a partial approval.
  charge_taken         bigint not null default 0 check (charge_taken >= 0),
  charge_plan          jsonb,
  charge_decline       jsonb,
  charge_due_at        timestamptz,
  -- The caller's key of the hand-over, so that its repeat finds what it began.
  charge_key           text collate "C",
  -- Nothing of the order is left to be charged: what is held is released, the kept card revoked.
  release_at           timestamptz,
  version              int not null default 1,
  created_at           timestamptz not null,
  updated_at           timestamptz not null,
  ended_at             timestamptz,
  constraint state_of_mode check (state = any (case
    when mode in ('collect', 'ship_to_store') then array['pending', 'accepted', 'picking', 'ready', 'arrived', 'collected', 'rejected', 'rerouted', 'expired', 'cancelled']
    when mode = 'ship' then array['pending', 'accepted', 'picking', 'packed', 'shipped', 'delivered', 'lost', 'returned_to_sender', 'rejected', 'rerouted', 'cancelled']
    when mode = 'take_away' then array['collected', 'cancelled']
    else array['delivered', 'cancelled'] end)),
  constraint planned_while_charging check (charge_state not in ('intent', 'unknown') or (charge_plan is not null and charge_due_at is not null)),
  constraint code_while_ready check (code_hash is null or mode in ('collect', 'ship_to_store')),
  primary key (merchant_id, id)
) with (fillfactor = 80);
create unique index fulfilment_by_order on fulfilment (order_id, group_no, part, merchant_id);
create index fulfilment_by_store on fulfilment (store_id, merchant_id, id) where store_id is not null;
create index fulfilment_by_destination on fulfilment (destination_store_id, merchant_id, id) where destination_store_id is not null;
-- The work of each store, for the board and for how busy it is.
create index fulfilment_open on fulfilment (merchant_id, store_id) where ended_at is null;
create index fulfilment_by_expiry on fulfilment (expires_at, merchant_id) where expires_at is not null;
create index fulfilment_charge_due on fulfilment (charge_due_at, merchant_id) where charge_due_at is not null;
create index fulfilment_release_due on fulfilment (release_at, merchant_id) where release_at is not null;
create index fulfilment_by_transfer on fulfilment (transfer_id, merchant_id) where transfer_id is not null;

-- Units of an order's line in a fulfilment. Open is what is left: quantity - handed_over - dropped.
create table fulfilment_line (
  merchant_id   text collate "C" not null,
  fulfilment_id text collate "C" not null,
  line_id       text collate "C" not null,
  -- What one unit takes from the stock.
  components    jsonb not null,
  quantity      bigint not null check (quantity > 0),
  handed_over   bigint not null default 0,
  -- Cancelled, refused, expired, or gone to another part.
  dropped       bigint not null default 0,
  constraint counters_within check (least(handed_over, dropped) >= 0 and handed_over + dropped <= quantity),
  primary key (merchant_id, fulfilment_id, line_id),
  foreign key (merchant_id, fulfilment_id) references fulfilment
);
