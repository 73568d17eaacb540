-- Customers and orders found by what somebody says at a counter: a name, a part of it, a telephone number. An index of words that is worked
-- out from the row itself, so whoever is forgotten is forgotten here at once. Two letters of a hash of the merchant stand before each
-- word: the index of many merchants is walked for one.

-- Without accents and in small letters, the same whatever the collation of the database. Letters that Unicode does not take apart by hand.
create function person_fold(said text) returns text
language sql immutable parallel safe strict as $$
  select replace(replace(replace(lower(translate(
    regexp_replace(normalize(said, NFKD), '[\u0300-\u036f]', '', 'g'), 'ŁłØøĐđÐðıÆŒ', 'LlOoDdDdiæœ') collate "C"), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe')
$$;

-- The words of a name and of the part of an address before its @, and a telephone number by its last nine digits, which are the same with
-- and without the country's code. Its body is read when it is made, so that it means the same under every search path: indexes are built
-- under none.
create function person_words(merchant text, name text, email text, phone text) returns tsvector
language sql immutable parallel safe
return (
  select array_to_tsvector(coalesce(array_agg(left(md5(merchant), 8) || '/' || words.word), '{}')) from (
    select left(word, 40) as word
    from regexp_split_to_table(person_fold(coalesce(name, '') || ' ' || coalesce(split_part(email, '@', 1), '')), '[^a-z0-9\u0080-\uffff]+') word
    where word <> ''
    union
    select 'tel' || right(regexp_replace(phone, '\D', '', 'g'), 9) where length(regexp_replace(phone, '\D', '', 'g')) >= 6
  ) words
);

-- What is looked for: every word of it, each as the beginning of one. Null where nothing is said that could be found.
create function person_query(merchant text, said text) returns tsquery
language sql immutable parallel safe
return (
  select string_agg(quote_literal(left(md5(merchant), 8) || '/' || words.word) || ':*', ' & ')::tsquery from (
    select 'tel' || right(regexp_replace(said, '\D', '', 'g'), 9) as word where said ~ '^\+?[0-9 ()./-]{6,}$'
    union all
    select left(word, 40) from regexp_split_to_table(person_fold(said), '[^a-z0-9\u0080-\uffff]+') word
    where word <> '' and said !~ '^\+?[0-9 ()./-]{6,}$'
  ) words
);

create index customer_by_words on customer using gin (person_words(merchant_id, name, email, phone))
  where merged_into is null and coalesce(name, email, phone) is not null;

-- Of those who have no profile: the name on the parcel, or their address. Sales at a till have neither and cost nothing here.
create index sales_order_by_words on sales_order
  using gin (person_words(merchant_id, shipping_address ->> 'name', email, shipping_address ->> 'phone'))
  where email is not null or shipping_address is not null;

-- What waits at a counter to be collected, wherever its goods come from.
create index fulfilment_at_counter on fulfilment (merchant_id, (coalesce(destination_store_id, store_id)), id)
  where ended_at is null and mode in ('collect', 'ship_to_store');
