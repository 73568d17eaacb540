-- What a payment comes to is worked out from its operations, so that it does not depend on the order in which their news came:
-- two operations of one tender know nothing of each other, and what one of them released, or how much of it was more than there
-- was, followed from what had been heard by then. And guards that a breaker found missing: what a lost increment, a cancel that
-- never arrived, and a refund beside a dispute leave behind.

-- What took effect before it was taken back; null where nothing ever did. Taken back, amount_effective is 0.
alter table operation add column amount_undone bigint check (amount_undone between 1 and amount);
update operation o set amount_undone = (
    select least(coalesce(v.amount, o.amount), o.amount) from evidence v
      where v.merchant_id = o.merchant_id and v.payment_id = o.payment_id and v.operation_id = o.id and v.effect in ('succeed', 'late')
      order by v.received_at desc limit 1)
  where o.state = 'reversed';

-- Of what is owed: what increments have added since it was last set. Taken back, an increment takes back no more than that.
alter table payment add column raised bigint not null default 0 check (raised >= 0);
update payment p set raised = i.raised from (
    select o.merchant_id, o.payment_id, sum(o.amount_effective) as raised from operation o
      where o.kind = 'increment' and o.state = 'succeeded' group by 1, 2) i
  where p.merchant_id = i.merchant_id and p.id = i.payment_id and p.amount > i.raised
    and not exists (select from order_payment s where s.merchant_id = p.merchant_id and s.order_id = p.order_id and s.revision > 0);

-- All that open and lost disputes are about, also where that is more than there is; whoever reads it, holds it to what there is.
update tender t set disputed = d.kept from (
    select x.merchant_id, x.payment_id, x.tender_id, sum(x.amount) as kept from dispute x where x.status in ('open', 'lost') group by 1, 2, 3) d
  where t.merchant_id = d.merchant_id and t.payment_id = d.payment_id and t.id = d.tender_id;
create function tender_disputed(t tender) returns bigint language sql immutable as $$
  select least(t.disputed, t.captured - t.reversed)
$$;

-- Whether the customer has had the money twice: refunded, and taken back by a dispute besides.
create function tender_is_given_twice(t tender) returns boolean language sql immutable as $$
  select t.disputed > 0 and t.refunded + t.refunded_excess > 0
    and t.refunded + t.refunded_excess + t.disputed > t.captured - t.reversed
$$;

-- Whether a last capture of the tender is on its way: what it releases, or leaves, is not known yet.
create function tender_last_capture_is_open(t tender) returns boolean language sql stable as $$
  select t.capture_in_flight > 0 and (not 'multi_capture' = any (t.can) or exists (
    select from operation x where x.merchant_id = t.merchant_id and x.payment_id = t.payment_id and x.tender_id = t.id
      and x.kind = 'capture' and x.is_final and x.state in ('created', 'dispatched', 'pending', 'unknown')))
$$;

alter table payment_task drop constraint payment_task_kind_check;
alter table payment_task add constraint payment_task_kind_check check (kind in ('unknown_outcome', 'amount_mismatch', 'late_success',
  'duplicate_payment', 'reversal', 'cancel_failed', 'given_twice', 'dispute_mismatch', 'dispute_contradicted'));

-- undone: a success that is only told of after it was taken back.
create or replace function payment_effect(r payment_apply_row, o operation, p_currency text) returns text
language sql stable as $$
  select case
    when r.outcome = 'expired' then
      case when o.kind = 'authorize' and o.state = 'succeeded' and not payment_hold_is_moving(o) then 'expire' else 'none:not_held' end
    -- A person decides what nobody could find out. Once something is known, it is known, however close behind it they were.
    when r.source = 'operator' and o.state not in ('dispatched', 'pending', 'unknown') then 'none:settled'
    when r.currency <> p_currency then 'mismatch'
    when r.is_reversal or (r.outcome in ('declined', 'no_effect') and o.state = 'succeeded') then
      case when o.state in ('declined', 'no_effect', 'reversed') then 'none:repeated'
           when o.state <> 'succeeded' then 'fail'
           -- Providers often tell seconds. Of a success and a failure of the same second the success stands, because money
           -- that is booked can be given back; one that says it takes the success back came after it.
           when r.occurred_at < o.occurred_at or (r.occurred_at = o.occurred_at and not r.is_reversal) then 'none:stale'
           when o.kind in ('void', 'extend') then 'mismatch'
           else 'reverse' end
    when r.outcome = 'succeeded' then
      case
           -- A notification that contradicts what is booked is for a person to look at; nothing is moved on its word.
           when o.state = 'succeeded' and r.source = 'webhook' and r.amount <> o.amount_effective
             and o.kind in ('sale', 'authorize', 'capture', 'refund', 'credit') then 'mismatch'
           when o.state = 'succeeded' then 'none:repeated'
           -- A provider's answer may declare a partial approval; a notification with another amount is only a reason to ask.
           when r.amount > o.amount or r.amount <= 0 or (r.source = 'webhook' and r.amount <> o.amount) then 'mismatch'
           when o.state in ('created', 'dispatched', 'pending', 'unknown') then 'succeed'
           -- What was let go, or was given more time, does not come back by a later word: no time counts there.
           when o.kind in ('void', 'extend') then 'late'
           -- Heard of only after it was over: it took effect, and was taken back. Who was told so before has counted it.
           when o.state = 'reversed' then case when o.amount_undone is null then 'undone' else 'none:stale' end
           when r.occurred_at < o.occurred_at then 'undone'
           else 'late' end
    when o.state in ('succeeded', 'declined', 'no_effect', 'reversed') then 'none:settled'
    when r.outcome in ('declined', 'no_effect') then 'fail'
    -- Doubt with an amount: the answer was a success, but not for what was asked.
    when r.outcome = 'unknown' and r.amount is not null then 'mismatch'
    when r.outcome = 'pending' then 'pend'
    when o.state = 'dispatched' then 'unknown'
    else 'none:still_open'
  end
$$;

