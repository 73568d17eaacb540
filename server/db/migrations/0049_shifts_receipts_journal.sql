-- What happens at a register: shifts and what their drawers gave and got, receipts, reports, and the journal that proves it all.
-- Vocabulary: server/shifts, server/receipts, server/journal.

-- The time from opening a drawer with a float to closing it with a Z report.
create table shift (
  merchant_id     text collate "C" not null references merchant,
  id              text collate "C" not null check (id ~ '^shf_[0-9A-Z]{26}$'),
  register_id     text collate "C" not null,
  store_id        text collate "C" not null,
  -- 1, 2, 3, … of its register.
  no              int         not null check (no > 0),
  currency        text        not null check (currency ~ '^[A-Z]{3}$'),
  -- ended: counting. It still takes what is sold meanwhile.
  state           text        not null check (state in ('open', 'ended', 'closed')),
  float           bigint      not null check (float between 0 and 999999999999),
  opened_by       text collate "C" not null,
  opened_at       timestamptz not null,
  ended_by        text collate "C",
  ended_at        timestamptz,
  -- The last count, and what the books said the drawer held at that moment.
  counted         bigint check (counted between 0 and 999999999999),
  expected        bigint,
  denominations   jsonb,
  counted_by      text collate "C",
  counted_at      timestamptz,
  -- How often it was counted: more than once after the first shows what was expected.
  counts          int         not null default 0,
  closed_by       text collate "C",
  closed_at       timestamptz,
  variance_reason text,
  version         int         not null default 1,
  primary key (merchant_id, id),
  foreign key (merchant_id, store_id, register_id) references register (merchant_id, store_id, id),
  constraint counted_whole check ((counted is null) = (counted_at is null) and (counted is null) = (expected is null)),
  constraint closed_when_counted check (state <> 'closed' or (counted is not null and closed_at is not null))
);
create unique index shift_by_no on shift (merchant_id, register_id, no);
-- A register has one shift at a time, whoever opens it.
create unique index shift_running on shift (merchant_id, register_id) where state <> 'closed';

-- Cash that went into a drawer or out of it other than by a sale or a refund, and drawers opened for nothing. `amount` is the
-- change of what the drawer holds; each is an entry of the ledger whose id is made from this one's.
create table drawer_movement (
  merchant_id text collate "C" not null,
  id          text collate "C" not null check (id ~ '^drw_[0-9A-Z]{26}$'),
  shift_id    text collate "C" not null,
  register_id text collate "C" not null,
  type        text        not null check (type in ('float', 'paid_in', 'paid_out', 'drop', 'no_sale', 'over_short')),
  amount      bigint      not null,
  currency    text        not null,
  reason      text,
  -- The client's own name for it: sent twice, it is done once.
  reference   text,
  by          text collate "C" not null,
  at          timestamptz not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, shift_id) references shift (merchant_id, id),
  constraint signs check (case type when 'paid_in' then amount > 0 when 'paid_out' then amount < 0 when 'drop' then amount < 0
    when 'no_sale' then amount = 0 else true end)
);
create index drawer_movement_by_shift on drawer_movement (shift_id, merchant_id, id);
create unique index drawer_movement_by_reference on drawer_movement (merchant_id, shift_id, reference) where reference is not null;
create trigger drawer_movement_append_only before update or delete or truncate on drawer_movement
  for each statement execute function refuse_change();

-- Every instruction about money that is given at a register, written with it by the trigger below: to which shift it belongs is
-- decided at that moment and never by comparing times. A row waits (`due_at`) until its outcome is known and its receipt written.
create table till_stamp (
  merchant_id  text collate "C" not null,
  operation_id text collate "C" not null,
  payment_id   text collate "C" not null,
  register_id  text collate "C" not null,
  -- The shift that ran; null when none did.
  shift_id     text collate "C",
  created_at   timestamptz not null,
  due_at       timestamptz,
  attempt      int         not null default 0,
  -- Why no receipt could be written, while that is so.
  fault        text,
  -- The report that counted its money.
  report_id    text collate "C",
  primary key (merchant_id, operation_id)
);
create index till_stamp_due on till_stamp (due_at, merchant_id) where due_at is not null;
create index till_stamp_by_shift on till_stamp (shift_id, merchant_id) where shift_id is not null;
create index till_stamp_by_payment on till_stamp (payment_id, merchant_id);

create function till_stamp_operation() returns trigger language plpgsql as $$
begin
  insert into till_stamp (merchant_id, operation_id, payment_id, register_id, shift_id, created_at, due_at)
    values (new.merchant_id, new.id, new.payment_id, new.register_id,
      (select s.id from shift s where s.merchant_id = new.merchant_id and s.register_id = new.register_id and s.state <> 'closed'),
      new.created_at, new.created_at)
    on conflict do nothing;
  return null;
end $$;
-- The condition is looked at without calling anything: a sale without a register pays nothing for this.
create trigger operation_at_register after insert on operation for each row
  when (new.register_id is not null) execute function till_stamp_operation();

