// The bodies and answers of the cart routes.

import Type from 'typebox'
import {
  AmountOrZero,
  Channel,
  CountryCode,
  Currency,
  Email,
  Id,
  line,
  Nullable,
  ONE_LINE,
  PostalAddress,
  Timestamp,
} from '../http/schema.ts'
import { MAX_AMOUNT } from '../lib/money.ts'
import { CART_STATES, FULFILMENT_MODES, MAX_LINES, MAX_QUANTITY } from './cart.ts'
import { MERGE_POLICIES } from './merge-lines.ts'

const UnitPriceIn = Type.String({
  maxLength: 24,
  pattern: '^\\d{1,12}(\\.\\d{1,8})?$',
  examples: ['49.95'],
  description: 'Major units, as decimal text.',
})
const UnitPriceOut = Type.String({ examples: ['49.95'], description: 'Major units, as decimal text.' })
const Quantity = Type.Integer({
  minimum: 1,
  maximum: Number(MAX_QUANTITY),
  description: 'Whole base units: pieces, or grams of what is weighed.',
})
const Mode = Type.Enum([...FULFILMENT_MODES], { description: 'How the line is handed over.' })
const Consumption = Type.Enum(['take_away', 'eat_in'], { description: 'For food: it decides the rate of tax.' })
const Code = line(64, 'A promotion code, as the customer typed it.')

const Fulfilment = Type.Object(
  { mode: Mode, store_id: Type.Optional(Id('sto')) },
  { additionalProperties: false, description: 'Without it: taken along at a till, sent in other channels.' },
)

// ---- Bodies --------------------------------------------------------------------------------------------------------

export const NewLine = Type.Object(
  {
    variant_id: Id('var'),
    quantity: Quantity,
    fulfilment: Type.Optional(Fulfilment),
    unit_price: Type.Optional(UnitPriceIn),
    reason: Type.Optional(line(200, 'Why staff set another price than that of the lists.')),
    note: Type.Optional(line(500)),
    consumption: Type.Optional(Consumption),
  },
  { additionalProperties: false },
)

const Lines = Type.Array(NewLine, { maxItems: MAX_LINES })

export const NewCart = Type.Object(
  {
    currency: Currency,
    channel: Channel,
    store_id: Type.Optional(Id('sto')),
    register_id: Type.Optional(Id('reg')),
    customer_id: Type.Optional(Id('cus')),
    country: Type.Optional(CountryCode),
    email: Type.Optional(Email),
    shipping_address: Type.Optional(PostalAddress),
    codes: Type.Optional(Type.Array(Code, { maxItems: 10 })),
    lines: Type.Optional(Lines),
  },
  { additionalProperties: false },
)

export const AddLines = Type.Object(
  { lines: Type.Array(NewLine, { minItems: 1, maxItems: MAX_LINES }) },
  { additionalProperties: false },
)

export const LinePatch = Type.Object(
  {
    quantity: Type.Optional(Quantity),
    fulfilment: Type.Optional(Nullable(Fulfilment)),
    unit_price: Type.Optional(Nullable(UnitPriceIn)),
    reason: Type.Optional(line(200)),
    note: Type.Optional(Nullable(line(500))),
    consumption: Type.Optional(Nullable(Consumption)),
  },
  { additionalProperties: false, minProperties: 1 },
)

export const CartPatch = Type.Object(
  {
    channel: Type.Optional(Channel),
    store_id: Type.Optional(Nullable(Id('sto'))),
    register_id: Type.Optional(Nullable(Id('reg'))),
    customer_id: Type.Optional(Nullable(Id('cus'))),
    email: Type.Optional(Nullable(Email)),
    country: Type.Optional(Nullable(CountryCode)),
    shipping_address: Type.Optional(Nullable(PostalAddress)),
    codes: Type.Optional(Type.Array(Code, { maxItems: 10 })),
  },
  { additionalProperties: false, minProperties: 1 },
)

