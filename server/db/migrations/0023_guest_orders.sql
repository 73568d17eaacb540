-- Orders of guests are given to the customer who proves to own their e-mail address.

-- When a guest's order was given to its customer; null for an order that had one from the start, or has none.
alter table sales_order add column customer_attached_at timestamptz;

-- Orders without a customer by their address, spelled as customers spell addresses; an order leaves it once it has a customer.
create index sales_order_of_guests on sales_order (lower(normalize(email, NFC)), merchant_id, id)
  where customer_id is null and email is not null;
