-- The books: double entry, append-only, one entry per piece of evidence. A line's amount is signed minor units: debit
-- positive, credit negative. Balances are kept beside the lines and updated once per account per batch.

create table ledger_entry (
  merchant_id  text collate "C" not null,
  -- Made from the source's id, so the primary key itself is what makes a second posting of one source impossible.
  id           text collate "C" not null,
  source_id    text collate "C" not null,
  event        text not null,
  payment_id   text collate "C",
  operation_id text collate "C",
  posted_at    timestamptz not null,
  primary key (merchant_id, id)
);
create index ledger_entry_by_payment on ledger_entry (payment_id, merchant_id, id);

create table ledger_line (
  merchant_id text collate "C" not null,
  entry_id    text collate "C" not null,
  line_no     smallint not null,
  account     text collate "C" not null,
  currency    text collate "C" not null,
  channel     text collate "C" not null,
  store_id    text collate "C" not null,  -- '' = no store
  amount      bigint not null check (amount <> 0),
  -- That the entry exists is checked with its balance, once per statement, instead of by a foreign key, once per line.
  primary key (merchant_id, entry_id, line_no)
);

create table ledger_balance (
  merchant_id text collate "C" not null,
  account     text collate "C" not null,
  currency    text collate "C" not null,
  channel     text collate "C" not null,
  store_id    text collate "C" not null,
  debit       bigint not null default 0 check (debit >= 0),
  credit      bigint not null default 0 check (credit >= 0),
  primary key (merchant_id, account, currency, channel, store_id)
) with (fillfactor = 50);

-- Every entry exists and sums to zero in each currency, whoever wrote it: the lines of one statement must, entry by entry, and
-- so must all of them together.
create function ledger_lines_balance() returns trigger language plpgsql
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare
  v_entry text;
begin
  select l.entry_id into v_entry from added l
    group by l.merchant_id, l.entry_id, l.currency
    having sum(l.amount) <> 0
      -- Not "not exists": the planner may hash that over the whole table, at each call. A value is looked up by its key.
      or (select e.id from ledger_entry e where e.merchant_id = l.merchant_id and e.id = l.entry_id) is null
    limit 1;
  if found then
    raise exception 'ledger entry % does not balance', v_entry using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger ledger_lines_balance after insert on ledger_line referencing new table as added
  for each statement execute function ledger_lines_balance();

-- Append-only twice: the running role has no right to update or delete (see migrate.ts), and for any other role this says no.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger ledger_entry_append_only before update or delete or truncate on ledger_entry
  for each statement execute function refuse_change();
create trigger ledger_line_append_only before update or delete or truncate on ledger_line
  for each statement execute function refuse_change();
create trigger event_append_only before update or delete or truncate on event
  for each statement execute function refuse_change();

create type ledger_posting as (
  merchant_id text, source_id text, event text, payment_id text, operation_id text,
  account text, currency text, channel text, store_id text, amount bigint
);

-- Posts entries: one per distinct source, its lines in array order. Lines of amount 0 are left out; an entry without
-- lines is not written. A source posted before fails the whole call (primary key), which is the point.
create function ledger_post(p_at timestamptz, p_postings ledger_posting[]) returns void
language plpgsql as $$
begin
  -- One statement, which numbers the lines once. The lines are checked at its end, when the entries are there.
  with line as materialized (
    select p.*, 'ent_' || right(p.source_id, 26) as entry_id, row_number() over (partition by p.merchant_id, p.source_id order by p.ordinality) as line_no
    from unnest(p_postings) with ordinality p where p.amount <> 0
  ), entry as (
    insert into ledger_entry (merchant_id, id, source_id, event, payment_id, operation_id, posted_at)
      select l.merchant_id, l.entry_id, l.source_id, l.event, l.payment_id, l.operation_id, p_at from line l where l.line_no = 1
  )
  insert into ledger_line (merchant_id, entry_id, line_no, account, currency, channel, store_id, amount)
    select l.merchant_id, l.entry_id, l.line_no, l.account, l.currency, l.channel, coalesce(l.store_id, ''), l.amount from line l;
  -- Sorted, so that two writers take the hot rows in the same order.
  insert into ledger_balance as b (merchant_id, account, currency, channel, store_id, debit, credit)
    select p.merchant_id, p.account, p.currency, p.channel, coalesce(p.store_id, ''),
           coalesce(sum(p.amount) filter (where p.amount > 0), 0), coalesce(-sum(p.amount) filter (where p.amount < 0), 0)
    from unnest(p_postings) p where p.amount <> 0
    group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
    on conflict (merchant_id, account, currency, channel, store_id)
    do update set debit = b.debit + excluded.debit, credit = b.credit + excluded.credit;
end $$;