create or replace function payment_apply_operations(p_work payment_applied[]) returns void
language plpgsql as $$
begin
  update operation o set
      state = case when w.effect in ('succeed', 'late') then 'succeeded' when w.effect = 'fail' and (w.r).is_reversal then 'reversed'
                when w.effect = 'fail' then (w.r).outcome when w.effect in ('reverse', 'undone') then 'reversed'
                when w.effect = 'pend' then 'pending' else 'unknown' end,
      amount_effective = case when w.effect in ('succeed', 'late') then w.amount when w.effect in ('fail', 'reverse') then 0 else o.amount_effective end,
      amount_undone = case when w.effect = 'reverse' then nullif(o.amount_effective, 0) when w.effect = 'undone' then w.amount else o.amount_undone end,
      tip = case when w.effect in ('succeed', 'late') and (w.o).kind = 'sale' then (w.r).tip else o.tip end,
      psp_reference = coalesce((w.r).psp_reference, o.psp_reference),
      decline_code = case when w.effect = 'undone' then o.decline_code else (w.r).decline_code end,
      decline_message = case when w.effect = 'undone' then o.decline_message else (w.r).decline_message end,
      decline_is_retryable = case when w.effect = 'undone' then o.decline_is_retryable else (w.r).decline_is_retryable end,
      -- What is undone has ended when its end came about, not when it began.
      occurred_at = case when w.effect = 'undone' then o.occurred_at else coalesce((w.r).occurred_at, o.occurred_at) end,
      settled_at = case when w.effect in ('succeed', 'late', 'fail', 'reverse') then (w.r).at else o.settled_at end
    from unnest(p_work) w
    where o.merchant_id = (w.o).merchant_id and o.payment_id = (w.o).payment_id and o.id = (w.o).id
      and (w.effect in ('succeed', 'late', 'fail', 'reverse', 'undone', 'pend', 'unknown') or (w.effect = 'mismatch' and (w.r).outcome = 'unknown'));

  -- What is not final is asked again; what is final is not. The rows are found from the batch's side, which the outer join
  -- makes sure of: the table is empty whenever it is analysed, so a plan may believe that reading all of it costs nothing.
  delete from operation_ask where ctid = any (array(
    select a.ctid from unnest(p_work) w
    left join operation_ask a on a.merchant_id = (w.o).merchant_id and a.operation_id = (w.o).id
    where w.effect in ('succeed', 'late', 'fail', 'reverse')));
  if exists (select from unnest(p_work) w where (w.r).ask_at is not null and w.effect not in ('succeed', 'late', 'fail', 'reverse')) then
    update operation_ask a set ask_at = (w.r).ask_at, attempt = coalesce((w.r).ask_attempt, a.attempt),
        not_found = coalesce((w.r).not_found, a.not_found)
      from unnest(p_work) w
      where a.merchant_id = (w.o).merchant_id and a.operation_id = (w.o).id and (w.r).ask_at is not null
        and w.effect not in ('succeed', 'late', 'fail', 'reverse');
  end if;

  -- A void that took effect before the customer acted ends the charge itself.
  with ended as (
    update operation o set state = 'declined', decline_code = 'canceled', decline_message = 'Canceled before it was paid',
        decline_is_retryable = false, amount_effective = 0, settled_at = (w.r).at
      from unnest(p_work) w
      where (w.o).kind = 'void' and w.effect = 'succeed' and (w.t).charge_in_flight > 0
        and o.merchant_id = (w.o).merchant_id and o.payment_id = (w.o).payment_id and o.id = (w.t).charge_operation_id and o.state = 'pending'
      returning o.merchant_id, o.id
  ) delete from operation_ask a using ended e where a.merchant_id = e.merchant_id and a.operation_id = e.id;
end $$;

-- A tender's figures by what its operations came to; p_expires: the hold ends now. Beside the sums:
--  * a void ends every approval that is not younger than it, by the provider's time; where a time is missing, all of them;
--  * the end of its time ends the whole hold, and so does a last capture, but for what it gave back when it failed later;
--  * what is being captured is held until that is known, whatever has ended meanwhile;
--  * what went back beyond what there was, because it was given up and done again, counts as excess, until what it was done
--    again by turns out to have failed.
-- One look by the operations' key.
create function tender_figures(t tender, p_expires boolean) returns table (
  charge_in_flight bigint, capture_in_flight bigint, void_in_flight bigint, refund_in_flight bigint, increment_in_flight bigint,
  authorized bigint, released bigint, captured bigint, reversed bigint, refunded bigint, refunded_excess bigint, credited bigint,
  tip bigint, tip_back bigint)
language sql stable as $$
  select s.charge_open, s.capture_open, s.void_open, s.refund_open, s.increment_open,
    a.authorized, greatest(0, a.authorized - s.taken - h.hold), s.taken + s.undone, s.undone,
    b.refunded, s.given - b.refunded, s.credited, s.tip, s.tip_back
  from (
    select
      coalesce(sum(o.amount) filter (where x.is_open and x.is_charge), 0)::bigint as charge_open,
      coalesce(sum(o.amount) filter (where x.is_open and o.kind = 'capture'), 0)::bigint as capture_open,
      coalesce(sum(o.amount) filter (where x.is_open and o.kind = 'void'), 0)::bigint as void_open,
      coalesce(sum(o.amount) filter (where x.is_open and x.is_refund), 0)::bigint as refund_open,
      coalesce(sum(o.amount) filter (where x.is_open and o.kind = 'increment'), 0)::bigint as increment_open,
      coalesce(sum(o.amount_effective) filter (where o.kind in ('sale', 'authorize', 'increment')), 0)::bigint as approved,
      coalesce(sum(o.amount_effective) filter (where o.kind in ('authorize', 'increment') and not (t.is_expired or p_expires)
        and not exists (select from operation v where v.merchant_id = t.merchant_id and v.payment_id = t.payment_id and v.tender_id = t.id
          and v.kind = 'void' and v.state = 'succeeded' and coalesce(v.occurred_at >= o.occurred_at, true))), 0)::bigint as alive,
      coalesce(sum(o.amount_effective) filter (where o.kind in ('sale', 'capture')), 0)::bigint as taken,
      coalesce(sum(o.amount_effective) filter (where o.kind = 'capture'), 0)::bigint as taken_of_hold,
      coalesce(sum(o.amount_undone) filter (where o.kind in ('sale', 'capture')), 0)::bigint as undone,
      coalesce(sum(o.amount_undone) filter (where o.kind = 'capture'), 0)::bigint as undone_of_hold,
      coalesce(bool_or(o.kind = 'capture' and (o.is_final or not 'multi_capture' = any (t.can))
        and (o.amount_effective > 0 or o.amount_undone is not null)), false) as is_over,
      coalesce(sum(o.amount_effective) filter (where x.is_refund), 0)::bigint as given,
      coalesce(sum(o.amount_effective) filter (where o.kind = 'credit' and not x.is_refund), 0)::bigint as credited,
      coalesce(sum(o.tip) filter (where o.kind = 'sale' and o.state = 'succeeded'), 0)::bigint as tip,
      coalesce(sum(o.tip) filter (where x.is_refund and (x.is_open or o.state = 'succeeded')), 0)::bigint as tip_back
    from operation o
    cross join lateral (select o.state in ('created', 'dispatched', 'pending', 'unknown') as is_open,
      o.kind in ('sale', 'authorize') or (o.kind = 'credit' and o.id = t.charge_operation_id) as is_charge,
      o.kind = 'refund' or (o.kind = 'credit' and o.id <> t.charge_operation_id) as is_refund) x
    where o.merchant_id = t.merchant_id and o.payment_id = t.payment_id and o.tender_id = t.id) s
  cross join lateral (select s.approved * t.over_capture_bp / 10000 as allowance,
    case when s.is_over then least(greatest(0, s.alive - s.taken_of_hold), s.undone_of_hold)
      else greatest(0, s.alive - s.taken_of_hold) end as alive) l
  cross join lateral (select greatest(l.alive, s.capture_open - l.allowance) as hold) h
  cross join lateral (select greatest(s.approved, s.taken + greatest(h.hold, s.capture_open) - l.allowance) as authorized) a
  cross join lateral (select least(s.given, s.taken + s.undone - s.refund_open) as refunded) b
$$;

-- Whether this is the end of a cancel that let nothing go. The machine's own voids of what came in after a cancel are none, and what
-- was withdrawn before the customer had paid stays withdrawn.
create function payment_cancel_has_failed(w payment_applied) returns boolean language sql stable as $$
  select (w.o).kind = 'void' and w.effect = 'fail' and coalesce((w.o).idempotency_key, '') not like 'auto %' and exists (
    select from evidence v where v.merchant_id = (w.o).merchant_id and v.payment_id = (w.o).payment_id
      and v.operation_id = (w.t).charge_operation_id and v.effect in ('succeed', 'late') and v.received_at <= (w.o).created_at)
$$;

