// What the routes of orders take and answer.

import Type, { type Static } from 'typebox'
import { MAX_LINES } from '../carts/index.ts'
import {
  AmountOrZero,
  Channel,
  Currency,
  closed,
  Email,
  Id,
  line,
  Metadata,
  Nullable,
  PostalAddress,
  Timestamp,
} from '../http/schema.ts'
import { FULFILMENT_STATUSES, PAYMENT_STATUSES, RETURN_STATUSES } from './figures.ts'
import { CHARGE_MODES, GROUP_MODES, ORDER_STATES } from './order.ts'
import { TASK_KINDS } from './refund-store.ts'

/** As in carts: a million pieces, or a tonne in grams. */
const Quantity = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Whole base units, for example pieces.' })

export const NewOrder = Type.Object(
  {
    cart_id: Id('crt'),
    cart_version: Type.Optional(Type.Integer({ minimum: 1, description: 'Refused when the cart is another by now.' })),
    expected_total: Type.Optional({
      ...AmountOrZero,
      description: 'What the customer agreed to; else 409 price-changed.',
    }),
    charge: Type.Optional(
      Type.Enum([...CHARGE_MODES], {
        default: 'now',
        description:
          '`on_shipment`: authorised now, captured per parcel. `on_collection`: the card is kept for this order and charged when it is collected.',
      }),
    ),
    token: Type.Optional(Id('tok')),
    instrument_id: Type.Optional(Id('ins')),
    email: Type.Optional(Email),
    customer_id: Type.Optional(Id('cus')),
    shipping_address: Type.Optional(
      Type.Object(PostalAddress.properties, {
        ...closed,
        description: 'Where prices and tax are those the cart showed; another one belongs to the cart first, else 422.',
      }),
    ),
    billing_address: Type.Optional(PostalAddress),
    reference: Type.Optional(line(120, 'Your own number for it.')),
    metadata: Type.Optional(Metadata),
  },
  closed,
)
export type NewOrder = Static<typeof NewOrder>

const LineUnits = Type.Object({ line_id: Id('oln'), quantity: Quantity }, closed)
const Reason = line(200, 'Kept with the order and told in its event.')

export const CancelInput = Type.Object(
  {
    reason: Reason,
    lines: Type.Optional(
      Type.Array(LineUnits, {
        minItems: 1,
        maxItems: MAX_LINES,
        description: 'Without it, all that is open. Gift cards sent by mail are cancelled when named and unused.',
      }),
    ),
  },
  closed,
)
export type CancelInput = Static<typeof CancelInput>

const AddedFulfilment = Type.Object(
  {
    mode: Type.Enum([...GROUP_MODES], { description: 'How the line is handed over.' }),
    store_id: Type.Optional(Id('sto')),
    address: Type.Optional({ ...PostalAddress, description: 'Of what is shipped. Without it, that of the order.' }),
  },
  { ...closed, description: 'Without it: as the rest of the order, where that goes one way; else 422.' },
)

export const ChangeInput = Type.Object(
  {
    reason: Type.Optional(Reason),
    add: Type.Optional(
      Type.Array(
        Type.Object({ variant_id: Id('var'), quantity: Quantity, fulfilment: Type.Optional(AddedFulfilment) }, closed),
        { minItems: 1, maxItems: MAX_LINES },
      ),
    ),
    remove: Type.Optional(Type.Array(Id('oln'), { minItems: 1, maxItems: MAX_LINES })),
    quantities: Type.Optional(
      Type.Array(LineUnits, {
        minItems: 1,
        maxItems: MAX_LINES,
        description: 'What a line is to come to. More than was ordered becomes a further line at the same unit price.',
      }),
    ),
  },
  { ...closed, minProperties: 1 },
)
export type ChangeInput = Static<typeof ChangeInput>

const Sums = {
  list: AmountOrZero,
  discount: AmountOrZero,
  net: AmountOrZero,
  tax: AmountOrZero,
  total: AmountOrZero,
}
const Count = Type.Integer({ minimum: 0 })

const OrderLineView = Type.Object(
  {
    id: Id('oln'),
    object: Type.Literal('order_line'),
    variant_id: Nullable(Type.String()),
    product_id: Nullable(Type.String()),
    sku: Nullable(Type.String()),
    name: Type.String(),
    kind: Type.String(),
    unit: Type.String(),
    quantity: Count,
    quantity_cancelled: Count,
    quantity_fulfilled: Count,
    quantity_open: Count,
    quantity_return_requested: Count,
    quantity_returned: Count,
    unit_price: Type.String(),
    ...Sums,
    tax_code: Type.String(),
    tax_rate_bp: Type.Integer(),
    adjustments: Type.Array(Type.Object({ source: Type.String(), label: Type.String(), amount: AmountOrZero })),
    is_returnable: Type.Boolean(),
    metadata: Type.Record(Type.String(), Type.String()),
  },
  { description: 'Amounts are those of the units that were not cancelled.' },
)

