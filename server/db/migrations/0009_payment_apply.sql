-- apply: turns evidence into state, amounts, ledger entries, events and the stored reply, in one call for a whole batch.
-- Every source of evidence comes here: the connector's reply, a webhook, a poll, an operator. At most one row per payment
-- in a call. Whether a row has an effect is decided on the locked state; evidence that has none is kept all the same.

create type payment_apply_row as (
  merchant_id text,
  n int, at timestamptz, evidence_id text, event_id text, task_id text, payment_id text, operation_id text, source text,
  -- succeeded · declined · no_effect · pending · unknown · expired; is_reversal: a success is taken back.
  outcome text, is_reversal boolean, amount bigint, currency text, psp_reference text, occurred_at timestamptz,
  decline_code text, decline_message text, decline_is_retryable boolean,
  network_reference text, authentication text, expires_at timestamptz, instrument jsonb, next_action jsonb,
  fee_interchange bigint, fee_scheme bigint, fee_markup bigint, fee_gateway bigint,
  body jsonb, ask_at timestamptz, ask_attempt int, not_found int,
  -- The caller goes on to another account, so the command is not answered yet.
  is_retried boolean,
  -- The inbound event this came from.
  inbound_account text, inbound_event text
);

-- A row with the locked state it is decided on. hold: what was held for capture before.
create type payment_applied as (
  n int, effect text, amount bigint, hold bigint, currency text, channel text, store_id text, is_canceled boolean, attention text,
  r payment_apply_row, o operation, t tender
);
create type payment_answer as (merchant_id text, n int, effect text, state text, key text, status smallint, is_settled boolean, body text);

-- What a piece of evidence does to an operation: succeed · fail · pend · unknown · late (a success after the operation was
-- given up) · reverse (a success taken back) · expire · mismatch (not the amount or currency instructed) · none:why.
-- Contradictions are ordered by the provider's own time, so any order of arrival ends the same.
create function payment_effect(r payment_apply_row, o operation, p_currency text) returns text
language sql immutable as $$
  select case
    when r.outcome = 'expired' then case when o.kind = 'authorize' and o.state = 'succeeded' then 'expire' else 'none:not_held' end
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
           when o.state = 'reversed' or r.occurred_at < o.occurred_at then 'none:stale'
           else 'late' end
    when o.state in ('succeeded', 'declined', 'no_effect', 'reversed') then 'none:settled'
    when r.outcome in ('declined', 'no_effect') then 'fail'
    when r.outcome = 'pending' then 'pend'
    when o.state = 'dispatched' then 'unknown'
    else 'none:still_open'
  end
$$;

-- Rows come in the order of n and may be of several merchants; p_merchant, when given, is the merchant of all.
create function payment_apply(p_merchant text, p_rows payment_apply_row[])
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
    if exists (select from unnest(v_work) w where w.effect in ('mismatch', 'late', 'unknown', 'reverse') or w.is_canceled or w.attention is not null) then
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

-- Marks inbound events applied, in the transaction of their effect; returns the rows that were not applied before.
create function payment_apply_inbound(p_rows payment_apply_row[]) returns payment_apply_row[]
language plpgsql as $$
declare
  v_marked int[];
begin
  with marked as (
    update inbound_event i set applied_at = r.at from unnest(p_rows) r
      where i.merchant_id = r.merchant_id and i.connector_account_id = r.inbound_account and i.psp_event_id = r.inbound_event
        and i.applied_at is null
      returning r.n
  ) select array_agg(m.n) into v_marked from marked m;
  return (select array_agg(r order by r.n) from unnest(p_rows) r where r.inbound_event is null or r.n = any (v_marked));
end $$;

create function payment_apply_operations(p_work payment_applied[]) returns void
language plpgsql as $$
begin
  update operation o set
      state = case when w.effect in ('succeed', 'late') then 'succeeded' when w.effect = 'fail' and (w.r).is_reversal then 'reversed'
                when w.effect = 'fail' then (w.r).outcome when w.effect = 'reverse' then 'reversed'
                when w.effect = 'pend' then 'pending' else 'unknown' end,
      amount_effective = case when w.effect in ('succeed', 'late') then w.amount when w.effect in ('fail', 'reverse') then 0 else o.amount_effective end,
      psp_reference = coalesce((w.r).psp_reference, o.psp_reference),
      decline_code = (w.r).decline_code, decline_message = (w.r).decline_message, decline_is_retryable = (w.r).decline_is_retryable,
      occurred_at = coalesce((w.r).occurred_at, o.occurred_at),
      settled_at = case when w.effect in ('succeed', 'late', 'fail', 'reverse') then (w.r).at else o.settled_at end
    from unnest(p_work) w
    where o.merchant_id = (w.o).merchant_id and o.payment_id = (w.o).payment_id and o.id = (w.o).id and w.effect in ('succeed', 'late', 'fail', 'reverse', 'pend', 'unknown');

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

