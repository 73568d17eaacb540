-- The catalogue: what is sold, under which codes it is scanned, what it costs where and for whom, and what it cost before.
--
-- A variant is what is priced, stocked and sold; a product is what customers see as one thing. Prices are minor units times
-- 10^4 (unit_price_e4), so that a gram or a net price can be priced exactly.

create table product (
  merchant_id   text collate "C" not null,
  id            text collate "C" not null check (id ~ '^prd_[0-9A-Z]{26}$'),
  -- The merchant's own number; imports find the product by it.
  reference     text collate "C" check (length(reference) between 1 and 120),
  name          text        not null check (length(name) between 1 and 200),
  description   text        check (length(description) between 1 and 4000),
  brand         text        check (length(brand) between 1 and 120),
  image_url     text        check (length(image_url) between 1 and 500),
  state         text        not null check (state in ('draft', 'active', 'archived')),
  kind          text        not null check (kind in ('goods', 'gift_card', 'shipping', 'fee', 'deposit')),
  -- A word of the tax rules, not a rate: rates belong to countries and days.
  tax_category  text        not null check (length(tax_category) between 1 and 40),
  categories    text[]      not null default '{}' check (cardinality(categories) <= 20),
  -- The base unit that quantities count.
  unit          text        not null check (unit in ('piece', 'gram', 'millilitre', 'centimetre')),
  is_returnable boolean     not null,
  version       int         not null check (version > 0),
  created_at    timestamptz not null,
  primary key (merchant_id, id),
  unique (merchant_id, reference)
);
create index product_by_category on product using gin (categories);

create table variant (
  merchant_id   text collate "C" not null,
  id            text collate "C" not null check (id ~ '^var_[0-9A-Z]{26}$'),
  product_id    text collate "C" not null,
  -- Its place among its siblings.
  position      int         not null,
  sku           text collate "C" check (length(sku) between 1 and 80),
  -- The SKU as people type it: letters and digits only, small. Searched by its beginning.
  sku_key       text collate "C",
  -- What tells it from its siblings: {"Size": "M"}. Not jsonb, which would forget the order.
  options       json        not null default '{}' check (json_typeof(options) = 'object'),
  track         text        not null check (track in ('quantity', 'none')),
  weight_grams  int         check (weight_grams between 0 and 10000000),
  is_active     boolean     not null,
  -- For sale: active, and its product too. Kept here because a search must not look at the product of every variant it passes.
  is_shown      boolean     not null,
  -- What it costs us; never shown to publishable keys.
  cost_e4       bigint      check (cost_e4 between 0 and 9999999999990000),
  cost_currency text        check (cost_currency ~ '^[A-Z]{3}$'),
  -- Hashes of merchant and word of its names, see server/catalog/words.ts.
  words         bigint[]    not null default '{}',
  version       int         not null check (version > 0),
  created_at    timestamptz not null,
  primary key (merchant_id, id),
  unique (merchant_id, sku),
  foreign key (merchant_id, product_id) references product (merchant_id, id),
  check ((cost_e4 is null) = (cost_currency is null))
);
create index variant_by_product on variant (product_id, merchant_id, id);
-- The beginning of a SKU is a range, which only an index that has the merchant first keeps to one merchant.
create index variant_by_sku_key on variant (merchant_id, sku_key, id);
-- The hash holds the merchant, so that one merchant's search never walks another's variants. Without the list of pending
-- entries: every search would have to read all of it.
create index variant_by_word on variant using gin (words) with (fastupdate = off);

-- Every word of a merchant's names with the number of variants that have it: what a search looks a typed word up in.
-- `forms` are hashes of merchant and the word with one letter left out, by which a word with a typing error is found.
create table catalog_word (
  merchant_id text collate "C" not null,
  word        text collate "C" not null,
  forms       bigint[] not null,
  variants    int not null check (variants >= 0),
  primary key (merchant_id, word)
);
create index catalog_word_by_form on catalog_word using gin (forms) with (fastupdate = off);

