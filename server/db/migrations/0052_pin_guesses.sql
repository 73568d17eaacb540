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