-- What a register gave its customers: one row per sale or refund, numbered without a gap.
create table receipt (
  merchant_id  text collate "C" not null,
  id           text collate "C" not null check (id ~ '^rct_[0-9A-Z]{26}$'),
  register_id  text collate "C" not null,
  number       bigint      not null check (number > 0),
  kind         text        not null check (kind in ('sale', 'refund')),
  payment_id   text collate "C" not null,
  -- Of a refund: the operation that it is about.
  operation_id text collate "C",
  order_id     text collate "C",
  shift_id     text collate "C",
  report_id    text collate "C",
  currency     text        not null,
  -- Of a sale what was paid, of a refund what went back; both above 0.
  total        bigint      not null check (total >= 0),
  discount     bigint      not null check (discount >= 0),
  items        bigint      not null check (items >= 0),
  -- [{rate_bp, net, tax, gross}]
  vat          jsonb       not null,
  created_at   timestamptz not null,
  primary key (merchant_id, id),
  constraint refund_of_operation check ((kind = 'refund') = (operation_id is not null))
);
create unique index receipt_by_number on receipt (merchant_id, register_id, number);
create unique index receipt_of_sale on receipt (merchant_id, payment_id) where kind = 'sale';
create unique index receipt_of_refund on receipt (merchant_id, operation_id) where kind = 'refund';
create index receipt_by_order on receipt (order_id, merchant_id) where order_id is not null;
create index receipt_by_shift on receipt (shift_id, merchant_id) where shift_id is not null;
create index receipt_not_reported on receipt (merchant_id, shift_id) where report_id is null and shift_id is not null;

-- Whatever was printed or mailed of a receipt. The first print is the original, all further ones are copies.
create table receipt_copy (
  merchant_id text collate "C" not null,
  receipt_id  text collate "C" not null,
  no          int         not null check (no > 0),
  way         text        not null check (way in ('print', 'mail', 'gift')),
  shift_id    text collate "C",
  by          text collate "C" not null,
  at          timestamptz not null,
  primary key (merchant_id, receipt_id, no),
  foreign key (merchant_id, receipt_id) references receipt (merchant_id, id)
);
create index receipt_copy_by_shift on receipt_copy (shift_id, merchant_id) where shift_id is not null;

-- The last receipt's number, and what the register has ever sold and given back. These sums are never set back.
create table register_total (
  merchant_id  text collate "C" not null,
  register_id  text collate "C" not null,
  last_receipt bigint not null default 0 check (last_receipt >= 0),
  sales        bigint not null default 0 check (sales >= 0),
  returns      bigint not null default 0 check (returns >= 0),
  primary key (merchant_id, register_id)
);

-- Z reports and their supplements, as they were issued. Numbered without a gap per register.
create table register_report (
  merchant_id text collate "C" not null,
  id          text collate "C" not null check (id ~ '^rpt_[0-9A-Z]{26}$'),
  register_id text collate "C" not null,
  no          int         not null check (no > 0),
  kind        text        not null check (kind in ('z', 'supplement')),
  shift_id    text collate "C" not null,
  -- Of a supplement: the Z it adds to.
  original_id text collate "C",
  body        jsonb       not null,
  created_at  timestamptz not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, shift_id) references shift (merchant_id, id),
  constraint supplement_of check ((kind = 'supplement') = (original_id is not null))
);
create unique index register_report_by_no on register_report (merchant_id, register_id, no);
create unique index register_report_z on register_report (merchant_id, shift_id) where kind = 'z';
create index register_report_by_shift on register_report (shift_id, merchant_id, no);
create trigger register_report_append_only before update or delete or truncate on register_report
  for each statement execute function refuse_change();

-- The journal of a register: each entry holds the hash of the one before it and is signed with a key that is not in the database.
create table journal_entry (
  merchant_id   text collate "C" not null,
  register_id   text collate "C" not null,
  seq           bigint      not null check (seq > 0),
  kind          text        not null,
  subject_id    text collate "C" not null,
  -- Canonical JSON, kept as text: these very bytes were hashed.
  body          text        not null,
  -- Milliseconds, as hashed.
  at            timestamptz not null,
  previous_hash bytea       not null check (octet_length(previous_hash) = 32),
  hash          bytea       not null check (octet_length(hash) = 32),
  signature     bytea       not null check (octet_length(signature) = 64),
  key_id        text collate "C" not null,
  primary key (merchant_id, register_id, seq)
);
create trigger journal_entry_append_only before update or delete or truncate on journal_entry
  for each statement execute function refuse_change();

-- Where each journal ends: whoever appends holds this row, and an end that was cut off does not match it.
create table journal_end (
  merchant_id text collate "C" not null,
  register_id text collate "C" not null,
  seq         bigint not null default 0,
  hash        bytea  not null check (octet_length(hash) = 32),
  primary key (merchant_id, register_id)
);

-- The public halves of the keys that sign journals, so that an export can be checked by anybody.
create table journal_key (
  key_id     text collate "C" primary key,
  public_key bytea       not null,
  first_used timestamptz not null
);