-- Words that are, begin with, or resemble typed ones: `n` is the place of the typed word. Planned without sequential scans, and
-- without the primary key where it could not serve: however old the statistics are, the look-ups stay look-ups.
create function catalog_words(p_merchant text, p_words text[], p_forms text[], p_read int, p_keep int)
returns table (n int, word text, variants int)
language sql stable set enable_seqscan = off as $$
  select (t.n - 1)::int, c.word, c.variants
  from unnest(p_words) with ordinality t (word, n)
  cross join lateral (
    select x.word, x.variants from (
      select w.word, w.variants from catalog_word w
      where w.merchant_id = p_merchant and w.word >= t.word and w.word < t.word || U&'\+10FFFF' and w.variants > 0
      order by w.word limit p_read) x
    order by x.word = t.word desc, x.variants desc, x.word limit p_keep) c
  union
  select (f.n - 1)::int, c.word, c.variants
  from unnest(p_forms) with ordinality f (forms, n)
  cross join lateral (
    select w.word, w.variants from catalog_word w
    where (w.merchant_id = p_merchant) is true and w.forms && f.forms::bigint[] and w.variants > 0 limit p_keep) c
$$;

-- Variants that have a word of each set, in no order.
create function catalog_by_words(p_merchant text, p_sets text[], p_all boolean, p_limit int) returns setof text
language plpgsql stable set enable_seqscan = off as $$
begin
  return query execute 'select v.id from variant v where (v.merchant_id = $1) is true and (v.is_shown or $2) and '
    || (select string_agg(format('v.words && %L::bigint[]', s), ' and ') from unnest(p_sets) s) || ' limit $3'
    using p_merchant, p_all, p_limit;
end $$;

create table variant_barcode (
  merchant_id text collate "C" not null,
  -- What is compared: the 14 digits of a GTIN, so that UPC-A and EAN-13 of one article meet; other codes as they stand.
  key         text collate "C" not null check (length(key) between 1 and 120),
  code        text collate "C" not null check (length(code) between 1 and 120),
  form        text   not null check (form in ('ean13', 'ean8', 'upca', 'gtin14', 'other')),
  variant_id  text collate "C" not null,
  -- Base units in what carries the code: 6 for a box of six.
  quantity    bigint not null check (quantity between 1 and 1000000),
  position    int    not null,
  primary key (merchant_id, key),
  foreign key (merchant_id, variant_id) references variant (merchant_id, id)
);
create index variant_barcode_by_variant on variant_barcode (variant_id, merchant_id, position);

-- A kit is a variant with components; its stock is theirs.
create table variant_component (
  merchant_id  text collate "C" not null,
  variant_id   text collate "C" not null,
  component_id text collate "C" not null check (component_id <> variant_id),
  quantity     bigint not null check (quantity between 1 and 1000000),
  position     int    not null,
  primary key (merchant_id, variant_id, component_id),
  foreign key (merchant_id, variant_id) references variant (merchant_id, id),
  foreign key (merchant_id, component_id) references variant (merchant_id, id)
);
create index variant_component_by_component on variant_component (component_id, merchant_id);

-- Prices that hold for a channel, a store, a group of customers, or for a time. What has begun is not changed, because past
-- prices are read from it; a list is ended by its valid_to.
create table price_list (
  merchant_id    text collate "C" not null,
  id             text collate "C" not null check (id ~ '^prl_[0-9A-Z]{26}$'),
  name           text        not null check (length(name) between 1 and 120),
  currency       text        not null check (currency ~ '^[A-Z]{3}$'),
  tax_included   boolean     not null,
  channel        text        check (channel in
    ('web', 'app', 'pos', 'link', 'invoice', 'phone', 'chat', 'social', 'subscription', 'kiosk', 'iot')),
  store_id       text collate "C",
  customer_group text        check (length(customer_group) between 1 and 60),
  valid_from     timestamptz not null,
  valid_to       timestamptz check (valid_to >= valid_from),
  -- Among lists of the same rank the lower is asked first.
  priority       int         not null check (priority between 1 and 1000),
  -- Its prices also undercut lists of a higher rank, and never raise a price.
  lowest_wins    boolean     not null,
  version        int         not null check (version > 0),
  created_at     timestamptz not null,
  primary key (merchant_id, id)
);

