-- Approvals that a terminal may give without the issuer (store and forward): allowed before they are asked for, within caps per sale, per
-- device and by age, and counted until the issuer has spoken.

-- One row per sale that was allowed, or that came back so without having been allowed. It counts while the sale may still turn out so,
-- and after it has, until it is known.
create table terminal_offline (
  merchant_id  text collate "C" not null,
  terminal_id  text collate "C" not null,
  payment_id   text collate "C" not null,
  operation_id text collate "C" not null,
  amount       bigint not null check (amount > 0),
  currency     text not null,
  allowed_at   timestamptz,
  -- The terminal has approved it by itself.
  stored_at    timestamptz,
  -- The host has taken it, by this reference; a decline stands in the operation.
  known_at     timestamptz,
  primary key (merchant_id, operation_id)
);
create index terminal_offline_open on terminal_offline (merchant_id, terminal_id) where known_at is null;

-- What a terminal may still lose by what it approved alone. By the index of what is open there, and primary keys.
create function terminal_offline_open(p_merchant text, p_terminal text)
returns table (operation_id text, amount bigint, currency text, stored_at timestamptz, since timestamptz) language sql stable as $$
  select f.operation_id, f.amount, f.currency, f.stored_at, coalesce(f.stored_at, f.allowed_at)
  from terminal_offline f
  join operation o on o.merchant_id = f.merchant_id and o.payment_id = f.payment_id and o.id = f.operation_id
  where f.merchant_id = p_merchant and f.terminal_id = p_terminal and f.known_at is null
    and (o.state in ('created', 'dispatched', 'pending', 'unknown') or o.state = 'succeeded' and f.stored_at is not null)
$$;

-- Whether the terminal may approve this sale by itself. Locks the terminal's slot, so that what another sale there is allowed counts.
-- p_max_age_s: what was approved longer ago, and is not known yet, ends it for all.
create function terminal_allow_offline(p_merchant text, p_terminal text, p_payment text, p_operation text, p_amount bigint, p_currency text,
  p_per_sale bigint, p_per_device bigint, p_max_age_s bigint, p_at timestamptz) returns boolean language plpgsql as $$
declare
  v_open bigint;
  v_is_barred boolean;
begin
  perform from terminal_slot s where s.merchant_id = p_merchant and s.terminal_id = p_terminal for update;
  if p_amount > p_per_sale then return false; end if;
  select coalesce(sum(f.amount), 0), coalesce(bool_or(f.currency <> p_currency or f.since < p_at - make_interval(secs => p_max_age_s)), false)
    into v_open, v_is_barred
    from terminal_offline_open(p_merchant, p_terminal) f where f.operation_id <> p_operation;
  if v_is_barred or v_open + p_amount > p_per_device then return false; end if;
  insert into terminal_offline (merchant_id, terminal_id, payment_id, operation_id, amount, currency, allowed_at)
    values (p_merchant, p_terminal, p_payment, p_operation, p_amount, p_currency, p_at)
    on conflict (merchant_id, operation_id) do nothing;
  return true;
end $$;

-- The host has taken what the terminal approved: by its own reference, which a refund needs.
create function terminal_offline_known(p_merchant text, p_payment text, p_operation text, p_reference text, p_at timestamptz) returns void
language plpgsql as $$
begin
  update terminal_offline f set known_at = p_at
    where f.merchant_id = p_merchant and f.operation_id = p_operation and f.stored_at is not null and f.known_at is null;
  if not found or p_reference is null then return; end if;
  update operation o set psp_reference = p_reference
    where o.merchant_id = p_merchant and o.payment_id = p_payment and o.id = p_operation and o.state = 'succeeded';
  update tender t set psp_reference = p_reference
    from operation o where o.merchant_id = p_merchant and o.payment_id = p_payment and o.id = p_operation and o.state = 'succeeded'
      and t.merchant_id = o.merchant_id and t.payment_id = o.payment_id and t.id = o.tender_id;
end $$;
