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

-- Begins a window of a consumer, in the transaction that handles it: takes the cursor and moves it behind the events that the caller is
-- about to handle, which are those of some families among the next p_size. One call, because there is one for each consumer and
-- merchant several times a second. No row when another holds the cursor and p_wait is false; else one at least, of which only
-- moved_from and moved_to are there when no event is to be handled. `data` is left out unless p_with_data.
-- Subject: the order that an event names, or its own object; must_wait: an earlier event of it is set aside. The cursor's lock keeps
-- that true. What moves nothing but the cursor, and what p_is_rebuildable, need not wait for the disk: after a crash the log tells it again.
create function event_window(
  p_merchant text, p_consumer text, p_families text[], p_size bigint, p_wait boolean, p_with_data boolean, p_is_rebuildable boolean
) returns table (
  moved_from bigint, moved_to bigint, seq bigint, id text, type text, object_type text, object_id text, object_version int, data jsonb,
  created_at timestamptz, subject text, must_wait boolean
)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_cursor bigint;
  v_last bigint;
begin
  for i in 1 .. 2 loop
    if p_wait then
      select k.seq into v_cursor from event_cursor k where k.merchant_id = p_merchant and k.consumer = p_consumer for update;
    else
      select k.seq into v_cursor from event_cursor k where k.merchant_id = p_merchant and k.consumer = p_consumer for update skip locked;
    end if;
    exit when found or i = 2;
    -- Not there yet, or held by another: the insert changes nothing then.
    insert into event_cursor (merchant_id, consumer, seq) values (p_merchant, p_consumer, 0) on conflict do nothing;
  end loop;
  if v_cursor is null then return; end if;

  -- A statement of its own, after the lock. It sees a number only with its event.
  select coalesce(max(e.seq), 0) into v_last from event e where e.merchant_id = p_merchant;
  v_last := least(v_last, v_cursor + p_size);
  if v_last > v_cursor then
    -- Before the work, which ends with what takes the merchant's counter: the commit is to follow it at once.
    update event_cursor k set seq = v_last where k.merchant_id = p_merchant and k.consumer = p_consumer;
  end if;
  return query
    select v_cursor, greatest(v_last, v_cursor), e.seq, e.id, e.type, e.object_type, e.object_id, e.object_version,
        case when p_with_data then e.data end, e.created_at, s.subject,
        exists (select from event_set_aside a where a.merchant_id = p_merchant and a.consumer = p_consumer and a.subject = s.subject)
      from event e cross join lateral (select coalesce(e.data ->> 'order_id', e.object_id) as subject) s
      where e.merchant_id = p_merchant and e.seq > v_cursor and e.seq <= v_last
        and exists (select from unnest(p_families) f (family) where starts_with(e.type, f.family))
      order by e.seq;
  if found then
    if p_is_rebuildable then perform set_config('synchronous_commit', 'off', true); end if;
    return;
  end if;
  perform set_config('synchronous_commit', 'off', true);
  moved_from := v_cursor;
  moved_to := greatest(v_last, v_cursor);
  return next;
end $$;
