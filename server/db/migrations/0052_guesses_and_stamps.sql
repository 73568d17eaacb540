-- pin_begin of migration 0048: a guess that locked nothing makes nobody wait. Two at the same moment come here in any order, so the
-- later one to come may be the earlier one to have begun; it was told to wait for the millisecond between them.
create or replace function pin_begin(p_merchant text, p_at timestamptz, p_subjects text[], p_free int[], p_lock_s int[])
returns table (wait_s int, guess int) language plpgsql as $$
declare
  v pin_guess;
  v_wait int := 0;
  v_guess int := 0;
begin
  for i in 1 .. array_length(p_subjects, 1) loop
    insert into pin_guess (merchant_id, subject, locked_until) values (p_merchant, p_subjects[i], p_at) on conflict do nothing;
    select * into v from pin_guess g where g.merchant_id = p_merchant and g.subject = p_subjects[i] for update;
    if v.wrong >= p_free[i] and v.locked_until > p_at then
      v_wait := greatest(v_wait, ceil(extract(epoch from v.locked_until - p_at))::int);
    end if;
  end loop;
  if v_wait = 0 then
    for i in 1 .. array_length(p_subjects, 1) loop
      update pin_guess g set wrong = g.wrong + 1, locked_until = case when g.wrong + 1 < p_free[i] then greatest(g.locked_until, p_at)
          else p_at + make_interval(secs => least(3600, p_lock_s[i] * 2 ^ least(12, g.wrong + 1 - p_free[i]))) end
        where g.merchant_id = p_merchant and g.subject = p_subjects[i]
        returning g.* into v;
      if i = 1 then v_guess := v.wrong; end if;
    end loop;
  end if;
  return query select v_wait, v_guess;
end $$;

-- till_stamp_operation of migration 0049: only a register that has had a shift is a till. Where registers are but names of drawers, and
-- nobody opens and closes them, nothing is stamped and no receipt follows. Between two shifts a till's sales are stamped without one.
-- Served by shift_by_no, from its end.
create or replace function till_stamp_operation() returns trigger language plpgsql as $$
declare
  v_shift text;
  v_state text;
begin
  select s.id, s.state into v_shift, v_state from shift s
    where s.merchant_id = new.merchant_id and s.register_id = new.register_id order by s.no desc limit 1;
  if v_shift is null then return null; end if;
  insert into till_stamp (merchant_id, operation_id, payment_id, register_id, shift_id, created_at, due_at)
    values (new.merchant_id, new.id, new.payment_id, new.register_id, case when v_state <> 'closed' then v_shift end,
      new.created_at, new.created_at)
    on conflict do nothing;
  return null;
end $$;
