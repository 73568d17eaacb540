// What returns look like over HTTP.

import Type from 'typebox'
import { AmountOrZero, Channel, Currency, closed, Id, line, Nullable, Timestamp } from '../http/schema.ts'
import { DISPOSITIONS } from '../stock/index.ts'
import { ALTERNATIVES } from './policy.ts'
import { ATTENTIONS, RETURN_STATES } from './return.ts'

const Quantity = Type.Integer({ minimum: 1, maximum: 1_000_000 })
const Money = Type.Unsafe<Record<string, number>>({
  type: 'object',
  propertyNames: Currency,
  additionalProperties: AmountOrZero,
})

/** Where money goes that cannot go back to where it came from. */
export const To = Type.Object(
  {
    method: Type.Enum([...ALTERNATIVES]),
    register_id: Type.Optional(Id('reg')),
    terminal_id: Type.Optional(Id('ter')),
    token: Type.Optional(Id('tok')),
    instrument_id: Type.Optional(Id('ins')),
    gift_card_id: Type.Optional(Id('gft')),
    customer_id: Type.Optional(Id('cus')),
  },
  closed,
)

const ReceivedLine = Type.Object(
  { no: Type.Integer({ minimum: 1, maximum: 500 }), quantity: Quantity, disposition: Type.Enum([...DISPOSITIONS]) },
  closed,
)
export const ReceiveIn = Type.Object(
  { store_id: Id('sto'), lines: Type.Array(ReceivedLine, { minItems: 1, maxItems: 500 }) },
  closed,
)
export const SettleIn = Type.Object(
  {
    to: Type.Optional(To),
    all_to: Type.Optional(Type.Boolean({ description: 'Everything goes to `to`, because the customer wants it so.' })),
  },
  closed,
)

export const ReturnIn = Type.Object(
  {
    order_id: Type.Optional(Id('ord')),
    customer_id: Type.Optional(Id('cus')),
    channel: Channel,
    store_id: Type.Optional(Id('sto')),
    reason: line(200),
    note: Type.Optional(line(500)),
    override_reason: Type.Optional(line(200, 'Staff take it back although the rules say no.')),
    lines: Type.Array(
      Type.Object(
        { line_id: Type.Optional(Id('oln')), variant_id: Type.Optional(Id('var')), quantity: Quantity },
        { ...closed, description: 'With a receipt the line of the order, without one the article.' },
      ),
      { minItems: 1, maxItems: 500 },
    ),
  },
  closed,
)

const N = Type.Integer()
export const Return = Type.Object(
  {
    id: Id('rtn'),
    object: Type.Literal('return'),
    order_id: Nullable(Id('ord')),
    customer_id: Nullable(Type.String()),
    state: Type.Enum([...RETURN_STATES]),
    attention: Nullable(Type.Enum([...ATTENTIONS], { description: 'Name another way: settle it again with `to`.' })),
    channel: Type.String(),
    store_id: Nullable(Type.String()),
    currency: Type.String(),
    is_receipted: Type.Boolean(),
    reason: Type.String(),
    note: Nullable(Type.String()),
    tracking: Nullable(Type.Record(Type.String(), Type.String())),
    shipping_fee: AmountOrZero,
    amount_goods: Type.Integer({ description: 'What was paid for what came back, tax included.' }),
    amount_tax: N,
    amount_delivery: Type.Integer({ description: 'The delivery of an order that came back whole.' }),
    amount_given_before: Type.Integer({
      description:
        'What of it the order had given back before, has in dispute, or never took. Known when it is settled.',
    }),
    amount_unpaid: Type.Integer({
      description: 'What of it was due for the order and not paid. It is due no more. Known when it is settled.',
    }),
    amount_refund: Type.Integer({
      description: 'What is to go back: goods and delivery, less the fee, what was given before and what was unpaid.',
    }),
    amount_refunded: Type.Integer({ description: 'What has gone back.' }),
    exchange_id: Nullable(Type.String()),
    lines: Type.Array(
      Type.Object({
        no: N,
        line_id: Nullable(Type.String()),
        variant_id: Nullable(Type.String()),
        name: Type.String(),
        requested: N,
        received: N,
        outstanding: N,
        restock: N,
        quality: N,
        damaged: N,
        vendor: N,
        discard: N,
        amount: N,
        tax: N,
      }),
    ),
    refunds: Type.Array(
      Type.Object({
        n: N,
        payment_id: Nullable(Type.String()),
        tender_id: Nullable(Type.String()),
        method: Type.String(),
        amount: N,
        to: Nullable(Type.String({ description: 'Null: back to where it came from.' })),
        state: Type.Enum(['open', 'sent', 'done', 'failed']),
        failure: Nullable(Type.String()),
      }),
    ),
    version: N,
    created_at: Timestamp,
    updated_at: Timestamp,
    settled_at: Nullable(Timestamp),
  },
  { title: 'Return' },
)

export const Exchange = Type.Object(
  {
    id: Id('exc'),
    object: Type.Literal('exchange'),
    return_id: Id('rtn'),
    order_id: Id('ord'),
    state: Type.Enum(['settling', 'awaiting_payment', 'completed', 'failed']),
    currency: Type.String(),
    amount_returned: Type.Integer({ description: 'The worth of what came back.' }),
    amount_credited: Type.Integer({ description: 'What of it pays for what is taken instead.' }),
    amount_due: Type.Integer({ description: 'What the customer pays besides, with a further tender of the payment.' }),
    amount_back: Type.Integer({ description: 'What goes back to the customer.' }),
    payment_id: Nullable(Type.String()),
    version: N,
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { title: 'Exchange' },
)

export const Rules = Type.Object(
  {
    window_days: Type.Integer({
      minimum: 0,
      maximum: 3650,
      description: 'Days after the last hand-over of an order. Then it is closed, and its points can be spent.',
    }),
    excluded_categories: Type.Array(line(60), { maxItems: 100 }),
    alternatives: Type.Array(Type.Enum([...ALTERNATIVES]), { maxItems: 4, uniqueItems: true }),
    cash_limit: Money,
    refunds_delivery: Type.Boolean(),
    shipping_fee: Money,
    needs_approval: Type.Boolean(),
    blind: Type.Object(
      {
        is_allowed: Type.Boolean(),
        per_month: Type.Integer({ minimum: 0, maximum: 1000 }),
        amount_per_month: Money,
        per_day_and_key: Type.Integer({ minimum: 0, maximum: 10_000 }),
      },
      closed,
    ),
  },
  closed,
)
export const Policy = Type.Object(
  { object: Type.Literal('return_policy'), rules: Rules, version: N },
  { title: 'Return policy' },
)

export const Returnable = Type.Object(
  {
    order_id: Id('ord'),
    number: Type.String(),
    channel: Type.String(),
    store_id: Nullable(Type.String()),
    currency: Type.String(),
    total: N,
    placed_at: Timestamp,
    lines: Type.Array(
      Type.Object({
        line_id: Id('oln'),
        variant_id: Nullable(Type.String()),
        name: Type.String(),
        sku: Nullable(Type.String()),
        quantity: N,
        returnable: Type.Integer({ description: 'Handed over, and neither returned nor asked to be.' }),
      }),
    ),
  },
  { title: 'Order with what can come back' },
)
