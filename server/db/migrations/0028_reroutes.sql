-- Goods that were to be brought and do not come are looked for elsewhere at this time; null: nothing is to be looked for.
alter table fulfilment add column reroute_at timestamptz;
create index fulfilment_reroute_due on fulfilment (reroute_at, merchant_id) where reroute_at is not null;
