-- begin, for payments that exist: a further tender, a capture, a void, a refund, a credit to another destination, an
-- increment or an extension, or a cancel. The payment row is locked first, so every guard below is decided on what is
-- committed; each guard is also a guarded UPDATE, and the tender's CHECKs stand behind both.

create type payment_instruct_tender as (
  tender_id text, method text, amount bigint, connector_account_id text, can text[], over_capture_bp int, initiator text,
  terminal_id text, register_id text, rounding bigint, cash_tendered bigint, card_id text, token_id text, instrument_id text, stored_value_id text,
  save_instrument_id text, save_for text, instrument jsonb
);
create type payment_instruct_operation as (
  operation_id text, kind text, tender_id text, amount bigint, connector_account_id text, method text, register_id text,
  card_id text, is_final boolean, reason text, ask_at timestamptz,
  -- Of a charge: its tender's. Of cash that goes back it is worked out here, by this rule.
  rounding bigint, cash_step bigint, cash_mode text
);
create type payment_instruct_row as (
  merchant_id text, n int, at timestamptz, key text, fingerprint text, payment_id text, event_id text, event_type text,
  is_cancel boolean, is_retry boolean, tender payment_instruct_tender, operations payment_instruct_operation[],
  -- The token money is paid out to, used up by the first operation.
  token_id text,
  -- What the payment's order said of itself, as of a new payment.
  order_revision int, order_limit bigint, order_is_confirmed boolean,
  -- Of a refund by hand: what its payments must keep.
  order_keeps bigint
);

-- Outcomes per row: ok · known · not_found · invalid_state · out_of_range · exceeds_due · exceeds_capturable · exceeds_refundable ·
-- order_paid · order_moved · token_used. All operations of a row are accepted, or none. is_retry: a further operation of a command that
-- holds its key already (another account after no_effect). Locks, in order: idempotency keys and payments row by row, with
-- the order slots and tokens of each; then balances and event counters for the whole call, as everywhere.
create function payment_instruct(p_merchant text, p_rows json)
returns table (n int, outcome text, fingerprint text, payment_id text, body text)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
set join_collapse_limit = 1 set enable_material = off set random_page_cost = 1.1 as $$
#variable_conflict use_column
declare
  v_rows payment_instruct_row[];
  r payment_instruct_row;
  k idempotency_key;
  v_sent ledger_posting[];
  v_postings ledger_posting[] := '{}';
  v_events event_row[] := '{}';
  v_at timestamptz;
  v_base payment_instruct_row;
begin
  v_base.merchant_id := p_merchant;
  select array_agg(x order by x.merchant_id, x.payment_id, x.n), max(x.at) into v_rows, v_at from json_populate_recordset(v_base, p_rows) x;
  foreach r in array v_rows loop
    n := r.n; payment_id := r.payment_id; fingerprint := null; body := null; outcome := null;
    if r.key is not null and not coalesce(r.is_retry, false) then
      insert into idempotency_key as i (merchant_id, key, fingerprint, payment_id, created_at)
        values (r.merchant_id, r.key, r.fingerprint, r.payment_id, r.at) on conflict (merchant_id, key) do nothing;
      if not found then
        select * into k from idempotency_key i where i.merchant_id = r.merchant_id and i.key = r.key;
        -- This very row, committed by a call whose answer was lost, is a success; anything else is an earlier command.
        outcome := case when r.operations is not null and exists (select from operation o where o.merchant_id = r.merchant_id
          and o.payment_id = r.payment_id and o.id = r.operations[1].operation_id) then 'ok' else 'known' end;
        fingerprint := k.fingerprint; payment_id := k.payment_id;
        return next;
        continue;
      end if;
    end if;
    begin
      v_sent := payment_instruct_one(r.merchant_id, r);
      v_postings := v_postings || v_sent;
      v_events := v_events || payment_event(r.merchant_id, r.payment_id, r.event_id, r.event_type);
      outcome := 'ok';
    exception when sqlstate 'OT001' then
      -- The row's own changes are undone to the savepoint; the key is given back, because nothing was carried out.
      outcome := sqlerrm;
      delete from idempotency_key i where i.merchant_id = r.merchant_id and i.key = r.key;
    end;
    -- A command without an operation (a cancel with nothing at a provider) is finished here.
    if outcome = 'ok' and r.operations is null then
      select v.body into body from payment_render(array[r.merchant_id], array[r.payment_id], null) v;
      if r.key is not null then
        insert into idempotency_reply (merchant_id, key, status, body) values (r.merchant_id, r.key, 200, body);
      end if;
    end if;
    return next;
  end loop;
  if cardinality(v_postings) > 0 then perform ledger_post(v_at, v_postings); end if;
  perform event_append_rows(v_at, v_events);