create table price (
  merchant_id   text collate "C" not null,
  variant_id    text collate "C" not null,
  -- Empty for the base price.
  price_list_id text collate "C" not null,
  currency      text        not null check (currency ~ '^[A-Z]{3}$'),
  -- Holds from this many base units on.
  min_qty       bigint      not null check (min_qty between 1 and 1000000000),
  unit_price_e4 bigint      not null check (unit_price_e4 between 0 and 9999999999990000),
  tax_included  boolean     not null,
  primary key (merchant_id, variant_id, price_list_id, currency, min_qty),
  foreign key (merchant_id, variant_id) references variant (merchant_id, id)
);
create index price_by_list on price (price_list_id, merchant_id, variant_id, min_qty);

-- Every price there ever was, from when; null from when there was none. Append-only.
create table price_history (
  merchant_id   text collate "C" not null,
  variant_id    text collate "C" not null,
  currency      text        not null,
  at            timestamptz not null,
  price_list_id text collate "C" not null,
  min_qty       bigint      not null,
  unit_price_e4 bigint,
  tax_included  boolean     not null,
  primary key (merchant_id, variant_id, currency, at, price_list_id, min_qty)
);

create trigger price_history_append_only before update or delete or truncate on price_history
  for each statement execute function refuse_change();

-- How codes that begin with 20 to 29, or 02, hold a price or a weight: each country and each merchant has its own way.
create table barcode_rule (
  merchant_id  text collate "C" not null,
  prefix       text collate "C" not null check (prefix ~ '^(0?2)\d{0,5}$'),
  -- What the digits of the value are.
  kind         text   not null check (kind in ('price', 'weight', 'quantity')),
  item_digits  int    not null check (item_digits between 1 and 10),
  value_digits int    not null check (value_digits between 1 and 8),
  -- Decimals of the value: of the currency's major unit, or of a kilogram.
  decimals     int    not null check (decimals between 0 and 4),
  has_inner_check boolean not null,
  primary key (merchant_id, prefix)
);

-- A file on its way into the catalogue: taken whole, then carried out in batches, each in one transaction with its report.
create table catalog_import (
  merchant_id  text collate "C" not null,
  id           text collate "C" not null check (id ~ '^imp_[0-9A-Z]{26}$'),
  state        text        not null check (state in ('pending', 'done')),
  rows         int         not null check (rows >= 0),
  -- The last row that was carried out: kits come in the second turn, when their components are there.
  last_turn    int         not null,
  last_row     int         not null,
  imported     int         not null default 0,
  changed      int         not null default 0,
  unchanged    int         not null default 0,
  refused      int         not null default 0,
  -- How the file writes 49.95.
  decimal      text        not null check (decimal in ('point', 'comma')),
  version      int         not null check (version > 0),
  created_at   timestamptz not null,
  finished_at  timestamptz,
  primary key (merchant_id, id)
);
create index catalog_import_pending on catalog_import (id) where state = 'pending';

-- The rows of a file that wait, and those that were refused.
create table catalog_import_row (
  merchant_id text collate "C" not null,
  import_id   text collate "C" not null,
  -- The line of the file, the header being 1.
  row         int   not null,
  turn        int   not null check (turn in (1, 2)),
  cells       jsonb,
  field       text,
  detail      text,
  primary key (merchant_id, import_id, row),
  foreign key (merchant_id, import_id) references catalog_import (merchant_id, id),
  check ((cells is null) = (detail is not null))
);
create index catalog_import_row_waiting on catalog_import_row (import_id, merchant_id, turn, row) where cells is not null;