-- Moves the amounts of the tenders. `is_done`: took effect.
create or replace function payment_apply_tenders(p_work payment_applied[]) returns void
language plpgsql as $$
begin
  update tender t set
      charge_in_flight = f.charge_in_flight, capture_in_flight = f.capture_in_flight, void_in_flight = f.void_in_flight,
      refund_in_flight = f.refund_in_flight, increment_in_flight = f.increment_in_flight,
      authorized = f.authorized, released = f.released, captured = f.captured, reversed = f.reversed,
      refunded = f.refunded, refunded_excess = f.refunded_excess, credited = f.credited, tip = f.tip, tip_back = f.tip_back,
      is_expired = t.is_expired or w.effect = 'expire',
      expires_at = case when w.effect = 'expire' then null when x.is_done and (w.o).kind in ('authorize', 'extend', 'increment')
        then greatest((w.r).expires_at, t.expires_at) else t.expires_at end,
      next_action = case when not x.is_charge and not (x.is_done and (w.o).kind = 'void') then t.next_action when w.effect = 'pend' then coalesce((w.r).next_action, t.next_action)
        when w.effect in ('unknown', 'mismatch') then t.next_action end,
      psp_reference = case when x.is_charge then coalesce((w.r).psp_reference, t.psp_reference) else t.psp_reference end,
      network_reference = coalesce((w.r).network_reference, t.network_reference),
      authentication = coalesce((w.r).authentication, t.authentication),
      instrument = case when (w.r).instrument is null or not x.is_charge then t.instrument else coalesce(t.instrument, '{}') || (w.r).instrument end,
      decline_code = case when x.is_charge and w.effect in ('fail', 'reverse') then coalesce((w.r).decline_code, (w.r).outcome)
        when x.is_charge and x.is_done then null
        when c.is_called_off then 'canceled' else t.decline_code end,
      decline_message = case when x.is_charge and w.effect in ('fail', 'reverse') then coalesce((w.r).decline_message, 'The provider did not process it')
        when x.is_charge and x.is_done then null
        when c.is_called_off then 'Canceled before it was paid' else t.decline_message end,
      decline_is_retryable = case when x.is_charge and w.effect in ('fail', 'reverse') then coalesce((w.r).decline_is_retryable, (w.r).outcome = 'no_effect')
        when x.is_charge and x.is_done then null
        when c.is_called_off then false else t.decline_is_retryable end
    from unnest(p_work) w
    cross join lateral (select
        w.effect in ('succeed', 'late') as is_done,
        (w.o).kind in ('sale', 'authorize') or ((w.o).kind = 'credit' and (w.t).charge_operation_id = (w.o).id) as is_charge) x
    cross join lateral tender_figures((w.t), w.effect = 'expire') f
    -- Let go before anything was approved; what was approved and taken back has another reason.
    cross join lateral (select x.is_done and (w.o).kind = 'void' and f.authorized = 0 and not exists (
      select from operation o where o.merchant_id = (w.o).merchant_id and o.payment_id = (w.o).payment_id and o.id = (w.t).charge_operation_id
        and o.state = 'reversed') as is_called_off) c
    where t.merchant_id = (w.o).merchant_id and t.payment_id = (w.o).payment_id and t.id = (w.o).tender_id and w.effect not like 'none%';

  -- A cancel that was refused gives nothing up: the payment is as it was, and can be cancelled again or captured.
  update payment p set is_canceled = false from unnest(p_work) w
    where w.is_canceled and payment_cancel_has_failed(w) and p.merchant_id = (w.o).merchant_id and p.id = (w.o).payment_id;

  -- An increment raises what is owed by what was approved, while anything is still to be taken: what was paid in full is not
  -- unpaid by an approval that nobody waited for. Taken back, it takes its part back.
  update payment p set amount = p.amount + x.change, raised = p.raised + x.change
    from unnest(p_work) w cross join lateral (
      select case when w.effect = 'reverse' then -least(o.raised, (w.o).amount_effective)
                  when o.amount_captured < o.amount + o.given_back then w.amount else 0 end as change
        from payment o where o.merchant_id = (w.o).merchant_id and o.id = (w.o).payment_id) x
    where (w.o).kind = 'increment' and w.effect in ('succeed', 'late', 'reverse') and x.change <> 0
      and p.merchant_id = (w.o).merchant_id and p.id = (w.o).payment_id;

  if exists (select from unnest(p_work) w where w.effect in ('succeed', 'late') and (w.t).save_instrument_id is not null and (w.o).id = (w.t).charge_operation_id) then
    perform vault_save_instruments((w.o).merchant_id, json_build_array(json_build_object('instrument_id', (w.t).save_instrument_id, 'card_id', (w.t).card_id,
        'customer_id', case when (w.t).save_for = 'customer' then p.customer_id end,
        'order_id', case when (w.t).save_for = 'order' then p.order_id end,
        'network_reference', (w.r).network_reference, 'at', (w.r).at)))
      from unnest(p_work) w join payment p on p.merchant_id = (w.o).merchant_id and p.id = (w.o).payment_id
      where w.effect in ('succeed', 'late') and (w.t).save_instrument_id is not null and (w.o).id = (w.t).charge_operation_id;
  end if;
end $$;

-- After payment_apply_tenders.
create or replace function payment_postings(w payment_applied) returns setof ledger_posting
language sql stable as $$
  select (w.o).merchant_id, (w.r).evidence_id, (w.o).kind || '_' || case w.effect when 'succeed' then 'succeeded' when 'late' then 'succeeded'
      when 'fail' then 'failed' when 'expire' then 'expired' else 'reversed' end,
    (w.o).payment_id, (w.o).id, l.account, w.currency, w.channel, w.store_id, l.amount
  from (select asset_account((w.o).method, (w.o).connector_account_id, (w.o).register_id) as asset,
      w.effect in ('succeed', 'late') as is_done, (w.o).kind as kind, w.amount as a, coalesce((w.o).amount_effective, 0) as back,
      -- What the drawer got or gave beyond the amount.
      case when w.effect in ('succeed', 'late', 'reverse') then coalesce((w.o).rounding, 0) else 0 end as rounding,
      -- What the customer gave for the staff, told by the answer; of money that goes back, told by the instruction.
      case when w.effect in ('succeed', 'late') and (w.o).kind = 'sale' then coalesce((w.r).tip, 0)
        when w.effect in ('succeed', 'late', 'reverse') then coalesce((w.o).tip, 0) else 0 end as tip,
      -- auth_hold always equals what the tenders hold, and those have been moved.
      case when (w.o).kind in ('authorize', 'capture', 'void', 'increment', 'extend') then (
        select tender_hold(t) - w.hold from tender t
          where t.merchant_id = (w.o).merchant_id and t.payment_id = (w.o).payment_id and t.id = (w.o).tender_id) else 0 end as held) x
  -- Two arrays and not VALUES: PostgreSQL prepares each row of VALUES anew for every outer row, which cost 27 µs of a sale.
  cross join lateral unnest(
    array[x.asset, 'rounding', 'tips_payable', 'refunds_in_flight', 'sales_clearing', 'auth_hold', 'auth_contra', 'fees:interchange', 'fees:scheme', 'fees:markup', 'fees:gateway', 'fees_accrued'],
    array[
      case when x.is_done and x.kind in ('sale', 'capture') then x.a + x.rounding + x.tip
        when x.is_done and x.kind in ('refund', 'credit') then -(x.a + x.rounding + x.tip)
        when w.effect = 'reverse' and x.kind in ('sale', 'capture') then -(x.back + x.rounding + x.tip)
        when w.effect = 'reverse' and x.kind in ('refund', 'credit') then x.back + x.rounding + x.tip else 0 end,
      case when x.is_done = (x.kind in ('sale', 'capture')) then -x.rounding else x.rounding end,
      case when x.is_done = (x.kind in ('sale', 'capture')) then -x.tip else x.tip end,
      case when w.effect in ('succeed', 'fail') and x.kind in ('refund', 'credit') then (w.o).amount else 0 end,
      case when x.is_done and x.kind in ('sale', 'capture') then -x.a
        when w.effect = 'succeed' and x.kind in ('refund', 'credit') then -((w.o).amount - x.a)
        when w.effect = 'late' and x.kind in ('refund', 'credit') then x.a
        when w.effect = 'fail' and x.kind in ('refund', 'credit') then -(w.o).amount
        when w.effect = 'reverse' and x.kind in ('sale', 'capture') then x.back
        when w.effect = 'reverse' and x.kind in ('refund', 'credit') then -x.back else 0 end,
      x.held,
      -x.held,
      coalesce((w.r).fee_interchange, 0),
      coalesce((w.r).fee_scheme, 0),
      coalesce((w.r).fee_markup, 0),
      coalesce((w.r).fee_gateway, 0),
      -(coalesce((w.r).fee_interchange, 0) + coalesce((w.r).fee_scheme, 0) + coalesce((w.r).fee_markup, 0) + coalesce((w.r).fee_gateway, 0))]
  ) l (account, amount)
  where l.amount <> 0 and w.effect in ('succeed', 'late', 'fail', 'reverse', 'undone', 'expire')