-- Moves the amounts of the tenders. `is_done`: took effect. `was_reserved`: frees the reservation `begin` made.
create function payment_apply_tenders(p_work payment_applied[]) returns void
language plpgsql as $$
begin
  update tender t set
      charge_in_flight = t.charge_in_flight
        - case when x.was_reserved and x.is_charge then (w.o).amount
               when x.is_done and (w.o).kind = 'void' and t.authorized = 0 then t.charge_in_flight else 0 end,
      capture_in_flight = t.capture_in_flight - case when x.was_reserved and (w.o).kind = 'capture' then (w.o).amount else 0 end,
      void_in_flight = case when x.was_reserved and (w.o).kind = 'void' then 0 else t.void_in_flight end,
      refund_in_flight = t.refund_in_flight - case when x.was_reserved and x.is_refund then (w.o).amount else 0 end,
      increment_in_flight = case when x.was_reserved and (w.o).kind = 'increment' then 0 else t.increment_in_flight end,
      authorized = t.authorized + case
        when x.is_done and (w.o).kind in ('sale', 'authorize', 'increment') then w.amount
        when w.effect = 'late' and (w.o).kind = 'capture' then greatest(0, w.amount - w.hold) else 0 end,
      captured = t.captured + case when x.is_done and (w.o).kind in ('sale', 'capture') then w.amount else 0 end,
      released = t.released + case
        when w.effect = 'expire' or (x.is_done and (w.o).kind = 'void') then w.hold
        when x.is_done and (w.o).kind = 'capture' and ((w.o).is_final or not 'multi_capture' = any (t.can)) then greatest(0, w.hold - w.amount)
        when w.effect = 'reverse' and (w.o).kind = 'sale' then x.taken_back
        when w.effect = 'reverse' and (w.o).kind in ('authorize', 'increment') then least(x.taken_back, w.hold) else 0 end,
      reversed = t.reversed + case when w.effect = 'reverse' and (w.o).kind in ('sale', 'capture') then x.taken_back else 0 end,
      refunded = t.refunded + case
        when x.is_done and x.is_refund then least(w.amount, t.captured - t.refunded - t.refund_in_flight + case when x.was_reserved then (w.o).amount else 0 end)
        when w.effect = 'reverse' and x.is_refund then -(x.taken_back - least(x.taken_back, t.refunded_excess)) else 0 end,
      refunded_excess = t.refunded_excess + case when w.effect = 'late' and x.is_refund
        then greatest(0, w.amount - (t.captured - t.refunded - t.refund_in_flight))
        when w.effect = 'reverse' and x.is_refund then -least(x.taken_back, t.refunded_excess) else 0 end,
      credited = t.credited + case when x.is_own_credit and x.is_done then w.amount when x.is_own_credit and w.effect = 'reverse' then -x.taken_back else 0 end,
      is_expired = t.is_expired or w.effect = 'expire',
      expires_at = case when w.effect = 'expire' then null when x.is_done and (w.o).kind in ('authorize', 'extend', 'increment')
        then coalesce((w.r).expires_at, t.expires_at) else t.expires_at end,
      next_action = case when not x.is_charge and not (x.is_done and (w.o).kind = 'void') then t.next_action when w.effect = 'pend' then coalesce((w.r).next_action, t.next_action)
        when w.effect in ('unknown', 'mismatch') then t.next_action end,
      psp_reference = case when x.is_charge then coalesce((w.r).psp_reference, t.psp_reference) else t.psp_reference end,
      network_reference = coalesce((w.r).network_reference, t.network_reference),
      authentication = coalesce((w.r).authentication, t.authentication),
      instrument = case when (w.r).instrument is null or not x.is_charge then t.instrument else coalesce(t.instrument, '{}') || (w.r).instrument end,
      decline_code = case when x.is_charge and w.effect in ('fail', 'reverse') then coalesce((w.r).decline_code, (w.r).outcome)
        when x.is_charge and x.is_done then null
        when x.is_done and (w.o).kind = 'void' and t.authorized = 0 then 'canceled' else t.decline_code end,
      decline_message = case when x.is_charge and w.effect in ('fail', 'reverse') then coalesce((w.r).decline_message, 'The provider did not process it')
        when x.is_charge and x.is_done then null
        when x.is_done and (w.o).kind = 'void' and t.authorized = 0 then 'Canceled before it was paid' else t.decline_message end,
      decline_is_retryable = case when x.is_charge and w.effect in ('fail', 'reverse') then coalesce((w.r).decline_is_retryable, (w.r).outcome = 'no_effect')
        when x.is_charge and x.is_done then null
        when x.is_done and (w.o).kind = 'void' and t.authorized = 0 then false else t.decline_is_retryable end
    from unnest(p_work) w
    cross join lateral (select
        w.effect in ('succeed', 'late') as is_done,
        w.effect in ('succeed', 'fail') as was_reserved,
        (w.o).kind in ('sale', 'authorize') or ((w.o).kind = 'credit' and (w.t).charge_operation_id = (w.o).id) as is_charge,
        (w.o).kind = 'credit' and (w.t).charge_operation_id = (w.o).id as is_own_credit,
        (w.o).kind = 'refund' or ((w.o).kind = 'credit' and (w.t).charge_operation_id <> (w.o).id) as is_refund,
        coalesce((w.o).amount_effective, 0) as taken_back) x
    where t.merchant_id = (w.o).merchant_id and t.payment_id = (w.o).payment_id and t.id = (w.o).tender_id and w.effect not like 'none%';

  -- A void that was refused gives nothing up: the payment is as it was, and can be cancelled again or captured.
  update payment p set is_canceled = false from unnest(p_work) w
    where (w.o).kind = 'void' and w.effect = 'fail' and w.is_canceled
      and w.hold > 0
      and p.merchant_id = (w.o).merchant_id and p.id = (w.o).payment_id;

  -- An increment raises what is owed by what was approved.
  update payment p set amount = p.amount + w.amount from unnest(p_work) w
    where (w.o).kind = 'increment' and w.effect in ('succeed', 'late') and p.merchant_id = (w.o).merchant_id and p.id = (w.o).payment_id;

  if exists (select from unnest(p_work) w where w.effect in ('succeed', 'late') and (w.t).save_instrument_id is not null and (w.o).id = (w.t).charge_operation_id) then
    perform vault_save_instruments((w.o).merchant_id, json_build_array(json_build_object('instrument_id', (w.t).save_instrument_id, 'card_id', (w.t).card_id,
        'customer_id', case when (w.t).save_for = 'customer' then p.customer_id end,
        'order_id', case when (w.t).save_for = 'order' then p.order_id end,
        'network_reference', (w.r).network_reference, 'at', (w.r).at)))
      from unnest(p_work) w join payment p on p.merchant_id = (w.o).merchant_id and p.id = (w.o).payment_id
      where w.effect in ('succeed', 'late') and (w.t).save_instrument_id is not null and (w.o).id = (w.t).charge_operation_id;
  end if;