end $$;

-- Carries out one row but for the rows that all payments of a merchant share, and returns the lines to post. Raises OT001 with the outcome's name when a guard refuses.
create function payment_instruct_one(p_merchant text, r payment_instruct_row) returns ledger_posting[]
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
    if o.method = 'cash' and o.kind in ('refund', 'credit') then o.rounding := payment_cash_back_rounding(p_merchant, p.id, o); end if;
    insert into operation (merchant_id, id, payment_id, tender_id, kind, state, amount, rounding, connector_account_id, method, register_id,
        card_id, is_final, reason, idempotency_key, created_at)
      values (p_merchant, o.operation_id, p.id, o.tender_id, o.kind, 'dispatched', o.amount, o.rounding, o.connector_account_id, o.method,
        o.register_id, o.card_id, coalesce(o.is_final, false), o.reason, r.key, r.at);
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

-- Reserves the amount of one instruction by one guarded UPDATE. What only has to wait for another operation of its tender is refused
-- with an outcome of its own, in_flight: repeated, it can succeed.
create function payment_reserve(p_merchant text, p_payment text, o payment_instruct_operation, p_is_cancel boolean) returns void
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
                 and t.capture_in_flight + t.increment_in_flight + t.void_in_flight > 0 and (t.void_in_flight > 0 or coalesce(o.is_final, false) or not 'multi_capture' = any (t.can) or exists (
                   select from operation x where x.merchant_id = p_merchant and x.payment_id = p_payment and x.tender_id = t.id
                     and x.kind = 'capture' and x.is_final and x.state in ('created', 'dispatched', 'pending', 'unknown'))))
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
    update tender t set refund_in_flight = t.refund_in_flight + o.amount
      where t.merchant_id = p_merchant and t.payment_id = p_payment and t.id = o.tender_id
        and t.refunded + t.refund_in_flight + t.disputed + o.amount <= t.captured - t.reversed;
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
        and not exists (
          select from operation x where x.merchant_id = p_merchant and x.payment_id = p_payment and x.tender_id = t.id
            and x.kind = 'capture' and x.state in ('created', 'dispatched', 'pending', 'unknown')
            and (x.is_final or not 'multi_capture' = any (t.can)));
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

-- To the nearest step, as roundCash of server/totals does it, for amounts that are not negative.
create function cash_rounded(p_amount bigint, p_step bigint, p_mode text) returns bigint language sql immutable as $$
  select p_step * case p_mode
    when 'half_up' then (2 * p_amount + p_step) / (2 * p_step)
    when 'half_down' then (2 * p_amount + p_step - 1) / (2 * p_step)
    else p_amount / p_step end
$$;

