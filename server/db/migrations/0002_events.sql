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
create index event_by_object on event (merchant_id, object_id, seq);

create type event_row as (
  id text, type text, object_type text, object_id text, object_version int, data jsonb
);

-- Appends events in array order. The counter row is the last lock a transaction takes: it serialises the merchant's
-- writers only from here to the commit.
create function event_append_rows(p_merchant text, p_at timestamptz, p_rows event_row[]) returns void
language plpgsql as $$
declare
  v_count int := coalesce(array_length(p_rows, 1), 0);
  v_last bigint;
begin
  if v_count = 0 then return; end if;
  insert into event_counter as c (merchant_id, last_seq) values (p_merchant, v_count)
    on conflict (merchant_id) do update set last_seq = c.last_seq + v_count
    returning c.last_seq into v_last;
  insert into event (merchant_id, seq, id, type, object_type, object_id, object_version, data, created_at)
    select p_merchant, v_last - v_count + r.ordinality, r.id, r.type, r.object_type, r.object_id, r.object_version, r.data, p_at
    from unnest(p_rows) with ordinality r;
end $$;

-- The same for callers in the program: rows as JSON objects with the columns of event_row.
create function event_append(p_merchant text, p_at timestamptz, p_rows json) returns void
language plpgsql as $$
begin
  perform event_append_rows(p_merchant, p_at,
    (select array_agg(r) from json_populate_recordset(null::event_row, p_rows) r));
end $$;