end $$;

-- The change of the memo account auth_hold, which always equals the sum of tender_hold.
create function payment_hold_change(p_effect text, p_kind text, p_amount bigint, p_hold bigint, p_unheld bigint, p_back bigint, p_raw_hold bigint)
returns bigint language sql immutable as $$
  select case
    when p_effect = 'expire' then -p_hold
    when p_effect in ('succeed', 'late') and p_kind in ('authorize', 'increment') then p_amount
    when p_effect in ('succeed', 'late') and p_kind = 'capture' then -p_unheld
    when p_effect in ('succeed', 'late') and p_kind = 'void' then -p_hold
    when p_effect = 'reverse' and p_kind = 'capture' then greatest(0, p_raw_hold + p_back) - greatest(0, p_raw_hold)
    when p_effect = 'reverse' and p_kind in ('authorize', 'increment') then -least(p_back, p_hold)
    else 0 end
$$;

-- The ledger lines of one applied row, by the chart of accounts (server/ledger/accounts.ts). Lines of 0 are dropped by ledger_post.
create function payment_postings(w payment_applied) returns setof ledger_posting
language sql stable as $$
  select (w.o).merchant_id, (w.r).evidence_id, (w.o).kind || '_' || case w.effect when 'succeed' then 'succeeded' when 'late' then 'succeeded'
      when 'fail' then 'failed' when 'expire' then 'expired' else 'reversed' end,
    (w.o).payment_id, (w.o).id, l.account, w.currency, w.channel, w.store_id, l.amount
  from (select asset_account((w.o).method, (w.o).connector_account_id, (w.o).register_id) as asset,
      w.effect in ('succeed', 'late') as is_done, (w.o).kind as kind, w.amount as a, coalesce((w.o).amount_effective, 0) as back,
      -- What the drawer got or gave beyond the amount.
      case when w.effect in ('succeed', 'late', 'reverse') then coalesce((w.o).rounding, 0) else 0 end as more,
      -- What a capture releases from the hold: its own share, or all of it when nothing further can be captured.
      case when (w.o).is_final or not 'multi_capture' = any ((w.t).can) then w.hold else least(w.amount, w.hold) end as unheld,
      (w.t).authorized - (w.t).released - (w.t).captured + (w.t).reversed as raw_hold) x
  -- Two arrays and not VALUES: PostgreSQL prepares each row of VALUES anew for every outer row, which cost 27 µs of a sale.
  cross join lateral unnest(
    array[x.asset, 'rounding', 'refunds_in_flight', 'sales_clearing', 'auth_hold', 'auth_contra', 'fees:interchange', 'fees:scheme', 'fees:markup', 'fees:gateway', 'fees_accrued'],
    array[
      case when x.is_done and x.kind in ('sale', 'capture') then x.a + x.more
        when x.is_done and x.kind in ('refund', 'credit') then -(x.a + x.more)
        when w.effect = 'reverse' and x.kind in ('sale', 'capture') then -(x.back + x.more)
        when w.effect = 'reverse' and x.kind in ('refund', 'credit') then x.back + x.more else 0 end,
      case when x.is_done = (x.kind in ('sale', 'capture')) then -x.more else x.more end,
      case when w.effect in ('succeed', 'fail') and x.kind in ('refund', 'credit') then (w.o).amount else 0 end,
      case when x.is_done and x.kind in ('sale', 'capture') then -x.a
        when w.effect = 'succeed' and x.kind in ('refund', 'credit') then -((w.o).amount - x.a)
        when w.effect = 'late' and x.kind in ('refund', 'credit') then x.a
        when w.effect = 'fail' and x.kind in ('refund', 'credit') then -(w.o).amount
        when w.effect = 'reverse' and x.kind in ('sale', 'capture') then x.back
        when w.effect = 'reverse' and x.kind in ('refund', 'credit') then -x.back else 0 end,
      payment_hold_change(w.effect, x.kind, x.a, w.hold, x.unheld, x.back, x.raw_hold),
      -payment_hold_change(w.effect, x.kind, x.a, w.hold, x.unheld, x.back, x.raw_hold),
      coalesce((w.r).fee_interchange, 0),
      coalesce((w.r).fee_scheme, 0),
      coalesce((w.r).fee_markup, 0),
      coalesce((w.r).fee_gateway, 0),
      -(coalesce((w.r).fee_interchange, 0) + coalesce((w.r).fee_scheme, 0) + coalesce((w.r).fee_markup, 0) + coalesce((w.r).fee_gateway, 0))]
  ) l (account, amount)
  where l.amount <> 0 and w.effect in ('succeed', 'late', 'fail', 'reverse', 'expire')