$$;
drop function payment_hold_change;

create or replace function payment_event_type(p_effect text, p_kind text, p_next_action jsonb) returns text
language sql immutable as $$
  select 'payment.' || case
    when p_effect in ('succeed', 'late') then
      case p_kind when 'sale' then 'captured' when 'capture' then 'captured' when 'authorize' then 'authorized' when 'void' then 'canceled'
        when 'refund' then 'refunded' when 'increment' then 'incremented' when 'extend' then 'extended' else 'credited' end
    when p_effect = 'fail' then case when p_kind in ('sale', 'authorize') then 'failed' else p_kind || '_failed' end
    when p_effect in ('reverse', 'undone') then p_kind || '_reversed'
    when p_effect = 'pend' then case when p_next_action is null then 'processing' else 'requires_action' end
    when p_effect = 'expire' then 'expired'
    when p_effect = 'mismatch' then 'mismatch'
    else 'unknown_outcome' end
$$;

-- Opens the task about money that was given twice, or closes it when that is no longer so. One for each tender. Callers work the
-- payment's attention out anew.
create function payment_task_of_given_twice(p_merchant text, p_payment text, p_tender text, p_evidence text, p_at timestamptz) returns void
language plpgsql as $$
declare
  t tender;
begin
  select * into t from tender x where x.merchant_id = p_merchant and x.payment_id = p_payment and x.id = p_tender;
  if tender_is_given_twice(t) then
    -- The evidence may open a task of its own, so this one is named after it.
    insert into payment_task (merchant_id, id, kind, payment_id, operation_id, created_at)
      values (p_merchant, overlay(p_evidence placing 'tsk' from 1 for 3), 'given_twice', p_payment, t.charge_operation_id, p_at)
      on conflict (merchant_id, operation_id, kind) where closed_at is null do nothing;
  else
    update payment_task k set closed_at = p_at
      where k.merchant_id = p_merchant and k.operation_id = t.charge_operation_id and k.kind = 'given_twice' and k.closed_at is null;
  end if;
end $$;

create or replace function payment_apply_attention(p_work payment_applied[]) returns void
language plpgsql as $$
declare
  w payment_applied;
  v_task text;
begin
  foreach w in array p_work loop
    continue when w.effect like 'none%';
    v_task := case
      when w.effect = 'mismatch' then 'amount_mismatch'
      when w.effect in ('succeed', 'late') and (w.o).kind in ('sale', 'authorize', 'capture') and (w.is_canceled
        or exists (select from payment p join order_payment s on s.merchant_id = p.merchant_id and s.order_id = p.order_id
             where p.merchant_id = (w.o).merchant_id and p.id = (w.o).payment_id and s.payment_id not in (p.id, 'none'))
        or (w.effect = 'late' and (select sum(tender_covers(t)) > max(p.amount) from tender t join payment p on p.merchant_id = t.merchant_id and p.id = t.payment_id
             where t.merchant_id = (w.o).merchant_id and t.payment_id = (w.o).payment_id)))
        then 'duplicate_payment'
      when w.effect = 'late' then 'late_success'
      -- Whoever cancelled was told that it is cancelled, and goes by that.
      when w.is_canceled and payment_cancel_has_failed(w) and (w.o).state in ('pending', 'unknown') then 'cancel_failed'
      -- What the machine was giving back did not go back, and nobody else waits for that.
      when w.effect = 'fail' and (w.o).kind in ('void', 'refund') and (w.o).idempotency_key like 'auto %' and (w.o).state in ('pending', 'unknown')
        then 'late_success'
      when w.effect = 'reverse' and (w.o).kind in ('sale', 'capture', 'refund', 'credit') then 'reversal' end;
    if v_task is not null then
      insert into payment_task (merchant_id, id, kind, payment_id, operation_id, created_at)
        values ((w.o).merchant_id, (w.r).task_id, v_task, (w.o).payment_id, (w.o).id, (w.r).at)
        on conflict (merchant_id, operation_id, kind) where closed_at is null do nothing;
    end if;
    -- Given up or taken after all, it is as somebody decided anew.
    if w.effect in ('succeed', 'late') and (w.o).kind in ('void', 'capture') then
      update payment_task k set closed_at = (w.r).at
        where k.merchant_id = (w.o).merchant_id and k.payment_id = (w.o).payment_id and k.kind = 'cancel_failed' and k.closed_at is null;
    end if;
    if (w.o).kind in ('refund', 'credit') and (w.t).disputed > 0 then
      perform payment_task_of_given_twice((w.o).merchant_id, (w.o).payment_id, (w.o).tender_id, (w.r).evidence_id, (w.r).at);
      v_task := coalesce(v_task, 'given_twice');
    end if;
    if w.effect in ('succeed', 'fail', 'late', 'reverse') and ((w.o).state in ('unknown', 'pending') or v_task is null) then
      update payment_task k set closed_at = (w.r).at
        where k.merchant_id = (w.o).merchant_id and k.operation_id = (w.o).id and k.kind in ('unknown_outcome', 'amount_mismatch') and k.closed_at is null;
    end if;
    update payment p set attention = payment_attention(p.merchant_id, p.id)
      where p.merchant_id = (w.o).merchant_id and p.id = (w.o).payment_id
        and (p.attention is not null or v_task is not null or w.effect = 'unknown');
  end loop;
end $$;

create or replace function payment_attention(p_merchant text, p_payment text) returns text
language sql stable as $$
  select case
    when exists (select from payment_task k where k.merchant_id = p_merchant and k.payment_id = p_payment
                   and k.kind in ('late_success', 'duplicate_payment', 'reversal', 'cancel_failed', 'given_twice', 'dispute_contradicted') and k.closed_at is null) then 'review'
    when exists (select from payment_task k where k.merchant_id = p_merchant and k.payment_id = p_payment
                   and k.kind in ('amount_mismatch', 'dispute_mismatch') and k.closed_at is null) then 'amount_mismatch'
    when exists (select from operation o where o.merchant_id = p_merchant and o.payment_id = p_payment and o.state = 'unknown') then 'unknown_outcome' end
$$;

create or replace function payment_apply(p_merchant text, p_rows payment_apply_row[])
returns table (n int, outcome text, state text, body text)
language plpgsql
-- One plan for the life of the session, by index from the batch's rows: planning anew cost more than the work itself, and a
-- plan made while the tables are empty must still be right when they are not.
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
set join_collapse_limit = 1 set enable_material = off set random_page_cost = 1.1 as $$
#variable_conflict use_column
declare
  v_rows payment_apply_row[] := p_rows;
  v_work payment_applied[];
  v_answers payment_answer[];
  v_merchants text[];
  v_payments text[];
  v_keys text[];
  v_bodies text[];
  v_postings ledger_posting[];
  v_at timestamptz;
