-- Customers by the beginning of their whole name, so that whoever says three letters to a hundred thousand customers gets the first of
-- those names and not any of them; and the receipt printers of registers, which hang on the shop's own network.

create index customer_by_name on customer (merchant_id, (left(person_fold(name), 80) collate "C"), id)
  where merged_into is null and name is not null;

-- Where the server sends what a register prints. The address is checked again at every print: a name may mean another one meanwhile.
create table receipt_printer (
  merchant_id text collate "C" not null,
  register_id text collate "C" not null,
  host        text        not null check (length(host) between 1 and 253),
  port        int         not null check (port between 9100 and 9199),
  updated_at  timestamptz not null,
  primary key (merchant_id, register_id),
  foreign key (merchant_id, register_id) references register (merchant_id, id)
);
