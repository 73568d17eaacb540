-- What a kind of store usually can: parcels with returns come back to where parcels leave.
create or replace function store_capabilities(p_kind text) returns text[] language sql immutable as $$
  select case p_kind when 'shop' then array['sell', 'pickup', 'ship_from', 'return', 'endless_aisle']
    when 'popup' then array['sell', 'return'] else array['ship_from', 'return'] end
$$;

-- Orders by the hour for which a store has promised them.
create index fulfilment_promised on fulfilment (merchant_id, destination_store_id, promised_at)
  where destination_store_id is not null and promised_at is not null;

-- One row per store that says how many orders it can get ready in an hour: locked while a promise is made there, so that two
-- cannot both take the last place of an hour.
create table pickup_queue (
  merchant_id text collate "C" not null,
  store_id    text collate "C" not null,
  primary key (merchant_id, store_id)
);

-- Promises fulfilments for the first of `times` whose hour (of the clock, UTC) has room: fewer than `capacity` other orders are promised
-- there that have not been given up. With room in none nothing is promised. Rows are served in their order: [{id, order_id, store_id, capacity, times}].
-- Locks the queues of their stores, sorted; take them after the levels, and once in a transaction. Answers what was promised.
create function fulfilment_promise(p_merchant text, p_rows json) returns table (id text, promised_at timestamptz)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_row record;
  v_time timestamptz;
  v_promised timestamptz;
begin
  insert into pickup_queue (merchant_id, store_id)
    select distinct p_merchant, r.store_id from json_to_recordset(p_rows) r (store_id text) order by 2
    on conflict do nothing;
  perform from pickup_queue q where q.merchant_id = p_merchant
    and q.store_id in (select r.store_id from json_to_recordset(p_rows) r (store_id text)) order by q.store_id for update;
  -- Statements of their own, after the locks: they see what whoever held them committed.
  for v_row in select * from json_to_recordset(p_rows) r (id text, order_id text, store_id text, capacity int, times timestamptz[]) loop
    v_promised := null;
    foreach v_time in array v_row.times loop
      if (select count(distinct f.order_id) from fulfilment f
          where f.merchant_id = p_merchant and f.destination_store_id = v_row.store_id
            and f.promised_at >= date_trunc('hour', v_time, 'UTC') and f.promised_at < date_trunc('hour', v_time, 'UTC') + interval '1 hour'
            and f.order_id <> v_row.order_id and f.id <> v_row.id and f.state not in ('rejected', 'rerouted', 'cancelled', 'expired')) < v_row.capacity then
        v_promised := v_time;
        exit;
      end if;
    end loop;
    update fulfilment f set promised_at = v_promised where f.merchant_id = p_merchant and f.id = v_row.id;
    return query select v_row.id, v_promised;
  end loop;
end $$;
