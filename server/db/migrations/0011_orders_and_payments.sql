-- What other modules need of payments and of the event log: where each consumer of the log stands, commands of theirs under
-- the same idempotency keys, and an order's word on whether and how much may be paid for it.

-- How far a consumer has read a merchant's events. Moved in the transaction that carries out what the events ask for, so that
-- each event takes effect exactly once.
create table event_cursor (
  merchant_id text collate "C" not null,
  consumer    text not null,
  seq         bigint not null check (seq >= 0),
  primary key (merchant_id, consumer)
);

-- A key claimed by a command of another module, whose object stands in payment_id: until then its first run may still answer;
-- after it a repeat takes the command up.
alter table idempotency_key add column lease_until timestamptz;

-- Ends paying for an order that is being cancelled or has expired, unless money is held, taken or asked for: the very slot that
-- a charge must take is taken for good. True when it is closed now. Waits for a charge that is taking the slot at this moment.
create function payment_close_orders(p_merchant text, p_orders text[]) returns text[]
language plpgsql as $$
declare
  v_refused text[];
begin
  v_refused := payment_take_orders(p_merchant, p_orders, array_fill('closed'::text, array[cardinality(p_orders)]));
  -- One refusal per order that is paid or being paid; which ones, the slots tell.
  if cardinality(v_refused) = 0 then return p_orders; end if;
  return (select coalesce(array_agg(o.order_id), '{}') from order_payment o
    where o.merchant_id = p_merchant and o.order_id = any (p_orders) and o.payment_id = 'closed');
end $$;

-- Sets what is owed for a payment, because its order was changed: at least what is covered already, never for a payment given
-- up. What was decided to go back (p_given_back) covers nothing once more is owed again, or the difference could not be paid.
-- Answers the outcome; takes the payment's lock.
create function payment_set_amount(
  p_merchant text, p_payment text, p_amount bigint, p_given_back bigint, p_at timestamptz, p_event_id text
) returns text
language plpgsql as $$
declare
  p payment;
  v_covered bigint;
begin
  select * into p from payment x where x.merchant_id = p_merchant and x.id = p_payment for update;
  if not found then return 'not_found'; end if;
  if p.amount = p_amount and p.given_back = p_given_back then return 'ok'; end if;
  if p.is_canceled or p.direction = 'credit' then return 'invalid_state'; end if;
  select coalesce(sum(greatest(x.authorized - x.released, x.captured - x.reversed) + x.charge_in_flight), 0) into v_covered
    from tender x where x.merchant_id = p_merchant and x.payment_id = p_payment;
  if p_amount < 1 or (p_amount < v_covered and p_amount + p_given_back <= v_covered) then return 'below_covered'; end if;
  update payment x set amount = p_amount, given_back = p_given_back where x.merchant_id = p_merchant and x.id = p_payment;
  perform payment_sum_up(array[p_merchant], array[p_payment], p_at);
  perform event_append_rows(p_at, array[payment_event(p_merchant, p_payment, p_event_id, 'payment.amount_changed')]);
  return 'ok';
end $$;

-- The payments of an order in figures, oldest first. Served by payment_by_order.
create function payment_figures(p_merchant text, p_order text) returns table (
  id text, direction text, status text, attention text, amount bigint, currency text, capture text, is_canceled boolean,
  amount_authorized bigint, amount_capturable bigint, amount_captured bigint, amount_refundable bigint, amount_refunded bigint,
  amount_in_flight bigint)
language sql stable as $$
  select p.id, p.direction, p.status, p.attention, p.amount, p.currency, p.capture, p.is_canceled, p.amount_authorized,
    p.amount_capturable, p.amount_captured, p.amount_refundable, p.amount_refunded, p.amount_in_flight
  from payment p where p.order_id = p_order and p.merchant_id = p_merchant order by p.id
$$;
