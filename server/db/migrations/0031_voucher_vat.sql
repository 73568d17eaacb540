-- The VAT of single-purpose vouchers (Directive 2006/112 art. 30b): due when they are sold, not again on what they buy.

-- The VAT in an amount with tax in it, half up: p_rate in basis points.
create function voucher_vat(p_amount bigint, p_rate int) returns bigint language sql immutable as $$
  select div(2 * p_amount::numeric * p_rate + 10000 + p_rate, 2 * (10000 + p_rate))::bigint
$$;

-- What a payment took from balances is looked up by the payment.
create index stored_value_operation_by_payment on stored_value_operation (payment_id, merchant_id);

-- As in 0016, and with the VAT of single-purpose vouchers: `voucher_vat` holds what is in their balances. On the other side stands
-- `vat_payable` where they are sold, taken back or come to hold money; `sales_clearing` where they pay, because that part of the sale
-- went to the tax when the voucher was sold; and where they are given away or lapse, what bears that. Worked out of balances, so
-- that the parts of a voucher add up to its VAT.
create or replace function stored_value_change_one(p_merchant text, c stored_value_change) returns stored_value_changed
language plpgsql as $$
declare
  a stored_value;
  v_event text;
  v_rate int;
  v_vat bigint;
  v_other text;
  v_postings ledger_posting[] := '{}';
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
  v_event := a.kind || '_' || c.type;
  if c.counter_account is not null and c.amount <> 0 then
    v_postings := array[
      (p_merchant, c.entry_id, v_event, null, null, c.counter_account, c.currency, coalesce(c.channel, ''), c.store_id, c.amount)::ledger_posting,
      (p_merchant, c.entry_id, v_event, null, null, stored_value_liability(a.kind), c.currency, coalesce(c.channel, ''), c.store_id, -c.amount)::ledger_posting];
  end if;
  if a.kind = 'gift_card' and c.units <> 0 then
    select g.tax_rate_bp into v_rate from gift_card g where g.merchant_id = p_merchant and g.id = a.id and g.voucher = 'single_purpose';
    if found then
      v_vat := voucher_vat(a.balance, v_rate) - voucher_vat(a.balance - c.units, v_rate);
      v_other := case when c.type in ('redeem', 'reverse_redeem') then 'sales_clearing'
                      when c.counter_account is null or c.counter_account = 'sales_clearing' then 'vat_payable' else c.counter_account end;
      v_postings := v_postings || array[
        (p_merchant, c.entry_id, v_event, null, null, 'voucher_vat', c.currency, coalesce(c.channel, ''), c.store_id, v_vat)::ledger_posting,
        (p_merchant, c.entry_id, v_event, null, null, v_other, c.currency, coalesce(c.channel, ''), c.store_id, -v_vat)::ledger_posting];
    end if;
  end if;
  if cardinality(v_postings) > 0 then perform ledger_post(c.at, v_postings); end if;
  return (c.n, 'ok', stored_value_event(p_merchant, a, c.event_id, c.event_type, jsonb_build_object(
    'entry', c.type, 'units', c.units, 'amount', c.amount, 'payment_id', c.payment_id, 'operation_id', c.operation_id,
    'order_id', c.order_id, 'channel', c.channel, 'store_id', c.store_id, 'reason', c.reason)))::stored_value_changed;
end $$;
