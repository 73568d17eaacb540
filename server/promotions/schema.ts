// The JSON of promotions.

import Type, { type TSchema } from 'typebox'
import { AmountMinor, AmountOrZero, Channel, Currency, closed, Id, line, Nullable, Timestamp } from '../http/schema.ts'

export const PromotionName = line(120, 'What the customer reads on cart and receipt.')
const Word = line(120)
export const Code = Type.String({
  minLength: 3,
  maxLength: 64,
  pattern: '^[^\\s\\x00-\\x1f\\x7f]+$',
  description: 'Without spaces. Compared without regard to capitals, a to z.',
})
/** Up to a code's length less what is made: three groups of four and two hyphens. */
const MAX_PREFIX = 40
const Percent = Type.Integer({ minimum: 1, maximum: 10_000, description: 'Basis points: 2500 is 25 %.' })
const Pieces = Type.Integer({ minimum: 1, maximum: 1_000_000 })

const Tier = Type.Object(
  {
    from: AmountOrZero,
    percent_bp: Type.Optional(Percent),
    amount: Type.Optional(AmountMinor),
  },
  { ...closed, description: 'Either percent_bp or amount.' },
)

/** One form with members of each kind: a caller who forgets one is told which, as a choice of forms could not. */
export const Rule = Type.Object(
  {
    kind: Type.Enum(['percent_off', 'amount_off', 'x_for_y', 'bundle_price', 'tiers', 'free_shipping'], {
      description: 'Decides which of the other members belong.',
    }),
    percent_bp: Type.Optional(Percent),
    applies_to: Type.Optional(
      Type.Enum(['lines', 'order'], { description: 'percent_off: each line, or once the order.' }),
    ),
    amount: Type.Optional(AmountMinor),
    per: Type.Optional(
      Type.Enum(['unit', 'line', 'order'], { description: 'amount_off: each unit, each line, or once the order.' }),
    ),
    take: Type.Optional(Pieces),
    pay: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000,
        description: 'x_for_y: of each `take` pieces so many are paid; the cheapest are free.',
      }),
    ),
    quantity: Type.Optional(Pieces),
    price: Type.Optional(AmountOrZero),
    basis: Type.Optional(
      Type.Enum(['spend', 'quantity'], { description: 'tiers: `from` counts minor units, or pieces.' }),
    ),
    tiers: Type.Optional(
      Type.Array(Tier, { minItems: 1, maxItems: 20, description: 'The highest one reached counts.' }),
    ),
    max_amount: Type.Optional(Nullable(AmountMinor)),
  },
  {
    ...closed,
    description:
      'What is taken off. percent_off: percent_bp, applies_to. amount_off: amount, per. x_for_y: take, pay. bundle_price: ' +
      'quantity pieces together for price, where that is less. tiers: basis, tiers. free_shipping: max_amount, or null for all.',
  },
)

const list = (item: TSchema & { static?: unknown }, description: string) =>
  Type.Unsafe<string[]>(Type.Array(item, { maxItems: 500, uniqueItems: true, description }))
const CONDITIONS = {
  variant_ids: list(Id('var'), 'With product_ids and categories: the goods it is for. All goods when all are empty.'),
  product_ids: list(Id('prd'), 'See variant_ids.'),
  categories: list(Word, 'See variant_ids.'),
  min_quantity: Nullable(Pieces),
  min_subtotal: Nullable(AmountMinor),
  channels: list(Channel, 'Empty: all.'),
  store_ids: list(Id('sto'), 'Empty: all.'),
  customer_groups: list(Word, 'Empty: everybody. Otherwise the customer is in one of them.'),
}
const Conditions = Type.Object(CONDITIONS)
export const NewConditions = Type.Partial(Type.Object(CONDITIONS), {
  ...closed,
  description: 'What must hold, of the goods it is for as they cost when its turn comes. Replaced as a whole.',
})

const FIELDS = {
  name: PromotionName,
  rule: Rule,
  conditions: NewConditions,
  priority: Type.Integer({ minimum: 0, maximum: 10_000, description: 'The lowest is first. Default 100.' }),
  is_exclusive: Type.Boolean({ description: 'Applies alone or not at all.' }),
  stacks_with: Type.Enum(['all', 'none'], { description: '`none`: only on lines that no other promotion takes from.' }),
  currency: Nullable(Currency),
  starts_at: Nullable(Timestamp),
  ends_at: Nullable(Timestamp),
  max_uses: Nullable(Type.Integer({ minimum: 1, maximum: 1_000_000_000 })),
  max_uses_per_customer: Nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  is_active: Type.Boolean(),
}