-- The rounding of cash that goes back from a tender, whose payment is locked. What has gone back in cash is rounded as one
-- sum, so that a purchase returned in parts is rounded as one returned at once; all of a cash tender gives back exactly what
-- the drawer had received for it, by whatever rule that was.
create function payment_cash_back_rounding(p_merchant text, p_payment text, o payment_instruct_operation) returns bigint
language sql stable as $$
  select case
    when o.cash_step is null and t.rounding is null and s.rounding is null then null
    else greatest(-o.amount, case
        when t.method = 'cash' and s.amount + o.amount = t.captured - t.reversed then coalesce(t.rounding, 0)
        when o.cash_step is null then 0
        else cash_rounded(s.amount + o.amount, o.cash_step, o.cash_mode) - s.amount - o.amount end - coalesce(s.rounding, 0)) end
  from tender t
  cross join lateral (
    select coalesce(sum(x.amount), 0)::bigint as amount, sum(x.rounding)::bigint as rounding
    from operation x where x.merchant_id = p_merchant and x.payment_id = p_payment and x.tender_id = t.id and x.method = 'cash'
      and x.kind in ('refund', 'credit') and x.state in ('created', 'dispatched', 'pending', 'unknown', 'succeeded')) s
  where t.merchant_id = p_merchant and t.payment_id = p_payment and t.id = o.tender_id
$$;

create function refuse(p_outcome text) returns void language plpgsql as $$
begin
  raise exception '%', p_outcome using errcode = 'OT001';
end $$;

-- Recomputes payments' sums and status from their tenders. Callers hold the payments' row locks.
create function payment_sum_up(p_merchants text[], p_payments text[], p_at timestamptz) returns void
language plpgsql as $$
begin
  update payment p set
      amount_authorized = s.authorized, amount_capturable = s.capturable, amount_captured = s.captured,
      amount_refundable = s.refundable, amount_refunded = s.refunded, amount_in_flight = s.in_flight,
      status = payment_status(p.direction, p.amount + p.given_back, p.is_canceled, s.captured, s.credited, s.hold, s.charge_in_flight,
                              s.has_action, s.tenders, s.has_expired, s.released, s.reversed),
      version = p.version + 1, updated_at = p_at
    from (
      -- What was taken back before it was paid is as if it had never been tried.
      select i.id, i.merchant_id, (count(t.id) filter (where t.decline_code is distinct from 'canceled'))::int as tenders,
        coalesce(sum(t.authorized), 0)::bigint as authorized, coalesce(sum(tender_capturable(t)), 0)::bigint as capturable,
        coalesce(sum(t.captured - t.reversed), 0)::bigint as captured,
        coalesce(sum(tender_refundable(t)), 0)::bigint as refundable, coalesce(sum(t.reversed), 0)::bigint as reversed,
        coalesce(sum(t.refunded), 0)::bigint as refunded,
        coalesce(sum(t.charge_in_flight + t.capture_in_flight + t.refund_in_flight + t.increment_in_flight), 0)::bigint as in_flight,
        coalesce(sum(t.credited), 0)::bigint as credited, coalesce(sum(tender_hold(t)), 0)::bigint as hold,
        coalesce(sum(t.charge_in_flight), 0)::bigint as charge_in_flight,
        coalesce(bool_or(t.charge_in_flight > 0 and t.next_action is not null), false) as has_action,
        coalesce(bool_or(t.is_expired), false) as has_expired, coalesce(sum(t.released), 0)::bigint as released
      from unnest(p_merchants, p_payments) i (merchant_id, id)
      left join tender t on t.merchant_id = i.merchant_id and t.payment_id = i.id
      group by i.id, i.merchant_id
    ) s
    where p.merchant_id = s.merchant_id and p.id = s.id;
end $$;

create function payment_event_data(p payment) returns jsonb language sql stable as $$
  select jsonb_build_object('status', p.status, 'attention', p.attention, 'amount', p.amount, 'currency', p.currency,
    'channel', p.channel, 'store_id', p.store_id, 'order_id', p.order_id, 'customer_id', p.customer_id, 'reference', p.reference,
    'amount_authorized', p.amount_authorized, 'amount_capturable', p.amount_capturable, 'amount_captured', p.amount_captured, 'amount_refunded', p.amount_refunded, 'amount_in_flight', p.amount_in_flight)
$$;

-- The event row of a payment as it stands now.
create function payment_event(p_merchant text, p_payment text, p_event_id text, p_type text) returns event_row
language sql stable as $$
  select (p_merchant, p_event_id, p_type, 'payment', p.id, p.version, payment_event_data(p))::event_row
    from payment p where p.merchant_id = p_merchant and p.id = p_payment
$$;
