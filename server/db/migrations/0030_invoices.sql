-- Invoices and credit notes. What is issued never changes, and its number is the next of its series and year: both are held by
-- the database. What does change (what is paid, credited, reminded) stands beside it, in invoice_state.

create table invoice_settings (
  merchant_id   text collate "C" primary key references merchant,
  -- Who sells and how it is paid: server/invoices/settings.ts.
  settings      jsonb       not null check (jsonb_typeof(settings) = 'object' and octet_length(settings::text) <= 16384),
  -- IANA name. It decides on which day and in which year an invoice is issued, and when one is overdue.
  time_zone     text        not null check (length(time_zone) between 1 and 64),
  -- Days after the due day, below 0 before it.
  reminder_days int[]       not null check (cardinality(reminder_days) <= 10),
  version       int         not null check (version > 0),
  updated_at    timestamptz not null
);

-- The last number of each series and year. Its row is locked from taking a number until the commit, so a number is taken with its
-- invoice or not at all. Series `#` counts the bases of payment references, which may have gaps.
create table invoice_counter (
  merchant_id text collate "C" not null references merchant,
  series      text collate "C" not null check (length(series) <= 12),
  year        int    not null check (year between 0 and 9999),
  last        bigint not null check (last > 0),
  primary key (merchant_id, series, year)
);

create table invoice (
  merchant_id        text collate "C" not null references merchant,
  id                 text collate "C" not null check (id ~ '^inv_[0-9A-Z]{26}$'),
  kind               text        not null check (kind in ('invoice', 'credit_note')),
  state              text        not null check (state in ('draft', 'issued', 'cancelled')),
  series             text collate "C",
  year               int,
  seq                bigint      check (seq > 0),
  number             text collate "C" check (length(number) between 1 and 40),
  currency           text        not null check (currency ~ '^[A-Z]{3}$'),
  language           text        not null check (language in ('en', 'nl', 'sv', 'pl', 'fr', 'de')),
  prices_include_tax boolean     not null,
  -- The order it bills, as it was at that revision; or the invoice a credit note takes back from.
  order_id           text collate "C",
  order_revision     int,
  corrects_id        text collate "C",
  customer_id        text collate "C",
  -- As they were when it was issued.
  seller             jsonb,
  buyer              jsonb       not null check (jsonb_typeof(buyer) = 'object'),
  buyer_reference    text        check (length(buyer_reference) between 1 and 120),
  note               text        check (length(note) between 1 and 500),
  terms              text        check (length(terms) between 1 and 500),
  due_days           int         not null check (due_days between 0 and 365),
  supplied_on        date,
  issued_on          date,
  due_on             date,
  -- How a bank transfer names it: the number that every scheme writes, and the scheme printed.
  reference_base     bigint      check (reference_base between 10000001 and 9999999999),
  reference_kind     text        check (reference_kind in ('rf', 'nl', 'se', 'be')),
  reference          text collate "C" check (length(reference) between 4 and 40),
  net                bigint      not null check (net >= 0),
  tax                bigint      not null check (tax >= 0),
  total              bigint      not null check (total between 1 and 999999999999 and total = net + tax),
  created_at         timestamptz not null,
  issued_at          timestamptz,
  primary key (merchant_id, id),
  unique (merchant_id, series, year, seq),
  unique (merchant_id, number),
  unique (merchant_id, reference_base),
  foreign key (merchant_id, corrects_id) references invoice (merchant_id, id),
  foreign key (merchant_id, customer_id) references customer (merchant_id, id),
  check ((kind = 'credit_note') = (corrects_id is not null)),
  -- Only what is issued has a number, and it has everything else that belongs to one.
  check ((state = 'issued') = (number is not null)),
  check ((number is null) = (series is null or year is null or seq is null)),
  check (number is null or (seller is not null and issued_on is not null and due_on is not null and issued_at is not null)),
  check ((number is not null and kind = 'invoice') = (reference is not null)),
  check ((reference is null) = (reference_base is null) and (reference is null) = (reference_kind is null))
);
create index invoice_by_order on invoice (order_id, merchant_id, id) where order_id is not null;
create index invoice_by_corrected on invoice (corrects_id, merchant_id, id) where corrects_id is not null;

