-- Events that a consumer could not handle: put aside with what follows about the same thing, so that one bad event holds up
-- neither the merchant's other events nor a read that follows, and nothing about one thing is handled out of its order.
create table event_set_aside (
  merchant_id text collate "C" not null,
  consumer    text not null,
  -- The order that the events tell of, or the object itself.
  subject     text collate "C" not null,
  seqs        bigint[] not null check (cardinality(seqs) > 0),
  attempts    int not null check (attempts > 0),
  since       timestamptz not null,
  next_at     timestamptz not null,
  primary key (merchant_id, consumer, subject)
);
create index event_set_aside_due on event_set_aside (consumer, next_at);