begin
  select max(r.at) into v_at from unnest(v_rows) r;

  if exists (select from unnest(v_rows) r where r.inbound_event is not null) then
    v_rows := payment_apply_inbound(v_rows);
    return query select x.n, 'none:repeated'::text, null::text, null::text from unnest(p_rows) x
      where not exists (select from unnest(v_rows) r where r.n = x.n);
    if v_rows is null then return; end if;
  end if;

  -- A row committed by a call whose answer was lost is told what it did, and does nothing again.
  if exists (select from unnest(v_rows) r join evidence v on v.merchant_id = r.merchant_id and v.payment_id = r.payment_id and v.id = r.evidence_id) then
    return query select r.n, v.effect, o.state, b.body
      from unnest(v_rows) r
      join evidence v on v.merchant_id = r.merchant_id and v.payment_id = r.payment_id and v.id = r.evidence_id
      join operation o on o.merchant_id = r.merchant_id and o.payment_id = r.payment_id and o.id = r.operation_id
      cross join lateral payment_render(array[r.merchant_id], array[r.payment_id], array[o.idempotency_key]) b;
    select array_agg(r order by r.n) into v_rows from unnest(v_rows) r
      where not exists (select from evidence v where v.merchant_id = r.merchant_id and v.payment_id = r.payment_id and v.id = r.evidence_id);
    if v_rows is null then return; end if;
  end if;

  perform from unnest(v_rows) r join payment p on p.merchant_id = r.merchant_id and p.id = r.payment_id
    order by p.merchant_id, p.id for update of p;

  select array_agg((r.n, payment_effect(r, o, p.currency), least(coalesce(r.amount, o.amount), o.amount), tender_hold(t),
                    p.currency, p.channel, p.store_id, p.is_canceled, p.attention, r, o, t)::payment_applied order by r.n)
    into v_work
    from unnest(v_rows) r
    join operation o on o.merchant_id = r.merchant_id and o.payment_id = r.payment_id and o.id = r.operation_id
    join payment p on p.merchant_id = r.merchant_id and p.id = r.payment_id
    join tender t on t.merchant_id = r.merchant_id and t.payment_id = r.payment_id and t.id = o.tender_id;

  insert into evidence (merchant_id, payment_id, id, operation_id, source, outcome, effect, amount, psp_reference, body, occurred_at, received_at)
    select (w.o).merchant_id, (w.o).payment_id, (w.r).evidence_id, (w.o).id, (w.r).source,
      case when (w.r).is_reversal then 'reversed' else (w.r).outcome end, w.effect,
      (w.r).amount, (w.r).psp_reference, (w.r).body, (w.r).occurred_at, (w.r).at
    from unnest(v_work) w;

  perform payment_apply_operations(v_work);
  perform payment_apply_tenders(v_work);

  -- A call holds at most one row per payment.
  select array_agg((w.o).merchant_id order by w.n), array_agg((w.o).payment_id order by w.n) into v_merchants, v_payments
    from unnest(v_work) w where w.effect not like 'none%';
  if v_payments is not null then
    if exists (select from unnest(v_work) w where w.effect in ('mismatch', 'late', 'unknown', 'reverse') or w.is_canceled or w.attention is not null
        or ((w.t).disputed > 0 and (w.o).kind in ('refund', 'credit'))) then
      perform payment_apply_attention(v_work);
    end if;
    perform payment_sum_up(v_merchants, v_payments, v_at);
  end if;

  select array_agg((w.o).merchant_id order by w.n), array_agg((w.o).payment_id order by w.n), array_agg((w.o).idempotency_key order by w.n)
    into v_merchants, v_payments, v_keys from unnest(v_work) w;
  select array_agg(v.body order by v.place) into v_bodies from payment_render(v_merchants, v_payments, v_keys) v;

  -- A command of several operations is answered when the last of them has an answer. A cancel consists of voids; a void
  -- beside a final capture is part of the capture.
  select array_agg(((w.o).merchant_id, w.n, w.effect, c.state, (w.o).idempotency_key, case when c.is_cancel then 200 else 201 end,
      (w.o).idempotency_key is not null and not c.is_open and not coalesce((w.r).is_retried, false),
      v_bodies[w.ordinality])::payment_answer order by w.n)
    into v_answers
    from unnest(v_work) with ordinality w
    cross join lateral (
      select max(x.state) filter (where x.id = (w.o).id) as state, bool_and(x.kind = 'void') as is_cancel,
        bool_or(x.state in ('created', 'dispatched', 'unknown')) as is_open
      from operation x where x.merchant_id = (w.o).merchant_id and x.payment_id = (w.o).payment_id
        and (x.id = (w.o).id or x.idempotency_key = (w.o).idempotency_key)) c;

  insert into idempotency_reply (merchant_id, key, status, body)
    select a.merchant_id, a.key, a.status, a.body from unnest(v_answers) a where a.key is not null and a.is_settled
    on conflict (merchant_id, key) do nothing;

  -- Balances and event counters are rows that all sales of a merchant share: taken last, they are held for as short as can be.
  select array_agg(l order by w.n) into v_postings from unnest(v_work) w cross join lateral payment_postings(w) l;
  if v_postings is not null then perform ledger_post(v_at, v_postings); end if;
  perform event_append_rows(v_at, (
    select array_agg(((w.o).merchant_id, (w.r).event_id, case when (w.r).is_retried then 'payment.retried' else payment_event_type(w.effect, (w.o).kind, (w.r).next_action) end, 'payment', p.id, p.version,
        payment_event_data(p) || jsonb_build_object('operation_id', (w.o).id, 'operation', (w.o).kind))::event_row order by w.n)
    from unnest(v_work) w join payment p on p.merchant_id = (w.o).merchant_id and p.id = (w.o).payment_id
    where w.effect not like 'none%'));

  return query select a.n, a.effect, a.state, a.body from unnest(v_answers) a;
end $$;

create or replace function dispute_apply(p_merchant text, p_rows json)
returns table (n int, outcome text, dispute_id text)
language plpgsql as $$
#variable_conflict use_column
declare
  r dispute_row;
  o operation;
  p payment;
  d dispute;
  v_receivable text;
  v_at timestamptz;
  v_postings ledger_posting[] := '{}';
  v_events event_row[] := '{}';
