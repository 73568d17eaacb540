-- What event_window (0022) is for one merchant, for those of several that are little behind: takes the cursors nobody holds and reads what
-- is to be handled. A trade of many merchants leaves each of them an event or two between two looks, and a call, a transaction and a
-- commit for every merchant and consumer cost more than the sales they tell of. It moves nothing: whoever handles a
-- merchant moves its cursor with event_cursors_move. No row for a cursor that is held, or not there yet.
-- On a database sharded by merchant it is not for use; event_window is.
create function event_windows(p_consumer text, p_families text[], p_merchants text[], p_size bigint, p_with_data boolean)
returns table (
  merchant_id text, moved_from bigint, moved_to bigint, seq bigint, id text, type text, object_type text, object_id text,
  object_version int, data jsonb, created_at timestamptz, subject text, must_wait boolean
)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_merchants text[];
  v_from bigint[];
begin
  select array_agg(k.merchant_id order by k.merchant_id), array_agg(k.seq order by k.merchant_id) into v_merchants, v_from
    from (
      select k.merchant_id, k.seq from event_cursor k
        where k.merchant_id = any (p_merchants) and k.consumer = p_consumer
        order by k.merchant_id for update skip locked
    ) k;
  -- A statement of its own, after the locks. It sees a number only with its event.
  return query
    select w.merchant_id, w.moved_from, greatest(w.moved_from, least(c.last_seq, w.moved_from + p_size)), e.seq, e.id, e.type,
        e.object_type, e.object_id, e.object_version, case when p_with_data then e.data end, e.created_at, s.subject,
        exists (
          select from event_set_aside a where a.merchant_id = w.merchant_id and a.consumer = p_consumer and a.subject = s.subject
        )
      from unnest(v_merchants, v_from) w (merchant_id, moved_from)
        join event_counter c on c.merchant_id = w.merchant_id
        left join event e on e.merchant_id = w.merchant_id and e.seq > w.moved_from and e.seq <= least(c.last_seq, w.moved_from + p_size)
          and exists (select from unnest(p_families) f (family) where starts_with(e.type, f.family))
        left join lateral (select coalesce(e.data ->> 'order_id', e.object_id) as subject) s on true
      order by w.merchant_id, e.seq;
end $$;

-- Moves cursors that the transaction holds.
create function event_cursors_move(p_consumer text, p_merchants text[], p_to bigint[]) returns void
language sql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
  update event_cursor k set seq = m.seq
    from unnest(p_merchants, p_to) m (merchant_id, seq)
    where k.merchant_id = m.merchant_id and k.consumer = p_consumer;
$$;
