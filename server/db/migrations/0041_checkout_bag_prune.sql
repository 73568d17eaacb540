-- What was typed on pages that nobody finished is forgotten, and found by how old it is.

create index checkout_bag_by_age on checkout_bag (updated_at) where typed <> '{}';