begin
  for r in select x.* from json_populate_recordset(null::dispute_row, p_rows) x order by x.operation_id, x.n loop
    n := r.n; dispute_id := null;
    select * into o from operation x where x.merchant_id = p_merchant and x.id = r.operation_id;
    -- What one provider says about another's charge is about nothing we know.
    if not found or o.connector_account_id <> r.account_id then outcome := 'none:not_found'; return next; continue; end if;
    select * into p from payment x where x.merchant_id = p_merchant and x.id = o.payment_id for update;
    -- Again, under the lock: its answer may have been booked meanwhile, and for less than was asked.
    select * into o from operation x where x.merchant_id = p_merchant and x.id = r.operation_id;
    update inbound_event i set applied_at = r.at
      where i.merchant_id = p_merchant and i.connector_account_id = r.account_id and i.psp_event_id = r.psp_event_id and i.applied_at is null;
    if not found then outcome := 'none:repeated'; return next; continue; end if;

    select * into d from dispute x
      where x.merchant_id = p_merchant and x.connector_account_id = r.account_id and x.dispute_reference = r.dispute_reference;
    dispute_id := coalesce(d.id, r.dispute_id);
    outcome := case
      -- Another currency, or more than was ever charged, decides nothing; a person looks at it.
      when r.currency <> p.currency or r.amount > coalesce(o.amount_undone, o.amount_effective, o.amount) then 'mismatch'
      when d.id is null or (d.status = 'open' and r.stage <> 'opened') then r.stage
      -- An end that contradicts the end we have booked.
      when d.status <> 'open' and r.stage <> 'opened' and r.stage <> d.status then 'contradicted'
      else 'none:repeated' end;
    insert into evidence (merchant_id, payment_id, id, operation_id, source, outcome, effect, amount, psp_reference, body, occurred_at, received_at)
      values (p_merchant, p.id, r.evidence_id, o.id, 'webhook', 'dispute_' || r.stage,
              case when outcome in ('opened', 'won', 'lost') then 'dispute' when outcome = 'mismatch' then outcome
                   else 'none:' || replace(outcome, 'none:', '') end,
              r.amount, r.dispute_reference, r.body, r.occurred_at, r.at);
    if outcome in ('mismatch', 'contradicted') then
      insert into payment_task (merchant_id, id, kind, payment_id, operation_id, created_at)
        values (p_merchant, r.task_id, 'dispute_' || outcome, p.id, o.id, r.at)
        on conflict (merchant_id, operation_id, kind) where closed_at is null do nothing;
      update payment x set attention = payment_attention(x.merchant_id, x.id), version = x.version + 1, updated_at = r.at
        where x.merchant_id = p_merchant and x.id = p.id;
      v_at := greatest(v_at, r.at);
      v_events := v_events || payment_event(p_merchant, p.id, r.payment_event_id, 'payment.attention_changed');
    end if;
    if outcome not in ('opened', 'won', 'lost') then return next; continue; end if;

    insert into dispute as x (merchant_id, id, payment_id, tender_id, operation_id, connector_account_id, dispute_reference, status,
        amount, currency, reason, respond_by, opened_at, closed_at)
      values (p_merchant, dispute_id, p.id, o.tender_id, o.id, r.account_id, r.dispute_reference,
        case r.stage when 'opened' then 'open' else r.stage end, r.amount, r.currency, r.reason, r.respond_by, r.at,
        case when r.stage <> 'opened' then r.at end)
      on conflict (merchant_id, connector_account_id, dispute_reference)
        do update set status = r.stage, closed_at = r.at, version = x.version + 1;

    v_receivable := asset_account(o.method, o.connector_account_id, o.register_id);
    v_at := greatest(v_at, r.at);
    v_postings := v_postings || (
      select array_agg((p_merchant, r.evidence_id, 'dispute_' || r.stage, p.id, o.id, l.account, p.currency, p.channel, p.store_id, l.sign * coalesce(d.amount, r.amount))::ledger_posting)
      from (values
        ('opened', true, 'dispute_receivable', 1), ('opened', true, v_receivable, -1),
        ('lost', false, 'chargeback_loss', 1), ('lost', false, 'dispute_receivable', -1),
        ('won', false, v_receivable, 1), ('won', false, 'dispute_receivable', -1),
        -- Lost without having heard of its opening.
        ('lost', true, 'chargeback_loss', 1), ('lost', true, v_receivable, -1)
      ) l (stage, is_new, account, sign)
      where l.stage = r.stage and l.is_new = (d.id is null));
    -- What is disputed cannot be refunded besides: open and lost it is gone, won it is back. Several disputes of one charge count
    -- together. They may be about more than there is (a refund on its way, a charge nobody has told of yet); tender_disputed.
    update tender t set disputed = (
        select coalesce(sum(x.amount), 0)::bigint from dispute x
          where x.payment_id = p.id and x.merchant_id = p_merchant and x.tender_id = o.tender_id and x.status in ('open', 'lost'))
      where t.merchant_id = p_merchant and t.payment_id = p.id and t.id = o.tender_id;
    perform payment_task_of_given_twice(p_merchant, p.id, o.tender_id, r.evidence_id, r.at);
    update payment x set attention = payment_attention(x.merchant_id, x.id)
      where x.merchant_id = p_merchant and x.id = p.id and coalesce(x.attention, '') <> 'capture_overdue';
    perform payment_sum_up(array[p_merchant], array[p.id], r.at);
    v_events := v_events || array[payment_event(p_merchant, p.id, r.payment_event_id, 'payment.disputed'), (p_merchant, r.event_id, 'dispute.' || r.stage, 'dispute', dispute_id,
      (select x.version from dispute x where x.merchant_id = p_merchant and x.id = dispute_id),
      jsonb_build_object('payment_id', p.id, 'order_id', p.order_id, 'amount', coalesce(d.amount, r.amount), 'currency', r.currency,
                         'reason', r.reason, 'respond_by', r.respond_by))::event_row];
    return next;
  end loop;
  -- Rows that all payments of a merchant share are locked last: payment_apply holds other payments while it waits for them.
  if cardinality(v_postings) > 0 then perform ledger_post(v_at, v_postings); end if;
  perform event_append_rows(v_at, v_events);
end $$;

create or replace function payment_set_amounts(
  p_merchant text, p_order text, p_total bigint, p_given_back bigint, p_is_confirmed boolean, p_at timestamptz, p_events text[]
) returns void
language plpgsql as $$
declare
  v_set text[];
begin
  with taken as (
    select p.id, p.is_canceled, p.amount_captured, s.covers,
        coalesce(sum(p.amount_captured) over (order by p.id rows between unbounded preceding and 1 preceding), 0) as before
      from payment p cross join lateral (
        select coalesce(sum(tender_covers(t) + case when p_is_confirmed then t.refunded else 0 end), 0)::bigint as covers
          from tender t where t.merchant_id = p.merchant_id and t.payment_id = p.id) s
      where p.order_id = p_order and p.merchant_id = p_merchant and p.direction = 'charge'
  ), shared as (
    select t.*, least(t.amount_captured, greatest(0, p_given_back - t.before)) as given_back from taken t
  ), wanted as (
    select s.id, s.given_back,
        p_total - (select coalesce(sum(greatest(0, x.covers - case when p_is_confirmed then x.given_back else 0 end)), 0) from shared x where x.id <> s.id) as amount
      from shared s where not s.is_canceled
  ), changed as (
    update payment p set amount = w.amount, given_back = w.given_back, raised = 0 from wanted w
      where p.merchant_id = p_merchant and p.id = w.id and w.amount >= 1 and (p.amount, p.given_back) <> (w.amount, w.given_back)
      returning p.id
  ) select array_agg(id order by id) into v_set from changed;
  if v_set is null then return; end if;
  perform payment_sum_up(array_fill(p_merchant, array[cardinality(v_set)]), v_set, p_at);
  perform event_append_rows(p_at, array(select payment_event(p_merchant, v.id, p_events[v.i], 'payment.amount_changed')
    from unnest(v_set) with ordinality v (id, i) order by v.i));
end $$;

