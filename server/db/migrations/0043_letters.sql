-- Letters that a shop writes by itself: which of them a merchant has switched off.
create table letter_settings (
  merchant_id text collate "C" primary key references merchant,
  off         text[]      not null default '{}' check (cardinality(off) <= 20),
  version     bigint      not null check (version > 0),
  updated_at  timestamptz not null
);

-- Nobody is written to about what happened before there were letters: the new reader of the log begins at its end.
insert into event_cursor (merchant_id, consumer, seq)
  select merchant_id, 'letters', max(seq) from event group by merchant_id
  on conflict do nothing;
