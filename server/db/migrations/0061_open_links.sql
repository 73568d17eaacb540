-- Links that may still be paid, newest first: those that a counter looks at, among all that were ever paid.
create index payment_link_open on payment_link (merchant_id, id desc) where state <> 'canceled' and (max_uses is null or uses < max_uses);