create or replace function payment_reserve(p_merchant text, p_payment text, o payment_instruct_operation, p_is_cancel boolean) returns void
language plpgsql as $$
begin
  case o.kind
  when 'sale', 'authorize' then
    update tender t set charge_in_flight = t.charge_in_flight + o.amount, charge_operation_id = o.operation_id,
        connector_account_id = o.connector_account_id, decline_code = null, decline_message = null, decline_is_retryable = null
      where t.merchant_id = p_merchant and t.payment_id = p_payment and t.id = o.tender_id
        and t.charge_in_flight = 0 and t.authorized = 0;
    if not found then perform refuse('invalid_state'); end if;
  when 'capture' then
    if exists (select from tender t where t.merchant_id = p_merchant and t.payment_id = p_payment and t.id = o.tender_id
                 and (t.is_expired or t.released >= t.authorized or tender_hold(t) = 0))
    then perform refuse('invalid_state'); end if;
    -- A last capture releases what is left, so what is left must be known: it waits for every other, and every other for it.
    if exists (select from tender t where t.merchant_id = p_merchant and t.payment_id = p_payment and t.id = o.tender_id
                 and t.capture_in_flight + t.increment_in_flight + t.void_in_flight > 0 and (t.void_in_flight > 0 or coalesce(o.is_final, false)
                   or not 'multi_capture' = any (t.can) or tender_last_capture_is_open(t)))
    then perform refuse('in_flight'); end if;
    update tender t set capture_in_flight = t.capture_in_flight + o.amount
      where t.merchant_id = p_merchant and t.payment_id = p_payment and t.id = o.tender_id
        and t.captured - t.reversed + t.capture_in_flight + o.amount <= t.authorized - t.released + t.authorized * t.over_capture_bp / 10000;
    if not found then perform refuse('exceeds_capturable'); end if;
  when 'void' then
    update tender t set void_in_flight = o.amount
      where t.merchant_id = p_merchant and t.payment_id = p_payment and t.id = o.tender_id
        and t.capture_in_flight = 0 and t.void_in_flight = 0 and t.increment_in_flight = 0
        and (tender_hold(t) = o.amount
          or ((p_is_cancel or t.next_action is not null) and t.charge_in_flight = o.amount));
    if not found then
      perform refuse(case when exists (
        select from tender t where t.merchant_id = p_merchant and t.payment_id = p_payment and t.id = o.tender_id
          and t.capture_in_flight + t.void_in_flight + t.increment_in_flight > 0)
        then 'in_flight' else 'invalid_state' end);
    end if;
  when 'refund', 'credit' then
    -- A credit payment's own tender pays out without a capture; it is reserved like a charge, once.
    update tender t set refund_in_flight = t.refund_in_flight + o.amount, tip_back = t.tip_back + coalesce(o.tip, 0)
      where t.merchant_id = p_merchant and t.payment_id = p_payment and t.id = o.tender_id
        and t.refunded + t.refund_in_flight + t.disputed + o.amount <= t.captured - t.reversed
        and t.tip_back + coalesce(o.tip, 0) <= t.tip;
    if not found then
      perform refuse(case when exists (
        select from tender t where t.merchant_id = p_merchant and t.payment_id = p_payment and t.captured > 0)
        then 'exceeds_refundable' else 'invalid_state' end);
    end if;
  when 'increment' then
    -- One at a time, and no last capture or void beside it: what will be held must be known.
    update tender t set increment_in_flight = o.amount
      where t.merchant_id = p_merchant and t.payment_id = p_payment and t.id = o.tender_id and 'increment' = any (t.can)
        and t.increment_in_flight = 0 and t.void_in_flight = 0 and not t.is_expired and tender_hold(t) > 0
        and not tender_last_capture_is_open(t);
    if not found then
      perform refuse(case when exists (
        select from tender t where t.merchant_id = p_merchant and t.payment_id = p_payment and t.id = o.tender_id
          and 'increment' = any (t.can) and not t.is_expired and tender_hold(t) > 0)
        then 'in_flight' else 'invalid_state' end);
    end if;
  when 'extend' then
    perform from tender t where t.merchant_id = p_merchant and t.payment_id = p_payment and t.id = o.tender_id
        and o.kind = any (t.can) and t.void_in_flight = 0 and not t.is_expired and tender_hold(t) > 0;
    if not found then perform refuse('invalid_state'); end if;
  end case;
end $$;

create or replace function payment_instruct_one(p_merchant text, r payment_instruct_row) returns ledger_posting[]
language plpgsql as $$
declare
  v_sent ledger_posting[] := '{}';
  p payment;
  t payment_instruct_tender := r.tender;
  o payment_instruct_operation;
  v_covered bigint;
begin
  select * into p from payment x where x.merchant_id = p_merchant and x.id = r.payment_id for update;
  if not found then perform refuse('not_found'); end if;

  if r.is_cancel then
    -- Money asked for but not answered, or on its way in, cannot be cancelled away; a customer's pending action can.
    if p.is_canceled or p.direction = 'credit' then perform refuse('invalid_state'); end if;
    if exists (
      select from tender x where x.merchant_id = p_merchant and x.payment_id = p.id
        and (x.capture_in_flight > 0 or x.void_in_flight > 0 or x.increment_in_flight > 0 or (x.charge_in_flight > 0 and x.next_action is null)))
    then perform refuse('in_flight'); end if;
    if p.amount_capturable = 0 and p.status not in ('requires_payment', 'requires_action', 'failed', 'expired') then
      perform refuse('invalid_state');
    end if;
    update payment x set is_canceled = true where x.merchant_id = p_merchant and x.id = p.id;
  end if;

  if t.tender_id is not null then
    if p.is_canceled or p.direction = 'credit' or p.status in ('captured', 'authorized') then perform refuse('invalid_state'); end if;
    select coalesce(sum(tender_covers(x) + case when r.order_is_confirmed then x.refunded else 0 end), 0) into v_covered
      from tender x where x.merchant_id = p_merchant and x.payment_id = p.id;
    if v_covered + t.amount > p.amount + (case when r.order_is_confirmed then p.given_back else 0 end) then perform refuse('exceeds_due'); end if;
    if p.order_id is not null and cardinality(payment_take_orders(p_merchant, array[p.order_id], array[p.id])) > 0 then
      perform refuse('order_paid');
    end if;
    if payment_order_taken(p_merchant, p.order_id, r.order_is_confirmed) + t.amount > r.order_limit then perform refuse('exceeds_due'); end if;
    if t.token_id is not null and exists (
      select from vault_use_tokens(p_merchant, array[t.token_id], array[r.operations[1].operation_id], r.at))
    then perform refuse('token_used'); end if;
    insert into tender (merchant_id, payment_id, id, seq, method, amount, connector_account_id, can, over_capture_bp, initiator,
        terminal_id, register_id, rounding, cash_tendered, card_id, token_id, instrument_id, stored_value_id, save_instrument_id, save_for,
        instrument, charge_operation_id, created_at)
      select p_merchant, p.id, t.tender_id, 1 + count(*), t.method, t.amount, t.connector_account_id, t.can, t.over_capture_bp,
        t.initiator, t.terminal_id, t.register_id, t.rounding, t.cash_tendered, t.card_id, t.token_id, t.instrument_id, t.stored_value_id, t.save_instrument_id,
        t.save_for, t.instrument, r.operations[1].operation_id, r.at
      from tender x where x.merchant_id = p_merchant and x.payment_id = p.id;
  end if;

  -- Between the refusal of one account and the try at the next another payment may have taken the order.
  if r.is_retry and p.order_id is not null and cardinality(payment_take_orders(p_merchant, array[p.order_id], array[p.id])) > 0 then
    perform refuse('order_paid');
  end if;

  -- What captures, or refunds by hand, of all payments of an order come to is compared under its slot's lock.
  if r.order_keeps is not null or (r.order_limit is not null and exists (select from unnest(r.operations) x where x.kind = 'capture')) then
    perform from order_payment s where s.merchant_id = p_merchant and s.order_id = p.order_id for update;
  end if;

  -- Under the locks of the payment and of the slot, which a change of the order takes too.
  if exists (select from order_payment s where s.merchant_id = p_merchant and s.order_id = p.order_id and s.revision > r.order_revision)
  then perform refuse('order_moved'); end if;

  if r.token_id is not null and exists (
    select from vault_use_tokens(p_merchant, array[r.token_id], array[r.operations[1].operation_id], r.at))
  then perform refuse('token_used'); end if;

  foreach o in array coalesce(r.operations, '{}') loop
    if p.is_canceled and o.kind in ('capture', 'increment', 'extend') then perform refuse('invalid_state'); end if;
    if o.kind = 'capture' and payment_order_captured(p_merchant, p.order_id, r.order_is_confirmed) + o.amount > r.order_limit then
      perform refuse('exceeds_due');
    end if;
    if o.kind = 'increment' and p.amount + o.amount > 999999999999 then perform refuse('out_of_range'); end if;
    if r.order_keeps is not null and payment_order_left(p_merchant, p.order_id) - o.amount < r.order_keeps then
      perform refuse('exceeds_refundable');
    end if;
    perform payment_reserve(p_merchant, p.id, o, coalesce(r.is_cancel, false));
    -- What takes the last of what is owed ends the payment, so what is owed must be known: it waits for every increment, and an
    -- increment for it.
    if o.kind in ('capture', 'increment') and (
      select sum(x.captured - x.reversed + x.capture_in_flight) >= p.amount + p.given_back and sum(x.increment_in_flight) > 0
        from tender x where x.merchant_id = p_merchant and x.payment_id = p.id)
    then perform refuse('in_flight'); end if;
    if o.terminal_id is not null and not payment_take_terminal(p_merchant, o.terminal_id, p.id, o.operation_id, r.at) then
      perform refuse('terminal_busy');
    end if;
    if o.method = 'cash' and o.kind in ('refund', 'credit') then o.rounding := payment_cash_back_rounding(p_merchant, p.id, o); end if;
    insert into operation (merchant_id, id, payment_id, tender_id, kind, state, amount, rounding, connector_account_id, method, register_id,
        card_id, terminal_id, tip, is_final, reason, idempotency_key, created_at)
      values (p_merchant, o.operation_id, p.id, o.tender_id, o.kind, 'dispatched', o.amount, o.rounding, o.connector_account_id, o.method,
        o.register_id, o.card_id, o.terminal_id, o.tip, coalesce(o.is_final, false), o.reason, r.key, r.at);
    insert into operation_ask (merchant_id, operation_id, ask_at) values (p_merchant, o.operation_id, o.ask_at);
    if o.kind in ('refund', 'credit') then
      v_sent := v_sent || array[
        (p_merchant, o.operation_id, 'refund_sent', p.id, o.operation_id, 'sales_clearing', p.currency, p.channel, p.store_id, o.amount)::ledger_posting,
        (p_merchant, o.operation_id, 'refund_sent', p.id, o.operation_id, 'refunds_in_flight', p.currency, p.channel, p.store_id, -o.amount)::ledger_posting];
    end if;
  end loop;

  perform payment_sum_up(array[p_merchant], array[p.id], r.at);
  return v_sent;
