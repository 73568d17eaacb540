-- Searching in two calls. Every look-up reads a bounded number of rows, whatever the size of the catalogue, and is planned once
-- per connection: making the plan cost more than the look-up.

-- What a word on very many variants is looked up in: the variants whose id ends in 0, one of 32, or in 00, one of 1,024. The end of
-- an id is random, so this is a fair sample.
create index variant_word_sample on variant using gin (words) with (fastupdate = off) where right(id, 1) = '0';
create index variant_word_small_sample on variant using gin (words) with (fastupdate = off) where right(id, 2) = '00';

-- The words of its names as they are compared, with a space between, so that what was found is weighed without a look at products.
alter table variant add column find_text text collate "C" not null default '';
-- The next change of a variant writes it as the program does, which knows more letters.
update variant v set find_text = btrim(regexp_replace(lower(regexp_replace(
    normalize(concat_ws(' ', p.name, (select string_agg(o.value, ' ') from json_each_text(v.options) o), p.brand), NFKD),
    '[\u0300-\u036f]', '', 'g')), '[^[:alnum:]]+', ' ', 'g'))
  from product p where p.merchant_id = v.merchant_id and p.id = v.product_id;

drop function catalog_words(text, text[], text[], int, int);
drop function catalog_by_words(text, text[], boolean, int);

-- Words that are, begin with, or resemble typed ones: `n` is the place of the typed word. Planned without sequential scans, and
-- without the primary key where it could not serve: however old the statistics are, the look-ups stay look-ups.
create function catalog_words(p_merchant text, p_words text[], p_forms text[], p_read int, p_keep int)
returns table (n int, word text, variants int)
language plpgsql stable set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
  for i in 1 .. cardinality(p_words) loop
    n := i - 1;
    for word, variants in
      select x.word, x.variants from (
        select w.word, w.variants from catalog_word w
        where w.merchant_id = p_merchant and w.word >= p_words[i] and w.word < p_words[i] || U&'\+10FFFF' and w.variants > 0
        order by w.word limit p_read) x
      order by x.word = p_words[i] desc, x.variants desc, x.word limit p_keep
    loop
      return next;
    end loop;
    continue when p_forms[i] = '{}';
    for word, variants in
      select w.word, w.variants from catalog_word w
      where (w.merchant_id = p_merchant) is true and w.forms && p_forms[i]::bigint[] and w.variants > 0
        and not starts_with(w.word, p_words[i]) limit p_keep
    loop
      return next;
    end loop;
  end loop;
end $$;

-- Variants whose SKU or barcode is, or begins with, what was typed; none where `p_sku_key` is null. Walks past at most 200 that are
-- not shown.
create function catalog_codes(p_merchant text, p_sku text, p_sku_key text, p_codes text[], p_all boolean, p_limit int)
returns table (variant_id text, find_text text, is_exact boolean)
language plpgsql stable
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
begin
  if p_sku_key is null then return; end if;
  return query
    select v.id, v.find_text, true from variant v
    where v.merchant_id = p_merchant and v.sku = p_sku and (p_all or v.is_shown);
  return query
    select x.id, x.find_text, x.sku_key = p_sku_key from (
      select v.id, v.find_text, v.sku_key, v.is_shown from variant v
      where v.merchant_id = p_merchant and v.sku_key >= p_sku_key and v.sku_key < p_sku_key || U&'\+10FFFF'
      order by v.sku_key, v.id limit 200 + p_limit) x
    where p_all or x.is_shown limit p_limit;
  return query
    select b.* from unnest(p_codes) c (key)
    cross join lateral (
      select v.id, v.find_text, x.key = c.key from (
        select y.variant_id, y.key from variant_barcode y
        where y.merchant_id = p_merchant and y.key >= c.key and y.key < c.key || U&'\+10FFFF'
        order by y.key limit 200 + p_limit) x
      join variant v on v.merchant_id = p_merchant and v.id = x.variant_id
      where p_all or v.is_shown limit p_limit) b;
end $$;

-- Variants that have a word of each set, in no order, some of them twice. A try is sets of hashes, `{1,2} {3}`; tries are made in
-- turn until one finds `p_wanted`. With `*` before it a try looks at one variant of 32, with `**` at one of 1,024; with `?` it is
-- made only when the others found nothing.
create function catalog_by_words(p_merchant text, p_tries text[], p_all boolean, p_wanted int, p_limit int)
returns table (variant_id text, find_text text)
language plpgsql stable set enable_seqscan = off as $$
declare
  try text;
  now_found int;
  is_found boolean := false;
begin
  foreach try in array p_tries loop
    continue when try like '?%' and is_found;
    -- Planned with the hashes in sight, so that the rarest word leads.
    return query execute
      'select v.id, v.find_text from variant v where (v.merchant_id = $1) is true and (v.is_shown or $2)'
      || case substring(try from '[*]+')
           when '*' then $q$ and right(v.id, 1) = '0'$q$ when '**' then $q$ and right(v.id, 2) = '00'$q$ else '' end
      || (select string_agg(format(' and v.words && %L::bigint[]', s), '') from string_to_table(ltrim(try, '?*'), ' ') s)
      || ' limit $3'
      using p_merchant, p_all, p_limit;
    get diagnostics now_found = row_count;
    is_found := is_found or now_found > 0;
    exit when now_found >= p_wanted;
  end loop;
end $$;
