-- Points end: those that were not spent so many months after they came. The oldest go first, so what an account spent counts
-- against what came first.
alter table loyalty_programme add column months_valid int check (months_valid between 1 and 1200);

-- Of points: when the oldest came that may be unspent; null when there are none.
alter table stored_value add column oldest_at timestamptz;
create index stored_value_oldest_points on stored_value (merchant_id, oldest_at) where kind = 'points' and oldest_at is not null;
update stored_value set oldest_at = created_at where kind = 'points' and balance > 0;

-- An earning waits as long as the goods can be returned; null while that is not known, because they were not handed over.
alter table loyalty_earning alter column confirm_at drop not null;

-- As before (0016), and keeps when the oldest points came.
create or replace function stored_value_change_one(p_merchant text, c stored_value_change) returns stored_value_changed
language plpgsql as $$
declare
  a stored_value;
begin
  select * into a from stored_value x where x.merchant_id = p_merchant and x.id = c.account_id for update;
  if not found then return (c.n, 'not_found', null)::stored_value_changed; end if;
  if exists (select from stored_value_entry e where e.ref_id = c.ref_id and e.type = c.type and e.unit_key = c.unit_key and e.merchant_id = p_merchant)
  then return (c.n, 'repeated', null)::stored_value_changed; end if;
  -- What was given out cannot be taken back once it is spent; only a return takes points that are gone. A charge has looked
  -- itself, and a capture takes what was held for it.
  if c.units < 0 and c.type not in ('redeem', 'reverse_earn', 'transfer_in') and a.balance + c.units < a.held then
    return (c.n, 'insufficient', null)::stored_value_changed;
  end if;
  update stored_value x set
      oldest_at = case when x.kind = 'points' and c.units > 0 then coalesce(x.oldest_at, c.at) else x.oldest_at end,
      balance = x.balance + c.units, pending = x.pending + coalesce(c.pending, 0), version = x.version + 1, updated_at = c.at,
      state = case when x.state = 'inactive' and c.units > 0 then 'active'
                   when x.kind <> 'gift_card' or x.state not in ('active', 'depleted') then x.state
                   when x.balance + c.units = 0 then 'depleted' else 'active' end
    where x.merchant_id = p_merchant and x.id = a.id returning * into a;
  insert into stored_value_entry (merchant_id, id, account_id, kind, type, units, pending, balance_after, amount, currency, ref_type,
      ref_id, unit_key, operation_id, order_id, reason, at)
    values (p_merchant, c.entry_id, a.id, a.kind, c.type, c.units, coalesce(c.pending, 0), a.balance, c.amount, c.currency, c.ref_type,
      c.ref_id, c.unit_key, c.operation_id, c.order_id, c.reason, c.at);
  if c.counter_account is not null and c.amount <> 0 then
    perform ledger_post(c.at, array[
      (p_merchant, c.entry_id, a.kind || '_' || c.type, null, null, c.counter_account, c.currency, coalesce(c.channel, ''), c.store_id, c.amount)::ledger_posting,
      (p_merchant, c.entry_id, a.kind || '_' || c.type, null, null, stored_value_liability(a.kind), c.currency, coalesce(c.channel, ''), c.store_id, -c.amount)::ledger_posting]);
  end if;
  return (c.n, 'ok', stored_value_event(p_merchant, a, c.event_id, c.event_type, jsonb_build_object(
    'entry', c.type, 'units', c.units, 'amount', c.amount, 'payment_id', c.payment_id, 'operation_id', c.operation_id,
    'order_id', c.order_id, 'channel', c.channel, 'store_id', c.store_id, 'reason', c.reason)))::stored_value_changed;
end $$;
