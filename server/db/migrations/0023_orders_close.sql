-- When the last unit of an order was handed over: from then on its goods can be returned for so many days, and after those the
-- order is closed.
alter table sales_order add column fulfilled_at timestamptz;
-- Something stood in the way of closing it: not looked at again before. Changes no index, so looking again is cheap.
alter table sales_order add column close_again_at timestamptz;
create index sales_order_to_close on sales_order (merchant_id, confirmed_at) where state = 'confirmed';

-- As before (0018), and keeps when units were handed over.
create or replace function order_count_lines(p_merchant text, p_rows json, p_states text[], p_at timestamptz) returns void
language plpgsql as $$
declare
  v_rows order_line_count[];
  v_orders text[];
  v_states text[];
  v_moved int;
begin
  select array_agg(s) into v_rows from (
    select r.order_id, r.line_id, coalesce(sum(r.cancelled), 0)::bigint, coalesce(sum(r.fulfilled), 0)::bigint,
        coalesce(sum(r.return_requested), 0)::bigint, coalesce(sum(r.returned), 0)::bigint
      from json_populate_recordset(null::order_line_count, p_rows) r group by r.order_id, r.line_id) s;
  if v_rows is null then return; end if;
  select array_agg(o.id), array_agg(distinct o.state) into v_orders, v_states from (
    select o.id, o.state from sales_order o
      where o.merchant_id = p_merchant and o.id in (select r.order_id from unnest(v_rows) r) order by o.id for update) o;
  if coalesce(cardinality(v_orders), 0) < (select count(distinct r.order_id) from unnest(v_rows) r) then perform refuse('not_found'); end if;
  if not v_states <@ p_states then perform refuse('invalid_state'); end if;
  update order_line l set cancelled = l.cancelled + r.cancelled, fulfilled = l.fulfilled + r.fulfilled,
      return_requested = l.return_requested + r.return_requested, returned = l.returned + r.returned
    from unnest(v_rows) r
    where l.merchant_id = p_merchant and l.order_id = r.order_id and l.id = r.line_id
      and l.cancelled + r.cancelled + l.fulfilled + r.fulfilled <= l.quantity
      and l.return_requested + r.return_requested + l.returned + r.returned <= l.fulfilled + r.fulfilled
      and least(l.cancelled + r.cancelled, l.fulfilled + r.fulfilled, l.return_requested + r.return_requested, l.returned + r.returned) >= 0;
  get diagnostics v_moved = row_count;
  if v_moved < cardinality(v_rows) then
    if exists (select from unnest(v_rows) r where not exists (
        select from order_line l where l.merchant_id = p_merchant and l.order_id = r.order_id and l.id = r.line_id)) then
      perform refuse('not_found');
    end if;
    perform refuse('exceeds_available');
  end if;
  update sales_order o set version = o.version + 1, updated_at = p_at,
      fulfilled_at = case when exists (select from unnest(v_rows) r where r.order_id = o.id and r.fulfilled > 0) then p_at else o.fulfilled_at end
    where o.merchant_id = p_merchant and o.id = any (v_orders);
end $$;