export const Merge = Type.Object(
  {
    into: Type.Optional(Id('crt')),
    from_cart_id: Type.Optional(Id('crt')),
    policy: Type.Enum([...MERGE_POLICIES], {
      description:
        'For what is in both: add, take the larger, keep the guest’s (the cart that goes), keep the existing, or change nothing and show both.',
    }),
  },
  { additionalProperties: false },
)

export const Claim = Type.Object(
  {
    code: Type.String({ minLength: 4, maxLength: 16, pattern: ONE_LINE }),
    channel: Channel,
    store_id: Type.Optional(Id('sto')),
    register_id: Type.Optional(Id('reg')),
  },
  { additionalProperties: false },
)

export const Park = Type.Object(
  { name: Type.Optional(line(80, 'What staff will look for: a name, a table, a coat.')) },
  { additionalProperties: false },
)
export const Resume = Type.Object({ register_id: Type.Optional(Id('reg')) }, { additionalProperties: false })
export const Confirm = Type.Object(
  {
    expected_total: Type.Integer({
      minimum: 0,
      maximum: Number(MAX_AMOUNT),
      description: 'What was shown, minor units.',
    }),
  },
  { additionalProperties: false },
)
export const NewQuote = Type.Object({ valid_until: Timestamp }, { additionalProperties: false })

// ---- Answers -------------------------------------------------------------------------------------------------------

const Adjustment = Type.Object({
  source: Type.String({ description: 'A promotion’s id, or `quote`.' }),
  label: Type.String(),
  amount: AmountOrZero,
})

const LineSchema = Type.Object({
  id: Id('cln'),
  variant_id: Id('var'),
  sku: Nullable(Type.String()),
  name: Nullable(Type.String()),
  kind: Type.Optional(
    Nullable(Type.String({ description: '`goods`, `shipping`, `gift_card` …; absent in quotes older than it.' })),
  ),
  quantity: Type.Integer(),
  unit: Nullable(Type.String()),
  unit_price: Nullable(UnitPriceOut),
  list_price: Nullable(UnitPriceOut),
  lowest_30d_price: Nullable(UnitPriceOut),
  override_reason: Nullable(Type.String()),
  is_frozen: Type.Boolean({ description: 'A quote holds its price.' }),
  fulfilment: Type.Object({
    mode: Mode,
    store_id: Nullable(Id('sto')),
    is_chosen: Type.Boolean({ description: 'False: the channel’s usual way.' }),
  }),
  consumption: Nullable(Consumption),
  note: Nullable(Type.String()),
  list: AmountOrZero,
  discount: AmountOrZero,
  net: AmountOrZero,
  tax: AmountOrZero,
  total: AmountOrZero,
  tax_code: Nullable(Type.String()),
  tax_rate_bp: Type.Integer(),
  adjustments: Type.Array(Adjustment),
  availability: Nullable(
    Type.Object({
      is_enough: Type.Boolean(),
      available: Nullable(
        Type.Integer({ description: 'Whole units that could be had now; nothing is reserved. Null: not counted.' }),
      ),
      by_transfer: Nullable(
        Type.Integer({
          description:
            'Of the units in the cart, how many another store sends to where they are collected. Null: none are brought.',
        }),
      ),
    }),
  ),
  is_gone: Type.Boolean({ description: 'No longer sold: shown, and not in the totals. Remove it before ordering.' }),
})

const ChangeSchema = Type.Object({
  line_id: Id('cln'),
  what: Type.Enum(['price', 'availability', 'promotion', 'gone']),
  was: Nullable(Type.String()),
  is: Nullable(Type.String()),
})

