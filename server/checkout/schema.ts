// What the routes of checkout take and answer.

import Type, { type Static } from 'typebox'
import {
  AmountMinor,
  AmountOrZero,
  CountryCode,
  Currency,
  closed,
  Email,
  Id,
  line,
  Metadata,
  Nullable,
  Timestamp,
} from '../http/schema.ts'
import { LanguageCode } from '../pages/index.ts'
import { SESSION_STATES } from './session.ts'

/** Where a page of ours is shown. At a counter there is a till. */
export const PAGE_CHANNELS = ['web', 'app', 'link', 'invoice', 'chat', 'social', 'kiosk'] as const

const Url = (description: string) => Type.String({ minLength: 8, maxLength: 500, description })
const MethodCode = Type.String({ pattern: '^[a-z][a-z0-9_]{1,39}$' })

const SessionLine = Type.Object(
  { name: line(200), quantity: Type.Integer({ minimum: 1, maximum: 1_000_000 }), amount: AmountOrZero },
  closed,
)

const DeliveryOption = Type.Object(
  {
    id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,40}$' }),
    name: line(80, 'Shown to the customer.'),
    variant_id: Type.Optional({
      ...Id('var'),
      description: 'The article of the kind `shipping` that it is charged with. Default: the first of the catalogue.',
    }),
    amount: Type.Optional({
      ...AmountOrZero,
      description: 'Instead of the article’s price, with or without tax as the cart has it. Promotions still count.',
    }),
    countries: Type.Optional(Type.Array(CountryCode, { minItems: 1, maxItems: 60, description: 'Default: all.' })),
    days: Type.Optional(
      Type.Object(
        { min: Type.Integer({ minimum: 0, maximum: 365 }), max: Type.Integer({ minimum: 0, maximum: 365 }) },
        { ...closed, description: 'Working days it takes.' },
      ),
    ),
  },
  closed,
)
export type DeliveryOption = Static<typeof DeliveryOption>

export const NewSession = Type.Object(
  {
    amount: Type.Optional({
      ...AmountMinor,
      description:
        'What is to be paid, in minor units. Leave it out with an order or a cart, which know what they cost.',
    }),
    currency: Type.Optional(Currency),
    order_id: Type.Optional(Id('ord')),
    cart_id: Type.Optional({
      ...Id('crt'),
      description: 'The page asks who it is for and how they get it, and the cart becomes an order as they pay.',
    }),
    delivery_options: Type.Optional(
      Type.Array(DeliveryOption, {
        maxItems: 20,
        description:
          'For a cart: how it can be delivered. Default: the articles of the kind `shipping`. Empty: it can only be collected.',
      }),
    ),
    customer_id: Type.Optional(Id('cus')),
    store_id: Type.Optional(Id('sto')),
    channel: Type.Optional(Type.Enum([...PAGE_CHANNELS], { default: 'web' })),
    capture: Type.Optional(Type.Enum(['automatic', 'manual'], { default: 'automatic' })),
    country: Type.Optional(CountryCode),
    language: Type.Optional(LanguageCode),
    reference: Type.Optional(line(120, 'Your own number, shown to the customer.')),
    description: Type.Optional(line(200, 'What it is for, shown above the amount.')),
    lines: Type.Optional(
      Type.Array(SessionLine, {
        maxItems: 100,
        description: 'Shown to the customer; their amounts add up to `amount`.',
      }),
    ),
    methods: Type.Optional(
      Type.Array(MethodCode, { minItems: 1, maxItems: 60, description: 'Only these, of those that can be used.' }),
    ),
    success_url: Type.Optional(
      Url(
        'Where the customer goes after paying, with `checkout_session` added. Coming there proves nothing: read the session.',
      ),
    ),
    cancel_url: Type.Optional(Url('Where the customer goes to change their mind.')),
    expires_in: Type.Optional(
      Type.Integer({
        minimum: 300,
        maximum: 30 * 86_400,
        default: 86_400,
        description: 'Seconds the page can be paid.',
      }),
    ),
    metadata: Type.Optional(Metadata),
  },
  closed,
)
export type NewSession = Static<typeof NewSession>

export const SessionBody = Type.Object(
  {
    id: Id('chs'),
    object: Type.Literal('checkout_session'),
    url: Type.String({ description: 'The page. Whoever has the address may pay.' }),
    state: Type.Enum([...SESSION_STATES]),
    amount: {
      ...AmountOrZero,
      description: 'Of a cart: what it came to when the page was made, and then what its order does.',
    },
    currency: Type.String(),
    channel: Type.String(),
    capture: Type.Enum(['automatic', 'manual']),
    country: Nullable(Type.String()),
    language: Nullable(Type.String()),
    cart_id: Nullable(Type.String()),
    order_id: Nullable(Type.String({ description: 'Of a cart: the order it has become on the page.' })),
    customer_id: Nullable(Type.String()),
    store_id: Nullable(Type.String()),
    payment_id: Nullable(Type.String({ description: 'The payment it has begun: the only proof of being paid.' })),
    payment_link_id: Nullable(Type.String({ description: 'The payment link it was opened from.' })),
    reference: Nullable(Type.String()),
    description: Nullable(Type.String()),
    lines: Type.Array(SessionLine),
    methods: Nullable(Type.Array(Type.String())),
    success_url: Nullable(Type.String()),
    cancel_url: Nullable(Type.String()),
    metadata: Type.Record(Type.String(), Type.String()),
    version: Type.Integer(),
    expires_at: Timestamp,
    created_at: Timestamp,
    completed_at: Nullable(Timestamp),
  },
  { title: 'CheckoutSession' },
)

const Origin = Type.String({
  pattern: '^https?://[a-z0-9.-]+(:[0-9]{1,5})?$',
  maxLength: 200,
  description: 'Scheme, host and port, in small letters.',
})

const Settings = {
  display_name: Nullable(line(80, 'Shown at the top of the page. Default: the merchant’s name.')),
  logo: Nullable(
    Type.String({
      maxLength: 65_536,
      pattern: '^data:image/(png|jpeg|webp|svg\\+xml);base64,[A-Za-z0-9+/]+={0,2}$',
      description: 'A data: address of an image of at most 48 kB.',
    }),
  ),
  accent: Nullable(
    Type.String({
      pattern: '^#[0-9a-f]{6}$',
      description: 'Your colour, for buttons; made darker or lighter until it can be read.',
    }),
  ),
  allowed_origins: Type.Array(Origin, {
    maxItems: 20,
    uniqueItems: true,
    description: 'Where customers may be sent back to, and which pages may show the checkout in a frame.',
  }),
  terms_url: Nullable(Url('Your terms of sale.')),
  privacy_url: Nullable(Url('Your privacy notice.')),
  support_email: Nullable(Email),
}

export const SettingsInput = Type.Partial(Type.Object(Settings, closed), closed)
export type SettingsInput = Static<typeof SettingsInput>

export const SettingsBody = Type.Object(
  { object: Type.Literal('checkout_settings'), ...Settings, version: Type.Integer() },
  { title: 'CheckoutSettings' },
)
