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

-- Begins to change what is owed for an order: nothing it said before p_revision can be paid any more, and its payments stay as they
-- are until the caller's transaction ends. False when money is on its way and p_waits: what it was asked for is known first.
-- Locks: the order's payments (sorted), its slot, as a charge does.
create function payment_hold_order(p_merchant text, p_order text, p_revision int, p_waits boolean) returns boolean
language plpgsql as $$
begin
  perform from payment p where p.order_id = p_order and p.merchant_id = p_merchant order by p.id for update;
  insert into order_payment as s (merchant_id, order_id, payment_id, revision) values (p_merchant, p_order, 'none', p_revision)
    on conflict (merchant_id, order_id) do update set revision = excluded.revision;
  -- A statement of its own, after the locks: it sees a payment that was taking the slot at that moment.
  return not (p_waits and exists (
    select from payment p join tender t on t.merchant_id = p.merchant_id and t.payment_id = p.id
      where p.order_id = p_order and p.merchant_id = p_merchant and p.direction = 'charge' and t.charge_in_flight > 0));
end $$;

-- Sets what is owed for the payments of an order that was changed. Each is for the total without what the others have taken. What
-- was decided to go back (p_given_back) covers nothing once more is owed again, or the difference could not be paid. A payment for
-- which nothing is left keeps its amount: the order allows no more. After payment_hold_order. p_events: an id for each payment.
create function payment_set_amounts(
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
    update payment p set amount = w.amount, given_back = w.given_back from wanted w
      where p.merchant_id = p_merchant and p.id = w.id and w.amount >= 1 and (p.amount, p.given_back) <> (w.amount, w.given_back)
      returning p.id
  ) select array_agg(id order by id) into v_set from changed;
  if v_set is null then return; end if;
  perform payment_sum_up(array_fill(p_merchant, array[cardinality(v_set)]), v_set, p_at);
  perform event_append_rows(p_at, array(select payment_event(p_merchant, v.id, p_events[v.i], 'payment.amount_changed')
    from unnest(v_set) with ordinality v (id, i) order by v.i));
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
