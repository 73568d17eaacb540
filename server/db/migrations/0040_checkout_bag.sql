-- A checkout page for a whole cart: who it is for and how they get it is asked there, and the order is placed when they pay.

alter table checkout_session add column cart_id text;
-- A cart whose codes make it free is an order without a payment.
alter table checkout_session drop constraint checkout_session_amount_check;
alter table checkout_session add constraint checkout_session_amount_check
  check (amount between 0 and 999999999999 and (amount > 0 or cart_id is not null));
create index checkout_session_by_cart on checkout_session (merchant_id, cart_id) where cart_id is not null;

-- What was typed on the page until the order has it. The cart itself says what is bought and what it comes to.
create table checkout_bag (
  merchant_id       text not null references merchant (merchant_id),
  session_id        text not null,
  cart_id           text not null,
  -- As the merchant gave them; null: the shipping articles of the catalogue.
  delivery_options  jsonb check (octet_length(delivery_options::text) <= 16384),
  typed             jsonb not null default '{}' check (octet_length(typed::text) <= 16384),
  -- They have pressed on to paying; whether everything is there is worked out at each look.
  is_sent           boolean not null default false,
  updated_at        timestamptz not null,
  primary key (merchant_id, session_id),
  foreign key (merchant_id, session_id) references checkout_session (merchant_id, id)
);

-- The ways of delivery stand among many articles and are asked for at every look.
create index product_shipping on product (merchant_id, id) where kind = 'shipping';