const Basket = {
  lines: Type.Array(OrderLineView),
  ...Sums,
  taxes: Type.Array(
    Type.Object({
      tax_code: Type.String(),
      tax_rate_bp: Type.Integer(),
      net: AmountOrZero,
      tax: AmountOrZero,
      total: AmountOrZero,
    }),
  ),
}

const Summary = {
  id: Id('ord'),
  object: Type.Literal('order'),
  number: Type.String({ description: 'What people call it.' }),
  cart_id: Id('crt'),
  state: Type.Enum([...ORDER_STATES]),
  cancel_reason: Nullable(Type.String()),
  charge: Type.Enum([...CHARGE_MODES]),
  channel: Type.String(),
  store_id: Nullable(Type.String()),
  register_id: Nullable(Type.String()),
  country: Type.String(),
  currency: Currency,
  prices_include_tax: Type.Boolean(),
  customer_id: Nullable(Type.String()),
  email: Nullable(Type.String()),
  reference: Nullable(Type.String()),
  shipping_address: Nullable(PostalAddress),
  billing_address: Nullable(PostalAddress),
  metadata: Type.Record(Type.String(), Type.String()),
  instrument_id: Nullable(Type.String({ description: 'The card kept for this order.' })),
  ...Sums,
  payment_status: Type.Enum([...PAYMENT_STATUSES]),
  amount_due: AmountOrZero,
  amount_held: AmountOrZero,
  amount_paid: AmountOrZero,
  amount_refunded: AmountOrZero,
  expires_at: Nullable(Timestamp),
  revision: Type.Integer(),
  version: Type.Integer({ description: 'Send it as If-Match to change only what you have seen.' }),
  placed_at: Timestamp,
  confirmed_at: Nullable(Timestamp),
  ended_at: Nullable(Timestamp),
}
export const OrderSummary = Type.Object(Summary, { title: 'OrderSummary' })
export const OrderBody = Type.Object(
  {
    ...Summary,
    ...Basket,
    tax_prepaid: {
      ...AmountOrZero,
      description:
        'Of `tax`: in what single-purpose vouchers paid. It was due when they were sold, and is not due again.',
    },
    fulfilment_status: Type.Enum([...FULFILMENT_STATUSES]),
    return_status: Type.Enum([...RETURN_STATUSES]),
    page_url: Type.Optional(
      Type.String({
        description:
          'Where the customer follows, pays, cancels and returns it. Told when it is placed and read; whoever has it may do that.',
      }),
    ),
    payments: Type.Array(
      Type.Object({
        id: Id('pay'),
        direction: Type.Enum(['charge', 'credit']),
        status: Type.String(),
        attention: Nullable(Type.String()),
        amount: AmountOrZero,
        amount_capturable: AmountOrZero,
        amount_captured: AmountOrZero,
        amount_refunded: AmountOrZero,
        amount_in_flight: AmountOrZero,
      }),
    ),
  },
  { title: 'Order' },
)

export const OrderChangeBody = Type.Object(
  {
    id: Id('och'),
    object: Type.Literal('order_change'),
    order_id: Id('ord'),
    state: Type.Enum(['draft', 'confirmed', 'declined']),
    revision: Type.Integer({
      description: 'The revision of the order it was made of; for another it cannot be confirmed.',
    }),
    reason: Nullable(Type.String()),
    preview: Nullable(
      Type.Object(
        {
          ...Basket,
          difference: Type.Integer({ description: 'Total after it less total before, in minor units.' }),
          amount_to_pay: AmountOrZero,
          amount_to_refund: AmountOrZero,
        },
        { description: 'The order as it will be: what confirming it leads to, to the cent.' },
      ),
    ),
    created_at: Timestamp,
    decided_at: Nullable(Timestamp),
  },
  { title: 'OrderChange' },
)

export const HistoryEntry = Type.Object({
  id: Id('evt'),
  type: Type.String(),
  version: Type.Integer({ description: 'The version of the order after it.' }),
  by: Nullable(Type.String({ description: 'The key that asked for it; null for what happened by itself.' })),
  data: Type.Record(Type.String(), Type.Unknown()),
  created_at: Timestamp,
})

export const OrderTaskBody = Type.Object({
  id: Id('tsk'),
  object: Type.Literal('order_task'),
  order_id: Id('ord'),
  kind: Type.Enum([...TASK_KINDS]),
  payment_id: Nullable(Type.String()),
  detail: Type.String(),
  created_at: Timestamp,
  closed_at: Nullable(Timestamp),
})

/** Filters of the list of orders, beside the page. */
export const ORDER_FILTERS = {
  state: Type.Optional(Type.Enum([...ORDER_STATES])),
  customer_id: Type.Optional(Id('cus')),
  number: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,17}$' })),
  email: Type.Optional(Email),
  channel: Type.Optional(Channel),
  store_id: Type.Optional(Id('sto')),
  cart_id: Type.Optional(Id('crt')),
  reference: Type.Optional(line(120)),
  created_from: Type.Optional(Timestamp),
  created_to: Type.Optional(Timestamp),
  q: Type.Optional({
    ...line(120),
    minLength: 2,
    description:
      'What somebody at a counter says: the number, an e-mail address, a telephone number, or beginnings of a name.',
  }),
}
