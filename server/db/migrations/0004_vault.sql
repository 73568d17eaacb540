-- The vault: wrapped keys, sealed cards, single-use tokens, saved instruments. Owner: server/vault.
-- What must never appear here: a card number in clear, and a CVC in any form. A CVC has no column, so it cannot be kept.

-- Keys of one merchant, each wrapped by the master key that lives outside the database. `data` keys seal (and rotate);
-- the one `fingerprint` key never rotates, because a new one would make known cards strangers.
create table vault_key (
  merchant_id    text collate "C" not null references merchant,
  purpose        text not null check (purpose in ('data', 'fingerprint')),
  version        int not null check (version > 0),
  master_version int not null check (master_version > 0),
  wrapped_key    bytea not null,
  created_at     timestamptz not null,
  primary key (merchant_id, purpose, version),
  check (purpose = 'data' or version = 1)
);

-- Serves the re-wrapping after a new master key: finds what is still wrapped by an older one.
create index vault_key_by_master on vault_key (master_version);

-- One row per card and expiry date of a merchant: a card tokenised again, in any channel, finds its row.
-- The bin is 8 digits for numbers of 16 and more, else 6, so that with last4 enough digits stay hidden.
create table vault_card (
  merchant_id text collate "C" not null references merchant,
  id          text collate "C" not null check (id ~ '^crd_[0-9A-Z]{26}$'),
  fingerprint text collate "C" not null,
  ciphertext  bytea not null,
  key_version int not null,
  brand       text not null,
  bin         text not null check (bin ~ '^([0-9]{6}|[0-9]{8})$'),
  last4       text not null check (last4 ~ '^[0-9]{4}$'),
  exp_month   int not null check (exp_month between 1 and 12),
  exp_year    int not null check (exp_year between 2000 and 2099),
  created_at  timestamptz not null,
  primary key (merchant_id, id),
  unique (merchant_id, fingerprint, exp_month, exp_year)
);

-- Serves re-sealing after a new data key: cards of a merchant under older versions, oldest first.
create index vault_card_by_key on vault_card (merchant_id, key_version, id);

-- A token stands for a card once. `used_by_operation` is the operation that paid with it; saving it as an instrument uses
-- it up too and leaves the instrument's id there.
-- The fill factor leaves room for the one update each row gets, so that the index is not touched by it.
create table token (
  merchant_id       text collate "C" not null,
  id                text collate "C" not null check (id ~ '^tok_[0-9A-Z]{26}$'),
  card_id           text collate "C" not null,
  created_at        timestamptz not null,
  expires_at        timestamptz not null,
  used_by_operation text collate "C",
  primary key (merchant_id, id),
  foreign key (merchant_id, card_id) references vault_card (merchant_id, id),
  check (expires_at > created_at)
) with (fillfactor = 60);

-- A card kept for later: by a customer (any later payment), or for one order (its deliveries, its instalments).
-- `network_reference` is the scheme's reference of the first customer-initiated charge; later merchant-initiated
-- charges carry it. order_id is opaque here: orders belong to a module above.
create table instrument (
  merchant_id       text collate "C" not null,
  id                text collate "C" not null check (id ~ '^ins_[0-9A-Z]{26}$'),
  card_id           text collate "C" not null,
  customer_id       text collate "C",
  order_id          text collate "C",
  network_reference text,
  created_at        timestamptz not null,
  revoked_at        timestamptz,
  primary key (merchant_id, id),
  foreign key (merchant_id, card_id) references vault_card (merchant_id, id),
  foreign key (merchant_id, customer_id) references customer (merchant_id, id),
  check (num_nonnulls(customer_id, order_id) = 1)
);

-- Serves the list of a customer's cards, newest first (ids sort by time).
create index instrument_by_customer on instrument (merchant_id, customer_id, id) where revoked_at is null;

