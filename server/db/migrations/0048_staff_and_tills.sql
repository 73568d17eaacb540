-- Who stands at a till, the devices that are tills, and who is signed in there. Vocabulary: server/staff and server/tills.

-- A secret key is given every scope there is, and there are more of them now.
alter table api_key drop constraint api_key_scopes_check;
alter table api_key add constraint api_key_scopes_check check (cardinality(scopes) between 1 and 200);

create table staff_member (
  merchant_id text collate "C" not null references merchant,
  id          text collate "C" not null check (id ~ '^stf_[0-9A-Z]{26}$'),
  name        text        not null check (length(name) between 1 and 120),
  role        text        not null check (role in ('cashier', 'supervisor', 'manager')),
  -- A slow hash with a salt of its own, over a keyed hash: neither a stolen database nor a stolen key alone tells a PIN.
  pin_hash    text        not null,
  -- The stores they work in; empty means all.
  store_ids   text[] collate "C" not null default '{}' check (cardinality(store_ids) <= 200),
  language    text,
  is_active   boolean     not null default true,
  version     int         not null default 1,
  created_at  timestamptz not null,
  updated_at  timestamptz not null,
  primary key (merchant_id, id)
);

-- A browser or app that is a register's till. It holds its key alone; here is the hash.
create table till_device (
  merchant_id text collate "C" not null references merchant,
  id          text collate "C" not null check (id ~ '^tdv_[0-9A-Z]{26}$'),
  register_id text collate "C" not null,
  name        text        not null check (length(name) between 1 and 120),
  key_hash    bytea       not null unique check (octet_length(key_hash) = 32),
  paired_at   timestamptz not null,
  revoked_at  timestamptz,
  primary key (merchant_id, id),
  foreign key (merchant_id, register_id) references register (merchant_id, id)
);
create index till_device_by_register on till_device (register_id, merchant_id);

-- A code that makes one device a till, once. Unique over all merchants, because it tells whose it is.
create table pairing_code (
  merchant_id text collate "C" not null references merchant,
  id          text collate "C" not null,
  register_id text collate "C" not null,
  code_hash   bytea       not null unique check (octet_length(code_hash) = 32),
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  used_at     timestamptz,
  primary key (merchant_id, id),
  foreign key (merchant_id, register_id) references register (merchant_id, id)
);

-- Somebody signed in at a device. A device has one at a time.
create table till_session (
  merchant_id text collate "C" not null,
  id          text collate "C" not null check (id ~ '^tss_[0-9A-Z]{26}$'),
  device_id   text collate "C" not null,
  staff_id    text collate "C" not null,
  token_hash  bytea       not null unique check (octet_length(token_hash) = 32),
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  ended_at    timestamptz,
  primary key (merchant_id, id),
  foreign key (merchant_id, device_id) references till_device (merchant_id, id),
  foreign key (merchant_id, staff_id) references staff_member (merchant_id, id)
);
create unique index till_session_of_device on till_session (merchant_id, device_id) where ended_at is null;
create index till_session_of_staff on till_session (staff_id, merchant_id) where ended_at is null;

-- How often in a row a PIN was wrong: of one person wherever they tried, and of one device whoever was tried.
create table pin_guess (
  merchant_id  text collate "C" not null,
  subject      text collate "C" not null,
  wrong        int         not null default 0 check (wrong >= 0),
  -- No guess is taken before; the moment of the last one where it locked nothing.
  locked_until timestamptz not null,
  primary key (merchant_id, subject)
);

-- Counts a guess before anybody looks whether it is right, so that guesses side by side cannot go past the limit. Answers how
-- long to wait, 0 for none, and which guess in a row it is; a guess that has to wait is not counted. Subjects come sorted,
-- each with how many are free and for how many seconds the next one then locks; every further one locks twice as long, at
-- most an hour.
create function pin_begin(p_merchant text, p_at timestamptz, p_subjects text[], p_free int[], p_lock_s int[])
returns table (wait_s int, guess int) language plpgsql as $$
declare
  v pin_guess;
  v_wait int := 0;
  v_guess int := 0;
begin
  for i in 1 .. array_length(p_subjects, 1) loop
    insert into pin_guess (merchant_id, subject, locked_until) values (p_merchant, p_subjects[i], p_at) on conflict do nothing;
    select * into v from pin_guess g where g.merchant_id = p_merchant and g.subject = p_subjects[i] for update;
    if v.locked_until > p_at then
      v_wait := greatest(v_wait, ceil(extract(epoch from v.locked_until - p_at))::int);
    end if;
  end loop;
  if v_wait = 0 then
    for i in 1 .. array_length(p_subjects, 1) loop
      update pin_guess g set wrong = g.wrong + 1, locked_until = case when g.wrong + 1 < p_free[i] then p_at
          else p_at + make_interval(secs => least(3600, p_lock_s[i] * 2 ^ least(12, g.wrong + 1 - p_free[i]))) end
        where g.merchant_id = p_merchant and g.subject = p_subjects[i]
        returning g.* into v;
      if i = 1 then v_guess := v.wrong; end if;
    end loop;
  end if;
  return query select v_wait, v_guess;
end $$;