create table invoice_line (
  merchant_id   text collate "C" not null,
  invoice_id    text collate "C" not null,
  no            int    not null check (no > 0),
  -- Where it comes from: a line of the order, or of the invoice that a credit note takes back from.
  order_line_id text collate "C",
  corrects_no   int,
  name          text   not null check (length(name) between 1 and 200),
  detail        text   check (length(detail) between 1 and 500),
  sku           text   check (length(sku) between 1 and 120),
  -- Thousandths of the unit.
  quantity_e3   bigint not null check (quantity_e3 between 1 and 999999999999),
  unit          text   not null check (length(unit) between 1 and 20),
  unit_price_e4 bigint not null check (unit_price_e4 >= 0),
  -- Category of VAT by UNCL5305: S standard and reduced, Z zero, E exempt, AE reverse charge, K intra-community, G export, O outside.
  vat_category  text   not null check (vat_category in ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')),
  vat_rate_bp   int    not null check (vat_rate_bp between 0 and 10000 and (vat_rate_bp > 0) = (vat_category = 'S')),
  vat_reason    text   check (length(vat_reason) between 1 and 200),
  discount      bigint not null check (discount >= 0),
  net           bigint not null check (net >= 0),
  tax           bigint not null check (tax >= 0),
  total         bigint not null check (total = net + tax),
  primary key (merchant_id, invoice_id, no),
  foreign key (merchant_id, invoice_id) references invoice (merchant_id, id)
);

-- What changes about an invoice after it was issued. The only row of it that is ever locked: commands on one invoice queue here.
create table invoice_state (
  merchant_id      text collate "C" not null,
  invoice_id       text collate "C" not null,
  -- Repeated, for the guard below; null for credit notes.
  order_id         text collate "C",
  -- What payments name as their order: the order, or the invoice itself.
  pays_as          text collate "C" not null,
  amount_paid      bigint      not null default 0 check (amount_paid >= 0),
  amount_refunded  bigint      not null default 0 check (amount_refunded >= 0),
  amount_in_flight bigint      not null default 0 check (amount_in_flight >= 0),
  amount_credited  bigint      not null default 0 check (amount_credited >= 0),
  -- Issued, and something is still to be paid.
  is_open          boolean     not null default false,
  -- Cancelled, or credited in full: its order may be billed again.
  is_ended         boolean     not null default false,
  sent_at          timestamptz,
  paid_at          timestamptz,
  version          int         not null default 1 check (version > 0),
  primary key (merchant_id, invoice_id),
  foreign key (merchant_id, invoice_id) references invoice (merchant_id, id)
);
-- An order is billed once at a time.
create unique index invoice_of_order on invoice_state (merchant_id, order_id) where order_id is not null and not is_ended;
create index invoice_by_payments on invoice_state (pays_as, merchant_id, invoice_id);
create index invoice_open on invoice_state (merchant_id, invoice_id) where is_open;

-- Each reminder of an invoice once. One that was passed over has no mail.
create table invoice_reminder (
  merchant_id text collate "C" not null,
  invoice_id  text collate "C" not null,
  -- Days after the due day for which it is.
  day         int         not null,
  mail_id     text collate "C",
  at          timestamptz not null,
  primary key (merchant_id, invoice_id, day),
  foreign key (merchant_id, invoice_id) references invoice (merchant_id, id)
);

-- ---- What was issued stands ------------------------------------------------------------------------------------------

create function invoice_stands() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.state = 'draft' then return new; end if;
  raise exception 'an invoice that was issued or cancelled never changes' using errcode = 'restrict_violation';
end $$;
create trigger invoice_stands before update or delete on invoice for each row execute function invoice_stands();
create trigger invoice_stands_whole before truncate on invoice for each statement execute function invoice_stands();

create function invoice_line_stands() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if exists (select from invoice i where i.merchant_id = new.merchant_id and i.id = new.invoice_id and i.state = 'draft') then
      return new;
    end if;
    raise exception 'only a draft takes lines' using errcode = 'restrict_violation';
  end if;
  raise exception 'a line of an invoice never changes' using errcode = 'restrict_violation';
end $$;
create trigger invoice_line_stands before insert or update or delete on invoice_line for each row execute function invoice_line_stands();
create trigger invoice_line_stands_whole before truncate on invoice_line for each statement execute function invoice_line_stands();