-- Keeps cards and makes a token for each row: {n, token_id, card_id, fingerprint, ciphertext (base64), key_version, brand,
-- bin, last4, exp_month, exp_year, at, expires_at}. card_id is what the ciphertext is bound to; when the merchant has the
-- card already, its older row stands and the new sealing is dropped. Answers {n, card_id}, with the card that stands.
-- Two statements, so that the second sees a card that a rival committed while the first waited for it. Cards are inserted
-- in one order everywhere, so that two batches cannot wait for each other.
create function vault_tokenise(p_merchant text, p_rows json) returns table (n int, card_id text)
language plpgsql as $$
begin
  insert into vault_card
    (merchant_id, id, fingerprint, ciphertext, key_version, brand, bin, last4, exp_month, exp_year, created_at)
  select p_merchant, r.card_id, r.fingerprint, decode(r.ciphertext, 'base64'), r.key_version, r.brand, r.bin, r.last4,
    r.exp_month, r.exp_year, r.at
  from json_to_recordset(p_rows) as r(card_id text, fingerprint text, ciphertext text, key_version int, brand text,
    bin text, last4 text, exp_month int, exp_year int, at timestamptz)
  order by r.fingerprint collate "C", r.exp_year, r.exp_month
  on conflict (merchant_id, fingerprint, exp_month, exp_year) do nothing;

  return query
  with made as (
    insert into token (merchant_id, id, card_id, created_at, expires_at)
    select p_merchant, r.token_id, c.id, r.at, r.expires_at
    from json_to_recordset(p_rows) as r(token_id text, fingerprint text, exp_month int, exp_year int, at timestamptz,
      expires_at timestamptz)
    join vault_card c on c.merchant_id = p_merchant and c.fingerprint = r.fingerprint
      and c.exp_month = r.exp_month and c.exp_year = r.exp_year
    returning token.id, token.card_id
  )
  select r.n, m.card_id
  from json_to_recordset(p_rows) as r(n int, token_id text)
  join made m on m.id = r.token_id;
end $$;

-- Marks each token as used by the operation at the same array place, and returns the (token, operation) pairs that were
-- REFUSED: token unknown, expired at p_at, used by something else, or given twice in this call (the earlier place wins).
-- A token already used by the same operation is accepted again, so that a crashed request can resume.
-- Pairs, not tokens, because a caller's own statement cannot see this function's update and so could not tell which of
-- two rows with one token has won. Use: where (r.token_id, r.operation_id) in (select * from vault_use_tokens(…)).
-- One guarded UPDATE: a rival in another transaction waits on the row and then sees it used. Rows are taken in token
-- order as a rule; a plan that does otherwise can at worst deadlock with a rival batch, which the lane retries.
create function vault_use_tokens(p_merchant text, p_token_ids text[], p_operation_ids text[], p_at timestamptz)
returns table (refused_token_id text, refused_operation_id text)
language plpgsql as $$
begin
  return query
  with given as (
    select w.token_id, w.operation_id, w.place
    from unnest(p_token_ids, p_operation_ids) with ordinality as w(token_id, operation_id, place)
  ), first_given as (
    select distinct on (g.token_id) g.token_id, g.operation_id
    from given g
    order by g.token_id, g.place
  ), used as (
    update token t
    set used_by_operation = f.operation_id
    from first_given f
    where t.merchant_id = p_merchant
      and t.id = f.token_id
      and (t.used_by_operation = f.operation_id or (t.used_by_operation is null and t.expires_at > p_at))
    returning t.id, t.used_by_operation
  )
  select g.token_id, g.operation_id
  from given g
  where not exists (select from used u where u.id = g.token_id and u.used_by_operation = g.operation_id);
end $$;

-- Saves instruments: rows {instrument_id, card_id, customer_id, order_id, network_reference, at}, exactly one of
-- customer_id and order_id. A row whose id exists already is left as it is, so that a repeat changes nothing.
create function vault_save_instruments(p_merchant text, p_rows json) returns void
language sql as $$
  insert into instrument (merchant_id, id, card_id, customer_id, order_id, network_reference, created_at)
  select p_merchant, r.instrument_id, r.card_id, r.customer_id, r.order_id, r.network_reference, r.at
  from json_to_recordset(p_rows) as r(
    instrument_id text, card_id text, customer_id text, order_id text, network_reference text, at timestamptz)
  on conflict do nothing;
$$;

-- The vault knows customers only through its foreign key; this makes that knowledge askable (an unknown customer's list
-- of instruments is 404, not empty).
create function vault_has_customer(p_merchant text, p_customer text) returns boolean
language sql stable as $$
  select exists (select from customer c where c.merchant_id = p_merchant and c.id = p_customer);
$$;
