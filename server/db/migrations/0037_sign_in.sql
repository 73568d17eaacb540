-- A customer signs in by themselves: with a code sent by mail, or with a passkey.

-- A code on its way to an address. Whoever asked for it has its id; both together open a session, once.
create table sign_in_code (
  merchant_id text collate "C" not null references merchant (merchant_id),
  id          text collate "C" not null,
  -- Forgotten with the row, a day after.
  email       text not null,
  -- Keyed hashes: what is counted is not readable.
  email_hash  text collate "C" not null,
  from_hash   text collate "C" not null,
  code_hash   text collate "C" not null,
  language    text not null,
  tries       int not null default 0 check (tries between 0 and 5),
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  used_at     timestamptz,
  primary key (merchant_id, id)
);
create index sign_in_code_by_email on sign_in_code (merchant_id, email_hash, created_at);
create index sign_in_code_by_place on sign_in_code (merchant_id, from_hash, created_at);
create index sign_in_code_by_age on sign_in_code (created_at);

-- A browser in which a customer is signed in.
create table customer_session (
  merchant_id text collate "C" not null,
  id          text collate "C" not null,
  customer_id text collate "C" not null,
  token_hash  text collate "C" not null,
  way         text not null check (way in ('code', 'passkey')),
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  ended_at    timestamptz,
  primary key (merchant_id, id),
  foreign key (merchant_id, customer_id) references customer
);
create unique index customer_session_by_token on customer_session (token_hash);
create index customer_session_by_customer on customer_session (customer_id, merchant_id) where ended_at is null;
create index customer_session_by_age on customer_session (expires_at);

-- A key pair whose private half is in a customer's device.
create table customer_passkey (
  merchant_id   text collate "C" not null,
  id            text collate "C" not null,
  customer_id   text collate "C" not null,
  -- The authenticator's name for it, base64url.
  credential_id text collate "C" not null check (length(credential_id) <= 1400),
  public_key    bytea not null,
  -- How often it says it was used; most passkeys always say 0.
  counter       bigint not null check (counter >= 0),
  transports    text[] not null default '{}',
  name          text not null,
  is_backed_up  boolean not null,
  created_at    timestamptz not null,
  last_used_at  timestamptz,
  primary key (merchant_id, id),
  foreign key (merchant_id, customer_id) references customer
);
create unique index customer_passkey_by_credential on customer_passkey (merchant_id, credential_id);
create index customer_passkey_by_customer on customer_passkey (customer_id, merchant_id);

-- A number that a passkey is to sign, once.
create table passkey_challenge (
  merchant_id text collate "C" not null references merchant (merchant_id),
  id          text collate "C" not null,
  -- Whose passkey is being made; null: somebody signs in.
  customer_id text collate "C",
  challenge   text not null,
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  used_at     timestamptz,
  primary key (merchant_id, id)
);
create index passkey_challenge_by_age on passkey_challenge (created_at);

-- Writes down a code, unless the address or the place has asked too often: then answers the seconds to wait. Who counts for one address
-- or place waits for others who do; addresses before places, so that no two wait for each other.
create function sign_in_begin(p_merchant text, p_code jsonb, p_limits jsonb) returns int
language plpgsql as $$
declare
  v sign_in_code := jsonb_populate_record(null::sign_in_code, p_code || jsonb_build_object('merchant_id', p_merchant, 'tries', 0));
  v_limit jsonb;
  v_nth timestamptz;
begin
  perform pg_advisory_xact_lock(hashtextextended('sign_in email ' || p_merchant || v.email_hash, 0));
  perform pg_advisory_xact_lock(hashtextextended('sign_in place ' || p_merchant || v.from_hash, 0));
  for v_limit in select * from jsonb_array_elements(p_limits) loop
    -- The oldest of the last `most`: with it the window is full.
    if v_limit ->> 'of' = 'email' then
      select created_at into v_nth from sign_in_code where merchant_id = p_merchant and email_hash = v.email_hash
        order by created_at desc offset (v_limit ->> 'most')::int - 1 limit 1;
    else
      select created_at into v_nth from sign_in_code where merchant_id = p_merchant and from_hash = v.from_hash
        order by created_at desc offset (v_limit ->> 'most')::int - 1 limit 1;
    end if;
    if v_nth is not null and v_nth + make_interval(secs => (v_limit ->> 'window_s')::int) > v.created_at then
      return ceil(extract(epoch from v_nth - v.created_at))::int + (v_limit ->> 'window_s')::int;
    end if;
  end loop;
  insert into sign_in_code select v.*;
  return 0;
end $$;