end $$;

create or replace function payment_render(p_merchants text[], p_payments text[], p_keys text[])
returns table (payment_id text, body text, place bigint)
language plpgsql stable as $$
#variable_conflict use_column
begin
  return query
  select p.id, row_to_json(v)::text, i.place
  from unnest(p_merchants, p_payments, p_keys) with ordinality i (merchant_id, id, key, place)
  join payment p on p.merchant_id = i.merchant_id and p.id = i.id
  left join lateral (
    select json_agg(row_to_json(v) order by t.seq) as list,
      sum(t.credited) as credited, sum(tender_disputed(t)) as disputed, sum(t.tip - t.tip_back) as tip, sum(tender_covers(t)) as covered,
      (array_agg(t.next_action order by t.seq) filter (where t.next_action is not null))[count(t.next_action)] as next_action,
      (array_agg(tender_decline(t) order by t.seq desc) filter (where t.decline_code is distinct from 'canceled'))[1] as decline,
      bool_or(tender_capturable(t) > 0 and ('multi_capture' = any (t.can) or t.capture_in_flight + t.increment_in_flight = 0)
        and not tender_last_capture_is_open(t)) as can_capture,
      bool_or('increment' = any (t.can) and tender_capturable(t) > 0 and t.increment_in_flight = 0 and not tender_last_capture_is_open(t)) as can_increment,
      bool_or('extend' = any (t.can) and tender_capturable(t) > 0) as can_extend,
      -- As in payment_instruct_one: what is on its way ends first, but for what waits for the customer.
      bool_or(t.capture_in_flight > 0 or t.void_in_flight > 0 or t.increment_in_flight > 0 or (t.charge_in_flight > 0 and t.next_action is null)) as is_moving
    from tender t
    cross join lateral (select
      t.id, 'tender' as object, t.method, t.amount, tender_status(t) as status,
      t.authorized as amount_authorized, tender_capturable(t) as amount_capturable, t.captured - t.reversed as amount_captured,
      tender_refundable(t) as amount_refundable, t.refunded as amount_refunded, tender_disputed(t) as amount_disputed,
      t.tip - t.tip_back as amount_tip,
      t.instrument,
      coalesce(t.instrument_id, case when t.authorized + t.reversed > 0 then t.save_instrument_id end) as instrument_id,
      t.connector_account_id as connector_account, t.terminal_id, t.register_id,
      t.authentication, t.rounding,
      case when t.cash_tendered is not null then
        json_build_object('tendered', t.cash_tendered, 'change', t.cash_tendered - t.amount - coalesce(t.rounding, 0)) end as cash,
      rfc3339(t.expires_at) as expires_at, tender_decline(t) as decline) v
    where t.merchant_id = p.merchant_id and t.payment_id = p.id
  ) t on true
  left join lateral (
    select json_agg(row_to_json(v) order by o.id) as list
    from operation o
    cross join lateral (select
      o.id, 'operation' as object, o.kind, o.state, o.amount, o.rounding, o.tender_id, o.reason,
      case when o.decline_code is not null then
        json_build_object('code', o.decline_code, 'message', o.decline_message, 'retryable', o.decline_is_retryable) end as decline,
      rfc3339(o.created_at) as created_at) v
    where i.key is not null and o.merchant_id = p.merchant_id and o.payment_id = p.id and o.idempotency_key = i.key
  ) o on true
  cross join lateral (select
    p.id, 'payment' as object, p.direction, p.status, p.attention,
    p.amount, p.currency, p.channel, p.capture,
    p.store_id, p.order_id, p.customer_id, p.reference,
    p.amount_authorized, p.amount_capturable, p.amount_captured,
    p.amount_refundable, p.amount_refunded, p.amount_in_flight,
    coalesce(t.credited, 0) as amount_credited, coalesce(t.disputed, 0) as amount_disputed,
    coalesce(t.tip, 0) as amount_tip,
    coalesce(t.list, '[]'::json) as tenders,
    -- Nobody is sent to pay what was given up.
    case when p.status = 'requires_action' and not p.is_canceled then t.next_action end as next_action,
    case when p.status = 'failed' then t.decline end as decline,
    array_remove(array[
      case when p.direction = 'charge' and not p.is_canceled and p.status not in ('captured', 'authorized')
             and coalesce(t.covered, 0) < p.amount then 'tenders' end,
      case when t.can_capture and not p.is_canceled then 'captures' end,
      case when t.can_increment and not p.is_canceled then 'increments' end,
      case when t.can_extend and not p.is_canceled then 'extensions' end,
      case when p.direction = 'charge' and not p.is_canceled and not coalesce(t.is_moving, false)
             and (p.amount_capturable > 0 or p.status in ('requires_payment', 'requires_action', 'failed', 'expired')) then 'cancel' end,
      case when p.amount_refundable > 0 then 'refunds' end], null) as actions,
    o.list as operations,
    coalesce(p.metadata, '{}'::jsonb) as metadata, p.version,
    rfc3339(p.created_at) as created_at, rfc3339(p.updated_at) as updated_at) v;
end $$;

-- What was approved and taken back counts as if it had not been; what was taken, and taken back, is told.
create or replace function tender_status(t tender) returns text language sql immutable as $$
  select case
    when t.credited > 0 then 'captured'
    when t.captured - t.reversed > 0 and t.authorized - t.released > t.captured - t.reversed then 'partially_captured'
    when t.captured - t.reversed > 0 then 'captured'
    when t.charge_in_flight > 0 and t.next_action is not null then 'requires_action'
    when t.charge_in_flight > 0 then 'processing'
    when t.is_expired then 'expired'
    when t.authorized > t.released then 'authorized'
    when t.reversed > 0 then 'reversed'
    when t.authorized > 0 then 'canceled'
    when t.decline_code = 'canceled' then 'canceled'
    else 'failed'
  end
$$;
