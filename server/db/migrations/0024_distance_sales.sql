-- Whose VAT parcels to consumers in other member states bear. `origin` is open to small sellers only (Directive 2006/112 art. 59c).
alter table merchant add column distance_sales text not null default 'destination'
  check (distance_sales in ('destination', 'origin'));
