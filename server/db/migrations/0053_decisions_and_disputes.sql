-- Four guards that were decided on too little: what a person says after it is known, holds that end while they are being moved,
-- disputes of another account or amount, and a tender that had covered less than nothing.

-- A hold is not given up while something about it is on its way: what that comes to says whether it has ended.
create function payment_hold_is_moving(o operation) returns boolean language sql stable as $$
  select exists (
    select from operation x
      where x.merchant_id = o.merchant_id and x.payment_id = o.payment_id and x.tender_id = o.tender_id
        and x.kind in ('capture', 'void', 'extend', 'increment') and x.state in ('created', 'dispatched', 'pending', 'unknown'))
$$;

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
           when o.state = 'reversed' or r.occurred_at < o.occurred_at then 'none:stale'
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

-- What this tender covers of the amount owed, counting what is on its way; what was given back covers nothing, and what was taken back
-- after that does not make others cover it too.
create or replace function tender_covers(t tender) returns bigint language sql immutable as $$
  select greatest(0, greatest(t.authorized - t.released, t.captured - t.reversed) - t.refunded) + t.charge_in_flight
$$;

alter table payment_task drop constraint payment_task_kind_check;
alter table payment_task add constraint payment_task_kind_check check (kind in (
  'unknown_outcome', 'amount_mismatch', 'late_success', 'duplicate_payment', 'reversal', 'dispute_mismatch', 'dispute_contradicted'));

alter type dispute_row add attribute task_id text;

-- One stage of a dispute: opened, won or lost, in any order and any number of times. An end that comes first opens and
-- closes in one. Outcomes: opened · won · lost · mismatch · contradicted · none:repeated · none:not_found.
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
    update inbound_event i set applied_at = r.at
      where i.merchant_id = p_merchant and i.connector_account_id = r.account_id and i.psp_event_id = r.psp_event_id and i.applied_at is null;
    if not found then outcome := 'none:repeated'; return next; continue; end if;

    select * into d from dispute x
      where x.merchant_id = p_merchant and x.connector_account_id = r.account_id and x.dispute_reference = r.dispute_reference;
    dispute_id := coalesce(d.id, r.dispute_id);
    outcome := case
      -- Another currency, or more than was ever charged, decides nothing; a person looks at it.
      when r.currency <> p.currency or r.amount > coalesce(o.amount_effective, o.amount) then 'mismatch'
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
    -- together. They may be about more than is left (a refund on its way); then all that is left is reserved.
    update tender t set disputed = least(t.captured - t.reversed, (
        select coalesce(sum(x.amount), 0)::bigint from dispute x
          where x.payment_id = p.id and x.merchant_id = p_merchant and x.tender_id = o.tender_id and x.status in ('open', 'lost')))
      where t.merchant_id = p_merchant and t.payment_id = p.id and t.id = o.tender_id;
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

-- What a payment's open tasks and operations ask for, most pressing first.
create or replace function payment_attention(p_merchant text, p_payment text) returns text
language sql stable as $$
  select case
    when exists (select from payment_task k where k.merchant_id = p_merchant and k.payment_id = p_payment
                   and k.kind in ('late_success', 'duplicate_payment', 'reversal', 'dispute_contradicted') and k.closed_at is null) then 'review'
    when exists (select from payment_task k where k.merchant_id = p_merchant and k.payment_id = p_payment
                   and k.kind in ('amount_mismatch', 'dispute_mismatch') and k.closed_at is null) then 'amount_mismatch'
    when exists (select from operation o where o.merchant_id = p_merchant and o.payment_id = p_payment and o.state = 'unknown') then 'unknown_outcome' end
$$;
