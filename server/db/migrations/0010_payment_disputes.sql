-- Disputes, and the two small changes of a payment that are no evidence: closing a task and flagging a hold that ends.

create type dispute_row as (
  n int, at timestamptz, dispute_id text, evidence_id text, event_id text, payment_event_id text, account_id text, psp_event_id text,
  dispute_reference text, operation_id text, stage text, amount bigint, currency text, reason text, respond_by timestamptz,
  occurred_at timestamptz, body jsonb
);

-- One stage of a dispute: opened, won or lost, in any order and any number of times. An end that comes first opens and
-- closes in one. Outcomes: opened · won · lost · none:repeated · none:not_found.
create function dispute_apply(p_merchant text, p_rows json)
returns table (n int, outcome text, dispute_id text)
language plpgsql as $$
#variable_conflict use_column
declare
  r dispute_row;
  o operation;
  p payment;
  d dispute;
  v_was_open boolean;
  v_receivable text;
  v_at timestamptz;
  v_postings ledger_posting[] := '{}';
  v_events event_row[] := '{}';
begin
  for r in select x.* from json_populate_recordset(null::dispute_row, p_rows) x order by x.operation_id, x.n loop
    n := r.n; dispute_id := null;
    select * into o from operation x where x.merchant_id = p_merchant and x.id = r.operation_id;
    if not found then outcome := 'none:not_found'; return next; continue; end if;
    select * into p from payment x where x.merchant_id = p_merchant and x.id = o.payment_id for update;
    update inbound_event i set applied_at = r.at
      where i.merchant_id = p_merchant and i.connector_account_id = r.account_id and i.psp_event_id = r.psp_event_id and i.applied_at is null;
    if not found then outcome := 'none:repeated'; return next; continue; end if;

    select * into d from dispute x
      where x.merchant_id = p_merchant and x.connector_account_id = r.account_id and x.dispute_reference = r.dispute_reference;
    v_was_open := d.status = 'open';
    dispute_id := coalesce(d.id, r.dispute_id);
    outcome := case when d.id is null then r.stage when d.status = 'open' and r.stage <> 'opened' then r.stage else 'none:repeated' end;
    insert into evidence (merchant_id, payment_id, id, operation_id, source, outcome, effect, amount, psp_reference, body, occurred_at, received_at)
      values (p_merchant, p.id, r.evidence_id, o.id, 'webhook', 'dispute_' || r.stage,
              case when outcome like 'none%' then outcome else 'dispute' end, r.amount, r.dispute_reference, r.body, r.occurred_at, r.at);
    if outcome like 'none%' then return next; continue; end if;

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
    -- What is disputed cannot be refunded besides: open and lost it is gone, won it is back. A dispute may be about more
    -- than is left (fees, a refund on its way); then all that is left is reserved.
    update tender t set disputed = case
        when r.stage = 'won' then t.disputed - case when d.id is null then 0 else least(t.disputed, d.amount) end
        when d.id is null then least(t.captured - t.reversed, t.disputed + r.amount)
        else t.disputed end
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

create function payment_close_task(p_merchant text, p_task text, p_event_id text, p_at timestamptz) returns void
language plpgsql as $$
declare
  v_payment text;
  v_attention text;
begin
  select payment_id into v_payment from payment_task where merchant_id = p_merchant and id = p_task;
  if not found then return; end if;
  perform from payment where merchant_id = p_merchant and id = v_payment for update;
  update payment_task set closed_at = p_at where merchant_id = p_merchant and id = p_task and closed_at is null;
  v_attention := payment_attention(p_merchant, v_payment);
  update payment p set attention = v_attention, version = p.version + 1, updated_at = p_at
    where p.merchant_id = p_merchant and p.id = v_payment and p.attention is distinct from v_attention;
  if found then
    perform event_append_rows(p_at, array[payment_event(p_merchant, v_payment, p_event_id, 'payment.attention_changed')]);
  end if;
end $$;

create function payment_flag_overdue(p_merchant text, p_payment text, p_event_id text, p_at timestamptz) returns void
language plpgsql as $$
begin
  update payment set attention = 'capture_overdue', version = version + 1, updated_at = p_at
    where merchant_id = p_merchant and id = p_payment and attention is null and amount_capturable > 0;
  if found then
    perform event_append_rows(p_at, array[payment_event(p_merchant, p_payment, p_event_id, 'payment.capture_overdue')]);
  end if;
end $$;
