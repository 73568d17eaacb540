-- A customer may be forgotten: what the books need stays, without a name.

alter table customer add column erased_at timestamptz;
-- What was written to an address, to show it to its owner and to forget it.
create index mail_by_recipient on mail (merchant_id, lower(recipient));

-- The value with the members of those names empty, two levels deep: events carry what was before and after.
create function without_members(p_data jsonb, p_names text[]) returns jsonb
language sql immutable as $$
  select case when jsonb_typeof(p_data) <> 'object' then p_data else (
    select coalesce(jsonb_object_agg(o.key, case
      when o.key = any (p_names) then 'null'::jsonb
      when jsonb_typeof(o.value) = 'object' then (
        select coalesce(jsonb_object_agg(i.key, case when i.key = any (p_names) then 'null'::jsonb else i.value end), '{}')
        from jsonb_each(o.value) i)
      else o.value end), '{}')
    from jsonb_each(p_data) o) end
$$;

-- What in an event says who a person is or where they live, by the kind of object it is about.
create function event_personal(p_object_type text) returns text[]
language sql immutable as $$
  select case p_object_type
    when 'customer' then '{email,name,phone,reference,locale,groups,lines,postal_code,city,region,country,hint,reason,proof}'::text[]
    when 'order' then '{email,shipping_address,billing_address,address,destination}'::text[]
    else '{}'::text[] end
$$;

-- The log stays append-only but for one thing: an event may lose what says who somebody was, and nothing else of it can change.
create function event_keep() returns trigger language plpgsql as $$
declare
  v_forgotten event := old;
begin
  v_forgotten.data := without_members(old.data, event_personal(old.object_type));
  if new is not distinct from v_forgotten then return new; end if;
  raise exception 'event is append-only' using errcode = 'insufficient_privilege';
end $$;
drop trigger event_append_only on event;
create trigger event_append_only before delete or truncate on event for each statement execute function refuse_change();
create trigger event_kept before update on event for each row execute function event_keep();

-- Forgets a person in the events about some objects. The running role may not update events itself, so this has the rights of whoever
-- made it. Served by event_by_object.
create function event_forget(p_merchant text, p_objects text[]) returns void
language sql security definer set search_path from current as $$
  update event set data = without_members(data, event_personal(object_type))
    where object_id = any (p_objects) and merchant_id = p_merchant
$$;
