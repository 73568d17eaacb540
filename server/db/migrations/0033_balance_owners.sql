-- Points and store credit are spent by their owner only.

-- In whose name an operation is ordered: the customer of its payment.
alter type stored_value_order add attribute customer_id text;

-- As in 0016, and store credit and points pay only for the customer whose they are, under whichever merged profile the payment and the
-- balance stand: whoever found the balance did so before its lock, and a merge may have been undone since. Gift cards are their
-- holder's.
create or replace function stored_value_charge(p_merchant text, o stored_value_order) returns stored_value_operation
language plpgsql as $$
declare
  a stored_value;
  x stored_value_operation;
  v_event event_row;
  v_units bigint;
  v_code text;
begin
  select * into a from stored_value s where s.merchant_id = p_merchant and s.id = o.account_id for update;
  if not found then return null; end if;
  select * into x from stored_value_operation s where s.merchant_id = p_merchant and s.id = o.operation_id;
  if found then return x; end if;
  v_code := case when a.state = 'inactive' then 'card_inactive' else stored_value_refusal(a, o.currency, o.at) end;
  if v_code is null and a.kind <> 'gift_card'
    and customer_now(p_merchant, o.customer_id) is distinct from customer_now(p_merchant, a.customer_id) then v_code := 'not_the_owner'; end if;
  v_units := stored_value_units(p_merchant, a.kind, o.amount, o.currency);
  if v_code is null and v_units is null then v_code := 'currency_mismatch'; end if;
  if v_code is null and a.balance - a.held < v_units then v_code := 'insufficient_balance'; end if;
  if v_code is not null then return stored_value_refuse(p_merchant, o, a.id, v_code); end if;

  if o.kind = 'authorize' then
    update stored_value s set held = s.held + v_units, version = s.version + 1, updated_at = o.at
      where s.merchant_id = p_merchant and s.id = a.id returning * into a;
    v_event := stored_value_event(p_merchant, a, o.event_id, stored_value_told(a.kind, 'held'),
      jsonb_build_object('units', v_units, 'amount', o.amount, 'payment_id', o.payment_id, 'operation_id', o.operation_id));
  else
    v_event := (stored_value_change_one(p_merchant, stored_value_of_operation(o, a, 'redeem', 'redeemed', -v_units, -o.amount))).event;
  end if;
  insert into stored_value_operation (merchant_id, id, account_id, kind, payment_id, outcome, currency, amount, units, captured_amount, captured_units, is_closed, at)
    values (p_merchant, o.operation_id, a.id, o.kind, o.payment_id, 'succeeded', o.currency, o.amount, v_units,
      case o.kind when 'sale' then o.amount else 0 end, case o.kind when 'sale' then v_units else 0 end, o.kind = 'sale', o.at)
    returning * into x;
  perform event_append_rows(o.at, array[v_event]);
  return x;
end $$;