const { name, rule, ...optional } = FIELDS
export const NewPromotion = Type.Object(
  {
    name,
    rule,
    ...Type.Partial(Type.Object(optional)).properties,
    needs_code: Type.Optional(Type.Boolean({ description: 'Opened by codes only. Cannot be changed later.' })),
  },
  closed,
)
export const PromotionPatch = Type.Partial(Type.Object(FIELDS), { ...closed, minProperties: 1 })

export const PromotionSchema = Type.Object(
  {
    id: Id('prm'),
    object: Type.Literal('promotion'),
    ...FIELDS,
    conditions: Conditions,
    needs_code: Type.Boolean(),
    uses: Type.Integer({ description: 'Orders that have it, cancelled ones not counted.' }),
    version: Type.Integer({ description: 'Send it as If-Match to change only what you have seen.' }),
    created_at: Timestamp,
  },
  { title: 'Promotion' },
)

export const PromotionPath = Type.Object({ id: Id('prm') })

const MaxUses = Nullable(
  Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: '1: single use. Null: shared by everybody.' }),
)
export const NewCodes = Type.Union([
  Type.Object(
    { codes: Type.Array(Code, { minItems: 1, maxItems: 1000 }), max_uses: MaxUses },
    { ...closed, description: 'Codes of your own.' },
  ),
  Type.Object(
    {
      count: Type.Integer({ minimum: 1, maximum: 1000 }),
      prefix: Type.Optional(Type.String({ maxLength: MAX_PREFIX, pattern: '^[^\\s\\x00-\\x1f\\x7f]*$' })),
      max_uses: MaxUses,
    },
    { ...closed, description: 'Codes made here, not to be guessed.' },
  ),
])

export const CodeSchema = Type.Object(
  {
    object: Type.Literal('promotion_code'),
    code: Type.String(),
    promotion_id: Id('prm'),
    max_uses: Nullable(Type.Integer()),
    uses: Type.Integer(),
    created_at: Timestamp,
  },
  { title: 'Promotion code' },
)

const BasketLine = Type.Object(
  {
    variant_id: Id('var'),
    product_id: Id('prd'),
    categories: Type.Optional(Type.Array(Word, { maxItems: 50 })),
    quantity: Type.Integer({ minimum: 1, maximum: 1_000_000_000 }),
    unit_price: Type.String({
      pattern: '^(0|[1-9]\\d{0,11})(\\.\\d{1,8})?$',
      maxLength: 24,
      examples: ['49.95'],
      description: 'Per base unit, in major units: at most four decimals more than the currency has.',
    }),
    kind: Type.Optional(Type.Enum(['goods', 'shipping', 'fee', 'gift_card', 'deposit', 'tip'])),
    is_weighed: Type.Optional(Type.Boolean({ description: 'The quantity is a weight; the line counts as one piece.' })),
  },
  closed,
)
export const Basket = Type.Object(
  {
    currency: Currency,
    channel: Channel,
    lines: Type.Array(BasketLine, { minItems: 1, maxItems: 500 }),
    store_id: Type.Optional(Id('sto')),
    customer_id: Type.Optional(Id('cus')),
    customer_groups: Type.Optional(Type.Array(Word, { maxItems: 50 })),
    codes: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 20 })),
    at: Type.Optional(Timestamp),
  },
  closed,
)

export const Preview = Type.Object(
  {
    object: Type.Literal('promotion_preview'),
    currency: Currency,
    list: AmountOrZero,
    discount: AmountOrZero,
    lines: Type.Array(
      Type.Object({
        list: AmountOrZero,
        discount: AmountOrZero,
        adjustments: Type.Array(Type.Object({ promotion_id: Id('prm'), label: Type.String(), amount: AmountMinor })),
      }),
      { description: 'In the order of the request.' },
    ),
    used: Type.Array(Type.Object({ promotion_id: Id('prm'), code: Nullable(Type.String()), amount: AmountMinor })),
    refused: Type.Array(
      Type.Object({
        promotion_id: Nullable(Id('prm')),
        code: Nullable(Type.String()),
        reason: Type.String({ description: 'Why not, for example `below_min_subtotal` or `code_unknown`.' }),
      }),
    ),
  },
  { title: 'Promotion preview' },
)
