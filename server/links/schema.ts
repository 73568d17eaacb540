// What the routes of links take and answer.

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
import { LINK_CHANNELS, LINK_KINDS, LINK_REASONS, LINK_STATES } from './link.ts'

const YEAR_S = 366 * 86_400
const MAX_USES = 1_000_000

const ExpiresIn = Nullable(
  Type.Integer({ minimum: 300, maximum: 2 * YEAR_S, description: 'Seconds from now; null: never.' }),
)
const Reminders = Type.Array(Type.Integer({ minimum: 1, maximum: 366 }), {
  maxItems: 10,
  description: 'Days after the link was made on which its customer is reminded by mail, while it is not paid.',
})
const Methods = Type.Array(Type.String({ pattern: '^[a-z][a-z0-9_]{1,39}$' }), {
  minItems: 1,
  maxItems: 60,
  description: 'Only these, of those that can be used.',
})
const MaxUses = Type.Integer({ minimum: 2, maximum: MAX_USES })

/** What a payment can name as its order: an order, or an invoice of lines of its own. */
export const Payable = Type.String({
  pattern: '^(ord|inv)_[0-9A-HJKMNP-TV-Z]{26}$',
  description: 'Id of an order, or of an invoice that bills none: what is due for it when it is paid.',
  examples: ['ord_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S'],
})

export const NewLink = Type.Object(
  {
    amount: Type.Optional({
      ...AmountMinor,
      description: 'What is to be paid. One of amount, open_amount and order_id.',
    }),
    open_amount: Type.Optional(
      Type.Object(
        { min_amount: Type.Optional(AmountMinor), max_amount: Type.Optional(AmountMinor) },
        { ...closed, description: 'Whoever pays says how much, within these.' },
      ),
    ),
    order_id: Type.Optional(Payable),
    currency: Type.Optional(Currency),
    usage: Type.Optional(
      Type.Enum(['single', 'multi'], { default: 'single', description: 'single: all who open it pay one payment.' }),
    ),
    max_uses: Type.Optional({ ...MaxUses, description: 'How often a link for many can be paid. Default: any number.' }),
    allows_partial: Type.Optional(Type.Boolean({ description: 'The customer may pay it in parts.' })),
    channel: Type.Optional(Type.Enum([...LINK_CHANNELS], { description: 'How it gets to people.' })),
    email: Type.Optional({ ...Email, description: 'The link is mailed there at once.' }),
    reminders: Type.Optional(Reminders),
    customer_id: Type.Optional(Id('cus')),
    store_id: Type.Optional(Id('sto')),
    country: Type.Optional(CountryCode),
    language: Type.Optional(LanguageCode),
    description: Type.Optional(line(200, 'What it is for: shown on the page, in previews and in mails.')),
    reference: Type.Optional(line(120, 'Your own number, shown to the customer.')),
    methods: Type.Optional(Methods),
    success_url: Type.Optional(
      Type.String({
        minLength: 8,
        maxLength: 500,
        description: 'Where the customer may go on to after paying. Coming there proves nothing.',
      }),
    ),
    expires_in: Type.Optional({ ...ExpiresIn, default: 30 * 86_400 }),
    metadata: Type.Optional(Metadata),
  },
  closed,
)
export type NewLink = Static<typeof NewLink>

export const LinkPatch = Type.Object(
  {
    amount: Type.Optional(AmountMinor),
    max_uses: Type.Optional(Nullable(MaxUses)),
    email: Type.Optional(Nullable(Email)),
    reminders: Type.Optional(Reminders),
    language: Type.Optional(LanguageCode),
    description: Type.Optional(Nullable(line(200))),
    reference: Type.Optional(Nullable(line(120))),
    methods: Type.Optional(Nullable(Methods)),
    expires_in: Type.Optional(ExpiresIn),
    metadata: Type.Optional(Metadata),
  },
  closed,
)
export type LinkPatch = Static<typeof LinkPatch>

const Text = Nullable(Type.String())
const Amount = Nullable(AmountMinor)

export const LinkBody = Type.Object(
  {
    id: Id('lnk'),
    object: Type.Literal('payment_link'),
    url: Type.String({ description: 'What is sent, shown or printed. Whoever has it may pay.' }),
    state: Type.Enum([...LINK_STATES]),
    reason: Nullable(Type.Enum([...LINK_REASONS], { description: 'Why it is paused or cancelled.' })),
    kind: Type.Enum([...LINK_KINDS]),
    amount: Amount,
    currency: Type.String(),
    min_amount: Amount,
    max_amount: Amount,
    amount_due: Nullable(AmountOrZero),
    amount_paid: AmountOrZero,
    allows_partial: Type.Boolean(),
    usage: Type.Enum(['single', 'multi']),
    max_uses: Nullable(Type.Integer()),
    uses: Type.Integer({ description: 'How often it was paid in full.' }),
    channel: Type.Enum([...LINK_CHANNELS]),
    order_id: Text,
    customer_id: Text,
    store_id: Text,
    country: Text,
    language: Text,
    email: Text,
    description: Text,
    reference: Text,
    methods: Nullable(Type.Array(Type.String())),
    success_url: Text,
    reminders: Type.Array(Type.Integer()),
    reminders_sent: Type.Integer(),
    next_reminder_at: Nullable(Timestamp),
    qr: Type.Object({ svg: Type.String(), png: Type.String() }),
    share: Type.Object(
      {
        text: Type.String(),
        whatsapp: Type.String(),
        telegram: Type.String(),
        mail: Type.String(),
        sms: Type.String(),
      },
      { description: 'A message in the customer’s language, and addresses that open it ready to be sent.' },
    ),
    metadata: Type.Record(Type.String(), Type.String()),
    version: Type.Integer(),
    viewed_at: Nullable(Timestamp),
    expires_at: Nullable(Timestamp),
    created_at: Timestamp,
  },
  { title: 'PaymentLink' },
)
