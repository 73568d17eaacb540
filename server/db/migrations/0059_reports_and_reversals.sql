-- Reports of what was taken back: money of a register that a report has counted may be taken back by its provider, and money whose
-- outcome was not known when the shift was closed may turn out to have moved although its sale is finished elsewhere. Both belong
-- into a report, as supplements of the shift they were stamped with.

alter table till_stamp
  -- Its money moved, or was taken back, and no report has counted that yet.
  add column needs_report boolean not null default false,
  -- It had succeeded and was taken back.
  add column is_reversed boolean not null default false,
  -- The report that counted that it was taken back.
  add column reversal_report_id text collate "C";
create index till_stamp_not_reported on till_stamp (merchant_id, shift_id) where needs_report;

create function till_stamp_reversed() returns trigger language plpgsql as $$
begin
  update till_stamp set is_reversed = true, needs_report = shift_id is not null
    where merchant_id = new.merchant_id and operation_id = new.id;
  return null;
end $$;
-- As for the stamp itself, the condition is looked at without calling anything.
create trigger operation_reversed_at_register after update of state on operation for each row
  when (new.register_id is not null and new.state = 'reversed' and old.state <> 'reversed') execute function till_stamp_reversed();

update till_stamp s set is_reversed = true, needs_report = s.shift_id is not null
  from operation o where o.merchant_id = s.merchant_id and o.id = s.operation_id and o.state = 'reversed';
update till_stamp s set needs_report = true
  from operation o where o.merchant_id = s.merchant_id and o.id = s.operation_id and o.state = 'succeeded'
    and o.kind in ('sale', 'authorize', 'capture', 'refund', 'credit') and s.report_id is null and s.shift_id is not null;

-- What a register has ever sold is a sum in its store's currency: kroner and euros do not add up.
update register_total t set sales = r.sales, returns = r.returns
  from (
    select c.merchant_id, c.register_id,
      coalesce(sum(c.total) filter (where c.kind = 'sale' and c.currency = s.currency), 0) as sales,
      coalesce(sum(c.total) filter (where c.kind = 'refund' and c.currency = s.currency), 0) as returns,
      bool_or(c.currency <> s.currency) as is_mixed
    from receipt c
    join register g on g.merchant_id = c.merchant_id and g.id = c.register_id
    join store s on s.merchant_id = g.merchant_id and s.id = g.store_id
    group by 1, 2) r
  where r.is_mixed and t.merchant_id = r.merchant_id and t.register_id = r.register_id;
