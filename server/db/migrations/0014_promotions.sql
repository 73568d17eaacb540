-- Promotions: what is offered, the codes that open it, and how often it was used. What a basket gets is computed in the
-- program (server/totals); here uses are counted, because only the database sees all who use at the same moment.
--
-- Locks: promotions by id, then codes, then uses; events after that. A use is counted on the row of its promotion, so all who
-- hold one promotion queue there until each other's commit, and counts per customer are exact behind that same lock.

create table promotion (
  merchant_id           text collate "C" not null references merchant,
  id                    text collate "C" not null check (id ~ '^prm_[0-9A-Z]{26}$'),
  name                  text        not null check (length(name) between 1 and 120),
  -- Kind and figures, and what must hold; their shapes are checked by the program.
  rule                  jsonb       not null check (rule ? 'kind' and length(rule::text) <= 8000),
  conditions            jsonb       not null check (length(conditions::text) <= 100000),
  priority              int         not null check (priority between 0 and 10000),
  is_exclusive          boolean     not null,
  stacks_with           text        not null check (stacks_with in ('all', 'none')),
  currency              text        check (currency ~ '^[A-Z]{3}$'),
  needs_code            boolean     not null,
  starts_at             timestamptz,
  ends_at               timestamptz check (ends_at > starts_at),
  max_uses              bigint      check (max_uses > 0),
  max_uses_per_customer int         check (max_uses_per_customer > 0),
  is_active             boolean     not null,
  -- Held and used, not released.
  uses                  bigint      not null default 0 check (uses >= 0 and uses <= max_uses),
  -- Codes made so far: the next one's seq is one more.
  code_count            bigint      not null default 0 check (code_count >= 0),
  version               int         not null check (version > 0),
  created_at            timestamptz not null,
  primary key (merchant_id, id)
);
-- What every basket is tried with.
create index promotion_automatic on promotion (merchant_id, priority, id) where is_active and not needs_code;

create table promotion_code (
  merchant_id  text collate "C" not null,
  -- As codeKey of server/totals writes it: NFC, a to z in capitals.
  code         text collate "C" not null check (length(code) between 3 and 64 and code !~ '[a-z[:space:][:cntrl:]]'),
  promotion_id text collate "C" not null,
  -- Counts the codes of one promotion, for paging.
  seq          bigint      not null check (seq > 0),
  -- 1: single use. Null: shared, as often as the promotion may be used.
  max_uses     bigint      check (max_uses > 0),
  uses         bigint      not null default 0 check (uses >= 0 and uses <= max_uses),
  created_at   timestamptz not null,
  primary key (merchant_id, code),
  unique (merchant_id, promotion_id, seq),
  foreign key (merchant_id, promotion_id) references promotion
);

-- One promotion on one order. Orders and customers are named, not referenced: a use may be written before its order is, and
-- it stays counted when a customer is forgotten.
create table promotion_use (
  merchant_id  text collate "C" not null,
  order_id     text collate "C" not null check (length(order_id) between 1 and 64),
  promotion_id text collate "C" not null,
  code         text collate "C",
  customer_id  text collate "C",
  amount       bigint      not null check (amount >= 0),
  state        text        not null check (state in ('held', 'used', 'released')),
  held_at      timestamptz not null,
  settled_at   timestamptz check ((state = 'held') = (settled_at is null)),
  primary key (merchant_id, order_id, promotion_id),
  foreign key (merchant_id, promotion_id) references promotion,
  foreign key (merchant_id, code) references promotion_code
);
create index promotion_use_by_customer on promotion_use (merchant_id, customer_id, promotion_id)
  where customer_id is not null and state <> 'released';

-- Holds the promotions of orders being placed. Rows: order_id, promotion_id, code, customer_id, amount, at. An order gets all of
-- its promotions or none; a row is answered for each order that gets none, with the promotion that is in the way: 'exhausted',
-- 'per_customer' (used too often by this customer, or nobody known) or 'code_used'. Rows held before are left as they are, in
-- whatever state, so a repeat changes nothing. All rows of one order must be in one call. A customer is a person: uses under all
-- profiles that were merged into one count together (0015).
create function promotion_hold(p_merchant text, p_rows json)
returns table (order_id text, promotion_id text, reason text)
language plpgsql as $$
#variable_conflict use_column
declare
  v_orders text[];
  v_refusals json;