const CART_MEMBERS = {
  id: Id('crt'),
  object: Type.Literal('cart'),
  state: Type.Enum([...CART_STATES]),
  version: Type.Integer({ description: 'Send it as If-Match to change only what you have seen.' }),
  currency: Currency,
  channel: Channel,
  channels_seen: Type.Array(Channel),
  store_id: Nullable(Id('sto')),
  register_id: Nullable(Id('reg')),
  customer_id: Nullable(Id('cus')),
  email: Nullable(Type.String()),
  country: Nullable(Type.String()),
  shipping_address: Nullable(PostalAddress),
  codes: Type.Array(Type.String()),
  name: Nullable(Type.String({ description: 'Of a parked cart.' })),
  quote_id: Nullable(Id('quo')),
  prices_include_tax: Type.Boolean(),
  lines: Type.Array(LineSchema),
  promotions: Type.Object({
    applied: Type.Array(
      Type.Object({
        promotion_id: Id('prm'),
        code: Nullable(Type.String()),
        amount: AmountOrZero,
        label: Type.String(),
      }),
    ),
    refused: Type.Array(
      Type.Object({ promotion_id: Nullable(Id('prm')), code: Nullable(Type.String()), reason: Type.String() }),
    ),
  }),
  list: AmountOrZero,
  discount: AmountOrZero,
  net: AmountOrZero,
  tax: AmountOrZero,
  total: AmountOrZero,
  taxes: Type.Array(
    Type.Object({
      tax_code: Type.String(),
      tax_rate_bp: Type.Integer(),
      net: AmountOrZero,
      tax: AmountOrZero,
      total: AmountOrZero,
    }),
  ),
  moved_to: Nullable(
    Type.String({ description: 'Where a closed cart goes on: its order, or the cart it was merged into.' }),
  ),
  created_at: Timestamp,
  updated_at: Timestamp,
  expires_at: Timestamp,
}
const Changes = Type.Array(ChangeSchema, {
  description: 'What is different from what was last shown and confirmed. Confirm to be told of later changes only.',
})

export const CartSchema = Type.Object({ ...CART_MEMBERS, changes: Changes }, { title: 'Cart' })
export const CartWithSecret = Type.Object(
  {
    ...CART_MEMBERS,
    changes: Changes,
    secret: Type.Optional(
      Type.String({ description: 'For publishable keys: opens this cart in the header Cart-Secret. Shown this once.' }),
    ),
  },
  { title: 'CartWithSecret' },
)

export const CartSummarySchema = Type.Object(
  {
    id: Id('crt'),
    object: Type.Literal('cart'),
    state: Type.Enum([...CART_STATES]),
    version: Type.Integer(),
    currency: Currency,
    channel: Channel,
    store_id: Nullable(Id('sto')),
    customer_id: Nullable(Id('cus')),
    name: Nullable(Type.String()),
    line_count: Type.Integer(),
    created_at: Timestamp,
    updated_at: Timestamp,
    expires_at: Timestamp,
  },
  { title: 'CartSummary' },
)

export const MergeSchema = Type.Object(
  {
    object: Type.Literal('cart_merge'),
    outcome: Type.Enum(['merged', 'ask']),
    cart: CartSchema,
    other: Nullable(CartSchema),
  },
  { title: 'CartMerge' },
)

export const HandoverSchema = Type.Object(
  {
    object: Type.Literal('cart_handover'),
    cart_id: Id('crt'),
    code: Type.String(),
    url: Type.String(),
    qr_svg: Type.String({ description: 'The address as a QR, SVG text.' }),
    expires_at: Timestamp,
  },
  { title: 'CartHandover' },
)

export const QuoteSchema = Type.Object(
  {
    id: Id('quo'),
    object: Type.Literal('quote'),
    state: Type.Enum(['draft', 'sent', 'accepted', 'converted', 'declined', 'expired']),
    version: Type.Integer(),
    cart_id: Id('crt'),
    cart_version: Type.Integer(),
    customer_id: Nullable(Id('cus')),
    valid_until: Timestamp,
    accepted_cart_id: Nullable(Id('crt')),
    order_id: Nullable(Type.String()),
    created_at: Timestamp,
    quoted: Type.Object(CART_MEMBERS),
  },
  { title: 'Quote' },
)