$$;

create function payment_event_type(p_effect text, p_kind text, p_next_action jsonb) returns text
language sql immutable as $$
  select 'payment.' || case
    when p_effect in ('succeed', 'late') then
      case p_kind when 'sale' then 'captured' when 'capture' then 'captured' when 'authorize' then 'authorized' when 'void' then 'canceled'
        when 'refund' then 'refunded' when 'increment' then 'incremented' when 'extend' then 'extended' else 'credited' end
    when p_effect = 'fail' then case when p_kind in ('sale', 'authorize') then 'failed' else p_kind || '_failed' end
    when p_effect = 'reverse' then p_kind || '_reversed'
    when p_effect = 'pend' then case when p_next_action is null then 'processing' else 'requires_action' end
    when p_effect = 'expire' then 'expired'
    when p_effect = 'mismatch' then 'mismatch'
    else 'unknown_outcome' end
$$;

-- What a person must look at. Unknown and mismatch clear themselves when the operation settles; a success after the
-- payment was given up or cancelled leaves a task, which the automatic refund (resolve.ts) or a person closes.
create function payment_apply_attention(p_work payment_applied[]) returns void
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
      when w.effect = 'reverse' and (w.o).kind in ('sale', 'capture', 'refund', 'credit') then 'reversal' end;
    if v_task is not null then
      insert into payment_task (merchant_id, id, kind, payment_id, operation_id, created_at)
        values ((w.o).merchant_id, (w.r).task_id, v_task, (w.o).payment_id, (w.o).id, (w.r).at)
        on conflict (merchant_id, operation_id, kind) where closed_at is null do nothing;
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

-- What a payment's open tasks and operations ask for, most pressing first.
create function payment_attention(p_merchant text, p_payment text) returns text
language sql stable as $$
  select case
    when exists (select from payment_task k where k.merchant_id = p_merchant and k.payment_id = p_payment
                   and k.kind in ('late_success', 'duplicate_payment', 'reversal') and k.closed_at is null) then 'review'
    when exists (select from payment_task k where k.merchant_id = p_merchant and k.payment_id = p_payment
                   and k.kind = 'amount_mismatch' and k.closed_at is null) then 'amount_mismatch'
    when exists (select from operation o where o.merchant_id = p_merchant and o.payment_id = p_payment and o.state = 'unknown') then 'unknown_outcome' end
$$;