begin
  perform 1 from promotion p where p.merchant_id = p_merchant
    and p.id in (select r.promotion_id from json_to_recordset(p_rows) r (promotion_id text))
    order by p.id for no key update;
  perform 1 from promotion_code c where c.merchant_id = p_merchant
    and c.code in (select r.code from json_to_recordset(p_rows) r (code text))
    order by c.code for no key update;

  -- Each row's place in the queue for its promotion, its customer and its code. If all places are within the limits, all of it
  -- fits; if not, some of those queueing may fit once others are refused, so the orders are then asked one by one.
  with wanted as (
    select distinct on (r.order_id, r.promotion_id) r.* from json_to_recordset(p_rows)
      r (order_id text, promotion_id text, code text, customer_id text, amount bigint, at timestamptz)
    where not exists (select from promotion_use u
      where u.merchant_id = p_merchant and u.order_id = r.order_id and u.promotion_id = r.promotion_id)
    order by r.order_id, r.promotion_id
  ), placed as (
    select w.*,
      row_number() over (partition by w.promotion_id order by w.order_id) as place,
      row_number() over (partition by w.promotion_id, w.person order by w.order_id) as customer_place,
      row_number() over (partition by w.code order by w.order_id, w.promotion_id) as code_place
    from (
      -- Whose profile it is today is looked up only where uses are counted per customer.
      select x.*, case when exists (select from promotion p where p.merchant_id = p_merchant and p.id = x.promotion_id
        and p.max_uses_per_customer is not null) then customer_now(p_merchant, x.customer_id) end as person
      from wanted x) w
  ), judged as (
    select l.order_id, l.promotion_id, case
      when p.id is null or p.uses + l.place > p.max_uses then 'exhausted'
      when l.code is not null and (c.code is null or c.uses + l.code_place > c.max_uses) then 'code_used'
      when p.max_uses_per_customer is not null and (l.person is null or l.customer_place + (
        select count(*) from promotion_use u where u.merchant_id = p_merchant and u.promotion_id = l.promotion_id
          and u.customer_id = any (customer_person(p_merchant, l.person)) and u.state <> 'released') > p.max_uses_per_customer) then 'per_customer'
      end as reason
    from placed l
    left join promotion p on p.merchant_id = p_merchant and p.id = l.promotion_id
    left join promotion_code c on c.merchant_id = p_merchant and c.code = l.code and c.promotion_id = l.promotion_id
  )
  select array(select distinct w.order_id from wanted w order by 1),
    (select json_agg(f) from (
      select distinct on (j.order_id) j.order_id, j.promotion_id, j.reason from judged j where j.reason is not null
      order by j.order_id, j.promotion_id) f)
    into v_orders, v_refusals;

  if v_refusals is not null and cardinality(v_orders) > 1 then
    return query select h.* from unnest(v_orders) o, lateral promotion_hold(p_merchant,
      (select json_agg(e) from json_array_elements(p_rows) e where e ->> 'order_id' = o)) h;
    return;
  end if;
  if v_refusals is not null then
    return query select f.* from json_to_recordset(v_refusals) f (order_id text, promotion_id text, reason text);
    return;
  end if;

  with held as (
    insert into promotion_use (merchant_id, order_id, promotion_id, code, customer_id, amount, state, held_at)
      select p_merchant, r.order_id, r.promotion_id, r.code, r.customer_id, r.amount, 'held', r.at
      from json_to_recordset(p_rows)
        r (order_id text, promotion_id text, code text, customer_id text, amount bigint, at timestamptz)
      on conflict do nothing
      returning promotion_use.promotion_id, promotion_use.code
  ), counted as (
    -- Judged above on locked rows; were it wrong, the CHECK on uses would undo it all.
    update promotion p set uses = p.uses + h.n
      from (select x.promotion_id, count(*) as n from held x group by 1) h
      where p.merchant_id = p_merchant and p.id = h.promotion_id
  )
  update promotion_code c set uses = c.uses + h.n
    from (select x.code, count(*) as n from held x where x.code is not null group by 1) h
    where c.merchant_id = p_merchant and c.code = h.code;
end $$;

-- Ends the holds of orders: 'used' makes held ones final, 'released' gives held and used ones back. What is released stays
-- so. Answers how many uses changed; a repeat changes none.
create function promotion_settle(p_merchant text, p_orders text[], p_state text, p_at timestamptz) returns bigint
language plpgsql as $$
declare
  v_changed bigint;
begin
  if p_state = 'released' then
    perform 1 from promotion p where p.merchant_id = p_merchant and p.id in (
      select u.promotion_id from promotion_use u where u.merchant_id = p_merchant and u.order_id = any (p_orders))
      order by p.id for no key update;
    perform 1 from promotion_code c where c.merchant_id = p_merchant and c.code in (
      select u.code from promotion_use u where u.merchant_id = p_merchant and u.order_id = any (p_orders))
      order by c.code for no key update;
  end if;
  perform 1 from promotion_use u where u.merchant_id = p_merchant and u.order_id = any (p_orders)
    order by u.order_id, u.promotion_id for no key update;

  with settled as (
    update promotion_use u set state = p_state, settled_at = p_at
      where u.merchant_id = p_merchant and u.order_id = any (p_orders)
        and (u.state = 'held' or (u.state = 'used' and p_state = 'released'))
      returning u.promotion_id, u.code
  ), given_back as (
    update promotion p set uses = p.uses - s.n
      from (select x.promotion_id, count(*) as n from settled x group by 1) s
      where p_state = 'released' and p.merchant_id = p_merchant and p.id = s.promotion_id
  ), codes_given_back as (
    update promotion_code c set uses = c.uses - s.n
      from (select x.code, count(*) as n from settled x where x.code is not null group by 1) s
      where p_state = 'released' and c.merchant_id = p_merchant and c.code = s.code
  )
  select count(*) into v_changed from settled;
  return v_changed;
end $$;
