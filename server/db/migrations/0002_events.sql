-- The outbox: every accepted change writes its event in the same transaction. The sequence is gap-free per merchant
-- because it is a counter row, not a database sequence: a rolled-back transaction gives its numbers back.

create table event_counter (
  merchant_id text collate "C" primary key,
  last_seq    bigint not null check (last_seq > 0)
);

create table event (
  merchant_id    text collate "C" not null,
  seq            bigint not null,
  id             text collate "C" not null,
  type           text not null,
  object_type    text not null,
  object_id      text collate "C" not null,
  object_version int not null check (object_version > 0),
  data           jsonb not null,
  created_at     timestamptz not null,
  primary key (merchant_id, seq)
);
create index event_by_object on event (object_id, merchant_id, seq);

create type event_row as (
  merchant_id text, id text, type text, object_type text, object_id text, object_version int, data jsonb
);

-- Appends events, those of each merchant in array order. Counter rows are the last locks a transaction takes, merchants
-- sorted: they serialise a merchant's writers only from here to the commit.
create function event_append_rows(p_at timestamptz, p_rows event_row[]) returns void
language plpgsql as $$
begin
  if coalesce(array_length(p_rows, 1), 0) = 0 then return; end if;
  with counter as (
    insert into event_counter as c (merchant_id, last_seq)
      select r.merchant_id, count(*) from unnest(p_rows) r group by r.merchant_id order by r.merchant_id
      on conflict (merchant_id) do update set last_seq = c.last_seq + excluded.last_seq
      returning c.merchant_id, c.last_seq
  ), numbered as (
    select r.*, row_number() over (partition by r.merchant_id order by r.ordinality desc) as from_last
    from unnest(p_rows) with ordinality r
  )
  insert into event (merchant_id, seq, id, type, object_type, object_id, object_version, data, created_at)
    select r.merchant_id, c.last_seq - r.from_last + 1, r.id, r.type, r.object_type, r.object_id, r.object_version, r.data, p_at
    from numbered r join counter c on c.merchant_id = r.merchant_id;
end $$;

-- The same for one merchant and callers in the program: rows as JSON objects with the columns of event_row.
create function event_append(p_merchant text, p_at timestamptz, p_rows json) returns void
language plpgsql as $$
declare
  v_base event_row;
begin
  v_base.merchant_id := p_merchant;
  perform event_append_rows(p_at, (select array_agg(r) from json_populate_recordset(v_base, p_rows) r));
end $$;
